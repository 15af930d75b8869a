"""What was read of a dataset, and what was measured of its clips, as the tables of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from mudata.catalog.cards.licence_terms import usage_of
from mudata.catalog.read.scratch_database import scratch_database

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.audio.stores import Store
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.reader import DatasetContents
    from mudata.home import Home


def licence_of(card: Card) -> str:
    """Of a dataset, as its card has it."""
    return card.licence.spdx or card.licence.text


_CLIPS = """
CREATE TABLE indexed AS
SELECT id, $dataset || '/' || id AS clip_id, $dataset AS dataset, read.kind,
    CASE WHEN made.status = 'ok' THEN if(read.kind = 'midi', $files || read.path, $clips || made.path) END AS path,
    read.path AS source_path, source_sha256, source_size,
    if(read.kind = 'text', split_part(read.hash, ':', 2), pcm_sha256) AS pcm_sha256, made.start_s,
    duration_s, sample_rate, peak, rms, clipped, decoder,
    source_format, source_rate, source_channels, source_duration_s,
    coalesce(read.licence, $licence) AS licence, coalesce(usages.usage, $usage) AS usage,
    artist, album, track, title, $flavour AS flavour,
    if(read.kind = 'text', 'ok', coalesce(made.status, 'missing')) AS status,
    coalesce(made.reason, gone.reason) AS reason,
    if(read.kind = 'audio' AND made.status = 'ok', $store, NULL) AS store,
    if(read.kind = 'audio' AND made.status = 'ok', coalesce(read.channel_mix, 'mean'), NULL) AS mix, source_mtime_ns
FROM read LEFT JOIN made USING (id) LEFT JOIN gone USING (id) LEFT JOIN usages ON usages.licence = read.licence
WHERE made.id IS NOT NULL OR gone.id IS NOT NULL OR read.kind = 'text'
"""

_OWN = "SELECT clip_id, dataset, given.* EXCLUDE (id) FROM {} AS given JOIN indexed USING (id) ORDER BY ALL"

_SELECTS = {
    "clips": "SELECT * EXCLUDE (id) FROM indexed ORDER BY clip_id",
    "labels": _OWN.format("labels"),
    "vocabulary": "FROM vocabulary",
    "captions": _OWN.format("captions"),
    "attributes": _OWN.format(
        "(FROM attributes UNION BY NAME SELECT id, told.name, told.value, told.source FROM"
        " (SELECT id, unnest(attributes) AS told FROM made))"
    ),
    "splits": _OWN.format("splits"),
    "faults": _OWN.format("faults"),
}
"""The tables of the index from what `_tables` lays out:
what was read, under its name, and what was measured."""


def index_tables(
    card: Card,
    home: Home,
    reading: DatasetContents,
    made: pa.Table,
    *,
    gone: Mapping[str, str],
    audio_format: AudioFormat,
    store: Store,
) -> dict[str, pa.Table]:
    """All tables of the index but `datasets`."""
    licences = sorted({text for text in reading.clips["licence"].to_pylist() if text})
    given = {
        "read": reading.clips,
        "made": made,
        "gone": _texts(id=gone.keys(), reason=gone.values()),
        "usages": _texts(licence=licences, usage=[usage_of(text, card.licence.usage) for text in licences]),
        "labels": reading.labels,
        "captions": reading.captions,
        "attributes": reading.attributes,
        "splits": reading.splits,
        "faults": reading.faults,
        "vocabulary": reading.vocabulary.add_column(0, "dataset", [[card.name] * reading.vocabulary.num_rows]),
    }
    values = {
        "dataset": card.name,
        "licence": licence_of(card),
        "usage": card.licence.usage,
        "flavour": audio_format.name,
        "store": store,
        "clips": f"{home.clips(card.name, audio_format.name).relative_to(home.root).as_posix()}/",
        "files": f"{(home.raw(card.name) / 'files').relative_to(home.root).as_posix()}/",
    }
    with scratch_database() as connection:
        for name, table in given.items():
            connection.register(name, table)
        connection.execute(_CLIPS, values)
        return {name: connection.sql(select).to_arrow_table() for name, select in _SELECTS.items()}


def _texts(**columns: Iterable[str]) -> pa.Table:
    return pa.table({name: pa.array(list(values), pa.string()) for name, values in columns.items()})
