"""The structure of a piece: its form as letters, boundaries in seconds, or segments with both.

    form        'ABA', 'A-B-A', 'AABA form', 'verse, chorus, verse' (letters by first occurrence), 'ternary form';
                primes are dropped (A' is a varied A)
    boundaries  '8 s and 16.5 seconds', '0:08, 1:02.5', '[8.0, 16.5]', the ends of segments; start and end of the piece
                are none
    segments    'A (0-8 s), B (8-16 s)', '0:00-0:08 A', tables, JSON

Letters that name notes, keys or chords are no sections, nor is the article 'a'. Names of forms that do not settle the
letters (rondo, strophic, verse-chorus form, through-composed) are unparsed, and so are times in bars or beats. What the
answer says of several values is read by the grammar of `align`; of boundaries all that are stated make up one value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mudata.evaluation.align.alignment import Alignment, Shown, Span
from mudata.evaluation.align.clauses import FINAL, PLAIN, WEAK
from mudata.evaluation.align.decision import decide
from mudata.evaluation.readers.forms import FormSaid, first_occurrences, forms
from mudata.evaluation.readers.segments import Segment, segmentations
from mudata.evaluation.readers.times import TimesSaid, boundaries
from mudata.evaluation.readers.weighed import ValueSaid, announced, matcher, plain, weigh

Asks = Literal["form", "boundaries", "segments"]
_NOUNS = "form|structure|pattern|sections?|layout|scheme|boundaries|boundary|changes?|transitions?"
_SLACK = 0.5
"""Seconds within which a time is the start or the end of the piece, or two segments meet; mir_eval's smaller window."""


