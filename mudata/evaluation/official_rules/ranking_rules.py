"""Rules that compare options by numbers of a model: perplexities, similarities, a judge's marks. Which model gives them
is not for a rule to say; without them it says what is missing, and nothing is fetched or asked."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import (
    LETTERS,
    JudgedItem,
    Verdict,
    WrittenRule,
    credited,
    judged,
    left_out,
    wrong,
)

_PRO = "sonalkum/MMAUPro@960e93a evaluate_mmau_pro_comprehensive.py"
_MARKS = ("CORRECTNESS", "RELEVANCE", "COMPLETENESS", "CLARITY")
_NEUTRAL = 3.0


def likeliest(scores: Sequence[float], options: Sequence[str]) -> str:
    """The option with the highest score, the first of equals: of log-likelihoods the one whose prompt has the lowest
    perplexity, where the prompts differ in one token (`protocol.Ranking.loglik`).

    Raises EvaluationError where there is not one number for each option.
    """
    if len(scores) != len(options) or not options or any(math.isnan(score) for score in scores):
        raise EvaluationError(
            f"{len(scores)} scores cannot choose among {len(options)} options.", "Give one number for each option."
        )
    return options[max(range(len(options)), key=lambda i: scores[i])]


def _decide_likeliest(answer: str, item: JudgedItem) -> Verdict:
    if (scores := _scores(item, "loglik")) is not None:
        chosen = likeliest(scores, item.options)
        return judged(chosen == item.gold, "the likeliest option", chosen)
    if answer in item.options:
        return judged(answer == item.gold, "the option that was ranked first", answer)
    if len(answer) == 1 and answer in LETTERS[: len(item.options)]:
        chosen = item.options[LETTERS.index(answer)]
        return judged(chosen == item.gold, f"the letter {answer} was ranked first", chosen)
    return wrong("neither an option nor its letter: not a ranking")


def _decide_nearest(_: str, item: JudgedItem) -> Verdict:
    if (scores := _scores(item, "similarities")) is None:
        return left_out(f"not run: needs {_SIMILARITIES}")
    chosen = likeliest(scores, item.options)
    return judged(chosen == item.gold, "the option nearest to the answer", chosen)


def _scores(item: JudgedItem, name: str) -> list[float] | None:
    given = item.settings.get(name)
    if given is None:
        return None
    if not isinstance(given, Sequence) or not all(isinstance(score, int | float) for score in given):
        raise EvaluationError(f"{name} {given!r} are no numbers.", "Give one number for each option.")
    return [float(score) for score in given]


def judge_mark(reply: str) -> float:
    """The overall mark, 1 to 5, in the reply of MMAU-Pro's judge: a criterion without a mark is 3; where the overall
    one is missing, or exactly 3, the mean of the four is.

    >>> judge_mark("CORRECTNESS: 5 - x RELEVANCE: 4 COMPLETENESS: 4 CLARITY: 5 OVERALL: 4.5")
    4.5
    >>> judge_mark("CORRECTNESS: 5 OVERALL: 3"), judge_mark("")
    (3.5, 3.0)
    """
    overall = re.search(r"OVERALL:\s*(\d+(?:\.\d+)?)", reply, re.IGNORECASE)
    if overall and float(overall[1]) != _NEUTRAL:
        return float(overall[1])
    found = [re.search(rf"{name}:\s*(\d+)", reply, re.IGNORECASE) for name in _MARKS]
    return math.fsum(float(mark[1]) if mark else _NEUTRAL for mark in found) / len(_MARKS)


def _decide_judged(_: str, item: JudgedItem) -> Verdict:
    reply = item.settings.get("judge_reply")
    if not isinstance(reply, str):
        return left_out(f"not run: needs {_REPLY}")
    mark = min(max(judge_mark(reply), 0.0), 5.0)
    return credited(mark / 5, f"the judge's mark {mark:g} of 5")


_SIMILARITIES = "the cosines of NV-Embed-v2 (settings: similarities, one for each option)"
_REPLY = "the reply of Qwen2.5-7B-Instruct as judge (settings: judge_reply)"
PPL_OPTIONS = WrittenRule(
    name="ppl_options",
    title="MusicTheoryBench's perplexities",
    source="hf-lin/ChatMusician@440e65e eval/configs/datasets/music_theory_bench/music_theory_bench_ppl_zero_shot.py",
    recipe="the option whose letter makes the prompt likeliest, the first of equals (settings: loglik, one for each "
    "option); else the answer is the option, or its letter, that was ranked first",
    misreads="it always chooses; a liking for one letter counts as knowledge",
    decide=_decide_likeliest,
)
NVEMBED_ARGMAX = WrittenRule(
    name="nvembed_argmax",
    title="MMAU-Pro's nearest option",
    source=_PRO,
    recipe="the option whose embedding by nvidia/NV-Embed-v2 is nearest to the answer's (settings: similarities)",
    misreads="it never abstains: silence and 'I don't know' choose an option, and a letter is compared by its meaning",
    decide=_decide_nearest,
    needs=_SIMILARITIES,
)
JUDGE = WrittenRule(
    name="judge",
    title="MMAU-Pro's judge of open answers",
    source=_PRO,
    recipe="the overall mark of 1 to 5 in the judge's reply, over 5; a criterion without a mark is 3, an overall mark "
    "of 3 is replaced by the mean of the four criteria",
    misreads="the judge is sampled; the lowest mark is worth 0.2, and a reply without marks 0.6",
    decide=_decide_judged,
    needs=_REPLY,
)
