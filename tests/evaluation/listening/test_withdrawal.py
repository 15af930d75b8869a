"""A rater takes back the consent: answers and what was made of them are gone, those of others stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from listening_tests import listening_test, on_disk
from shell import typed

import mudata
from mudata.errors import UnknownName
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore

if TYPE_CHECKING:
    from mudata.home import Home


def test_all_that_a_rater_said_is_deleted_and_results_with_it(home: Home) -> None:
    folder = on_disk(home, listening_test("t", "texts"))
    with RatingStore(folder) as store:
        for rater in ("r01", "r02"):
            store.meet(RaterRecord(rater=rater, consented_at="2026-01-01"))
            store.add([Rating(rater=rater, trial="x", aspect="preference", value="A")] * 2)
    for name in ("results.json", "ratings.jsonl"):
        (folder / name).write_text("{}")
    assert "give --yes" in typed("listen", "withdraw", "t", "r01", stdin=b"y\n").err
    assert typed("listen", "withdraw", "t", "r01", "--json").code == 2
    done = typed("listen", "withdraw", "t", "r01", "--yes", "--json")
    assert json.loads(done.out) == {
        "test": "t",
        "rater": "r01",
        "answers": 2,
        "files": ["results.json", "ratings.jsonl"],
    }
    with RatingStore(folder) as store:
        assert [r.rater for r in store.raters()] == ["r02"]
        assert {r.rater for r in store.ratings()} == {"r02"}
    assert not (folder / "results.json").exists()
    assert "Deleted: 2 rows of r02 in t." in typed("listen", "withdraw", "t", "r02", "--yes").out
    with pytest.raises(UnknownName, match=r"No rater named 'r03'.*\n.*r01, r02"):
        mudata.withdraw_rater("t", "r03")
