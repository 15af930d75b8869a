"""What lies in the home, whoever put it there: where, how large, removed, renamed, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.storage.home_move import move_home
    from mudata.storage.inventory import Stored, find, stored
    from mudata.storage.removal import Removal, plan, remove
    from mudata.storage.renaming import rename

__all__ = ["Removal", "Stored", "find", "move_home", "plan", "remove", "rename", "stored"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Removal": "removal",
        "Stored": "inventory",
        "find": "inventory",
        "move_home": "home_move",
        "plan": "removal",
        "remove": "removal",
        "rename": "renaming",
        "stored": "inventory",
    },
)
