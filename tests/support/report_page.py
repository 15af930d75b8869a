"""A report written by the command line, and its page as a browser takes it apart."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mudata.cli import cli


def report(*words: object) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, words)], catch_exceptions=False)


class Page(HTMLParser):
    """A page as a browser takes it apart: elements, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and len(self.scripts) < self.count("script"):
            self.scripts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    @property
    def data(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.scripts[0])
        return said


def page(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


_VOID = frozenset({"meta", "input", "br", "img", "hr", "link", "path", "use", "rect"})


class _Checker(HTMLParser):
    """Collects what an HTML validator would complain about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.level = 0
        self.feed(text)
        self.close()
        self.faults += [f"never closed: {tag}" for tag in self.open]
        self.faults += [f"id twice: {one}" for one in {one for one in self.ids if self.ids.count(one) > 1}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.faults += [f"{tag} has {name} twice" for name in set(names) if names.count(name) > 1]
        self.faults += [f"{tag} has a handler {name}" for name in names if name.startswith("on")]
        self.faults += [f"{tag} loads {value}" for name, value in attrs if name == "src" and "//" in (value or "")]
        if tag in ("h1", "h2", "h3", "h4"):
            if int(tag[1]) > self.level + 1:
                self.faults.append(f"{tag} follows h{self.level}")
            self.level = int(tag[1])
        if tag == "p" and "p" in self.open:
            self.faults.append("p in p")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()


def html_faults(text: str) -> list[str]:
    """Elements that are not closed in order, ids that are not unique, headings that skip a level, handlers of events,
    what is loaded from elsewhere, and characters that no page may have."""
    hidden = {f"U+{ord(c):04X}" for c in text if (ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0}
    return [*_Checker(text).faults, *(f"raw {code}" for code in sorted(hidden))]
