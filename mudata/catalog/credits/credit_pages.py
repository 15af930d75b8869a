"""Credits to be read, or taken on: as text, Markdown, HTML, CSV and JSON."""

from __future__ import annotations

import html as html_format
import json as json_format
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mudata.csv_lines import csv_line
from mudata.errors import number
from mudata.markdown_text import markdown_text

if TYPE_CHECKING:
    from mudata.catalog.credits.clip_credits import ClipCredit, DatasetCredit


@dataclass(frozen=True, repr=False)
class Credits:
    """Citations of datasets, and the credit of every clip, sorted by clip id. `print` it, or take `text()`,
    `markdown()`, `html()`, `csv()`, `json()`, `rows()`."""

    name: str
    datasets: tuple[DatasetCredit, ...]
    clips: tuple[ClipCredit, ...]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each clip."""
        return [clip.row() for clip in self.clips]

    @property
    def unknown(self) -> dict[str, int]:
        """Of how many clips what is not known: author, title, licence, version of the licence, page."""
        counts = Counter(
            what
            for clip in self.clips
            for what, is_lacking in (
                ("author", clip.author is None),
                ("title", clip.title is None),
                ("page of their own", not clip.is_own_page),
                ("licence that is known", clip.licence.usage == "unknown"),
                ("version of their licence", clip.lacks_version),
            )
            if is_lacking
        )
        return dict(sorted(counts.items()))

    def missing(self) -> list[str]:
        """`unknown` in sentences."""
        whole = number(len(self.clips), "clip")
        return [
            f"{count:,} of {whole} {'has' if count == 1 else 'have'} no {what}." for what, count in self.unknown.items()
        ]

    def text(self) -> str:
        """Lines with the datasets' citations, what is not known, and clips by licence."""
        lines = [f"Credits of {self.name}", ""]
        for dataset in self.datasets:
            lines += [*_about(dataset, str), ""]
        lines += [*self.missing(), ""] if self.missing() else []
        for heading, clips in _groups(self.clips):
            lines += [heading, *(f"  {_line(clip, str)}" for clip in clips), ""]
        return "\n".join(lines)

    def markdown(self) -> str:
        """A page with a list for each licence."""
        lines = [f"# Credits of {markdown_text(self.name)}", "", "## Please cite"]
        for dataset in self.datasets:
            first, *more = _about(dataset, markdown_text)
            lines += [f"- **{first}**", *(f"  {line}" for line in more)]
        lines += (
            ["", "## Not known", *(f"- {markdown_text(line)}" for line in self.missing())] if self.missing() else []
        )
        for heading, clips in _groups(self.clips):
            lines += ["", f"## {markdown_text(heading)}", *(f"- {_line(clip, markdown_text)}" for clip in clips)]
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """A page in one file, without scripts and without anything from elsewhere."""
        title = f"Credits of {_quoted(self.name)}"
        body = [f"<h1>{title}</h1>", "<h2>Please cite</h2>", "<ul>"]
        body += [f"<li>{'<br>'.join(_linked(line) for line in _about(dataset, str))}</li>" for dataset in self.datasets]
        body += ["</ul>"]
        if missing := self.missing():
            body += ["<h2>Not known</h2>", "<ul>", *(f"<li>{_quoted(line)}</li>" for line in missing), "</ul>"]
        for heading, clips in _groups(self.clips):
            body += [f"<h2>{_linked(heading)}</h2>", "<ul>"]
            body += [f"<li>{_linked(_line(clip, str))}</li>" for clip in clips]
            body += ["</ul>"]
        head = f'<meta charset="utf-8"><title>{title}</title>'
        return "\n".join(["<!doctype html>", f'<html lang="en"><head>{head}</head><body>', *body, "</body></html>", ""])

    def csv(self) -> str:
        """A record for each clip; lists have '; ' between."""
        rows = self.rows()
        lists = ([("; ".join(v) if isinstance(v, list) else v) for v in row.values()] for row in rows)
        return "".join(map(csv_line, ([*rows[0]], *lists) if rows else ()))

    def json(self) -> str:
        """One document: name, datasets, unknown (clips by what is not known), clips."""
        document = {
            "name": self.name,
            "datasets": [asdict(dataset) for dataset in self.datasets],
            "unknown": self.unknown,
            "clips": self.rows(),
        }
        return json_format.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Credits of {self.name}: {number(len(self.clips), 'clip')} of {number(len(self.datasets), 'dataset')}"


def _about(dataset: DatasetCredit, safe: Callable[[str], str]) -> list[str]:
    """A dataset in a few lines: what it is, how it is cited, its terms."""
    terms = f"Terms of the dataset: {dataset.licence}" + (f" ({dataset.licence_url})" if dataset.licence_url else "")
    lines = [
        f"{dataset.title} ({number(dataset.clips, 'clip')})",
        dataset.citation,
        dataset.homepage,
        terms,
        dataset.note or "",
    ]
    return [safe(" ".join(line.split())) for line in lines if line]


def _groups(clips: Iterable[ClipCredit]) -> Iterator[tuple[str, list[ClipCredit]]]:
    """Clips of one licence and with the same changes, under a heading that says both."""

    def key(clip: ClipCredit) -> tuple[str, str]:
        return _terms(clip), ", ".join(clip.changes)

    def order(clip: ClipCredit) -> tuple[object, ...]:
        return (*key(clip), clip.author or "\uffff", clip.title or "\uffff", clip.clip_id)

    for (terms, changes), alike in groupby(sorted(clips, key=order), key):
        own = list(alike)
        yield (
            f"{terms}. {f'Changed: {changes}' if changes else 'Not changed'}. {number(len(own), 'clip')}",
            own,
        )


def _terms(clip: ClipCredit) -> str:
    """A licence in words: its name, address, and what it asks for."""
    terms = clip.licence
    name = " ".join((terms.title or "Licence not known").split())
    if terms.url:
        name += f", {terms.url}"
    elif clip.lacks_version:
        name += " (version not stated)"
    asked = {
        "noncommercial use only": terms.usage == "noncommercial",
        "research only": terms.usage == "research",
        "nothing is known to be permitted": terms.usage == "unknown",
        "not to be passed on": not terms.may_share and terms.usage != "unknown",
        "not to be passed on when changed": terms.may_share and not terms.may_change,
        "changes under the same licence": terms.share_alike and terms.may_change,
    }
    said = "; ".join(words for words, holds in asked.items() if holds)
    return f"{name} [{said}]" if said else name


def _line(clip: ClipCredit, safe: Callable[[str], str]) -> str:
    """One clip: author, title, album, where it is from."""
    title = f'"{clip.title}"' if clip.title else "title not known"
    album = f", from {clip.album}" if clip.album else ""
    source = f". {clip.source}" if clip.source else ""
    return safe(f"{clip.author or 'author not known'}: {title}{album} ({clip.clip_id}){source}")


def _quoted(line: str) -> str:
    return html_format.escape(line, quote=True)


def _linked(line: str) -> str:
    """Text in HTML, its addresses as links."""
    pieces = re.split(r"(https?://[^\s)\]]*[^\s)\].,;])", line)
    return "".join(
        f'<a href="{_quoted(piece)}">{_quoted(piece)}</a>' if number_ % 2 else _quoted(piece)
        for number_, piece in enumerate(pieces)
    )
