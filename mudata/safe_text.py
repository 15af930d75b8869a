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

_NO_WORDS = 16
"""Characters of a key that no sentence has by chance: it is known in any case, spelt out, wrapped or hidden. Ours."""

_VARIABLES = (
    "OPENAI_API_KEY",
    "MUDATA_JUDGE_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "KAGGLE_KEY",
    "KAGGLE_API_TOKEN",
    "RAY_AUTH_TOKEN",
)
"""Environment variables whose values this program or its clients send."""

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
"""C0 and C1 (ECMA-48) but for tabs and line ends; explicit directional formatting (UAX 9).
A pattern that `re` compiles when it is first needed: every start of mudata reads this module."""

_BETWEEN = r"""[\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2060\ufeff,"']{0,4}"""
"""What may stand between two characters of a key that is spelt out, wrapped or hidden."""

_OF_OTHERS = (
    r"(?<![A-Za-z0-9_-])(?:sk-|hf_|AIza|gsk_|xai-|ghp_|github_pat_)(?=[A-Za-z_-]{0,200}\d)[A-Za-z0-9_-]{20,}"
    r"""|(?P<name>(?i:\b(?:bearer|basic)[ ]|api[-_]?key["']?\s{0,3}[:=]\s{0,3}["']?|[?&]key=))"""
    r"(?=[A-Za-z._~+/=-]{0,200}\d)[A-Za-z0-9._~+/=-]{16,}"
)
"""Keys as OpenAI and its likes, Hugging Face, Google, Groq, xAI and GitHub spell them, and what stands behind
Authorization's schemes and parameters of such names: long, without blanks, with a digit. Ours."""

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
    pattern = _forms(keys)
    return pattern.sub(MASK, text) if pattern else text


def without_keys_of_others(text: str) -> str:
    """The text with [key] in place of what has the form of a key, whoever sent it: logs of other programs have their
    keys in their complaints. Slower than `masked`.

    Example:
        >>> without_keys_of_others("401 for sk-proj-0123456789abcdefghij, api_key='0123456789abcdef'")
        "401 for [key], api_key='[key]'"
    """
    return re.sub(_OF_OTHERS, lambda found: f"{found['name'] or ''}{MASK}", text)


def printable(text: str) -> str:
    """The text with the replacement character in place of every control character, and question
    marks for halves of surrogate pairs."""
    if text.isprintable():
        return text
    return re.sub(_CONTROL, "\ufffd", text.encode("utf-8", "replace").decode())


def text_of(thing: object) -> str:
    """What `str` makes of an exception or another thing of others' code; where that fails, which thing and how.

    Example:
        >>> class Mute(Exception):
        ...     def __str__(self):
        ...         raise RuntimeError("no words")
        >>> text_of(Mute()), text_of(ValueError("too long"))
        ('a Mute without text (its __str__ raises RuntimeError)', 'too long')
    """
    try:
        return str(thing)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"a {type(thing).__name__} without text (its __str__ raises {type(error).__name__})"


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
def _forms(keys: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds these keys in all forms."""
    long = sorted((key for key in keys if len(key) >= SHORTEST), key=len, reverse=True)
    encoded = [form for key in long for form in _base64(key)]
    every = ["".join(map(_sign, key)) for key in long]
    every += [f"(?i:{_BETWEEN.join(map(_sign, key))})" for key in long if len(key) >= _NO_WORDS]
    every += [r"\s{0,2}".join(map(re.escape, form)) for form in encoded]
    return re.compile("|".join(every)) if every else None


def _sign(sign: str) -> str:
    """A regular expression for one character, as it is, escaped, or as a number (hexadecimal, octal)."""
    code = ord(sign)
    names = {"&": "|&amp;", "<": "|&lt;", ">": "|&gt;", '"': "|&quot;", "'": "|&apos;"}.get(sign, "")
    numbers = rf"(?:%(?:25)*|\\{{1,4}}[ux]\{{?0*|&\#x0*|=|0x)?{code:02x}[;}}]?|&\#0*{code};|\\{{1,4}}0*{code:o}"
    return rf"(?:\\{{0,4}}{re.escape(sign)}|(?i:{numbers}{names}))"


def _base64(key: str) -> set[str]:
    """What of a key is the same in every base64 text that it is in, for each place where it may begin."""
    import base64

    found = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + key.encode()).decode()
        core = encoded[-(-8 * before // 6) : 8 * (before + len(key.encode())) // 6]
        found |= {core, core.replace("+", "-").replace("/", "_")}
    return found
