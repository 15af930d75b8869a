"""Path patterns of cards: globs with named parts.

`**/` is any depth (also none), `**` at the end is everything below, `*`, `?` and `{name}` stay
within one path segment, `{name:regex}` is exactly what the regular expression says, and a name that
comes again must match the same text. All else is literal, brackets too. Paths are relative to the
dataset's `files/` folder and use forward slashes.
"""

from __future__ import annotations

import functools
import re

from mudata.errors import CardError

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class Pattern:
    """A compiled path pattern. `names` are its named parts, in order.
    Raises CardError if it is malformed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.regex = _regex(text)
        try:
            self._compiled = re.compile(self.regex, re.DOTALL)
        except re.error as error:
            raise CardError(f"Pattern {text!r} is not valid: {error}.", "See `{name:regex}` in the card.") from error
        self.names = tuple(self._compiled.groupindex)

    def match(self, path: str, *, any_case: bool = False) -> dict[str, str] | None:
        """The named parts if the whole path matches (`any_case`: whatever the case of its letters), else None."""
        matched = (self._caseless if any_case else self._compiled).fullmatch(path)
        return matched.groupdict() if matched else None

    @functools.cached_property
    def _caseless(self) -> re.Pattern[str]:
        return re.compile(self.regex, re.DOTALL | re.IGNORECASE)


def _regex(text: str) -> str:
    pieces: list[str] = []
    seen: set[str] = set()
    at = 0
    while at < len(text):
        if text.startswith("**/", at):
            pieces.append("(?:.*/)?")
            at += 3
        elif text.startswith("**", at):
            pieces.append(".*")
            at += 2
        elif text[at] in "*?":
            pieces.append("[^/]*" if text[at] == "*" else "[^/]")
            at += 1
        elif text[at] == "{":
            end = _closing(text, at)
            name, colon, regex = text[at + 1 : end].partition(":")
            if not _NAME.match(name) or (colon and not regex):
                raise CardError(
                    f"Pattern {text!r}: {text[at : end + 1]} is not a named part.",
                    "Write {name} or {name:regex}, the name in small letters.",
                )
            pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{regex or '[^/]+'})")
            seen.add(name)
            at = end + 1
        else:
            pieces.append(re.escape(text[at]))
            at += 1
    return "".join(pieces)


def _closing(text: str, start: int) -> int:
    """Index of the brace that closes the one at `start`;
    braces of a regex such as \\d{5} are counted."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise CardError(f"Pattern {text!r}: a brace is not closed.", "Write {name} or {name:regex}.")
