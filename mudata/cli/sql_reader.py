"""Input for the prompt of `mudata sql`: several lines to a semicolon, history, completion.

By prompt_toolkit, or where that is not installed by Python's own `input`, with readline if there is one.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.index import query as asking

if TYPE_CHECKING:
    from prompt_toolkit.document import Document

    from mudata.home import Home

Reader = Callable[[str], str]
"""Gives the next input, beginning with a text; raises EOFError, KeyboardInterrupt."""

PROMPT, MORE = "mudata> ", "   ...> "

HISTORY = "sql_history"
"""In the home: what was asked, readable by its owner alone."""

_WORDS = (
    "SELECT FROM WHERE GROUP BY ORDER BY ALL LIMIT OFFSET HAVING QUALIFY JOIN LEFT USING ON AS AND OR NOT IN IS NULL"
    " LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END DISTINCT UNION WITH VALUES DESCRIBE SUMMARIZE SHOW PIVOT EXPLAIN"
    " ASC DESC count( sum( avg( min( max( round( list_contains( unnest( string_agg( median("
)
_COMMANDS = ("\\d", "\\e", "\\q", "\\?")
_ASIDE = re.compile(
    r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|\$\$.*?(?:\$\$|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)
"""Texts, names and comments, closed or not, in which a semicolon ends nothing."""
_SECRET = re.compile(r"secret|token|passw|api_?key|bearer", re.IGNORECASE)


def is_whole(text: str) -> bool:
    """Whether nothing more is to come: a command, or SQL to a semicolon that is in no text, name or comment.

    >>> is_whole("SELECT 1"), is_whole("SELECT 1;"), is_whole("SELECT ';"), is_whole("SELECT 1; -- done")
    (False, True, False, True)
    """
    if not text.strip() or text.lstrip().startswith("\\") or text.strip().casefold() in ("exit", "quit", "help"):
        return True
    bare = _ASIDE.sub(lambda aside: " " if aside[0].startswith("--") or aside[0].endswith("*/") else "x", text)
    return bare.rstrip().endswith(";")


def is_kept(text: str) -> bool:
    """Whether history keeps it: not what begins with a space, and nothing that may hold a key."""
    return not text.startswith(" ") and bool(text.strip()) and not _SECRET.search(text)


def candidates(home: Home, before: str) -> tuple[str, list[str]]:
    """The word that the text before the cursor ends with, and what it may become."""
    word = re.search(r"[\w\\?]*\(?\Z", before)[0]  # type: ignore[index]  # it matches nothing, too
    names = asking.schema(home)
    tables, columns = ({row[key]: None for row in names} for key in ("table", "column"))
    if word.startswith("\\"):
        known: Iterable[str] = _COMMANDS
    elif before.lstrip().startswith("\\d"):
        known = tables
    else:
        known = {**tables, **columns, **dict.fromkeys(_WORDS.split())}
    return word, [name for name in known if name.casefold().startswith(word.casefold()) and name != word]


def reader(home: Home) -> Reader:
    """A reader at this terminal. What was asked is kept in the home, where that can be written."""
    history: Path | None = home.root / HISTORY
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        os.close(os.open(home.root / HISTORY, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        history = None
    try:
        import prompt_toolkit  # noqa: F401 - looked for
    except ImportError:
        return _plain(home, history)
    return _with_toolkit(home, history)


def _with_toolkit(home: Home, history: Path | None) -> Reader:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    class Names(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            word, known = candidates(home, document.text_before_cursor)
            return [Completion(name, -len(word)) for name in known]

    class Kept(FileHistory):
        def store_string(self, string: str) -> None:
            if is_kept(string):
                with contextlib.suppress(OSError):  # a full disk stops nobody from asking
                    super().store_string(string)

    past: History = Kept(str(history)) if history else InMemoryHistory()
    session: PromptSession[str] = PromptSession(
        history=past,
        completer=Names(),
        complete_while_typing=False,
        multiline=Condition(lambda: not is_whole(session.default_buffer.text)),
        prompt_continuation=MORE,
        enable_open_in_editor=False,
    )
    return lambda begun: session.prompt(PROMPT, default=begun)


def _plain(home: Home, history: Path | None) -> Reader:
    try:
        import readline
    except ImportError:  # as on Windows: no history
        return _lines
    readline.parse_and_bind("tab: complete")
    readline.set_completer(lambda word, n: (candidates(home, word)[1] + [None] * (n + 1))[n])
    readline.set_auto_history(False)
    if history:
        with contextlib.suppress(OSError):
            readline.read_history_file(history)

    def read(begun: str) -> str:
        if begun:
            readline.set_startup_hook(lambda: readline.insert_text(" ".join(begun.split("\n"))))
        try:
            text = _lines("")
        finally:
            readline.set_startup_hook()
        if is_kept(text):
            readline.add_history(" ".join(text.split("\n")))
            with contextlib.suppress(OSError):
                if history:
                    readline.append_history_file(1, history)
        return text

    return read


def _lines(begun: str) -> str:
    """Lines of `input` until they are whole; what was begun stands before them."""
    text = begun + input(PROMPT)
    while not is_whole(text):
        text += "\n" + input(MORE)
    return text