def read_structure(answer: str | None, shown: Shown, asks: Asks = "form", duration_s: float | None = None) -> Alignment:
    """The structure that an answer means.

    Args:
        answer: as the model gave it; None stands for a failure.
        shown: what the model had before it.
        asks: form 'ABA'; boundaries '8.000 16.000' (inner ones, seconds); segments '0.000 A 8.000 B 16.000'.
        duration_s: seconds of the piece, so that its end is no boundary and a last segment without an end has one.

    Returns:
        ALIGNED with the value; OUTSIDE by rule 'gaps' for segments that overlap or leave more than 0.5 s out, 'outside'
        for times behind the end; MULTI for ranges of times and several values; else as `align` does; UNPARSED.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    text = plain(answer, lower=False)
    if asks == "form":
        return _form(answer, text, shown)
    found = segmentations(text)
    if asks == "segments":
        return _segments(answer, text, shown, found, duration_s)
    return _boundaries(answer, text, shown, found, duration_s)


def _form(answer: str, text: str, shown: Shown) -> Alignment:
    said = forms(text)
    for run in segmentations(text):
        said = [one for one in said if one.end <= run[0].start or one.start >= run[-1].end]
        said.append(FormSaid(run[0].start, run[-1].end, first_occurrences([part.label for part in run])))
    values = [ValueSaid(one.start, one.end, (one.form,) if one.form else ()) for one in sorted(said)]
    known = matcher([one.form for one in said if one.form])
    return _told(decide(weigh(answer, values, known, shown, announced(text.lower(), values, _NOUNS))), values)


def _segments(
    answer: str, text: str, shown: Shown, found: Sequence[Sequence[Segment]], duration_s: float | None
) -> Alignment:
    values, fault = [], ""
    for run in found:
        value, wrong = _canonical(run, duration_s)
        fault = wrong or fault
        values.append(ValueSaid(run[0].start, run[-1].end, (value,) if value else ()))
    known = matcher([value for one in values for value in one.values])
    read = decide(weigh(answer, values, known, shown, announced(text.lower(), values, _NOUNS)))
    return _told(read, values, fault)


def _canonical(run: Sequence[Segment], duration_s: float | None) -> tuple[str, str]:
    """Segments as '0.000 A 8.000', and what is wrong with them."""
    labels = first_occurrences([part.label for part in run])
    told: list[str] = []
    end = run[0].begin_s
    for k, (part, label) in enumerate(zip(run, labels, strict=True)):
        if abs(part.begin_s - end) > _SLACK:
            return "", "gaps"
        last = run[k + 1].begin_s if k + 1 < len(run) else duration_s
        stop = part.end_s if part.end_s is not None else last
        if stop is None:
            return "", "unparsed"
        if stop <= part.begin_s:
            return "", "gaps"
        told += [f"{part.begin_s:.3f}", label]
        end = stop
    if duration_s is not None and end > duration_s + _SLACK:
        return "", "outside"
    return " ".join([*told, f"{end:.3f}"]), ""


def _boundaries(
    answer: str, text: str, shown: Shown, found: Sequence[Sequence[Segment]], duration_s: float | None
) -> Alignment:
    lower = text.lower()
    values, fault = [], ""
    for run in found:
        ends = [part.begin_s for part in run] + [part.end_s for part in run if part.end_s is not None]
        value, wrong = _inner(ends, duration_s, closed=run[-1].end_s is not None)
        fault = wrong or fault
        values.append(ValueSaid(run[0].start, run[-1].end, (value,) if value else ()))
    if found:
        known = matcher([value for one in values for value in one.values])
        return _told(decide(weigh(answer, values, known, shown, announced(lower, values, _NOUNS))), values, fault)
    return _points(answer, lower, shown, duration_s)


def _points(answer: str, lower: str, shown: Shown, duration_s: float | None) -> Alignment:
    """Boundaries that are listed or stated one by one: all that are stated are meant, or those of the final answer."""
    said = boundaries(lower)
    values = [ValueSaid(one.start, one.end, (str(k),)) for k, one in enumerate(said)]
    known = matcher([one.values[0] for one in values])
    evidence = weigh(answer, values, known, shown, announced(lower, values, _NOUNS))
    read = decide(evidence)
    if read.status not in ("ALIGNED", "MULTI", "ECHO_ALL"):
        return _named(_told(read, values), said, duration_s)
    top = max(vote.rank for vote in evidence.votes)
    stated = [vote for vote in evidence.votes if vote.rank == top or (top < FINAL and vote.rank >= PLAIN)]
    open_ = evidence.reading.either or any(vote.rank == WEAK for vote in evidence.votes if top > WEAK)
    meant = [said[int(vote.meaning.ids[0])] for vote in stated]
    value, fault = _inner([time for one in meant for time in one.times_s], duration_s)
    named = _named(read, said, duration_s)
    if open_ or any(one.several for one in meant):
        return replace(named, status="MULTI", rule_id="range" if not open_ else "hedge", labels=())
    if fault or any(one.relative for one in meant):
        outside = fault == "outside" and not any(one.relative for one in meant)
        return replace(named, status="OUTSIDE" if outside else "UNPARSED", rule_id="outside" if outside else "unparsed", labels=())
    return replace(named, status="ALIGNED", rule_id="final" if top == FINAL else "value", labels=(value,))


def _named(read: Alignment, said: Sequence[TimesSaid], duration_s: float | None) -> Alignment:
    """A reading whose values are places in `said`, with the boundaries themselves."""

    def spelled(label: str | None) -> str | None:
        return label and _inner(said[int(label)].times_s, duration_s)[0]

    def all_(labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for label in labels if (value := spelled(label))))

    spans = tuple(Span(span.start, span.end, span.role, spelled(span.label)) for span in read.spans)
    return replace(read, labels=(), spans=spans, positives=all_(read.positives), negatives=all_(read.negatives))


def _inner(times_s: Sequence[float], duration_s: float | None, *, closed: bool = False) -> tuple[str, str]:
    """Inner boundaries in order, '8.000 16.000', and what is wrong with them; `closed`: the last one ends the piece."""
    ordered = sorted(set(times_s))
    if duration_s is not None:
        if ordered and ordered[-1] > duration_s + _SLACK:
            return "", "outside"
        ordered = [time for time in ordered if time < duration_s - _SLACK]
    elif closed:
        ordered = ordered[:-1]
    ordered = [time for time in ordered if time > _SLACK]
    return " ".join(f"{time:.3f}" for time in ordered), "" if ordered else "unparsed"


def _told(read: Alignment, values: Sequence[ValueSaid], fault: str = "") -> Alignment:
    if read.status != "OOV":
        return read
    if fault in ("gaps", "outside"):
        return replace(read, status="OUTSIDE", rule_id=fault, labels=())
    if fault == "" and values and not any(one.values for one in values):
        return replace(read, status="OUTSIDE", rule_id="outside", labels=())
    return replace(read, status="UNPARSED", rule_id="unparsed", labels=())
