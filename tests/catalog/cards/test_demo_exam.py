"""The demo as an exam: composed, so that everybody can try one."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from shell import typed

import mudata

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.mark.slow
def test_the_demos_exam_is_sat_the_whole_way(home: Home) -> None:
    mudata.fetch("demo_exam", progress=False)
    table = home.raw("demo_exam") / "files" / "demo" / "clips.csv"
    with table.open(newline="") as file:
        plays = {row["id"]: row["instruments"].replace("_", " ").split(";") for row in csv.DictReader(file)}
    rows = mudata.sql(
        "SELECT item_id, options, truth, category, clips FROM items WHERE dataset = 'demo_exam'"
    ).fetchall()
    assert len(rows) == 192
    for item_id, options, truth, category, clips in rows:
        assert len(set(options)) == 4
        assert len(clips) == 1
        assert truth in options
        if category == "instrument":
            playing = plays[item_id.removeprefix("demo_exam/").removesuffix(".instrument")]
            assert [option for option in options if option in playing] == [truth]
    found = mudata.lint_exam("demo_exam").lint.groups["all"]
    assert (found.n, found.clips, found.wrong) == (192, 96, ())
    assert found.place_p is not None
    assert found.place_p > 0.05
    asked = json.loads(
        typed("eval", "--suite", "heard", "--exams", "demo_exam", "--models", "random", "-q", "--json").out
    )
    (row,) = asked["heard"]["rows"]
    assert row["verdict"] == "guessed"
