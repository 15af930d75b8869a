"""Other harnesses' rules: what they make of tricky answers, and their known numbers on published ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.label_set import LabelEntry, LabelSet
from mudata.evaluation.metrics.parsing_rules import PARSING_RULES, sensitivity, spellings
from mudata.evaluation.metrics.scored import ScoredAnswer


def label_set(*names: str, **others: str) -> LabelSet:
    """Labels of those ids; others are id=display."""
    written = dict.fromkeys(names) | others
    return LabelSet("single", tuple(LabelEntry(i, d or i, tuple({i, d or i})) for i, d in written.items()))


GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
GTZAN = label_set(*GENRES)
EDM = label_set("Future Garage/Wave Trap", "Trap", "House", "Big Room House")


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("Rock.", "rock", "exact prefix substring cmi mmau mucho"),
        ("It is rock", "rock", "substring cmi mmau"),  # mucho: I is the letter of reggae
        ("rock and pop", "rock", "prefix substring"),
        ("Hip hop", "hiphop", "cmi"),
        ("a popular song", "pop", "substring cmi mucho"),
        ("This is not rock, it is metal.", "metal", "substring mucho"),
        ("This is not rock, it is metal.", "rock", "substring"),
        ("Anything but country.", "country", "substring cmi mmau"),  # mucho: A is the letter of blues
        ("Blues", "blues", "exact prefix substring cmi mmau"),  # mucho: B is the letter of classical
        ("C", "country", "mucho"),
        ("B or C? The correct answer is: C", "country", "mucho"),
        ("", "rock", ""),
        ("synth-pop", "pop", "substring cmi mmau mucho"),
    ],
)
def test_each_rule_reads_as_its_harness_does(answer: str, gold: str, right: str) -> None:
    peers = [name for name, rule in PARSING_RULES.items() if rule.accepts]
    assert [name for name in peers if PARSING_RULES[name].right(answer, (gold,), GTZAN)] == right.split()


@pytest.mark.parametrize("answer", ["Future Garage/Wave Trap", "Big Room House"])
def test_cmi_marks_labels_that_hold_another_wrong_even_verbatim(answer: str) -> None:
    assert not PARSING_RULES["cmi"].right(answer, (answer,), EDM)
    assert PARSING_RULES["exact"].right(answer, (answer,), EDM)


def test_mucho_follows_the_order_shown() -> None:
    shown = Shown(options=GENRES[::-1], letters=True)
    assert PARSING_RULES["mucho"].right("A", ("rock",), GTZAN, shown)
    assert PARSING_RULES["mucho"].right("pop or rock?", ("rock",), GTZAN, shown)
    assert PARSING_RULES["mucho"].right("pop or rock?", ("pop",), GTZAN)


def test_labels_are_spelled_as_the_dataset_does_unless_that_is_a_code() -> None:
    labels = label_set(hiphop="Hip-Hop", C0094="suona", **{"Cluster 1": "passionate/rousing"})
    assert spellings(labels) == {"hiphop": "hiphop", "C0094": "suona", "Cluster 1": "passionate/rousing"}
    assert PARSING_RULES["substring"].right("a suona plays", ("C0094",), labels)


def test_our_own_rules_are_the_aligner() -> None:
    for answer in ("It is rock", "rock and pop", "popular", ""):
        read = align(answer, GTZAN)
        assert PARSING_RULES["strict"].right(answer, ("rock",), GTZAN) == (read.label == "rock")


def test_every_rule_counts_over_all_clips_and_failures_are_wrong() -> None:
    alignments = [Alignment("ALIGNED", ("rock",)), Alignment("MULTI", ("pop", "rock"), positives=("pop", "rock"))]
    items = [
        ScoredAnswer(f"d/{i}", "d", ("rock",), text, read)
        for i, (text, read) in enumerate(zip(("rock", "pop or rock"), alignments, strict=True))
    ]
    items.append(ScoredAnswer("d/2", "d", ("rock",), None, Alignment("ERROR")))
    rows = {row["policy"]: row for row in sensitivity(items, {"d": GTZAN}, {"d": Shown()})}
    assert list(rows) == ["exact", "prefix", "substring", "cmi", "mmau", "mucho", "any_mention", "strict"]
    got = {name: round(3 * float(row["accuracy"])) for name, row in rows.items()}  # type: ignore[arg-type]
    assert got == {
        "exact": 1,
        "prefix": 1,
        "substring": 2,
        "cmi": 1,
        "mmau": 1,
        "mucho": 1,
        "any_mention": 2,
        "strict": 1,
    }
    assert all(row["n"] == 3 and row["note"] and row["low"] < row["high"] for row in rows.values())  # type: ignore[operator]


@pytest.mark.parametrize("name", ["prefix", "substring", "cmi", "mmau", "mucho"])
def test_rules_of_others_name_their_source(name: str) -> None:
    assert "@" in PARSING_RULES[name].note


def published(shared: Path, model: str) -> list[tuple[str, str]]:
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_GTZAN.jsonl").read_text())
    return [(line["response"], line["correct_answer"]) for line in said]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("qwen", (0.0, 0.0, 66.2, 73.8, 66.2, 66.2)),
        ("qwen2", (62.4, 54.8, 54.8, 62.4, 54.8, 54.8)),
        ("mullama", (0.0, 0.0, 21.0, 14.5, 15.2, 18.3)),
        ("ltu", (0.0, 1.7, 23.4, 1.0, 1.0, 3.4)),
    ],
)
def test_published_answers_get_their_known_accuracies(shared: Path, model: str, known: tuple[float, ...]) -> None:
    said = published(shared, model)
    assert len(said) == 290
    got = [
        round(100 * sum(PARSING_RULES[name].right(answer, (gold,), GTZAN) for answer, gold in said) / 290, 1)
        for name in ("exact", "prefix", "substring", "cmi", "mmau", "mucho")
    ]
    assert tuple(got) == known
