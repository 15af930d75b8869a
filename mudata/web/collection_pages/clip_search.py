"""What clips are looked for: the state of the page of clips, which is its address.

Every value goes into SQL as a parameter; names of columns come from here.
"""

# ruff: noqa: S608 - see above

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mudata.errors import ArgumentError

Row = dict[str, Any]

PAGE = 50
"""Clips of a page. Chosen here: some screens full, and less than 60 kB."""

STATUSES = ("ok", "quarantined", "missing")

_LONGEST = 500
"""Characters of a value, at most. Chosen here: longer than any title that was seen."""

_MOST_LABELS = 8

_LAST = "chr(1114111)"
"""Sorts after every name, so that what has none comes last."""

SORTS: dict[str, tuple[str, str, str]] = {
    "id": ("clip id", "clip_id", ""),
    "title": ("title", f"coalesce(lower(title), {_LAST})", ""),
    "artist": ("artist", f"coalesce(lower(artist), {_LAST})", ""),
    "shortest": ("shortest first", "coalesce(duration_s, 1e9)", ""),
    "longest": ("longest first", "coalesce(duration_s, -1)", "DESC"),
}
"""By name: how it is called, what is sorted by, and in which order; then by id."""

_TEXTS = ("q", "dataset", "artist", "title", "text", "status", "split", "part")
_NUMBERS = ("min", "max")


