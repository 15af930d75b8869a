"""MMAU-Pro's 27 checks, each fulfilled and not, by hand."""

from __future__ import annotations

import time

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.text_checks import CHECKS, TEXT_CHECKS, bullets, enclosed, has_title

CASES: list[tuple[str, dict[str, object], str, bool]] = [
    ("Include Keywords", {"keywords": "art, drum"}, "A heart and Drums", True),
    ("Include Keywords", {"keywords": "art, drum"}, "A heart", False),
    ("Keyword Frequency", {"keyword": "art", "N": 2}, "Art, heart, art", True),
    ("Keyword Frequency", {"keyword": "art", "N": 3}, "Art, heart, art", False),
    ("Forbidden Words", {"forbidden_words": "loud, fast"}, "slow and soft", True),
    ("Forbidden Words", {"forbidden_words": "loud, fast"}, "A breakfast", False),
    ("Number Paragraphs", {"N": 2}, "one *** two ***  ", True),
    ("Number Paragraphs", {"N": 3}, "one *** two ***  ", False),
    ("Number Words (at least)", {"N": 3}, "one two, three", True),
    ("Number Words (at least)", {"N": 4}, "one two, three", False),
    ("Number Words (at most)", {"N": 3.0}, "one two three", True),
    ("Number Words (at most)", {"N": 2}, "one two three", False),
    ("Number Words (range)", {"N1": 2, "N2": 3}, "one two", True),
    ("Number Words (range)", {"N1": 2, "N2": 3}, "one", False),
    ("Number Words (range)", {"N1": 2, "N2": None}, "one two three four", True),
    ("Number Sentences (at least)", {"N": 2}, "It swings. Dr. Who agrees.", True),
    ("Number Sentences (at least)", {"N": 3}, "It swings. Dr. Who agrees.", False),
    ("Number Sentences (at most)", {"N": 2}, "Is it jazz? It is!", True),
    ("Number Sentences (at most)", {"N": 1}, "Is it jazz? It is!", False),
    ("Number Sentences (range)", {"N1": 1, "N2": 1}, "One sentence", True),
    ("Number Sentences (range)", {"N1": 2, "N2": 3}, "One sentence", False),
    ("Postscript", {"postscript_marker": "P.S."}, "It ends. P.S. Thanks", True),
    ("Postscript", {"postscript_marker": "P.S."}, "Snaps, hops", True),
    ("Postscript", {"postscript_marker": "P.S."}, "Bye", False),
    ("Number Placeholder", {"N": 2}, "[name] and [place]", True),
    ("Number Placeholder", {"N": 2}, "[name] and []", False),
    ("Number Bullets", {"N": 2}, "* one\n * two", True),
    ("Number Bullets", {"N": 2}, "* one\n- two", False),
    ("Number Bullets", {"N": 1}, "* one\n* two", False),
    ("Number Bullets", {"N": 0}, "one * two *three", True),
    ("Title", {}, "<<My song>>\nIt goes", True),
    ("Title", {}, "<My song>", False),
    ("Title", {}, "<<>>", False),
    ("Minimum Number Highlighted Section", {"N": 2}, "*one* and *two*", True),
    ("Minimum Number Highlighted Section", {"N": 2}, "*one* and two*", False),
    ("Multiple Sections", {"N": 2, "section_splitter": "SECTION"}, "SECTION one SECTION two", True),
    ("Multiple Sections", {"N": 3, "section_splitter": "SECTION"}, "SECTION one SECTION two", False),
    ("Repeat Prompt", {}, " what plays here? A flute.", True),
    ("Repeat Prompt", {}, "A flute.", False),
    ("Two Responses", {}, "one******two", True),
    ("Two Responses", {}, "one****** One", False),
    ("Two Responses", {}, "one", False),
    ("All Uppercase", {}, "IT IS 5!", True),
    ("All Uppercase", {}, "It is 5!", False),
    ("All Lowercase", {}, "it is 5!", True),
    ("All Lowercase", {}, "5!", False),
    ("All-capital Words (at least)", {"N": 2}, "A BIG drum", True),
    ("All-capital Words (at least)", {"N": 3}, "A BIG drum", False),
    ("All-capital Words (at most)", {"N": 1}, "BIG drum", True),
    ("All-capital Words (at most)", {"N": 0}, "BIG drum", False),
    ("All-capital Words (range)", {"N1": 1, "N2": 2}, "BIG drum", True),
    ("All-capital Words (range)", {"N1": 1, "N2": 2}, "drum", False),
    ("Start Checker", {"start_phrase": "Well, then"}, "Well then: a flute", True),
    ("Start Checker", {"start_phrase": "Well, then"}, "A flute", False),
    ("End Checker", {"end_phrase": "That is all."}, "A flute. That is all!", True),
    ("End Checker", {"end_phrase": "That is all."}, "That is all. Bye", False),
    ("Quotation", {}, ' "a flute" ', True),
    ("Quotation", {}, "a flute", False),
    ("No Commas", {}, "a flute and a harp", True),
    ("No Commas", {}, "a flute, a harp", False),
    ("Sing It", {}, "la la", False),
]


@pytest.mark.parametrize(("name", "given", "answer", "right"), CASES)
def test_checks(name: str, given: dict[str, object], answer: str, right: bool) -> None:
    item = JudgedItem(question="What plays here?", settings={"task_identifier": name, "kwargs": given})
    assert TEXT_CHECKS.judge(answer, item).credit == right


def test_there_are_27_and_each_was_seen_both_ways() -> None:
    assert len(CHECKS) == 27
    assert {(name, right) for name, _, _, right in CASES} >= {(name, way) for name in CHECKS for way in (True, False)}


def test_arguments_that_are_none() -> None:
    with pytest.raises(EvaluationError, match="'many' of a text check is no number"):
        TEXT_CHECKS.judge("a", JudgedItem(settings={"task_identifier": "Number Bullets", "kwargs": {"N": "many"}}))
    with pytest.raises(EvaluationError, match="no mapping"):
        TEXT_CHECKS.judge("a", JudgedItem(settings={"task_identifier": "Title", "kwargs": [1]}))


def test_long_texts_take_no_longer_than_they_are() -> None:
    begun = time.monotonic()
    for text in ("<<" * 200_000, "[" * 400_000, "a*" * 200_000, "\n" * 400_000, "* " * 200_000, "<<>" * 130_000):
        bullets(text)
        enclosed(text, "[", "]")
        enclosed(text, "*", "*")
        has_title(text)
    assert time.monotonic() - begun < 30
