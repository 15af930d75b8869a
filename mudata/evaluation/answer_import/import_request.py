"""What `mudata import-answers` was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mudata.evaluation.answer_import.file_answer import Fields

_NO_FIELDS = Fields()


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """What `mudata import-answers` was asked for.

    Either `split`, or `dataset`: its clips that the file names, or with `part` those of a part of a
    published split ('test', or 'fault-filtered/test' where several have one). references: where
    they come from; 'file' needs `dataset` and no index. prompt_text: the question, where the file
    does not have it. letters: options were shown as (A), (B), ...; so too where prompt_text has such marks.
    """

    file: Path | Sequence[Path]
    format: str
    model: str
    split: str | None = None
    dataset: str | None = None
    part: str | None = None
    task: str | None = None
    references: Literal["index", "file"] = "index"
    prompt_text: str | None = None
    letters: bool = False
    fields: Fields = _NO_FIELDS
    command: str | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.file,) if isinstance(self.file, Path) else tuple(self.file)

    @property
    def name(self) -> str:
        """The file's name, or the first one's and how many there are."""
        first, *more = self.files
        return f"{first.name} and {len(more)} more" if more else first.name
