"""What is asked for when a listening test is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import ArgumentError

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import Anchor, Aspect, TestKind

ANCHORS: Mapping[str, Anchor] = {"reference": "reference", "wrong-clip": "wrong clip"}
"""Hidden systems that are no models, as they are asked for."""
SCALES: Mapping[str, tuple[int, int]] = {"1-5": (1, 5), "0-5": (0, 5)}
"""ITU-T P.800's five points, and the 0 to 5 that arXiv:2409.09601 (section 2.2.1) says, which are six."""
LONGEST_S: Mapping[str, float] = {"mos": 30.0, "pairwise": 10.0, "texts": 30.0}
"""Seconds that are played of a clip: MusicLM's rater tool (arXiv:2301.11325) has two clips of ten."""
MINUTES = 30.0
"""What a rater's session may take by default: ITU-R BS.1534-3 wants breaks after 20 to 30 minutes."""
LONGEST_MINUTES = 1440
"""A day: nobody is kept longer. Ours."""

_READING_WPM = 238
"""Words of non-fiction that adults read in a minute: M. Brysbaert, How many words do we read per minute?, J. Memory and
Language 109, 2019."""
_MARK_S = 4.0
_BEGIN_S = 120.0
"""For one mark, and for what is read before the first trial. Ours."""


@dataclass(frozen=True, kw_only=True)
class ListeningRequest:
    """A test as it is asked for.

    name: of the test. runs: whose answers are rated. split, part: that they were asked about (None: the runs' part). n:
    clips that are rated. per_rater: trials that count, of each rater (None: what `minutes` allow). seed: the design
    hangs on it, names of files do not. anchors: hidden systems that are no models. practice: trials before the first
    that counts. checks: trials that say what to choose; who fails more than `failed_checks` of them, or rates less than
    `least_share`, does not count. seconds: of each clip at most (None: LONGEST_S). aspects: a YAML file (None: those
    that mudata has). consent: texts by language.
    """

    name: str
    kind: TestKind
    runs: tuple[str, ...]
    split: str
    part: str | None = None
    n: int = 40
    raters: int = 20
    per_rater: int | None = None
    seed: int = 0
    anchors: tuple[Anchor, ...] = ("reference", "wrong clip")
    scale: tuple[int, int] = (1, 5)
    practice: int = 2
    checks: int = 3
    failed_checks: int = 1
    least_share: float = 0.5
    seconds: float | None = None
    minutes: float = MINUTES
    aspects: Path | None = None
    consent: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""

    @property
    def longest_s(self) -> float:
        return LONGEST_S[self.kind] if self.seconds is None else self.seconds

    def check(self) -> None:
        """Raises ArgumentError for values that cannot be."""
        at_least = {"n": 2, "raters": 1, "per_rater": 1, "practice": 0, "checks": 0, "failed_checks": 0, "seed": 0}
        for name, least in at_least.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ArgumentError(f"{name} is {value}; at least {least} is expected.")
        if not 1 <= self.minutes <= LONGEST_MINUTES:
            raise ArgumentError(f"minutes is {self.minutes}; 1 to {LONGEST_MINUTES} are expected.")
        if empty := [language for language, text in self.consent.items() if not text.strip()]:
            raise ArgumentError(f"The consent text in {empty[0]} is empty.", "Give the text that raters agree to.")
        if not self.runs:
            raise ArgumentError("No run is named.", "Give --runs A,B: `mudata runs` lists them.")
        if not 0 <= self.least_share <= 1:
            raise ArgumentError(f"least_share is {self.least_share}; a share from 0 to 1 is expected.")
        if self.seconds is not None and not 1 <= self.seconds <= 600:
            raise ArgumentError(f"seconds is {self.seconds}; 1 to 600 are expected.")
        if self.checks and self.failed_checks >= self.checks:
            raise ArgumentError(
                f"Of {self.checks} checks {self.failed_checks} may be failed: nobody could ever be left out.",
                "Ask for more checks, or allow fewer to be failed.",
            )

    def trial_s(self, aspects: tuple[Aspect, ...], clip_s: float, words: float) -> float:
        """How long a trial takes, seconds: everything is heard once, read once, and marked.

        Args:
            aspects: that are marked.
            clip_s: seconds of a stimulus.
            words: of a text.
        """
        stimuli, texts = {"mos": (1, 1), "pairwise": (2, 1), "texts": (1, 2)}[self.kind]
        return stimuli * clip_s + texts * words / _READING_WPM * 60 + _MARK_S * len(aspects)

    def minutes_of(self, trials: int, trial_s: float) -> float:
        """How long so many trials take with all that comes before them and in between."""
        return (_BEGIN_S + (trials + self.practice + self.checks) * trial_s) / 60

    def trials_within(self, minutes: float, trial_s: float) -> int:
        """How many trials that count fit in so many minutes."""
        return int((minutes * 60 - _BEGIN_S) / trial_s) - self.practice - self.checks
