"""`mudata fetch --locked`: a home made as a lock has it, or every difference explained.

Dataset by dataset, then the user's own faults and the splits. Each step is one that leaves the home whole: stopped at
any moment, the same call goes on, and does nothing again that is as it was locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.fault_overlays import load_overlay, overlay_sha256
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.index import database
from mudata.catalog.ingest import get
from mudata.catalog.pinning.compare_lock import dataset_differences, is_as_locked, same_clips, tool_differences
from mudata.catalog.pinning.lock_difference import LockDifference, Reproduced, State
from mudata.catalog.splits import check, manifest
from mudata.errors import CardError, HomeError, MudataError, SplitError, UnknownName
from mudata.execution.local_processes import LOCAL
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.schema import Card
    from mudata.catalog.pinning.home_lock import HomeLock, LockedDataset
    from mudata.catalog.splits.manifest import Manifest
    from mudata.execution.executor import Executor
    from mudata.home import Home

_HUB = "hf://datasets/"


@dataclass(frozen=True, kw_only=True)
class LockedRequest:
    """How a lock is to be reproduced; what is fetched, the lock says."""

    names: tuple[str, ...] = ()
    """Only these of its datasets and splits, with the datasets of these splits; none: all."""
    origin: tuple[Path, ...] = ()
    """Files of the user's own in place of downloads; of one dataset."""
    copy: bool = False
    offline: bool = False
    accept_licence: bool = False
    jobs: int = 4
    executor: Executor = LOCAL


def reproduce(home: Home, lock: HomeLock, request: LockedRequest, progress: Progress = SILENT) -> Reproduced:
    """Make the home as the lock has it; what cannot be is told, and the rest goes on.

    Raises UnknownName (a name that the lock does not have), HomeError (the home cannot be written).
    """
    return _Reproduction(home, lock, request, progress).run()


