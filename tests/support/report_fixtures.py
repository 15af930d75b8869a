"""A home whose runs are imported once, and reports that were built of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile import imported

if TYPE_CHECKING:
    from mudata.home import Home

Imports = Callable[..., str]
"""imports(model, answers, task="genre") puts a scored run into the test's home and gives its id."""


@dataclass
class Original:
    """A home with the dataset `tones`, its split `half`, and every run that a test has wanted so far."""

    folder: Path
    runs: dict[tuple[object, ...], str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        patch.setenv("MUDATA_HOME", str(self.home))
        patch.setenv("MUDATA_CARDS", str(self.folder / "cards"))

    def imported(self, model: str, answers: Mapping[str, str | None], task: str) -> str:
        key = (model, task, *answers.items())
        if key not in self.runs:
            with pytest.MonkeyPatch.context() as patch:
                self.enter(patch)
                self.runs[key] = imported(self.folder, model, answers, task=task)
        return self.runs[key]


@dataclass(frozen=True)
class Built:
    """A report that was written, and the home that it is of."""

    folder: Path
    home: Home
    runs: tuple[str, ...]
    stdout: str

    @property
    def page(self) -> Path:
        return self.folder / "page.html"
