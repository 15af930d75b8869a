"""MTG-Jamendo: ragged lines, licences in blocks, two qualities of one track, tags in three namespaces, five splits."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.cards.mirrors import ClipwiseMirror, HttpMirror, RemoteFile
from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.read.reader import DatasetContents, read

CARD = loader.load("mtg_jamendo")
HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
TRACKS = (
    "track_0000101\tartist_000001\talbum_000001\t01/101.mp3\t124.6\tgenre---punkrock",
    "track_0000202\tartist_000001\talbum_000002\t02/202.mp3\t30.0\tgenre---rock\tinstrument---synthesizer\tmood/theme---sad",
    "track_1000303\tartist_000002\talbum_000003\t03/1000303.mp3\t4140.3\tgenre---80s\tmood/theme---horror",
)
LICENCES = """\
01/101.mp3
A "song by Someone: live from Jamendo: http://www.jamendo.com/track/101
Available under a Creative Commons Attribution license: http://creativecommons.org/licenses/by/3.0/

02/202.mp3
Tëst by Nobody from Jamendo: http://www.jamendo.com/track/202
Available under a Free Art license: http://artlibre.org/licence/lal

"""
TITLES = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL",
    'track_0000101\tartist_000001\talbum_000001\tA "song\tSomeone\tFirst\t2004-01-02\thttp://www.jamendo.com/track/101',
    "track_0000202\tartist_000001\talbum_000002\tTëst\t\tNobody\tSecond\t2005-01-02\thttp://www.jamendo.com/track/202",
)
SUM = "ab" * 32


def write(root: Path, name: str, lines: tuple[str, ...] | str, newline: str = "\n") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = lines if isinstance(lines, str) else "\n".join([*lines, ""])
    path.write_bytes(text.replace("\n", newline).encode())


@pytest.fixture(params=["\n", "\r\n"], ids=["LF", "CRLF"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    write(tmp_path, "data/raw_30s_cleantags_50artists.tsv", (HEADER, *TRACKS), request.param)
    write(tmp_path, "data/tags/top50.txt", ("genre---rock", "instrument---synthesizer"), request.param)
    write(tmp_path, "audio_licenses.txt", LICENCES, request.param)
    write(tmp_path, "data/raw.meta.tsv", TITLES, request.param)
    write(tmp_path, "data/download/raw_30s_audio-low_sha256_tracks.txt", (f"{SUM} 02/202.low.mp3",), request.param)
    for part, tracks in (("train", TRACKS[:1]), ("validation", TRACKS[1:2]), ("test", TRACKS[2:])):
        write(tmp_path, f"data/splits/split-3/autotagging-{part}.tsv", (HEADER, *tracks), request.param)
    return tmp_path


def clips(reading: DatasetContents) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in reading.clips.to_pylist()}


def test_lines_of_any_length_become_clips_with_groups(root: Path) -> None:
    reading = read(CARD, root)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    found = clips(reading)
    assert list(found) == ["track_0000101", "track_0000202", "track_1000303"]
    assert [row["artist"] for row in found.values()] == ["artist_000001", "artist_000001", "artist_000002"]
    assert [row["album"] for row in found.values()] == ["album_000001", "album_000002", "album_000003"]
    assert {(row["crop_mode"], row["crop_s"]) for row in found.values()} == {("centre", 30.0)}


@pytest.mark.slow
def test_licences_and_titles_are_those_of_the_track(root: Path) -> None:
    found = clips(read(CARD, root))
    assert [row["licence"] for row in found.values()] == [
        "http://creativecommons.org/licenses/by/3.0/",
        "http://artlibre.org/licence/lal",
        "none stated",  # or the index would show the licence of the metadata
    ]
    assert [row["title"] for row in found.values()] == ['A "song', "Tëst", None]
    said = {(row["id"], row["name"]): row["value"] for row in read(CARD, root).attributes.to_pylist()}
    assert said["track_0000202", "artist_name"] == "Nobody"
    assert said["track_0000202", "album_name"] == "Second"


def test_tags_go_to_their_namespaces_without_their_prefix(root: Path) -> None:
    labels = {(row["id"], row["namespace"], row["canonical"]) for row in read(CARD, root).labels.to_pylist()}
    assert labels == {
        ("track_0000101", "genre", "punkrock"),
        ("track_0000202", "genre", "rock"),
        ("track_0000202", "instrument", "synthesizer"),
        ("track_0000202", "mood", "sad"),
        ("track_0000202", "top50", "genre---rock"),
        ("track_0000202", "top50", "instrument---synthesizer"),
        ("track_1000303", "genre", "80s"),
        ("track_1000303", "mood", "horror"),
    }


@pytest.mark.slow
def test_the_subset_of_moods_has_the_tracks_with_a_mood(root: Path) -> None:
    assert list(clips(read(CARD, root, subset="moodtheme"))) == ["track_0000202", "track_1000303"]
    assert list(clips(read(CARD, root, where="list_contains(genre, 'rock')"))) == ["track_0000202"]


@pytest.mark.slow
def test_a_full_quality_file_is_preferred_and_not_held_to_the_sum_of_the_other(root: Path) -> None:
    assert clips(read(CARD, root))["track_0000202"]["hash"] == f"sha256:{SUM}"
    assert clips(read(CARD, root))["track_0000202"]["path"] == "02/202.low.mp3"
    for name in ("audio/02/202.mp3", "audio-low/02/202.low.mp3"):
        write(root, name, "sound")
    found = clips(read(CARD, root))
    assert found["track_0000202"]["path"] == "audio/02/202.mp3"
    assert found["track_0000202"]["hash"] is None
    (root / "audio/02/202.mp3").unlink()
    found = clips(read(CARD, root))
    assert found["track_0000202"]["path"] == "audio-low/02/202.low.mp3"
    assert found["track_0000202"]["hash"] == f"sha256:{SUM}"


@pytest.mark.slow
def test_published_splits_are_read_and_those_of_the_moods_follow(root: Path) -> None:
    splits = {(row["split"], row["id"]): row["part"] for row in read(CARD, root).splits.to_pylist()}
    assert splits == {
        ("split-3", "track_0000101"): "train",
        ("split-3", "track_0000202"): "validation",
        ("split-3", "track_1000303"): "test",
        ("moodtheme-split-3", "track_0000202"): "validation",  # horror is not among the tags of the splits
    }


def test_a_copy_with_nothing_but_the_list_of_tracks_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, "data/raw_30s_cleantags_50artists.tsv", (HEADER, *TRACKS))
    reading = read(CARD, tmp_path)
    assert reading.clips.num_rows == 3
    assert reading.splits.num_rows == 0


def test_the_clipwise_address_of_a_track_fits_the_path_where_it_is_looked_for(root: Path) -> None:
    (mirror,) = [m for m in CARD.sources["audio"].mirrors if isinstance(m, ClipwiseMirror)]
    for row in clips(read(CARD, root)).values():
        assert mirror.path.format(**row) == row["path"]
        assert mirror.url.format(**row).startswith("https://cdn.freesound.org/mtg-jamendo/raw_30s/audio-low/")
        assert mirror.url.format(**row).endswith(str(row["path"]))


def archives() -> dict[str, dict[str, RemoteFile]]:
    (mirror,) = [m for m in CARD.sources["audio"].mirrors if isinstance(m, HttpMirror)]
    found: dict[str, dict[str, RemoteFile]] = defaultdict(dict)
    for file in mirror.files:
        assert file.subset
        found[file.subset][file.path] = file
    return found


def test_the_survey_s_tags_and_the_published_counts_are_complete() -> None:
    spaces, counts = CARD.labels, CARD.expected.labels
    assert [len(spaces[name].vocabulary) for name in ("genre", "instrument", "mood", "top50")] == [95, 41, 59, 50]
    for name in ("genre", "instrument", "mood"):
        assert set(counts[name]) == {label.id for label in spaces[name].vocabulary}
    tags = [(counts[name][tag], name, tag) for name in counts for tag in counts[name]]
    top = {f"{'mood/theme' if name == 'mood' else name}---{tag}" for _, name, tag in sorted(tags, reverse=True)[:50]}
    assert top == {label.id for label in spaces["top50"].vocabulary}


# ------------------------------------------------------------------------------------------------- published files


def lines(path: Path) -> Iterator[list[str]]:
    yield from (line.split("\t") for line in path.read_text().splitlines()[1:])


@pytest.fixture(scope="module")
def published(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DatasetContents]:
    """The published parts of split 0 put together again; with the whole lists of moods and instruments they give
    all tags of those two, and the genres of the tracks in the splits."""
    source = shared / "data" / "jamendo"
    if not source.is_dir():
        pytest.skip("the shared real data is not here")
    root = tmp_path_factory.mktemp("jamendo")
    known: dict[str, list[str]] = {}
    tags: dict[str, dict[str, None]] = defaultdict(dict)
    for part in ("train", "validation", "test"):
        rows: dict[str, list[str]] = {}
        for subset in ("genre", "instrument", "moodtheme"):
            for row in lines(source / "splits" / "split-0" / f"autotagging_{subset}-{part}.tsv"):
                rows.setdefault(row[0], row[:5])
                tags[row[0]] |= dict.fromkeys(row[5:])
        write(root, f"data/splits/split-0/autotagging-{part}.tsv", (HEADER, *("\t".join(row) for row in rows.values())))
        known |= rows
    for whole in ("autotagging_moodtheme.tsv", "autotagging_instrument.tsv"):
        for row in lines(source / whole):
            known.setdefault(row[0], row[:5])
            tags[row[0]] |= dict.fromkeys(row[5:])
    table = (HEADER, *("\t".join([*row, *tags[id_]]) for id_, row in known.items()))
    write(root, "data/raw_30s_cleantags_50artists.tsv", table)
    (root / "data/tags").mkdir()
    (root / "data/tags/top50.txt").symlink_to(source / "tags" / "top50.txt")
    return source, read(CARD, root)


def counted(reading: DatasetContents, namespace: str) -> Counter[str]:
    return Counter(row["canonical"] for row in reading.labels.to_pylist() if row["namespace"] == namespace)


@pytest.mark.parametrize("namespace", ["instrument", "mood"])
@pytest.mark.slow
def test_published_tags_have_their_published_counts(published: tuple[Path, DatasetContents], namespace: str) -> None:
    _, reading = published
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert counted(reading, namespace) == CARD.expected.labels[namespace]


@pytest.mark.slow
def test_genres_of_the_splits_are_the_published_ones_less_eight(published: tuple[Path, DatasetContents]) -> None:
    counts = counted(published[1], "genre")
    dropped = {"african", "ethnicrock", "gothic", "heavymetal", "jazzfunk", "oriental", "ska", "tribal"}
    assert set(CARD.expected.labels["genre"]) - set(counts) == dropped
    assert all(counts[tag] <= number for tag, number in CARD.expected.labels["genre"].items())


@pytest.mark.slow
def test_published_tracks_artists_and_albums_are_all_there(published: tuple[Path, DatasetContents]) -> None:
    table = published[1].clips
    assert (table.num_rows, len(set(table["artist"].to_pylist())), len(set(table["album"].to_pylist()))) == (
        55_525,
        3_565,
        11_256,
    )
    moods = [subset for subset in table["subset"].to_pylist() if "moodtheme" in subset]
    assert len(moods) == CARD.expected.clips["moodtheme"] == 18_486


def test_split_0_and_its_moods_are_the_published_ones(published: tuple[Path, DatasetContents]) -> None:
    source, reading = published
    parts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in reading.splits.to_pylist():
        parts[row["split"], row["part"]].add(row["id"])
    sizes = [len(parts["split-0", part]) for part in ("train", "validation", "test")]
    assert sizes == [32_859, 11_101, 11_565]
    for part in ("train", "validation", "test"):
        listed = {row[0] for row in lines(source / "splits" / "split-0" / f"autotagging_moodtheme-{part}.tsv")}
        assert parts["moodtheme-split-0", part] == listed
    assert len(parts["moodtheme-split-0", "test"]) == 4_231


def test_artists_do_not_cross_the_parts_of_split_0(published: tuple[Path, DatasetContents]) -> None:
    reading = published[1]
    artist = dict(zip(reading.clips["id"].to_pylist(), reading.clips["artist"].to_pylist(), strict=True))
    of: dict[str, set[str]] = defaultdict(set)
    for row in reading.splits.to_pylist():
        if row["split"] == "split-0":
            of[row["part"]].add(artist[row["id"]])
    assert [len(of[part]) for part in ("train", "validation", "test")] == [2139, 713, 713]
    assert not of["train"] & of["validation"] | of["train"] & of["test"] | of["validation"] & of["test"]


def test_archives_have_the_publisher_s_sums(shared: Path) -> None:
    for subset, name in (("autotagging", "raw_30s"), ("moodtheme", "autotagging_moodtheme")):
        listed = shared / "data" / "jamendo" / "download" / f"{name}_audio-low_sha256_tars.txt"
        sums = {line.split()[1]: line.split()[0] for line in listed.read_text().splitlines()}
        assert {path: file.sha256 for path, file in archives()[subset].items()} == sums
        assert len(sums) == 100
        for path, file in archives()[subset].items():
            assert file.url == f"https://cdn.freesound.org/mtg-jamendo/{name}/audio-low/{path}"


def test_aliases_are_the_publisher_s_merged_spellings(shared: Path) -> None:
    merged = json.loads((shared / "data" / "jamendo" / "tag_map.json").read_text())
    for category, spellings in merged.items():
        space = CARD.labels["mood" if category == "mood/theme" else category]
        look_up, ids = canonical(space), {label.id for label in space.vocabulary}
        for spelling, tag in spellings.items():
            assert look_up(spelling) == (tag if tag in ids else None), spelling


def test_one_track_of_each_group_of_copies_is_no_fault(shared: Path) -> None:
    with (shared / "facts" / "tables" / "jamendo_moodtheme_duplicates.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[row["group"]].append(row["track_id"])
    faulty = [sorted(fault.ids) for fault in CARD.faults]
    assert sorted(faulty) == sorted(sorted(group)[1:] for group in groups.values())
    assert (len(groups), sum(map(len, faulty))) == (117, 126)


def test_moods_are_in_the_order_of_the_published_list(shared: Path) -> None:
    listed = (shared / "data" / "jamendo" / "tags" / "moodtheme.txt").read_text().split()
    assert [f"mood/theme---{label.id}" for label in CARD.labels["mood"].vocabulary] == listed
    top = (shared / "data" / "jamendo" / "tags" / "top50.txt").read_text().split()
    assert [label.id for label in CARD.labels["top50"].vocabulary] == top
