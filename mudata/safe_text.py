"""Text that others wrote (a model, a server, a file, an exception), fit to be kept and shown.

Keys are masked in every form in which they come back: as they are, in URLs and HTML, as escapes of
JSON and of programs, in base64 wherever they begin in it. Control characters become the
replacement character: a terminal would obey them, and a page or a file cannot hold them all. What
people write stays to the letter: line ends, tabs, every script, marks that join letters.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Any

MASK = "[key]"
SHORTEST = 6
"""Characters of a key: what is shorter is a placeholder (EMPTY, none), and may be an answer."""

_VARIABLES = (
    "OPENAI_API_KEY",
    "MUDATA_JUDGE_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "KAGGLE_KEY",
    "KAGGLE_API_TOKEN",
)
"""Environment variables whose values this program or its clients send."""

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
"""C0 and C1 (ECMA-48) but for tabs and line ends; explicit directional formatting (UAX 9).
A pattern that `re` compiles when it is first needed: every start of mudata reads this module."""

_kept: set[str] = set()


def keep_secret(key: str | None) -> None:
    """Have a key masked from now on, wherever text passes through here."""
    if key:
        _kept.add(key)


def safe(text: str) -> str:
    """The text without keys and without control characters."""
    return printable(masked(text))


def masked(text: str) -> str:
    """The text with [key] in place of every key that this process may have sent."""
    keys = tuple(sorted({*_kept, *filter(None, map(os.environ.get, _VARIABLES))}))
    plain, pattern = _forms(keys)
    if not pattern or not (any(form in text for form in plain) or any(sign in text for sign in "%&\\")):
        return text
    return pattern.sub(MASK, text)


def printable(text: str) -> str:
    """The text with the replacement character in place of every control character, and question
    marks for halves of surrogate pairs."""
    if text.isprintable():
        return text
    return re.sub(_CONTROL, "\ufffd", text.encode("utf-8", "replace").decode())


def safe_values(value: Any) -> Any:
    """A value of JSON in which every text is safe, keys of objects included."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {safe(key) if isinstance(key, str) else key: safe_values(item) for key, item in value.items()}
    return [safe_values(item) for item in value] if isinstance(value, list | tuple) else value


def escaped(json_text: str) -> str:
    """JSON that means the same and is printable: control characters as \\u001b."""
    return re.sub(_CONTROL, lambda found: f"\\u{ord(found[0]):04x}", json_text)


@lru_cache(maxsize=8)
def _forms(keys: tuple[str, ...]) -> tuple[tuple[str, ...], re.Pattern[str] | None]:
    """The forms of these keys that have no escapes in them, and what finds them in all forms."""
    long = sorted((key for key in keys if len(key) >= SHORTEST), key=len, reverse=True)
    encoded = [form for key in long for form in _base64(key)]
    every = ["".join(map(_sign, key)) for key in long] + [re.escape(form) for form in encoded]
    return (*long, *encoded), re.compile("|".join(every)) if every else None


def _sign(sign: str) -> str:
    """A regular expression for one character, as it is or escaped."""
    code = ord(sign)
    names = {"&": "|&amp;", "<": "|&lt;", ">": "|&gt;", '"': "|&quot;", "'": "|&apos;"}.get(sign, "")
    escapes = rf"(?i:%{code:02x}|\\u{code:04x}|\\x{code:02x}|&\#0*{code};|&\#x0*{code:x};)"
    return rf"(?:\\{{0,4}}{re.escape(sign)}|{escapes}{names})"


def _base64(key: str) -> set[str]:
    """What of a key is the same in every base64 text that it is in, for each place where it may begin."""
    import base64

    found = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + key.encode()).decode()
        core = encoded[-(-8 * before // 6) : 8 * (before + len(key.encode())) // 6]
        found |= {core, core.replace("+", "-").replace("/", "_")}
    return found
