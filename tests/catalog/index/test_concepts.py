"""Labels of many datasets under one vocabulary: what is the same word, what a source says, and what nobody says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from shelf import shelve

import mudata
from mudata.catalog.cards import card_files, concepts, loader
from mudata.catalog.cards.vocabulary import fold
from mudata.catalog.index import database
from mudata.catalog.index.concept_views import CONCEPT_VIEWS
from mudata.cli import main
from mudata.errors import CardError, UnknownName, UnreadableFileWarning

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home


def put(home: Home, dataset: str, namespace: str, *labels: str) -> None:
    """A dataset with a clip for each label, its card's vocabulary beside."""
    space = loader.load(dataset).labels.get(namespace) if dataset in card_files.files() else None
    shelve(
        home,
        dataset,
        clips=[{"id": f"{n}"} for n in range(len(labels))],
        labels=[{"id": f"{n}", "namespace": namespace, "label": label} for n, label in enumerate(labels)],
    )
    if space is None:
        return
    generation = database.current_generations(home)[dataset]
    assert generation.has("vocabulary")


def meant(dataset: str) -> dict[str, tuple[str | None, list[str] | None]]:
    rows = mudata.sql(
        f"SELECT label, concept, path FROM harmonised_labels WHERE dataset = '{dataset}' ORDER BY label"
    ).fetchall()
    return {label: (concept, path) for label, concept, path in rows}


