"""Which edition of an exam an item file is: whether it is one that the card's mirrors name."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.read.dataset_contents import Issue

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.exam import ExamSection
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.dataset_contents import ItemFiles


class ItemEdition(NamedTuple):
    """Which item files the items of a task are from."""

    items_sha256: dict[str, str]
    """By path below `files/`; of a file for which the card has several sums the first of them."""
    other: tuple[str, ...]
    """The sums of files that are another edition than the card's."""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def edition_of(card: Card, pattern: str, name: str, sha256: str) -> tuple[str | None, bool]:
    """The edition in words, and whether it is another than the card's; None where the card names no sum of the file.

    Args:
        card: of an exam.
        pattern: of the item file, as the exam's `files` have it.
        name: of the file.
        sha256: of the file.
    """
    known = _known(card, pattern, name)
    if not known or card.exam is None:
        return None, False
    if sha256 in known:
        return f"{card.exam.version} (sha256 {sha256[:12]}, the file that the card names)", False
    return f"another one than the card's {card.exam.version}: sha256 {sha256[:12]} in place of {min(known)[:12]}", True


def file_sums(card: Card, files: Path, paths: Mapping[str, Sequence[Path]]) -> dict[str, dict[str, str]]:
    """The sums of an exam's item files.

    Args:
        card: of any dataset.
        files: the folder below which they are.
        paths: of the card's tables, by key.
    """
    of_exam = {key: paths[key] for key in (card.exam.files if card.exam else ()) if paths[key]}
    return {key: {p.relative_to(files).as_posix(): file_sha256(p) for p in some} for key, some in of_exam.items()}


def other_editions(card: Card, files: ItemFiles) -> Iterator[Issue]:
    """Which of an exam's item files are another edition than the card's."""
    for key, sums in files.items():
        for path, sha256 in sums.items():
            name = path.rpartition("/")[2]
            edition, is_other = edition_of(card, card.exam.files[key].path if card.exam else "", name, sha256)
            if is_other:
                yield Issue("other-edition", name, f"is {edition}; scores are of no edition that is published")


def items_edition(card: Card, task: str, files: ItemFiles) -> ItemEdition:
    """The edition of the items of a task.

    Args:
        card: of an exam.
        task: its items are those of the files that the exam names for it, and of the files that these look into.
        files: as they were when the items were read.
    """
    sums: dict[str, str] = {}
    other: list[str] = []
    for key in sorted(_looked_into(card.exam, task) & files.keys()) if card.exam else ():
        for path, sha256 in sorted(files[key].items()):
            known = _known(card, card.exam.files[key].path, path.rpartition("/")[2]) if card.exam else {}
            sums[path] = known.get(sha256, sha256)
            other += [sha256] if known and sha256 not in known else []
    return ItemEdition(sums, tuple(other))


def _looked_into(exam: ExamSection, task: str) -> set[str]:
    """Keys of the files that a task's items are made of: `select` of a file sees those before it."""
    wanted = {items.file for items in exam.items if items.task == task}
    for key in reversed(exam.files):
        if key in wanted and (select := exam.files[key].select):
            wanted |= {name for name in exam.files if re.search(rf"\b{re.escape(name)}\b", select)}
    return wanted


def _known(card: Card, pattern: str, name: str) -> dict[str, str]:
    """The sums that the card's mirrors have of files of that name, each with the first of its file."""
    pattern = pattern.rpartition("/")[2]
    return {
        sha256: file.sha256
        for component in card.sources.values()
        for mirror in component.mirrors
        for file in getattr(mirror, "files", ())
        if file.sha256 and _is_named(file.path.rpartition("/")[2], pattern, name)
        for sha256 in (file.sha256, *file.also)
    }


def _is_named(candidate: str, pattern: str, name: str) -> bool:
    return candidate == name or fnmatch.fnmatchcase(candidate, pattern)
