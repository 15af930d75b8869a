"""`mudata eval`, `score`, `models`: ask, judge, and who can be asked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from mudata.cli.output import common, emit, emit_json, json_option, narrator
from mudata.home import Home


def _pair(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, object]:
    """NAME=VALUE, the value as JSON where it is, else as text."""
    pairs: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
        try:
            pairs[name] = json.loads(value)
        except ValueError:
            pairs[name] = value
    return pairs


@click.command("eval")
@click.option("--model", required=True, help="Who is asked: a name from `mudata models`, or package.module:Class.")
@click.option("--split", required=True, help="Whose clips: a name from `mudata split list`, or a manifest's path.")
@click.option("--task", help="What is asked, such as genre; needed when the card has several tasks.")
@click.option("--part", help="Part of the split [default: test, or the only one].")
@click.option("--limit", type=click.IntRange(min=1), help="Ask only this many clips, drawn by --seed.")
@click.option("--checkpoint", help="Hugging Face id or folder of the weights.")
@click.option("--revision", help="Revision of the checkpoint.")
@click.option("--device", help="auto, cpu, cuda, cuda:1, ... [default: auto]")
@click.option("--dtype", help="auto, bf16, fp16, fp32 [default: the model's choice].")
@click.option("--batch", type=click.IntRange(min=1), help="Clips per batch [default: the model's choice].")
@click.option("--max-new-tokens", type=click.IntRange(min=1), help="Longest answer, in tokens.")
@click.option("--prompt", help="Id of a prompt, or a text file with {noun} and {options} in it.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option(
    "-o", "--option", "more", multiple=True, callback=_pair, help="Any other option of the model: NAME=VALUE."
)
@common
def eval_(
    *,
    model: str,
    split: str,
    task: str | None,
    part: str | None,
    limit: int | None,
    batch: int | None,
    prompt: str | None,
    seed: int,
    more: Mapping[str, object],
    quiet: bool,
    as_json: bool,
    **options: object,
) -> None:
    """Ask a model about a split's clips and score its answers.

    Stopped or killed, the same command goes on where it was; failures are asked again. Everything about the run is
    kept in its folder under runs/.
    """
    from mudata.evaluation.runner import Request, evaluate

    say = narrator(quiet)
    request = Request(model, split, task, part, limit, prompt, batch, seed, {**options, **more}, _as_typed())
    run = evaluate(Home.default(), request, say)
    _show([run.scores], as_json=as_json)
    if failed := run.scores["outcomes"].get("ERROR"):
        say.say(f"{failed} of {run.scores['n']} clips failed and count as wrong: see answers.jsonl.")
    say.say(f"Run: {run.folder}")


def _as_typed() -> str:
    """The command that repeats the current one, as far as it decides the answers."""
    ctx, words = click.get_current_context(), ["mudata", "eval"]
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and name not in ("as_json", "quiet"):
            value = ctx.params[name]
            pairs = value.items() if isinstance(value, dict) else [(None, value)]
            for key, said in pairs:
                words += [parameter.opts[-1], str(said) if key is None else f"{key}={json.dumps(said)}"]
    return shlex.join(words)


@click.command()
@click.argument("runs", nargs=-1)
@common
def score(runs: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Score runs again, offline, and compare them: RUNS are ids or folders [default: all].

    Nothing is asked, and nothing but scores.json is written.
    """
    from mudata.errors import EvaluationError
    from mudata.evaluation import judge
    from mudata.evaluation.run import all_runs, find

    home, say, found = Home.default(), narrator(quiet), []
    for run in [find(home, name) for name in runs] or all_runs(home):
        try:
            found.append(judge.score(run))
        except EvaluationError as error:
            if runs:
                raise
            say.say(f"Left out: {error.what}")
    _show(found, as_json=as_json, several=len(runs) != 1)


def _show(found: Sequence[Mapping[str, Any]], *, as_json: bool, several: bool = False) -> None:
    from mudata.evaluation.table import tables

    if as_json:
        emit_json(list(found) if several else found[0])
        return
    shown = tables(found)
    for i, table in enumerate(shown):
        if i:
            click.echo()
        emit(table.rows, as_json=False, columns=table.columns)
    if not shown:
        click.echo("There is no run yet. To begin: mudata eval --help", err=True)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models that can be asked."""
    if ctx.invoked_subcommand:
        return
    from mudata.evaluation.models import listings

    rows = [
        {
            "name": one.name,
            "family": one.family,
            "needs": list(one.packages),
            "installed": not one.missing,
            "title": one.title,
        }
        for one in listings()
    ]
    shown = [{**row, "installed": "yes" if row["installed"] else "no"} for row in rows]
    emit(rows if as_json else shown, as_json=as_json)


@models.command()
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show one model: what it is, what it needs, and its options."""
    from mudata.evaluation.models import card_of, find, options_of

    one = find(name)
    card = card_of(one)
    facts: dict[str, Any] = {"name": one.name, "title": one.title, "family": one.family, "code": one.code}
    facts |= {"comes from": one.package, "needs": list(one.packages), "installed": not one.missing}
    if one.missing:
        facts["to install"] = f"pip install 'mudata-music[{one.extra}]'"
    else:
        facts["options"] = options_of(one) | (dict(card.options) if card else {})
    said = {"name", "title", "family", "options"}
    facts |= card.model_dump(mode="json", exclude_none=True, exclude=said) if card else {}
    if as_json:
        emit_json(facts)
        return
    for key, value in facts.items():
        if value not in ([], {}, ()):
            click.echo(f"{key.replace('_', ' ') + ':':18}{_text(value)}")


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{k}={v}" for k, v in value.items())
        case list():
            return "; ".join(map(str, value))
        case _:
            return str(value)
