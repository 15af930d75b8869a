"""Deprecations of other people's software stay off the screen of whoever uses mudata.

They speak to the authors of mudata, and the user can do nothing about them. Only the showing is
changed, neither filters nor logs: where warnings are errors or are recorded, as in the tests, they
still are. Shown as ever are warnings of mudata itself (of files in one line), those of calls that
do not come from mudata, and everything where Python was started with -W or PYTHONWARNINGS.
"""

from __future__ import annotations

import re
import sys
import warnings
from types import FrameType
from typing import TYPE_CHECKING, Any

from mudata.errors import UnreadableFileWarning

if TYPE_CHECKING:
    import logging

_KINDS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
_WORDS = r"deprecat|will be removed (in|from)\b"
"""What announces a deprecation in a log, or in a warning of another kind, as torch has them."""

_show = warnings.showwarning

_told: set[str] = set()
"""Warnings of files that were shown: Python forgets its own register whenever anybody changes its filters."""


def announced(text: str) -> bool:
    """Whether a message says that something is deprecated."""
    return re.search(_WORDS, text, re.IGNORECASE) is not None


def hide_deprecations() -> None:
    """Show no more deprecations of what mudata calls, warned of or logged by transformers.

    What is logged is only held back once transformers is imported; calling this again does no harm.
    """
    warnings.showwarning = _show_others  # type: ignore[assignment]  # its `where` takes the rest
    if "transformers" in sys.modules:
        import logging

        for handler in logging.getLogger("transformers").handlers:
            handler.addFilter(_is_shown)  # a filter that is there is not added again


def _show_others(message: Warning | str, category: type[Warning], *where: Any) -> None:
    """In the place of `warnings.showwarning`; `where` are its other arguments."""
    if issubclass(category, UnreadableFileWarning):  # it names its file itself
        if str(message) not in _told:
            sys.stderr.write(f"Warning: {message}\n")
            _told.add(str(message))
        return
    if issubclass(category, _KINDS) or announced(f"{category.__name__} {message}"):
        warner = sys._getframe(2)  # beyond the one function of `warnings` that calls this
        if not _is_ours(warner) and _called_by_us():
            return
    _show(message, category, *where)


def _is_shown(record: logging.LogRecord) -> bool:
    return not (announced(record.getMessage()) and _called_by_us())


def _called_by_us() -> bool:
    """Whether mudata is at work in this thread, or in the main one, which then waits for this."""
    if sys.warnoptions:
        return False
    import threading  # every start of mudata reads this module, and few come here

    main = sys._current_frames().get(threading.main_thread().ident or 0)
    return any(_is_ours(frame) for frame in (*_stack(sys._getframe(2)), *_stack(main)))


def _stack(frame: FrameType | None) -> list[FrameType]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def _is_ours(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name.partition(".")[0] == "mudata" and name != __name__
