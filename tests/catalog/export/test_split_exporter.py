"""What all formats share: the folder, names, licences, both stores, what cannot be had, and going on."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pyarrow.parquet as pq
import pytest
import soundfile
from exports import CLOSED, NC_ND, contents, csv_rows, in_reference, json_rows, licensed, renamed, rewrite
from shell import typed

import mudata
from mudata.catalog.export import shard_sizes
from mudata.catalog.export.export_options import SplitFormat
from mudata.catalog.splits import manifest
from mudata.cli.cmd_export import FORMATS
from mudata.errors import ArgumentError, SplitError, UnknownName

if TYPE_CHECKING:
    from small_corpus import Corpus


def members(shard: Path) -> dict[str, bytes]:
    """The files in a shard, in their order."""
    with tarfile.open(shard) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_the_command_line_has_every_format() -> None:
    assert get_args(SplitFormat) == FORMATS


# ------------------------------------------------------------------------------------------------ tables


def test_csv_has_paths_labels_groups_licences_and_credits(corpus: Corpus, tmp_path: Path) -> None:
    done = typed("export", "half", "--to", "csv", "-o", tmp_path / "out", "--json")
    assert done.code == 0
    assert json.loads(done.out)["parts"] == [{"part": "train", "clips": 6}, {"part": "test", "clips": 6}]
    first = csv_rows(tmp_path / "out" / "train.csv")[0]
    assert Path(first["path"]).is_absolute()
    assert soundfile.info(first["path"]).frames == float(first["path_end_s"]) * int(first["rate"])
    assert (first["genre"], json.loads(first["mood"]), first["artist"]) == ("low", ["calm", "dark"], "artist 0")
    assert first["licence_url"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    address = "https://creativecommons.org/publicdomain/zero/1.0/"
    assert first["attribution"] == f"tones/00 by artist 0; https://example.org/tones; CC0 1.0 {address}"
    assert "artist 0: title not known (tones/00)" in (tmp_path / "out" / "CREDITS.md").read_text()
    assert first["pcm_sha256"]
    assert manifest.load(corpus.home, str(tmp_path / "out" / "split.json")).name == "half"


def test_json_lines_and_parquet_have_lists_as_lists(corpus: Corpus, tmp_path: Path) -> None:
    mudata.export("half", "jsonl", tmp_path / "lines")
    mudata.export("half", "parquet", tmp_path / "table")
    lines = json_rows(tmp_path / "lines" / "test.jsonl")
    assert [line["mood"] for line in lines[:2]] == [["calm", "dark"], ["calm"]]
    assert pq.read_table(tmp_path / "table" / "test.parquet").to_pylist() == lines


def test_some_parts_alone(corpus: Corpus, tmp_path: Path) -> None:
    done = mudata.export("half", "csv", tmp_path / "out", part="test")
    assert done.clips == {"test": 6}
    assert not (tmp_path / "out" / "train.csv").exists()
    with pytest.raises(UnknownName, match="No part of this split named 'tset'"):
        mudata.export("half", "csv", tmp_path / "other", part="tset")


@pytest.mark.parametrize("to", FORMATS)
def test_a_part_without_clips_is_no_trouble(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    corpus.split("one", {"train": {}, "test": corpus.publish()})
    assert mudata.export("one", to, tmp_path / "out").clips == {"train": 0, "test": 12}


@pytest.mark.parametrize("to", FORMATS)
def test_a_split_of_which_nothing_can_be_had_is_refused(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    corpus.split("none", {"test": {"tones/99": "0" * 64}})
    with pytest.raises(SplitError, match=r"No clip of split none can be exported: not in the index\.\nRun: mudata fet"):
        mudata.export("none", to, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_labels_of_any_letters_come_back(corpus: Corpus, tmp_path: Path) -> None:
    odd = 'a, "b"\r\nc; d\u2028|'
    rewrite(corpus.home, labels=lambda row: {"label": odd, "canonical": odd})
    for to in ("csv", "jsonl", "parquet"):
        mudata.export("half", to, tmp_path / to)
    assert csv_rows(tmp_path / "csv" / "test.csv")[0]["genre"] == odd
    assert json_rows(tmp_path / "jsonl" / "test.jsonl")[0]["mood"] == [odd]
    assert pq.read_table(tmp_path / "parquet" / "test.parquet")["genre"][0].as_py() == odd


def test_a_namespace_named_as_a_column_of_the_export_has_another_one(corpus: Corpus, tmp_path: Path) -> None:
    rewrite(corpus.home, labels=lambda row: {"namespace": "usage"} if row["namespace"] == "genre" else {})
    mudata.export("half", "jsonl", tmp_path / "out")
    first = json_rows(tmp_path / "out" / "test.jsonl")[0]
    assert (first["usage"], first["usage_label"]) == ("unrestricted", "low")


# ------------------------------------------------------------------------------------------------ sound


def test_with_copy_the_sound_is_in_the_folder_and_no_path_leads_out(corpus: Corpus, tmp_path: Path) -> None:
    mudata.export("half", "csv", tmp_path / "out", copy=True)
    for row in csv_rows(tmp_path / "out" / "test.csv"):
        assert row["path"] == f"audio/{row['clip_id']}.flac"
        copy, clip = tmp_path / "out" / row["path"], corpus.home.clips("tones", "native") / f"{row['clip_id'][6:]}.flac"
        assert copy.read_bytes() == clip.read_bytes()
        assert not copy.is_symlink()
        assert row["source"] == f"{row['clip_id'][6:]}.flac"


def test_both_stores_give_the_same_sound(corpus: Corpus, tmp_path: Path) -> None:
    expected = in_reference(corpus, "07").read_bytes()
    mudata.export("half", "csv", tmp_path / "out", copy=True)
    mudata.export("half", "webdataset", tmp_path / "packed")
    mudata.export("half", "hf", tmp_path / "hf", copy=True)
    row = csv_rows(tmp_path / "out" / "test.csv")[1]
    assert (row["path"], row["path_start_s"], row["path_end_s"]) == ("audio/tones/07.flac", "0.0", "0.25")
    assert (row["start_s"], row["end_s"]) == ("0.125", "0.375")
    assert (tmp_path / "out" / row["path"]).read_bytes() == expected
    assert members(tmp_path / "packed" / "test-000000.tar")["tones/07.flac"] == expected
    table = pq.read_table(tmp_path / "hf" / "data" / "test-00000-of-00001.parquet")
    assert table["audio"][1].as_py() == {"bytes": expected, "path": "tones/07.flac"}


def test_what_is_kept_by_reference_is_referred_to_with_its_seconds(corpus: Corpus, tmp_path: Path) -> None:
    in_reference(corpus, "07")
    mudata.export("half", "jsonl", tmp_path / "out")
    row = json_rows(tmp_path / "out" / "test.jsonl")[1]
    assert Path(row["path"]) == corpus.home.raw("tones") / "files" / "07.wav"
    assert (row["path_start_s"], row["path_end_s"]) == (0.125, 0.375)


def test_the_original_can_be_asked_for(corpus: Corpus, tmp_path: Path) -> None:
    in_reference(corpus, "07")
    files = corpus.home.raw("tones") / "files"
    for number in ("06", "08", "09", "10"):
        (files / f"{number}.flac").write_bytes(b"the original of " + number.encode())
    done = typed(
        "export", "half", "--to", "jsonl", "-o", tmp_path / "out", "--audio", "source", "--copy", "--part", "test"
    )
    assert done.code == 1  # 11 is gone
    rows = {row["clip_id"]: row for row in json_rows(tmp_path / "out" / "test.jsonl")}
    assert (tmp_path / "out" / rows["tones/06"]["path"]).read_bytes() == b"the original of 06"
    copy = tmp_path / "out" / rows["tones/07"]["path"]
    assert copy.read_bytes() == (files / "07.wav").read_bytes()
    assert (rows["tones/07"]["path_start_s"], rows["tones/07"]["path_end_s"]) == (0.125, 0.375)
    assert [row["clip_id"] for row in csv_rows(tmp_path / "out" / "left_out.csv")] == ["tones/11"]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("audio", ["clip", "source"])
def test_an_original_that_was_changed_is_left_out_with_the_reason(
    corpus: Corpus, tmp_path: Path, to: SplitFormat, audio: str
) -> None:
    in_reference(corpus, "07")
    source = corpus.home.raw("tones") / "files" / "07.wav"
    samples, rate = soundfile.read(source)
    soundfile.write(source, samples[::-1], rate, subtype="PCM_16")
    os.utime(source, ns=(0, 0))
    for number in ("06", "08", "09", "10", "11"):
        source.with_name(f"{number}.flac").write_bytes(b"the original of " + number.encode())
    command = ("export", "half", "--to", to, "-o", tmp_path / "out", "--part", "test", "--audio", audio)
    done = typed(*command, "--json")
    left_out = json.loads(done.out)["left_out"]
    assert (done.code, left_out["tones/07"].partition(": ")[0]) == (1, "changed")
    assert [row["clip_id"] for row in csv_rows(tmp_path / "out" / "left_out.csv")] == ["tones/07"]


@pytest.mark.parametrize("to", FORMATS)
def test_a_clip_that_is_gone_is_left_out_with_its_reason(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    gone = corpus.home.clips("tones", "native") / "08.flac"
    gone.unlink()
    done = typed("export", "half", "--to", to, "-o", tmp_path / "out", "--json")
    told = json.loads(done.out)
    assert (done.code, told["left_out"]) == (1, {"tones/08": f"gone: there is no file {gone}"})
    assert [part["clips"] for part in told["parts"]] == [6, 5]
    assert csv_rows(tmp_path / "out" / "left_out.csv") == [
        {"clip_id": "tones/08", "reason": f"gone: there is no file {gone}"}
    ]
    assert typed("export", "half", "--to", to, "-o", tmp_path / "out").code == 1


def test_clips_that_were_never_had_are_left_out_too(corpus: Corpus, tmp_path: Path) -> None:
    rewrite(corpus.home, clips=lambda row: {"status": "missing"} if row["clip_id"] == "tones/06" else {})
    corpus.split("some", {"test": {**corpus.publish("more"), "tones/06": "0" * 64, "tones/99": "0" * 64}})
    assert mudata.export("some", "csv", tmp_path / "out").left_out == {
        "tones/06": "missing",
        "tones/99": "not in the index",
    }


# ------------------------------------------------------------------------------------------------ licences


def test_sound_that_may_not_be_passed_on_is_referred_to(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {"06": CLOSED, "07": NC_ND})
    done = typed("export", "half", "--to", "jsonl", "-o", tmp_path / "out", "--copy")
    assert (done.code, "The sound of 2 clips stays where it is" in done.err) == (0, True)
    closed, unchanged, free = json_rows(tmp_path / "out" / "test.jsonl")[:3]
    assert closed["path"] == str(corpus.home.clips("tones", "native") / "06.flac")
    assert closed["source"].endswith("raw/tones/files/06.flac")
    assert closed["pcm_sha256"]
    assert (closed["usage"], unchanged["licence"]) == ("unrestricted", NC_ND)
    assert free["path"] == "audio/tones/08.flac"
    assert [row["clip_id"] for row in csv_rows(tmp_path / "out" / "references.csv")] == ["tones/06", "tones/07"]
    text = (tmp_path / "out" / "README.md").read_text()
    assert (
        "| CC BY-NC-ND 4.0 <https://creativecommons.org/licenses/by-nc-nd/4.0/> | noncommercial | 1 | 0 | yes | no |"
        in text
    )
    assert "are not here" in text.replace("is not here", "are not here")
    assert sorted(path.name for path in (tmp_path / "out" / "audio" / "tones").iterdir()) == [
        f"{number:02}.flac" for number in range(12) if number not in (6, 7)
    ]


def test_an_unchanged_original_may_go_where_no_change_may(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {"06": CLOSED, "07": NC_ND})
    for number in ("06", "07"):
        source = corpus.home.raw("tones") / "files" / f"{number}.flac"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(b"original")
    done = mudata.export("half", "jsonl", tmp_path / "out", part="test", audio="source", copy=True)
    assert list(done.references) == ["tones/06"]
    assert json_rows(tmp_path / "out" / "test.jsonl")[1]["path"].startswith("audio/tones/07-")


def test_shards_have_no_references_and_leave_such_clips_out(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {"06": CLOSED})
    done = typed("export", "half", "--to", "webdataset", "-o", tmp_path / "out")
    assert done.code == 1
    assert csv_rows(tmp_path / "out" / "left_out.csv") == [
        {"clip_id": "tones/06", "reason": f"licence: {CLOSED} does not let copies of the sound be passed on"}
    ]
    assert "tones/06.json" not in members(tmp_path / "out" / "test-000000.tar")


def test_who_has_the_rights_takes_all_along(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {"06": CLOSED, "07": NC_ND})
    assert typed("export", "half", "--to", "webdataset", "-o", tmp_path / "out", "--i-have-rights").code == 0
    assert "tones/06.flac" in members(tmp_path / "out" / "test-000000.tar")
    assert "said to have the rights" in (tmp_path / "out" / "README.md").read_text()


def test_without_copy_nothing_goes_out_and_nothing_is_said(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {"06": CLOSED})
    done = typed("export", "half", "--to", "parquet", "-o", tmp_path / "out")
    assert (done.code, "stays where it is" in done.err) == (0, False)
    assert not (tmp_path / "out" / "references.csv").exists()


def test_only_what_may_be_used_for_a_purpose(corpus: Corpus, tmp_path: Path) -> None:
    usages = {"tones/06": "noncommercial", "tones/07": None, "tones/08": "research"}
    rewrite(corpus.home, clips=lambda row: {"usage": usages.get(row["clip_id"], row["usage"])})
    done = typed("export", "half", "--to", "csv", "-o", tmp_path / "out", "--usage", "noncommercial")
    assert (done.code, "2 clips may not be used for noncommercial purposes" in done.err) == (0, True)
    assert len(csv_rows(tmp_path / "out" / "test.csv")) == 4
    assert csv_rows(tmp_path / "out" / "left_out.csv") == [
        {"clip_id": "tones/07", "reason": "usage: unknown, which is not for noncommercial use"},
        {"clip_id": "tones/08", "reason": "usage: research, which is not for noncommercial use"},
    ]


def test_where_nothing_may_go_out_the_hint_says_what_helps(corpus: Corpus, tmp_path: Path) -> None:
    licensed(corpus, {f"{n:02}": CLOSED for n in range(12)})
    done = typed("export", "half", "--to", "webdataset", "-o", tmp_path / "out")
    assert (done.code, "Give --i-have-rights" in done.err, "mudata fetch" in done.err) == (2, True, False)
    rewrite(corpus.home, clips=lambda _row: {"usage": "noncommercial"})
    done = typed("export", "half", "--to", "csv", "-o", tmp_path / "out", "--usage", "commercial")
    assert (done.code, "another purpose (--usage)" in done.err, "mudata fetch" in done.err) == (2, True, False)


def test_of_a_dataset_without_a_card_nothing_is_passed_on(corpus: Corpus, tmp_path: Path) -> None:
    rewrite(corpus.home, clips=lambda row: {"licence": None})
    (corpus.cards / "tones.yaml").unlink()
    assert len(mudata.export("half", "csv", tmp_path / "out", copy=True).references) == 12


# ------------------------------------------------------------------------------------------------ names

ODD = {"00": "Song", "01": "song", "02": "a/../../../b", "03": "what? a:name*", "04": "x.y.z", "05": "音/楽"}


@pytest.mark.parametrize("to", FORMATS)
def test_clips_of_any_name_stay_apart_and_inside(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    renamed(corpus, ODD)
    done = mudata.export("odd", to, tmp_path / "in" / "out", copy=True)
    assert done.clips == {"test": 6}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out"]
    names = [name.casefold() for name in contents(tmp_path / "in" / "out")]
    assert len(names) == len(set(names))
    if to not in ("hf", "webdataset"):
        assert len(list((tmp_path / "in" / "out" / "audio").rglob("*.flac"))) == 6


def test_keys_of_shards_have_no_dots_and_stand_side_by_side(corpus: Corpus, tmp_path: Path) -> None:
    renamed(corpus, ODD)
    mudata.export("odd", "webdataset", tmp_path / "out")
    names = list(members(tmp_path / "out" / "test-000000.tar"))
    keys = [name.partition(".")[0] for name in names]
    assert keys[::2] == keys[1::2]
    assert len(set(keys)) == 6
    assert [name.partition(".")[2] for name in names] == ["json", "flac"] * 6


@pytest.mark.parametrize("part", ["../outside", "/outside", "a/../../outside", "con", "a\nb"])
@pytest.mark.parametrize("to", FORMATS)
def test_a_manifest_from_elsewhere_cannot_write_outside_the_folder(
    corpus: Corpus, tmp_path: Path, part: str, to: SplitFormat
) -> None:
    made = manifest.load(corpus.home, "half")
    hostile = replace(made, name="hostile", parts={part: made.parts["test"]}).sealed()
    (tmp_path / "h.json").write_text(hostile.to_json())
    before = set(tmp_path.parent.rglob("*outside*"))
    assert mudata.export(tmp_path / "h.json", to, tmp_path / "in" / "out", copy=True).clips == {part: 6}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out"]
    assert {path for path in tmp_path.parent.rglob("*outside*") if tmp_path / "in" not in path.parents} == before


# ------------------------------------------------------------------------------------------------ the folder


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("copy", [False, True])
def test_the_same_split_gives_the_same_bytes(corpus: Corpus, tmp_path: Path, to: SplitFormat, copy: bool) -> None:
    in_reference(corpus, "07")
    for name in ("one", "two"):
        mudata.export("half", to, tmp_path / name, copy=copy)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_export_again_mends_what_is_broken(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    in_reference(corpus, "07")
    mudata.export("half", to, tmp_path / "out", copy=True)
    whole = contents(tmp_path / "out")
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.is_file() and path.name != "export.json":
            path.write_bytes(path.read_bytes()[:100])
    mudata.export("half", to, tmp_path / "out", copy=True)
    assert contents(tmp_path / "out") == whole


def test_what_is_whole_is_not_written_again(corpus: Corpus, tmp_path: Path) -> None:
    mudata.export("half", "webdataset", tmp_path / "out")
    shard = tmp_path / "out" / "test-000000.tar"
    os.utime(shard, ns=(1, 1))
    mudata.export("half", "webdataset", tmp_path / "out")
    assert shard.stat().st_mtime_ns == 1


@pytest.mark.parametrize("to", ["webdataset", "hf", "csv"])
def test_what_the_index_tells_now_replaces_what_it_told_then(corpus: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    mudata.export("half", to, tmp_path / "out", copy=True)
    in_reference(corpus, "07")
    mudata.export("half", to, tmp_path / "out", copy=True)
    mudata.export("half", to, tmp_path / "new", copy=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "new")


def test_shards_are_cut_where_they_get_too_large(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_sizes, "SHARD_BYTES", 20_000)  # tones have 8,000 to 12,800
    for to in ("webdataset", "hf"):
        mudata.export("half", to, tmp_path / to, part="test", copy=True)
    tars = sorted((tmp_path / "webdataset").glob("*.tar"))
    assert [path.name for path in tars] == ["test-000000.tar", "test-000001.tar", "test-000002.tar"]
    assert sum(len(members(tar)) for tar in tars) == 12
    tables = sorted((tmp_path / "hf" / "data").iterdir())
    assert [path.name for path in tables] == [f"test-0000{n}-of-00003.parquet" for n in range(3)]
    monkeypatch.setattr(shard_sizes, "SHARD_BYTES", 1 << 29)
    for to in ("webdataset", "hf"):  # as with other clips, there are fewer now
        mudata.export("half", to, tmp_path / to, part="test", copy=True)
    assert [path.name for path in (tmp_path / "webdataset").glob("*.tar")] == ["test-000000.tar"]
    assert [path.name for path in (tmp_path / "hf" / "data").iterdir()] == ["test-00000-of-00001.parquet"]


def test_a_folder_with_other_things_is_refused_unless_forced(corpus: Corpus, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "test" / "tones").mkdir(parents=True)
    mine = folder / "test" / "tones" / "mine.jams"
    mine.write_text("mine")
    done = typed("export", "half", "--to", "jams", "-o", folder)
    assert (done.code, done.err) == (
        2,
        f"Error: {folder} holds other things.\nGive a folder that is empty or not there yet, or --force.\n",
    )
    assert typed("export", "half", "--to", "jams", "-o", folder, "--force").code == 0
    assert typed("export", "half", "--to", "jams", "-o", folder, "--force", "--part", "test").code == 0
    assert mine.read_text() == "mine"


def test_another_export_is_not_written_over(corpus: Corpus, tmp_path: Path) -> None:
    mudata.export("half", "csv", tmp_path / "out")
    with pytest.raises(SplitError, match=r"holds another export: its format 'csv' \(now 'jsonl'\)\.\nGive a folder"):
        mudata.export("half", "jsonl", tmp_path / "out")
    with pytest.raises(SplitError, match=r"holds another export: its copy False \(now True\)"):
        mudata.export("half", "csv", tmp_path / "out", copy=True)
    corpus.split("other", {"test": corpus.publish()})
    with pytest.raises(SplitError, match="holds another export: its split 'half'"):
        mudata.export("other", "csv", tmp_path / "out")


def test_a_file_is_no_folder(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SplitError, match="is a file"):
        mudata.export("half", "csv", tmp_path / "file")
    assert typed("export", "half", "--to", "csv", "-o", tmp_path / "file" / "under").code == 2


def test_a_manifest_that_was_changed_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    path = corpus.home.splits / "half.json"
    path.write_text(path.read_text().replace("tones/06", "tones/05"))
    with pytest.raises(SplitError, match="was changed"):
        mudata.export("half", "csv", tmp_path / "out")


def test_wrong_words_are_told(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="to is 'audiofolder'"):
        mudata.export("half", "audiofolder", tmp_path / "out")  # type: ignore[arg-type]
    assert "Invalid value for '--to'" in typed("export", "half", "--to", "zip", "-o", tmp_path / "out").err
    assert "No split named 'hlaf'" in typed("export", "hlaf", "--to", "csv", "-o", tmp_path / "out").err


def test_the_former_words_lead_here(corpus: Corpus, tmp_path: Path) -> None:
    done = typed("split", "export", "half", "--to", "csv", "-o", tmp_path / "out")
    assert (done.code, (tmp_path / "out" / "train.csv").exists()) == (0, True)


# ------------------------------------------------------------------------------------------------ a full disk


@pytest.fixture
def disk(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A disk of 16 KiB, where the system lets us make one; what it is called with is its size from then on."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def sized(kilobytes: int, *more: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={kilobytes}k", *more]), "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not sized(16):
        pytest.skip("no disk can be mounted here")
    yield folder, lambda kilobytes: sized(kilobytes, "remount")
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("to", FORMATS)
def test_a_full_disk_is_told_and_with_room_the_same_command_goes_on(  # type: ignore[no-untyped-def]
    corpus: Corpus, tmp_path: Path, disk, to: SplitFormat
) -> None:
    in_reference(corpus, "07")
    mudata.export("half", to, tmp_path / "whole", copy=True)
    folder, grow = disk
    size, told = 16, 0
    while (done := typed("export", "half", "--to", to, "-o", folder / "out", "--copy")).code:
        assert done.code == 2, done.err
        assert "Free some space" in done.err
        assert not list(folder.rglob("*.part"))
        told += 1
        size += 16
        assert grow(size)
    assert told > 1
    assert contents(folder / "out") == contents(tmp_path / "whole")
