"""Clips in portions: the files of formats that hold sound are of a size that can be moved about and read one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.export.export_plan import ExportClip

SHARD_BYTES = 1 << 29
"""Of sound in one file, counted as 16 bits a sample; as FLAC it is about half. Chosen here: what the Hub asks of files
of Parquet (up to 500 MB), and within what WebDataset advises (100 MB to 1 GB)."""


def shards(clips: Iterable[ExportClip]) -> list[list[ExportClip]]:
    """Clips in their order, cut where SHARD_BYTES are reached. It rests on what the index tells alone: the same split
    gives the same shards, whatever can be read today."""
    found: list[list[ExportClip]] = []
    size = SHARD_BYTES
    for clip in clips:
        if size >= SHARD_BYTES:
            found.append([])
            size = 0
        found[-1].append(clip)
        size += clip.pcm_bytes
    return found
