"""`mudata score`, `override`, `import-answers`: everything after the answers exist."""

from __future__ import annotations

import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from mudata.cli import name_completion
from mudata.cli.on_option import on_option
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.errors import number
from mudata.evaluation.answer_import.formats import FORMATS
from mudata.home import Home

WIDTH = 120
"""Of the text below a table, in characters."""


@click.command()
@click.argument("runs", nargs=-1, shell_complete=name_completion.runs)
@click.option("--reference-scorer", is_flag=True, help="Have rouge-score itself count captions: the same, slowly.")
@click.option(
    "--extra",
    "extras",
    multiple=True,
    metavar="NAME[:OPTION=VALUE,...]",
    help="Also score captions by meteor, bertscore or clap; kept from then on.",
)
@click.option(
    "--opinion",
    "asked",
    type=click.Choice(["embedding", "judge"]),
    multiple=True,
    help="Have the answers read by another as well; kept from then on, and never the headline.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="NAME",
    shell_complete=name_completion.rules,
    help="Have an exam's answers judged by another exam's rule as well (docs/official_rules.md); kept from then on.",
)
@click.option("--embedding-model", help="Sentence encoder: Hugging Face id or folder.")
@click.option("--embedding-revision", help="Revision of the sentence encoder.")
@click.option("--judge-url", metavar="URL", help="Server that speaks OpenAI's chat protocol, such as https://host/v1.")
@click.option("--judge-model", metavar="NAME", help="Model to ask there. The key is read from MUDATA_JUDGE_KEY.")
@on_option
@common
def score(
    runs: tuple[str, ...],
    *,
    reference_scorer: bool,
    extras: tuple[str, ...],
    asked: tuple[str, ...],
    rules: tuple[str, ...],
    on: str | None,
    quiet: bool,
    as_json: bool,
    **options: str | None,
) -> None:
    """Score runs again, offline, and compare them: RUNS are ids or folders [default: all].

    The models are not asked anything. Where scores change, the former ones are kept under scores/
    in the run's folder, and what changed is told with its cause: another aligner, label set or
    recipe, or overrides.
    """
    from mudata.evaluation.run import find
    from mudata.evaluation.scoring.opinions.named_opinion import named_opinion
    from mudata.evaluation.scoring.score_runs import score_runs
    from mudata.execution.executor_choice import executor_on

    home, say = Home.default(), progress(quiet)
    results = score_runs(
        home,
        [find(home, name) for name in runs] if runs else None,
        say,
        executor=executor_on(on, home, progress=say),
        opinions=[named_opinion(name, **options) for name in asked],
        extras=extras,
        reference_scorer=reference_scorer,
        rules=rules,
    )
    show_scores(results, as_json=as_json, several=len(runs) != 1)


def show_scores(results: Sequence[Mapping[str, Any]], *, as_json: bool, several: bool = False) -> None:
    """Print what `score.score` returned: a table per kind of task, below it of how many clips and clusters it is, how
    intervals were found, and what so many clips can tell; or JSON (a list if `several`)."""
    from mudata.evaluation.comparison.score_table import tables

    if as_json:
        emit_json(list(results) if several else results[0])
        return
    shown = tables(results)
    for i, table in enumerate(shown):
        if i:
            echo()
        emit(table.rows, as_json=False, columns=table.columns)
        for note in table.notes:
            echo(textwrap.fill(note, WIDTH, subsequent_indent="  "))
    if not shown:
        echo("There is no run yet. To begin: mudata eval --help", err=True)


