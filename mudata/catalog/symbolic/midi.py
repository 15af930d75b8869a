"""What a MIDI file says about its music: tempo, metre, key, instruments, notes.

Conventions. Times are seconds. A part is what one instrument plays: notes of one track, one channel
and one program (so a type 0 file is split by its channels). The music lasts from the first note to
the end of the last one: of several tempos, metres or keys the one counts that is in force longest
in that time, and what is set after it does not count.

What the file leaves out is not invented: a missing tempo, time signature or key gives no value,
only the flag `..._is_default`. What is no value (a key of eight flats, a metre of 0/4, a tempo of 0,
an event of the wrong length) is passed over, and `..._reason` tells it. An explicit C major keeps its
value and is flagged too, because it mostly means that nobody set it: in Raffel and Ellis's comparison
with Beatles annotations C major was right for 17 % of the files, other keys for 84 %.

That is what is written. What of it can be taken for true, of the whole music (`file_...`) and of a clip of it
(`clip_...`), `admission` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.read.source_file import reading
from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.admission import Attribute, admitted
from mudata.catalog.symbolic.general_midi import FAMILIES, PROGRAMS
from mudata.catalog.symbolic.notes import notes
from mudata.catalog.symbolic.passage import Score, passage, whole
from mudata.catalog.symbolic.playing_parts import parts_of
from mudata.catalog.symbolic.timeline import TickSpan, Timeline, Told, Value, changes
from mudata.catalog.symbolic.window import window
from mudata.errors import some

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.symbolic.admission import Source
    from mudata.catalog.symbolic.notes import MidiNotes


@dataclass(frozen=True)
class MidiFacts:
    """What a file says."""

    attributes: list[Attribute]
    notes: int
    type: int
    """Of the file: 0 or 1."""
    duration_s: float
    """From the start of the file to the end of the last note."""
    clip: tuple[float, float] | None
    """Start and length of the window, seconds; None where none was asked for, or there are no notes."""


@dataclass(frozen=True)
class _InForce:
    """One kind of meta event, within the music."""

    value: str | int | None
    """The one in force longest; None where that is none at all."""
    changes: int
    reason: str | None
    """What was passed over, and why there is no value."""


def attributes(path: Path) -> list[Attribute]:
    """What the whole of a file says, name, value and source; a file without notes has `notes` 0.

    tempo_bpm (quarter notes a minute, in force longest), tempo_bpm_mean (weighted by seconds), tempo_changes;
    time_signature and key (in force longest), time_signature_changes, key_changes; of each of the three
    `..._is_default`, only when true, and `..._reason`, only when an event gave no value; instruments and
    instrument_families (General MIDI names, comma-separated, drums apart), has_drums, parts, notes, polyphony (most
    notes at once), pitch_min and pitch_max (without drums), duration_s (from the start to the end of the last note),
    lyrics and markers (numbers of events), midi_type, parser. What a file lacks (a key, a pitch) has no row. Then what
    can be taken for true of the whole music: `file_...`, see `admission.admitted`.

    Raises AudioError: `parse_error` as `smf.read` does, or as `read.source_file.reading` when the file cannot be read.
    """
    return facts(path).attributes


def facts(path: Path, clip: tuple[float, float] | None = None) -> MidiFacts:
    """What `attributes` gives, and what can be taken for true of a window of the music (`clip_...`): so many seconds,
    from the bar line on that is nearest to such a share of the music (see `window.window`). Raises as `attributes`
    does."""
    with reading(path):
        data = path.read_bytes()
    file = smf.read(data)
    played, timeline = notes(file), Timeline(file)
    has_notes = len(played.start) > 0
    music = TickSpan(int(played.start.min()), int(played.end.max())) if has_notes else TickSpan(0, 0)
    duration_s = timeline.second(music.end)
    score = Score(file, timeline, played, parts_of(played))
    rows = [Attribute(name, str(value), source) for name, value, source in _written(score, music)]
    rows += [
        Attribute("parts", str(len(score.parts.program)), "notes"),
        Attribute("duration_s", f"{duration_s:.3f}", "notes"),
        Attribute("midi_type", str(file.type), "event"),
        Attribute("parser", "mudata"),
    ]
    within = None
    if has_notes:
        rows += admitted(whole(score, music), "file")
        if clip:
            span = window(played, timeline, *clip)
            begin, end = timeline.second(span.begin), timeline.second(span.end)
            within = (begin, end - begin)
            rows += admitted(passage(score, span), "clip")
    return MidiFacts(rows, len(played.start), file.type, duration_s, within)


def _written(score: Score, music: TickSpan) -> list[tuple[str, object, Source]]:
    """What the events say of the music, whether it can be true or not."""
    timeline, played, parts = score.timeline, score.played, score.parts
    tempo = _in_force(timeline, timeline.tempo, music)
    metre = _in_force(timeline, timeline.metre, music)
    key = _in_force(timeline, timeline.key, music)
    rows: list[tuple[str, object, Source]] = []
    if isinstance(tempo.value, int):
        begin, end = timeline.second(music.begin), timeline.second(music.end)
        beats = (music.end - music.begin) / timeline.ticks_per_beat
        bpm = 60e6 / tempo.value
        rows.append(("tempo_bpm", f"{bpm:.6g}", "event"))
        rows.append(("tempo_bpm_mean", f"{60 * beats / (end - begin) if end > begin else bpm:.6g}", "event"))
    if metre.value is not None:
        rows.append(("time_signature", metre.value, "event"))
    if key.value is not None:
        rows.append(("key", key.value, "event"))
    for name, found in (("tempo", tempo), ("time_signature", metre), ("key", key)):
        rows.append((f"{name}_changes", found.changes, "event"))
        if found.value in (None, "C major"):
            rows.append((f"{name}_is_default", "true", "event"))
        if found.reason:
            rows.append((f"{name}_reason", found.reason, "event"))
    rows += [
        ("has_drums", str(bool(parts.is_drum.any())).lower(), "notes"),
        ("notes", len(played.start), "notes"),
        ("polyphony", _polyphony(played), "notes"),
    ]
    if not parts.is_drum.all():
        programs = set(parts.program[~parts.is_drum].tolist())
        pitches = played.pitch[~parts.is_drum[parts.of]] if parts.is_drum.any() else played.pitch
        rows += [
            ("instruments", ", ".join(sorted({PROGRAMS[program] for program in programs})), "event"),
            ("instrument_families", ", ".join(sorted({FAMILIES[program // 8] for program in programs})), "event"),
            ("pitch_min", int(pitches.min()), "notes"),
            ("pitch_max", int(pitches.max()), "notes"),
        ]
    for name, kind in (("lyrics", smf.LYRIC), ("markers", smf.MARKER)):
        rows.append((name, sum(event.kind == kind for event in timeline.meta), "event"))
    return rows


def _in_force(timeline: Timeline, told: Told[Value], music: TickSpan) -> _InForce:
    """What the events of one kind say of the music."""
    lasting = timeline.lasting(told, music)
    longest = max(lasting, key=lambda value: (lasting[value], value is not None))
    reasons = [
        f"at {timeline.second(tick):.4g} s {fault}"
        for tick, fault in told.faults
        if tick < music.end or tick <= music.begin
    ]
    if longest is None and len(lasting) > 1:
        reasons.append(f"none is set for the first {lasting[None]:.4g} s of {sum(lasting.values()):.4g} s of music")
    return _InForce(longest, changes(told.within(music)), some(reasons, 2) or None)


def _polyphony(played: MidiNotes) -> int:
    """Most notes that sound at once.
    Times are doubled so that at one tick ends (even) sort before starts (odd)."""
    import numpy as np

    start, end = played.start, played.end
    if end.max(initial=0) < 1 << 30:  # half as long numbers are sorted in half the time
        start, end = start.astype(np.int32), end.astype(np.int32)
    events = np.concatenate([start * 2 + 1, end * 2])
    events.sort()
    return int(np.cumsum((events & 1) * 2 - 1).max(initial=0))
