"""Label sets: what a card says and what words files know, joined; and what lint says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from shell import typed

from mudata.catalog.cards import card_files, lexicon, loader
from mudata.catalog.cards.labels import LabelSpace
from mudata.errors import CardError, UnknownName
from mudata.evaluation.align.label_set import LabelEntry, LabelSet, lint, resolve

BUILT_IN = sorted(path.stem for path in (card_files.BUILT_IN / "words").glob("*.yaml"))
SPACES = [
    pytest.param(space, id=f"{card.name}-{name}")
    for card in loader.load_all()
    for name, space in card.labels.items()
    if not space.open
]

WORDS: dict[str, Any] = {
    "title": "toys",
    "concepts": {
        "rock": {"hyponyms": ["punk", "britpop"], "translations": {"zh": ["摇滚"], "de": ["Rockmusik"]}},
        "pop": {"synonyms": ["chart music"], "hyponyms": ["synth-pop", "britpop"], "translations": {"zh": ["流行"]}},
        "punk": {"aliases": ["punk rock", "punkmusik"], "hyponyms": ["oi"], "translations": {"ja": ["パンク"]}},
        "rnb": {"aliases": ["R&B", "rhythm and blues"]},
        "blues": {"translations": {"zh": ["蓝调"]}},
    },
    "guards": ["rock band", "blues harp", "jazz band"],
    "compounds": {"rhythm and blues": ["rnb"], "pop rock": ["pop", "rock"], "blues rock": ["blues", "rock"]},
}


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's words file `toys`."""
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    return write(tmp_path / "words" / "toys.yaml", WORDS)


def write(path: Path, said: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    return path


def space(*labels: str | dict[str, Any], **said: Any) -> LabelSpace:
    return LabelSpace.model_validate({"part": "genre", "vocabulary": labels, "words": "toys", **said})


def entries(of: LabelSpace) -> dict[str, LabelEntry]:
    return {entry.id: entry for entry in resolve(of).entries}


def notes(of: LabelSpace) -> list[str]:
    return [finding.what for finding in lint(of)]


# -------------------------------------------------------------------------------------- joining


@pytest.mark.parametrize("label", ["Rock", {"id": "g7", "name": "rock"}, {"id": "g7", "aliases": ["ROCK"]}])
def test_a_label_takes_the_concept_that_is_its_id_name_or_alias(toys: Path, label: str | dict[str, Any]) -> None:
    (entry,) = resolve(space(label)).entries
    assert {"摇滚", "Rockmusik"} <= set(entry.strict)
    assert set(entry.foreign) == {"摇滚", "Rockmusik"}
    assert "punk" in entry.hyponyms


def test_a_label_with_a_slash_takes_both_concepts(toys: Path) -> None:
    (entry,) = resolve(space({"id": "Pop/Rock", "aliases": ["pop", "rock"]})).entries
    assert {"摇滚", "流行"} <= set(entry.strict)


def test_without_words_a_label_is_what_the_card_says() -> None:
    label = {
        "id": "x",
        "name": "Ex",
        "aliases": ["eks"],
        "synonyms": "ix",
        "hyponyms": "xs",
        "translations": {"de": "Iks"},
    }
    found = resolve(LabelSpace.model_validate({"part": "genre", "vocabulary": [label]}))
    assert found.entries == (LabelEntry("x", "Ex", ("x", "Ex", "eks", "Iks"), ("ix",), ("xs",), ("Iks",)),)


def test_what_the_card_says_wins_over_words(toys: Path) -> None:
    found = entries(space({"id": "rock", "hyponyms": ["chart music"]}, "pop", {"id": "blues", "aliases": ["流行"]}))
    assert "chart music" in found["rock"].hyponyms
    assert "chart music" not in found["pop"].synonyms
    assert "流行" in found["blues"].strict
    assert "流行" not in found["pop"].strict


def test_a_card_may_call_lenient_what_words_call_strict(toys: Path) -> None:
    (entry,) = resolve(space({"id": "rock", "synonyms": ["Rockmusik"]})).entries
    assert "Rockmusik" in entry.synonyms
    assert "Rockmusik" not in (*entry.strict, *entry.foreign)


def test_a_lenient_spelling_that_is_strict_for_another_label_is_dropped(toys: Path) -> None:
    found = entries(space("rock", "punk"))
    assert "punk" not in found["rock"].hyponyms
    assert found["punk"].hyponyms == ("oi",)


def test_a_spelling_that_two_labels_know_means_neither(toys: Path) -> None:
    of = space("rock", "pop")
    assert not any("britpop" in entry.hyponyms for entry in resolve(of).entries)
    assert "'rock', 'pop' share the spelling 'britpop'" in notes(of)
    (alone,) = resolve(space("rock")).entries
    assert "britpop" in alone.hyponyms


def test_a_synonym_wins_over_a_hyponym(toys: Path) -> None:
    write(toys, {**WORDS, "concepts": {"rock": {"hyponyms": ["x1"]}, "pop": {"synonyms": ["x1"]}}, "compounds": {}})
    found = entries(space("rock", "pop"))
    assert (found["pop"].synonyms, found["rock"].hyponyms) == (("x1",), ())


def test_a_hyponym_brings_its_own_spellings_but_for_those_that_hold_the_label(toys: Path) -> None:
    (rock,) = resolve(space("rock")).entries
    assert {"punk", "punkmusik", "パンク", "oi"} <= set(rock.hyponyms)
    assert "punk rock" not in rock.hyponyms  # says rock, strictly


def test_names_that_two_labels_share_are_neither_shown_nor_read() -> None:
    of = LabelSpace.model_validate({"part": "p", "vocabulary": [{"id": "x1", "name": "x"}, {"id": "x2", "name": "x"}]})
    assert [(entry.display, entry.strict) for entry in resolve(of).entries] == [("x1", ("x1",)), ("x2", ("x2",))]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([{"id": "hip hop"}, {"id": "rap", "aliases": ["Hip-Hop"]}], "'hip hop', 'rap' share the spelling 'hip hop'"),
        ([{"id": "b", "aliases": ["Ｂeat"]}, {"id": "beat"}], "share the spelling"),
        ([{"id": "a"}, {"id": "b", "translations": {"de": ["A."]}}], "'A.' means 'a' and cannot mean 'b'"),
        (
            [{"id": "a", "translations": {"de": ["z"]}}, {"id": "b", "translations": {"fr": ["z"]}}],
            "share the spelling 'z'",
        ),
        ([{"id": "a", "aliases": ["&"]}], "'&' of 'a' has neither letter nor digit"),
        ([{"id": "a", "synonyms": [""]}], "'' of 'a' has neither letter nor digit"),
    ],
)
def test_labels_that_answers_cannot_tell_apart_are_refused_by_name(labels: list[dict[str, Any]], message: str) -> None:
    of = LabelSpace.model_validate({"title": "toys", "part": "genre", "vocabulary": labels})
    with pytest.raises(CardError, match="Labels of toys cannot be told apart in answers") as caught:
        resolve(of)
    assert message in caught.value.what
    assert message in "; ".join(finding.what for finding in lint(of) if finding.level == "error")


