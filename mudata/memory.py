"""A limit on this process's address space, and how to do with little of it.

`ulimit -v`, `prlimit --as` and many batch systems limit what a process reserves, not what it uses. Libraries reserve
freely: glibc 64 MiB for every thread that allocates (an arena), OpenBLAS a buffer for every core, DuckDB as much as it
finds in the machine. Where one of them gets no more, deep within, the process is aborted and nothing can be told. So
under such a limit there are few threads, and below what cannot be done without a sentence says so before anything else.
"""

from __future__ import annotations

import contextlib
import os
import sys

from mudata.errors import MudataError

AMPLE = 16 << 30
"""Bytes of address space from which on nothing is spared: the threads of a large machine fill less than that."""

LEAST = 600_000_000
"""Bytes of address space below which libraries crash as they are loaded: tried with 300 MB to 3 GB, of which 500 MB
were the least that a fetch did with."""

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def address_space() -> int | None:
    """Bytes of address space that this process may reserve in all; None if as many as there are."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def spare() -> int | None:
    """Reserve little from here on, where address space is limited to less than AMPLE; that limit, else None.

    What libraries read when they are first imported is told by environment variables that are not set yet; worker
    processes inherit them.
    """
    limit = address_space()
    if limit is None or limit >= AMPLE:
        return None
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS", "MALLOC_ARENA_MAX"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others reserve in large pieces
    _one_arena()
    return limit


def require_least() -> None:
    """Raises MudataError where address space is limited to less than LEAST."""
    limit = address_space()
    if limit is not None and limit < LEAST:
        raise MudataError(
            f"There is not enough memory: an address space of {LEAST / 1e9:.1f} GB is needed at least, and this process"
            f" may have {limit / 1e9:.2f} GB.",
            "Raise the limit (ulimit -v, prlimit --as, the memory of a batch job); then run the same command again.",
        )


def _one_arena() -> None:
    """Threads share what is allocated; only glibc knows how to be told."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
