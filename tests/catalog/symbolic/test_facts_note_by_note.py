"""Facts of random songs against what one counts note by note, tick by tick."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from midi_files import BEAT, Event, control, key, metre, midi_file, note, program, tempo

from mudata.catalog.symbolic.general_midi import FAMILIES
from mudata.catalog.symbolic.key_profiles import PROFILES, estimate_key
from mudata.catalog.symbolic.midi import facts
from mudata.catalog.symbolic.playing_parts import sounding_seconds

BPM = 60
"""A quarter note is a second."""
DRUMS = 9


class Played(NamedTuple):
    part: int
    pitch: int
    start: int
    end: int


class Song(NamedTuple):
    notes: list[Played]
    tracks: list[list[Event]]
    channels: list[int]
    programs: list[int]


def song(seed: int) -> Song:
    """Up to nine parts of chords and lines in one key, some of them like another one with notes left out."""
    r = random.Random(seed)
    tonic, scale = r.randrange(12), r.choice(((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)))
    made = Song([], [], [], [])
    lines: list[list[tuple[float, float, int]]] = []
    for part in range(r.randrange(1, 10)):
        if lines and r.random() < 0.5:
            share, octave = r.choice((0.5, 0.75, 0.85, 1)), r.choice((-12, 0, 12))
            line = [(at, beats, pitch + octave) for at, beats, pitch in r.choice(lines) if r.random() < share]
        else:
            at, line = r.choice((0.0, 2.0)), []
            for _ in range(r.choice((1, 5, 40))):
                step = r.choice((0.25, 0.5, 1.0))
                pitches = r.sample(
                    [tonic + 48 + 12 * octave + of for octave in (0, 1) for of in scale], r.choice((1, 1, 3))
                )
                line += [(at, step * r.choice((0.5, 1.0)), pitch) for pitch in pitches]
                at += step * r.choice((1, 1, 2))
        lines.append(line)
        channel, of = r.choice((part, part, DRUMS)), r.randrange(96)
        events = [program(of, channel)] + ([control(7, 90, channel)] if r.random() < 0.3 else [])
        for at, beats, pitch in line:
            events += note(pitch, at, beats, channel)
            made.notes.append(Played(part, pitch, round(at * BEAT), round((at + beats) * BEAT)))
        made.tracks.append(events)
        made.channels.append(channel)
        made.programs.append(of)
    return made


def cut(of: Song, begin: int, end: int) -> list[Played]:
    """The notes that sound in a span, cut to it."""
    return [
        played._replace(start=max(played.start, begin), end=min(played.end, end))
        for played in of.notes
        if played.start < end and (played.end > begin or played.start >= begin)
    ]


def seconds(of: list[Played], part: int, least: int = 0) -> float:
    ticks = {tick for p in of if p.part == part for tick in range(p.start, max(p.end, p.start + least))}
    return len(ticks) / BEAT


def parts(of: list[Played], channels: list[int], begin: int) -> int:
    drums = {p.part for p in of if channels[p.part] == DRUMS}
    sounding = {p.part: seconds(of, p.part) for p in of if p.part not in drums}
    places = {
        part: {((p.start * 8 + BEAT // 2) // BEAT, p.pitch % 12) for p in of if p.part == part and p.start >= begin}
        for part, lasting in sounding.items()
        if lasting >= 2
    }
    kept: list[int] = []
    for part in sorted(places, key=lambda part: (-len(places[part]), part)):
        mine = places[part]
        if not mine or not any(len(mine & places[other]) >= 0.8 * len(mine) for other in kept):
            kept.append(part)
    strokes = {tick for p in of if p.part in drums for tick in range(p.start, max(p.end, p.start + BEAT // 4))}
    return len(kept) + (len(strokes) >= 2 * BEAT)


def families(of: list[Played], song: Song) -> set[str]:
    return {
        "Drums" if song.channels[part] == DRUMS else FAMILIES[song.programs[part] // 8] for part in {p.part for p in of}
    }


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_facts_are_those_of_counting(tmp_path: Path, first: int) -> None:
    doubled = unknown = 0
    for seed in range(first, first + 20):
        made = song(seed)
        path = tmp_path / f"{seed}.mid"
        path.write_bytes(midi_file([tempo(BPM), metre(4, 4), key(1)], *made.tracks))
        found = facts(path, (8.0, 0.5))
        rows = {row.name: row.value for row in found.attributes}
        pitched = [p.pitch for p in made.notes if made.channels[p.part] != DRUMS]
        assert rows["notes"] == str(len(made.notes))
        assert rows["polyphony"] == str(max(sum(p.start <= at.start < p.end for p in made.notes) for at in made.notes))
        assert [rows.get("pitch_min"), rows.get("pitch_max")] == (
            [str(min(pitched)), str(max(pitched))] if pitched else [None, None]
        )
        assert found.clip is not None
        span = tuple(round(second * BEAT) for second in (found.clip[0], sum(found.clip)))
        everything = (0, max(p.end for p in made.notes))
        for prefix, (begin, end) in (("file", everything), ("clip", span)):
            sounding = cut(made, begin, end)
            durations = [0] * 12
            for p in sounding:
                durations[p.pitch % 12] += (p.end - p.start) * (made.channels[p.part] != DRUMS)
            keys = {estimate_key(durations, profile) for profile in PROFILES}
            assert rows.get(f"{prefix}_key_estimated") == (next(iter(keys)) if len(keys) == 1 else None)
            count = parts(sounding, made.channels, begin)
            if f"{prefix}_parts" in rows:
                assert rows[f"{prefix}_parts"] == str(count), (seed, prefix)
            else:
                why = rows[f"{prefix}_parts_unknown"]
                assert why.startswith(f"{count} parts") if count else why.startswith("no part sounds"), (seed, prefix)
                unknown += 1
            doubled += count < len({p.part for p in sounding})
            if told := rows.get(f"{prefix}_families"):
                assert set(told.split(", ")) == families(sounding, made)
    assert min(doubled, unknown) > 1


def test_a_part_sounds_as_long_as_its_notes_do_together() -> None:
    for seed in range(40):
        r = random.Random(seed)
        notes = [Played(part, 60, start, start + r.randrange(1, 40)) for part in range(4) for start in range(0, 99, 9)]
        part, _, start, end = (np.array(column) for column in zip(*notes, strict=True))
        wanted = [len({tick for p in notes if p.part == part for tick in range(p.start, p.end)}) for part in range(4)]
        assert sounding_seconds(part, start / 1.0, end / 1.0, 5).tolist() == [*wanted, 0]
