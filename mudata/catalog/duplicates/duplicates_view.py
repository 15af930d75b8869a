"""The view `duplicates` of the index: the groups that `mudata duplicates` found last, without clips that are gone.

`mudata/__init__.py` registers VIEWS with the index (see `catalog.index.registered_views`).
"""

from __future__ import annotations

from mudata.catalog.index.registered_views import RegisteredView
from mudata.catalog.tables import CLIP_ID, DATASET, Column

FILE = "duplicates/groups.parquet"
"""Below MUDATA_HOME."""

COLUMNS = (
    CLIP_ID,
    DATASET,
    Column("group_id", "VARCHAR", "what clips of one recording share: the id of the first of them"),
    Column("kind", "VARCHAR", "exact (equal samples, or the same part of equal files, as the first) or near (by ear)"),
    Column("score", "DOUBLE", "share of equal bits of the fingerprints, the least on the way to the first; 1 if exact"),
    Column("offset_s", "DOUBLE", "seconds by which the clip begins later in the recording than the first"),
    Column("conflicts", "VARCHAR[]", "namespaces in which labels of the group differ"),
)


def _select(files: str) -> str:
    columns = ", ".join(column.name for column in COLUMNS)
    return f"SELECT {columns} FROM read_parquet({files}) SEMI JOIN clips USING (clip_id)"  # noqa: S608 - ours


VIEWS = {"duplicates": RegisteredView(columns=COLUMNS, files=FILE, select=_select)}
