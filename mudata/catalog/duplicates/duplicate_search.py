"""The whole of `mudata duplicates`: listen to what was not heard yet, search, and keep what was found."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mudata.catalog.duplicates import duplicate_groups, fingerprint_store, near_copies
from mudata.catalog.duplicates.agreement import Fingerprints
from mudata.catalog.duplicates.duplicates_view import FILE
from mudata.catalog.duplicates.fingerprint import UNHEARD
from mudata.catalog.duplicates.listening import listen
from mudata.catalog.duplicates.near_copies import NearContent
from mudata.catalog.duplicates.near_search import near_pairs
from mudata.catalog.index import database
from mudata.errors import number
from mudata.execution.local_processes import LOCAL
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.catalog.duplicates.duplicate_groups import DuplicateGroup
    from mudata.execution.executor import Executor
    from mudata.home import Home

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("clip_id", "dataset", "group_id", "kind")),
        ("score", pa.float64()),
        ("offset_s", pa.float64()),
        ("conflicts", pa.list_(pa.string())),
    ]
)
"""Of the file that the view `duplicates` is over."""


_CELL = 48
"""Characters of labels that differ, in a table. Chosen here: two tracks with five tags each fill a screen."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Duplicates:
    """What was found, shown as `mudata duplicates` prints it."""

    datasets: tuple[str, ...]
    groups: tuple[DuplicateGroup, ...]
    """Those whose labels contradict each other first."""
    fingerprints: int
    """How many different contents were compared; 0 where only exact copies were asked for."""
    unheard: Mapping[str, str]
    """Clips that could not be compared by ear, with the reason."""

    def counts(self) -> list[str]:
        """As text: groups, clips, conflicts, and what could not be heard."""
        clips = sum(len(group.members) for group in self.groups)
        exact = sum(group.kind == "exact" for group in self.groups)
        across = sum(len(group.datasets) > 1 for group in self.groups)
        conflicts = sum(bool(group.conflicts) for group in self.groups)
        found = (
            f"{number(len(self.groups), 'group')} of {number(clips, 'clip')}; {exact:,} of exact copies,"
            f" {across:,} across datasets, {conflicts:,} with labels that differ"
            if self.groups
            else "no copies"
            + (f" among {number(self.fingerprints, 'recording')}" if self.fingerprints else " by hashes")
        )
        told = [f"{', '.join(self.datasets)}: {found}"]
        if self.unheard:
            reasons: dict[str, int] = {}
            for reason in self.unheard.values():
                kind = reason.partition(":")[0]
                reasons[kind] = reasons.get(kind, 0) + 1
            why = ", ".join(f"{UNHEARD.get(kind, kind)} {count}" for kind, count in sorted(reasons.items()))  # type: ignore[call-overload]
            told.append(f"{number(len(self.unheard), 'clip')} cannot be compared by ear: {why}")
        return told

    def table(self) -> Table:
        """A row for each group."""
        return Table(
            [
                {
                    "kind": group.kind,
                    "clips": len(group.members),
                    "labels differ": _short(group.conflict),
                    "score": round(min(member.score for member in group.members), 3),
                    "such as": [
                        member.clip_id + (f" ({member.offset_s:+.1f} s)" if abs(member.offset_s) >= 0.1 else "")
                        for member in group.members[:4]
                    ],
                }
                for group in self.groups
            ]
        )

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "datasets": self.datasets,
            "fingerprints": self.fingerprints,
            "groups": [
                {
                    "group_id": group.group_id,
                    "kind": group.kind,
                    "datasets": group.datasets,
                    "conflicts": group.conflicts,
                    "members": [asdict(member) for member in group.members],
                }
                for group in self.groups
            ],
            "unheard": self.unheard,
        }

    def __repr__(self) -> str:
        return "\n".join([*self.counts(), *(["", *self.table().lines()] if self.groups else [])])


def _short(text: str) -> str:
    """A cell that leaves room for others; `plain` has all of it."""
    return text if len(text) <= _CELL else text[: _CELL - 4].rsplit(" ", 1)[0].rstrip(" |;") + " ..."


def search(
    home: Home,
    datasets: Sequence[str],
    *,
    exact: bool = False,
    progress: Progress = SILENT,
    executor: Executor = LOCAL,
) -> Duplicates:
    """Find the duplicates among the usable clips of indexed datasets, and keep them for SQL, splits and leaks.

    exact: only by hashes; nothing is decoded. Stopped at any moment, the same call goes on where it was.
    Raises Busy where another process does the same, HomeError where nothing can be written, and what the
    executor raises.
    """
    with home.lock("duplicates", wait_s=0), database.snapshot(home) as con:
        unheard: dict[str, str] = {}
        count = 0
        if not exact:
            unheard = listen(home, con, datasets, progress, executor)
            contents = con.sql(
                "SELECT min(clip_id), pcm_sha256 FROM clips WHERE status = 'ok' AND kind = 'audio'"
                " AND dataset IN (SELECT unnest($datasets::VARCHAR[])) AND pcm_sha256 IS NOT NULL GROUP BY ALL"
                " ORDER BY pcm_sha256",
                params={"datasets": list(datasets)},
            ).fetchall()
            hashes, words, reasons = _heard(home, [pcm for _, pcm in contents])
            pairs = [
                NearContent(
                    hashes[pair.first], hashes[pair.second], pair.score, pair.overlap_s, round(pair.offset_s, 3)
                )
                for pair in near_pairs(words, progress=progress)
            ]
            near_copies.save(home, {pcm for _, pcm in contents}, pairs)
            count = len(hashes)
            unheard |= {clip_id: reasons[pcm] for clip_id, pcm in contents if pcm in reasons}
        known = near_copies.load(home)
        _show(home, duplicate_groups.find(con, known))
        found = duplicate_groups.find(con, [] if exact else known, datasets)
    return Duplicates(
        datasets=tuple(datasets), groups=tuple(found), fingerprints=count, unheard=dict(sorted(unheard.items()))
    )


def _heard(home: Home, wanted: Sequence[str]) -> tuple[list[str], Fingerprints, dict[str, str]]:
    """Hashes and words of the contents that can be compared, sorted by hash; of the others the reason."""
    table = fingerprint_store.read(home)
    table = table.filter(pc.is_in(table["pcm_sha256"], value_set=pa.array(wanted, pa.string())))
    unheard = table.filter(pc.is_valid(table["reason"]))
    reasons = dict(zip(unheard["pcm_sha256"].to_pylist(), unheard["reason"].to_pylist(), strict=True))
    table = table.filter(pc.is_null(table["reason"]))
    table = table.take(pc.sort_indices(table["pcm_sha256"])).combine_chunks()
    words = [np.frombuffer(own.as_buffer(), "<u4") for own in table["words"]]
    return table["pcm_sha256"].to_pylist(), Fingerprints.of(words), reasons


def _show(home: Home, groups: Sequence[DuplicateGroup]) -> None:
    """Put all groups where the view `duplicates` reads them."""
    rows = [
        {
            "clip_id": member.clip_id,
            "dataset": member.dataset,
            "group_id": group.group_id,
            "kind": member.kind,
            "score": member.score,
            "offset_s": member.offset_s,
            "conflicts": list(group.conflicts),
        }
        for group in groups
        for member in group.members
    ]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), file, compression="zstd")
    target = home.root / FILE
    is_new = not target.exists()
    home.make(target.parent)
    write_atomic(target, file.getvalue())
    if is_new:
        database.rebuild(home)  # its views are over files that are there
