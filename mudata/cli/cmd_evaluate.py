"""`mudata eval`: ask and score."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mudata.cli import name_completion
from mudata.cli.cmd_score import show_scores
from mudata.cli.on_option import on_option
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.home import Home
from mudata.json_files import NotJson, parse

if TYPE_CHECKING:
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.inference.sharding import Shard
    from mudata.evaluation.run import Run
    from mudata.narration import Progress


def _batch(_: click.Context, __: click.Parameter, given: str | None) -> int | str | None:
    """A number of clips, or 'auto'."""
    if given is None or given == "auto":
        return given
    if not given.isdecimal() or int(given) < 1:
        raise click.BadParameter(f"{given!r} is neither a number from 1 on nor 'auto'.")
    return int(given)


def _shard(_: click.Context, __: click.Parameter, given: str | None) -> Shard | None:
    """A share of the items, as i/n."""
    from mudata.errors import EvaluationError
    from mudata.evaluation.inference.sharding import Shard

    try:
        return None if given is None else Shard.parse(given)
    except EvaluationError as error:
        raise click.BadParameter(str(error)) from error


def _pair(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, object]:
    """NAME=VALUE, the value as JSON where it is, else as text; of a name given several times, all values."""
    pairs: dict[str, list[object]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
        try:
            one = parse(value)
        except NotJson:
            one = value
        pairs.setdefault(name, []).append(one)
    return {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}


@click.command("eval")
@click.option(
    "--model",
    shell_complete=name_completion.models,
    help="Who is asked: a name from `mudata models`, or package.module:Class.",
)
@click.option(
    "--split",
    shell_complete=name_completion.splits,
    help="Whose clips: a name from `mudata split list`, or a manifest's path.",
)
@click.option(
    "--suite",
    shell_complete=name_completion.suites,
    help="Ask all exams of a suite from `mudata suites`, instead of a split.",
)
@click.option(
    "--models",
    metavar="NAME,...",
    shell_complete=name_completion.listed(name_completion.models),
    help="Who is asked a suite.",
)
@click.option("--exams", metavar="NAME,...", help="Only these exams of a suite, as `mudata suites show` names them.")
@click.option(
    "--task",
    shell_complete=name_completion.tasks,
    help="What is asked, such as genre; needed when the card has several tasks.",
)
@click.option(
    "--part", shell_complete=name_completion.parts, help="Part of the split [default: test, or the only one]."
)
@click.option("--limit", type=click.IntRange(min=1), help="Ask only this many clips or items, drawn by --seed.")
@click.option("--checkpoint", help="Hugging Face id or folder of the weights.")
@click.option("--revision", help="Revision of the checkpoint.")
@click.option("--device", help="auto, cpu, cuda, cuda:1, ... [default: auto]")
@click.option("--dtype", help="auto, bf16, fp16, fp32 [default: the model's choice].")
@click.option(
    "--batch",
    callback=_batch,
    metavar="N|auto",
    help="Clips or items per batch; auto: as many as fit [default: the model's choice].",
)
@click.option("--max-new-tokens", type=click.IntRange(min=1), help="Longest answer, in tokens.")
@click.option(
    "--sampling", type=click.Choice(["greedy", "paper"]), help="Greedy, or as its authors do [default: greedy]."
)
@click.option(
    "--audio",
    type=click.Choice(["clip", "source"]),
    default="clip",
    show_default=True,
    help="Play the normalised clips, or the original files, mixed and resampled by the model's own rule.",
)
@click.option(
    "--prompt", help="Id of a prompt, a text file with {noun} and {options} in it, or own: its authors' words."
)
@click.option("--letters", is_flag=True, help="Show the options as (A) ..., (B) ...; a letter is then an answer.")
@click.option(
    "--options-order",
    type=click.Choice(["published", "shuffled", "rotations", "leave-one-out"]),
    help="Show the options in published order or in one drawn by --seed; or ask each item several times: in all "
    "rotations of its options, or with one wrong option left out each time "
    "[default: as the card says; labels published, items' own options shuffled].",
)
@click.option(
    "--control",
    type=click.Choice(["silence", "noise", "no-audio", "swap-audio"]),
    help="Was it heard? Ask the same with silence, with noise as loud, with the words alone, or with other clips.",
)
@click.option("--silence", is_flag=True, help="The same as --control silence.")
@click.option("--swap-audio", is_flag=True, help="The same as --control swap-audio.")
@click.option(
    "--faults",
    type=click.Choice(["drop", "keep", "repair"]),
    help="Clips with known faults: leave out those that are to be dropped, ask all as published, or with what is known"
    " to be right [default: as the split was drawn: repaired if it was, else as published].",
)
@click.option("--rank", is_flag=True, help="Also keep how likely the model finds every option.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up a batch that takes longer [default: wait].",
)
@click.option(
    "--shard",
    callback=_shard,
    metavar="I/N",
    help="Ask every N-th item alone, from the I-th on, as a run of its own; `mudata runs merge` joins all N.",
)
@on_option
@click.option(
    "--replicas",
    type=click.IntRange(min=1),
    help="On a cluster: copies of the model [default: as many as there is room for].",
)
@click.option(
    "--gpus-per-replica",
    type=click.FloatRange(min=0),
    metavar="N",
    help="On a cluster: GPUs of each copy, also a share of one [default: 1 where it has any].",
)
@click.option("--force", is_flag=True, help="Load the model even if its weights are larger than the memory.")
@click.option(
    "--offline",
    is_flag=True,
    help="Only weights that are here; never ask Hugging Face (also MUDATA_OFFLINE=1).",
)
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and ask nothing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option(
    "-o",
    "--option",
    "more",
    multiple=True,
    callback=_pair,
    help="Any other option of the model: NAME=VALUE; repeated, all values of a NAME together.",
)
@common
def eval_(
    *,
    model: str | None,
    split: str | None,
    suite: str | None,
    models: str | None,
    exams: str | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Ask a model about a split's clips and score its answers;
    or several models all exams of a suite.

    Stopped or killed, the same command goes on where it was; failures are asked again. Everything
    about the run is kept in its folder under runs/.
    """
    request = _request(model or "", split or "", options)
    if suite or models or exams:
        if request.faults:
            raise click.UsageError("Exams of a suite are asked as they were published: --faults goes with --split.")
        if not (suite and models) or model or split or request.task or request.part:
            raise click.UsageError("--suite goes with --models; its exams name split, part and task.")
        from mudata.cli.cmd_suite import ask

        ask(suite, models, request, exams=exams or "", dry_run=dry_run, quiet=quiet, as_json=as_json)
    if not (model and split):
        raise click.UsageError("Give --model and --split, or --suite and --models.")
    if dry_run:
        from mudata.evaluation.inference.runner import preview

        _show_plan(preview(Home.default(), request), as_json=as_json)
    else:
        _ask(request, progress(quiet), as_json=as_json)


