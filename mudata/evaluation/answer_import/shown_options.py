"""In which order a model was shown an item's options, and whether with letters or numbers: as the log has them, or as
the prompt in the log shows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.file_answer import FileAnswer


class ShownOptions(NamedTuple):
    """Options of an item as it has them, in the order shown."""

    options: tuple[str, ...]
    letters: bool | None = None
    numbered: bool | None = None
    """None where the prompt does not say."""


def shown_options(own: Sequence[str], answer: FileAnswer) -> ShownOptions | None:
    """How the options `own` of an item were shown when it got this answer; None where the file does not say.

    A list of the file counts where it has these options, or some of them, whatever their letters and spaces; else the
    labels in the prompt do.
    """
    seen = _in_prompt(own, answer.prompt) if answer.prompt else None
    listed = _listed(own, answer.options)
    if listed:
        return (
            seen._replace(options=listed) if seen else ShownOptions(listed, *((True, False) if answer.lettered else ()))
        )
    return seen


def fold(text: str) -> str:
    """A text without the differences that copying makes: case, spaces.

    Example:
        >>> fold("  C  Major")
        'c major'
    """
    return " ".join(text.casefold().split())


def are_options(own: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether a list has these options, all or some of them, in any order."""
    return not Counter(map(fold, listed)) - Counter(map(fold, own))


def _listed(own: Sequence[str], listed: Sequence[str]) -> tuple[str, ...] | None:
    """The item's own texts in the order of the list."""
    if not listed or not are_options(own, listed):
        return None
    left = list(own)
    found = []
    for option in listed:
        place = next(place for place, text in enumerate(left) if fold(text) == fold(option))
        found.append(left.pop(place))
    return tuple(found)


def _in_prompt(own: Sequence[str], prompt: str) -> ShownOptions | None:
    """Options behind '(A)', 'A.', 'A)', 'A:', '(1)' and the like, one after the other from the first label on."""
    for labels in (ascii_uppercase, [str(n) for n in range(1, len(own) + 1)]):
        if found := _labelled(own, prompt, labels):
            return ShownOptions(found, letters=labels is ascii_uppercase, numbered=labels is not ascii_uppercase)
    return None


def _labelled(own: Sequence[str], prompt: str, labels: Sequence[str]) -> tuple[str, ...] | None:
    left, found, at = sorted(own, key=len, reverse=True), [], 0
    for label in labels[: len(own)]:
        texts = "|".join(re.escape(text) for text in left)
        mark = re.compile(rf"(?<![^\W_])\(?{label}[).:]\s*(?P<text>{texts})(?![^\W_])", re.IGNORECASE)
        match = next((m for m in mark.finditer(prompt, at)), None)
        if match is None:
            break
        text = next(text for text in left if text.casefold() == match["text"].casefold())
        left.remove(text)
        found.append(text)
        at = match.end()
    return tuple(found) if len(found) > 1 and len(found) >= len(own) - 1 else None
