"""Which instruments of a passage, and how many parts, can be taken for true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.symbolic.general_midi import DRUMS, EFFECTS, FAMILIES
from mudata.catalog.symbolic.passage import Passage, UnknownFactError
from mudata.catalog.symbolic.playing_parts import CELLS, doubled, sounding_seconds
from mudata.errors import number

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_HEARD_S, LEAST_PART_S = 1.0, 2.0
"""Seconds that an instrument sounds that counts as heard, and that a part sounds that counts."""
MOST_PARTS = 6
"""More are not counted by ear."""
MOST_COMPARED = 64
"""Parts that are looked through for doublings."""
OTHER_SOUNDS = {0x41: "Roland", 0x43: "Yamaha"}
"""Manufacturers whose messages choose other sounds than those of General MIDI (ids of MIDI 1.0)."""
_BANK, _LEVELS = (0, 32), (7, 11)
"""Controllers: bank select; volume and expression (MIDI 1.0)."""


class HeardParts:
    """How long each part of a passage is heard, all drums as one part, the last."""

    def __init__(self, of: Passage) -> None:
        import numpy as np

        self._of = of
        is_drum = of.parts.is_drum
        self.drums = len(is_drum)
        self._part = np.where(is_drum[of.part], self.drums, of.part) if is_drum.any() else of.part
        silent = (of.played.velocity[of.which] <= 1) | _silenced(of)
        audible = np.where(silent, -1, self._part) if silent.any() else self._part
        self.seconds = sounding_seconds(audible, of.start, of.end, of.timeline, parts=self.drums + 1, stroke=self.drums)
        self.notes = np.bincount(self._part, minlength=self.drums + 1)

    def families(self) -> str:
        """Families of General MIDI and Drums, sorted, with commas between. Raises UnknownFactError."""
        import numpy as np

        of = self._of
        self._require_general_midi()
        names = np.array(
            [
                DRUMS if n == self.drums else FAMILIES[program // 8]
                for n, program in enumerate([*of.parts.program.tolist(), 0])
            ]
        )
        counts = (self.notes > 0) & ~np.isin(np.append(of.parts.program, 0), list(EFFECTS))
        heard = {str(name) for name in names[counts & (self.seconds >= LEAST_HEARD_S)]}
        for n in np.flatnonzero(counts & (self.seconds < LEAST_HEARD_S)).tolist():
            if names[n] not in heard:
                raise UnknownFactError(f"{names[n]}: heard for {self.seconds[n]:.3g} s, which is hardly at all")
        if not heard:
            raise UnknownFactError("no instrument is heard")
        return ", ".join(sorted(heard))

    def parts(self) -> int:
        """Parts that sound long enough and do more than double others; all drums are one. Raises UnknownFactError."""
        import numpy as np

        of = self._of
        lasting = self.seconds >= LEAST_PART_S
        pitched = np.flatnonzero(lasting[:-1])
        if not lasting.any():
            raise UnknownFactError(f"no part sounds for {LEAST_PART_S:g} s")
        if len(pitched) > MOST_COMPARED:
            raise UnknownFactError(f"{len(pitched)} parts, more than {MOST_PARTS}")
        count = int(lasting.sum())
        if len(pitched) > 1:
            place = np.full(self.drums + 1, -1)
            place[pitched] = np.arange(len(pitched))
            part = place[self._part]
            notes = np.flatnonzero((part >= 0) & of.begins)
            cell = (of.start[notes] * CELLS + of.timeline.ticks_per_beat // 2) // of.timeline.ticks_per_beat
            count -= len(doubled(part[notes], cell, of.played.pitch[of.which[notes]], len(pitched)))
        if count > MOST_PARTS:
            raise UnknownFactError(f"{count} parts, more than {MOST_PARTS}")
        return count

    def _require_general_midi(self) -> None:
        """Raises UnknownFactError where a program may not be the sound that General MIDI gives it."""
        import numpy as np

        of = self._of
        if makers := [name for id_, name in OTHER_SOUNDS.items() if id_ in of.file.manufacturers]:
            raise UnknownFactError(f"messages of {' and '.join(makers)} may choose other sounds")
        pitched = of.which[~of.parts.is_drum[of.part]]
        if not of.played.has_program[pitched].all():
            raise UnknownFactError("a channel plays before a program is set")
        events = of.file.events
        banks = np.flatnonzero((events.status >> 4 == 0xB) & np.isin(events.first, _BANK) & (events.second > 0))
        if len(banks):
            channel = (events.status[banks] & 0xF) + (np.array(of.file.ports)[events.track[banks]] << 4)
            other = np.isin(of.played.channel[pitched], channel)
            if other.any():
                what = number(len(np.unique(of.played.channel[pitched][other])), "channel")
                raise UnknownFactError(f"another bank is chosen on {what}")


def _silenced(of: Passage) -> npt.NDArray[np.bool_]:
    """Which notes begin while the volume or the expression of their channel is 0."""
    import numpy as np

    events = of.file.events
    levels = np.flatnonzero((events.status >> 4 == 0xB) & ((events.first == _LEVELS[0]) | (events.first == _LEVELS[1])))
    silent = np.zeros(len(of.which), np.bool_)
    zeros = levels[events.second[levels] == 0]
    if not len(zeros):
        return silent
    ports = np.array(of.file.ports) << 4
    channel = (events.status & 0xF) + ports[events.track]
    begun = of.played.start[of.which]
    for of_channel, controller in {(int(channel[n]), int(events.first[n])) for n in zeros}:
        mine = levels[(channel[levels] == of_channel) & (events.first[levels] == controller)]
        mine = mine[np.argsort(events.tick[mine], kind="stable")]
        values = np.concatenate([[127], events.second[mine]])
        notes = np.flatnonzero(of.played.channel[of.which] == of_channel)
        silent[notes] |= values[np.searchsorted(events.tick[mine], begun[notes], side="right")] == 0
    return silent
