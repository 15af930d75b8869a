"""Faults that users know themselves: `MUDATA_HOME/faults/<dataset>.yaml`, in the grammar of a card's `faults`.

    faults:
      - ids: [rock.00007, rock.00008]
        kind: mislabelled
        action: drop
        note: sounds like metal from start to end
        source: listened to by A. B., 2026-05-04
        repair: {labels: {genre: metal}}

Such an entry stands in place of the card's about the same clip and kind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata import yaml_files
from mudata.catalog.cards import loader
from mudata.errors import CardError

if TYPE_CHECKING:
    from mudata.catalog.cards.fault import FaultOverlay, Place
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home


def overlay_files(home: Home) -> dict[str, Path]:
    """The files by the name of their dataset, sorted."""
    return {path.stem: path for path in sorted(home.faults.glob("*.yaml"))}


def load_overlay(path: Path, card: Card | None = None) -> FaultOverlay:
    """One file; with the card of its dataset also whether the labels of repairs are the card's.

    Raises CardError with file, line and what was expected.
    """
    from mudata.catalog.cards.fault import FaultOverlay, contradictions, misplaced

    overlay = loader.parse(path, FaultOverlay)
    if card and (wrong := list(misplaced(overlay.faults, card.labels))):
        raise _refused(path, wrong, f"Labels and their namespaces are told by `mudata info {card.name}`.")
    if wrong := list(contradictions(overlay.faults, card.faults if card else ())):
        raise _refused(path, wrong, "Of a clip one thing can be right: leave one of the entries out, or change it.")
    return overlay


def _refused(path: Path, wrong: Iterable[tuple[Place, str]], hint: str) -> CardError:
    lines = [
        f"{path}:{yaml_files.line_of(path, ('faults', *place))}: faults.{'.'.join(map(str, place))}: {what}"
        for place, what in wrong
    ]
    return CardError("\n".join(lines), hint)


def overlay_of(home: Home, card: Card) -> FaultOverlay | None:
    """The user's file about a dataset; None where there is none. Raises CardError as `load_overlay` does."""
    path = overlay_files(home).get(card.name)
    return load_overlay(path, card) if path else None


def overlays_sha256(home: Home, datasets: Iterable[str]) -> dict[str, str]:
    """Hashes of what the user's files say, by dataset; those of datasets without one are left out.

    Raises CardError for a file that cannot be read, or that does not fit the card.
    """
    there = overlay_files(home)
    return {name: overlay_sha256(load_overlay(there[name], loader.load(name))) for name in datasets if name in there}


def overlay_sha256(overlay: FaultOverlay) -> str:
    """Hash of what a file says, whatever its comments and spacing."""
    text = json.dumps(overlay.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
