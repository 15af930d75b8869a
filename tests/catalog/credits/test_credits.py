"""Credits of clips: what Creative Commons asks for, what is not known, and the forms they are written in."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from shelf import shelve

import mudata
from mudata.catalog.credits.credit_search import named_credits
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.cli import main
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.catalog.credits.clip_credits import ClipCredit
    from mudata.home import Home

US = "Attribution-Noncommercial-Share Alike 3.0 United States"
STEREO = {"source_format": "MPEG/MPEG_LAYER_III", "source_channels": 2, "source_rate": 44100, "store": "flac"}


@pytest.fixture
def home(home: Home) -> Home:
    """FMA with four tracks, MTG-Jamendo with one, MusicCaps with two clips."""
    shelve(
        home,
        "fma",
        clips=[
            {"id": "000002", "artist": "AWOL", "title": "Food", "album": "A Way Of Life", "licence": US, **STEREO}
            | {"source_path": "fma_small/000/000002.mp3", "sample_rate": 16000, "start_s": 0.0, "duration_s": 29.98}
            | {"source_duration_s": 29.98},
            {"id": "000003", "artist": "AWOL", "title": "Electric\nAve *live*", "licence": US, **STEREO}
            | {"sample_rate": 16000, "duration_s": 30.0, "source_duration_s": 30.0},
            {"id": "000005", "licence": "Attribution", **STEREO, "sample_rate": 44100}
            | {"start_s": 12.0, "duration_s": 30.0, "source_duration_s": 200.0},
            {"id": "000010", "artist": "<b>Bobby</b>", "title": "Drop & Roll", "licence": "Orphan Work"},
            {"id": "000011", "artist": "not here", "status": "missing", "licence": "Attribution"},
        ],
    )
    shelve(
        home,
        "mtg_jamendo",
        clips=[
            {"id": "track_0000214", "artist": "artist_000014", "album": "album_000031", "title": "Trio HxC"}
            | {"licence": "http://creativecommons.org/licenses/by-nc-nd/2.5/"}
        ],
        attributes=[
            {"id": "track_0000214", "name": "artist_name", "value": "Skaut"},
            {"id": "track_0000214", "name": "album_name", "value": "Trio"},
            {"id": "track_0000214", "name": "url", "value": "http://www.jamendo.com/track/214"},
        ],
    )
    shelve(
        home,
        "musiccaps",
        clips=[{"id": "-0Gj8-vB1q4", "track": "-0Gj8-vB1q4", "licence": "CC-BY-SA-4.0"}, {"id": "odd", "track": "odd"}],
    )
    return home


def credit(home: Home, clip_id: str) -> ClipCredit:
    (found,) = [c for c in named_credits(home, clip_id.partition("/")[0]).clips if c.clip_id == clip_id]
    return found


def test_a_clip_is_credited_with_title_author_source_licence_and_changes(home: Home) -> None:
    clip = credit(home, "fma/000002")
    assert (clip.title, clip.author, clip.album) == ("Food", "AWOL", "A Way Of Life")
    assert (clip.licence.title, clip.licence.url) == (
        "CC BY-NC-SA 3.0 US",
        "https://creativecommons.org/licenses/by-nc-sa/3.0/us/",
    )
    assert clip.published_licence == US
    assert clip.changes == ("mixed down to mono", "resampled to 16,000 Hz", "converted to FLAC")
    assert (clip.source, clip.is_own_page, clip.file) == (
        "https://github.com/mdeff/fma",
        False,
        "fma_small/000/000002.mp3",
    )


def test_only_usable_clips_of_a_dataset_are_credited(home: Home) -> None:
    assert [c.clip_id for c in named_credits(home, "fma").clips] == [f"fma/{n:06}" for n in (2, 3, 5, 10)]
    assert named_credits(home, "free_music_archive").name == "fma"


def test_names_and_pages_come_from_the_datasets_own_tables(home: Home) -> None:
    clip = credit(home, "mtg_jamendo/track_0000214")
    assert (clip.author, clip.album, clip.source) == ("Skaut", "Trio", "http://www.jamendo.com/track/214")
    assert clip.is_own_page
    assert clip.licence.spdx == "CC-BY-NC-ND-2.5"
    assert credit(home, "musiccaps/-0Gj8-vB1q4").source == "https://www.youtube.com/watch?v=-0Gj8-vB1q4"
    assert not credit(home, "musiccaps/odd").is_own_page


def test_the_licence_of_the_captions_is_not_that_of_the_sound(home: Home) -> None:
    terms = credit(home, "musiccaps/-0Gj8-vB1q4").licence  # the index has the card's SPDX id
    assert (terms.spdx, terms.may_share, terms.usage) == (None, False, "research")
    assert "audio has no licence" in terms.title


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ({"source_format": "FLAC/PCM_16", "source_channels": 1, "source_rate": 22050}, ()),
        ({"source_format": "WAV/PCM_16"}, ("converted to FLAC",)),
        ({"source_format": "WAV/PCM_16", "store": "reference", "source_rate": 44100}, ()),  # nothing is kept
        ({"source_channels": 2, "store": "reference"}, ("mixed down to mono",)),
        ({"source_channels": 2, "mix": "first"}, ("first channel alone",)),
        ({"start_s": 85.0, "duration_s": 30.0, "source_duration_s": 200.0}, ("excerpt",)),
        ({"start_s": 0.0, "duration_s": 29.98, "source_duration_s": 30.0}, ()),  # an MP3 frame is no cut
        ({"kind": "midi", "start_s": 20.0, "duration_s": 30.0, "source_duration_s": 200.0}, ("excerpt",)),
    ],
)
def test_changes_are_those_of_the_index(home: Home, row: dict[str, Any], changes: tuple[str, ...]) -> None:
    shelve(home, "toy", clips=[{"id": "1", **row}])
    assert credit(home, "toy/1").changes == changes


def test_what_is_not_known_is_said_and_counted(home: Home) -> None:
    found = named_credits(home, "fma")
    assert found.unknown == {
        "author": 1,
        "licence that is known": 1,
        "page of their own": 4,
        "title": 1,
        "version of their licence": 1,
    }
    text = found.text()
    assert "1 of 4 clips has no author." in text
    assert "author not known: title not known (fma/000005)" in text
    assert "CC BY (version not stated). Changed: excerpt, mixed down to mono, converted to FLAC. 1 clip" in text
    assert "Orphan Work [nothing is known to be permitted]" in text


def test_a_split_is_credited_part_by_part_with_citations_first(home: Home) -> None:
    request = SplitRequest(name="s", datasets=("fma", "mtg_jamendo"), parts={"train": 0.6, "test": 0.4})
    made = draw.make(home, request)
    manifest.save(home, made)
    found = mudata.credits("s")
    assert [c.clip_id for c in found.clips] == sorted(made.part_of())
    assert {c.clip_id: c.part for c in found.clips} == made.part_of()
    assert [(d.dataset, d.clips) for d in found.datasets] == [("fma", 4), ("mtg_jamendo", 1)]
    assert found.text().index("Defferrard") < found.text().index("AWOL")
    test = mudata.credits("s", part="test")
    assert {c.part for c in test.clips} == {"test"}
    assert mudata.credits(home.splits / "s.json").text() == found.text()
    with pytest.raises(UnknownName, match="No part named 'dev'"):
        mudata.credits("s", part="dev")


def test_clips_that_are_gone_are_credited_by_what_is_left(home: Home) -> None:
    made = draw.make(home, SplitRequest(name="s", datasets=("fma",), parts={"test": 1.0}))
    manifest.save(home, made)
    shelve(home, "fma", clips=[{"id": "000002", "licence": US}])
    gone = {c.clip_id: c for c in mudata.credits("s").clips}["fma/000003"]
    assert (gone.title, gone.author, gone.published_licence) == (None, None, mudata.info("fma").licence.text)
    assert gone.licence.usage == "research"


def test_a_dataset_whose_card_is_gone_has_its_rows(home: Home) -> None:
    shelve(home, "toy", clips=[{"id": "1", "artist": "Ann", "licence": "CC BY 4.0"}, {"id": "2"}])
    found = mudata.credits("toy")
    assert [(c.author, c.licence.title) for c in found.clips] == [("Ann", "CC BY 4.0"), (None, "not known")]
    assert "its card is not here" in found.text()


def test_neither_split_nor_dataset(home: Home) -> None:
    with pytest.raises(UnknownName, match="No split or dataset named 'nothing'"):
        mudata.credits("nothing")
    with pytest.raises(UnknownName, match="gtzan") as told:
        mudata.credits("gtzan")
    assert "mudata fetch gtzan" in str(told.value)
    with pytest.raises(UnknownName, match="fma is a dataset"):
        mudata.credits("fma", part="test")


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_pages_take_no_markup_from_names(home: Home) -> None:
    found = named_credits(home, "fma")
    page = _Page(found.html())
    assert "b" not in page.tags
    assert any('<b>Bobby</b>: "Drop & Roll"' in word for word in page.words)
    assert "https://creativecommons.org/licenses/by-nc-sa/3.0/us/" in page.links
    assert "script" not in page.tags
    text = found.markdown()
    assert r'\<b\>Bobby\</b\>: "Drop \& Roll" (fma/000010)' in text
    assert r'AWOL: "Electric Ave \*live\*" (fma/000003)' in text
    assert "## CC BY-NC-SA 3.0 US, https://creativecommons.org/licenses/by-nc-sa/3.0/us/ " in text


@pytest.mark.parametrize(
    "title",
    ["https://a.example/<script>x</script>", "http://a.example/![b](c)", "&lt;b&gt;", "x `y` http://a.example/`z`"],
)
def test_no_sign_of_a_title_is_obeyed_by_markdown(home: Home, title: str) -> None:
    shelve(home, "tones", clips=[{"id": "1", "artist": "1. - a", "title": title + "\x1b[2J"}])
    found = named_credits(home, "tones")
    (line,) = [line for line in found.markdown().splitlines() if "tones/1" in line]
    assert not re.search(r"(?<!\\)[<>`*&\[\]]", line)
    assert line.startswith(r"- 1\. - a: ")
    assert "\x1b" not in found.markdown() + found.text() + found.html() + found.csv()


def test_tables_have_every_clip_as_it_is(home: Home) -> None:
    found = named_credits(home, "fma")
    rows = list(csv.DictReader(io.StringIO(found.csv(), newline="")))
    assert [row["clip_id"] for row in rows] == [c.clip_id for c in found.clips]
    assert rows[0]["changes"] == "mixed down to mono; resampled to 16,000 Hz; converted to FLAC"
    document = json.loads(found.json())
    assert document["clips"] == found.rows()
    assert document["unknown"] == found.unknown
    assert document["datasets"][0]["bibtex"].startswith("@inproceedings")


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "csv", "json"])
def test_the_command_prints_what_python_gives(
    home: Home, format_: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["mudata", "credits", "fma", "--format", format_])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert capsys.readouterr().out.rstrip("\n") == getattr(mudata.credits("fma"), format_)().rstrip("\n")


def test_a_repaired_split_is_credited_by_the_names_that_are_right(home: Home) -> None:
    """Also where the dataset's own tables spell out names, which are as wrong as the ones that they spell."""
    home.make(home.faults)
    (home.faults / "mtg_jamendo.yaml").write_text(
        "faults:\n- {ids: track_0000214, kind: mislabelled, action: warn, note: wrong artist, source: heard,"
        " repair: {artist: The Right One}}\n"
    )
    for name, faults, author in (("repaired", "repair", "The Right One"), ("kept", "keep", "Skaut")):
        request = SplitRequest(name=name, datasets=("mtg_jamendo",), parts={"test": 1.0}, faults=faults)  # type: ignore[arg-type]
        manifest.save(home, draw.make(home, request))
        (clip,) = named_credits(home, name).clips
        assert (clip.author, clip.album) == (author, "Trio")
