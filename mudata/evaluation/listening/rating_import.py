"""Ratings made elsewhere: into the store of a designed test, or as a test made of the file alone.

What files have is said in `rating_table`. A file is taken whole or not at all.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, listed
from mudata.evaluation.listening import listening_test
from mudata.evaluation.listening.answers_file import is_answers_file, take_answers
from mudata.evaluation.listening.listening_test import (
    CHOICES,
    Aspect,
    ExclusionRule,
    ListeningTest,
    RaterPlan,
    System,
    SystemRole,
    TestKind,
    Trial,
)
from mudata.evaluation.listening.rated_rows import number_of
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore
from mudata.evaluation.listening.rating_table import ImportedRating, read_ratings, refused
from mudata.home import PARTIAL, now, writing_to

if TYPE_CHECKING:
    from mudata.home import Home

_ROLES: dict[str, SystemRole] = {"reference": "reference", "wrong clip": "wrong clip", "wrong_clip": "wrong clip"}
_TURNED = {"A": "D", "B": "E", "C": "C", "D": "A", "E": "B"}


@dataclass(frozen=True, kw_only=True)
class RatingImport:
    """What an import did."""

    test: str
    ratings: int
    raters: int
    made: bool
    """Whether the test was made of the file."""
    known: int = 0
    """Ratings of the file that were there already, or that a later one stands for."""


def import_file(
    home: Home,
    name: str,
    path: Path,
    *,
    new: bool = False,
    kind: TestKind | None = None,
    scale: tuple[int, int] | None = None,
) -> RatingImport:
    """Ratings into a test that is there: CSV, or what a rater saved who rated from files. Or with `new` CSV as a test:
    of this `kind` [mos] and, of marks, `scale` [1, 5].

    Raises UnknownName and EvaluationError as `import_ratings`, `import_as_test` and `take_answers` do.
    """
    if is_answers_file(path) and not new:
        taken = take_answers(home, name, path)
        return RatingImport(test=name, ratings=taken.added, raters=1, made=False, known=taken.known + taken.older)
    if new:
        return import_as_test(home, name, path, kind or "mos", scale or (1, 5))
    if kind or scale:
        raise EvaluationError("The kind and the scale are those of the test.", "They can be given with --new.")
    return import_ratings(home, name, path)


def read_scale(text: str) -> tuple[int, int]:
    """The lowest and the highest mark, as in 1-5. Raises EvaluationError for what is none.

    Example:
        >>> read_scale("0-5")
        (0, 5)
    """
    low, _, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and int(low) < int(high)):
        raise EvaluationError(f"{text!r} is no scale.", "Write the lowest and the highest mark, as in 1-5.")
    return int(low), int(high)


def import_ratings(home: Home, name: str, path: Path) -> RatingImport:
    """Put ratings into the store of a test that was designed; raters and systems have the names that they have there.

    The same file again changes nothing that counts: the last rating of a rater, a trial and an aspect does.

    Raises:
        UnknownName: there is no such test.
        EvaluationError: the file cannot be read, or a line of it is not of this test; then nothing is taken.
    """
    test = listening_test.read(home, name)
    rows = read_ratings(path, test.kind)
    ratings = _matched(test, rows, path)
    return _stored(listening_test.folder_of(home, name), test, ratings, path, made=False)


def import_as_test(home: Home, name: str, path: Path, kind: TestKind, scale: tuple[int, int] = (1, 5)) -> RatingImport:
    """Make a test of a file of ratings, so that results work on it: nobody is left out, and nothing is missing.

    Raters become r01, r02, ... in the order of their names: what they are called in the file is kept nowhere. A system
    that is named as a run of this home is that run, and its scores are compared with people; systems named `reference`
    and `wrong clip` are hidden anchors.

    Args:
        scale: the lowest and the highest mark, of mos.

    Raises:
        EvaluationError: there is a test of this name, or the file cannot be read.
    """
    folder = listening_test.folder_of(home, name)
    known = listening_test.read(home, name) if (folder / "test.json").is_file() else None
    if folder.exists() and not (known and known.is_imported):
        raise EvaluationError(
            f"There is a listening test {name} already, or what is left of one: {folder}.",
            "Leave --new out to add ratings to it, or take another name.",
        )
    rows = read_ratings(path, kind)
    runs = {folder.name for folder in home.runs.glob("*") if (folder / "run.json").is_file()}
    test = _made(name, kind, rows, runs, scale if kind == "mos" else None)
    if known and test.sha256 != known.sha256:
        raise EvaluationError(
            f"The listening test {name} was made of other ratings.",
            f"Take another name, or remove it first: mudata rm {name}",
        )
    if wrong := [f"line {row.line}: {row.value!r} is no {_mark(test)}" for row in rows if not _fits(test, row)]:
        raise refused(path, wrong, "no such mark")
    ratings = _matched(test, _renamed(rows), path)
    if known:  # the same file again, or with other marks: the last ones count
        return _stored(folder, test, ratings, path, made=False)
    unfinished = home.listening / f".{name}{PARTIAL}"
    shutil.rmtree(unfinished, ignore_errors=True)  # what a kill left
    home.make(unfinished)
    with writing_to(folder):
        imported = _stored(unfinished, test, ratings, path, made=True)
        test.write(unfinished)
        unfinished.rename(folder)
    return imported


def _made(
    name: str, kind: TestKind, rows: Sequence[ImportedRating], runs: Collection[str], scale: tuple[int, int] | None
) -> ListeningTest:
    """A test in which everybody was asked just what they rated."""
    plans = []
    for rater, of in _by_rater(_renamed(rows)).items():
        trials: dict[tuple[object, ...], Trial] = {}
        for row, key in _numbered(of):
            trials.setdefault(
                key,
                Trial(
                    id=f"t{len(trials) + 1}",
                    role="rated",
                    item_id=row.item,
                    stimuli=(),
                    systems=row.systems,
                    described=row.described,
                ),
            )
        plans.append(RaterPlan(rater=rater, trials=tuple(trials.values())))
    systems = dict.fromkeys(system for row in rows for system in row.systems)
    aspects = dict.fromkeys(row.aspect for row in rows)
    return ListeningTest(
        name=name,
        kind=kind,
        seed=0,
        split="",
        part="",
        scale=scale,
        aspects=tuple(
            Aspect(name=one, title={"en": one}, question={"en": one}, ends={"en": ("lowest", "highest")})
            for one in aspects
        ),
        systems=tuple(
            System(name=one, role=_ROLES.get(one, "model"), run=one if one in runs else None) for one in systems
        ),
        stimuli=(),
        raters=tuple(plans),
        rule=ExclusionRule(failed_checks=0, least_share=0.0),
        minutes=0.0,
        design={"imported": True},
        power={},
    ).sealed()


def _matched(test: ListeningTest, rows: Sequence[ImportedRating], path: Path) -> list[Rating]:
    """Each line as a rating of a trial: who is asked the same twice has them in the order asked."""
    trials: dict[tuple[object, ...], Trial] = {}
    for plan in test.raters:
        times: Counter[tuple[object, ...]] = Counter()
        for trial in plan.trials:
            if trial.role == "rated":
                key: tuple[object, ...] = (plan.rater, trial.item_id, tuple(sorted(trial.systems)))
                trials[*key, times[key]] = trial
                times[key] += 1
    aspects = {aspect.name for aspect in test.aspects}
    names = {system.run: system.name for system in test.systems if system.run}
    ratings, wrong = [], []
    for of in _by_rater(rows).values():
        named = [replace(row, systems=tuple(names.get(one, one) for one in row.systems)) for row in of]
        for row, key in _numbered(named):
            found = trials.get((row.rater, *key))
            if found is None:
                wrong.append(f"line {row.line}: {row.rater} was not asked about {row.item} by {listed(row.systems)}")
            elif row.aspect not in aspects:
                wrong.append(f"line {row.line}: {row.aspect!r} is no aspect of the test")
            elif not _fits(test, row):
                wrong.append(f"line {row.line}: {row.value!r} is no {_mark(test)}")
            else:
                turned = row.described != found.described if test.kind == "pairwise" else row.systems != found.systems
                value = _TURNED[row.value] if turned else row.value
                ratings.append(Rating(rater=row.rater, trial=found.id, aspect=row.aspect, value=value))
    if wrong:
        raise refused(path, wrong, f"not of the test {test.name}")
    return ratings


def _stored(folder: Path, test: ListeningTest, ratings: Sequence[Rating], path: Path, *, made: bool) -> RatingImport:
    raters = sorted({rating.rater for rating in ratings})
    with RatingStore(folder) as store:
        for rater in raters:
            store.meet(RaterRecord(rater=rater, finished_at=now() if made else None, source=path.name))
        counts = {(rating.rater, rating.trial, rating.aspect): rating.value for rating in store.ratings()}
        new = [rating for rating in ratings if counts.get((rating.rater, rating.trial, rating.aspect)) != rating.value]
        store.add(new)
    known = len(ratings) - len(new)
    return RatingImport(test=test.name, ratings=len(new), raters=len(raters), made=made, known=known)


def _by_rater(rows: Sequence[ImportedRating]) -> dict[str, list[ImportedRating]]:
    found: dict[str, list[ImportedRating]] = defaultdict(list)
    for row in rows:
        found[row.rater].append(row)
    return found


def _numbered(rows: Sequence[ImportedRating]) -> Iterator[tuple[ImportedRating, tuple[object, ...]]]:
    """The rows of one rater, each with what was rated and how often that was rated in this aspect before."""
    times: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        of = (row.item, tuple(sorted(row.systems)))
        yield row, (*of, times[*of, row.aspect])
        times[*of, row.aspect] += 1


def _renamed(rows: Sequence[ImportedRating]) -> list[ImportedRating]:
    """With pseudonyms in the place of names."""
    names = sorted({row.rater for row in rows})
    digits = max(2, len(str(len(names))))
    pseudonyms = {name: f"r{place:0{digits}}" for place, name in enumerate(names, 1)}
    return [replace(row, rater=pseudonyms[row.rater]) for row in rows]


def _fits(test: ListeningTest, row: ImportedRating) -> bool:
    return number_of(test, row.value) is not None


def _mark(test: ListeningTest) -> str:
    return f"choice ({', '.join(CHOICES)})" if test.scale is None else f"mark from {test.scale[0]} to {test.scale[1]}"
