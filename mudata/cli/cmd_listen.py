"""`mudata listen`: listening tests, from their design to their results."""

from __future__ import annotations

import click

from mudata.cli import listen_new, listen_results, listen_serve, listen_withdraw
from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, json_option
from mudata.errors import EvaluationError
from mudata.home import Home


@click.group(cls=HabitGroup)
def listen() -> None:
    """Listening tests: people rate what models said."""


@listen.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """The listening tests of this home."""
    from mudata.evaluation.listening import listening_test

    home = Home.default()
    tests = []
    for name in listening_test.names(home):
        try:
            tests.append(listening_test.read(home, name))
        except EvaluationError as error:  # the others are listed
            echo(f"Left out: {error.what}", err=True)
    rows = [
        {"test": test.name, "kind": test.kind, "split": test.split, "raters": len(test.raters), "made": test.created_at}
        for test in tests
    ]
    emit(rows, as_json=as_json, hint="Make one with: mudata listen new NAME --runs A,B --split SPLIT")


listen.add_command(listen_new.new)
listen.add_command(listen_new.show)
listen.add_command(listen_serve.serve)
listen.add_command(listen_results.results)
listen.add_command(listen_results.import_)
listen.add_command(listen_results.export)
listen.add_command(listen_withdraw.withdraw)
