"""Whether places are chosen instead of options: against what is known without bias, for each way to order options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from mudata.evaluation.metrics.position_bias import PassOrder, PlacedChoice, bias_test, position_panel

Model = Callable[[np.random.Generator, int, int], int]
"""Which option is chosen, of k, by number; the right one is 0."""


def guesses(random: np.random.Generator, k: int, item: int) -> int:
    return int(random.integers(k))


def hears_half(random: np.random.Generator, k: int, item: int) -> int:
    return 0 if random.random() < 0.5 else int(random.integers(k))


def asked(order: PassOrder, model: Model, random: np.random.Generator, items: int, k: int = 4) -> list[PlacedChoice]:
    passes = []
    for item in range(items):
        for turn in range(k if order == "rotations" else 1):
            chosen = model(random, k, item)
            if order == "rotations":
                places = [(option - turn) % k for option in range(k)]
            elif order == "stored":  # authors put the right one first more often than not
                places = [(option + (item % 3 == 0)) % k for option in range(k)]
            else:
                places = random.permutation(k).tolist()
            passes.append(PlacedChoice(str(item), k, places[chosen], places[0]))
    return passes


@pytest.mark.parametrize("order", get_args(PassOrder))
@pytest.mark.parametrize("model", [guesses, hears_half])
@pytest.mark.parametrize("items", [6, 60])
def test_who_does_not_look_at_places_is_seldom_called_biased(order: PassOrder, model: Model, items: int) -> None:
    random = np.random.default_rng(items)
    p = [bias_test(asked(order, model, random, items), order).p for _ in range(150)]
    assert sum(value is not None and value < 0.05 for value in p) <= 15  # 7.5 expected; more in 1 of 150 such tests


@pytest.mark.parametrize("order", get_args(PassOrder))
def test_who_looks_at_places_is_called_biased(order: PassOrder) -> None:
    random = np.random.default_rng(1)
    passes = [one._replace(chosen=1) if random.random() < 0.5 else one for one in asked(order, hears_half, random, 60)]
    found = bias_test(passes, order)
    assert found.p is not None
    assert found.p < 0.001
    assert max(range(4), key=found.counts.__getitem__) == 1


def test_passes_of_an_item_that_stick_to_one_place_are_one_choice() -> None:
    """Drawn anew for each item: 60 choices, not 240."""
    random = np.random.default_rng(2)
    p = []
    for _ in range(150):
        sticks = random.integers(4, size=60)
        p.append(
            bias_test(
                [PlacedChoice(str(i), 4, int(s), 0) for i, s in enumerate(sticks) for _ in range(4)], "rotations"
            ).p
        )
    assert sum(value < 0.05 for value in p if value is not None) <= 15


def test_one_choice_each_is_pearsons_test() -> None:
    counts = (31, 20, 24, 15)
    passes = [PlacedChoice(f"{place} {i}", 4, place, None) for place, n in enumerate(counts) for i in range(n)]
    found, other = bias_test(passes, "shuffled"), stats.chisquare(counts)
    assert (found.statistic, found.p) == (pytest.approx(other.statistic), pytest.approx(other.pvalue))
    assert (found.df, found.n, found.counts) == (3, 90, counts)


def test_who_always_chooses_the_same_option_has_no_bias_that_could_be_seen() -> None:
    found = bias_test([PlacedChoice("1", 4, place, 0) for place in range(4)], "rotations")
    assert (found.statistic, found.df, found.p) == (0.0, 0, None)


def test_items_of_different_sizes_are_expected_where_they_have_places() -> None:
    passes = [PlacedChoice(str(i), 2 + i % 2 * 2, 0, None) for i in range(40)]
    found = bias_test(passes, "shuffled")
    assert found.expected == pytest.approx((15, 15, 5, 5))
    assert math.isclose(sum(found.expected), 40)


def test_an_item_with_most_options_has_its_places_though_none_of_its_choices_counts() -> None:
    """As stored, right choices say nothing, but the panel has one list of places."""
    alike = [PlacedChoice(str(i), 4, 1 + i % 3, 0) for i in range(60)]
    panel = position_panel([PlacedChoice("long", 6, 2, 2), *alike], "stored")
    assert panel is not None
    assert panel["places"] == list("ABCDEF")
    assert panel["test"]["counts"] == [0, 20, 20, 20, 0, 0]
    without = bias_test(alike, "stored")
    assert [panel["test"][name] for name in ("statistic", "df", "p")] == [without.statistic, without.df, without.p]


def test_a_panel_has_choices_and_right_places_side_by_side() -> None:
    places = ((0, 0), (0, 1), (None, 2), (2, None))
    passes = [PlacedChoice(str(i), 3, chosen, gold) for i, (chosen, gold) in enumerate(places)]
    panel = position_panel(passes, "stored")
    assert panel is not None
    assert (panel["places"], panel["chosen"], panel["gold"]) == (["A", "B", "C"], [2, 0, 1], [1, 1, 1])
    assert [row["value"] for row in panel["by_place"]] == [1.0, 0.0, 0.0]
    assert position_panel([], "stored") is None
