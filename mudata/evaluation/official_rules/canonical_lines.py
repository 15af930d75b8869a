"""`last_canonical`: MUSE's answers are one of a task's lines, and the one that ends last counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, left_out, wrong

_SOURCE = "brandoncarone/MUSE_music_benchmark@a9e4acd"
_LEAD = re.compile(r"[A-Z]\.\s+")


def last_line(answer: str, item: JudgedItem) -> str | None:
    """The canonical line that ends last in an answer; of two that end together the one that comes first in the card."""
    found: tuple[int, str] | None = None
    for line, pattern in _patterns(*_asked(item)):
        for match in pattern.finditer(answer):
            if found is None or match.end() > found[0]:
                found = (match.end(), line)
    return found and found[1]


def _decide(answer: str, item: JudgedItem) -> Verdict:
    line = last_line(answer, item)
    return wrong("no canonical line") if line is None else _of_line(line, item, f"ends with {line!r}")


def _decide_or_drop(answer: str, item: JudgedItem) -> Verdict:
    if (line := last_line(answer, item)) is not None:
        return _of_line(line, item, f"ends with {line!r}")
    if item.settings.get("rescue") is True:
        for line, pattern in _tolerant(_asked(item)[0]):
            if pattern.search(answer):
                return _of_line(line, item, f"has {line!r}, its full stop or letter aside")
    return left_out("no canonical line: dropped from n")


def _of_line(line: str, item: JudgedItem, evidence: str) -> Verdict:
    """A line is the option of its text, with its letter or, as options are shown by their letters anyway, without."""
    texts = (line, _LEAD.sub("", line, count=1))
    chosen = next((option for option in item.options if option in texts), line)
    return judged(item.gold in texts, evidence, chosen)


def _asked(item: JudgedItem) -> tuple[tuple[str, ...], bool, bool, tuple[tuple[str, str], ...]]:
    """The lines, whether their letter may be missing, whether each must be a line of its own, and other spellings,
    whose letter may always be missing."""
    lines, also = item.settings.get("lines", item.options), item.settings.get("also", ())
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not lines or isinstance(also, str):
        raise EvaluationError(
            "The rule last_canonical was given no canonical lines.",
            "Name them in the card's rule_settings: lines: [...], and other spellings as also: [spelling -> line].",
        )
    optional = item.settings.get("letter") == "optional"
    pairs = (str(spelling).partition(" -> ") for spelling in also) if isinstance(also, Sequence) else ()
    spellings = tuple((spelling, line) for spelling, _, line in pairs if spelling.strip())
    said = tuple(line for line in map(str, lines) if line.strip())  # an empty option is in every answer
    return said, optional, item.settings.get("whole_line") is True, spellings


@lru_cache(maxsize=256)
def _patterns(
    lines: tuple[str, ...], optional: bool, whole: bool, also: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, re.Pattern[str]], ...]:
    own = [(line, _pattern(line, optional, whole)) for line in lines]
    return (*own, *((line, _pattern(spelling, True, whole)) for spelling, line in also))


def _pattern(line: str, optional: bool, whole: bool) -> re.Pattern[str]:
    """A line in any case, with any blanks between its words; within a line of its own its full stop may be missing."""
    lead = _LEAD.match(line)
    before, body = (line[: lead.end()], line[lead.end() :]) if lead else ("", line)
    text = rf"(?:{_spaced(before)})?{_spaced(body)}" if optional and before else _spaced(line)
    if whole:
        return re.compile(rf"^[^\S\n]*{text.removesuffix(re.escape('.'))}\.?[^\S\n]*$", re.IGNORECASE | re.MULTILINE)
    return re.compile(rf"\b{text}" + (r"\b" if line[-1].isalnum() else ""), re.IGNORECASE)


def _spaced(text: str) -> str:
    """Blanks may be any, and none behind a sign or before a number or bracket."""
    words = text.split()
    parts = [re.escape(words[0])] if words else []
    for last, word in pairwise(words):
        loose = not last[-1].isalnum() or not word[0].isalpha()
        parts.append((r"\s*" if loose else r"\s+") + re.escape(word))
    return "".join(parts) + (r"\s*" if text[-1:].isspace() else "")


@lru_cache(maxsize=256)
def _tolerant(lines: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Lines without their letter and full stop, anywhere: how the authors' summary rescues answers."""
    found = []
    for line in lines:
        body = re.escape(_LEAD.sub("", line).removesuffix("."))
        found.append((line, re.compile(body, re.IGNORECASE)))  # the authors' quotes and blanks around it are optional
    return tuple(found)


LAST_CANONICAL = WrittenRule(
    name="last_canonical",
    title="MUSE's last line",
    source=f"{_SOURCE} Gemini/*_Gemini_runner.py",
    recipe="of the task's canonical lines (settings: lines) the one that ends last, in any case and spacing; none is "
    "wrong. settings: letter: optional, whole_line, also: [spelling -> line]",
    misreads="the letter or the word alone is wrong; a line that is quoted to be denied counts, if it comes last",
    decide=_decide,
)
LAST_CANONICAL_DROPS = WrittenRule(
    name="last_canonical_drops",
    title="MUSE's last line, as its tables count it",
    source=f"{_SOURCE} Gemini_Qwen_AF_logs/summarize_log_accuracies.py",
    recipe="as last_canonical; where no line is found and the task is one of three (settings: rescue) the first line "
    "that occurs without its letter or full stop; else the answer leaves n",
    misreads="answers without a line raise the score: 48 of 59 instead of 48 of 60",
    decide=_decide_or_drop,
    none_leaves_n=True,
)
