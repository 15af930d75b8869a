"""Items: questions with a truth of their own, checked one by one. What is none is left out, with the reason."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.read import truth_spelling
from mudata.catalog.read.dataset_contents import Issue, ItemRow
from mudata.errors import number

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import CardTask, Transposition
    from mudata.catalog.cards.schema import Card

MOST_OPTIONS = 26
"""As many as there are letters to call them by."""

_AS_PUBLISHED = frozenset({"choose", "open"})
"""Kinds whose truth is a text: that of a published item stays as it was written."""

_OF_OPTIONS = ("choose", "pair", "order", "key", "metre", "structure")
"""Kinds whose items may have options; those of choose must. A structure's are forms."""


HIGHEST = "pitch_max"
"""The attribute of MIDI that has the highest pitch, drums apart."""

TRANSPOSED = "The second clip is the first one, transposed upwards. By how many semitones?"


class UnfitItemError(ValueError):
    """Why a row is no item. `rule` is the same for all rows with the same fault."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


class ItemsFound(NamedTuple):
    """Items, sorted by task and id, and what was left out."""

    rows: list[ItemRow]
    issues: list[Issue]


def declared(card: Card, given: Iterable[ItemRow]) -> ItemsFound:
    """The items of a card's own SELECT, whose clips are known."""
    rows = list(dict.fromkeys(given))  # a join may give one row several times
    twice = {key for key, times in Counter((row.task, row.id) for row in rows).items() if times > 1}
    kept: list[ItemRow] = []
    unfit: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        try:
            kept.append(checked(row, _task_of(card, row, twice)))
        except UnfitItemError as error:
            unfit[row.task or "", error.rule].append((row.id or "NULL", str(error)))
    issues = [
        Issue("bad-item", f"items.{task}" if task in card.tasks else "items", left_out(found))
        for (task, _), found in sorted(unfit.items())
    ]
    return ItemsFound(sorted(kept, key=lambda row: (row.task, row.id)), issues)


def of_attributes(card: Card, attributes: Iterable[tuple[str, str, str]]) -> ItemsFound:
    """The items of the tasks whose truth is an attribute: one for each clip that has it.

    `attributes` are ids, names and values. A clip is left out where the attribute's `..._reason` or
    `..._is_default` says that the value means nothing, where it has several values, or where its value is none of the
    task's kind; and how many have `..._unknown` in its place is told.
    """
    told: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for id_, attribute, value in attributes:
        told[attribute][id_].append(value)
    kept: list[ItemRow] = []
    issues: list[Issue] = []
    for name, task in sorted(card.tasks.items()):
        if not task.attribute:
            continue
        doubts = {doubt: told[doubt] for doubt in doubts_of(task.attribute) if doubt in told}
        unfit: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for id_, values in sorted(told.get(task.attribute, {}).items()):
            try:
                truth = _undoubted(values, doubts, id_)
                item = ItemRow(id_, name, None, (id_,), truth=truth)
                if task.transposed:
                    item = _transposed(item, task.transposed, told[HIGHEST].get(id_, ()))
                kept.append(checked(item, task))
            except UnfitItemError as error:
                unfit[error.rule].append((id_, str(error)))
        for id_, whys in sorted(told.get(unknown := f"{task.attribute}_unknown", {}).items()):
            unfit["unknown"].append((id_, f"{unknown}: {whys[0]}"))
        for rule, found in sorted(unfit.items()):
            issues.append(
                Issue("not-asked" if rule in ("doubt", "unknown") else "bad-item", f"tasks.{name}", left_out(found))
            )
    return ItemsFound(kept, issues)


def _transposed(row: ItemRow, by: Transposition, highest: Sequence[str]) -> ItemRow:
    """The clip beside itself, some semitones higher: as many as the hash of task and id says, of those that leave its
    highest pitch one that MIDI has. Raises UnfitItemError."""
    within = [semitones for semitones in by.semitones if all(int(pitch) + semitones <= 127 for pitch in highest)]
    if not highest or not within:
        raise UnfitItemError("range", "it has no pitches, or none that can be higher")
    seed = hashlib.sha256(f"{row.task} {row.id}".encode()).digest()
    semitones = within[int.from_bytes(seed[:8], "big") % len(within)]
    return row._replace(
        id=f"{row.id}+{semitones}",
        clips=(row.id, row.id),
        question=TRANSPOSED,
        truth=str(semitones),
        cluster=row.id,
        semitones=(0, semitones),
        seconds=by.seconds,
    )


def doubts_of(attribute: str) -> Iterator[str]:
    """The attributes that say of a value of this one that it means nothing: those of `tempo_bpm` are tempo_bpm_reason,
    tempo_bpm_is_default, tempo_reason and tempo_is_default."""
    parts = attribute.split("_")
    for length in range(len(parts), 0, -1):
        stem = "_".join(parts[:length])
        yield from (f"{stem}_reason", f"{stem}_is_default")


def _undoubted(values: Sequence[str], doubts: Mapping[str, Mapping[str, Sequence[str]]], id_: str) -> str:
    """The one value of a clip's attribute. Raises UnfitItemError."""
    for name, of in doubts.items():
        for said in of.get(id_, ()):
            if name.endswith("_reason") or said == "true":
                raise UnfitItemError("doubt", f"{name}: {said}")
    if len(values) > 1:
        raise UnfitItemError("several", f"it has several values, {' and '.join(sorted(values)[:2])}")
    return values[0]


