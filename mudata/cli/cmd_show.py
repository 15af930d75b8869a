"""`mudata show`: clips, and everything that models said of them, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from mudata.cli.output import emit_json, json_option
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.evaluation.comparison.clip_view import ClipAnswer, ClipView

_COLOUR: dict[str, dict[str, Any]] = {
    "positive": {"fg": "green", "bold": True},
    "negative": {"fg": "red", "strikethrough": True},
    "lenient": {"fg": "yellow"},
    "letter": {"fg": "green"},
    "anchor": {"fg": "cyan"},
    "cue": {"fg": "cyan"},
    "guard": {"dim": True},
    "echo": {"dim": True},
}
"""How a terminal shows the pieces of an answer, by their role."""


@click.command()
@click.argument("clips", nargs=-1, metavar="CLIP...")
@click.option("--runs", default="all", metavar="RUN,...", help="Only answers of these runs [default: all].")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Show N clips of the runs, drawn by --seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another draw.")
@click.option("--disagree", is_flag=True, help="With --sample: those that the runs disagree about most.")
@click.option("--markdown", is_flag=True, help="Print GitHub's Markdown.")
@json_option
def show(
    clips: tuple[str, ...], *, runs: str, sample: int | None, seed: int, disagree: bool, markdown: bool, as_json: bool
) -> None:
    """Show clips with everything that models said of them.

    Facts, where to listen, references, and every run's answer: how it was read, whether that is right, and on a
    terminal by which words (green: said, red: denied, yellow: only nearly, grey: not meant).

    \b
    mudata show gtzan/blues.00000
    mudata show --sample 5 --disagree --runs qwen2-audio,random
    """
    from dataclasses import asdict

    from mudata.evaluation.comparison.clip_view import clip_views, runs_to_show
    from mudata.evaluation.comparison.clip_view import draw_clips as draw

    if bool(clips) == bool(sample) or (disagree and not sample):
        raise click.UsageError("Name clips, or give --sample N (and --disagree, if you like).")
    home = Home.default()
    of = runs_to_show(home, [] if runs == "all" else [name.strip() for name in runs.split(",") if name.strip()])
    wanted = list(dict.fromkeys(clips)) or draw(home, of, sample or 1, seed, disagree=disagree)
    found = clip_views(home, wanted, of)
    if as_json:
        emit_json([asdict(one) for one in found])
        return
    for one in found:
        for line in _markdown(one) if markdown else _text(one):
            click.echo(line)
        click.echo()


def _facts(one: ClipView) -> Iterator[tuple[str, str]]:
    seconds = "" if one.duration_s is None else f"{one.duration_s:.1f} s"
    yield from (("title", one.title or ""), ("artist", one.artist or ""), ("album", one.album or ""))
    yield from (("length", seconds), ("licence", one.licence or ""), ("listen", one.path or one.status))
    yield from ((namespace, ", ".join(labels)) for namespace, labels in one.labels.items())
    yield from (("caption", text) for text in one.captions)


def _text(one: ClipView) -> Iterator[str]:
    yield click.style(one.clip_id, bold=True)
    yield from (f"  {name + ':':12}{_plain(value)}" for name, value in _facts(one) if value)
    if not one.said:
        yield "  No run has an answer about it."
    for said in one.said:
        mark = {True: click.style("right", fg="green"), False: click.style("wrong", fg="red"), None: ""}[said.right]
        yield ""
        yield "  " + "  ".join(text for text in (click.style(_who(said, one), bold=True), mark, _read(said)) if text)
        yield f"      {_coloured(said)}"
        if said.given is not None:
            yield click.style(f"      given: {_short(_plain(said.given))}", dim=True)


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


def _coloured(said: ClipAnswer) -> str:
    if said.answer is None:
        return click.style(f"no answer: {_plain(said.error or '')}", fg="red")
    return "".join(click.style(text, **_COLOUR.get(role or "", {})) for role, text in _pieces(said)) or "(empty)"


def _markdown(one: ClipView) -> Iterator[str]:
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
