"""Parquet files whose pages carry checksums, so that damage is never taken for what was written.

Compression has no sum of its own: in a column of binary values most bytes that change would go unnoticed.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path


def write(table: pa.Table, where: Path | IO[bytes]) -> None:
    """Raises OSError where it cannot be written."""
    pq.write_table(table, where, compression="zstd", write_page_checksum=True)


def read(file: Path, columns: list[str] | None = None) -> pa.Table | None:
    """The table, or these columns; None for a file that is damaged, or is none. Raises OSError where it cannot be read;
    the pages of older versions have no checksums, and are taken as they are."""
    try:
        return pq.read_table(file, columns=columns, memory_map=False, page_checksum_verification=True)
    except MemoryError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
    except (pa.ArrowException, KeyError, ValueError):
        pass
    return None
