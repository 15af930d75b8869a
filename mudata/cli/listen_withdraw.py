"""`mudata listen withdraw`: a rater takes back the consent."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, emit_json, json_option
from mudata.errors import number
from mudata.home import Home


@click.command()
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.argument("rater")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
def withdraw(test: str, rater: str, *, yes: bool, as_json: bool) -> None:
    """Delete all that a rater said.

    By the code that the rater's pages show (r07). Also results that were made of it; compute them anew. Files that
    were written elsewhere (--csv, export, lock) keep what they have. The rater's link begins with consent again.
    """
    from mudata.evaluation.listening.withdrawal import withdraw as deleted

    if not yes:
        if as_json or not sys.stdin.isatty():
            raise click.UsageError("Nobody is there to ask: give --yes to delete this.")
        click.confirm(f"Delete all that {rater} said in {test}? It cannot be brought back.", abort=True, err=True)
    done = deleted(Home.default(), test, rater)
    if as_json:
        emit_json(asdict(done))
        return
    echo(f"Deleted: {number(done.answers, 'row')} of {rater} in {test}.")
    if done.files:
        echo(f"Results had them and are deleted, too; compute them anew with: mudata listen results {test}", err=True)