def test_keys_with_and_without_a_sharp_are_two_labels() -> None:
    assert resolve(LabelSpace.model_validate({"part": "key", "vocabulary": ["C", "C#"]})).ids == ("C", "C#")


# -------------------------------------------------------------------------- guards and compounds


def test_a_guard_counts_only_where_it_holds_a_spelling(toys: Path) -> None:
    assert resolve(space("rock")).guards[:1] == ("rock band",)
    assert "blues harp" not in resolve(space("rock")).guards
    assert "blues harp" in resolve(space("blues")).guards


@pytest.mark.parametrize("phrase", ["Rock-Band", "Pop Rock"])
def test_a_guard_or_compound_that_is_a_label_is_dropped(toys: Path, phrase: str) -> None:
    found = resolve(space("rock", "pop", {"id": "z", "aliases": [phrase]}))
    assert phrase.casefold().replace("-", " ") not in (*found.guards, *(said for said, _ in found.compounds))


def test_a_guard_of_the_card_that_holds_nothing_is_noted(toys: Path) -> None:
    assert "the guard 'jazz club' holds no spelling of the set" in notes(space("rock", guards=["jazz club"]))


def test_a_compound_means_those_of_its_concepts_that_the_set_has(toys: Path) -> None:
    assert ("pop rock", ("rock", "pop")) in resolve(space("rock", "pop")).compounds
    assert ("blues rock", ("rock",)) in resolve(space("rock", "pop")).compounds
    assert not any(said == "blues rock" for said, _ in resolve(space("pop")).compounds)


def test_a_compound_of_absent_concepts_guards_what_it_holds(toys: Path) -> None:
    assert "rhythm and blues" in resolve(space("blues")).guards  # else it would be read as blues
    assert "rhythm and blues" not in resolve(space("rock")).guards


def test_compounds_of_the_card_win(toys: Path) -> None:
    found = resolve(space("rock", "pop", compounds={"Pop-Rock": ["pop"]}))
    assert [ids for said, ids in found.compounds if said.casefold() in ("pop rock", "pop-rock")] == [("pop",)]


