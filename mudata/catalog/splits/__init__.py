"""Splits: who is a candidate, what stays together,
how labels are dealt out, and what a manifest promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.splits.draw import make
    from mudata.catalog.splits.manifest import Manifest, load, save
    from mudata.catalog.splits.split_request import SplitRequest

__all__ = ["Manifest", "SplitRequest", "load", "make", "save"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Manifest": "manifest",
        "SplitRequest": "split_request",
        "load": "manifest",
        "make": "draw",
        "save": "manifest",
    },
)
