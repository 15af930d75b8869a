"""Label sets are checked, and it is told which spellings say anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import typed

import mudata
from mudata.catalog.cards import loader
from mudata.evaluation.align.label_audit import audit
from mudata.evaluation.align.label_lint import lint
from mudata.evaluation.align.label_set import LabelEntry, LabelSet

TAGS = LabelSet("multi", tuple(LabelEntry(tag, tag, (tag,)) for tag in ("beat", "piano")))


def test_a_spelling_that_is_right_by_chance_alone_says_nothing() -> None:
    answers = [("a beat", ("piano",), "")] * 20 + [("a piano", ("piano",), "")] * 20 + [("no piano", (), "")]
    uses = {(use.spelling): use for use in audit(answers, TAGS)}
    beat, piano = uses["beat"], uses["piano"]
    assert (beat.said, beat.counted, beat.gold, beat.base, beat.uninformative) == (20, 20, 0.0, 0.0, True)
    assert (piano.said, piano.counted, piano.gold, piano.uninformative) == (21, 20, 1.0, True)  # every clip is a piano


def test_without_references_uses_are_counted_alone() -> None:
    (use,) = audit([("a piano", (), "")], TAGS)
    assert (use.said, use.counted, use.gold, use.base, use.uninformative) == (1, 1, None, None, False)


def test_what_a_careful_reader_takes_for_no_label_needs_a_guard() -> None:
    space = loader.load("mtg_jamendo").labels["instrument"]
    bare = space.model_copy(update={"words": (), "guards": (), "compounds": {}})
    wrong = [note.what for note in lint(bare) if note.level == "error"]
    assert "'The song has a steady beat.' is read as 'beat': a guard is missing" in wrong
    assert not [note for note in lint(space) if note.level == "error"]


def test_words_of_two_meanings_are_noted() -> None:
    notes = [note.what for note in lint(loader.load("mtg_jamendo").labels["instrument"])]
    assert any("of genre holds" in what for what in notes)


@pytest.mark.slow
def test_no_label_set_of_any_card_lacks_a_guard() -> None:
    assert [row for row in mudata.lint_labels() if row["level"] == "error"] == []


def test_label_sets_are_checked_and_answers_audited_on_the_command_line(tmp_path: Path) -> None:
    done = typed("labels", "lint", "gtzan")
    assert done.code == 0, done.err
    assert "0 errors" in done.err
    file = tmp_path / "answers.jsonl"
    file.write_text('{"clip_id": "a/1", "answer": "rock, not pop", "references": ["rock"]}\n')
    found = json.loads(typed("labels", "audit", str(file), "--labels", "gtzan", "--json").out)
    assert [(row["spelling"], row["counted"], row["gold"]) for row in found] == [("pop", 0, None), ("rock", 1, 1.0)]
    assert "100.0 %" in typed("labels", "audit", str(file), "--labels", "gtzan").out
