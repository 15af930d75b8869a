"""The demo dataset, composed by mudata itself:
styles, pieces, instruments, and the files they become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.demo.dataset import compose

__all__ = ["compose"]
__getattr__, __dir__ = lazy_names(__name__, {"compose": "dataset"})
