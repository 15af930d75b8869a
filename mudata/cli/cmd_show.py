"""`mudata show`: clips, and everything that models said of them, side by side."""

from __future__ import annotations

from typing import Any

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, emit_json, json_option
from mudata.home import Home

_COLOUR: dict[str, dict[str, Any]] = {
    "positive": {"fg": "green", "bold": True},
    "negative": {"fg": "red", "strikethrough": True},
    "lenient": {"fg": "yellow"},
    "letter": {"fg": "green"},
    "anchor": {"fg": "cyan"},
    "cue": {"fg": "cyan"},
    "guard": {"dim": True},
    "echo": {"dim": True},
    "name": {"bold": True},
    "right": {"fg": "green"},
    "wrong": {"fg": "red"},
    "given": {"dim": True},
}
"""How a terminal shows the pieces of an answer by their role, and other text by what it is."""


def _styled(text: str, role: str) -> str:
    return click.style(text, **_COLOUR.get(role, {}))


@click.command()
@click.argument("clips", nargs=-1, metavar="CLIP...", shell_complete=name_completion.clips)
@click.option(
    "--runs",
    default="all",
    metavar="RUN,...",
    shell_complete=name_completion.listed(name_completion.runs),
    help="Only answers of these runs [default: all].",
)
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
    terminal by which words (green: said and right, red: said and wrong, struck out: denied, yellow: only nearly, grey:
    not meant).

    \b
    mudata show gtzan/blues.00000
    mudata show --sample 5 --disagree --runs qwen2-audio,random
    """
    from dataclasses import asdict

    from mudata.evaluation.comparison import clip_text
    from mudata.evaluation.comparison.clip_view import clip_views, runs_to_show
    from mudata.evaluation.comparison.clip_view import draw_clips as draw

    if bool(clips) == bool(sample) or (disagree and not sample):
        raise click.UsageError("Name clips, or give --sample N (and --disagree, if you like).")
    home = Home.default()
    shown_runs = runs_to_show(home, [] if runs == "all" else [name.strip() for name in runs.split(",") if name.strip()])
    wanted = list(dict.fromkeys(clips)) or draw(home, shown_runs, sample or 1, seed, disagree=disagree)
    views = clip_views(home, wanted, shown_runs)
    if as_json:
        emit_json([asdict(view) for view in views])
        return
    for view in views:
        for line in clip_text.markdown(view) if markdown else clip_text.lines(view, _styled):
            echo(line, coloured=not markdown)
        echo()
