"""A home to look at: twelve tones with a split and runs, and a dataset whose every name tries to break a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hostile import HOSTILE, RIGHT, imported
from small_corpus import Corpus

from mudata.catalog.index import database
from mudata.catalog.tables import TABLES
from mudata.home import Home

if TYPE_CHECKING:
    import pytest

EVIL = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">' OR 1=1 -- \u202e\u0000"
EVIL_ID = "evil/../../../etc/passwd?x=<b>#'\"%2e%2e&id=tones/00"


def collection_home(folder: Path, patch: pytest.MonkeyPatch) -> Home:
    """`folder` becomes MUDATA_HOME's parent: datasets tones and evil, the split half, runs of good and sly."""
    (folder / "cards").mkdir()
    home = Home(folder / "home")
    patch.setenv("MUDATA_HOME", str(home.root))
    corpus = Corpus(home, folder / "cards", patch)
    corpus.halves(absent=("03",))
    imported(folder, "good", RIGHT)
    imported(folder, "sly", HOSTILE)
    publish_evil(home)
    return home


def publish_evil(home: Home, title: str = EVIL) -> None:
    """One clip of a dataset without a card: words alone, all of them hostile."""
    clip = {"clip_id": EVIL_ID, "dataset": "evil"}
    rows: dict[str, list[dict[str, Any]]] = {
        "datasets": [{"dataset": "evil", "title": title, "usable": 1, "card_sha256": "0" * 64, "licence": EVIL}],
        "clips": [
            clip | {"kind": "text", "status": "ok", "title": title, "artist": EVIL, "album": EVIL, "licence": EVIL}
        ],
        "labels": [clip | {"namespace": EVIL, "label": EVIL}],
        "captions": [clip | {"kind": "caption", "text": EVIL}],
        "faults": [clip | {"kind": EVIL, "action": "warn", "note": EVIL, "source": EVIL}],
        "attributes": [clip | {"name": EVIL, "value": EVIL}],
        "splits": [clip | {"split": EVIL, "part": EVIL}],
    }
    database.publish(home, "evil", {table: _arrow(table, own) for table, own in rows.items()})


def _arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
    kinds |= {"VARCHAR[]": pa.list_(pa.string()), "TIMESTAMPTZ": pa.timestamp("us", "UTC"), "BOOLEAN": pa.bool_()}
    schema = pa.schema([(column.name, kinds[column.type]) for column in TABLES[table]])
    return pa.Table.from_pylist(rows, schema=schema)
