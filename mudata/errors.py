"""Every error mudata raises on purpose.

    MudataError                 2   wrong use or bad input, unless a leaf says otherwise
    ├── UnknownName             2   a dataset, model, split, task or subset nobody has heard of
    ├── ArgumentError           2   a function called with arguments that it does not have
    ├── CardError               2   a card that cannot be read, with file and line
    ├── MissingExtra            2   an optional dependency that is not installed
    ├── MissingSoundfont        2   a soundfont, or what plays it, that is not on this machine
    ├── ClusterError            2   a cluster that is not there, or whose machines cannot do the work
    ├── HomeError               2   the home folder is read-only, full, or from a newer version
    │   └── Busy                2   another process is at it
    ├── FetchError              1   bytes that could not be had
    │   ├── ChecksumMismatch    1   bytes that are not the expected ones
    │   ├── UnsafeArchive       1   an archive that would write outside its folder or explode
    │   ├── Offline             2   the network is needed and was forbidden
    │   ├── NeedsLicence        2   terms that have not been accepted yet
    │   └── NeedsToken          2   a host that wants to know who asks
    ├── ReadError               1   raw files that do not have the shape the card declares
    ├── AudioError              1   one clip that cannot be decoded or fails a check
    ├── UnreadableClip          1   a clip that training asked for and that cannot be read
    ├── QueryError              2   SQL that is wrong, or that wants more than to read
    ├── SplitError              2   a split that cannot be made
    ├── ModelError              2   a model that cannot be loaded or does not fit
    └── EvaluationError         2   an evaluation that cannot be run, scored or read back

The number is the exit code of the command line: 0 fine, 1 the work found faults,
2 wrong use or bad input. `str(error)` is what a user reads: what happened, what was
expected, what to do next.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from typing import ClassVar

from mudata.safe_text import safe, text_of


class MudataError(Exception):
    """What happened (`what`) and how to go on (`hint`): without keys or control characters,
    whatever a server, a file or another exception said."""

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, hint: str | None = None) -> None:
        self.what = safe(what)
        self.hint = None if hint is None else safe(hint)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}" if self.hint else self.what


class UnknownName(MudataError):
    """A name that is not in a known set; suggests the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str | None = None) -> None:
        import difflib  # every start of mudata reads this module

        known = sorted(known)
        near = difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.55)
        meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        listing = "Known: " + (", ".join(known) if known else "none yet") + "."
        super().__init__(f"No {kind} named {name!r}.{meant}", f"{listing}\n{hint}" if hint else listing)
        self.name = name


class ArgumentError(MudataError, TypeError):
    """A function of mudata was called with arguments that it does not have, or without one it needs."""


class CardError(MudataError):
    """A card that cannot be read; `what` starts with file:line."""


class MissingExtra(MudataError):
    """An optional dependency is absent; the hint is the command that installs it."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed.",
            f"Run: pip install 'mudata-music[{extra}]'",
        )


class MissingSoundfont(MudataError):
    """No soundfont, or nothing that plays one; the hint has the commands that install it."""


class ClusterError(MudataError):
    """A Ray cluster that is not there, or one of its machines that cannot do the work."""


class HomeError(MudataError):
    """The home folder cannot be used as it is."""


class Busy(HomeError):
    """Another process holds the lock."""


class FetchError(MudataError):
    """Bytes that could not be had from any mirror."""

    exit_code = 1


class ChecksumMismatch(FetchError):
    """Bytes arrived, but not the ones the card promises."""


class UnsafeArchive(FetchError):
    """An archive member was refused; nothing outside the target was touched."""


class Offline(FetchError):
    """The network would be needed, but `--offline` (or MUDATA_OFFLINE) forbids it."""

    exit_code = 2


class NeedsLicence(FetchError):
    """The dataset's terms have to be accepted first."""

    exit_code = 2


class NeedsToken(FetchError):
    """The host answered 401 or 403: a token, or consent on its web page, is needed."""

    exit_code = 2


class ReadError(MudataError):
    """The raw files on disk do not have the shape the card declares."""

    exit_code = 1


class AudioError(MudataError):
    """One clip that failed; `reason` is a stable machine word such as ``undecodable``."""

    exit_code = 1

    def __init__(self, reason: str, what: str, hint: str | None = None) -> None:
        super().__init__(what, hint)
        self.reason = reason


class UnreadableClip(MudataError):
    """A clip that a dataset of torch was asked for and that cannot be read. Made of one text, since torch makes errors
    of its workers anew, of their text alone."""

    exit_code = 1


class QueryError(MudataError):
    """SQL that cannot run here."""


class SplitError(MudataError):
    """A split that cannot be made; the text carries the numbers."""


class ModelError(MudataError):
    """A model that cannot be loaded, or was asked for what it cannot do."""


class EvaluationError(MudataError):
    """An evaluation that cannot be run or scored, or whose files cannot be read back."""


class UnreadableFileWarning(UserWarning):
    """A file of the user's own, such as a card, that cannot be read; it was passed over."""


def some(names: Iterable[str], most: int, *, counted: bool = True) -> str:
    """The first of many names for a message: 'a, b and 3 more', or not counted 'a, b, ...'."""
    every = list(names)
    rest = f" and {len(every) - most} more" if counted else ", ..."
    return ", ".join(every[:most]) + (rest if len(every) > most else "")


def number(count: int, thing: str, things: str | None = None) -> str:
    """A number with what it counts, in the singular or the plural: '1 clip', '2 clips', '1,000 copies'."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def listed(names: Iterable[str], word: str = "and") -> str:
    """Names as a sentence has them: 'a', 'a and b', 'a, b and c'."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EROFS, errno.EPERM)
