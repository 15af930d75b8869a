"""What `mudata export` is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from mudata.catalog.cards.licence_terms import Purpose
from mudata.errors import UnknownName

SplitFormat = Literal["csv", "parquet", "jsonl", "hf", "webdataset", "croissant", "audformat", "jams", "mirdata-index"]
"""What can be written; docs/export.md tells what goes into each and what it cannot hold."""

WhichAudio = Literal["clip", "source"]
"""The clip as it was indexed, or the whole file that it was cut from."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What is written, and where. Raises UnknownName for a format or a kind of audio that there is not.

    folder: empty, not there yet, or with the same export, finished or not. parts: of the split; none means all.
    usage: only clips that may be used for this purpose. copy: the sound goes into the folder, which can then be taken
    elsewhere; else rows say where on this machine it is. i_have_rights: also the sound of clips whose licence does not
    let copies be passed on. force: although other things lie in the folder.
    """

    to: SplitFormat
    folder: Path
    parts: tuple[str, ...] = ()
    audio: WhichAudio = "clip"
    usage: Purpose | None = None
    copy: bool = False
    i_have_rights: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        for kind, given, known in (
            ("format", self.to, SplitFormat),
            ("audio", self.audio, WhichAudio),
            ("purpose", self.usage, Purpose),
        ):
            if given is not None and given not in get_args(known):
                raise UnknownName(kind, given, get_args(known))

    @property
    def packs(self) -> bool:
        """Whether sound goes into the format's own files."""
        return self.to == "webdataset" or (self.to == "hf" and self.copy)

    def record(self) -> dict[str, Any]:
        """What makes one export another than the next."""
        return {
            "format": self.to,
            "parts": list(self.parts),
            "audio": self.audio,
            "usage": self.usage,
            "copy": self.copy or self.packs,
            "i_have_rights": self.i_have_rights,
        }


@dataclass(frozen=True)
class Exported:
    """What was written: clips by part; those left out, by clip id, with the reason; and those whose sound stays where
    it is, since their licence does not let copies be passed on: they are in the export with its path and hashes.
    not_permitted: clips that are not there because they may not be used for the purpose asked for."""

    folder: Path
    clips: Mapping[str, int]
    left_out: Mapping[str, str]
    references: Mapping[str, str]
    not_permitted: Mapping[str, str]
