"""Limits on this process's memory, and how to do with little of it.

`ulimit -v`, `prlimit --as` and many batch systems limit what a process reserves, not what it uses. Libraries reserve
freely: glibc 64 MiB for every thread that allocates (an arena), OpenBLAS a buffer for every core, DuckDB as much as it
finds in the machine. Where one of them gets no more, deep within, the process is aborted and nothing can be told. So
under such a limit there are few threads, and below what cannot be done without a sentence says so before anything else.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from mudata.errors import MudataError

AMPLE = 16 << 30
"""Bytes of address space from which on nothing is spared: the threads of a large machine fill less than that."""

LEAST = 600_000_000
"""Bytes of address space below which libraries crash as they are loaded: tried with 300 MB to 3 GB, of which 500 MB
were the least that a fetch did with."""

A_PROCESS = 300 << 20
"""Bytes of memory for each process that decodes: 70 MB were measured with a clip of 300 s; the command itself, files
in the system's cache and other codecs want some."""

A_THREAD = 2 << 30
"""Bytes of address space for each thread that a library may start: several do so, and each reserves. Chosen here."""

CGROUPS = Path("/sys/fs/cgroup")

_ENDLESS = 1 << 60
"""Bytes; what version 1 of cgroups says where there is no limit is more."""

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def address_space() -> int | None:
    """Bytes of address space that this process may reserve in all; None if as many as there are."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def container() -> int | None:
    """Bytes of memory that the container or batch job of this process may use (cgroups of version 1 and 2); None if as
    many as there are."""
    limits: list[int] = []
    with contextlib.suppress(OSError, ValueError):  # no Linux, or none of cgroups
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                root, name = CGROUPS, "memory.max"
            elif "memory" in controllers.split(","):
                root, name = CGROUPS / "memory", "memory.limit_in_bytes"
            else:
                continue
            place = root / path.lstrip("/")
            for folder in (place, *place.parents):
                if folder.is_relative_to(root):
                    with contextlib.suppress(OSError, ValueError):  # the latter of "max"
                        limits.append(int((folder / name).read_text()))
    return min((limit for limit in limits if limit < _ENDLESS), default=None)


def most_processes() -> int | None:
    """How many processes that decode fit into the memory of the container; None if as many as one likes."""
    limit = container()
    return None if limit is None else max(1, limit // A_PROCESS)


def spare() -> int | None:
    """Reserve little from here on, where address space is limited to less than AMPLE; that limit, else None.

    What libraries read when they are first imported is told by environment variables that are not set yet; worker
    processes inherit them.
    """
    limit = address_space()
    if limit is None or limit >= AMPLE:
        return None
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS", "MALLOC_ARENA_MAX"):
        os.environ.setdefault(name, str(threads(limit)))
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others reserve in large pieces
    _few_arenas(threads(limit))
    return limit


def threads(limit: int) -> int:
    """How many threads of each library fit into an address space: one for every A_THREAD, at most one per core."""
    return max(1, min(limit // A_THREAD, os.cpu_count() or 1))


def require_least() -> None:
    """Raises MudataError where address space is limited to less than LEAST."""
    limit = address_space()
    if limit is not None and limit < LEAST:
        raise MudataError(
            f"There is not enough memory: an address space of {LEAST / 1e9:.1f} GB is needed at least, and this process"
            f" may have {limit / 1e9:.2f} GB.",
            "Raise the limit (ulimit -v, prlimit --as, the memory of a batch job); then run the same command again.",
        )


def _few_arenas(count: int) -> None:
    """Threads share what is allocated; only glibc knows how to be told."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, count)
