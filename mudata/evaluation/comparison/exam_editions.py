"""Which runs were asked of one edition of an exam: two editions are two exams, and never in one column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from mudata.evaluation.run_settings import RunSettings

T = TypeVar("T")


class Edition(NamedTuple):
    """What a run knows of the edition of its items: in words (None: not known), the sums of its item files by path
    (none: not known, as in runs of older versions), and whether it is another than the card's."""

    version: str | None
    items_sha256: Mapping[str, str]
    is_other: bool = False

    @classmethod
    def of_scores(cls, exam: Mapping[str, Any]) -> Edition:
        """Of the part `exam` of scores.json."""
        return cls(exam.get("version"), exam.get("items_sha256") or {}, bool(exam.get("other_edition")))

    @property
    def words(self) -> str:
        """As people are told of it where several are to be told apart."""
        if self.version is None:
            return "edition not known"
        sums = ", ".join(sha256[:12] for sha256 in self.items_sha256.values())
        return self.version if self.is_other or not sums else f"{self.version} (sha256 {sums})"

    def differs_from(self, other: Edition) -> bool:
        """Whether these are known to be two editions: by the files that both have, else by their words.

        Example:
            >>> Edition("1", {"a": "9f"}).differs_from(Edition("1", {"a": "00"}))
            True
            >>> Edition("1", {}).differs_from(Edition(None, {}))
            False
        """
        if shared := self.items_sha256.keys() & other.items_sha256.keys():
            return any(self.items_sha256[path] != other.items_sha256[path] for path in shared)
        return None not in (self.version, other.version) and self.version != other.version


def editions_of(settings: RunSettings) -> dict[str, Edition]:
    """The editions that a run was asked of, by dataset; of exams alone."""
    exams = {task.dataset: task.task.exam for task in settings.tasks if task.exam is not None}
    return {
        name: Edition(exam.edition, exam.items_sha256, bool(exam.other_sha256)) for name, exam in exams.items() if exam
    }


def editions_of_scores(scores: Mapping[str, Any]) -> dict[str, Edition]:
    """The same of what scores.json says."""
    parts = scores.get("datasets") or {}
    return {name: Edition.of_scores(exam) for name, part in parts.items() if (exam := part.get("exam"))}


def are_apart(one: Mapping[str, Edition], other: Mapping[str, Edition]) -> bool:
    """Whether two runs were asked of two editions of an exam."""
    return any(one[name].differs_from(other[name]) for name in one.keys() & other.keys())


def by_edition(runs: Iterable[T], editions: Callable[[T], Mapping[str, Edition]]) -> list[list[T]]:
    """Runs, those of one edition together, in the order of the first of each. Where an edition is not known a run is
    with the first that it can be of."""
    together: list[list[tuple[T, Mapping[str, Edition]]]] = []
    for run in runs:
        own = editions(run)
        for members in together:
            if not any(are_apart(own, theirs) for _, theirs in members):
                members.append((run, own))
                break
        else:
            together.append([(run, own)])
    return [[run for run, _ in members] for members in together]


def dataset_names(scores: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """What a dataset is called in a table, by run and dataset: with its edition where that is none that the card names,
    or where others are in the table too.

    Args:
        scores: what scores.json says of each run.
    """
    groups = by_edition(scores, editions_of_scores)
    return {
        (str(one["run"]), dataset): f"{dataset} {edition.words}"
        for group in groups
        for one in group
        for dataset, edition in editions_of_scores(one).items()
        if edition.is_other or any(_has_other(other, dataset, edition) for other in groups)
    }


def _has_other(group: Iterable[Mapping[str, Any]], dataset: str, edition: Edition) -> bool:
    theirs = [editions[dataset] for one in group if dataset in (editions := editions_of_scores(one))]
    return any(edition.differs_from(one) for one in theirs)
