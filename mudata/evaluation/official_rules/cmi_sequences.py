"""CMI-Bench's beats, lyrics and ratings (nicolaus625/CMI-bench@4c15f41 evaluate.py). Its melodies it runs as Python
code, which is not done here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.number_names import number_name
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, credited, wrong
from mudata.evaluation.official_rules.word_errors import character_error_rate, word_error_rate

_SOURCE = "nicolaus625/CMI-bench@4c15f41 evaluate.py"
_MOST_BEATS = 10_000
_SIGNS = str.maketrans("", "", '!"#$%&\\()*+,-./:;<=>?@[]^_`{|}~')
_LEADS = ((" lyrics ", "are"), (" content ", "is"), (" transcription ", "is"), (" text ", "is"))
_NO_RATINGS = (
    (re.compile(r"\d-point scale"), "scale"),
    (re.compile(r"\d/\d time signature|\d/\d beat"), "time signature"),
    (re.compile(r"Example \d"), ""),
)
_DIGITS = re.compile(r"\d+")


def said_beats(answer: str) -> list[float]:
    """Times in seconds between commas, in order; what does not begin with a digit is passed over.

    >>> said_beats("1.5s, 0.5s, 1:02, then 3")
    [0.5, 1.5, 62.0]

    Raises ValueError where a time that begins with a digit is none.
    """
    found = []
    for part in answer.split(","):
        piece = part.strip().replace("s", "")
        if not piece[:1].isdigit():
            continue
        if ":" not in piece:
            found.append(float(piece))
        elif (seconds := piece.split(":")[1]) != "":
            found.append(int(piece.split(":")[0]) * 60 + float(seconds))
    return sorted(found)


def _decide_beats(answer: str, item: JudgedItem) -> Verdict:
    measure = item.settings.get("measure", "f_measure")
    if measure not in ("f_measure", "cmlt", "amlt"):
        raise EvaluationError(f"{measure!r} is no measure of beats.", "Choose measure: f_measure, cmlt or amlt.")
    import numpy as np
    from mir_eval import beat  # scipy: not at every start

    try:
        said, gold = said_beats(answer), np.array(said_beats(item.gold))
        if not 0 < len(said) <= _MOST_BEATS or not len(gold):
            return wrong(f"{len(said):,} beats for {len(gold)}")
        if measure == "f_measure":
            worth = float(beat.f_measure(gold, np.array(said)))
        else:
            _, cmlt, _, amlt = beat.continuity(gold, np.array(said))
            worth = float(cmlt if measure == "cmlt" else amlt)
    except (ValueError, IndexError, OverflowError):
        return wrong("times that cannot be compared")
    return credited(worth, f"{len(said)} beats for {len(gold)}")


def plain_lyrics(text: str) -> str:
    """Lower case, without signs but apostrophes, numbers in words.

    >>> plain_lyrics("99 Luftballons, don't!")
    "ninety-nine luftballons don't"
    """
    words = text.translate(_SIGNS).lower().replace("\n", " ").split()
    return " ".join(number_name(int(word)) if word.isdecimal() and len(word) <= 9 else word for word in words)


def without_lead(answer: str) -> str:
    """Without what introduces the lyrics, up to a colon in the same line.

    >>> without_lead("The lyrics of this song are as follows: la la")
    'la la'
    """
    for noun, verb in _LEADS:
        answer = "\n".join(_line_without(line, noun, verb) for line in answer.split("\n")).strip()
    return answer.replace("<s>", "").strip().replace("</s>", "").strip()


def _line_without(line: str, noun: str, verb: str) -> str:
    """Each stretch that has noun, verb and a colon in this order goes, from the end of the one before."""
    start = 0
    while (at := line.find(noun, start)) >= 0:
        verb_at = line.find(verb, at + len(noun))
        colon = line.find(":", verb_at + len(verb)) if verb_at >= 0 else -1
        if colon < 0:
            break
        start = colon + 1
    return line[start:]


def _decide_words(answer: str, item: JudgedItem) -> Verdict:
    rate = word_error_rate(plain_lyrics(item.gold), plain_lyrics(without_lead(answer)))
    return credited(1 / (1 + rate), f"word error rate {rate:.4f}")


def _decide_characters(answer: str, item: JudgedItem) -> Verdict:
    rate = character_error_rate(plain_lyrics(item.gold), plain_lyrics(without_lead(answer)))
    return credited(1 / (1 + rate), f"character error rate {rate:.4f}")


def said_rating(answer: str) -> float | None:
    """The first number from 1 to 9; two as in '5.2' are one. None where there is none, which the authors replace by the
    mean of all answers.

    >>> said_rating("around 7 out of 9"), said_rating("5.2"), said_rating("120 bpm"), said_rating("on a 1-9 scale: 4")
    (7, 5.2, None, 4)
    """
    text = answer.replace("out of 9", "").replace("1-9 scale", "scale").replace("from 1 to 9", "scale")
    for pattern, put in _NO_RATINGS:
        text = pattern.sub(put, text)
    found = [number for number in _DIGITS.findall(text) if len(number) <= 20 and 0 < int(number) < 10]
    if not found:
        return None
    if len(found) == 2 and f"{found[0]}.{found[1]}" in text:
        return float(f"{found[0]}.{found[1]}")
    return int(found[0])


def rating_r2(ratings: Sequence[float | None], truths: Sequence[float]) -> float:
    """CMI-Bench's R2 of emotion ratings: missing ones are the mean of the others, all are normalised to mean 0 and
    deviation 1, and the truths are not.

    >>> round(rating_r2([1, 5, None, 9], [-1.2, 0, 0, 1.2]), 4)
    0.9996

    Raises EvaluationError where all ratings are the same, or none is there.
    """
    said = [rating for rating in ratings if rating is not None]
    mean = math.fsum(said) / len(said) if said else 0.0
    deviation = math.sqrt(math.fsum((rating - mean) ** 2 for rating in said) / len(said)) if said else 0.0
    if deviation == 0:
        raise EvaluationError(
            "All ratings are the same, or there is none: they cannot be normalised.", "Look at the answers themselves."
        )
    scaled = [0.0 if rating is None else (rating - mean) / deviation for rating in ratings]
    middle = math.fsum(truths) / len(truths)
    rest = math.fsum((truth - said_) ** 2 for truth, said_ in zip(truths, scaled, strict=True))
    return 1 - rest / math.fsum((truth - middle) ** 2 for truth in truths)


CMI_BEATS = WrittenRule(
    name="cmi_beats",
    title="CMI-Bench's beats",
    source=_SOURCE,
    recipe="times between commas in seconds or minutes:seconds; mir_eval's F-measure (settings: measure, cmlt or amlt)",
    misreads="'beats at 0.5, 1.0' loses its first; one time that cannot be read makes all 0",
    decide=_decide_beats,
)
CMI_WER = WrittenRule(
    name="cmi_wer",
    title="CMI-Bench's words",
    source=_SOURCE,
    recipe="credit 1 / (1 + word error rate), from which the authors' mean rate follows; without what stands before a "
    "colon behind 'lyrics ... are' and the like, without signs, numbers in words",
    misreads="lyrics that hold ' text ... is ...:' lose their beginning; other ways to introduce lyrics count as words",
    decide=_decide_words,
)
CMI_CER = WrittenRule(
    name="cmi_cer",
    title="CMI-Bench's characters",
    source=_SOURCE,
    recipe="as cmi_wer, with the character error rate",
    misreads="as cmi_wer",
    decide=_decide_characters,
)
