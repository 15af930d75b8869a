"""A split that can be drawn of what is here: the next step after a fetch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.catalog.clusters import KEYS
from mudata.catalog.index import database
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import SplitError, UnknownName

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home


def suggest(home: Home, card: Card) -> SplitRequest | None:
    """The best split of a dataset that can be drawn now; None if none can, not even of one clip.

    Of an exam all is asked. Labels spread evenly and no artist (album, track) in two parts come first, then the same
    where some label is absent from some part, then less. What is suggested was drawn, not guessed.
    """
    for wish in _wishes(home, card):
        try:
            made = draw.make(home, wish)
        except (SplitError, UnknownName):
            continue
        return SplitRequest(**{**vars(wish), "name": _free(home, made)})
    return None


def command(request: SplitRequest) -> str:
    """The command line that asks for it."""
    words = [f"mudata split {request.name}"]
    words += [f"--dataset {name}" for name in request.datasets]
    words += [f"--stratify {name}" for name in request.stratify]
    words += [f"--group {key}" for key in request.group]
    words += (
        ["--parts " + ",".join(f"{part}={share:g}" for part, share in request.parts.items())] if request.parts else []
    )
    words += [f"--n {request.n}"] if request.n else []
    words += ["--best-effort"] if request.best_effort else []
    return " ".join(words)


def _wishes(home: Home, card: Card) -> Iterator[SplitRequest]:
    """From the best to the least."""
    with database.connect(home) as connection:
        own = "FROM clips WHERE dataset = ? AND status = 'ok'"
        counts = ", ".join(["count(*)", *(f"count(DISTINCT {key})" for key in KEYS)])
        ((clips, *numbers),) = connection.execute(f"SELECT {counts} {own}", [card.name]).fetchall()
        labelled = "SELECT DISTINCT namespace FROM labels WHERE dataset = ? AND canonical IS NOT NULL"
        present = {str(row[0]) for row in connection.execute(labelled, [card.name]).fetchall()}
    grouped = [(key,) for key, number in zip(KEYS, numbers, strict=True) if 1 < number < clips][:1]
    closed = [(name,) for name, space in card.labels.items() if not space.open and name in present]

    def wish(**more: object) -> SplitRequest:
        return SplitRequest(name=f"{card.name}-exam", datasets=(card.name,), **more)  # type: ignore[arg-type]

    if card.exam:
        yield wish(parts={"test": 1})
    for group in (*grouped, ()):
        for best_effort in (False, True):
            for stratify in closed:
                yield wish(stratify=stratify, group=group, best_effort=best_effort)
    for group in (*grouped, ()):
        yield wish(group=group)
    yield from (wish(n=n) for n in {clips: None, 1: None} if clips)


def _free(home: Home, made: Manifest) -> str:
    """A name that no other split has: the next free number behind it, or its own."""
    name, number = made.name, 1
    while manifest.path_of(home, name).exists():
        try:
            if manifest.load(home, name).sha256 == made.sha256:
                break
        except SplitError:  # not a manifest, and there
            pass
        number += 1
        name = f"{made.name}-{number}"
    return name
