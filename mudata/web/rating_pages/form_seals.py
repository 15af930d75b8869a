"""Marks on forms that only this server can have made: for whom, for what, after which answer, and when.

A form that another page sends in a rater's name (CSRF) has none; one that was shown for another trial or rater has
the wrong one; one that is sent again tells which answer it was shown after.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable

_SEAL = re.compile(r"(\d{1,18})\.(\d{1,18})\.([0-9a-f]{64})", re.ASCII)


class FormSeals:
    """Makes and reads seals.

    Args:
        tokens: of all raters. The key is drawn from them, so that forms outlive a restart, and no rater, who knows one
            of them, can make a seal (an only rater could, of the own forms).
        clock: seconds since 1970.
    """

    def __init__(self, tokens: Iterable[str], clock: Callable[[], float] = time.time) -> None:
        self._key = hashlib.sha256("\n".join(["mudata form", *sorted(tokens)]).encode()).digest()
        self._clock = clock

    def seal(self, rater: str, purpose: str, revision: int = 0) -> str:
        """For a form that is shown now. `purpose`: a trial's id, or what else the form is for."""
        return self._sealed(rater, purpose, revision, round(self._clock() * 1000))

    def opened(self, seal: str, rater: str, purpose: str) -> tuple[int, float] | None:
        """The revision that a form was shown with, and the seconds since; None where the seal is not of this form."""
        if not (parts := _SEAL.fullmatch(seal)):
            return None
        revision, shown_ms = int(parts[1]), int(parts[2])
        if not hmac.compare_digest(self._sealed(rater, purpose, revision, shown_ms), seal):
            return None
        return revision, max(0.0, self._clock() - shown_ms / 1000)

    def _sealed(self, rater: str, purpose: str, revision: int, shown_ms: int) -> str:
        text = f"{rater}\n{purpose}\n{revision}\n{shown_ms}"
        return f"{revision}.{shown_ms}.{hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()}"
