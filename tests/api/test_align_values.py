"""`mudata.align` reads values too."""

from __future__ import annotations

import pytest

import mudata
from mudata.errors import ArgumentError, UnknownName


def test_a_value_is_read_as_the_command_reads_it() -> None:
    assert mudata.align("Not C major but a-Moll.", kind="key").label == "A minor"
    assert [read.labels for read in mudata.align(["120-125", "about 96"], kind="tempo")] == [("120", "125"), ("96",)]
    prompt = "What is the time signature, such as 5/4?"
    assert mudata.align(prompt, kind="metre", prompt=prompt).status == "ECHO_PROMPT"


def test_labels_or_a_kind_has_to_be_given_and_one_of_both() -> None:
    with pytest.raises(ArgumentError, match="takes labels or a kind"):
        mudata.align("C major")
    with pytest.raises(ArgumentError, match="takes labels or a kind"):
        mudata.align("C major", "gtzan", kind="key")
    with pytest.raises(UnknownName, match="No kind of answer named 'kay'"):
        mudata.align("C major", kind="kay")


def test_kinds_of_items_are_read_by_their_own_names() -> None:
    assert mudata.align("The second one.", kind="pair").label == "second"
    assert mudata.align("a tango", kind="choose", options=["a waltz", "a tango"]).label == "a tango"
    assert mudata.align("0:08 and 0:16", kind="boundaries").label == "8.000 16.000"
    assert mudata.align("A 0-8 s, B 8-16 s", kind="segments").label == "0.000 A 8.000 B 16.000"


def test_a_number_may_have_a_unit_of_its_own() -> None:
    assert mudata.align("about 3 semitones", kind="number", unit="semitones").label == "3"
    assert mudata.align("about 3 semitones", kind="number").label is None
    with pytest.raises(ArgumentError, match="not with key"):
        mudata.align("C major", kind="key", unit="semitones")
    with pytest.raises(ArgumentError, match="kind='number'"):
        mudata.align("rock", "gtzan", unit="semitones")
