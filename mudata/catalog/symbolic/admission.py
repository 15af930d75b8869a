"""What a MIDI file says that can be taken for true: of a stretch of its music, or unknown and why.

Most events of real files are what programs write when nobody says anything, so a tempo, a metre or a key counts only
where the notes bear it out. The rules and their numbers are those of a count of 196 real files (MIREX-like mood, Lakh):

- tempo: set, the same within 1 % all through, 40 to 240 beats a minute, 8 beats at least, and followed by the notes
(`admitted_time`). - metre: set, the same all through for 8 bars at least, and none that fills up bars. 4/4 is told
apart (`_is_default`): nearly every program writes it, and "4/4" was the right answer for 93 % of the files, so that
real files cannot carry a question about metre. - key: set, not to C major, the same all through, and found in the notes
by two of three key profiles. What all three find, whatever is written, is `key_estimated`, never mixed with `key`
(`admitted_key`). - families: by the program in force at each note; unknown where a program may not be the sound that
General MIDI gives it, or an instrument is hardly heard; effects are left out. Parts: those that sound for 2 s and do
not only double others; more than six are unknown (`admitted_parts`). - sections: only where markers name three
different ones (`section_markers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.catalog.symbolic import admitted_key, admitted_time, section_markers
from mudata.catalog.symbolic.admitted_parts import HeardParts
from mudata.catalog.symbolic.passage import Passage, UnknownFactError

if TYPE_CHECKING:
    from collections.abc import Callable

Source = Literal["event", "notes"]


class Attribute(NamedTuple):
    """A fact of a clip."""

    name: str
    value: str
    source: Source | None = None
    """What it rests on: what is written in the file, or what its notes are."""


def admitted(of: Passage, prefix: str) -> list[Attribute]:
    """Each fact as `<prefix>_<name>` with its value, or as `<prefix>_<name>_unknown` with the reason.

    tempo_bpm (quarter notes a minute), beat_bpm (of the beat that is felt), time_signature, key (in the spelling of
    `truth_spelling.key`), key_estimated, families (with commas between), parts, sections ('0.000 intro 8.000 verse',
    seconds).
    """
    rows: list[Attribute] = []

    def ask(name: str, source: Source, fact: Callable[[], str]) -> str | None:
        try:
            value = fact()
        except UnknownFactError as error:
            rows.append(Attribute(f"{prefix}_{name}_unknown", str(error)))
            return None
        rows.append(Attribute(f"{prefix}_{name}", value, source))
        return value

    tempo = ask("tempo_bpm", "event", lambda: f"{admitted_time.tempo_bpm(of):.6g}")
    if tempo is not None:
        ask("beat_bpm", "event", lambda: f"{admitted_time.beat_bpm(of, float(tempo)):.6g}")
    if ask("time_signature", "event", lambda: admitted_time.time_signature(of)) == "4/4":
        rows.append(Attribute(f"{prefix}_time_signature_is_default", "true", "event"))
    found = admitted_key.found_keys(of)
    ask("key", "event", lambda: admitted_key.key(of, found))
    ask("key_estimated", "notes", lambda: admitted_key.key_estimated(found))
    heard = HeardParts(of)
    ask("families", "event", heard.families)
    ask("parts", "notes", lambda: str(heard.parts()))
    ask("sections", "event", lambda: section_markers.sections(of))
    return rows
