"""A listening test: who hears what, in which order, drawn once and sealed.

    MUDATA_HOME/listening/<test>/
        test.json        this: systems, stimuli, every rater's trials, whose ratings do not count; one hash
        stimuli/         what is played, equally loud, under names that say nothing
        links.json       each rater's secret token (mode 0600)
        ratings.sqlite   what raters said: see `rating_store`

Systems have their names here and nowhere that a rater can see.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mudata.errors import EvaluationError, UnknownName, listed, number
from mudata.home import now, write_atomic
from mudata.json_files import as_type, read_object, reading
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.home import Home

TestKind = Literal["mos", "pairwise", "texts"]
"""mos: one clip, one text, a mark for each aspect. pairwise: two clips, one text. texts: one clip, two texts."""
TrialRole = Literal["practice", "rated", "check"]
"""check: the rater is told what to choose; `expected` says so."""
SystemRole = Literal["model", "reference", "wrong clip"]
"""Where texts are from: a run, people who described this clip, people who described another one."""

Anchor = Literal["reference", "wrong clip"]
"""The roles of systems that are no models."""

PREFERENCE = "preference"
"""The one aspect of pairwise and texts; its values are CHOICES."""
CHOICES: dict[str, int] = {"A": 2, "B": 1, "C": 0, "D": -2, "E": -1}
"""Strong preference for 1, weak for 1, none, strong for 2, weak for 2, in the order of the rater tool of MusicLM
(arXiv:2301.11325, as arXiv:2409.09601 prints it); the numbers, by which 1 is preferred, are ours."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOT_HASHED = ("name", "mudata_version", "created_at", "sha256")


@dataclass(frozen=True, kw_only=True)
class System:
    """Whose texts are rated. `run` is the run of a model; None for what people wrote."""

    name: str
    role: SystemRole
    run: str | None = None


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """One thing that is rated; words by language (ISO 639-1), `ends` are those of the lowest and the highest mark."""

    name: str
    title: Mapping[str, str]
    question: Mapping[str, str]
    ends: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One file below stimuli/. `name` is random and says nothing; `gain_db` is what made it as loud as the others."""

    name: str
    clip_id: str
    seconds: float
    gain_db: float
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One screen of one rater; its random `id` is all that a rater sees of it.

    `stimuli` and `texts` are in the order shown: one of each (mos), two stimuli and one text (pairwise), one stimulus
    and two texts (texts). `systems` are those of the texts. `described` is, of pairwise, the place (0 or 1) of the clip
    that the text is about. A check has no texts: the page says what to choose, and `expected` has it by aspect.
    """

    id: str
    role: TrialRole
    item_id: str
    stimuli: tuple[str, ...]
    texts: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    described: int | None = None
    expected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RaterPlan:
    """What one rater is asked, in this order. `rater` is a pseudonym (r01)."""

    rater: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True, kw_only=True)
class ExclusionRule:
    """Whose ratings do not count, fixed before anybody was asked: who fails more checks than `failed_checks`, or rates
    less than `least_share` of what was planned for them."""

    failed_checks: int
    least_share: float


@dataclass(frozen=True, kw_only=True, repr=False)
class ListeningTest:
    """A sealed test. `sha256` is over all but the name, the version and the time.

    `scale` are the lowest and the highest mark, of mos. `languages` are those of the pages. `consent` and `contact` are
    the experimenter's own words, by language; empty: those that mudata has. `design` and `power` are the numbers of the
    design, for people: how often everything is rated, minutes, what can be told apart.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    name: str
    kind: TestKind
    seed: int
    split: str
    part: str
    scale: tuple[int, int] | None
    aspects: tuple[Aspect, ...]
    systems: tuple[System, ...]
    stimuli: tuple[Stimulus, ...]
    raters: tuple[RaterPlan, ...]
    rule: ExclusionRule
    minutes: float
    design: Mapping[str, Any]
    power: Mapping[str, Any]
    consent: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""
    scores_sha256: Mapping[str, str] = field(default_factory=dict)
    """Hash of scores.json by run, where it had one when the test was made."""
    mudata_version: str = __version__
    created_at: str = field(default_factory=now)
    sha256: str = ""

    @cached_property
    def trials(self) -> dict[tuple[str, str], Trial]:
        """Every trial by (rater, trial id)."""
        return {(plan.rater, trial.id): trial for plan in self.raters for trial in plan.trials}

    def __repr__(self) -> str:
        systems, people = listed([system.name for system in self.systems]), number(len(self.raters), "rater")
        return f"<listening test {self.name} ({self.kind}): {systems}; {people}>"

    @property
    def is_imported(self) -> bool:
        """Whether it was made of ratings from elsewhere: without sounds, links, and anybody to be asked."""
        return bool(self.design.get("imported"))

    def digest(self) -> str:
        """The hash that `sha256` has unless the test was changed by hand."""
        content = {key: value for key, value in asdict(self).items() if key not in _NOT_HASHED}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def sealed(self) -> ListeningTest:
        """This test with its hash."""
        return replace(self, sha256=self.digest())

    def write(self, folder: Path) -> None:
        write_atomic(folder / "test.json", json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def read(home: Home, name: str) -> ListeningTest:
    """A test by its name.

    Raises:
        UnknownName: there is none.
        EvaluationError: test.json is damaged or was changed by hand.
    """
    path = folder_of(home, name) / "test.json"
    if not path.is_file():
        raise UnknownName(
            "listening test", name, names(home), "Make one with: mudata listen new NAME --runs A,B --split SPLIT"
        )
    hint = "Bring back the file as it was: ratings belong to a design, and stay where they are."
    with reading(path, hint=hint):
        test = as_type(read_object(path, hint=hint), ListeningTest)
    if test.digest() != test.sha256:
        raise EvaluationError(
            f"{path} was changed after the test was sealed.",
            "Bring back the file as it was, or make a new test: ratings belong to what raters were shown.",
        )
    return replace(test, name=name)  # a test may be renamed: its name is that of its folder


def names(home: Home) -> list[str]:
    """The tests of a home."""
    return sorted(path.parent.name for path in home.listening.glob("*/test.json"))


def folder_of(home: Home, name: str) -> Path:
    """Where a test lies. Raises EvaluationError for what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise EvaluationError(
            f"{name!r} cannot be the name of a listening test.",
            "Names have letters, digits, '.', '_' and '-', at most 100, and begin with a letter or a digit.",
        )
    return home.listening / name
