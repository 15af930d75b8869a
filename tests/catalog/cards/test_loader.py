"""Every built-in card: it loads, its SQL fits its tables, its words are unambiguous, its numbers agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.read.files import wanted
from mudata.catalog.read.reader import read

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import Mirror, RemoteFile
    from mudata.catalog.cards.schema import Card

NAMES = sorted(path.stem for path in (card_files.BUILT_IN / "datasets").glob("*.yaml"))
SURVEYED = {
    1: "gtzan",
    2: "music_genre",
    3: "edm",
    4: "fma",
    5: "music_classification",
    6: "mirex_emotion",
    7: "ctis",
    8: "lakh_midi",
    9: "musiccaps",
    10: "mtg_jamendo",
}
DEAD_HOSTS = {"opihi.cs.uvic.ca", "drive.google.com", "docs.google.com"}

every_card = pytest.mark.parametrize("name", NAMES)


def mirrors(card: Card) -> Iterator[Mirror]:
    for component in card.sources.values():
        yield from component.mirrors


def files(mirror: Mirror) -> tuple[RemoteFile, ...]:
    return getattr(mirror, "files", ())


def test_the_ten_datasets_of_the_survey_have_exactly_one_card_each() -> None:
    rows = {card.survey.row: card.name for card in map(loader.load, NAMES) if card.survey}
    assert rows == SURVEYED
    assert sum(loader.load(name).survey is not None for name in NAMES) == len(SURVEYED)


@every_card
def test_aliases_lead_to_one_card(name: str) -> None:
    for alias in loader.load(name).aliases:
        assert loader.load(alias).name == name


@every_card
def test_every_select_of_a_card_fits_its_declared_tables(name: str, tmp_path: Path) -> None:
    card = loader.load(name)
    tables = {key: table.model_copy(update={"optional": True}) for key, table in card.tables.items()}
    reading = read(card.model_copy(update={"tables": tables}), tmp_path)
    assert reading.clips.num_rows == 0
    assert {issue.kind for issue in reading.issues} <= {"no-clips"}
    assert reading.vocabulary.num_rows == sum(len(space.vocabulary) for space in card.labels.values())


@every_card
def test_every_spelling_of_a_label_means_that_label(name: str) -> None:
    for namespace, space in loader.load(name).labels.items():
        look_up = canonical(space)
        for label in space.vocabulary:
            for spelling in filter(None, (label.id, label.name, label.code, *label.aliases)):
                assert look_up(spelling) == label.id, f"{namespace}: {spelling!r}"


@every_card
def test_expected_counts_agree_with_the_vocabularies_and_with_each_other(name: str) -> None:
    card = loader.load(name)
    expected = card.expected
    assert set(expected.clips) <= (set(card.subsets) or {"all"})
    for namespace, counts in expected.labels.items():
        space = card.labels[namespace]
        assert space.open or set(counts) <= {label.id for label in space.vocabulary}
        clips = expected.clips.get(card.default_subset or "all")
        if space.kind == "single" and clips:
            assert sum(counts.values()) <= clips, namespace
    if expected.duration:
        assert expected.duration[0] <= expected.duration[1]


@every_card
def test_addresses_are_web_addresses_and_none_is_dead_unless_said_so(name: str) -> None:
    card = loader.load(name)
    for mirror in mirrors(card):
        urls = [file.url for file in files(mirror) if file.url] + [getattr(mirror, "url", None)]
        for url in filter(None, urls):
            parts = urlsplit(url)
            assert parts.scheme in ("http", "https"), url
            assert parts.hostname, url
            assert " " not in url
            assert mirror.status == "dead" or parts.hostname not in DEAD_HOSTS, url
    assert urlsplit(card.homepage).scheme in ("http", "https")
    assert card.licence.url is None or urlsplit(card.licence.url).scheme in ("http", "https")


@every_card
def test_files_of_a_mirror_are_named_once_and_stay_below_their_folder(name: str) -> None:
    card = loader.load(name)
    for mirror in mirrors(card):
        paths = [file.path for file in files(mirror)]
        assert len(paths) == len(set(paths))
        for file in files(mirror):
            assert not file.path.startswith("/")
            assert ".." not in file.path.split("/")
            assert file.subset is None or file.subset in card.subsets
            assert not file.also or file.sha256


@every_card
def test_plain_files_are_tables_or_clips_of_the_card(name: str) -> None:
    """What is fetched as it is must be read by something, or it would be fetched for nothing."""
    card = loader.load(name)
    is_wanted = wanted(card)
    for mirror in mirrors(card):
        for file in files(mirror):
            if file.unpack == "none":
                assert is_wanted(file.path.replace("*", "any")), file.path


@every_card
def test_patterns_and_references_are_sound(name: str) -> None:
    card = loader.load(name)
    for text in [t.path for t in card.tables.values()] + [
        p for rule in card.clips for p in (*rule.files, *rule.ignore)
    ]:
        Pattern(text)
    assert card.citation.bibtex.lstrip().startswith("@")
    assert card.citation.bibtex.count("{") == card.citation.bibtex.count("}")
    for entry in re.findall(r"^@(\w+)\{([^,\s]+),$", card.citation.bibtex.strip(), re.MULTILINE):
        assert entry[0] in {"article", "inproceedings", "misc", "phdthesis", "dataset", "techreport"}


@every_card
def test_tasks_ask_for_namespaces_with_words_to_choose_from(name: str) -> None:
    card = loader.load(name)
    for task in card.tasks.values():
        assert task.noun.strip()
        if task.namespace:
            space = card.labels[task.namespace]
            assert space.vocabulary
            assert task.kind == "tag" or space.kind == "single"
            written = [label.name or label.id for label in space.vocabulary]
            assert len(set(written)) == len(written)
            assert not any("," in text for text in written), "options are listed with commas"


@every_card
def test_what_may_not_be_changed_or_sold_is_marked_so(name: str) -> None:
    licence = loader.load(name).licence
    if "-ND" in (licence.spdx or ""):
        assert not licence.redistributable
    if "-NC" in (licence.spdx or ""):
        assert licence.usage in ("noncommercial", "research")
    if licence.usage == "unknown":
        assert not licence.redistributable


@every_card
def test_a_card_without_groups_warns_of_leaks(name: str) -> None:
    """Clips of one origin can lie on both sides of a split; where no column tells, a sentence must."""
    card = loader.load(name)
    assert card.grouped_by or card.leakage_risk


@every_card
def test_a_card_without_sound_says_why(name: str) -> None:
    card = loader.load(name)
    if card.audio != "yes":
        assert card.audio_note
        assert card.audio_note.endswith(".")


@every_card
def test_faults_name_each_clip_once_per_kind_and_their_source(name: str) -> None:
    named = [(id_, fault.kind) for fault in loader.load(name).faults for id_ in fault.ids]
    assert len(named) == len(set(named))
    assert all(fault.source.strip() and fault.note.strip() for fault in loader.load(name).faults)


@every_card
def test_official_splits_name_each_part_once(name: str) -> None:
    for split in loader.load(name).splits.values():
        assert len(split.parts) == len(set(split.parts)) > 0
