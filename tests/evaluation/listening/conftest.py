"""The clips of `tones` and runs about them, from the conftest above."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from answered import IDS, answered

from mudata.evaluation.listening.listening_request import ListeningRequest

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run

Asking = Callable[..., ListeningRequest]


@pytest.fixture
def runs(corpus: Corpus, tmp_path: Path) -> list[Run]:
    """Two models that describe the six clips of the test part."""
    made = []
    for model in ("alpha", "beta"):
        (folder := tmp_path / model).mkdir()
        texts: dict[str, str | None] = {clip: f"{model} says {clip[-2:]}: a tone, <b>plain</b>." for clip in IDS}
        made.append(answered(corpus.home, folder, texts, task="caption", model=model))
    return made


@pytest.fixture
def asking(runs: list[Run]) -> Asking:
    """A request for a test of these runs: four clips, four raters."""

    def request(**more: object) -> ListeningRequest:
        asked: dict[str, object] = {"name": "t", "kind": "mos", "split": "half", "n": 4, "raters": 4, "practice": 1}
        asked |= {"runs": tuple(run.id for run in runs)}
        return ListeningRequest(**(asked | more))  # type: ignore[arg-type]

    return request
