"""BASS's segments and lyrics: minjang10/bass_music_benchmark@a401ccf src/metrics."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from mudata.evaluation.official_rules.official_rule import (
    JudgedItem,
    Verdict,
    WrittenRule,
    credited,
    left_out,
    wrong,
)
from mudata.evaluation.official_rules.structured_answer import mended, truth_list, unfenced
from mudata.evaluation.official_rules.word_errors import word_error_rate

_SOURCE = "minjang10/bass_music_benchmark@a401ccf src/metrics/"
_ORDINALS = re.compile(r"1st |2nd |3rd ")
Interval = tuple[float, float]


def interval_iou(reference: Sequence[Interval], estimate: Sequence[Interval]) -> float:
    """Sum of the overlaps of the best one-to-one assignment of intervals (start, end), in seconds, over the larger
    number of them. An overlap is the common part over the stretch from the first start to the last end; a time that is
    NaN is taken for the other interval's.

    >>> interval_iou([(0, 10), (10, 20)], [(0, 10)]), interval_iou([(0, 10)], [(5, 15)]), interval_iou([], [])
    (0.5, 0.3333333333333333, 1.0)
    """
    if not reference or not estimate:
        return float(len(reference) == len(estimate))
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    (a, b), (c, d) = np.array(reference, float).T, np.array(estimate, float).T
    with np.errstate(all="ignore"):
        common = np.maximum(np.fmin.outer(b, d) - np.fmax.outer(a, c), 0)
        stretch = np.fmax.outer(b, d) - np.fmin.outer(a, c)
        overlap = np.nan_to_num(np.where(stretch > 0, common / stretch, 0.0))
    return float(overlap[linear_sum_assignment(-overlap)].sum() / max(len(reference), len(estimate)))


def _decide_intervals(answer: str, item: JudgedItem) -> Verdict:
    reference = [_interval(row) for row in truth_list(item.gold) if isinstance(row, dict)]
    found = mended(answer)
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list):
        return left_out("no list of segments: dropped from n")
    wanted = {"start", "end", "section"} if item.settings.get("full") is True else {"start", "end"}
    kept = [row for row in rows if isinstance(row, dict) and wanted <= row.keys()]
    try:
        estimate = [_interval(row) for row in kept]
    except (ValueError, TypeError, OverflowError):
        return wrong("a time that is none")
    return credited(interval_iou(reference, estimate), f"{len(estimate)} segments for {len(reference)}")


def _interval(row: Mapping[str, object]) -> Interval:
    return _seconds(row["start"]), _seconds(row["end"])


def _seconds(value: object) -> float:
    if isinstance(value, str) and ":" in value:
        minutes, _, seconds = value.partition(":")
        return 60 * float(minutes) + float(seconds)
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


def _decide_lyrics(answer: str, item: JudgedItem) -> Verdict:
    gold = mended(item.gold)
    if isinstance(gold, list) and gold and isinstance(gold[0], str):
        return _of_rates([word_error_rate(_plain(gold[0]), _plain(answer))])
    sections = [gold] if isinstance(gold, dict) else gold if isinstance(gold, list) else []
    reference = [(str(row.get("section", "")), _line(row.get("lyrics"))) for row in sections]
    found = mended(unfenced(answer))
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        rows = [{"section": "", "lyrics": answer}]
    estimate = [_section(row) for row in rows]
    if any(lyrics is None for _, lyrics in estimate):
        return left_out("lyrics that are no text: dropped from the mean")
    said = [(name, lyrics) for name, lyrics in estimate if lyrics is not None]
    if item.settings.get("full") is not True:
        return _of_rates([word_error_rate(a, b) for (_, a), (_, b) in zip(reference, said, strict=False)])
    wanted, given = {_key(name): lyrics for name, lyrics in reference}, dict(_numbered(said))
    rates = [word_error_rate(wanted.get(key, ""), given.get(key, "")) for key in wanted | given]
    return _of_rates(rates)


def _of_rates(rates: Sequence[float]) -> Verdict:
    rate = math.fsum(rates) / len(rates) if rates else 0.0
    return credited(1 / (1 + rate), f"word error rate {rate:.4f} over {len(rates)} sections")


def _section(row: object) -> tuple[str, str | None]:
    if not isinstance(row, dict):
        return "", _line(row)
    lyrics = row.get("lyrics", "")
    if isinstance(lyrics, list):
        texts = [piece for piece in lyrics if isinstance(piece, str)]
        return str(row.get("section", "")), _line(" ".join(texts)) if len(texts) == len(lyrics) > 0 else None
    return str(row.get("section", "")), _line("" if lyrics is None else lyrics)


def _line(lyrics: object) -> str:
    return str(lyrics).lower().replace("\n", " ")


def _plain(text: str) -> str:
    return "".join(sign for sign in _line(text) if not unicodedata.category(sign).startswith("P"))


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9\-\s]", "", name.lower())


def _numbered(sections: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names without ordinals, digits and signs; those that come again are numbered from 1 on."""
    names = [re.sub(r"[^a-z-]", "", _ORDINALS.sub("", name.lower())) for name, _ in sections]
    counts, seen, found = Counter(names), Counter[str](), []
    for name, (shown, lyrics) in zip(names, sections, strict=True):
        seen[name] += 1
        found.append((f"{name}{seen[name]}" if counts[name] > 1 else _key(shown), lyrics))
    return found


INTERVAL_IOU = WrittenRule(
    name="interval_iou",
    title="BASS's segments",
    source=_SOURCE + "structural_segmentation_evaluation.py",
    recipe="overlaps of the best assignment over the larger number of segments; times in seconds or as "
    "minutes:seconds; settings: full where segments must have a name. The repair of JSON is ours: "
    "fences, words before, a cut end",
    misreads="names are not compared, in full segmentations either; an answer without a list leaves n",
    decide=_decide_intervals,
)
SECTION_WER = WrittenRule(
    name="section_wer",
    title="BASS's lyrics",
    source=_SOURCE + "lyrics_transcription_evaluation.py",
    recipe="credit 1 / (1 + word error rate), from which the authors' mean rate follows; rate per section, by place or "
    "(settings: full) by name and number with missing and added sections counted, then their mean",
    misreads="an answer in prose is one section without a name; lyrics that are no text, and no answer at all, leave "
    "the mean; a comma makes another word of one, unless no sections are asked for",
    decide=_decide_lyrics,
    none_leaves_n=True,
)
