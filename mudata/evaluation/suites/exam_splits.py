"""The split of an exam: drawn once by the suite's recipe and kept, or which clips are missing and how to get them.

A split is an ordinary manifest, `<suite>-<exam>`. It is drawn the first time from what is indexed then, so that all
models of a home are asked the same clips.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from mudata.catalog.cards import card_files, licences, loader
from mudata.catalog.index import database
from mudata.catalog.splits import draw as splits
from mudata.catalog.splits import manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import SplitError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.splits.manifest import Manifest
    from mudata.evaluation.suites.suite import Exam, Suite
    from mudata.home import Home

TRAIN, TEST = "train", "test"
_GATES = {
    "token": "The host may want a token; a copy that you have: --from PATH.",
    "do-it-yourself": "Its audio is cut from videos: pip install 'mudata-music[youtube]'.",
}


@dataclass(frozen=True)
class Problem:
    """What was not asked, why, and how to go on:
    `missing` clips, or a split or model that `failed`."""

    kind: Literal["missing", "failed"]
    exam: str | None
    model: str | None
    what: str
    how: str | None
    condition: str | None = None

    def __str__(self) -> str:
        who = ", ".join(name for name in (self.model, self.exam, self.condition) if name)
        return "\n    ".join([f"  {who}: {self.what}", *(self.how or "").splitlines()])


def draw(home: Home, suite: Suite, name: str) -> Manifest | Problem:
    """The split of an exam, drawn if it is not there yet;
    or which clips are missing and how to get them.

    Raises SplitError, QueryError for recipes that cannot be followed,
    SplitError if another split has the name.
    """
    exam = suite.exams[name]
    recipe, split = exam.split, suite.split_of(name)
    dataset = _composed(home, exam, split) if exam.compose else exam.dataset
    if dataset is None:
        return Problem("missing", name, None, f"{exam.title}: its pieces have not been composed.", exam.compose)
    card = loader.load(dataset)
    if database.current_generation(home, card.name) is None:
        return Problem("missing", name, None, f"{card.title} has not been fetched.", how_to_get(home, card, exam))
    if manifest.path_of(home, split).is_file():
        return _as_asked(home, manifest.load(home, split), exam, card)
    request = SplitRequest(
        name=split, datasets=(card.name,), where=recipe.where, stratify=recipe.stratify, n=recipe.n, seed=recipe.seed
    )
    if recipe.n is None:
        request = replace(request, parts={TEST: 1.0})
    have, wanted = _usable(home, request), recipe.n or 1
    if have < wanted:
        what = f"{recipe.n or 'All'} clips of {card.title} are asked for, {have} can be had."
        return Problem("missing", name, None, what, how_to_get(home, card, exam))
    if recipe.n and (more := min(recipe.train, have - recipe.n)):
        n = recipe.n + more
        request = replace(request, n=n, parts={TRAIN: more / n, TEST: recipe.n / n}, group=recipe.group)
    made = splits.make(home, request)
    manifest.save(home, made)
    return made


def _composed(home: Home, exam: Exam, split: str) -> str | None:
    """The dataset of an exam whose name hangs on what it was composed with: that of the split, else the first that
    the suite's own command has made."""
    if manifest.path_of(home, split).is_file():
        return manifest.load(home, split).datasets[0]
    known = [name for name in card_files.files() if exam.composed and fnmatchcase(name, exam.composed)]
    return next((name for name in known if database.current_generation(home, name)), None)


def _usable(home: Home, request: SplitRequest) -> int:
    with database.connect(home) as connection:
        try:
            return len(splits.selected(connection, request).column("clip_id"))
        except SplitError:  # not a single one
            return 0


def _as_asked(home: Home, drawn: Manifest, exam: Exam, card: Card) -> Manifest:
    """A split that is there already. Raises SplitError unless it was drawn by the exam's recipe."""
    recipe, query = exam.split, drawn.query
    drawn_n = query.get("n")
    tested = None if drawn_n is None else round(drawn_n * query.get("parts", {}).get(TEST, 0))
    group = recipe.group if TRAIN in drawn.parts else ()
    is_drawn = (drawn.datasets, drawn.seed, drawn.stratify, drawn.group, query.get("where"), tested)
    if is_drawn != ((card.name,), recipe.seed, recipe.stratify, group, recipe.where, recipe.n):
        raise SplitError(
            f"The split {drawn.name!r} was not drawn as the suite says.",
            f"Move {manifest.path_of(home, drawn.name)} away; the suite then draws its own.",
        )
    return drawn


def how_to_get(home: Home, card: Card, exam: Exam) -> str:
    """The command that fetches an exam's clips, and what stands before it."""
    words = ["mudata fetch", card.name]
    if exam.subset and exam.subset != card.default_subset:
        words += ["--subset", exam.subset]
    if not licences.agreed(card, home):
        words.append("--accept-licence")
    gate = _GATES.get(card.availability)
    return " ".join(["Run:", *words, *([f"({gate})"] if gate else [])])
