"""Which key of a passage can be taken for true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.read import truth_spelling
from mudata.catalog.symbolic.key_profiles import PROFILES, estimated_keys
from mudata.catalog.symbolic.passage import Passage, UnknownFactError

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_AGREE = 2
"""Of three profiles: so many have to find a written key in the notes."""


def found_keys(of: Passage) -> list[str | None]:
    """What each of `key_profiles.PROFILES` finds in the durations of the pitched notes."""
    import numpy as np

    lengths = of.end - of.start
    for drums in of.drums:
        lengths[drums] = 0
    return estimated_keys(np.bincount(of.pitch, lengths, 132).reshape(-1, 12).sum(0))


def key(of: Passage, found: Sequence[str | None]) -> str:
    """The key that is written and heard, its spelled as in `truth_spelling.key`. Raises UnknownFactError."""
    written = set(of.timeline.key.within(of.music).values())
    if written == {None}:
        raise UnknownFactError("no key signature is set")
    names = {truth_spelling.key(name) if name else "none" for name in written}
    if len(names) > 1:
        raise UnknownFactError(f"several key signatures: {', '.join(sorted(names))}")
    name = names.pop()
    if name == "C major":
        raise UnknownFactError("C major, which programs write when nobody sets a key")
    if (agree := list(found).count(name)) < LEAST_AGREE:
        others = ", ".join(sorted({str(other or "none") for other in found}))
        raise UnknownFactError(
            f"{name} is written; of {len(PROFILES)} key profiles {agree} find it in the notes ({others})"
        )
    return name


def key_estimated(found: Sequence[str | None]) -> str:
    """The key that all profiles find. Raises UnknownFactError."""
    if None in found:
        raise UnknownFactError("no pitched notes that tell a key")
    if len(set(found)) > 1:
        raise UnknownFactError(f"the key profiles find {', '.join(sorted(map(str, set(found))))}")
    return str(found[0])
