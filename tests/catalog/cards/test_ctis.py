"""CTIS: an Arrow shard with embedded WAV becomes files and a table, and codes become instruments."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from mudata.catalog.cards import loader
from mudata.catalog.cards.mirrors import HubMirror, Rows
from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.fetch.sources import shards
from mudata.catalog.read.reader import read

CARD = loader.load("ctis")
CODES = [label.id for label in CARD.labels["instrument"].vocabulary]
MEDIA = pa.struct({"bytes": pa.binary(), "path": pa.string()})
FEATURES = {
    "audio": {"sampling_rate": 44100, "_type": "Audio"},
    "mel": {"_type": "Image"},
    "label": {"names": CODES, "_type": "ClassLabel"},
    "cname": {"dtype": "string", "_type": "Value"},
    "pinyin": {"dtype": "string", "_type": "Value"},
}


def shard(path: Path) -> Path:
    """Three recordings in the published shape: class numbers in code order, pictures beside the sound."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(400), 44100, format="WAV", subtype="PCM_16")
    media = {"bytes": buffer.getvalue(), "path": None}
    told = ((CODES.index("C0296"), "唢呐2", "suo3_na_2"), (0, "大笒", "da4_cen2"), (0, "大笒", "da4_cen2"))
    songs = [
        {"audio": media, "mel": {"bytes": b"picture", "path": None}, "label": number, "cname": cname, "pinyin": pinyin}
        for number, cname, pinyin in told
    ]
    schema = pa.schema(
        {"audio": MEDIA, "mel": MEDIA, "label": pa.int64(), "cname": pa.string(), "pinyin": pa.string()},
        metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
    )
    path.parent.mkdir(parents=True)
    with pa.ipc.new_stream(str(path), schema) as stream:
        stream.write_table(pa.Table.from_pylist(songs, schema=schema))
    return path


def rules() -> Rows:
    (mirror,) = CARD.sources["recordings"].mirrors
    assert isinstance(mirror, HubMirror)
    assert mirror.rows
    return mirror.rows


@pytest.fixture
def root(tmp_path: Path) -> Path:
    name = "default/train/data-00000-of-00030.arrow"
    shards.write([(name, shard(tmp_path / "downloads" / name))], rules(), tmp_path / "files", source="test")
    return tmp_path / "files"


@pytest.mark.slow
def test_a_recording_has_its_code_and_the_instrument_that_the_code_is_a_variant_of(root: Path) -> None:
    reading = read(CARD, root)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips["path"].to_pylist() == [
        "audio/C0090_0001.wav",
        "audio/C0090_0002.wav",
        "audio/C0296_0000.wav",
    ]
    assert all((root / path).is_file() for path in reading.clips["path"].to_pylist())
    labels = {(row["id"], row["namespace"], row["canonical"]) for row in reading.labels.to_pylist()}
    assert {("C0296_0000", "instrument", "C0296"), ("C0296_0000", "instrument_merged", "suona")} <= labels
    said = {(row["id"], row["name"]): row["value"] for row in reading.attributes.to_pylist()}
    assert said["C0296_0000", "cname"] == "唢呐2"
    assert said["C0090_0001", "pinyin"] == "da4_cen2"


def test_219_codes_are_209_instruments() -> None:
    merged = CARD.labels["instrument_merged"]
    assert (len(CODES), len(merged.vocabulary)) == (219, 209)
    assert sorted(CODES) == CODES
    instrument = canonical(merged)
    assert {instrument(code) for code in CODES} == {label.id for label in merged.vocabulary}
    assert {instrument(code) for code in ("D0015", "T0088", "T0089", "T0267")} == {"yangqin"}


def test_names_that_differ_in_tone_only_stay_apart() -> None:
    instrument = canonical(CARD.labels["instrument_merged"])
    assert (instrument("中胡"), instrument("中虎"), instrument("zhonghu")) == ("zhonghu (中胡)", "zhonghu (中虎)", None)


def test_codes_and_names_are_the_published_ones(shared: Path) -> None:
    with (shared / "facts" / "tables" / "ctis_labels.tsv").open() as table:
        published = list(csv.DictReader(table, delimiter="\t"))
    assert [row["code"] for row in published] == CODES
    code, instrument = canonical(CARD.labels["instrument"]), canonical(CARD.labels["instrument_merged"])
    for row in published:
        assert code(row["cname"]) == row["code"]
        assert instrument(row["merged_cname"]) == instrument(row["code"])