def test_one_query_spans_spellings_of_many_datasets(home: Home) -> None:
    put(home, "gtzan", "genre", "hiphop", "metal", "reggae")
    put(home, "fma", "genre_top", "Hip-Hop", "Rock", "Old-Time / Historic")
    put(home, "mtg_jamendo", "genre", "hiphop", "rap", "drumnbass")
    put(home, "edm", "genre", "Drum and Bass")
    put(home, "mine", "genre", "Hip Hop", "HIP_HOP", "Zouk")
    rows = mudata.sql(
        "SELECT dataset, count(DISTINCT clip_id) FROM harmonised_labels WHERE list_contains(path, 'hip hop')"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert rows == [("fma", 1), ("gtzan", 1), ("mine", 2), ("mtg_jamendo", 2)]
    rows = mudata.sql("SELECT dataset FROM harmonised_labels WHERE concept = 'drum and bass' ORDER BY 1").fetchall()
    assert rows == [("edm",), ("mtg_jamendo",)]
    rows = mudata.sql("SELECT dataset FROM harmonised_labels WHERE list_contains(path, 'rock') ORDER BY 1").fetchall()
    assert rows == [("fma",), ("gtzan",)]  # GTZAN's metal, which FMA puts below rock
    assert meant("mine")["Zouk"] == (None, None)


def test_the_rows_of_labels_stay_as_they_are(home: Home) -> None:
    put(home, "gtzan", "genre", "hiphop")
    before = database.index_sha256(home, "gtzan")
    assert mudata.sql("SELECT label, canonical FROM labels").fetchall() == [("hiphop", "hiphop")]
    assert mudata.sql("SELECT * FROM harmonised_labels").columns == [c.name for c in CONCEPT_VIEWS["harmonised_labels"]]
    assert mudata.sql("SELECT * FROM concepts").columns == [c.name for c in CONCEPT_VIEWS["concepts"]]
    assert database.index_sha256(home, "gtzan") == before


def test_one_word_with_two_meanings_is_told_apart(home: Home) -> None:
    put(home, "fma", "genre", "Hardcore", "Lo-Fi")
    put(home, "edm", "genre", "Hardcore", "Lo-fi")
    assert meant("fma") == {
        "Hardcore": ("hardcore punk", ["rock", "punk", "hardcore punk"]),
        "Lo-Fi": ("lo-fi", ["rock", "lo-fi"]),
    }
    assert meant("edm") == {"Hardcore": ("hardcore techno", ["hardcore techno"]), "Lo-fi": (None, None)}
    put(home, "mine", "genre", "Hardcore")  # a stranger's means neither
    assert meant("mine") == {"Hardcore": (None, None)}


def test_chinese_instruments_have_one_name_for_codes_and_signs(home: Home) -> None:
    put(home, "ctis", "instrument", "C0094", "C0296", "L0266")
    assert {concept for concept, _ in meant("ctis").values()} == {"suona", "erhu"}
    put(home, "mine", "instrument", "唢呐", "Erhu")
    assert {concept for concept, _ in meant("mine").values()} == {"suona", "erhu"}


def test_mirex_adjectives_lie_below_their_cluster(home: Home) -> None:
    put(home, "mirex_emotion", "tag", "Agressive", "Tense - Anxious", "whimsical")
    put(home, "music_classification", "mood", "aggressive")
    assert meant("mirex_emotion")["Agressive"][1] == ["mirex cluster 5", "aggressive"]
    assert meant("mirex_emotion")["Tense - Anxious"][1] == ["mirex cluster 5", "tense/anxious"]
    assert meant("music_classification")["aggressive"][1] == ["mirex cluster 5", "aggressive"]


def test_the_tree_of_genres_is_fmas_label_for_label() -> None:
    rows = {r["concept"]: r for r in concepts.compiled()["concepts"] if r["namespace"] == "genre"}
    spelled = {fold(text): c for c, row in rows.items() for text in row["spellings"]}
    spelled["hardcore"] = "hardcore punk"  # of FMA
    labels = [label for label in loader.load("fma").labels["genre"].vocabulary if label.id != "Unclassifiable"]
    parents = {label.id: label.parent for label in labels}
    for label in labels:
        row = rows[spelled[fold(label.id)]]
        assert row["broader"] == (spelled[fold(label.parent)] if label.parent else None), label.id
        above = []
        at: str | None = label.id
        while at:
            above.insert(0, spelled[fold(at)])
            at = parents[at]
        assert row["path"] == above


def test_every_mapping_has_a_source_and_every_path_ends_in_its_concept() -> None:
    tables = concepts.compiled()
    names = {(row["namespace"], row["concept"]) for row in tables["concepts"]}
    spellings = [(row["namespace"], fold(text)) for row in tables["concepts"] for text in row["spellings"]]
    assert len(spellings) == len(set(spellings))
    for row in tables["concepts"]:
        assert row["source"]
        assert row["path"][-1] == row["concept"]
        assert bool(row["broader"]) == bool(row["broader_source"])
        assert (row["broader"] or row["concept"]) in row["path"]
    for one in tables["means"]:
        assert one["source"]
        assert one["concept"] is None or (one["namespace"], one["concept"]) in names


def test_labels_of_the_cards_are_mapped_but_for_those_told() -> None:
    tables = concepts.compiled()
    covers = {name: vocabulary for vocabulary, name in tables["covers"]}
    spelled = {(row["namespace"], fold(text)) for row in tables["concepts"] for text in row["spellings"]}
    apart = {(m["dataset"], m["label"]): m["concept"] for m in tables["means"]}
    unmapped = set()
    for card in loader.load_all():
        for name, space in card.labels.items():
            for label in space.vocabulary if name in covers else ():
                texts = {fold(label.id), fold(label.name or label.id)}
                if (card.name, fold(label.id)) in apart:
                    known = apart[card.name, fold(label.id)] is not None
                else:
                    known = any((covers[name], text) in spelled for text in texts)
                if not known:
                    unmapped.add((card.name, label.id))
    assert {
        one for one in unmapped if one[0] in ("fma", "gtzan", "edm", "mtg_jamendo", "music_genre", "ctis", "demo")
    } == {
        ("fma", "Unclassifiable"),
        ("edm", "Lo-fi"),
    }
    assert unmapped == {("fma", "Unclassifiable"), ("edm", "Lo-fi")}


def test_what_is_not_mapped_is_listed_and_never_guessed(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, "mine", "genre", "Zouk", "rock", "Rocky")
    put(home, "musiccaps", "aspect", "low quality", "noisy")
    put(home, "edm", "genre", "Lo-fi")
    rows = list(mudata.unmapped_labels())
    assert [(r["dataset"], r["namespace"], r["label"], r["clips"]) for r in rows] == [
        ("edm", "genre", "Lo-fi", 1),
        ("mine", "genre", "Rocky", 1),
        ("mine", "genre", "Zouk", 1),
        ("musiccaps", "aspect", None, 2),
    ]
    assert [r["why"] for r in rows] == [
        "FMA's Lo-Fi is a kind of rock; of this one nobody says",
        "no vocabulary has this word",
        "no vocabulary has this word",
        "no vocabulary covers this namespace (2 labels)",
    ]
    assert [r["label"] for r in mudata.unmapped_labels("mine")] == ["Rocky", "Zouk"]
    with pytest.raises(UnknownName, match="fetch gtzan"):
        mudata.unmapped_labels("gtzan")


def test_the_command_lists_them(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "mine", "genre", "Zouk")
    monkeypatch.setattr(sys, "argv", ["mudata", "labels", "unmapped", "mine", "--json"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert json.loads(capsys.readouterr().out) == list(mudata.unmapped_labels())


# ------------------------------------------------------------------------- vocabularies of one's own


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cards" / "vocabularies"
    folder.mkdir(parents=True)
    monkeypatch.setenv("MUDATA_CARDS", str(folder.parent))
    return folder


def write(path: Path, **said: Any) -> Path:
    path.write_text(yaml.safe_dump({"title": "mine", "namespace": "genre", **said}, allow_unicode=True))
    return path


def test_a_file_of_ones_own_adds_concepts_and_mappings(home: Home, shelf: Path) -> None:
    put(home, "mine", "style", "Zouk", "Hardcore", "Heavy stuff")
    assert meant("mine") == {}
    file = write(
        shelf / "mine.yaml",
        covers=["style"],
        concepts={"zouk": []},
        above={"latin america": {"concepts": ["zouk"], "source": "me"}},
        means=[{"dataset": "mine", "label": "heavy STUFF", "concept": "Metal", "source": "me"}],
    )
    concepts.check(file)
    assert meant("mine") == {
        "Zouk": ("zouk", ["international", "latin america", "zouk"]),
        "Hardcore": (None, None),
        "Heavy stuff": ("metal", ["rock", "metal"]),
    }
    rows = mudata.sql("SELECT basis FROM harmonised_labels WHERE label = 'Heavy stuff'").fetchall()
    assert rows == [("me",)]
    assert meant("mine")["Zouk"], "and the built-in ones stay"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"means": [{"dataset": "mine", "label": "x", "concept": "nonesuch", "source": "me"}]},
            "'nonesuch' is no concept",
        ),
        ({"above": {"rock": {"concepts": ["nonesuch"], "source": "me"}}}, "'nonesuch' is no concept"),
        ({"above": {"rock": {"concepts": ["metal"]}}}, "above.rock.source: this key is missing"),
        (
            {"adopts": [{"dataset": "gtzan", "namespace": "colour", "source": "me"}]},
            "no labels of the namespace",
        ),
        ({"concepts": {"a b": ["c"], "c": []}}, "spelled by two concepts: c"),
        ({"means": [{"dataset": "d", "label": x, "concept": None, "source": "me"} for x in ("A-b", "ab")]}, "twice"),
    ],
)
def test_a_file_that_cannot_be_is_passed_over_with_a_word(
    home: Home, shelf: Path, said: dict[str, Any], told: str
) -> None:
    put(home, "gtzan", "genre", "metal")
    file = write(shelf / "mine.yaml", **said)
    with pytest.raises(CardError, match=told):
        concepts.check(file)
    with pytest.warns(UnreadableFileWarning, match="passed over"):
        assert meant("gtzan") == {"metal": ("metal", ["rock", "metal"])}


