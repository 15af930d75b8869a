"""`mudata compose`: an exam of a seed, made, indexed and ready to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mudata.cli.on_option import on_option
from mudata.cli.output import common, emit, emit_json, progress

if TYPE_CHECKING:
    from mudata.catalog.compose.exam_plan import ComposedExam


@click.command()
@click.argument("exam", required=False, shell_complete=lambda _ctx, _param, text: _completed(text))
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, another exam.")
@click.option("--n", type=click.IntRange(min=1), help="Pieces, or pairs of them; must be one that can be balanced.")
@click.option(
    "--difficulty",
    type=click.Choice(["easy", "standard", "hard"]),
    default="standard",
    show_default=True,
    help="How plainly beat, key and parts are heard.",
)
@click.option(
    "--engine",
    type=click.Choice(["embedded", "soundfont", "tinysoundfont", "fluidsynth"]),
    help="Who plays it [default: embedded; soundfont where the exam asks about recorded instruments].",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that play pieces, and normalise clips (default: all cores).",
)
@on_option
@common
def compose(
    exam: str | None,
    *,
    seed: int,
    n: int | None,
    difficulty: Any,
    engine: Any,
    workers: int | None,
    on: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compose an exam whose truth is exact by construction; without a name, list the exams.

    Pieces are planned first (metre, key, tempo, form, parts), then written and played: what is asked was decided before
    a note sounded, and no training set can hold it. The same seed gives the same items on every machine, a fresh seed a
    fresh exam. Everything is balanced; an n that cannot be is refused with those that can. The dataset that is made is
    one like any other, and there is a split of all its clips. Stopped at any moment, the same command goes on.

    The embedded engine plays the same samples on every machine. Instruments and timbre are asked of a soundfont that is
    installed, or named by MUDATA_SOUNDFONT; which one is part of the dataset's name.

    \b
    mudata compose
    mudata compose tempo --seed 7 --n 120
    mudata compose key --seed 7 --n 240 --difficulty hard
    mudata compose timbre --seed 7 --engine fluidsynth
    """
    from mudata.catalog.compose.exam_dataset import compose_exam, default_n
    from mudata.catalog.compose.exams import EXAMS
    from mudata.execution.executor_choice import executor_on
    from mudata.home import Home

    if exam is None:
        if seed or any(given is not None for given in (n, engine, workers, on)):
            raise click.UsageError(
                "--seed, --n, --engine, --workers and --on go with an EXAM; `mudata compose` lists them."
            )
        if as_json:
            emit_json([_record(each, default_n(each, difficulty), difficulty) for each in EXAMS.values()])
        else:
            emit([_row(each, default_n(each, difficulty), difficulty) for each in EXAMS.values()], as_json=False)
        return
    home, say = Home.default(), progress(quiet)
    executor = executor_on(on, home, workers=workers, progress=say)
    made = compose_exam(home, exam, seed=seed, n=n, level=difficulty, engine=engine, executor=executor, progress=say)
    row = {
        "exam": exam,
        "dataset": made.dataset,
        "clips": made.ingested.usable,
        "items": made.items,
        "split": made.split.name,
        "hash": made.split.sha256[:12],
    }
    if as_json:
        emit_json(row | {"hash": made.split.sha256, "tasks": list(made.tasks), "commands": made.commands()})
    else:
        emit([row], as_json=False)
        for line in made.commands():
            say.say(f"Next: {line}")
    raise SystemExit(int(made.ingested.at_fault))


def _row(exam: ComposedExam, n: int, difficulty: Any) -> dict[str, Any]:
    return {
        "exam": exam.name,
        "asks": exam.title,
        "tasks": ", ".join(exam.tasks),
        "n": f"{n} {exam.unit}",
        "multiple of": exam.multiple(difficulty),
        "needs": "a soundfont" if exam.needs_soundfont else "nothing more",
    }


def _record(exam: ComposedExam, n: int, difficulty: Any) -> dict[str, Any]:
    return {
        "exam": exam.name,
        "asks": exam.title,
        "tasks": list(exam.tasks),
        "n": n,
        "unit": exam.unit,
        "multiple_of": exam.multiple(difficulty),
        "needs_soundfont": exam.needs_soundfont,
    }


def _completed(text: str) -> list[str]:
    from mudata.catalog.compose.exams import EXAMS

    return [name for name in EXAMS if name.startswith(text)]
