"""What a lift over the strongest blind floor says of a model."""

from __future__ import annotations

import numpy as np
import pytest

from mudata.evaluation.metrics.blind_lift import BlindFloor, blind_share, lift, strongest, verdict

N = 200
CLIPS = [str(i) for i in range(N)]
RNG = np.random.default_rng(3)


def floor(name: str, share: float) -> BlindFloor:
    return BlindFloor(name=name, title=name, values=(np.arange(N) % 20 < 20 * share).astype(float))


CHANCE = BlindFloor(name="chance", title="chance", values=np.full(N, 0.25))


def right(share: float) -> np.ndarray:
    return (RNG.permutation(N) < share * N).astype(float)


def test_the_strongest_floor_is_the_one_worth_most_and_the_first_of_equals() -> None:
    assert strongest([floor("silence", 0.25), floor("noise", 0.4), floor("no-audio", 0.4)]).name == "noise"


def test_a_model_that_is_right_far_more_often_is_heard() -> None:
    found = lift(right(0.8), [CHANCE, floor("longest", 0.4), floor("silence", 0.3)], CLIPS)
    assert (found.floor, found.n, found.clusters) == ("longest", N, N)
    assert found.value == pytest.approx(0.4)
    assert found.low is not None
    assert 0.3 < found.low < 0.4
    assert verdict(found, found.p)[0] == "heard"
    assert verdict(found, 0.06)[0] == "cannot tell"  # after the adjustment for many


def test_a_model_that_does_what_a_floor_does_guessed() -> None:
    always_b = floor("position", 0.4)
    found = lift(always_b.values, [CHANCE, always_b], CLIPS)
    assert (found.value, found.p) == (0.0, 1.0)
    said, why = verdict(found, found.p)
    assert said == "guessed"
    assert "points above position (40.0 %)" in why


def test_of_a_model_whose_answers_hang_on_the_sound_nobody_says_that_it_guessed() -> None:
    found = lift(right(0.3), [floor("longest", 0.4)], CLIPS)
    assert verdict(found, found.p, listens=None)[0] == "guessed"
    said, why = verdict(found, found.p, listens=True)
    assert said == "cannot tell"
    assert "hang on the sound" in why


def test_of_few_items_and_of_few_clips_nothing_is_said() -> None:
    few = lift(np.ones(40), [BlindFloor(name="chance", title="chance", values=np.full(40, 0.25))], CLIPS[:40])
    assert verdict(few, few.p) == ("cannot tell", "40 items; 50 are the fewest that can show it")
    one = lift(right(0.9), [CHANCE], ["one clip"] * N)
    assert verdict(one, one.p)[0] == "cannot tell"


def test_items_of_one_clip_are_one_piece_of_evidence() -> None:
    values = np.repeat(right(0.6)[: N // 10], 10)
    apart, together = (lift(values, [CHANCE], of) for of in (CLIPS, [str(i // 10) for i in range(N)]))
    assert together.clusters == N // 10
    assert together.p > apart.p
    assert together.low is not None
    assert apart.low is not None
    assert together.low < apart.low


def test_luck_among_floors_is_allowed_for() -> None:
    """Where many floors are as good, the strongest is so by luck: less is ruled out than beside it alone."""
    floors = [BlindFloor(name=str(i), title=str(i), values=right(0.25)) for i in range(8)]
    values = right(0.25)
    alone, among = lift(values, floors[:1], CLIPS), lift(values, floors, CLIPS)
    assert alone.most is not None
    assert among.most is not None
    assert alone.high is not None
    assert alone.most == pytest.approx(alone.high)
    assert among.most > alone.most


def test_what_is_right_without_ears_is_told_without_what_guessing_explains() -> None:
    known, chance = np.array([1.0] * 100 + [0.0] * 100), np.full(N, 0.25)
    values = np.array([1.0] * 150 + [0.0] * 50)
    share = blind_share(values, {"silence": np.zeros(N), "no-audio": known}, chance, CLIPS)
    assert share is not None
    assert (share.condition, share.right, share.chance) == ("no-audio", 0.5, 0.25)
    assert share.known == pytest.approx(1 / 3)
    assert share.any_right == 0.5
    assert share.any_chance == pytest.approx(1 - 0.75**2)
    assert share.of_right == pytest.approx(100 / 150)
    assert blind_share(values, {}, chance, CLIPS) is None


def test_guesses_under_three_blind_conditions_leave_nothing_known() -> None:
    rng = np.random.default_rng(0)
    blind = {name: (rng.random(4000) < 0.25).astype(float) for name in ("no-audio", "silence", "noise")}
    share = blind_share(np.ones(4000), blind, np.full(4000, 0.25), [str(i) for i in range(4000)])
    assert share is not None
    assert share.any_right > 0.55  # many are right under one of three
    assert share.any_known < 0.03
    assert share.known < 0.03
