"""Draws: pinned on every machine, even, and independent of how Python hashes."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest

from mudata.catalog.compose.draws import Draws, evenly, log_uniform


def test_the_numbers_of_a_key_never_change() -> None:
    draws = Draws(2026, "exam", 3)
    assert [draws.below(1000) for _ in range(6)] == PINNED
    assert Draws(2026, "exam", 3).shuffled(range(6)) == PINNED_ORDER


PINNED = [533, 505, 247, 835, 311, 710]
PINNED_ORDER = [2, 1, 4, 5, 0, 3]


def test_keys_that_read_alike_are_different_keys() -> None:
    keys = [(1, "a"), ("1", "a"), (1, "a", ""), ("1a",)]
    assert len({Draws(*key).word() for key in keys}) == len(keys)


@pytest.mark.parametrize("hash_seed", ["0", "7"])
def test_other_processes_draw_the_same(hash_seed: str) -> None:
    code = "from mudata.catalog.compose.draws import Draws; print(Draws(1, 'x').shuffled(range(9)))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(Draws(1, "x").shuffled(range(9)))


def test_every_value_is_drawn_as_often() -> None:
    draws = Draws("even")
    counts = Counter(draws.below(7) for _ in range(7000))
    assert set(counts) == set(range(7))
    assert max(abs(count - 1000) for count in counts.values()) < 4 * math.sqrt(1000)


def test_rounds_deal_everything_equally_often() -> None:
    assert Counter(Draws("r").rounds("abc", 12)) == {"a": 4, "b": 4, "c": 4}


def test_nothing_cannot_be_drawn_of() -> None:
    with pytest.raises(ValueError, match="nothing can be drawn of 0"):
        Draws("x").below(0)


def test_a_logarithmic_scale_is_even_in_ratios() -> None:
    assert log_uniform(60, 180, Fraction(0)) == Decimal("60.0")
    assert float(log_uniform(60, 180, Fraction(1, 3))) == pytest.approx(60 * 3 ** (1 / 3), abs=0.05)


def test_every_step_of_the_scale_has_one_value() -> None:
    values = [float(v) for v in evenly(60, 180, 50, Draws("tempi"))]
    steps = [math.floor(50 * math.log(v / 60) / math.log(3) + 0.02) for v in values]
    assert values == sorted(values)
    assert all(abs(step - i) <= 1 for i, step in enumerate(steps))
