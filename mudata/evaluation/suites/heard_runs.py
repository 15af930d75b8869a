"""Which runs of a home belong together to say whether an exam was heard: one model, one exam, all conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.catalog.splits import manifest
from mudata.errors import CardError, UnknownName
from mudata.evaluation.run import Run, readable_runs
from mudata.evaluation.suites.conditions import OF_OPTIONS
from mudata.evaluation.suites.counted_edition import RunOfExam, of_one_edition
from mudata.evaluation.suites.suite import REAL
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.run_settings import RunSettings
    from mudata.evaluation.suites.suite import Suite
    from mudata.home import Home

_Rank = tuple[int, str]


@dataclass(frozen=True)
class HeardRuns:
    """The finished runs of a model (`label` in tables) for an exam, by condition."""

    exam: str
    label: str
    runs: Mapping[str, Run]

    @property
    def real(self) -> Run | None:
        return self.runs.get(REAL)


def heard_runs(
    home: Home, suite: Suite, progress: Progress = SILENT, *, exams: Sequence[str] = (), models: Sequence[str] = ()
) -> list[HeardRuns]:
    """The runs of a suite with conditions, in the order of its exams: of each condition the one with most items, the
    newest of equals, all of one edition of the exam. Controls are those of the real run, asked in the same words.

    Args:
        home: whose runs are looked at; those that cannot be read are told and passed over.
        suite: with conditions.
        exams: only these.
        models: only these, and every model that was asked by words alone.
    """
    of_split = {suite.split_of(name): name for name in exams or suite.exams}
    hashes = {split.name: split.sha256 for split in manifest.load_all(home) if split.name in of_split}
    asked: list[RunOfExam] = []
    ordered: set[str] = set()
    found: dict[tuple[str, str, str], dict[str, list[tuple[_Rank, Run]]]] = {}
    for run, (settings, has_order) in readable_runs(home, _settings, progress):
        name = of_split.get(settings.split) if settings else None
        if settings is None or name is None or hashes.get(settings.split) != settings.split_sha256:
            continue
        if settings.task != suite.exams[name].task or (models and settings.model not in models and _listens(settings)):
            continue
        asked.append(RunOfExam(name, run, settings))
        ordered |= {run.id} if has_order else set()
    for name, run, settings in of_one_edition(asked, progress):
        member = found.setdefault((name, settings.model, str(settings.model_sha256)), {})
        for condition in _conditions(suite, settings, has_order=run.id in ordered):
            member.setdefault(condition, []).append(((settings.clips, settings.created_at), run))
    alike: dict[str, set[str]] = {}
    for _, model, digest in found:
        alike.setdefault(model, set()).add(digest)
    order = list(suite.exams)
    return [
        HeardRuns(name, model if len(alike[model]) == 1 else f"{model} ({digest[:6]})", _of_one(suite, member))
        for (name, model, digest), member in sorted(found.items(), key=lambda one: (order.index(one[0][0]), one[0]))
    ]


def _settings(run: Run) -> tuple[RunSettings | None, bool]:
    """Those of a finished run, and whether its items have options of their own, which stand in some order."""
    settings = run.settings
    if len(run.answers()) < settings.clips:
        return None, False
    return settings, settings.kind in OF_OPTIONS or any(question.options for question in run.questions())


def _listens(settings: RunSettings) -> bool:
    """Whether a run's model hears, as its sessions tell."""
    return any(session.capabilities.get("needs_audio", True) for session in settings.sessions) or not settings.sessions


def _conditions(suite: Suite, settings: RunSettings, *, has_order: bool) -> list[str]:
    """Those that a run was asked under; an exam whose authors leave options out is asked so as it is, too. Items
    without options of their own have no order: run.json then has `published`."""
    try:
        task = loader.load(settings.tasks[0].dataset).tasks[settings.task]
    except (CardError, UnknownName, KeyError):
        return []
    return [
        name
        for name, condition in suite.conditions.items()
        if condition.control == settings.control
        and (condition.order_of(task) if has_order else condition.options_order or "published")
        == settings.options_order
    ]


def _of_one(suite: Suite, member: Mapping[str, Sequence[tuple[_Rank, Run]]]) -> dict[str, Run]:
    """The best run of each condition, in the suite's order."""

    def best(some: Sequence[tuple[_Rank, Run]]) -> Run:
        return max(some, key=lambda one: one[0])[1]

    real = best(member[REAL]) if REAL in member else None
    chosen: dict[str, Run] = {}
    for name, condition in suite.conditions.items():
        runs = [one for one in member.get(name, ()) if real is None or _fits(one[1], real, blind=condition.control)]
        if runs:
            chosen[name] = best(runs)
    return chosen


def _fits(run: Run, real: Run, *, blind: str | None) -> bool:
    """Whether a run asked the same as the real one: of a control all but the sound, else the same words at least."""
    if blind:
        return run.settings.audio_family == real.settings.audio_family
    return run.settings.tasks[0].prompt_template == real.settings.tasks[0].prompt_template