@click.command()
@click.argument("run", shell_complete=name_completion.runs)
@click.argument("clip", required=False, shell_complete=name_completion.clips)
@click.argument("labels", nargs=-1, metavar="[LABEL]...")
@click.option("--none", "no_label", is_flag=True, help="No label is meant.")
@click.option("--author", help="Who reads the answer so.")
@click.option("--reason", help="Why.")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON Lines with clip_id, label, author, reason: what the report page downloads.",
)
@click.option("--list", "listed", is_flag=True, help="List the run's overrides.")
@common
def override(
    run: str,
    clip: str | None,
    labels: tuple[str, ...],
    *,
    no_label: bool,
    author: str | None,
    reason: str | None,
    file: Path | None,
    listed: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say how a person reads an answer: it outranks the aligner. RUN is an id or folder, CLIP a clip id.

    Several labels are for answers that may name many. Lines are only ever added; the last of a clip counts. Saying what
    the aligner said confirms it: the agreement of both (kappa) is part of the scores.

    \b
    mudata override RUN gtzan/blues.00012 blues --author me --reason "it says so"
    mudata override RUN --from overrides.jsonl
    """
    from dataclasses import asdict

    from mudata.evaluation.run import find
    from mudata.evaluation.scoring import overrides
    from mudata.evaluation.scoring import score as scoring
    from mudata.jsonl import numbered

    home, say = Home.default(), progress(quiet)
    chosen = find(home, run)
    ways = [listed, file is not None, clip is not None]
    if sum(ways) != 1:
        raise click.UsageError("Give a CLIP with its LABEL, or --from FILE, or --list.")
    if listed:
        emit([asdict(line) for line in overrides.read(chosen)], as_json=as_json)
        return
    if file:
        given: list[dict[str, Any]] = [line for _, line in numbered(file)]
        given = [{"author": author, "reason": reason} | line for line in given]
    else:
        if bool(labels) == no_label:
            raise click.UsageError("Give the LABEL that is meant, or --none.")
        label = None if no_label else labels[0] if len(labels) == 1 else list(labels)
        given = [{"clip_id": clip, "label": label, "author": author, "reason": reason}]
    made = scoring.override(home, chosen, given)
    say.say(f"{len(made)} new of {number(len(given), 'line')} in {chosen.folder / overrides.FILE}.")
    show_scores([scoring.score(chosen, say)], as_json=as_json)


@click.command("import-answers")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), required=True, help="Which program wrote it.")
@click.option("--model", required=True, help="Who answered: any name.")
@click.option(
    "--split",
    shell_complete=name_completion.splits,
    help="Whose clips: a name from `mudata split list`, or a manifest's path.",
)
@click.option(
    "--dataset",
    shell_complete=name_completion.datasets,
    help="Instead of a split: this dataset's clips that the file names.",
)
@click.option(
    "--part",
    shell_complete=name_completion.parts,
    help="Part of the split; with --dataset of a published one, as in test or fault-filtered/test.",
)
@click.option(
    "--task",
    shell_complete=name_completion.tasks,
    help="What was asked, such as genre; needed when the card has several tasks.",
)
@click.option(
    "--references",
    type=click.Choice(["index", "file"]),
    default="index",
    show_default=True,
    help="What is right: as indexed, or as the file says (with --dataset; nothing need be fetched).",
)
@click.option("--prompt-text", help="What the model was asked, or a text file with it [default: as in the file].")
@click.option("--letters", is_flag=True, help="Options were shown as (A), (B), ...: a letter is an answer.")
@click.option("--id-field", metavar="NAME", help="Field that names the clip; dots lead into nested objects.")
@click.option("--answer-field", metavar="NAME", help="Field with the answer.")
@common
def import_answers(
    files: tuple[Path, ...],
    *,
    format_: str,
    model: str,
    split: str | None,
    dataset: str | None,
    part: str | None,
    task: str | None,
    references: Literal["index", "file"],
    prompt_text: str | None,
    letters: bool,
    id_field: str | None,
    answer_field: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Score answers that were made elsewhere: FILES become one run like any other. Needs no audio and no model.

    cmi-bench: the result files of CMI-Bench. evalscope: its predictions or reviews. inspect: its logs, .eval or .json.
    jsonl: lines with clip_id, or item_id where questions are items of their own, and answer (or error). lmms-eval: what
    --log_samples writes. mmau: MMAU's or MMAR's item file with model_output in it. muse: the logs of MUSE's runners.
    openai-evals: the events that OpenAI's evals record.

    Items are known by their id, their clips or their question; epochs, repeats and seeds become passes of an item.

    \b
    mudata import-answers qwen_GTZAN.jsonl --format cmi-bench --dataset gtzan --references file --model qwen-audio
    """
    from mudata.evaluation.answer_import.file_answer import Fields
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.answer_import.importer import import_answers as make
    from mudata.home import is_file
    from mudata.json_files import read_text

    if prompt_text and is_file(path := Path(prompt_text)):
        prompt_text = read_text(path, "The file of --prompt-text")
    say, fields = progress(quiet), Fields(id_field, answer_field)
    command = shlex.join(["mudata", *sys.argv[1:]])
    request = ImportRequest(
        file=files,
        format=format_,
        model=model,
        split=split,
        dataset=dataset,
        part=part,
        task=task,
        references=references,
        prompt_text=prompt_text,
        letters=letters,
        fields=fields,
        command=command,
    )
    run = make(Home.default(), request, say)
    show_scores([run.scores], as_json=as_json)
    say.say(f"Run: {run.folder}")
