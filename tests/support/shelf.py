"""Puts datasets into the index of a home without any files: what tests of splits stand on."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from made_once import publish_once

from mudata.catalog.index import database
from mudata.catalog.read.sql_literals import empty_select
from mudata.catalog.tables import TABLES

if TYPE_CHECKING:
    from mudata.home import Home

Rows = Iterable[Mapping[str, Any]]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shelve(home: Home, dataset: str = "toy", *, card: str = "card 1", **tables: Rows) -> None:
    """Publish a dataset: rows per table of `TABLES`, of which only the telling columns need be given.

    All say `id` instead of clip_id and dataset (items too, and their clips are such ids). Clips are usable audio unless
    they say otherwise, their hashes given as any text, and rows of other tables that are about other clips are left
    out. Labels are canonical as they are. Row order is kept.
    """
    tables["clips"] = list(tables["clips"])
    known = {row["id"] for row in tables["clips"]}
    filled: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for name, rows in tables.items():
        for row in rows:
            if name != "items" and row["id"] not in known:
                continue
            full = {**_DEFAULTS.get(name, {}), **row, "dataset": dataset}
            full["clip_id"] = f"{dataset}/{full.pop('id')}"
            if name == "items":
                full["item_id"] = full.pop("clip_id")
                full["clips"] = [f"{dataset}/{clip}" for clip in full["clips"]]
            if name == "labels":
                full.setdefault("canonical", full["label"])
            if name == "clips":
                hashes = {"pcm_sha256": full["clip_id"], "source_sha256": None} | full
                full |= {key: hashes[key] and sha(hashes[key]) for key in ("pcm_sha256", "source_sha256")}
            filled[name].append(full)
    filled["datasets"] = [{"dataset": dataset, "card_sha256": sha(card), "tags": ["genre"], "usable": 1}]
    asked = "shelf", json.dumps([dataset, filled], default=str)
    publish_once(
        home,
        dataset,
        asked,
        lambda: database.publish(home, dataset, {name: _table(name, rows) for name, rows in filled.items()}),
    )


_DEFAULTS: dict[str, dict[str, Any]] = {
    "clips": {"kind": "audio", "status": "ok", "sample_rate": 22050},
    "labels": {"namespace": "genre"},
    "items": {"task": "tempo", "kind": "number"},
    "faults": {"kind": "corrupt", "action": "drop", "note": "broken", "source": "a test"},
}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE made AS {empty_select((c.name, c.type) for c in TABLES[name])}")
        if rows:
            names = [column.name for column in TABLES[name]]
            con.register("given", pa.Table.from_pydict({n: [row.get(n) for row in rows] for n in names}))
            con.execute("INSERT INTO made BY NAME SELECT * FROM given")
        return con.sql("SELECT * FROM made").to_arrow_table()


def gtzan(home: Home, shared: Path, version: str = "2024", only: Iterable[str] | None = None) -> None:
    """GTZAN: 1,000 clips, artists as one version of the index has them, both published splits, MD5 sums as content."""
    with (shared / "facts" / "tables" / "gtzan_clips.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if only is not None:
        wanted = set(only)
        rows = [row for row in rows if row["clip"] in wanted]
    shelve(
        home,
        "gtzan",
        clips=[
            {
                "id": row["clip"],
                "pcm_sha256": row["md5"],
                "source_sha256": "file " + row["md5"],
                "artist": row[f"artist_{version}"] or None,
                "title": row[f"title_{version}"] or None,
            }
            for row in rows
        ],
        labels=[{"id": row["clip"], "label": row["genre"]} for row in rows],
        splits=[
            {"id": row["clip"], "split": split, "part": {"valid": "validation"}.get(row[column], row[column])}
            for split, column in (("fault-filtered", "fault_filtered"), ("stratified", "stratified"))
            for row in rows
            if row[column]
        ],
    )
