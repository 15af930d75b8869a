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

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.clauses import FINAL, NOUN, PLAIN, WEAK
from mudata.evaluation.readers.forms import FormSaid, first_occurrences, forms
from mudata.evaluation.readers.kept_text import lower
from mudata.evaluation.readers.said_values import Said, Sort, ValueEvidence, ValueKind, gather
from mudata.evaluation.readers.segments import Segment, segmentations
from mudata.evaluation.readers.times import boundaries
from mudata.evaluation.readers.values import decide, read_value

_NONE = re.compile(r"\b(?:no|any) (?:\w+ )?(?:boundar|change|transition|section)|\bboundar|\bchanges\b")
_SLACK = 0.5
"""Seconds within which a time is the start or the end of the piece, or two segments meet; mir_eval's smaller window."""


def read_structure(answer: str | None, shown: Shown, asks: str = "form", duration_s: float | None = None) -> Alignment:
    """The structure that an answer means.

    Args:
        answer: as the model gave it; None stands for a failure.
        shown: what the model had before it.
        asks: 'form', as in 'ABA'; 'boundaries', '8.000 16.000' (inner ones, seconds); 'segments',
            '0.000 A 8.000 B 16.000'.
        duration_s: seconds of the piece, so that its end is no boundary and a last segment without an end has one.

    Returns:
        ALIGNED with the value; OUTSIDE by rule 'gaps' for segments that overlap or leave more than 0.5 s out, 'outside'
        for times behind the end; MULTI for ranges of times and several values; else as `align` does; UNPARSED.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    if asks == "form":
        return read_value(answer, shown, _FORM)
    faults: list[str] = []
    if asks == "segments":
        return _told(read_value(answer, shown, _segments(duration_s, faults)), faults)
    return _boundaries(answer, shown, duration_s)


def _find_forms(text: str, _: str | None) -> list[Said]:
    said = forms(text)
    for run in segmentations(text):
        said = [one for one in said if one.end <= run[0].start or one.start >= run[-1].end]
        said.append(FormSaid(run[0].start, run[-1].end, first_occurrences([part.label for part in run])))
    return [
        Said(one.start, one.end, (one.form or text[one.start : one.end],), "value" if one.form else "outside")
        for one in sorted(said)
    ]


_FORM = ValueKind("structure", _find_forms, repeats=True)


def _segments(duration_s: float | None, faults: list[str]) -> ValueKind:
    """Segments as values; what is wrong with those that do not fit goes to `faults`."""

    def find(text: str, _: str | None) -> list[Said]:
        faults.clear()
        said = []
        for run in segmentations(text):
            value, fault = _canonical(run, duration_s)
            if fault:
                faults.append(fault)
            start, end = run[0].start, run[-1].end
            said.append(Said(start, end, (value or text[start:end],), "outside" if fault else "value"))
        return said

    return ValueKind("structure", find, repeats=True)


def _told(found: Alignment, faults: Sequence[str]) -> Alignment:
    if found.status != "OUTSIDE" or not faults:
        return found
    if faults[-1] == "unparsed":
        return replace(found, status="UNPARSED", rule_id="unparsed", labels=())
    return replace(found, rule_id=faults[-1], labels=())


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


def _boundaries(answer: str, shown: Shown, duration_s: float | None) -> Alignment:
    """All boundaries that are stated are meant, wherever they are said; or those of the final answer."""
    faults: list[str] = []

    def value(times_s: Sequence[float], *, closed: bool = False) -> str:
        told, fault = _inner(times_s, duration_s, closed=closed)
        if fault:
            faults.append(fault)
        return told

    def find(text: str, _: str | None) -> list[Said]:
        faults.clear()
        said = []
        for run in segmentations(text):
            ends = [part.begin_s for part in run] + [part.end_s for part in run if part.end_s is not None]
            told = value(ends, closed=run[-1].end_s is not None)
            said.append(Said(run[0].start, run[-1].end, (told or "-",), "value" if told else "outside"))
        for one in [] if said else boundaries(lower(text)):
            told = value(one.times_s)
            sort: Sort = "range" if one.several else "value" if told else "outside"
            said.append(
                Said(one.start, one.end, (told or "-",), sort)
                if not one.relative
                else Said(one.start, one.end, (), "guard")
            )
        return said

    kind = ValueKind("structure", find, repeats=True)
    gathered = gather(answer, shown, kind)
    found = decide(gathered, kind)
    refusals = gathered.reading.refusals
    if found.status == "REFUSAL" and any(_NONE.search(gathered.clean.text, *place) for place in refusals):
        return replace(found, status="UNPARSED", rule_id="unparsed")  # 'there are no boundaries'
    return _told(_united(found, gathered, faults), faults)


def _united(found: Alignment, gathered: ValueEvidence, faults: Sequence[str]) -> Alignment:
    """All boundaries stated as one value."""
    live = [vote for vote in gathered.reading.votes if vote.meaning.kind == "strict" and not vote.denied]
    ranges = any(gathered.of(vote).sort == "range" for vote in live)
    if not live or ranges or gathered.reading.either or found.rule_id not in ("value", "several", "range"):
        return found
    top = max(vote.rank for vote in live)
    if PLAIN <= top < NOUN and any(vote.rank == WEAK for vote in live):
        return replace(found, status="MULTI", rule_id="range", labels=())
    meant = [vote for vote in live if vote.rank == top or (top < FINAL and vote.rank >= PLAIN)]
    stated = sorted({float(time) for vote in meant for time in gathered.of(vote).values[0].split()})
    if not stated or "outside" in faults:
        return replace(found, status="OUTSIDE", rule_id="outside", labels=())
    return replace(found, status="ALIGNED", rule_id="value", labels=(" ".join(f"{time:.3f}" for time in stated),))


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
