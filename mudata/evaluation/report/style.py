"""Ink and paper: how a figure becomes SVG in the page's colours and type, or a file for a paper.

Colours are INK while drawing; on the page each becomes the CSS variable of its name,
so that light and dark, screen and print have their own.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#1c2126", "#e6e9ec"),
    "soft": ("#5b6570", "#9aa5b0"),
    "rule": ("#d5dade", "#343b42"),
    "paper": ("#fffffe", "#14171a"),
    "accent": ("#1f5fa8", "#7fb2ec"),
    "band": ("#b9d0ea", "#2c4a6e"),
    "anchor": ("#8a5a00", "#e0b45c"),
    "fate-right": ("#2b6cb0", "#5a9be0"),
    "fate-wrong": ("#d9822b", "#d98b3f"),
    "fate-set": ("#2b6cb1", "#5a9be0"),
    "fate-answered": ("#2b6cb2", "#5a9be0"),
    "on-wrong": ("#1c2127", "#14171a"),
    "fate-lenient": ("#8fb8e0", "#31577f"),
    "fate-several": ("#f0c48a", "#7d5a2c"),
    "fate-refused": ("#8d99a6", "#5c6670"),
    "fate-echo": ("#a9b3bd", "#56606a"),
    "fate-outside": ("#e3b7cf", "#74415c"),
    "fate-unparsed": ("#c3cad2", "#444c54"),
    "fate-oov": ("#c3cad1", "#444c54"),
    "fate-empty": ("#dde1e5", "#343b42"),
    "fate-error": ("#b3363f", "#d4616a"),
    "line-1": ("#1f5fa9", "#7fb2ec"),
    "line-2": ("#c2571a", "#ec9560"),
    "line-3": ("#2f7d4f", "#74c493"),
    "line-4": ("#7a4fa3", "#b992e0"),
    "line-5": ("#a1730a", "#d9b04f"),
    "line-6": ("#b0416f", "#e587ad"),
}
"""Name of the CSS variable -> its colour on white paper and in the dark.
The former all differ, so that each can be found again in the SVG."""

INK = {name: light for name, (light, _) in PALETTE.items()}


ON_FATE = {"right": "paper", "set": "paper", "answered": "paper", "wrong": "on-wrong", "error": "paper"}
"""What numbers on the bar of a fate are written in, where that is not ink."""

WIDE, NARROW = 8.6, 3.4
"""Inches: beside text on a desk, and on a telephone."""


def canvas(
    size: tuple[float, float], *, left: float = 0.0, right: float = 0.0, top: float = 0.0, bottom: float = 0.0
) -> tuple[Figure, Axes]:
    """Axes in a figure of a size, with so much room around them; all in inches."""
    from matplotlib.figure import Figure

    width, height = size
    figure = Figure(figsize=size)
    axes = figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    return figure, axes


def text_width(text: str, size: float = 9) -> float:
    """Inches that a text takes at most, in any common type of so many points."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.58 for c in text) * size / 72


def folded(text: str, inches: float, most: int = 2) -> list[str]:
    """A label in lines that fit, without control characters; cut in the middle where `most` lines
    do not hold it."""
    shown = plain(text, 10_000)
    lines: list[str] = []
    while text_width(shown) > inches and len(lines) < most - 1:
        fits = next(i for i in range(len(shown), 0, -1) if text_width(shown[:i]) <= inches or i == 1)
        breaks = [i + 1 for i, c in enumerate(shown[:fits]) if c in " -_/:"]
        cut = breaks[-1] if breaks and breaks[-1] > fits // 3 else fits
        lines.append(shown[:cut].rstrip())
        shown = shown[cut:].lstrip()
    while text_width(shown) > inches and len(shown) > 3:
        shown = plain(shown, len(shown) - 1)
    return [*lines, shown]


def svg(draw: Callable[[float], Figure], width: float, title: str, key: str = "") -> str:
    """A figure as inline SVG for the page:
    CSS variables for colours, the page's own type, a title for readers. `key` is of the page's
    figures this one's own."""
    with _style():
        out = io.BytesIO()
        _write(draw(width), out, "svg", salt=f"{key}-{title}-{width}")
    text = re.sub(r"^.*?(?=<svg)", "", out.getvalue().decode(), count=1, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"| version="1\.1"', "", text)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # a page has many figures, and an id once
    named = html.escape(title)
    text = re.sub(
        r'<svg width="[\d.]+pt" height="[\d.]+pt"',
        lambda _: f'<svg role="img" aria-label="{named}"',
        text,
        count=1,
    )
    text = re.sub(r"font: ((?:\d+ )?[\d.]+px)[^;\"]*", r"font-size: \1", text)
    for name, colour in INK.items():
        text = text.replace(colour, f"var(--{name})")
    return text


def write(draw: Callable[[float], Figure], width: float, path: Path) -> None:
    """A figure as a file: PNG (300 dpi) or SVG, by the path's suffix."""
    with _style(), path.open("wb") as out:
        _write(draw(width), out, path.suffix[1:], salt=path.stem, bbox_inches="tight", pad_inches=0.05)


def plain(text: str, longest: int) -> str:
    """A label for a figure: without control characters, cut in the middle."""
    shown = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    half = (longest - 1) // 2
    return shown if len(shown) <= longest else f"{shown[:half]}…{shown[-half:]}"


def _write(figure: Figure, out: Any, form: str, salt: str, **room: Any) -> None:
    import matplotlib as mpl

    metadata: Mapping[str, Any] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    behind = "white" if form == "png" else "none"
    with mpl.rc_context({"svg.hashsalt": salt}):
        figure.savefig(out, format=form, dpi=300, metadata=metadata, facecolor=behind, **room)


@contextlib.contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    style: dict[Any, Any] = {
        "text.parse_math": False,  # a dollar in a name is a dollar
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": INK["ink"],
        "axes.labelcolor": INK["soft"],
        "axes.edgecolor": INK["rule"],
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "xtick.color": INK["rule"],
        "ytick.color": INK["rule"],
        "xtick.labelcolor": INK["soft"],
        "ytick.labelcolor": INK["ink"],
        "hatch.linewidth": 0.6,
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the browser has it
        yield
