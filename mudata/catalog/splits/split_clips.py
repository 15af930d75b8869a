"""The clips of a split, looked up in the index: facts, labels, captions, groups.

All of a part is read at once: no clip costs a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mudata.catalog.audio.stored_clip import COLUMNS, clips_as
from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.read.sql_literals import identifier
from mudata.catalog.training.label_classes import LabelClasses
from mudata.catalog.training.split_part import SplitPart, column
from mudata.errors import MudataError, SplitError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

_LABELS = """
CREATE TEMP TABLE told AS
SELECT namespace, clip_id, list(DISTINCT coalesce(canonical, label) ORDER BY coalesce(canonical, label)) AS own
FROM {labels} SEMI JOIN members USING (clip_id)
WHERE namespace IS NOT NULL GROUP BY ALL
"""

_CLIPS = """
SELECT m.part, m.clip_id, c.dataset, c.kind, $root || '/' || c.path AS path, c.sample_rate AS rate, c.duration_s,
  $root || '/raw/' || c.dataset || '/files/' || c.source_path AS source, c.start_s, c.start_s + c.duration_s AS end_s,
  c.artist, c.album, c.track, c.title, c.licence{labels}, coalesce(said.texts, []) AS captions,
  {{{stored}}} AS stored,
  CASE WHEN i.clip_id IS NULL THEN 'not in the index'
    WHEN c.clip_id IS NULL THEN 'a known fault, which cannot be repaired'
    WHEN c.status <> 'ok' THEN concat_ws(': ', c.status, c.reason)
    WHEN c.kind = 'text' THEN 'words alone, nothing to hear'
    WHEN c.path IS NULL THEN 'it has no file' END AS left_out
FROM members m
LEFT JOIN (SELECT clip_id FROM clips SEMI JOIN members USING (clip_id)) i USING (clip_id)
LEFT JOIN (SELECT * FROM {clips} SEMI JOIN members USING (clip_id)) c USING (clip_id){joins}
LEFT JOIN (
  SELECT clip_id, list(text ORDER BY text) AS texts FROM captions SEMI JOIN members USING (clip_id)
  WHERE kind = 'caption' GROUP BY clip_id
) said USING (clip_id)
ORDER BY m.position
"""


def load_parts(home: Home, split: Manifest, channels: int | None = 1) -> dict[str, SplitPart]:
    """The parts of a split in its order, looked up in the index as it is now; channels: see SplitClip.

    Raises SplitError for a manifest that was changed by hand.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if split.sha256 != split.digest():
        raise SplitError(
            f"The manifest of split {split.name} was changed: its hash is not that of its content.",
            "Undo the change, or draw a split of another name: see `mudata split --help`.",
        )
    members = [(part, member.clip_id) for part, own in split.parts.items() for member in own]
    position = {
        "part": pa.array([part for part, _ in members], pa.string()),
        "clip_id": pa.array([clip_id for _, clip_id in members], pa.string()),
        "position": pa.array(range(len(members)), pa.int64()),
    }
    with database.snapshot(home) as connection:
        connection.register("members", pa.table(position))
        classes = _classes(connection, split)
        rows = _rows(connection, home, split, classes)
    parts = {}
    for part in split.parts:
        own = rows.filter(pc.equal(rows["part"], part))
        gone = own.filter(pc.is_valid(own["left_out"])).select(["clip_id", "left_out"]).to_pylist()
        heard = own.filter(pc.is_null(own["left_out"])).drop_columns(["left_out"]).combine_chunks()
        told = {row["clip_id"]: row["left_out"] for row in gone}
        parts[part] = SplitPart(part, heard, classes, told, home=home, channels=channels)
    return parts


def _classes(connection: duckdb.DuckDBPyConnection, split: Manifest) -> dict[str, LabelClasses]:
    """The namespaces of the split's clips with their labels, canonical where the vocabulary has them. Leaves the
    labels of each clip in the table `told` of the connection."""
    connection.execute(_LABELS.format(labels="repaired_labels" if split.is_repaired else "labels"))
    found = connection.execute(
        "SELECT namespace, list(DISTINCT name ORDER BY name), max(len(own))"
        " FROM (SELECT namespace, own, unnest(own) AS name FROM told) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {
        space: LabelClasses(space, tuple(names), most <= 1 and _is_single(split, space)) for space, names, most in found
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, home: Home, split: Manifest, classes: Mapping[str, LabelClasses]
) -> pa.Table:
    """A row for each member, with the labels of each namespace, and why it is left out, if it is."""
    labels, joins = "", ""
    for number, (space, known) in enumerate(classes.items()):
        own = f"l{number}.own[1]" if known.single else f"coalesce(l{number}.own, [])"
        labels += f", {own} AS {identifier(column(space))}"
        of_space = f"SELECT clip_id, own FROM told WHERE namespace = $space{number}"  # noqa: S608 - a number
        joins += f"\nLEFT JOIN ({of_space}) l{number} USING (clip_id)"
    spaces = {f"space{number}": space for number, space in enumerate(classes)}
    stored = ", ".join(f"'{name}': c.{name}" for name in COLUMNS)
    query = _CLIPS.format(labels=labels, joins=joins, stored=stored, clips=clips_as(repaired=split.is_repaired))
    return connection.sql(query, params={"root": str(home.root), **spaces}).to_arrow_table()


def _is_single(split: Manifest, space: str) -> bool:
    """Whether the cards say that a clip has one label at most."""
    for dataset in split.datasets:
        try:
            known = loader.load(dataset).labels.get(space)
        except MudataError:  # a card that is gone says nothing
            continue
        if known is not None and known.kind != "single":
            return False
    return True
