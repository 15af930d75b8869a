"""How a split is asked for, and which wishes make no sense together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, get_args

from mudata.catalog import clusters
from mudata.catalog.cards.licence_terms import PURPOSES, Purpose
from mudata.catalog.splits import manifest
from mudata.catalog.splits.candidates import Faults
from mudata.errors import SplitError, UnknownName

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest

DEFAULT_PARTS = {"train": 0.7, "validation": 0.1, "test": 0.2}
_PART = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class SplitRequest:
    """How a split is asked for; a single dataset, namespace or group may be given as text.

    Raises SplitError when the wishes make no sense together.
    """

    name: str
    datasets: tuple[str, ...] = ()
    """Names or aliases; none: all that are indexed."""
    _: KW_ONLY
    where: str | None = None
    """SQL condition, see `candidates.select`."""
    official: str | None = None
    """Take the parts of this published split."""
    stratify: tuple[str, ...] = ()
    """Label namespaces; every part gets its share of each of their labels."""
    group: tuple[str, ...] = ()
    """artist, album, track: clips that agree in one of them, or in what is finer, stay together; see `clusters`."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Share of the clips by part; none: `DEFAULT_PARTS`, or all is 'test' when clips are drawn."""
    per_label: int | None = None
    """Draw so many clips of every label; a clip with several labels may be drawn for each."""
    n: int | None = None
    """Draw so many clips."""
    seed: int = 0
    faults: Faults = "drop"
    usage: Purpose | None = None
    """Only clips that may be used for this purpose."""
    best_effort: bool = False
    """Accept labels that are absent from a part, or have fewer than `per_label` clips."""
    no_group: bool = False
    """Tie nothing but exact copies: clips that one item is about may lie in different parts, which is told."""

    near: Sequence[Sequence[str]] | None = None
    """Groups of clip ids that are near copies and stay together; none: (). None: as `mudata duplicates` found them in
    this home, which the manifest records."""

    def __post_init__(self) -> None:
        for several in ("datasets", "stratify", "group"):
            given = getattr(self, several)
            object.__setattr__(self, several, (given,) if isinstance(given, str) else tuple(given))
        manifest.check_name(self.name)
        for wrong, what, hint in self._contradictions():
            if wrong:
                raise SplitError(what, hint)
        for key in self.group:
            if key not in clusters.KEYS:
                raise UnknownName("group", key, clusters.KEYS)

    @property
    def shares(self) -> Mapping[str, float]:
        """The parts that the clips are dealt into."""
        if self.official:
            return {}
        return self.parts or ({"test": 1.0} if self.n or self.per_label else DEFAULT_PARTS)

    def _contradictions(self) -> list[tuple[bool, str, str]]:
        shares = self.parts.values()
        drawn = bool(self.stratify or self.group or self.parts or self.per_label or self.n)
        return [
            (
                not (self.datasets or self.where),
                f"The split {self.name!r} is asked for without any clips.",
                "Name a dataset (--dataset gtzan) or a condition (--where).",
            ),
            (
                bool(self.official) and drawn,
                "A published split has its own parts.",
                "Use --official alone, or with --dataset, --where and --faults.",
            ),
            (
                any(not _PART.fullmatch(part) for part in self.parts),
                f"Parts are named by small letters, digits, dots, dashes, underscores; got {', '.join(self.parts)}.",
                "For example: train=0.7,validation=0.1,test=0.2",
            ),
            (
                bool(self.parts) and not (all(share > 0 for share in shares) and abs(sum(shares) - 1) < 1e-6),
                f"Shares of parts must be above 0 and sum to 1; got {listed(self.parts)}, in sum {sum(shares):g}.",
                "For example: train=0.7,validation=0.1,test=0.2",
            ),
            (
                bool(self.group) and len(self.shares) < 2,
                f"To keep {' and '.join(self.group)} apart takes two parts or more; got {len(self.shares)}.",
                "Name the parts, as in --parts train=0.8,test=0.2, or leave --group out.",
            ),
            (
                bool(self.group) and self.no_group,
                f"To keep {' and '.join(self.group)} apart and to keep nothing apart are two wishes.",
                "Leave --group or --no-group out.",
            ),
            (
                self.n is not None and self.per_label is not None,
                "Draw either n clips or n per label.",
                "Leave one out.",
            ),
            (
                self.per_label is not None and not self.stratify,
                "Drawing per label takes to know which labels.",
                "Name their namespace, as in --stratify genre.",
            ),
            (
                any(number is not None and number < 1 for number in (self.n, self.per_label)),
                f"At least one clip has to be drawn; got {self.n if self.n is not None else self.per_label}.",
                "Give a number from 1 upwards.",
            ),
            (
                self.faults not in get_args(Faults),
                f"Clips with known faults are dropped, repaired, kept or warned of; got {self.faults!r}.",
                "Use drop, repair, keep or warn.",
            ),
            (
                self.usage is not None and self.usage not in PURPOSES,
                f"Clips are used for commercial, noncommercial or research purposes; got {self.usage!r}.",
                "Use commercial, noncommercial or research, or leave it out for clips of any licence.",
            ),
        ]


def request_of(split: Manifest) -> SplitRequest:
    """How a manifest's split was asked for. Raises SplitError."""
    try:
        return SplitRequest(
            name=split.name,
            datasets=split.datasets,
            stratify=split.stratify,
            group=split.group,
            seed=split.seed,
            **{"near": (), **split.query},  # what another home knows of near copies is nothing to this split
        )
    except TypeError as error:
        raise SplitError(
            f"The manifest {split.name!r} asks for what this mudata does not know: {error}", "Update mudata."
        ) from error


def listed(parts: Mapping[str, float]) -> str:
    """Parts and their shares as a user writes them: 'train=0.8, test=0.2'."""
    return ", ".join(f"{part}={share:g}" for part, share in parts.items())