@dataclass(frozen=True, kw_only=True)
class ClipSearch:
    """Conditions on clips, all of which hold; empty ones say nothing.

    q: words in the id, title, artist or album. labels: 'namespace:label'. text: words in captions or lyrics. min, max:
    seconds. split, part: of an own or a published split. after, before: from where on a page goes (`cursor_of`).
    """

    q: str = ""
    dataset: str = ""
    labels: tuple[str, ...] = ()
    artist: str = ""
    title: str = ""
    text: str = ""
    min: float | None = None
    max: float | None = None
    status: str = ""
    split: str = ""
    part: str = ""
    sort: str = "id"
    after: str = ""
    before: str = ""

    @classmethod
    def of_query(cls, pairs: Iterable[tuple[str, str]]) -> ClipSearch:
        """As an address has it. Raises ArgumentError for values that cannot be; what is not known is passed over."""
        given: dict[str, Any] = {}
        labels: list[str] = []
        for name, said in pairs:
            value = said.strip()
            if len(value) > _LONGEST:
                raise ArgumentError(f"{name} has {len(value):,} characters; at most {_LONGEST} are looked for.")
            if not value:
                continue
            if name == "label":
                labels.append(value)
            elif name in _NUMBERS:
                given[name] = _seconds(name, value)
            elif name in (*_TEXTS, "sort", "after", "before"):
                given[name] = value
        search = cls(**given, labels=tuple(dict.fromkeys(labels)))
        search._check()
        return search

    def _check(self) -> None:
        for name, known in (("sort", tuple(SORTS)), ("status", ("", *STATUSES))):
            if getattr(self, name) not in known:
                raise ArgumentError(
                    f"{name} is {getattr(self, name)!r}, which is none.", f"Known: {', '.join(filter(None, known))}."
                )
        if bad := [label for label in self.labels if ":" not in label]:
            raise ArgumentError(f"label is {bad[0]!r}.", "Write it with its namespace, such as genre:blues.")
        if len(self.labels) > _MOST_LABELS:
            raise ArgumentError(f"{len(self.labels)} labels are asked for; at most {_MOST_LABELS} can be.")
        if self.part and not self.split:
            raise ArgumentError("part is given, and no split.", "Give split as well.")
        for cursor in (self.after, self.before):
            if cursor:
                self._place(cursor)

    def pairs(self) -> list[tuple[str, str]]:
        """As an address has it, without what says nothing."""
        texts = [(name, getattr(self, name)) for name in _TEXTS]
        seconds = [(name, f"{value:g}") for name in _NUMBERS if (value := getattr(self, name)) is not None]
        rest = [("sort", "" if self.sort == "id" else self.sort), ("after", self.after), ("before", self.before)]
        return [(n, v) for n, v in (*texts, *(("label", v) for v in self.labels), *seconds, *rest) if v]

    def only(self) -> ClipSearch:
        """The same conditions, from the first page on and in no order."""
        return replace(self, sort="id", after="", before="")

    def without(self, name: str, value: str) -> ClipSearch:
        """Less one condition, from the first page on."""
        gone = {(name, value), ("after", self.after), ("before", self.before)}
        left = [pair for pair in self.pairs() if pair not in gone and not (name == "split" and pair[0] == "part")]
        return ClipSearch.of_query(left)

    def conditions(self) -> list[tuple[str, str]]:
        """What is looked for, as pairs of a name and its value."""
        return [pair for pair in self.only().pairs() if pair[0] != "sort"]

    def where(self) -> tuple[str, list[object]]:
        """The conditions on `clips` in SQL, with its values."""
        terms: list[str] = []
        values: list[object] = []

        def add(term: str, *own: object) -> None:
            terms.append(term)
            values.extend(own)

        if self.dataset:
            add("dataset = ?", self.dataset)
        if self.status:
            add("status = ?", self.status)
        for word in self.q.split():
            fields = ("clip_id", "title", "artist", "album")
            add(f"({' OR '.join(f'contains(lower({field}), lower(?))' for field in fields)})", *[word] * len(fields))
        for name in ("artist", "title"):
            if said := getattr(self, name):
                add(f"contains(lower({name}), lower(?))", said)
        for label in self.labels:
            namespace, _, name = label.partition(":")
            of = " AND dataset = ?" if self.dataset else ""
            own = [self.dataset] if self.dataset else []
            add(
                f"clip_id IN (SELECT clip_id FROM labels WHERE namespace = ? AND coalesce(canonical, label) = ?{of})",
                *(namespace, name, *own),
            )
        if self.text:
            said = " AND ".join("contains(lower(text), lower(?))" for _ in self.text.split())
            add(f"clip_id IN (SELECT clip_id FROM captions WHERE {said})", *self.text.split())
        if self.min is not None:
            add("duration_s >= ?", self.min)
        if self.max is not None:
            add("duration_s <= ?", self.max)
        if self.split:
            part = " AND part = ?" if self.part else ""
            own = [self.part] if self.part else []
            add(f"clip_id IN (SELECT clip_id FROM split_members WHERE split = ?{part})", self.split, *own)
        return " AND ".join(terms) or "true", values

    @property
    def key(self) -> str:
        """What is sorted by, in SQL."""
        return SORTS[self.sort][1]

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """Rows with `key` and `clip_id` as `place` orders them: DuckDB compares texts by code point, as Python does."""
        back = bool(self.before) and not self.after
        by_id = sorted(rows, key=lambda row: str(row["clip_id"]), reverse=back)
        return sorted(by_id, key=lambda row: row["key"], reverse=bool(SORTS[self.sort][2]) != back)

    def place(self) -> tuple[str, list[object], str]:
        """From where on in SQL, with its values, and the order; a page before another is in the reverse order."""
        descending = bool(SORTS[self.sort][2])
        back = bool(self.before) and not self.after
        up = descending == back  # whether keys grow
        by = f"ORDER BY {self.key}{'' if up else ' DESC'}, clip_id{' DESC' if back else ''}"
        if not (cursor := self.after or self.before):
            return "true", [], by
        key, clip_id = self._place(cursor)
        sign, id_sign = ">" if up else "<", "<" if back else ">"
        if self.sort == "id":
            return f"clip_id {id_sign} ?", [clip_id], by
        term = f"({self.key} {sign} ? OR ({self.key} = ? AND clip_id {id_sign} ?))"
        return f"{self.key} {sign}= ? AND {term}", [key, key, key, clip_id], by

    def cursor_of(self, row: Mapping[str, Any]) -> str:
        """A place between clips: after one with this `key` and `clip_id`."""
        text = json.dumps([row["key"], row["clip_id"]], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _place(self, cursor: str) -> tuple[str | float, str]:
        wanted = float if self.sort in ("shortest", "longest") else str
        try:
            told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            key, clip_id = wanted(told[0]), str(told[1])
        except (ValueError, TypeError, LookupError, binascii.Error, RecursionError) as error:
            what = "after or before does not name a place in this order."
            raise ArgumentError(what, "Begin at the first page.") from error
        return key, clip_id


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ArgumentError(f"{name} is {value!r}.", "Give seconds, such as 29.5.")
    return seconds
