"""The model 'classic': what it measures of music whose truth is known, and what it refuses."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mudata.catalog.render.events import RenderedNote, RenderedPart
from mudata.catalog.render.renderer import render
from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, Kind, Question

pytest.importorskip("librosa")
pytestmark = pytest.mark.slow

KICK, SNARE, HAT = 36, 38, 42
Step = tuple[float, float, int]
"""Beat, beats long, pitch."""


def part(program: int, steps: Sequence[Step], bpm: float, bars: int, beats: float, **more: object) -> RenderedPart:
    """Steps of a bar, again in each of the bars."""
    beat = 60 / bpm
    notes = [
        RenderedNote((bar * beats + at) * beat, (bar * beats + at + long) * beat, pitch, 100)
        for bar in range(bars)
        for at, long, pitch in steps
    ]
    return RenderedPart(program, tuple(notes), **more)  # type: ignore[arg-type]


def band(bpm: float = 100, bars: int = 8, beats: int = 4, root: int = 60) -> list[RenderedPart]:
    """Drums, bass and I-IV-V-I chords in major, one chord a bar."""
    drums = [
        (0.0, 0.2, KICK),
        *((float(b), 0.2, SNARE) for b in range(1, beats)),
        *((b / 2, 0.1, HAT) for b in range(2 * beats)),
    ]
    parts = [part(0, drums, bpm, bars, beats, is_drum=True, gain=0.6)]
    beat = 60 / bpm
    for program, octave, tones in ((33, -24, (0,)), (0, 0, (0, 4, 7)), (48, 12, (0, 4, 7))):
        notes = []
        for bar in range(bars):
            chord = (0, 5, 7, 0)[bar % 4]
            start = bar * beats * beat
            notes += [RenderedNote(start, start + 0.95 * beats * beat, root + octave + chord + t, 90) for t in tones]
        parts.append(RenderedPart(program, tuple(notes)))
    return parts


def sound(parts: Sequence[RenderedPart], seconds: float | None = None) -> Clip:
    done = render(parts, seconds=seconds)
    return Clip("clip", done.samples, done.record.rate)


@cache
def classic():
    from mudata.evaluation.models import registry

    model = registry.create("classic")
    model.load()
    return model


def ask(kind: Kind, noun: str, *clips: Clip, prompt: str = "", options: tuple[str, ...] = ()) -> Answer | Failure:
    (answer,) = classic().answer([Item("item", clips, Question(kind, prompt, options, noun))])
    return answer


def said(kind: Kind, noun: str, *clips: Clip, prompt: str = "", options: tuple[str, ...] = ()) -> str:
    answer = ask(kind, noun, *clips, prompt=prompt, options=options)
    assert isinstance(answer, Answer), answer
    return answer.text


@pytest.mark.parametrize("bpm", [92.5, 120, 141])
def test_tempo(bpm: float) -> None:
    assert float(said("number", "tempo", sound(band(bpm)))) == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize(("root", "key"), [(60, "C major"), (66, "F# major"), (57, "A major")])
def test_key(root: int, key: str) -> None:
    assert said("key", "key", sound(band(root=root))) == key


@pytest.mark.parametrize(("beats", "metre"), [(3, "3/4"), (4, "4/4"), (5, "5/4")])
def test_metre(beats: int, metre: str) -> None:
    clip = sound(band(132, bars=10, beats=beats))
    assert said("metre", "time signature", clip) == metre
    assert said("choose", "time signature", clip, options=("7/8", metre)) == metre


def test_metres_that_sound_alike_are_told_as_the_one_that_is_an_option() -> None:
    assert said("metre", "time signature", sound(band(132, bars=10)), options=("2/4", "3/4")) == "2/4"


def test_how_far_the_second_half_is_moved_and_whether() -> None:
    moved = band(120, bars=4)
    start = 4 * 4 * 0.5
    later = [
        replace(
            one,
            notes=tuple(
                note._replace(
                    start_s=note.start_s + start, end_s=note.end_s + start, pitch=note.pitch + 3 * (not one.is_drum)
                )
                for note in one.notes
            ),
        )
        for one in moved
    ]
    changed, stays = sound([*moved, *later], 16.0), sound(band(120, bars=8), 16.0)
    question = "Is the second half in another key?"
    options = ("it stays in the same key", "it changes to another key")
    assert said("number", "distance of the keys", changed) == "3"
    assert said("choose", "change of key", changed, prompt=question, options=options) == options[1]
    assert said("choose", "change of key", stays, prompt=question, options=options) == options[0]


def test_how_far_a_second_clip_is_transposed() -> None:
    low, high = sound(band(120, bars=4)), sound(band(120, bars=4, root=64))
    assert said("number", "number of semitones", low, high) == "4"
    assert said("number", "number of semitones", low, low) == "0"


def test_a_number_of_several_clips_that_is_no_distance_is_refused() -> None:
    clip = sound(band(120, bars=4))
    refused = ask("number", "tempo", clip, clip)
    assert isinstance(refused, Failure)
    assert refused.kind == "not-measured"


def test_form_boundaries_and_segments() -> None:
    """Three sections of eight seconds; the last is the first again."""
    beat = 0.5
    tunes = {
        "A": [(b * 1.0, 0.9, 60 + p) for b, p in enumerate((0, 4, 7, 12, 7, 4, 2, 0, 5, 9, 12, 9, 7, 4, 2, 0))],
        "B": [(b * 1.0, 0.4, 50 + p) for b, p in enumerate((1, 8, 1, 6, 3, 10, 3, 8, 6, 1, 10, 6, 8, 3, 1, 1))],
    }
    notes = []
    for place, letter in enumerate("ABA"):
        begin = place * 16
        notes += [
            RenderedNote((begin + at) * beat, (begin + at + long) * beat, pitch, 100)
            for at, long, pitch in tunes[letter]
        ]
    drums = part(0, [(0.0, 0.1, KICK), (1.0, 0.1, SNARE)], 120, 24, 2, is_drum=True, gain=0.5)
    clip = sound([RenderedPart(0, tuple(notes)), drums], 24.0)
    assert said("structure", "form", clip) == "ABA"
    times = [float(at) for at in said("structure", "boundaries", clip).split(", ")]
    assert times == pytest.approx([8, 16], abs=0.3)
    lines = said("structure", "segments", clip).splitlines()
    assert [line.split()[2] for line in lines] == ["A", "B", "A"]
    assert (lines[0].split()[0], lines[-1].split()[1]) == ("0.000", "24.000")


@pytest.mark.parametrize(("form", "bars"), [("ABA", (6, 4)), ("ABB", (3, 4)), ("ABAC", (3, 5, 4))])
def test_sections_that_last_unequally_long(form: str, bars: tuple[int, ...]) -> None:
    """Of each letter its own chords and tune, at 120 bpm in 4/4."""
    tunes = ((0, 7, 4, 9, 2, 5, 11), (1, 3, 8, 6, 10, 1, 4), (4, 4, 9, 11, 2, 7, 0))
    length = {letter: 4 * bars["ABC".index(letter)] for letter in form}
    notes, at, borders = [], 0.0, []
    for letter in form:
        tune = tunes["ABC".index(letter)]
        for beat in range(length[letter]):
            start, chord = at + beat * 0.5, 48 + tune[beat // 4 % 7]
            notes += [RenderedNote(start, start + 0.45, chord + tone, 80) for tone in (0, 4, 7)]
            notes.append(RenderedNote(start, start + 0.3, 72 + tune[(3 * beat + beat // 4) % 7], 100))
        at += length[letter] * 0.5
        borders.append(at)
    drums = part(0, [(0.0, 0.1, KICK), (1.0, 0.1, SNARE)], 120, int(at), 2, is_drum=True, gain=0.4)
    clip = sound([RenderedPart(0, tuple(notes)), drums], at)
    assert said("structure", "form", clip) == form
    times = [float(time) for time in said("structure", "boundaries", clip).split(", ")]
    assert times == pytest.approx(borders[:-1], abs=0.3)


def test_a_clip_too_short_for_two_sections_has_none_and_a_long_one_is_read_in_time() -> None:
    assert isinstance(ask("structure", "form", sound(band(120, bars=2), 5.0)), Failure)
    assert said("structure", "form", sound(band(140, bars=64)))  # 110 s


PAIR = ("first", "second")


def pair(noun: str, first: Clip, second: Clip) -> str:
    told = said("pair", noun, first, second, options=PAIR)
    assert said("pair", noun, first, second, options=PAIR[::-1]) == told
    assert said("pair", noun, second, first, options=PAIR) == PAIR[1 - PAIR.index(told)]
    return told


def test_which_is_brighter_louder_sharper_in_attack() -> None:
    saw, flute = (sound([part(program, [(0.0, 0.9, 72)], 120, 8, 1)]) for program in (81, 73))
    assert pair("brighter clip", saw, flute) == "first"
    assert pair("darker clip", saw, flute) == "second"
    quiet = replace(saw, audio=saw.audio * np.float32(0.5))
    assert pair("louder clip", saw, quiet) == "first"
    assert pair("quieter clip", saw, quiet) == "second"
    plucked, bowed = (sound([part(program, [(0.0, 1.8, 60)], 120, 4, 2)]) for program in (24, 48))
    assert pair("clip with the sharper attack", plucked, bowed) == "first"
    assert pair("clip with the slower attack", plucked, bowed) == "second"


def test_which_is_more_syncopated_and_harmonically_more_complex() -> None:
    drums = band(110, bars=4)[0]
    plain, off = (
        sound([drums, part(73, [(at, 0.2, 72) for at in ats], 110, 4, 4)])
        for ats in ((0.0, 1.0, 2.0, 3.0), (0.75, 1.25, 2.75, 3.25))
    )
    assert pair("more syncopated clip", off, plain) == "first"
    chords = [(float(b), 0.9, p) for b in range(4) for p in (60 + 3 * b, 64 + 3 * b, 67 + 3 * b, 70 + 3 * b)]
    rich, poor = (
        sound([drums, part(0, chords, 110, 4, 4)]),
        sound([drums, part(0, [(0.0, 3.9, 60), (0.0, 3.9, 67)], 110, 4, 4)]),
    )
    assert pair("clip with the more complex harmony", rich, poor) == "first"


def test_more_parts_are_more_parts() -> None:
    solo = sound([part(73, [(0.0, 0.9, 72), (1.0, 0.9, 76)], 110, 16, 2)])
    assert int(said("number", "number of parts", solo)) < int(said("number", "number of parts", sound(band(110))))


@pytest.mark.parametrize(
    ("kind", "noun", "options"),
    [
        ("classify", "genre", ("rock", "jazz")),
        ("caption", "caption", ()),
        ("choose", "mood", ("happy", "sad")),
        ("number", "age of the player", ()),
        ("order", "order", ()),
    ],
)
def test_what_cannot_be_measured_is_refused_and_never_guessed(kind: Kind, noun: str, options: tuple[str, ...]) -> None:
    refused = ask(kind, noun, Clip("clip", np.ones(22_050, np.float32), 22_050), options=options)
    assert isinstance(refused, Failure)
    assert refused.kind == "not-measured"
    assert noun in refused.reason


@pytest.mark.parametrize(
    ("kind", "noun"), [("number", "tempo"), ("metre", "time signature"), ("key", "key"), ("structure", "form")]
)
def test_silence_has_nothing_to_measure(kind: Kind, noun: str) -> None:
    refused = ask(kind, noun, Clip("clip", np.zeros(5 * 22_050, np.float32), 22_050))
    assert isinstance(refused, Failure)
    assert refused.kind == "nothing-found"


def test_the_same_answer_every_time_and_a_description() -> None:
    clip = sound(band(111))
    assert [said("number", "tempo", clip) for _ in range(2)] == [said("number", "tempo", clip)] * 2
    assert classic().describe()["recipe"] == "classic-2"


def test_essentia_is_asked_only_where_it_is_installed_and_wanted() -> None:
    from mudata.evaluation.models import registry

    with pytest.raises(ModelError, match="no estimates by 'madmom'"):
        registry.create("classic", estimates="madmom")
    if importlib.util.find_spec("essentia") is None:
        with pytest.raises(ModelError, match="pip install essentia"):
            registry.create("classic", estimates="essentia")
        return
    model = registry.create("classic", estimates="essentia")
    clip = sound(band(120, root=66))
    for kind, noun, wanted in (("number", "tempo", r"1(19|20)\.\d"), ("key", "key", "F# major")):
        (answer,) = model.answer([Item("item", (clip,), Question(kind, "", (), noun))])
        assert isinstance(answer, Answer)
        assert re.fullmatch(wanted, answer.text)


FAMILIES = ("piano", "brass", "bass guitar", "drum kit", "theremin")


def test_drums_and_bass_are_heard_where_they_play() -> None:
    piano = band(110)[2]
    for drums in (True, False):
        for bass in (True, False):
            clip = sound([*band(110)[: 1 if drums else 0], *(band(110)[1:2] if bass else []), piano])
            answer = ask("tag", "instrument families", clip, options=FAMILIES)
            told = answer.text.split(", ") if isinstance(answer, Answer) else []
            assert ("drum kit" in told, "bass guitar" in told) == (drums, bass)
            assert "theremin" not in told
            assert set(told) <= set(FAMILIES)


def test_options_name_families_in_many_ways_and_others_none() -> None:
    from mudata.evaluation.models.classic.instruments import families_named

    assert families_named(["bass guitar", "electric guitar", "chromatic_percussion", "Percussion", "voice"]) == {
        "bass guitar": "bass", "electric guitar": "guitar", "chromatic_percussion": "mallets", "Percussion": "drums",
    }  # fmt: skip


@pytest.mark.parametrize(("noun", "options"), [("mood", ("calm", "dark")), ("instrument", ("koto", "theremin"))])
def test_sets_of_other_labels_are_refused(noun: str, options: tuple[str, ...]) -> None:
    refused = ask("tag", noun, Clip("clip", np.ones(22_050, np.float32), 22_050), options=options)
    assert isinstance(refused, Failure)
    assert refused.kind == "not-measured"
