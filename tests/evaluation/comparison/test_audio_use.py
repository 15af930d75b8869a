"""Was the audio heard? What the controls of a run say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.comparison.audio_use import AudioUse, Verdict, check_audio_use
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.metrics.tagging import jaccard
from mudata.evaluation.tasks.task import bind

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Kind


def judged(said: Sequence[str | None], gold: str = "a") -> list[ScoredAnswer]:
    """Answers that are labels, all of them to clips whose reference is `gold`."""
    return [
        ScoredAnswer(f"d/{n:03}", "d", (gold,), text, Alignment("ALIGNED", (text,)) if text else Alignment("ERROR"))
        for n, text in enumerate(said)
    ]


def look(real: Sequence[str | None], control: Sequence[str | None], *, greedy: bool = False) -> AudioUse:
    return check_audio_use(judged(real), {"silence": judged(control)}, "classify", deterministic=greedy)


@pytest.mark.parametrize(
    ("real", "control", "greedy", "verdict"),
    [
        (["a"] * 60, ["b"] * 60, False, "heard"),  # right, and wrong without the audio
        (["a"] * 60, ["a"] * 60, True, "not heard"),  # the same whatever is played, right or not
        (["b"] * 60, ["b"] * 60, True, "not heard"),
        (["b"] * 59 + ["c"], ["b"] * 60, True, "not heard"),  # one answer of 60 may be rounding
        (["b", "c"] * 30, ["c", "b"] * 30, True, "heard"),  # never right, but it depends on the audio
        (["b", "c"] * 30, ["c", "b"] * 30, False, "cannot tell"),  # or on a throw of dice
        (["a"] * 49, ["b"] * 49, True, "cannot tell"),  # too few
        (["b"] * 60, ["a"] * 60, False, "cannot tell"),  # better without the audio is no hearing
        (["a"] * 5 + ["b"] * 55, ["b"] * 60, False, "cannot tell"),  # five discordant pairs: p = .0625
        (["a"] * 6 + ["b"] * 54, ["b"] * 60, False, "heard"),  # six: p = .031
        (["a"] * 60, [None] * 60, True, "cannot tell"),
    ],
)
def test_verdicts(real: list[str | None], control: list[str | None], greedy: bool, verdict: Verdict) -> None:
    assert look(real, control, greedy=greedy).verdict == verdict


def test_a_contrast_has_the_numbers() -> None:
    (contrast,) = look(["a"] * 40 + ["b"] * 20, ["b"] * 60).contrasts
    assert (contrast.control, contrast.n, contrast.changed) == ("silence", 60, pytest.approx(2 / 3))
    assert contrast.low is not None
    assert contrast.high is not None
    assert contrast.low < 2 / 3 < contrast.high
    assert (contrast.score, contrast.control_score) == (pytest.approx(2 / 3), 0.0)
    assert contrast.relabelled == pytest.approx(2 / 3)
    assert contrast.p == pytest.approx(2 * 0.5**40)
    assert contrast.why == "silence: 40 of 60 answers change, accuracy 66.7 % against 0.0 % (p = 1.8e-12)"


def test_clips_of_few_artists_are_no_sixty_clips() -> None:
    """Right with the audio and wrong without, but of five artists: the smallest p that can be is .062."""

    def of_five(said: str) -> list[ScoredAnswer]:
        return [replace(item, cluster=f"artist {n % 5}") for n, item in enumerate(judged([said] * 60))]

    found = check_audio_use(of_five("a"), {"silence": of_five("b")}, "classify")
    (contrast,) = found.contrasts
    assert (contrast.clusters, contrast.p, found.verdict) == (5, 0.0625, "cannot tell")
    assert "(p = 0.062, 5 artists or tracks)" in contrast.why
    alike = check_audio_use(of_five("a"), {"silence": of_five("a")}, "classify", deterministic=True)
    assert alike.verdict == "cannot tell", "an interval over five artists reaches far"
    one = [replace(item, cluster="one") for item in judged(["a"] * 60)]
    assert check_audio_use(one, {"silence": one}, "classify").why.endswith("that nothing can be said")


def test_two_controls_are_two_tests() -> None:
    """Six discordant clips, p .031: of two controls that is .062."""
    real, control = judged(["a"] * 6 + ["b"] * 54), judged(["b"] * 60)
    assert check_audio_use(real, {"silence": control}, "classify").verdict == "heard"
    found = check_audio_use(real, {"silence": control, "swap-audio": control}, "classify")
    assert found.verdict == "cannot tell"
    assert "(p = 0.062, Holm over 2 controls)" in found.why


def test_only_clips_that_both_answered_count() -> None:
    real = judged(["a"] * 60)
    control = judged(["b"] * 55 + [None] * 5)[2:]
    found = check_audio_use(real, {"silence": control}, "classify")
    assert found.n == 53
    assert found.contrasts[0].changed == 1.0


def test_one_control_that_shows_hearing_is_enough_and_all_are_told() -> None:
    real = judged(["a"] * 60)
    found = check_audio_use(real, {"silence": judged(["a"] * 60), "swap-audio": judged(["b"] * 60)}, "classify")
    assert (found.verdict, found.n) == ("heard", 60)
    assert [contrast.verdict for contrast in found.contrasts] == ["not heard", "heard"]
    assert str(found).startswith("heard (silence: 0 of 60 answers change")
    assert "; swap-audio: 60 of 60 answers change" in str(found)


def test_tags_are_compared_by_jaccard() -> None:
    def tagged(labels: tuple[str, ...]) -> list[ScoredAnswer]:
        return [ScoredAnswer(f"d/{n}", "d", ("a", "b"), ", ".join(labels), Alignment("SET", labels)) for n in range(60)]

    found = check_audio_use(tagged(("a", "b")), {"silence": tagged(("a", "c"))}, "tag")
    (contrast,) = found.contrasts
    assert (contrast.score, contrast.control_score) == (1.0, pytest.approx(1 / 3))
    assert found.verdict == "heard"


@pytest.mark.parametrize(("greedy", "verdict"), [(True, "heard"), (False, "cannot tell")])
def test_captions_have_no_accuracy(greedy: bool, verdict: Verdict) -> None:
    def said(what: str) -> list[ScoredAnswer]:
        return [ScoredAnswer(f"d/{n}", "d", ("a tune",), f"{n} {what}") for n in range(60)]

    kind: Kind = "caption"
    found = check_audio_use(said("a song"), {"swap-audio": said("noise")}, kind, deterministic=greedy)
    assert found.verdict == verdict
    assert found.contrasts[0].score is None
    assert check_audio_use(said("x"), {"swap-audio": said("x ")}, kind, deterministic=greedy).verdict == "not heard"


def test_without_controls_there_is_nothing_to_say() -> None:
    with pytest.raises(EvaluationError, match=r"no control to compare with.*\n.*--silence"):
        check_audio_use(judged(["a"]), {}, "classify")


def test_a_lenient_label_earns_no_more_here_than_in_the_score() -> None:
    task = bind(loader.load("mtg_jamendo"), "genre")
    assert task.label_set
    lenient = align("glitch", task.label_set, task.shown)
    assert (lenient.status, lenient.labels) == ("HYPONYM", ("electronic",))
    real = [ScoredAnswer(f"d/{n:03}", "d", ("electronic",), "glitch", lenient) for n in range(60)]
    (contrast,) = check_audio_use(real, {"silence": judged(["b"] * 60)}, "tag").contrasts
    assert contrast.score == jaccard(real[0]) == 0.0
