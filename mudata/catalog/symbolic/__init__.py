"""Music as notes: what MIDI files say, and how complex rhythms and harmonies are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.symbolic.midi import attributes

__all__ = ["attributes"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"attributes": "midi"},
)
