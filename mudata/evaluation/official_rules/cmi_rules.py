"""CMI-Bench's rules of labels and keys (nicolaus625/CMI-bench@4c15f41 evaluate.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, credited, judged, wrong

_SOURCE = "nicolaus625/CMI-bench@4c15f41 evaluate.py"
_DROPPED = re.compile(r"[_\-' .]")
_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
CMI_KEYS = tuple(f"{tonic} {mode}" for mode in ("major", "minor") for tonic in _TONICS)
"""The options of CMI-Bench's key question, in its order."""
_JOINED_KEYS = tuple((key, key.lower().replace(" ", "")) for key in CMI_KEYS)
_FLAT_OF = {"c": "db", "d": "eb", "f": "gb", "g": "ab", "a": "bb"}


def unique_substring(answer: str, gold: str, labels: Sequence[str]) -> bool:
    """Whether CMI-Bench credits an answer: it contains the right label and no other, blanks and hyphens dropped.

    >>> labels = ("rock", "pop", "hiphop")
    >>> [unique_substring(said, "pop", labels) for said in ("a popular song", "hip-hop and pop", "rock")]
    [True, False, False]
    """
    said, right = _joined(answer), _joined(gold)
    return right in said and not _others(said, right, tuple(labels))


def _others(said: str, right: str, labels: tuple[str, ...]) -> list[str]:
    return [label for label in _joined_labels(labels) if label != right and label in said]


def _joined(text: str) -> str:
    return _DROPPED.sub("", text).replace("#", "\u266f").lower()


@lru_cache(maxsize=256)
def _joined_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_joined, labels)))


def _decide(answer: str, item: JudgedItem) -> Verdict:
    labels = item.settings.get("labels", item.options)
    if not isinstance(labels, Sequence) or isinstance(labels, str) or not labels:
        raise EvaluationError(
            "The rule cmi_unique_substring was given no labels.",
            "Give items options, or name all labels of the task in the card's rule_settings: labels: [...].",
        )
    said, right = _joined(answer), _joined(item.gold)
    if right not in said:
        return wrong("does not contain the label")
    others = _others(said, right, tuple(map(str, labels)))
    return judged(not others, f"contains {', '.join([right, *others])}", None if others else item.gold)


def cmi_key(answer: str) -> str | None:
    """The key that CMI-Bench credits: the first of its 24 names, in the order of the options and not of the text, that
    the answer contains once blanks and digits are gone; a sharp counts only as the second character. None is what
    mir_eval refuses: 0.

    >>> cmi_key("The audio is in a major key."), cmi_key("The key is F# minor."), cmi_key("F# minor")
    ('A major', None, 'Gb minor')
    >>> cmi_key("D minor, relative of F major"), cmi_key("Am"), cmi_key("As-Dur"), cmi_key("E# minor")
    ('F major', 'A minor', None, None)
    """
    joined = "".join(sign for sign in answer.lower().replace(" ", "") if not sign.isdigit())
    if len(joined) <= 3 and joined.endswith("m"):
        joined += "inor"
    elif len(joined) <= 2:
        joined += "major"
    if joined[1] in "#\u266f":
        if joined[0] not in _FLAT_OF:
            return None  # where the authors' table ends in an error, which is 0
        joined = _FLAT_OF[joined[0]] + joined[2:]
    return next((key for key, name in _JOINED_KEYS if name in joined), None)


def _decide_key(answer: str, item: JudgedItem) -> Verdict:
    from mir_eval.key import weighted_score  # scipy: not at every start

    key = cmi_key(answer)
    if key is None:
        return wrong("none of the 24 names")
    try:
        credit = float(weighted_score(item.gold, key))
    except ValueError:
        return wrong(f"{item.gold!r} is no key", key)
    return credited(credit, f"contains {key!r}, the first by the order of the options", key)


CMI_UNIQUE_SUBSTRING = WrittenRule(
    name="cmi_unique_substring",
    title="CMI-Bench's only label",
    source=_SOURCE,
    recipe="right if the answer contains the right label and no other label of the task (settings: labels), in lower "
    "case without blanks, hyphens, underscores, apostrophes and full stops",
    misreads="'popular' is pop; a label that holds another ('59' holds '9', 'lip_trill' holds 'trill') can never be "
    "right: gold itself scores 76.86 % on NSynth pitch and 86.84 % on VocalSet",
    decide=_decide,
)
CMI_KEY = WrittenRule(
    name="cmi_key",
    title="CMI-Bench's key",
    source=_SOURCE,
    recipe="the first of 24 names of keys, in the order of the options, that the answer contains without blanks and "
    "digits; credit is mir_eval's weighted score",
    misreads="'in a major key' is A major; 'the key is F# minor' is none; 'D minor, relative of F major' is F major",
    decide=_decide_key,
)
