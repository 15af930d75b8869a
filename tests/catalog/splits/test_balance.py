"""How labels lie in the parts, and the errors told with them, by hand."""

from __future__ import annotations

import math

import pytest
import shelf

from mudata.catalog.splits import draw
from mudata.catalog.splits.balance import label_balance
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import UnknownName
from mudata.home import Home


@pytest.fixture
def toy(home: Home) -> Home:
    clips = [{"id": f"{i:02}", "artist": f"a{i // 3}"} for i in range(30)]
    labels = [{"id": f"{i:02}", "label": "rock" if i < 20 else "pop"} for i in range(30)]
    shelf.shelve(home, clips=clips, labels=labels)
    return home


@pytest.mark.slow
def test_shares_are_of_all_clips_that_could_be_drawn(toy: Home) -> None:
    request = SplitRequest(name="s", datasets=("toy",), stratify=("genre",), n=15)
    (part,) = label_balance(toy, draw.make(toy, request))
    assert (part.part, part.clips, part.groups, part.share) == ("test", 15, 15, 0.5)
    assert part.labels == {"genre 'pop'": 5, "genre 'rock'": 10}
    assert (part.low, part.high, part.deviation) == (0.5, 0.5, 0)
    assert part.chance == pytest.approx(math.sqrt(0.5 * 0.5 / 10))
    assert part.margin == pytest.approx(0.98 / math.sqrt(15 + 1.96**2))


@pytest.mark.slow
def test_deviation_is_from_the_share_that_was_asked_for(toy: Home) -> None:
    parts = {"train": 0.5, "test": 0.5}
    request = SplitRequest(name="s", datasets=("toy",), stratify=("genre",), group=("artist",), parts=parts)
    split = draw.make(toy, request)
    for part in label_balance(toy, split):
        shares = [part.labels["genre 'rock'"] / 20, part.labels["genre 'pop'"] / 10]
        assert (part.low, part.high) == (min(shares), max(shares))
        assert part.deviation == pytest.approx(max(abs(share - 0.5) for share in shares))
        assert part.groups == len({int(m.clip_id[-2:]) // 3 for m in split.parts[part.part]})


@pytest.mark.slow
def test_where_shares_mean_nothing_none_are_told(toy: Home) -> None:
    per_label = SplitRequest(name="s", datasets=("toy",), stratify=("genre",), per_label=3)
    (part,) = label_balance(toy, draw.make(toy, per_label))
    assert set(part.labels.values()) == {3}
    assert part.low is part.high is part.deviation is part.chance is None
    (plain,) = label_balance(toy, draw.make(toy, SplitRequest(name="s", datasets=("toy",), n=3)))
    assert (plain.labels, plain.deviation, plain.share) == ({}, None, 0.1)


@pytest.mark.slow
def test_a_split_is_told_against_the_index_of_now(toy: Home) -> None:
    split = draw.make(toy, SplitRequest(name="s", datasets=("toy",), stratify=("genre",), parts={"test": 1.0}))
    shelf.shelve(
        toy, clips=[{"id": "00"}, {"id": "29"}], labels=[{"id": "00", "label": "rock"}, {"id": "29", "label": "x"}]
    )
    (part,) = label_balance(toy, split)
    assert (part.clips, part.groups, part.labels) == (30, 2, {"genre 'rock'": 1, "genre 'x'": 1})


@pytest.mark.slow
def test_a_dataset_that_is_not_indexed_cannot_be_told_of(toy: Home) -> None:
    split = draw.make(toy, SplitRequest(name="s", datasets=("toy",), n=1))
    shelf.shelve(toy, "other", clips=[{"id": "1"}])
    other = Home(toy.root / "elsewhere")
    shelf.shelve(other, "other", clips=[{"id": "1"}])
    with pytest.raises(UnknownName, match="No dataset named 'toy'"):
        label_balance(other, split)
