"""Which instruments of a passage, and how many parts, can be taken for true."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mudata.catalog.symbolic.general_midi import DRUMS, EFFECTS, FAMILIES
from mudata.catalog.symbolic.passage import BANK, LEVELS, Passage, UnknownFactError
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
STROKE_S = 0.25
"""Seconds that a stroke of a drum sounds at least: when its note ends says nothing, and in many files it does at once.
Ours."""


class HeardParts:
    """Which parts of a passage are heard, and how long."""

    def __init__(self, of: Passage) -> None:
        self._of = of
        self._is_drum = of.score.parts.is_drum.tolist()
        self._seconds: list[float] = _heard_seconds(of).tolist()
        """Of each part; each kit has those of all drums together."""
        self._playing: list[int] = [part for part, (first, behind) in enumerate(pairwise(of.bounds)) if first < behind]

    def families(self) -> str:
        """Families of General MIDI and Drums, sorted, with commas between. Raises UnknownFactError."""
        self._require_general_midi()
        programs = self._of.score.parts.program.tolist()
        heard, hardly = set(), {}
        for part in self._playing:
            if self._is_drum[part] or programs[part] not in EFFECTS:
                name = DRUMS if self._is_drum[part] else FAMILIES[programs[part] // 8]
                if self._seconds[part] >= LEAST_HEARD_S:
                    heard.add(name)
                else:
                    hardly[name] = self._seconds[part]
        for name, seconds in hardly.items():
            if name not in heard:
                raise UnknownFactError(f"{name}: heard for {seconds:.3g} s, which is hardly at all")
        if not heard:
            raise UnknownFactError("no instrument is heard")
        return ", ".join(sorted(heard))

    def parts(self) -> int:
        """Parts that sound long enough and do more than double others; all drums are one. Raises UnknownFactError."""
        lasting = [part for part in self._playing if self._seconds[part] >= LEAST_PART_S]
        pitched = [part for part in lasting if not self._is_drum[part]]
        if not lasting:
            raise UnknownFactError(f"no part sounds for {LEAST_PART_S:g} s")
        if len(pitched) > MOST_COMPARED:
            raise UnknownFactError(f"{len(pitched)} parts, more than {MOST_PARTS}")
        count = len(pitched) + (len(lasting) > len(pitched))
        if len(pitched) > 1:
            count -= len(self._doubled(pitched))
        if count > MOST_PARTS:
            raise UnknownFactError(f"{count} parts, more than {MOST_PARTS}")
        return count

    def _doubled(self, among: list[int]) -> set[int]:
        import numpy as np

        of = self._of
        place = np.full(len(self._is_drum), len(among))
        place[among] = np.arange(len(among))
        beat = of.timeline.ticks_per_beat
        cell = (of.start[of.begins] * CELLS + beat // 2) // beat
        return doubled(place[of.part[of.begins]], cell, of.pitch[of.begins], len(among))

    def _require_general_midi(self) -> None:
        """Raises UnknownFactError where a program may not be the sound that General MIDI gives it."""
        score = self._of.score
        if makers := [name for id_, name in OTHER_SOUNDS.items() if id_ in score.file.manufacturers]:
            raise UnknownFactError(f"messages of {' and '.join(makers)} may choose other sounds")
        has_program = score.played.has_program[self._of.which]
        if not has_program.all() and not (has_program | score.parts.is_drum[self._of.part]).all():
            raise UnknownFactError("a channel plays before a program is set")
        told = score.controls
        if len(told.value):
            bank = (told.controller == BANK[0]) | (told.controller == BANK[1])
            chosen = set(told.channel[bank & (told.value > 0)].tolist())
            channels = score.parts.channel.tolist()
            playing = {channels[part] for part in self._playing if not self._is_drum[part]}
            if others := chosen & playing:
                raise UnknownFactError(f"another bank is chosen on {number(len(others), 'channel')}")


def _heard_seconds(of: Passage) -> npt.NDArray[np.float64]:
    """How long each part is heard, shape (parts,); each kit of drums as long as all drums."""
    import numpy as np

    is_drum = of.score.parts.is_drum
    part, begins, ends = of.part, of.timeline.seconds(of.start), of.timeline.seconds(of.end)
    for drums in of.drums:
        ends[drums] = np.maximum(ends[drums], begins[drums] + STROKE_S)
    if (silent := _silent(of)).any():
        part, begins, ends = part[~silent], begins[~silent], ends[~silent]
    seconds = sounding_seconds(part, begins, ends, len(is_drum))
    if len(of.score.parts.kits) > 1:
        strokes = np.flatnonzero(is_drum[part])
        strokes = strokes[np.argsort(begins[strokes], kind="stable")]
        one = np.zeros(len(strokes), np.intp)
        seconds[is_drum] = sounding_seconds(one, begins[strokes], ends[strokes], 1)[0]
    return seconds


def _silent(of: Passage) -> npt.NDArray[np.bool_]:
    """Which notes nobody hears: of velocity 1, or begun while the volume or the expression of their channel is 0."""
    import numpy as np

    played, told = of.score.played, of.score.controls
    silent = played.velocity[of.which] <= 1
    if told.value.all():
        return silent
    zeros = (told.value == 0) & ((told.controller == LEVELS[0]) | (told.controller == LEVELS[1]))
    for channel, controller in set(zip(told.channel[zeros].tolist(), told.controller[zeros].tolist(), strict=True)):
        mine = (told.channel == channel) & (told.controller == controller)
        values = np.concatenate([[127], told.value[mine]])
        in_force = values[np.searchsorted(told.tick[mine], played.start[of.which], side="right")]
        silent |= (played.channel[of.which] == channel) & (in_force == 0)
    return silent