def test_a_guard_of_one_words_file_hides_no_label_of_another(toys: Path) -> None:
    write(toys.with_name("tools.yaml"), {"title": "tools", "concepts": {"band": {}}})
    assert "rock band" in resolve(space("rock", words=["toys"])).guards
    assert ("rock band", ("band",)) in resolve(space("rock", "band", words=["toys", "tools"])).compounds


# --------------------------------------------------------------------------------- hash and lint


def test_the_hash_of_a_label_set_covers_everything(toys: Path) -> None:
    found = resolve(space("rock", "pop"))
    assert resolve(space("rock", "pop")).sha256 == found.sha256
    others = [
        space("pop", "rock"),
        space("rock", {"id": "pop", "name": "Pop"}),
        space("rock", "pop", kind="multi"),
        space("rock", {"id": "pop", "synonyms": ["x"]}),
        space("rock", {"id": "pop", "hyponyms": ["x"]}),
        space("rock", "pop", guards=["pop up"]),
        space("rock", "pop", compounds={"x": ["pop"]}),
    ]
    hashes = {found.sha256, *(resolve(other).sha256 for other in others)}
    assert len(hashes) == 1 + len(others)
    write(toys, {**WORDS, "concepts": {**WORDS["concepts"], "rock": {"translations": {"zh": ["摇滚乐"]}}}})
    assert resolve(space("rock", "pop")).sha256 not in hashes


def test_a_label_set_survives_json(toys: Path) -> None:
    found = resolve(space("rock", "pop"))
    assert LabelSet.restore(json.loads(json.dumps(found.record()))) == found


def test_labels_within_labels_are_noted() -> None:
    found = notes(loader.load("edm").labels["genre"])
    assert "'House' lies within 'Big Room House'" in found
    assert "'Trap' lies within 'Future Garage/Wave Trap'" in found
    assert not any("'Trance' lies within" in note for note in found), "'Psytrance' is one word"


# ---------------------------------------------------------------------------------- words files


@pytest.mark.parametrize(
    ("said", "line", "problem"),
    [
        ("title: x\nconcepts:\n  rock: {hyponyms: [a], colour: red}\n", 3, "there is no such key"),
        ("title: x\nconcepts:\n  rock: {translations: [a]}\n", 3, "keys with values are expected here"),
        ("title: x\nconcepts: {rock: {}, Rock: {}}\n", 1, "concepts listed twice: rock"),
        ("title: x\nconcepts: {rock: {}}\ncompounds: {pop rock: [pop]}\n", 1, "compounds of what is no concept: pop"),
        ("title: x\n", 1, "this key is missing"),
        ("title: [\n", 2, "not valid YAML"),
    ],
)
def test_a_broken_words_file_is_told_with_its_line(toys: Path, said: str, line: int, problem: str) -> None:
    toys.write_text(said)
    with pytest.raises(CardError) as caught:
        resolve(space("rock"))
    assert f"{toys}:{line}: " in caught.value.what
    assert problem in caught.value.what


def test_an_unknown_words_file_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"No words file named 'genres'\. Did you mean 'genre'"):
        resolve(space("rock", words=["genres"]))


def test_a_user_s_words_file_wins_over_the_built_in_one(toys: Path) -> None:
    assert lexicon.files()["genre"].parent == card_files.BUILT_IN / "words"
    own = write(toys.with_name("genre.yaml"), {"title": "mine", "concepts": {"rock": {"synonyms": ["stone"]}}})
    assert lexicon.files()["genre"] == own
    assert resolve(space("rock", words=["genre"])).entries[0].synonyms == ("stone",)


def test_words_are_not_read_before_answers_are(toys: Path) -> None:
    toys.with_name("genre.yaml").write_text("broken: [")
    assert typed("list").code == typed("info", "gtzan").code == 0
    assert typed("cards", "check", toys.with_name("genre.yaml")).code == 1


# -------------------------------------------------------------------------- what is built in


@pytest.mark.parametrize("of", SPACES)
@pytest.mark.slow
def test_every_built_in_label_set_resolves(of: LabelSpace) -> None:
    found = resolve(of)
    assert found.ids == tuple(label.id for label in of.vocabulary)
    assert not [finding for finding in lint(of) if finding.level == "error"]
    assert not [note for note in notes(of) if note.startswith("the guard")]


