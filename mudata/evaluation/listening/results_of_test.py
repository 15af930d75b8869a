"""Results of a test by its name: read, joined, computed, and kept in its folder."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from mudata.errors import UnknownName
from mudata.evaluation.listening import listening_test
from mudata.evaluation.listening.automatic_scores import automatic_scores
from mudata.evaluation.listening.listening_results import OVERALL, ListeningResults, listening_results
from mudata.evaluation.listening.rated_rows import RatedTest, rated_test
from mudata.evaluation.listening.results_files import write_results
from mudata.home import writing_to
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.home import Home


def rated_test_of(home: Home, name: str) -> RatedTest:
    """A test with all its ratings.

    Raises:
        UnknownName: there is no such test.
        EvaluationError: it is damaged, or nobody has rated anything yet.
    """
    return rated_test(home, listening_test.read(home, name), listening_test.folder_of(home, name))


def results_of(
    home: Home, name: str, aspects: Collection[str] = (), progress: Progress = SILENT
) -> tuple[ListeningResults, RatedTest]:
    """Results of a test with what they are of; written into its folder.

    Args:
        aspects: that somebody wants to see: whether the test has them is looked at, and everything is computed.

    Raises:
        UnknownName: there is no such test, or no such aspect.
        EvaluationError: as `rated_test_of`.
    """
    test = listening_test.read(home, name)
    known = [aspect.name for aspect in test.aspects]
    known += [OVERALL] if test.kind == "mos" and len(known) > 1 and OVERALL not in known else []
    for aspect in aspects:
        if aspect not in known:
            raise UnknownName("aspect", aspect, known)
    folder = listening_test.folder_of(home, name)
    with progress.bar("Computing", unit=""):
        rated = rated_test(home, test, folder)
        results = listening_results(rated, automatic_scores(home, test))
    with writing_to(folder):
        write_results(results, rated, folder)
    return results, rated
