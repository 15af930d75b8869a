"""Exams that mudata composes, as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from mudata.api.arguments import checked, one_of, within
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.catalog.compose.exam_dataset import ComposedDataset

hide_deprecations()


@checked(narrator="progress")
def compose(
    exam: str,
    *,
    seed: int = 0,
    n: int | None = None,
    difficulty: Literal["easy", "standard", "hard"] = "standard",
    engine: Literal["embedded", "soundfont", "tinysoundfont", "fluidsynth"] | None = None,
    workers: int | None = None,
    on: str | None = None,
    progress: Progress | bool | None = None,
) -> ComposedDataset:
    """Compose an exam whose truth is exact by construction, index it, and draw a split of all its clips.

    Stopped at any moment, the same call goes on. The same seed gives the same items on every machine.

    Args:
        exam: such as 'tempo', 'key', 'structure'; `mudata compose` lists them.
        seed: another seed, another exam.
        n: pieces, or pairs of them, a number that can be balanced [default: that of the standard edition].
        difficulty: how plainly beat, key and parts are heard.
        engine: who plays it [default: embedded; soundfont, which is what is there, where the exam asks about recorded
            instruments].
        workers: processes that play pieces, and normalise clips [default: all cores].
        on: where it is done: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        progress: True, False, or None for what `show_progress` says.

    Returns:
        The dataset that is in the index now, its split, and the tasks to ask.

    Raises:
        UnknownName: no exam has that name.
        ArgumentError: n cannot be balanced; the numbers that can are told.
        MissingSoundfont: the exam needs one; the command that installs one is told.
        HomeError, ClusterError.
    """
    from mudata.catalog.cards.card_task import LEVELS
    from mudata.catalog.compose.exam_dataset import compose_exam
    from mudata.catalog.render.renderer import EngineChoice
    from mudata.execution.executor_choice import executor_on

    within(1, n=n, workers=workers)
    within(0, seed=seed)
    one_of("difficulty", difficulty, LEVELS)
    if engine is not None:
        one_of("engine", engine, get_args(EngineChoice))
    home, reporter = Home.default(), chosen(progress)
    return compose_exam(
        home,
        exam,
        seed=seed,
        n=n,
        level=difficulty,
        engine=engine,
        executor=executor_on(on, home, workers=workers, progress=reporter),
        progress=reporter,
    )
