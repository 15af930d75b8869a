"""`mudata faults` as a user types it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from shell import typed
from tones_on_disk import Tone, card, lay, take

import mudata
from mudata.errors import CardError

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

ROWS = {id_: {"genre": genre} for id_, genre in (("a", "low"), ("b", "middle"), ("c", "high"))}
PUBLISHED = """
faults:
  - {ids: [a, b], kind: disputed, action: warn, note: low or not, source: a test}
  - {ids: c, kind: duplicate, action: drop, note: as a, source: a test, repair: {duplicate_of: a}}
"""


@pytest.fixture
def tones(home: Home, tone: Tone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The dataset in the index; where files of one's own may be written."""
    lay(home, tone, ROWS, absent=("b",))
    take(card(tmp_path / "cards", PUBLISHED), home)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    return tmp_path / "own.yaml"


def test_the_cards_faults_are_told_by_kind_with_what_is_here(tones: Path) -> None:
    done = typed("faults", "tones")
    assert done.code == 0, done.err
    lines = [line.split("  ") for line in done.out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines[2:]]
    assert cells == [
        ["published", "disputed", "warn", "2", "1", "1", "low or not", "a test"],
        ["published", "duplicate", "drop", "1", "1", "1", "duplicate_of", "as a", "a test"],
    ]
    told = json.loads(typed("faults", "tones", "--json").out)
    assert [(f["clip_id"], f["here"], f["repair"]) for f in told["faults"]] == [
        ("tones/a", True, None),
        ("tones/b", False, None),
        ("tones/c", True, {"duplicate_of": "a"}),
    ]
    assert (told["overlay"], told["findings"]) == (None, [])
    assert typed("faults", "gtzan").code == 0
    assert typed("faults", "musiccaps").out.count("no-audio") == 1
    assert typed("faults", "ctis").err == "(no rows) No fault of ctis is known.\n"


def test_ones_own_replace_the_cards_and_show_in_mudata_duckdb(tones: Path, home: Home) -> None:
    home.make(home.faults)
    entry = (
        "{ids: [a], kind: disputed, action: drop, note: it is mid, source: me, repair: {labels: {genre: in-between}}}"
    )
    (home.faults / "tones.yaml").write_text(f"faults: [{entry}]\n")
    known = mudata.faults("tones")
    assert [(f["clip_id"], f["origin"]) for f in known.faults if f["kind"] == "disputed"] == [
        ("tones/a", "own"),
        ("tones/b", "published"),
    ]
    assert known.faults[0]["repair"] == {"labels": {"genre": ["mid"]}}
    assert "it is mid" in repr(known)
    (home.faults / "tone.yaml").write_text("faults: []\n")
    done = typed("faults", "tones")
    assert (done.code, done.err) == (
        0,
        f"warning: {home.faults / 'tone.yaml'}: expected the name of a dataset and .yaml, got tone.yaml\n",
    )
    import duckdb

    with duckdb.connect(str(home.index / "mudata.duckdb"), read_only=True) as connection:
        (note,) = connection.execute("SELECT note FROM faults WHERE origin = 'own'").fetchall()
    assert note == ("it is mid",)


def test_clips_that_cannot_be_are_an_error_by_line_and_those_not_fetched_a_note(tones: Path, home: Home) -> None:
    tones.write_text(
        "faults:\n"
        "  - {ids: [a, b], kind: corrupt, action: drop, note: x, source: me}\n"
        "  - ids: [a, z]\n    kind: distorted\n    action: warn\n    note: x\n    source: me\n"
        "    repair:\n      duplicate_of: y\n"
    )
    done = typed("faults", "tones", "--check", str(tones))
    assert done.code == 1
    assert done.err.splitlines() == [
        f"error: {tones}:3: expected a clip of tones, such as tones/a, got 'z'",
        f"error: {tones}:9: expected a clip of tones, such as tones/a, got 'y'",
        f"note: {tones}: expected clips that are here, got b: not fetched",
    ]
    mudata.remove("tones", kind="dataset")
    done = typed("faults", "tones", "--check", str(tones))
    assert done.code == 0
    assert done.err.splitlines() == [
        f"note: {tones}: expected clips of tones, which is not in the index, got a, b, z, y:"
        " not fetched, so that nobody can tell whether they exist"
    ]