def test_no_circle_arises(home: Home, shelf: Path) -> None:
    write(
        shelf / "mine.yaml",
        concepts={"a": [], "b": [], "c": []},
        above={
            "a": {"concepts": ["b"], "source": "me"},
            "b": {"concepts": ["c"], "source": "me"},
            "c": {"concepts": ["a", "c"], "source": "me"},
        },
    )
    rows = mudata.sql("SELECT concept, path FROM concepts WHERE concept IN ('a', 'b', 'c') ORDER BY 1").fetchall()
    assert rows == [("a", ["a"]), ("b", ["a", "b"]), ("c", ["a", "b", "c"])]


def test_what_lies_ready_is_what_the_files_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert concepts.FILE.read_text("utf-8") == concepts.made()
    tables, _ = concepts.compile_files(card_files.files(concepts.KIND))
    assert concepts.compiled() == tables
    monkeypatch.setattr(concepts, "compile_files", lambda *_: pytest.fail("it lies ready"))
    concepts.compiled()


def test_a_changed_card_makes_them_anew(shelf: Path) -> None:
    card = loader.load("edm")
    made = card.model_dump(mode="json", exclude_defaults=True)
    made["labels"]["genre"]["vocabulary"].append({"id": "Zouk"})
    (shelf.parent / "edm.yaml").write_text(yaml.safe_dump(made, allow_unicode=True))
    assert "zouk" in {row["concept"] for row in concepts.compiled()["concepts"]}
