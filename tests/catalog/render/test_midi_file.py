"""MIDI files become parts: windows, what is set before them, the pedal, hanging notes; refusals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import mido
import numpy as np
import pytest

from mudata.catalog.render.midi_file import LEAD_S, midi_parts, render_midi
from mudata.catalog.symbolic import smf
from mudata.errors import AudioError

if TYPE_CHECKING:
    from mudata.catalog.render.events import RenderedPart

Told = tuple[int, mido.Message | mido.MetaMessage]
TEMPO = mido.MetaMessage("set_tempo", tempo=1_000_000)
"""One beat of 480 ticks a second."""


def on(pitch: int = 60, channel: int = 0, velocity: int = 100) -> mido.Message:
    return mido.Message("note_on", note=pitch, channel=channel, velocity=velocity)


def off(pitch: int = 60, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, channel=channel)


def control(controller: int, value: int, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=controller, value=value, channel=channel)


def written(path: Path, *tracks: Sequence[Told]) -> Path:
    """A file of tracks of (tick, message)."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for told in tracks:
        track, before = mido.MidiTrack(), 0
        for tick, message in told:
            track.append(message.copy(time=tick - before))
            before = tick
        file.tracks.append(track)
    file.save(path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.mid"


def parts(path: Path, start_s: float = 0.0, seconds: float | None = None) -> list[RenderedPart]:
    return midi_parts(smf.read(path.read_bytes()), start_s, seconds)[0]


def spans(part: RenderedPart) -> list[tuple[float, float, int]]:
    return [(round(note.start_s, 3), round(note.end_s, 3), note.pitch) for note in sorted(part.notes)]


def test_parts_are_those_of_channels_and_programs(path: Path) -> None:
    flute = mido.Message("program_change", program=73, channel=1)
    written(
        path,
        [(0, TEMPO), (0, on()), (480, off())],
        [(0, flute), (0, on(72, 1, 80)), (240, off(72, 1)), (240, on(36, 9)), (300, off(36, 9))],
    )
    found = {(part.program, part.is_drum): part for part in parts(path)}
    assert set(found) == {(0, False), (73, False), (0, True)}
    assert spans(found[0, False]) == [(0, 1, 60)]
    assert found[73, False].notes[0].velocity == 80
    assert found[73, False].levels[0].value == pytest.approx((100 / 127) ** 2)  # volume 100 where none is set


def test_what_was_set_before_a_window_holds_in_it(path: Path) -> None:
    before = [
        (0, TEMPO), (0, mido.Message("program_change", program=40)), (0, control(7, 64)), (0, control(11, 100)),
        (0, control(10, 127)), (0, control(101, 0)), (0, control(100, 0)), (0, control(6, 12)),
        (10, mido.Message("pitchwheel", pitch=4096)),
    ]  # fmt: skip
    later = [(20 * 480, on()), (21 * 480, off()), (21 * 480, control(11, 127)), (22 * 480, on(62)), (23 * 480, off(62))]
    (part,) = parts(written(path, before + later), 19.0, 10.0)
    assert (part.program, part.pan) == (40, 1.0)
    assert spans(part) == [(1, 2, 60), (3, 4, 62)]
    assert [(change.at_s, round(change.value, 4)) for change in part.levels] == [
        (0.0, round((64 * 100 / 127**2) ** 2, 4)),
        (2.0, round((64 / 127) ** 2, 4)),
    ]
    assert [(change.at_s, change.value) for change in part.bends] == [(0.0, 6.0)]


def test_a_note_that_sounds_already_is_played_from_where_it_was_struck(path: Path) -> None:
    written(path, [(0, TEMPO), (480, on()), (10 * 480, off()), (9 * 480 + 500, on(62)), (11 * 480, off(62))][:3])
    found, lead = midi_parts(smf.read(path.read_bytes()), 4.0, 2.0)
    assert (spans(found[0]), lead) == ([(0, 9, 60)], 3.0)
    found, lead = midi_parts(smf.read(path.read_bytes()), 9.5, 2.0)
    assert lead == LEAD_S
    assert spans(found[0]) == [(0, 10 - 1.5, 60)]


def test_rendering_a_window_keeps_only_it(path: Path) -> None:
    organ = mido.Message("program_change", program=16)
    written(path, [(0, TEMPO), (0, organ), (480, on(69)), (3 * 480, off(69)), (3 * 480, on(81)), (6 * 480, off(81))])
    done = render_midi(path, start_s=2.0, seconds=2.0)
    assert done.samples.shape == (44_100,)
    first, second = done.samples[2000:20_000], done.samples[24_000:42_000]
    for half, wanted in ((first, 440), (second, 880)):
        spectrum = np.abs(np.fft.rfft(half * np.hanning(len(half))))
        assert spectrum.argmax() * 22_050 / len(half) == pytest.approx(wanted, abs=2)


def test_the_pedal_makes_notes_longer(path: Path) -> None:
    told = [
        (0, TEMPO),
        (0, control(64, 127)),
        (0, on()),
        (240, off()),
        (960, control(64, 0)),
        (960, on(62)),
        (1200, off(62)),
    ]
    (part,) = parts(written(path, told))
    assert spans(part) == [(0, 2, 60), (2, 2.5, 62)]


def test_a_pedal_that_is_never_let_go_ends_with_the_file(path: Path) -> None:
    (part,) = parts(
        written(path, [(0, TEMPO), (0, control(64, 64)), (0, on()), (240, off()), (960, on(62)), (1200, off(62))])
    )
    assert spans(part) == [(0, 2.5, 60), (2, 2.5, 62)]


def test_hanging_notes_are_closed(path: Path) -> None:
    flute = mido.Message("program_change", program=73)
    told = [(0, TEMPO), (0, on()), (240, off()), (480, flute), (480, on()), (960, on(64)), (1440, off(64))]
    found = {part.program: spans(part) for part in parts(written(path, told))}
    assert found == {0: [(0, 0.5, 60)], 73: [(1, 3, 60), (2, 3, 64)]}


@pytest.mark.parametrize("controller", [120, 123])
def test_silence_on_a_channel_ends_its_notes(path: Path, controller: int) -> None:
    told = [
        (0, TEMPO),
        (0, on()),
        (0, on(64)),
        (480, control(controller, 0)),
        (960, off(64)),
        (960, on(65)),
        (1440, off(65)),
    ]
    (part,) = parts(written(path, told))
    assert spans(part) == [(0, 1, 60), (0, 1, 64), (2, 3, 65)]


def test_a_reset_lets_go_of_pedal_bend_and_expression(path: Path) -> None:
    told = [
        (0, TEMPO), (0, control(64, 127)), (0, control(11, 20)), (0, mido.Message("pitchwheel", pitch=8191)),
        (0, on()), (240, off()), (480, control(121, 0)), (480, on()), (960, off()),
    ]  # fmt: skip
    (part,) = parts(written(path, told))
    assert spans(part) == [(0, 1, 60), (1, 2, 60)]
    assert part.levels[-1].value == pytest.approx((100 / 127) ** 2)
    assert part.bends[-1].value == 0


def test_an_hour_is_refused_and_a_window_of_it_is_not(path: Path) -> None:
    written(path, [(0, TEMPO), *((at * 480, message) for at in range(0, 3600, 60) for message in (on(), off()))][:1]
            + [(s * 480 + d, m) for s in range(0, 3600, 60) for d, m in ((0, on()), (240, off()))])  # fmt: skip
    with pytest.raises(AudioError, match="at most 900 s") as refused:
        render_midi(path)
    assert refused.value.reason == "too_long"
    assert render_midi(path, start_s=1800.0, seconds=5.0).samples.shape == (5 * 22_050,)


@pytest.mark.parametrize(
    ("told", "start_s", "reason"),
    [
        ([(0, TEMPO)], 0.0, "no_notes"),
        ([(0, TEMPO), (0, on()), (480, off())], 20.0, "silent"),
        ([(0, TEMPO), (0, control(7, 0)), (0, on()), (480, off())], 0.0, "silent"),
    ],
)
def test_nothing_to_hear_is_refused(path: Path, told: list[Told], start_s: float, reason: str) -> None:
    with pytest.raises(AudioError, match=r"note|[Nn]othing") as refused:
        render_midi(written(path, told), start_s=start_s, seconds=5.0)
    assert refused.value.reason == reason


def test_a_tempo_of_zero_is_passed_over(path: Path) -> None:
    zero = mido.MetaMessage("set_tempo", tempo=0)
    (part,) = parts(written(path, [(0, zero), (0, on()), (480, off())]))
    assert spans(part) == [(0, 0.5, 60)]  # 120 bpm


@pytest.mark.parametrize("content", [b"", b"no MIDI", b"MThd\0\0\0\6\0\0\0\1\xe7\x28MTrk\0\0\0\4\0\xff\x2f\0"])
def test_what_is_no_midi_or_counts_in_smpte_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"zero bytes|MIDI header|time division") as refused:
        render_midi(path)
    assert refused.value.reason == ("parse_error" if content else "empty")


def test_many_notes_that_hang_and_programs_are_told_apart_in_no_time(tmp_path: Path) -> None:
    changes = (bytes([1, 0xC0 | i % 16, i % 128, 0, 0x90 | i % 16, i * 7 % 128, 100]) for i in range(100_000))
    track = b"".join(changes) + b"\0\xff\x2f\0"
    path = tmp_path / "x.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk" + len(track).to_bytes(4, "big") + track)
    before = time.process_time()
    found, _ = midi_parts(smf.read(path.read_bytes()))
    assert sum(len(part.notes) for part in found) == 100_000
    assert time.process_time() - before < 4  # 20 s and more, when every note looked through all changes
