"""Pages of clips: each goes on where the last ended, whatever they are sorted by."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from collection_home import publish_evil
from small_corpus import Corpus

from mudata.errors import ArgumentError
from mudata.web.collection_pages import clip_listing
from mudata.web.collection_pages.clip_search import SORTS, ClipSearch
from mudata.web.collection_pages.live_index import LiveIndex, TooSlow

if TYPE_CHECKING:
    from mudata.home import Home


def test_every_clip_is_on_one_page_there_and_back(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Corpus(home, tmp_path, monkeypatch).publish()
    publish_evil(home)  # has a title, and no duration
    monkeypatch.setattr(clip_listing, "PAGE", 5)
    index = LiveIndex(home)
    orders = {}
    for sort in SORTS:
        page = clip_listing.clip_page(index, ClipSearch(sort=sort))
        there = [page]
        while page.older:
            there.append(page := clip_listing.clip_page(index, ClipSearch.of_query(page.older.pairs())))
        ids = [[row["clip_id"] for row in one.clips] for one in there]
        assert list(map(len, ids)) == [5, 5, 3]
        assert {one.total for one in there} == {13}
        back = [page]
        while page.newer:
            back.append(page := clip_listing.clip_page(index, ClipSearch.of_query(page.newer.pairs())))
        assert [[row["clip_id"] for row in one.clips] for one in back] == ids[::-1]
        orders[sort] = [clip_id for own in ids for clip_id in own]
        assert len(set(orders[sort])) == 13
    assert orders["id"] == sorted(orders["id"])
    assert orders["title"][0].startswith("evil/")
    assert orders["shortest"][-1].startswith("evil/")
    assert list(orders["longest"]) == [
        *(f"tones/{i:02}" for i in sorted(range(12), key=lambda i: (-(i % 4), i))),
        *(i for i in orders["id"] if i.startswith("evil/")),
    ]


def test_an_index_that_is_closed_stops_what_runs(home: Home) -> None:
    index = LiveIndex(home)
    with ThreadPoolExecutor(1) as pool:
        endless = pool.submit(index.rows, "SELECT count(*) FROM range(1000000000000)")
        while not index.is_busy:
            pass
        index.close()
        with pytest.raises(TooSlow):
            endless.result()
    with pytest.raises(TooSlow, match="is ending"):
        index.rows("SELECT 1")


def test_an_address_and_a_search_are_the_same() -> None:
    search = ClipSearch(q="a b", labels=("genre:low", "mood:x:y"), min=1.5, split="s", part="test", sort="title")
    assert ClipSearch.of_query(search.pairs()) == search
    assert search.without("split", "s") == ClipSearch(q="a b", labels=search.labels, min=1.5, sort="title")
    assert search.without("label", "genre:low").labels == ("mood:x:y",)
    with pytest.raises(ArgumentError, match="in this order"):  # a place in an order of numbers
        ClipSearch(sort="longest").of_query([("sort", "longest"), ("after", "WyJhIiwiYiJd")])