PLAIN = "ids: a, kind: corrupt, action: drop, note: x, source: y"


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("ids: a, kind: odd, action: drop, note: x, source: y", "faults.0.kind"),
        ("ids: a, kind: corrupt, action: keep, note: x, source: y", "faults.0.action"),
        ("ids: a, kind: corrupt, action: drop, note: x", "faults.0.source: this key is missing"),
        (PLAIN + ", repair: {}", "a repair wants one of"),
        (PLAIN + ", repair: {start_s: 2, end_s: 1}", "end_s has to be later"),
        (PLAIN + ", repair: {duplicate_of: a}", "duplicate of itself"),
        (PLAIN + ", repair: {labels: {mood: sad}}", "no labels of that namespace (it has: genre)"),
        (PLAIN + ", repair: {labels: {genre: loud}}", "'loud' is not in the vocabulary"),
        (PLAIN + ", repair: {labels: {genre: [low, mid]}}", "a clip has one genre only"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tones: Path, entry: str, what: str) -> None:
    tones.write_text(f"faults:\n  - {{{entry}}}\n")
    done = typed("faults", "tones", "--check", str(tones))
    assert done.code == 2
    assert f"{tones}:2: " in done.err
    assert what in done.err
    with pytest.raises(CardError):
        mudata.faults("tones", check=tones)


def test_entries_that_contradict_each_other_are_refused_with_file_and_line(tones: Path, home: Home) -> None:
    first = "faults:\n  - {ids: [a], kind: mislabelled, action: drop, note: n, source: me, repair: %s}\n"
    second = "  - {ids: [b, a], kind: disputed, action: warn, note: n, source: me, repair: %s}\n"
    for one, other, place in (
        ("{labels: {genre: high}}", "{labels: {genre: [low]}}", "labels.genre"),
        ("{artist: Ann}", "{artist: Zoe}", "artist"),
        ("{start_s: 0.1}", "{start_s: 0.2, end_s: 0.3}", "start_s"),
        ("{duplicate_of: b}", "{duplicate_of: c}", "duplicate_of"),
    ):
        tones.write_text(first % one + second % other)
        done = typed("faults", "tones", "--check", str(tones))
        assert (done.code, f"{tones}:3: faults.1.repair.{place}: an entry before says " in done.err) == (2, True), place
    tones.write_text(first % "{artist: Ann}" + second % "{artist: Ann, labels: {genre: Low}}")
    assert typed("faults", "tones", "--check", str(tones)).code == 0
    twice = "{ids: [a], kind: corrupt, action: %s, note: n, source: me}"
    tones.write_text(f"faults: [{twice % 'drop'}, {twice % 'warn'}]")
    assert "faults.1.action: an entry before says drop of a" in typed("faults", "tones", "--check", str(tones)).err


def test_copies_in_a_circle_are_refused(tones: Path, home: Home) -> None:
    entry = "{ids: [%s], kind: duplicate, action: drop, note: n, source: me, repair: {duplicate_of: %s}}"
    for pairs in ("ab ba", "ab bc ca", "ac"):  # the card says that c is a copy of a
        tones.write_text(f"faults: [{', '.join(entry % tuple(pair) for pair in pairs.split())}]")
        done = typed("faults", "tones", "--check", str(tones))
        assert (done.code, "a circle, in which no clip stands" in done.err) == (2, True), pairs
    taken_back = "{ids: [c], kind: duplicate, action: warn, note: n, source: me}"
    tones.write_text(f"faults: [{entry % ('a', 'c')}, {taken_back}]")
    assert typed("faults", "tones", "--check", str(tones)).code == 0