class _Reproduction:
    def __init__(self, home: Home, lock: HomeLock, request: LockedRequest, progress: Progress) -> None:
        self.home, self.lock, self.request, self.progress = home, lock, request, progress
        self.states: dict[str, State] = {}
        self.clips: dict[str, tuple[int, int]] = {}
        self.told: list[LockDifference] = []

    def run(self) -> Reproduced:
        datasets, splits = self._wanted()
        for name in datasets:
            before = len(self.told)
            self.told += self._dataset(name, self.lock.datasets[name])
            own = self.told[before:]
            gone = any(difference.kind == "gone" for difference in own)
            self.states[f"dataset {name}"] = "gone" if gone else _state(own)
        self.told += (difference for name in datasets for difference in self._faults(name))
        for name in splits:
            own = list(self._split(name, self.lock.splits[name]))
            self.told += own
            self.states[f"split {name}"] = _state(own)
        sound = any(d.kind in ("clips", "gone") and d.severity == "error" for d in self.told)
        self.told += tool_differences(self.lock, sound_differs=sound)
        return Reproduced(states=self.states, clips=self.clips, differences=tuple(self.told))

    def _wanted(self) -> tuple[list[str], list[str]]:
        names = self.request.names
        if not names:
            return list(self.lock.datasets), list(self.lock.splits)
        for name in names:
            if name not in self.lock.datasets and name not in self.lock.splits:
                raise UnknownName("dataset or split in the lock", name, {*self.lock.datasets, *self.lock.splits})
        splits = [name for name in self.lock.splits if name in names]
        needed = {dataset for name in splits for dataset in self.lock.splits[name].datasets}
        return [name for name in self.lock.datasets if name in names or name in needed], splits

    # ------------------------------------------------------------------------------------ datasets

    def _dataset(self, name: str, locked: LockedDataset) -> Iterator[LockDifference]:
        key = f"dataset {name}"
        self.clips[key] = (0, len(locked.clips))
        try:
            card = self._card(name, locked)
            card_sha256 = loader.sha256(card)
            if not is_as_locked(self.home, name, locked):
                self._get(card, locked)
        except HomeError:
            raise
        except MudataError as error:
            yield LockDifference(what=name, kind="gone", severity="error", text=f"cannot be had: {error}")
            if database.current_generation(self.home, name) is None:
                return
            card_sha256 = None
        same = is_as_locked(self.home, name, locked)
        if card_sha256 and card_sha256 != locked.card_sha256:
            mattered = "it did not matter" if same else "that may be why"
            text = f"its card is another ({card_sha256[:12]}, locked {locked.card_sha256[:12]}); {mattered}"
            yield LockDifference(what=name, kind="card", severity="note", text=text)
        yield from dataset_differences(self.home, name, locked)
        self.clips[key] = (same_clips(self.home, name, locked), len(locked.clips))

    def _card(self, name: str, locked: LockedDataset) -> Card:
        """The card of that name; one that does not come with mudata is put into the home, unless one is there."""
        if locked.card is not None and name not in card_files.files():
            self.home.make(self.home.cards)
            write_atomic(self.home.cards / f"{name}.yaml", locked.card)
            self.progress.say(f"{name}: its card was in the lock, and is in {self.home.cards} now")
        return loader.load(name)

    def _get(self, card: Card, locked: LockedDataset) -> None:
        selection: dict[str, Any] = dict(locked.selection)
        pins = {
            source.address.removeprefix(_HUB): source.revision
            for sources in locked.sources.values()
            for source in sources
            if source.revision and source.address and source.address.startswith(_HUB)
        }
        request = FetchRequest(
            subset=selection.get("subset"),
            where=selection.get("where"),
            limit=selection.get("limit"),
            usage=selection.get("usage"),
            partial=selection.get("partial"),
            store=locked.store,
            pins=pins,
            origin=self.request.origin,
            copy=self.request.copy,
            offline=self.request.offline,
            accept_licence=self.request.accept_licence,
            jobs=self.request.jobs,
            executor=self.request.executor,
        )
        get(card, self.home, request, audio_format=AudioFormat(locked.rate), progress=self.progress)

    # -------------------------------------------------------------------------- faults and splits

    def _faults(self, name: str) -> Iterator[LockDifference]:
        """Put the user's own faults there; a file that is there stays, and is told if it says otherwise."""
        path = self.home.faults / f"{name}.yaml"
        text = self.lock.faults.get(name)
        if text is None:
            if path.exists():
                yield self._other_faults(name, f"{path} is here, and there were none")
            return
        if not path.exists():
            self.home.make(self.home.faults)
            write_atomic(path, text)
            return
        if path.read_text("utf-8") == text:
            return
        locked = self.home.faults / f".{name}.locked.part"
        write_atomic(locked, text)
        try:
            if overlay_sha256(load_overlay(path)) != overlay_sha256(load_overlay(locked)):
                yield self._other_faults(name, f"{path} says otherwise than the lock; it stays as it is")
        except CardError as error:
            yield self._other_faults(name, error.what)
        finally:
            locked.unlink()

    def _other_faults(self, name: str, text: str) -> LockDifference:
        return LockDifference(what=name, kind="faults", severity="error", text=f"faults of your own: {text}")

    def _split(self, name: str, locked: Manifest) -> Iterator[LockDifference]:
        """Save the manifest as it was locked, and hold it against what is here."""
        key, members = f"split {name}", sum(map(len, locked.parts.values()))
        self.clips[key] = (0, members)
        if locked.sha256 != locked.digest():
            text = "its manifest in the lock was changed: its hash is not that of its content"
            yield LockDifference(what=name, kind="split", severity="error", text=text)
            return
        try:
            manifest.save(self.home, locked)
        except SplitError as error:
            yield LockDifference(what=name, kind="split", severity="error", text=str(error))
            return
        lost: set[str] = set()
        for finding in check.check(self.home, locked):
            if finding.kind in ("missing", "changed", "not-indexed"):
                lost |= set(finding.clip_ids)
                yield LockDifference(
                    what=name, kind="split", severity="error", text=finding.what, clip_ids=finding.clip_ids
                )
        self.clips[key] = (members - len(lost), members)


def _state(differences: Sequence[LockDifference]) -> State:
    return "differs" if any(difference.severity == "error" for difference in differences) else "same"
