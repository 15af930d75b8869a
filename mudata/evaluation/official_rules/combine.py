"""Several answers to one item made one verdict: orders of options, dropped options, formats, or seeds.

Where an item is asked several times the authors' headline is one of these. `loo_vote`: yongyizang/AreYouReallyListening
@d3971de; `majority_raw`: minjang10/bass_music_benchmark@a401ccf; `any`: PitchBench (vaclisinc/PitchBench@35c44ae)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, judged, left_out, wrong

Pass = tuple[Verdict, JudgedItem]


def combine(name: str, passes: Sequence[Pass], gold: str, answers: Sequence[str | None] = ()) -> Verdict:
    """The verdict on an item.

    name: none (one pass), mean, any, max, loo_vote (the option chosen most often, first seen of equals) or majority_raw
        (the answer given most often, letter by letter; of equals the authors take one by chance).
    passes: verdicts in the order asked, each with its item as shown. gold: the text of the right option.
    answers: the raw answers in the same order, which only majority_raw looks at.

    Raises UnknownName; EvaluationError for no pass, for several where there is to be one, and for missing answers.
    """
    if name not in COMBINED:
        raise UnknownName("way to combine passes", name, COMBINED)
    if not passes:
        raise EvaluationError("An item without a single pass has no verdict.", "Ask it at least once.")
    if name == "majority_raw":
        if len(answers) != len(passes):
            raise EvaluationError(
                f"majority_raw counts the answers themselves: {len(answers)} were given for {len(passes)} passes.",
                "Give one answer a pass.",
            )
        return _majority_raw(passes, answers)
    return COMBINED[name](passes, gold)


def _only(passes: Sequence[Pass], _: str) -> Verdict:
    if len(passes) > 1:
        raise EvaluationError(
            f"An item was asked {len(passes)} times, and nothing says how to combine that.",
            f"Name one of {', '.join(sorted(COMBINED))} as `combine`.",
        )
    return passes[0][0]


def _counted(passes: Sequence[Pass]) -> list[Verdict]:
    return [verdict for verdict, _ in passes if verdict.credit is not None]


def _mean(passes: Sequence[Pass], _: str) -> Verdict:
    return _over(passes, lambda values: math.fsum(values) / len(values), "mean")


def _max(passes: Sequence[Pass], _: str) -> Verdict:
    return _over(passes, max, "best")


def _any(passes: Sequence[Pass], _: str) -> Verdict:
    """Right if any pass is: of draws, which are independent, the chance that one of them is."""
    return _over(passes, lambda values: 1 - math.prod(1 - value for value in values), "any")


def _over(passes: Sequence[Pass], make: Callable[[list[float]], float], word: str) -> Verdict:
    counted = _counted(passes)
    if not counted:
        return left_out("every pass is left out")
    return Verdict(
        credit=make([verdict.credit for verdict in counted if verdict.credit is not None]),
        low=make([verdict.low for verdict in counted]),
        high=make([verdict.high for verdict in counted]),
        chosen=None,
        evidence=f"{word} of {len(counted)} of {len(passes)} passes",
    )


def _vote(passes: Sequence[Pass], gold: str) -> Verdict:
    votes = Counter(verdict.chosen for verdict, _ in passes if verdict.chosen)
    if not votes:
        return wrong(f"no option chosen in {len(passes)} passes")
    (chosen, count), *_ = votes.most_common(1)  # of equals the first seen
    return judged(chosen == gold, f"{count} of {len(passes)} passes chose it", chosen)


def _majority_raw(passes: Sequence[Pass], answers: Sequence[str | None]) -> Verdict:
    counts = Counter(answers)
    most = max(counts.values())
    first = {answer: verdict for answer, (verdict, _) in reversed(list(zip(answers, passes, strict=True)))}
    tied = [first[answer] for answer, count in counts.items() if count == most]
    worth = [verdict.credit or 0.0 for verdict in tied]
    return Verdict(
        credit=math.fsum(worth) / len(worth),
        low=min(verdict.low for verdict in tied),
        high=max(verdict.high for verdict in tied),
        chosen=tied[0].chosen if len(tied) == 1 else None,
        evidence=f"given {most} times of {len(passes)}" + (f", as {len(tied)} answers are" if len(tied) > 1 else ""),
    )


COMBINED: Mapping[str, Callable[[Sequence[Pass], str], Verdict]] = {
    "none": _only,
    "mean": _mean,
    "any": _any,
    "max": _max,
    "loo_vote": _vote,
    "majority_raw": _only,
}
"""By name; `majority_raw` needs the answers as well, see `combine`."""