def test_the_label_set_of_a_task_that_asks_for_some_labels_resolves() -> None:
    card = loader.load("fma")
    some = resolve(card.labels["genre_top"].only(card.tasks["genre_small"].labels))
    assert set(some.ids) == set(card.tasks["genre_small"].labels)
    assert ("instrumental folk", ("Folk",)) in some.compounds
    assert not any("Jazz" in ids for _, ids in some.compounds)


@pytest.mark.parametrize("of", SPACES)
def test_no_built_in_spelling_is_one_latin_letter(of: LabelSpace) -> None:
    for entry in resolve(of).entries:
        for spelling in (*entry.strict, *entry.synonyms, *entry.hyponyms):
            assert len(spelling) > 1 or not spelling.isascii(), entry.id


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_near_word_or_kind_does_not_hold_its_concept_as_a_word(name: str) -> None:
    """'black metal' is read as metal, strictly; listed as a kind it would count for less."""
    for concept, known in lexicon.load(name).concepts.items():
        for spelling in (*known.synonyms, *known.hyponyms):
            assert f" {concept} ".casefold() not in f" {spelling} ".casefold(), spelling


@pytest.mark.parametrize("name", BUILT_IN)
def test_languages_are_named_by_their_code(name: str) -> None:
    codes = {"zh", "ja", "ko", "es", "fr", "de", "it", "pt", "ru", "nl", "pl", "tr", "ar", "hi", "vi", "id", "sv", "no"}
    assert {code for known in lexicon.load(name).concepts.values() for code in known.translations} <= codes


def test_popular_is_not_pop() -> None:
    for dataset, namespace, label in [("gtzan", "genre", "pop"), ("fma", "genre_top", "Pop")]:
        entry = entries(loader.load(dataset).labels[namespace])[label]
        assert not {"popular", "popular music"} & {
            s.casefold() for s in (*entry.strict, *entry.synonyms, *entry.hyponyms)
        }


# ------------------------------------------------------------------------------- `cards check`


def card(tmp_path: Path, **labels: Any) -> Path:
    said = {
        "name": "toy",
        "title": "Toy",
        "summary": "x",
        "tags": ["genre"],
        "format": "wav",
        "duration": {"min": 1, "max": 2},
        "licence": {"text": "x", "usage": "unknown", "redistributable": False},
        "citation": {"text": "x", "bibtex": "@misc{x}"},
        "homepage": "https://example.org",
        "availability": "open",
        "sources": {
            "audio": {
                "what": "x",
                "mirrors": [{"kind": "http", "files": [{"path": "x", "url": "https://example.org/x"}]}],
            }
        },
        "clips": [{"files": "{genre}/{stem}.wav", "id": "{stem}"}],
        "labels": {"genre": {"part": "genre", **labels}},
    }
    return write(tmp_path / "toy.yaml", said)


def test_cards_check_refuses_labels_with_one_spelling(tmp_path: Path) -> None:
    path = card(tmp_path, vocabulary=[{"id": "a", "aliases": ["x"]}, {"id": "b", "aliases": ["X!"]}])
    done = typed("cards", "check", path)
    assert done.code == 1
    line = path.read_text().splitlines().index("labels:") + 2
    assert done.out == f"{path}:{line}: labels.genre: 'a', 'b' share the spelling 'x'\n"
    assert "0 of 1 cards are fine." in done.err


def test_cards_check_tells_notes_when_asked(tmp_path: Path) -> None:
    path = card(tmp_path, vocabulary=["house", "big room house"])
    note = "labels.genre: 'house' lies within 'big room house'"
    assert typed("cards", "check", path).out == ""
    assert typed("cards", "check", path, "--notes").out == f"{path}: {note}\n"
    assert json.loads(typed("cards", "check", path, "--json").out) == [
        {"card": str(path), "ok": True, "problem": None, "notes": [note]}
    ]


def test_cards_check_refuses_an_unknown_words_file(tmp_path: Path) -> None:
    done = typed("cards", "check", card(tmp_path, vocabulary=["a"], words="genres"))
    assert done.code == 1
    assert "No words file named 'genres'" in done.out


@pytest.mark.slow
def test_cards_check_reads_words_files_too(toys: Path) -> None:
    assert json.loads(typed("cards", "check", toys, "--json").out)[0]["ok"] is True
    toys.write_text("title: x\nconcepts: {a: {b: c}}\n")
    done = typed("cards", "check")
    assert done.code == 1
    assert f"{toys}:2: concepts.a.b: there is no such key" in done.out


def test_the_grammar_of_words_files_is_printed() -> None:
    assert json.loads(typed("cards", "schema", "--words").out)["title"] == "Words"
    assert json.loads(typed("cards", "schema").out)["title"] == "Card"
