"""Notes become sound: an embedded synthesiser of integers, or an engine with a soundfont."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.render.events import RenderedNote, RenderedPart
    from mudata.catalog.render.renderer import render

__all__ = ["RenderedNote", "RenderedPart", "render"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"RenderedNote": "events", "RenderedPart": "events", "render": "renderer"},
)
