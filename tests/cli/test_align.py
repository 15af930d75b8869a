"""`mudata align` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shell import typed

from mudata.cli import cli
from mudata.evaluation.align.alignment import RULES

DENIED = "It's not rock, it is metal"


def run(*words: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["align", *words], input=stdin, catch_exceptions=False)


def test_an_answer_is_explained_word_by_word() -> None:
    done = run("--labels", "gtzan", DENIED)
    assert done.stdout.splitlines() == [
        "It's not [-rock-], it is [+metal+]",
        "status:  ALIGNED",
        "label:   metal",
        "denied:  rock",
        "clause:  It's not rock, it is metal (statement)",
        "rule:    one label is meant, however often it is said (single)",
    ]


@pytest.mark.parametrize(
    ("answer", "marked"),
    [
        ("a classical guitar", "a [~classical guitar~]"),
        ("bluegrass", "[?bluegrass?]"),
        ("Not sure.", "[!Not sure!]."),
        ("rock? The answer is: jazz", "[+rock+]? The [>answer is>]: [+jazz+]"),
        ("Example 1: blues", "[=Example 1: blues=]"),
        ("polka", "polka"),
    ],
)
def test_brackets_tell_what_words_are(answer: str, marked: str) -> None:
    assert run("--labels", "gtzan", answer).stdout.splitlines()[0] == marked


def test_json_has_all_that_was_found_and_who_found_it() -> None:
    found = json.loads(run("--labels", "gtzan:genre", DENIED, "--json").stdout)
    assert (found["answer"], found["status"], found["label"], found["negatives"]) == (
        DENIED,
        "ALIGNED",
        "metal",
        ["rock"],
    )
    assert found["spans"][0] == {"start": 9, "end": 13, "role": "negative", "label": "rock"}
    assert found["aligner"].startswith("aligner-")
    assert len(found["labels_sha256"]) == 64


def test_letters_and_prompts_are_taken_into_account() -> None:
    assert "label:   country" in run("--labels", "gtzan", "C", "--letters").stdout
    assert "status:  OOV" in run("--labels", "gtzan", "C").stdout
    asked = "Which of these genres is it?"
    assert "status:  ECHO_PROMPT" in run("--labels", "gtzan", asked, "--prompt", asked).stdout


def test_lines_of_stdin_make_a_table() -> None:
    done = run("--labels", "gtzan", stdin="Jazz\r\nrock or pop\n\n")
    assert [line.split()[:2] for line in done.stdout.splitlines()[2:]] == [
        ["ALIGNED", "jazz"],
        ["MULTI", "pop,"],
        ["EMPTY", "empty"],
    ]


def test_lines_of_a_file_make_a_document_each(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_bytes(b"Jazz\n\xff rock\n")
    done = run("--labels", "gtzan", "--file", str(tmp_path / "answers.txt"), "--json")
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["jazz", "rock"]


def test_a_task_that_asks_for_many_reads_a_set() -> None:
    assert "labels:  happy, sad" in run("--labels", "mtg_jamendo:mood", "sad yet happy").stdout


def test_a_card_may_be_a_file(tmp_path: Path) -> None:
    from mudata.catalog.cards import loader

    path = tmp_path / "gtzan.yaml"
    path.write_bytes(loader.find("gtzan").read_bytes())
    assert "label:   jazz" in run("--labels", str(path), "jazz").stdout
    assert "label:   jazz" in run("--labels", f"{path}:genre", "jazz").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--labels", "nothing", "x"), "No dataset named 'nothing'"),
        (("--labels", "gtzan:mood", "x"), "No vocabulary of gtzan named 'mood'"),
        (("--labels", "mtg_jamendo", "x"), "Choose from: mtg_jamendo:genre"),
        (("--labels", "musiccaps", "x"), "musiccaps has no list of labels"),
        (("--labels", "gtzan", "x", "--file", __file__), "Give an ANSWER, or lines"),
        (("--labels", "gtzan", "--file", "/nowhere"), "No such file"),
        (("x",), "--labels"),
    ],
)
def test_what_cannot_be_read_is_said(words: tuple[str, ...], said: str) -> None:
    done = typed("align", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_all_rules_are_explained_on_a_page() -> None:
    page = run("--explain").stdout
    assert all(f"  {rule} " in page for rule in RULES if rule != "error")
    assert len(page.splitlines()) < 80
    assert max(map(len, page.splitlines())) < 140


def test_every_clause_of_an_answer_is_explained() -> None:
    done = run("--labels", "gtzan", "--explain", "Some say rock. It is metal, with hints of blues.")
    assert "Some say rock.                     opinion    0     rock" in done.stdout
    assert "It is metal, with hints of blues.  statement  3     metal, blues" in done.stdout
    found = json.loads(run("--labels", "gtzan", "--explain", "--json", "Not rock. Metal.").stdout)
    assert [(row["role"], row["labels"], row["denied"]) for row in found["clauses"]] == [
        ("denial", [], ["rock"]),
        ("statement", ["metal"], []),
    ]


@pytest.mark.parametrize(
    ("words", "marked", "status", "label"),
    [
        (
            ("--kind", "choose", "--option", "slow", "--option", "fast", "--numbers", "(2), not slow"),
            "([+2+]), not [-slow-]",
            "ALIGNED",
            "fast",
        ),
        (
            ("--kind", "pair", "--prompt", "Which is brighter?", "The first is brighter."),
            "The [+first+] is brighter.",
            "ALIGNED",
            "first",
        ),
        (("--kind", "order", "Clip 2, then clip 1."), "[+Clip 2, then clip 1+].", "ALIGNED", "2 1"),
        (("--kind", "boundaries", "at 0:08 and 0:16"), "at [+0:08 and 0:16+]", "ALIGNED", "8.000 16.000"),
        (("--kind", "number", "--unit", "semitones", "Up 3 semitones."), "Up [+3 semitones+].", "ALIGNED", "3"),
        (("--kind", "structure", "verse, chorus, verse"), "[+verse, chorus, verse+]", "ALIGNED", "ABA"),
    ],
)
def test_choices_orders_and_structures_are_explained(
    words: tuple[str, ...], marked: str, status: str, label: str
) -> None:
    told = run(*words).stdout.splitlines()
    assert told[0] == marked
    assert [line.split() for line in told if line.startswith(("status", "label"))] == [
        ["status:", status],
        ["label:", *label.split()],
    ]


def test_options_are_no_labels() -> None:
    assert "--option goes with --kind" in typed("align", "--labels", "gtzan", "--option", "rock", "rock").err


def test_labels_have_to_be_named() -> None:
    assert "Missing option '--labels'" in typed("align", "rock").err


def test_a_value_is_explained_by_its_words_and_the_rule() -> None:
    assert run("--kind", "key", "Not C major but a-Moll.").stdout.splitlines() == [
        "Not [-C major-] but [+a-Moll+].",
        "status:  ALIGNED",
        "label:   A minor",
        "denied:  C major",
        "clause:  a-Moll. (statement)",
        "rule:    one value of the kind asked for is said (value)",
    ]


def test_values_are_read_line_by_line_and_as_json_with_the_name_of_the_rules(tmp_path: Path) -> None:
    lines = tmp_path / "answers.txt"
    lines.write_text("120-125 BPM\nabout 96 bpm\n", "utf-8")
    first, second = map(json.loads, run("--kind", "tempo", "--file", str(lines), "--json").stdout.splitlines())
    assert (first["status"], first["labels"], first["flags"]) == ("MULTI", ["120", "125"], ["hedged"])
    assert (second["label"], second["kind"]) == ("96", "tempo")
    assert second["reader"].startswith("reader-")


def test_clauses_and_rules_of_values_can_be_seen() -> None:
    shown = run("--kind", "metre", "--explain", "It is not 4/4. It is 6/8.").stdout
    assert "not 4/4" in shown
    assert "label:   6/8" in shown
    assert "'at least 3'" in run("--kind", "number", "--explain").stdout


def test_labels_or_a_kind_and_one_that_there_is() -> None:
    assert "one of both" in typed("align", "rock", "--labels", "gtzan", "--kind", "key").err
    assert "No kind of answer named 'kay'. Did you mean 'key'?" in typed("align", "C", "--kind", "kay").err


def test_kinds_are_named_as_cards_name_them() -> None:
    from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
    from mudata.evaluation.readers.reading import READERS

    assert set(EXACT_KINDS) - {"open"} <= set(READERS), "what an open answer is worth only an exam's own rule says"
    assert all(name in typed("align", "--help").out for name in READERS)


def test_a_unit_goes_with_a_number() -> None:
    assert "not with tempo" in typed("align", "--kind", "tempo", "--unit", "bpm", "120 bpm").err
    assert "--unit goes with --kind number" in typed("align", "--labels", "gtzan", "--unit", "bpm", "rock").err
