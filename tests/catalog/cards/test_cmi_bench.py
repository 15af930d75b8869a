"""CMI-Bench as a card, on lines of its shape made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mudata.catalog.cards import loader
from mudata.catalog.read import reader
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import find_rule

CARD = loader.load("cmi_bench")
GENRES = "Choose a genre.\nGenres: blues, hip-hop, rock.\n\nYour response should only contain ONE.\n\nExample 1: blues"


def line(instruction: str, output: str, path: str, split: str = "test", end: float = -1) -> dict[str, Any]:
    return {
        "instruction": instruction,
        "input": "<|SOA|><AUDIO><|EOA|>",
        "output": output,
        "uuid": "",
        "split": [split],
        "audio_path": [path],
        "audio_start": 0.0,
        "audio_end": end,
        "other": {"tag": "null"},
    }


def written(folder: Path, name: str, *lines: dict[str, Any]) -> None:
    path = folder / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")


def items(folder: Path) -> dict[str, Any]:
    contents = reader.read(CARD, folder, subset=",".join(CARD.subsets))
    return {f"{item.task}/{item.id}": item for item in contents.items}


def test_options_are_those_of_the_instruction_and_only_the_test_part_is_asked(tmp_path: Path) -> None:
    blues, hiphop = (line(GENRES, label, f"data/GTZAN/{label}.00001.wav", end=30) for label in ("blues", "hiphop"))
    learned = line(GENRES, "rock", "data/GTZAN/rock.00001.wav", split="train")
    written(tmp_path, "GTZAN/CMI_GTZAN.jsonl", blues, hiphop, learned)
    found = items(tmp_path)
    assert set(found) == {"genre/genre.blues.00001", "genre/genre.hiphop.00001"}
    item = found["genre/genre.hiphop.00001"]
    assert (item.options, item.truth) == (("blues", "hip-hop", "rock"), "hip-hop")
    assert item.question == GENRES
    assert item.clips == ("data/GTZAN/hiphop.00001@0-30",)


def test_a_right_answer_that_no_option_gives_is_kept(tmp_path: Path) -> None:
    asked = "Identify it.\nInstruments: piano, guitar, bass.\n\nYour response"
    path = "data/NSynth/keyboard_1.wav"
    written(tmp_path, "NSynth/CMI_Nsynth_instrument.jsonl", line(asked, "keyboard", path))
    item = items(tmp_path)["instrument/instrument.keyboard_1"]
    assert (item.options, item.truth, item.clips) == (
        ("piano", "guitar", "bass"),
        "keyboard",
        ("data/NSynth/keyboard_1",),
    )


def test_keys_pitches_and_beats(tmp_path: Path) -> None:
    key = [line("Which key?", "Gb minor", f"data/GS-key/0010089-{i}.wav", end=30) for i in range(2)]
    written(tmp_path, "GS-key/CMI_GS_key.jsonl", *key)
    written(tmp_path, "NSynth/CMI_Nsynth_pitch.jsonl", line("Which pitch?", "49", "data/NSynth/bass_1.wav"))
    beats = line("List the beats.", "0.38s,0.82s", "data/ballroom/Rumba/A-13.wav", end=30)
    written(tmp_path, "Beat-Transformer/CMI_ballroom_beat.jsonl", beats)
    found = items(tmp_path)
    assert {name: (item.kind, item.truth) for name, item in found.items()} == {
        "key/key.0010089-0": ("key", "F# minor"),
        "key/key.0010089-1": ("key", "F# minor"),
        "pitch/pitch.bass_1": ("number", "49"),
        "beats/ballroom.A-13": ("open", "0.38s,0.82s"),
    }


def test_clips_of_one_track_are_known_as_such(tmp_path: Path) -> None:
    key = [line("Which key?", "C major", f"data/GS-key/0010089-{i}.wav", end=30) for i in range(2)]
    written(tmp_path, "GS-key/CMI_GS_key.jsonl", *key)
    clips = reader.read(CARD, tmp_path, subset="key").clips
    assert clips["track"].to_pylist() == ["0010089", "0010089"]


def test_the_official_rules_know_the_labels_that_occur() -> None:
    families = CARD.tasks["instrument"]
    item = JudgedItem(options=("piano", "bass"), gold="keyboard", settings=families.rule_settings)
    rule = find_rule(str(families.rule))
    assert rule.judge("It is a keyboard.", item).credit == 1
    assert rule.judge("keyboard or organ", item).credit == 0
    pitches = CARD.tasks["pitch"].rule_settings
    assert len(pitches["labels"]) == 106  # type: ignore[arg-type]
    ceiling = find_rule("cmi_unique_substring").judge("59", JudgedItem(gold="59", settings=pitches))
    assert ceiling.credit == 0, "a right answer that holds another label"
