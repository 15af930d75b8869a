"""Columns of the index that lie in Parquet otherwise than they are shown: how they are written, how they are read."""

from __future__ import annotations

from mudata.catalog.read.sql_literals import identifier

_FORMS = {
    ("clips", "source_sha256"): ("unhex({})", "lower(hex({}))"),
    ("clips", "pcm_sha256"): ("unhex({})", "lower(hex({}))"),
    ("clips", "peak"): ("{}::FLOAT", "{}::DOUBLE"),
    ("clips", "rms"): ("{}::FLOAT", "{}::DOUBLE"),
    ("clips", "path"): (
        "if(store = 'reference', NULL, {})",
        "if(store = 'reference', 'raw/' || dataset || '/files/' || source_path, {})",
    ),
    ("clips", "store"): ("{}", "if(kind = 'audio' AND status = 'ok', coalesce({}, 'flac'), NULL)"),
    ("labels", "label"): ("nullif({}, canonical)", "coalesce({}, canonical)"),
}
"""By table and column, SQL of what is written and of what is shown; {} is the column.

Random hashes do not compress: as text two of them take 69 MB per million clips, as bytes 64. Levels
need no more than single precision. Most labels are written as their canonical name is. Of clips without
a copy `path` is given as where the copy would lie, so that hashes of content are those of either store;
what is shown is the source. Older versions knew copies alone.
"""

_AS_SHOWN = ("{}", "{}")


def stored(table: str, column: str) -> str:
    """SQL of what is written of a column."""
    return _FORMS.get((table, column), _AS_SHOWN)[0].format(identifier(column))


def shown(table: str, column: str) -> str:
    """SQL of a column, from what was written."""
    return _FORMS.get((table, column), _AS_SHOWN)[1].format(identifier(column))
