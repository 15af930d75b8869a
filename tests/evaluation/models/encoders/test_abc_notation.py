"""ABC notation out of MIDI: what is kept of what midi2abc prints, which voice leads, and cutting on bars."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from mudata.errors import AudioError
from mudata.evaluation.models.encoders import abc_notation

PRINTED = r"""midi2abc of some build
X: 1
T: from song.mid
M: 4/4
L: 1/8
Q:1/4=120
% Last note suggests minor mode tune
K:Bb % 2 flats
V:1
%%MIDI program 40
G2 A2 B2 c2|\
d2 c2 B2 A2|
V:2 name="drums"
%%MIDI channel 10
C,C,C,C, C,C,C,C,|C,C,C,C, C,C,C,C,|
V:3
%%clef treble
z8|D4 G4|
"""


def test_header_and_voices_are_kept_and_all_else_is_not() -> None:
    score = abc_notation.parse(PRINTED)
    assert {key: score.header[key] for key in "LMK"} == {"L": "1/8", "M": "4/4", "K": "Bb"}
    assert score.voices == {
        "1": ("G2 A2 B2 c2|", "d2 c2 B2 A2|"),
        "2": ("C,C,C,C, C,C,C,C,|C,C,C,C, C,C,C,C,|",),
        "3": ("z8|D4 G4|",),
    }
    assert score.drums == {"2"}
    assert score.lines[:2] == ["V:1", "G2 A2 B2 c2|"]


def test_the_voice_with_the_most_notes_leads_and_drums_never() -> None:
    score = abc_notation.parse(PRINTED)
    assert score.lead() == "1"
    assert score.tune("1") == "X:1\nL:1/8\nM:4/4\nK:Bb\nG2 A2 B2 c2|\nd2 c2 B2 A2|"
    assert score.tune("3") == "X:1\nL:1/8\nM:4/4\nK:Bb\nz8|D4 G4|"


@pytest.mark.parametrize(
    ("voices", "lead"),
    [
        ("V:1\nz8|\nV:2\nz4 c4|", "2"),
        ("V:1\nc4|\nV:2\nd4|", "1"),
        ("V:1\nz8|x8|", None),
        ("", None),
        ("c d e f|", "1"),
        ("V:1\n%%MIDI channel 10\nc d e f|", None),
    ],
)
def test_a_voice_without_notes_does_not_lead(voices: str, lead: str | None) -> None:
    assert abc_notation.parse(f"X:1\nL:1/8\nK:C\n{voices}\n").lead() == lead


@pytest.mark.parametrize("text", ["", "midi2abc: cannot open", "X:1", "\\\n", "V:\n|"])
def test_what_is_no_tune_has_no_lead(text: str) -> None:
    assert abc_notation.parse(text).lead() is None


TUNE = "X:1\nL:1/8\nM:4/4\nK:G\nG2 A2|: B2 c2 |] d2\ne2|f2 g2|"


@pytest.mark.parametrize(
    ("bars", "body"),
    [
        (1, "G2 A2|:"),
        (2, "G2 A2|: B2 c2 |]"),
        (3, "G2 A2|: B2 c2 |] d2\ne2|"),
        (4, "G2 A2|: B2 c2 |] d2\ne2|f2 g2|"),
        (9, "G2 A2|: B2 c2 |] d2\ne2|f2 g2|"),
    ],
)
def test_a_tune_is_cut_after_whole_bars(bars: int, body: str) -> None:
    assert abc_notation.cut(TUNE, bars) == f"X:1\nL:1/8\nM:4/4\nK:G\n{body}"


def test_bars_are_counted_without_the_header() -> None:
    assert abc_notation.bars_of(TUNE) == 4
    assert abc_notation.bars_of("X:1\nK:C\n") == 0
    assert abc_notation.bars_of("X:1\nK:C\nc d e") == 1
    for bars in (1, 2, 3, 4):
        assert abc_notation.bars_of(abc_notation.cut(TUNE, bars)) == bars


def save(file: Path, *tracks: tuple[int, list[int]]) -> Path:
    """A type 1 file: of every track its channel and its pitches, in quarters at 120."""
    midi = mido.MidiFile(ticks_per_beat=480)
    for channel, pitches in tracks:
        track = mido.MidiTrack()
        for pitch in pitches:
            track.append(mido.Message("note_on", note=pitch, velocity=80, channel=channel))
            track.append(mido.Message("note_off", note=pitch, time=480, channel=channel))
        midi.tracks.append(track)
    midi.save(file)
    return file


def test_a_file_of_several_parts_gives_the_fullest_melody(tmp_path: Path) -> None:
    file = save(tmp_path / "song.mid", (0, [48, 43]), (1, [60, 62, 64, 65, 67, 65, 64, 62]), (9, [36, 38] * 8))
    score = abc_notation.from_midi(file)
    tune = score.tune(str(score.lead()))
    notes = "".join(line for line in tune.split("\n") if ":" not in line).replace(" ", "")
    assert notes == "C2D2E2F2|G2F2E2D2|"
    assert tune.startswith("X:1\nL:1/8\nM:4/4\nK:C\n")
    assert score.drums


@pytest.mark.parametrize(
    ("content", "reason", "said"),
    [
        (b"", "empty", "the file has zero bytes"),
        (b"MThd", "no-notes", r"midi2abc found no notes in odd\.mid"),
        (b"not MIDI at all", "no-notes", r"midi2abc found no notes in odd\.mid"),
        (None, "no-notes", r"midi2abc found no notes in odd\.mid"),
    ],
)
def test_a_file_without_notes_is_told(tmp_path: Path, content: bytes | None, reason: str, said: str) -> None:
    file = tmp_path / "odd.mid"
    if content is None:
        save(file, (0, []))
    else:
        file.write_bytes(content)
    with pytest.raises(AudioError, match=said) as raised:
        abc_notation.from_midi(file)
    assert raised.value.reason == reason


def test_a_file_of_drums_alone_has_no_melody(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="found no notes"):
        abc_notation.from_midi(save(tmp_path / "drums.mid", (9, [36, 38, 42, 36] * 4)))


def test_a_name_that_looks_like_an_option_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "-h.mid", (0, [60, 62, 64, 65]))
    assert abc_notation.from_midi(Path("-h.mid")).lead() is not None


def test_a_file_in_a_riff_is_the_file_within(tmp_path: Path) -> None:
    plain = save(tmp_path / "song.mid", (0, [60, 62, 64, 65]))
    raw = plain.read_bytes()
    wrapped = tmp_path / "song.rmi"
    size = (len(raw) + 12).to_bytes(4, "little")
    wrapped.write_bytes(b"RIFF" + size + b"RMIDdata" + len(raw).to_bytes(4, "little") + raw)
    assert abc_notation.from_midi(wrapped).lines == abc_notation.from_midi(plain).lines
