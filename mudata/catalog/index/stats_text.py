"""The numbers of a dataset as text: a summary, tables, and a bar for each label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from mudata.errors import number
from mudata.table import Table

_SHOWN = 20
"""Labels of a namespace that are shown, most frequent first."""
_BAR = 30
"""Characters of the longest bar."""


def sections(found: Mapping[str, Any]) -> Iterator[tuple[str, Table | Sequence[str]]]:
    """What `stats.stats` found, piece by piece: a title (empty at first), and a table or lines."""
    yield "", [f"{title + ':':14}{value}" for title, value in _summary(found)]
    for title in ("status", "sources", "licences", "splits", "texts", "attributes", "items", "faults"):
        if found[title]:
            yield "captions" if title == "texts" else title, Table(found[title])
    for namespace, labels in groupby(found["labels"], key=lambda row: row["namespace"]):
        yield namespace, list(_bars(list(labels)))


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The whole text, a line at a time."""
    for title, piece in sections(found):
        if title:
            yield from ("", title)
        yield from piece.lines() if isinstance(piece, Table) else piece


def _summary(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "dataset", f"{found['dataset']}: {found['title']}"
    if found["subset"]:
        yield "subset", found["subset"]
    usable, fetched, declared = (f"{found[key] or 0:,}" for key in ("usable", "fetched", "declared"))
    partial = ", partial on purpose" if found["state"] == "partial" else ""
    yield "clips", f"{usable} usable of {fetched} fetched of {declared} declared{partial}"
    yield "hours", f"{found['hours']:,.2f}"
    if found["median_s"] is not None:
        durations = (found["shortest_s"], found["median_s"], found["longest_s"])
        yield "seconds", f"{durations[0]:.4g} to {durations[2]:.4g}, median {durations[1]:.4g}"
    artists, albums, tracks = (found[key] for key in ("artists", "albums", "tracks"))
    without = (
        f" ({number(found['clips_without_artist'], 'clip')} without)"
        if artists and found["clips_without_artist"]
        else ""
    )
    yield "groups", f"{number(artists, 'artist')}{without}, {number(albums, 'album')}, {number(tracks, 'track')}"
    yield "licence", f"{found['licence']} ({found['usage']})"
    store = f", store {found['store']}" if found["store"] not in (None, "flac") else ""  # copies are usual
    yield "indexed", f"{found['indexed_at']}, flavour {found['flavour']}{store}"


def _bars(labels: list[dict[str, Any]]) -> Iterable[str]:
    """Labels with their number of clips, share of all clips, and a bar; the longest bar is the most frequent."""
    shown = labels[:_SHOWN]
    width = max(len(row["label"]) for row in shown)
    for row in shown:
        bar = "█" * max(1, round(_BAR * row["clips"] / shown[0]["clips"]))
        unknown = "" if row["known"] else "  (not in the vocabulary)"
        yield f"  {row['label']:{width}}  {row['clips']:>8,}  {row['share']:>6.1%}  {bar}{unknown}"
    if more := len(labels) - len(shown):
        yield f"  … and {more:,} more labels"
