"""A clip and what models said of it, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.comparison.clip_view import ClipAnswer, ClipView

Style = Callable[[str, str], str]
"""Colours a text by its role: that of a piece of an answer (`align.alignment.Role`), name, right, wrong or given."""


def plainly(text: str, _role: str) -> str:
    """No colour."""
    return text


def _facts(one: ClipView) -> Iterator[tuple[str, str]]:
    seconds = "" if one.duration_s is None else f"{one.duration_s:.1f} s"
    yield from (("title", one.title or ""), ("artist", one.artist or ""), ("album", one.album or ""))
    yield from (("length", seconds), ("licence", one.licence or ""), ("listen", one.path or one.status))
    yield from ((namespace, ", ".join(labels)) for namespace, labels in one.labels.items())
    yield from (("caption", text) for text in one.captions)


def lines(one: ClipView, style: Style = plainly) -> Iterator[str]:
    """A clip's facts and every answer about it, as text; `style` colours pieces by their role."""
    yield style(one.clip_id, "name")
    yield from (f"  {name + ':':12}{_plain(value)}" for name, value in _facts(one) if value)
    if not one.said:
        yield "  No run has an answer about it."
    for said in one.said:
        mark = {True: style("right", "right"), False: style("wrong", "wrong"), None: ""}[said.right]
        yield ""
        yield "  " + "  ".join(text for text in (style(_who(said, one), "name"), mark, _read(said)) if text)
        yield f"      {_coloured(said, style)}"
        if said.given is not None:
            yield style(f"      given: {_short(_plain(said.given))}", "given")


def _who(said: ClipAnswer, of: ClipView) -> str:
    """The model, what it heard if not the clip, and the run where the model alone does not tell."""
    told = f"{said.model} ({said.control})" if said.control else said.model
    alike = sum((other.model, other.control) == (said.model, said.control) for other in of.said)
    return told if alike == 1 else f"{told} [{said.run}]"


def _read(said: ClipAnswer) -> str:
    """How an answer was read, in a few words."""
    if said.rouge:
        return f"{said.task}: " + ", ".join(f"{name} {value:.3f}" for name, value in said.rouge.items())
    labels = f" {', '.join(said.labels)}" if said.labels else ""
    gold = "" if said.right is not False else f" (it is {', '.join(said.gold)})"
    return f"{said.task}: {said.status}{labels}{gold}"


def _plain(text: str) -> str:
    """Without line ends and whatever else a terminal would obey; every character stays one character."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters; all of it: --json)"


def _pieces(said: ClipAnswer) -> Iterator[tuple[str | None, str]]:
    """The answer cut where the role of its characters changes; of spans that overlap the later one counts."""
    answer = said.answer or ""
    roles: list[str | None] = [None] * len(answer)
    for span in said.spans:
        roles[span.start : span.end] = [span.role] * (span.end - span.start)
    for role, run in groupby(zip(roles, _plain(answer), strict=True), key=lambda pair: pair[0]):
        yield role, "".join(character for _, character in run)


def _coloured(said: ClipAnswer, style: Style) -> str:
    if said.answer is None:
        return style(f"no answer: {_plain(said.error or '')}", "wrong")
    return "".join(style(text, role) if role else text for role, text in _pieces(said)) or "(empty)"


def markdown(one: ClipView) -> Iterator[str]:
    """The same in GitHub's Markdown."""
    yield f"### {_escaped(one.clip_id)}"
    yield ""
    yield from (f"- {name}: {_escaped(_plain(value))}" for name, value in _facts(one) if value)
    yield ""
    yield "| model | answer | read as | right |"
    yield "|---|---|---|---|"
    for said in one.said:
        mark = {True: "yes", False: "no", None: ""}[said.right]
        yield f"| {_escaped(_who(said, one))} | {_emphasised(said)} | {_escaped(_read(said))} | {mark} |"


def _emphasised(said: ClipAnswer) -> str:
    if said.answer is None:
        return f"no answer: {_escaped(_plain(said.error or ''))}"
    around = {"positive": "**", "letter": "**", "negative": "~~"}
    marks = ((around.get(role or "", ""), _escaped(text)) for role, text in _pieces(said))
    return "".join(f"{mark}{text}{mark}" for mark, text in marks)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\|*_`<>[]~" else c for c in text)
