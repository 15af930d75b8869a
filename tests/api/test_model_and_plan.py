"""Models, sample sizes and the schema as functions: each is what its command prints."""

from __future__ import annotations

import json

import pytest
from shell import typed

import mudata
from mudata.errors import ArgumentError, EvaluationError, UnknownName


def test_a_model_is_told_as_the_command_tells_it() -> None:
    known = mudata.model_info("majority")
    assert known["name"] == "majority"
    assert typed("models", "info", "majority").out == f"{known!r}\n"
    assert json.loads(typed("models", "info", "majority", "--json").out) == dict(known)
    with pytest.raises(UnknownName, match=r"majorty.*majority"):
        mudata.model_info("majorty")


def test_a_plan_has_the_numbers_of_the_command() -> None:
    planned = mudata.plan_split(margin=0.05, labels=10)
    assert [row["clips"] for row in planned][:2] == [381, 3810]
    assert json.loads(typed("split", "plan", "--margin", "0.05", "--labels", "10", "--json").out) == planned.rows
    with pytest.raises(EvaluationError, match="margin of 2 cannot be"):
        mudata.plan_split(margin=2)
    with pytest.raises(ArgumentError, match=r"(?s)discordance is about two runs.*paired=True"):
        mudata.plan_split(discordance=0.2)
    paired = mudata.plan_split(paired=True, discordance=0.2)
    assert [row["clips"] for row in paired if "McNemar" in row["question"]] == [168]


@pytest.mark.usefixtures("home")
def test_the_schema_is_a_table_of_all_columns_or_of_one_table() -> None:
    rows = json.loads(typed("sql", "--schema", "--json").out)
    assert mudata.schema().rows == rows
    assert {row["table"] for row in mudata.schema("clips")} == {"clips"}
    with pytest.raises(UnknownName, match="Did you mean 'clips'"):
        mudata.schema("clip")
