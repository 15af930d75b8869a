"""What every query of the index takes for granted of a dataset's rows, looked at before they are written."""

# ruff: noqa: S608 - names come from `tables.TABLES`, values go through `quote`
from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.read.sql_literals import quote
from mudata.catalog.tables import TABLES
from mudata.errors import ReadError

if TYPE_CHECKING:
    import duckdb


def refuse_unfit(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Raises ReadError with the first row that is unfit, of the views of `TABLES` that a connection has."""
    own, begins = quote(dataset), quote(f"{dataset}/")
    checks = {
        "clips: a clip_id that does not begin with the dataset's name": "SELECT clip_id FROM clips"
        f" WHERE NOT coalesce(starts_with(clip_id, {begins}), false)",
        "clips: a clip_id that comes twice": "SELECT clip_id FROM clips GROUP BY clip_id HAVING count(*) > 1",
        "clips: a status that is not ok, quarantined or missing": "SELECT status FROM clips"
        " WHERE NOT coalesce(status IN ('ok', 'quarantined', 'missing'), false)",
        "labels: a row without a label": "SELECT clip_id FROM labels WHERE label IS NULL",
        "items: an item_id that does not begin with the dataset's name": "SELECT item_id FROM items"
        f" WHERE NOT coalesce(starts_with(item_id, {begins}), false)",
        "items: an item_id that comes twice in one task": "SELECT item_id FROM items"
        " GROUP BY task, item_id HAVING count(*) > 1",
        "items: an item without task, kind, clips or truth": "SELECT item_id FROM items"
        " WHERE task IS NULL OR kind IS NULL OR truth IS NULL OR NOT coalesce(len(clips) > 0, false)",
        "items: a clip that is not in clips": "SELECT clip_id FROM (SELECT unnest(clips) AS clip_id FROM items)"
        " ANTI JOIN clips USING (clip_id)",
    }
    for column in ("source_sha256", "pcm_sha256"):
        checks[f"clips: {column} that is not 64 hexadecimal digits in small letters"] = (
            f"SELECT {column} FROM clips WHERE NOT regexp_full_match({column}, '[0-9a-f]{{64}}')"
        )
    for name, columns in TABLES.items():
        checks[f"{name}: rows of another dataset"] = f"SELECT dataset FROM {name} WHERE dataset IS DISTINCT FROM {own}"
        if name != "clips" and columns[0].name == "clip_id":
            checks[f"{name}: a clip_id that is not in clips"] = (
                f"SELECT clip_id FROM {name} ANTI JOIN clips USING (clip_id)"
            )
    for what, query in checks.items():
        if rows := connection.execute(f"{query} LIMIT 1").fetchall():
            raise ReadError(f"{dataset}: the index cannot take {what}: {rows[0][0]!r}.", "Correct the rows.")