def _request(model: str, split: str, options: Mapping[str, Any]) -> EvalRequest:
    """What was asked for; options that are no field of a request are the model's own."""
    from mudata.evaluation.inference.run_plan import EvalRequest

    given = dict(options)
    silence, swap_audio = given.pop("silence"), given.pop("swap_audio")
    control = given.pop("control")
    if sum([silence, swap_audio, control is not None]) > 1:
        raise click.UsageError("--control, --silence, --swap-audio: two controls, a run each. Give one.")
    known = {field.name for field in fields(EvalRequest)}
    of_model = given.pop("more")
    of_model = {name: value for name, value in given.items() if name not in known} | of_model
    return EvalRequest(
        model=model,
        split=split,
        options=of_model,
        command=_as_typed(),
        control="silence" if silence else "swap-audio" if swap_audio else control,
        **{name: value for name, value in given.items() if name in known},
    )


def _ask(request: EvalRequest, say: Progress, *, as_json: bool) -> None:
    """Ask a model about a split, score and show what came of it."""
    from mudata.evaluation.comparison import audio_use
    from mudata.evaluation.inference.runner import evaluate
    from mudata.evaluation.models.served.server_record import in_words

    home = Home.default()
    run = evaluate(home, request, say)
    if request.shard:
        _show_shard(run, say, as_json=as_json)
        return
    show_scores([run.scores], as_json=as_json)
    if failed := run.failures():
        kinds = ", ".join(f"{n} {kind}" for kind, n in failed.items())
        noun = "clips" if all(question.is_clip for question in run.questions()) else "items"
        say.say(f"{sum(failed.values())} of {run.scores['n']} {noun} failed and count as wrong: {kinds}.")
    for session in run.settings.sessions[-1:]:
        for line in in_words(session.model or {}):
            say.say(line)
    if verdict := audio_use.check_run(home, run):
        say.say(f"Was it heard? {verdict}")
    say.say(f"Run: {run.folder}")


def _show_shard(run: Run, say: Progress, *, as_json: bool) -> None:
    """A shard has no scores: what was asked, and how it goes on."""
    from mudata.evaluation.inference import merging

    ((whole, (shard,)),) = merging.found(Home.default(), [str(run.folder)]).items()
    failed = sum(run.failures().values())
    told = {"run": run.id, "shard": str(shard.shard), "whole": whole, "asked": len(run.answers()), "failed": failed}
    emit([told], as_json=as_json)
    say.say(f"Shard: {run.folder}\nWhen all {shard.shard.of} are asked: mudata runs merge {whole}")


def _show_plan(plan: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(plan)
        return
    echo(f"Run:      {plan['run']}")
    first = plan["first"]
    noun = "items" if "item_id" in first else "clips"
    torn = f"; {plan['items_torn']} have clips outside of it and are not asked" if plan.get("items_torn") else ""
    echo(f"{f'{noun.capitalize()}:':<10}{plan['clips']} of part {plan['part']} of split {plan['split']}{torn}")
    for task in plan["tasks"]:
        echo(f"\nAsked of {task['clips']} {noun} of {task['dataset']}, prompt {task['prompt_id']}:\n{task['prompt']}")
    about = f" about {', '.join(first['clips'])}" if "clips" in first else ""
    echo(f"\nFirst:    {first.get('item_id') or first['clip_id']}{about}, reference: {'; '.join(first['gold'])}")
    for warning in plan["prompt_warnings"]:
        echo(warning, err=True)


def _as_typed() -> str:
    """The command that repeats the current one, as far as it decides the answers."""
    ctx, words = click.get_current_context(), ["mudata", "eval"]
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and name not in (
            "as_json",
            "quiet",
            "dry_run",
            "on",
            "replicas",
            "gpus_per_replica",
        ):
            value = ctx.params[name]
            if value is True:
                words.append(parameter.opts[-1])
                continue
            pairs = value.items() if isinstance(value, dict) else [(None, value)]
            for key, item in pairs:
                words += [parameter.opts[-1], str(item) if key is None else f"{key}={json.dumps(item)}"]
    return shlex.join(words)
