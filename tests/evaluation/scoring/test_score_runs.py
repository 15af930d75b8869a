"""Several runs give what each of them gives, wherever they are scored; what cannot be scored is told or raised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from answered import IDS, Notes, answered

from mudata.errors import ArgumentError, EvaluationError, HomeError
from mudata.evaluation.run import all_runs
from mudata.evaluation.scoring.score_runs import score_runs
from mudata.execution.executor import Call, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from small_corpus import Corpus

    from mudata.home import Home


class Backwards:
    """Finishes the last call first, in this process; `lost` are crashes, `told` stands for a result."""

    name = "elsewhere"

    def __init__(self, lost: Iterable[int] = (), told: dict[int, Any] | None = None) -> None:
        self.lost, self.told = set(lost), told or {}

    def map(
        self, function: Callable[[Any], Any], calls: Iterable[Call], *, count: int, pays: int = 1
    ) -> Generator[tuple[int, Any], None, None]:
        every = list(calls)
        assert len(every) == count
        for n in reversed(range(count)):
            value = json.loads(json.dumps(every[n].value))
            result = self.told.get(n) or json.loads(json.dumps(function(value)))
            yield n, Lost("the process was ended by SIGSEGV") if n in self.lost else result


def test_runs_are_scored_elsewhere_as_here(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    for model in ("them", "others"):
        answered(home, tmp_path, dict.fromkeys(IDS, "low"), model=model)
    runs, notes = all_runs(home), Notes()
    here = score_runs(home, runs)
    assert [scores["run"] for scores in here] == [run.id for run in runs]
    assert score_runs(home, runs, executor=Backwards()) == here
    with pytest.raises(EvaluationError, match=rf"{runs[1].id}: the process was ended by SIGSEGV"):
        score_runs(home, runs, executor=Backwards(lost=[1]))

    (runs[0].folder / "answers.jsonl").write_text("{}\n")
    expected = score_runs(home, None, Notes())
    assert score_runs(home, None, notes, executor=Backwards()) == expected == here[1:]
    assert notes.text.startswith("Left out: ")
    with pytest.raises(EvaluationError, match=r"answers\.jsonl"):
        score_runs(home, runs, executor=Backwards())
    full = Backwards(told={1: {"failed": ["HomeError", "The disk is full.", None]}})
    with pytest.raises(HomeError, match="The disk is full"):
        score_runs(home, None, executor=full)


def test_what_loads_models_is_done_here(home: Home) -> None:
    with pytest.raises(ArgumentError, match="load models into the process"):
        score_runs(home, [], executor=Backwards(), extras=["meteor"])
