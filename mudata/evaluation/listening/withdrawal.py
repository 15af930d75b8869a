"""A rater takes back the consent: everything that this rater said is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.errors import UnknownName
from mudata.evaluation.listening import listening_test
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.evaluation.listening.results_files import RESULTS

if TYPE_CHECKING:
    from mudata.home import Home

_DERIVED = (RESULTS, "ratings.jsonl", "raters.jsonl")
"""What was made of ratings and is made again by `mudata listen results`; the file that says it is complete first."""


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """What was deleted: `answers` of a rater, and `files` of results that had them."""

    test: str
    rater: str
    answers: int
    files: tuple[str, ...]


def withdraw(home: Home, name: str, rater: str) -> Withdrawal:
    """Delete all that a rater said. Results have to be computed anew; the rater's link begins with consent again.

    Raises:
        UnknownName: there is no such test, or no such rater in it.
        NotKept: the database cannot be written.
    """
    test, folder = listening_test.read(home, name), listening_test.folder_of(home, name)
    with RatingStore(folder) as store:
        known = {plan.rater for plan in test.raters} | {one.rater for one in store.raters()}
        if rater not in known:
            raise UnknownName("rater", rater, known, f"Raters of {name!r} are named by their codes.")
        answers = store.forget(rater)
    files = [folder / one for one in _DERIVED if (folder / one).is_file()]
    for path in files:
        path.unlink()
    return Withdrawal(test=name, rater=rater, answers=answers, files=tuple(path.name for path in files))
