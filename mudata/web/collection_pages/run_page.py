"""What the page of a run tells, and its report, made when it is first asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.catalog.splits import manifest
from mudata.errors import MudataError
from mudata.evaluation import run, scores_file
from mudata.evaluation.listening.results_files import RESULTS
from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.report.wording import METRICS, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.home import Home

DRAWN = 200
"""Clips up to which the report has their waveforms: each is decoded for it. Chosen here: some seconds."""


class RunScore(NamedTuple):
    """The metric that stands for a run, in words: 'accuracy', '73.8 %', '[68.4, 78.5]' (95 %; may be '')."""

    title: str
    value: str
    interval: str


def run_score(one: run.Run) -> RunScore | None:
    """None of a run that is not scored. Read once for as long as scores.json stays the same. Raises EvaluationError."""
    path = one.folder / "scores.json"
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _read_score(path, stat.st_ino, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _read_score(path: Path, *_mark: int) -> RunScore:
    scores = scores_file.read(path)
    by_name = {metric["metric"]: metric for metric in scores["metrics"]}
    name = headline_of(scores["kind"], by_name)
    value = written(name, by_name[name], interval=False)
    return RunScore(METRICS[name].title, value, written(name, by_name[name]).removeprefix(value).strip())


@dataclass(frozen=True)
class RunPageFacts:
    """A run as its page has it: what is told of it, whether it is scored, whether its split is in the
    home, and why it cannot be shown."""

    id: str
    told: dict[str, Any] = field(default_factory=dict)
    scored: bool = False
    split_is_here: bool = False
    fault: str | None = None
    hint: str | None = None


def run_page_facts(home: Home, name: str) -> RunPageFacts:
    """Raises UnknownName."""
    one = run.find(home, name)
    told: dict[str, Any] = {}
    here = manifest.names(home)
    try:
        settings = one.settings
        told |= {"model": settings.model, "task": settings.task, "split": settings.split, "begun": settings.created_at}
        told |= {"questions": len(one.questions()), "answers": len(one.answers())}
        if (score := run_score(one)) is None:
            _ = one.scores  # says what to do
        else:
            told[score.title] = f"{score.value} {score.interval}".strip()
    except MudataError as error:
        return RunPageFacts(one.id, told, False, told.get("split") in here, error.what, error.hint)
    return RunPageFacts(one.id, told, True, told["split"] in here)


def report_mark(home: Home, name: str) -> tuple[object, ...]:
    """What a report of a run is kept by: its id, the hash of its scores, and which results of listening tests there
    are. Raises UnknownName, EvaluationError."""
    one = run.find(home, name)
    _ = one.scores
    results = sorted((path, path.stat().st_mtime_ns) for path in home.listening.glob(f"*/{RESULTS}"))
    return one.id, hashlib.sha256((one.folder / "scores.json").read_bytes()).hexdigest(), tuple(results)


def report_of(home: Home, name: str, address: Callable[[str], str | None]) -> bytes:
    """The report of one run, whose clips are played from `address` of their ids (None: not at all).

    Raises as `report.build.write`.
    """
    from mudata.evaluation.report.explorer import find_audio
    from mudata.evaluation.report.gather import gather
    from mudata.evaluation.report.heard_section import heard_exams
    from mudata.evaluation.report.listening_section import listening_sections
    from mudata.evaluation.report.page import render
    from mudata.narration import SILENT

    report = gather(home, [run.find(home, name)])
    few = sum(len(one.answers) for one in report.runs) <= DRAWN
    audio = find_audio(home, report, Path("report.html"), waveforms=few, address=address)
    return render(report, audio, heard_exams(home, report, SILENT), listening_sections(home, report))