def _task_of(card: Card, row: ItemRow, twice: Collection[tuple[str | None, str | None]]) -> CardTask:
    """The task of a card's own row, none of those that come `twice`. Raises UnfitItemError."""
    if row.id and (row.task, row.id) in twice:
        raise UnfitItemError("twice", "the id comes twice in its task")
    if row.task not in card.tasks:
        what = "it names no task" if row.task is None else f"the card has no task {row.task!r}"
        raise UnfitItemError("task", what)
    task = card.tasks[row.task]
    if not task.has_items:
        raise UnfitItemError("task", f"its task is of kind {task.kind}, which asks no items")
    if task.attribute:
        raise UnfitItemError("task", f"its task takes its truth from the attribute {task.attribute!r}")
    return task


def checked(row: ItemRow, task: CardTask) -> ItemRow:
    """The item with its kind, and its truth in the one spelling. Raises UnfitItemError."""
    if not row.id or not row.id.isprintable():
        raise UnfitItemError("id", "it has no id, which is text without control characters")
    _check_clips(row, task)
    (_check_published if row.published else _check_options)(row, task)
    if row.truth is None:
        raise UnfitItemError("no truth", "it has no truth")
    if row.published and task.kind in _AS_PUBLISHED:
        return row._replace(kind=task.kind)
    try:
        truth = truth_spelling.spelled(task, row.truth, row.options, len(row.clips))
    except ValueError as error:
        raise UnfitItemError("truth", f"the truth {error}") from None
    return row._replace(kind=task.kind, truth=truth)


def check_within(row: ItemRow, task: CardTask, duration_s: float | None) -> None:
    """The sections of a checked item begin within its clip, of so many seconds. Raises UnfitItemError."""
    if duration_s is None or task.asks not in ("boundaries", "segments"):
        return
    words = (row.truth or "").split()
    begin = words[-1] if task.asks == "boundaries" else words[-3]
    if float(begin) >= duration_s:
        raise UnfitItemError("length", f"a section begins at {begin} s, of a clip of {duration_s:.3f} s")


def _check_clips(row: ItemRow, task: CardTask) -> None:
    if not row.clips or None in row.clips:
        raise UnfitItemError("clips", "it has no clip, or one that is NULL")
    several = task.kind == "pair" or (task.kind == "order" and not row.options)
    if task.kind == "pair" and len(row.clips) != 2:
        raise UnfitItemError("clips", f"a pair has 2 clips, this has {len(row.clips)}")
    if task.kind == "structure" and len(row.clips) != 1:
        raise UnfitItemError("clips", f"the structure is that of 1 clip, this has {len(row.clips)}")
    if several and len(row.clips) < 2:
        raise UnfitItemError("clips", "an order is of 2 clips at least, or of options")
    if several and len(set(row.clips)) < len(row.clips) and not row.published:
        raise UnfitItemError("clips", "one clip stands beside itself")


def _check_options(row: ItemRow, task: CardTask) -> None:
    options = row.options
    if options is None:
        if task.kind == "choose":
            raise UnfitItemError("options", "it has no options to choose from")
        return
    if task.kind not in _OF_OPTIONS or task.asks in ("boundaries", "segments"):
        raise UnfitItemError("options", f"nothing is chosen from where {task.asks or 'a number'} is asked for")
    if len(options) < 2:
        raise UnfitItemError("options", f"2 options at least are expected, got {len(options)}")
    if not all(option and option.strip() == option for option in options):
        raise UnfitItemError("options", "an option is NULL, empty, or has blanks around it")
    if len({option.casefold() for option in options}) < len(options):
        raise UnfitItemError("options", "two options are the same but for capitals")
    _check_pair(options, task)


def _check_published(row: ItemRow, task: CardTask) -> None:
    """A published item has something to ask, and to choose from where its kind wants it."""
    if not row.question and task.kind in _AS_PUBLISHED:
        raise UnfitItemError("question", "it has no question")
    if row.options is None and task.kind != "choose":
        return
    if task.kind not in _OF_OPTIONS:
        raise UnfitItemError("options", f"nothing is chosen from where the kind is {task.kind}")
    if not 2 <= (count := len(row.options or ())) <= MOST_OPTIONS:
        raise UnfitItemError("options", f"2 to {MOST_OPTIONS} options are expected, got {count}")
    _check_pair(row.options or (), task)


def _check_pair(options: Sequence[str], task: CardTask) -> None:
    if task.kind == "pair" and len(options) != 2:
        raise UnfitItemError(
            "options", f"a pair has 2 options, this has {len(options)}; of more, about several clips, asks kind: choose"
        )


def oddities(row: ItemRow) -> Iterator[tuple[str, str]]:
    """What is odd about a published item, which is asked all the same: rules, and each in words."""
    options, truth = row.options or (), row.truth or ""
    folded = Counter(option.casefold() for option in options)
    if not truth.strip():
        yield "no truth", "no answer is published"
    elif options and row.kind == "choose" and truth not in options:
        yield "truth", f"the answer {truth!r} is none of its options"
    if not all(option.strip() for option in options):
        yield "empty", "an option is empty"
    if twice := next((option for option, times in Counter(options).items() if times > 1), None):
        yield "twice", f"the option {twice!r} comes twice"
    elif folded and max(folded.values()) > 1:
        yield "capitals", "two options are the same but for capitals"
    if any(option != option.strip() for option in options if option.strip()):
        yield "blanks", "an option has blanks around it"


def kept(found: Sequence[tuple[str, str]]) -> str:
    """How many published items are odd in one way, and how: the first one."""
    id_, why = found[0]
    return f"{number(len(found), 'item')} asked as published, such as {id_}: {why}"


def left_out(found: Sequence[tuple[str, str]]) -> str:
    """How many were left out, and why: the first one."""
    id_, why = found[0]
    return f"{number(len(found), 'item')} left out, such as {id_}: {why}"
