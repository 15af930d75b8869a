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
    with pytest.raises(UnknownName, match="No reader named 'kay'"):
        mudata.align("C major", kind="kay")
