"""A clip and what models said of it, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from mudata.safe_text import printable

if TYPE_CHECKING:
    from mudata.evaluation.comparison.clip_view import ClipAnswer, ClipView

Style = Callable[[str, str], str]
"""Colours a text by its role:
that of a piece of an answer (`align.alignment.Role`), name, right, wrong or given."""


def plainly(text: str, _role: str) -> str:
    """No colour."""
    return text


def _facts(view: ClipView) -> Iterator[tuple[str, str]]:
    listen = f"{view.path}, from {view.start_s:g} s on" if view.path and view.start_s else view.path
    seconds = "" if view.duration_s is None else f"{view.duration_s:.1f} s"
    yield from (("title", view.title or ""), ("artist", view.artist or ""), ("album", view.album or ""))
    yield from (("length", seconds), ("licence", view.licence or ""), ("listen", listen or view.status))
    yield from ((namespace, ", ".join(labels)) for namespace, labels in view.labels.items())
    yield from (("caption", text) for text in view.captions)


def lines(view: ClipView, style: Style = plainly) -> Iterator[str]:
    """A clip's facts and every answer about it, as printable text; `style` colours pieces by their role.
    What a wrong answer says has the role of what is wrong."""
    yield style(_plain(view.clip_id), "name")
    yield from (f"  {_plain(name) + ':':11} {_plain(value)}" for name, value in _facts(view) if value)
    if not view.said:
        yield "  No run has an answer about it."
    for answer in view.said:
        mark = {True: style("right", "right"), False: style("wrong", "wrong"), None: ""}[answer.right]
        yield ""
        yield "  " + "  ".join(
            text for text in (style(_plain(_who(answer, view)), "name"), mark, _plain(_read(answer))) if text
        )
        if answer.question is not None:
            about = f"{answer.item} ({', '.join(answer.clips)}): " if answer.item else ""
            yield style(f"      asked: {_plain(about)}{_short(_plain(answer.question))}", "given")
        yield f"      {_coloured(answer, style)}"
        if answer.official is not None:
            yield style(f"      official: {_plain(_official(answer.official))}", "given")
        if answer.given is not None:
            yield style(f"      given: {_short(_plain(answer.given))}", "given")


def _who(answer: ClipAnswer, view: ClipView) -> str:
    """The model, what it heard if not the clip, and the run where the model alone does not tell."""
    name = f"{answer.model} ({answer.control})" if answer.control else answer.model
    alike = sum((other.model, other.control) == (answer.model, answer.control) for other in view.said)
    return name if alike == 1 else f"{name} [{answer.run}]"


def _read(answer: ClipAnswer) -> str:
    """How an answer was read, in a few words."""
    if answer.rouge:
        return f"{answer.task}: " + ", ".join(f"{name} {value:.3f}" for name, value in answer.rouge.items())
    labels = f" {', '.join(answer.labels)}" if answer.labels else ""
    references = "" if answer.right is not False else f" (it is {', '.join(answer.gold)})"
    return f"{answer.task}: {answer.status}{labels}{references}"


def _official(said: Mapping[str, object]) -> str:
    """The verdict of an exam's own rule, in a few words."""
    credit = said["credit"]
    verdict = (
        "left out" if credit is None else {0.0: "wrong", 1.0: "right"}.get(float(str(credit)), f"worth {credit:.3g}")
    )
    return f"{verdict} by {said['rule']}: {said['evidence']}"


def _plain(text: str) -> str:
    """Without line ends and whatever else a terminal would obey;
    every character stays one character."""
    return "".join(" " if c.isspace() else c for c in printable(text))


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters; all of it: --json)"


def _pieces(answer: ClipAnswer) -> Iterator[tuple[str | None, str]]:
    """The answer cut where the role of its characters changes;
    of spans that overlap the later one counts."""
    text = answer.answer or ""
    roles: list[str | None] = [None] * len(text)
    for span in answer.spans:
        roles[span.start : span.end] = [span.role] * (span.end - span.start)
    for role, run in groupby(zip(roles, _plain(text), strict=True), key=lambda pair: pair[0]):
        yield role, "".join(character for _, character in run)


def _coloured(answer: ClipAnswer, style: Style) -> str:
    if answer.answer is None:
        return style(f"no answer: {_plain(answer.error or '')}", "wrong")
    roles = dict.fromkeys(("positive", "letter"), "wrong") if answer.right is False else {}
    pieces = ((role and roles.get(role, role), text) for role, text in _pieces(answer))
    return "".join(style(text, role) if role else text for role, text in pieces) or "(empty)"


def markdown(view: ClipView) -> Iterator[str]:
    """The same in GitHub's Markdown."""
    yield f"### {_escaped(view.clip_id)}"
    yield ""
    yield from (f"- {name}: {_escaped(_plain(value))}" for name, value in _facts(view) if value)
    yield ""
    yield "| model | answer | read as | right |"
    yield "|---|---|---|---|"
    for answer in view.said:
        mark = {True: "yes", False: "no", None: ""}[answer.right]
        yield f"| {_escaped(_who(answer, view))} | {_emphasised(answer)} | {_escaped(_read(answer))} | {mark} |"


def _emphasised(answer: ClipAnswer) -> str:
    if answer.answer is None:
        return f"no answer: {_escaped(_plain(answer.error or ''))}"
    around = {"positive": "**", "letter": "**", "negative": "~~"}
    marks = ((around.get(role or "", ""), _escaped(text)) for role, text in _pieces(answer))
    return "".join(f"{mark}{text}{mark}" for mark, text in marks)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\|*_`<>[]~" else c for c in text)