"""Errors of a disk without room (or that takes no file as large as this), and of a place that may not be written."""
_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def is_of_machine(error: BaseException) -> bool:
    """Whether an error tells of a limit of the machine (open files, memory) and nothing of the file at hand.
    It must never become a verdict on that file."""
    kinds = _kinds_of_duckdb(error)
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno in _LIMITS)
        or "OutOfMemoryException" in kinds
        or ("IOException" in kinds and os.strerror(errno.EMFILE) in str(error))
    )


def _kinds_of_duckdb(error: BaseException) -> set[str]:
    """The names of the error's classes that are DuckDB's, which may not be imported yet."""
    return {kind.__name__ for kind in type(error).__mro__ if kind.__module__ in ("duckdb", "_duckdb")}


def _too_many_files(where: str = "") -> MudataError:
    return HomeError(
        f"Too many files are open{where}. What was finished is kept.",
        "Allow more of them (ulimit -n, the limits of a container or a batch job); then run the same command again.",
    )


def _too_little_memory(reason: str = "") -> MudataError:
    return MudataError(
        f"There is not enough memory{f' ({reason})' if reason else ''}. What was finished is kept.",
        "Close other programs, or allow this one more (ulimit -v, the limits of a container or a batch job); then "
        "run the same command again.",
    )


def from_os_error(error: OSError) -> MudataError | None:
    """The errors of a machine rather than of its user, in one place; None if unrecognised."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return _too_many_files(where)
    if error.errno == errno.ENOMEM:
        return _too_little_memory(error.strerror or "")
    if error.errno in FULL:
        return HomeError(
            f"The disk is full{where}. What was finished is kept.",
            "Free some space, or set MUDATA_HOME to a larger disk; then run the same command again.",
        )
    if error.errno in FORBIDDEN:
        return HomeError(
            f"Permission denied{where}.",
            "Set MUDATA_HOME to a folder that you may write to, or correct the permissions.",
        )
    if error.errno in (errno.EISDIR, errno.ENOTDIR):
        return HomeError(
            f"A file is where a folder should be, or a folder where a file should be{where}.",
            "Move it away, then run the same command again.",
        )
    return None


def of_home(error: Exception) -> MudataError | None:
    """What is wrong with the disk, or with the store that machines share, and so with no clip at hand. Too little
    memory may be the clip's own fault."""
    if isinstance(error, HomeError):
        return error
    return from_os_error(error) if isinstance(error, OSError) and error.errno != errno.ENOMEM else None


def from_machine_error(error: Exception) -> MudataError | None:
    """What can befall any work: memory, disks, files that cannot be used, DuckDB's own failures.
    The one place where they become ours; None for whatever else, which is a fault of mudata."""
    if isinstance(error, MudataError):
        return error
    if isinstance(error, OSError):
        return from_os_error(error) or _from_file_error(error)
    if isinstance(error, ImportError):
        return _from_import_error(error)
    reason = next(iter(text_of(error).splitlines()), "")
    if isinstance(error, MemoryError) or "can't start new thread" in reason:
        return _too_little_memory(reason)
    if isinstance(error, RuntimeError) and reason.startswith("Symlink loop"):  # of pathlib, before Python 3.13
        return HomeError(f"{reason}: a link leads to itself.", "Give another file or folder.")
    return _from_duckdb(error, reason)


def _from_duckdb(error: Exception, reason: str) -> MudataError | None:
    """DuckDB's own failures."""
    kinds = _kinds_of_duckdb(error)
    if "OutOfMemoryException" in kinds:
        return _too_little_memory(reason)
    if "IOException" in kinds and os.strerror(errno.EMFILE) in reason:
        return _too_many_files()
    if "IOException" in kinds:
        return HomeError(
            f"A file of the index cannot be read or written: {reason}",
            "Free some space, or set MUDATA_HOME to another folder; then run the same command again.",
        )
    if "Error" in kinds:
        return MudataError(
            f"DuckDB could not do it: {reason}",
            "Run the same command again; if it comes again, `mudata verify` tells what is damaged.",
        )
    return None


def _from_import_error(error: ImportError) -> MudataError | None:
    """Of a library that could not be loaded since the machine gives no more; None where that is not why."""
    told = text_of(error)  # the texts of dlopen stand somewhere in it
    if os.strerror(errno.EMFILE) in told:
        return _too_many_files()
    if os.strerror(errno.ENOMEM) in told or "failed to map segment" in told:
        return _too_little_memory(f"{error.name or 'a library'} cannot be loaded")
    return None


def _from_file_error(error: OSError) -> MudataError | None:
    """An error about a file that a person may have named; None for those of networks and processes."""
    if error.filename is None or error.errno is None:
        return None
    hint = "Give another file or folder."
    if error.errno in (errno.ENOENT, errno.ESTALE):
        hint = (
            "If its folder (MUDATA_HOME, or one that was given) was moved or deleted meanwhile, put it back;"
            " then run the same command again."
        )
    return HomeError(f"{error.filename} cannot be used: {error.strerror}.", hint)


@contextlib.contextmanager
def telling_machine_errors() -> Iterator[None]:
    """Turn errors of the machine into those of `from_machine_error`; what it does not know passes through."""
    try:
        yield
    except Exception as error:
        known = from_machine_error(error)
        if known is None or known is error:
            raise
        raise known from error


@contextlib.contextmanager
def telling_os_errors() -> Iterator[None]:
    """Turn errors of the machine into those of `from_os_error`;
    what it does not know passes through."""
    try:
        yield
    except OSError as error:
        if known := from_os_error(error):
            raise known from error
        raise
