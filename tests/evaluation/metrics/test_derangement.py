"""Another clip for each: nobody keeps their own, kin are kept apart, and what exists is found."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.evaluation.metrics import derangement
from mudata.evaluation.metrics.derangement import NONE, other_clips
from mudata.evaluation.metrics.scored import ScoredAnswer


def clip(number: int, *references: str, dataset: str = "d", track: str = "") -> ScoredAnswer:
    return ScoredAnswer(f"{dataset}/{number:03}", dataset, references, "x", track=track)


def others(items: Sequence[ScoredAnswer]) -> list[int]:
    return [int(i) for i in other_clips(items)]


@pytest.mark.parametrize("n", [2, 3, 10, 101])
def test_nobody_keeps_their_own_and_everybody_is_given_once(n: int) -> None:
    other = others([clip(i, f"text {i}") for i in range(n)])
    assert sorted(other) == list(range(n))
    assert all(i != j for i, j in enumerate(other))


def test_nobody_is_given_to_a_clip_that_is_alone() -> None:
    assert others([clip(0, "text")]) == [NONE]
    assert others([]) == []


def test_another_clip_is_of_the_same_dataset_another_track_and_has_another_caption() -> None:
    items = [clip(i, f"text {i % 7}", dataset="de"[i % 2], track=f"t{i // 3}") for i in range(40)]
    other = others(items)
    assert sorted(other) == list(range(40))
    for i, j in enumerate(other):
        assert items[i].dataset == items[j].dataset
        assert items[i].track != items[j].track
        assert items[i].references != items[j].references


@settings(deadline=None)  # scipy is imported in the first
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=14))
def test_captions_are_kept_apart_unless_one_has_more_than_half(clips: list[tuple[int, int]]) -> None:
    items = [clip(i, f"text {text}", track=f"t{track}") for i, (text, track) in enumerate(clips)]
    other = others(items)
    if 2 * max(Counter(text for text, _ in clips).values()) > len(clips):
        assert set(other) == {NONE}
        return
    assert sorted(other) == list(range(len(items)))
    assert all(items[i].references != items[j].references for i, j in enumerate(other))


def test_where_one_track_is_nearly_everything_only_its_captions_are_kept_apart() -> None:
    items = [clip(i, f"text {i % 4}", track="one") for i in range(8)]
    assert all(items[i].references != items[j].references for i, j in enumerate(others(items)))
    assert NONE not in others(items)


def test_clips_that_share_any_of_their_captions_are_not_exchanged() -> None:
    items = [clip(0, "a", "b"), clip(1, "b", "c"), clip(2, "d"), clip(3, "e", "f")]
    assert all(not set(items[i].references) & set(items[j].references) for i, j in enumerate(others(items)))
    assert NONE not in others(items)


@pytest.mark.parametrize("other", ["a calm piano piece", "A Calm  Piano Piece!", "“A calm piano piece”"])
def test_a_full_stop_or_a_capital_makes_no_other_caption(other: str) -> None:
    items = [clip(0, "A calm piano piece."), clip(1, other), clip(2, "drums"), clip(3, "a choir")]
    assert {frozenset(pair) for pair in enumerate(others(items))}.isdisjoint({frozenset({0, 1})})
    assert others(items[:2]) == [NONE, NONE]


def test_a_dataset_beside_others_has_the_same_wrong_clips_as_alone() -> None:
    alone = [clip(i, f"text {i}") for i in range(9)]
    beside = [*alone, *(clip(i, f"more {i}", dataset="e") for i in range(5)), clip(0, "alone", dataset="f")]
    assert others(alone) == others(beside)[:9]
    assert others(beside)[-1] == NONE


def exists(kin: Sequence[set[int]]) -> bool:
    """Whether everyone can be given somebody who is no kin; every way is tried."""

    def give(i: int, taken: frozenset[int]) -> bool:
        return i == len(kin) or any(give(i + 1, taken | {j}) for j in range(len(kin)) if j not in taken | kin[i])

    return give(0, frozenset())


def related(shared: Sequence[Iterable[object]]) -> list[set[int]]:
    of = [set(own) for own in shared]
    return [{j for j, theirs in enumerate(of) if j == i or own & theirs} for i, own in enumerate(of)]


@pytest.mark.slow
def test_what_exists_is_found_in_6000_small_cases() -> None:
    draw, rare = random.Random(1), 0
    for _ in range(6000):
        n, texts, tracks = draw.randint(1, 6), draw.randint(2, 8), draw.randint(1, 6)
        items = [
            clip(
                i,
                *{f"text {draw.randrange(texts)}" for _ in range(draw.randint(1, 3))},
                track=f"t{draw.randrange(tracks)}",
            )
            for i in range(n)
        ]
        other = others(items)
        captions = related([item.references for item in items])
        both = related([{*item.references, item.track} for item in items])
        wanted = both if exists(both) else captions if exists(captions) else None
        rare += wanted is captions
        if wanted is None:
            assert other == [NONE] * n
        else:
            assert sorted(other) == list(range(n))
            assert all(j not in wanted[i] for i, j in enumerate(other))
    assert rare > 100


def test_a_matching_among_many_is_found_from_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derangement, "ALL_PAIRS", 10)
    monkeypatch.setattr(derangement, "_exchanged", lambda given, shared: None)
    items = [clip(i, f"text {i}", track=f"t{i % 3}") for i in range(300)]
    other = others(items)
    assert sorted(other) == list(range(300))
    assert all(items[i].track != items[j].track for i, j in enumerate(other))


def test_of_very_many_clips_nearly_half_may_be_of_one_track(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derangement, "MANY", 100)
    items = [clip(i, f"text {i}", track="big" if i < 490 else f"t{i // 5}") for i in range(1000)]
    other = others(items)
    assert sorted(other) == list(range(1000))
    assert all(items[i].track != items[j].track for i, j in enumerate(other))
