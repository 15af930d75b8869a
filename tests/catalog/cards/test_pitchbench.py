"""PitchBench from its Parquet files to its scores: short sounds and rows of its shape, made up here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answered import lines

import mudata
from mudata.catalog.cards import loader
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers

if TYPE_CHECKING:
    from mudata.catalog.fetch.fetcher import Fetched
    from mudata.home import Home

CARD = loader.load("pitchbench")
QUALITIES = ("major", "minor", "diminished", "augmented", "dom7", "maj7", "min7", "m7b5", "sus2", "sus4")
NOTATIONS = {"prompt_midi": "As MIDI?", "prompt_abc": "As a note?", "prompt_solfege": "As do?", "prompt_freq": "In Hz?"}
PITCHES = {"gt_midi": 69, "gt_abc": "A4", "gt_solfege": "la", "gt_freq": 440.0} | NOTATIONS
SHARED = {"source": "piano", "duration_ms": 5000}
CHOSEN = f"Which chord? Choose one of the following: {', '.join(QUALITIES)}. Reply with ONLY the quality."
ROWS: Mapping[str, dict[str, Any]] = {
    "a1_single_pitch_id": PITCHES,
    "a2_single_pitch_by_loudness": PITCHES | {"loudness_db": -30},
    "a3_single_pitch_by_duration": PITCHES,
    "b1_single_pitch_within_silence": PITCHES | {"pos_ms": 2000},
    "b2_pitch_at_timestamp": PITCHES | {"gt_query_time_s": 3.5, "midi_seq": [69, 60]},
    "b3_timestamp_single_pitch": {"prompt": "When?", "pos_ms": 2000, "gt_midi": 69},
    "b4_timestamp_specific_pitch": {"prompt": "When is A4?", "target_onset_ms": 1250, "target_offset_ms": 2250},
    "b5_timestamp_multiple_pitches": {"prompt": "When are all?", "onsets_ms": [1000, 7500], "n_notes": 2},
    "c1_chord_count_pitches": {"prompt": "How many?", "n": 3, "midis": [60, 64, 67]},
    "c2_chord_dyad_interval": {"prompt": "How far?", "interval_st": 7, "midis": [60, 67]},
    "c3_chord_quality": {"prompt": CHOSEN, "chord_quality_gt": "m7b5", "same_instrument": True},
    "c4_chord_pitches": NOTATIONS | {"gt_midi_notes": [60, 64, 67]},
    "d1_sequence_count_pitches": {"prompt": "How many?", "n": 5},
    "d2_dyad_lower_higher_difference": {"prompt": "Which is higher?", "answer_gt": "second", "delta_cents": 100},
    "d3_contour_discrete": {"prompt": "Which way?", "pattern": ["up", "up", "down"]},
    "d4_contour_continuous": {"prompt": "Which way does it glide?", "gt_seq": ["down", "up"]},
    "d5_sequence_ranking_by_pitch": {"prompt": "From low to high?", "n_notes": 3, "answer_gt": "2 3 1"},
    "d6_sequence_dyad_interval": {"prompt": "How far, with its sign?", "signed_st": -3},
    "d7a_pitch_with_reference": PITCHES | {"ref_midi": 60, "interval": 9},
    "d7b_pitch_with_reference_split": PITCHES,
    "d8_sequence_pitches": NOTATIONS | {"gt_midi_sequence": [60, 62, 64]},
    "e1_audio_effects": PITCHES | {"effect": "chorus"},
    "e2_background": PITCHES | {"snr_db": -6.0},
    "e3_harmonic_saturation": PITCHES,
    "e4_time_stretching": PITCHES,
    "e5_vibrato": PITCHES | {"is_control": 0},
    "e6_slightly_off": PITCHES,
    "f1_melodic_line_atonal": NOTATIONS | {"target_pitches": [60, 72], "all_notes": [[[60, 0, 500], [72, 500, 500]]]},
    "f2_melodic_line_tonal": NOTATIONS | {"target_pitches": [55, 57, 59, 60], "chorale_id": "bach/bwv1"},
}
AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.fixture
def benchmark(tmp_path: Path, tone: Callable[..., Path]) -> Path:
    """A copy of the dataset: a folder for each configuration, and of vibratos a control too."""
    folder = tmp_path / "PitchBench"
    for place, (name, said) in enumerate(ROWS.items()):
        rows = [SHARED | said, SHARED | said | {"source": "flute"}]
        if name.startswith("e5"):
            rows.append(SHARED | said | {"is_control": 1})
        made = []
        for number, row in enumerate(rows):
            sound = tone(tmp_path / f"{name}-{number}.wav", seconds=0.1, rate=16000, hz=200.0 + 10 * place + number)
            made.append({"audio": {"bytes": sound.read_bytes(), "path": sound.name}} | row)
        table = pa.Table.from_pylist([{key: value for key, value in row.items() if key != "audio"} for row in made])
        table = table.add_column(0, pa.field("audio", AUDIO), pa.array([row["audio"] for row in made], AUDIO))
        path = folder / f"pitchbench_{name}" / "test-00000-of-00001.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(table, path)
    return folder


@pytest.fixture
def fetched(benchmark: Path, home: Home) -> Fetched:
    got = mudata.fetch("pitchbench", source=benchmark)
    mudata.split("pitches", dataset="pitchbench", parts={"test": 1.0})
    return got


RIGHT: dict[str, tuple[str, ...]] = {
    "a1": ("no idea", "A4", "1000 Hz"),
    "a2": ("69", "B2", "2"),
    "a3": ("no idea", "C", "441"),
    "b1": ("69",) * 3,
    "b2": ("69",) * 3,
    "b3": ("0:02.00, 0:07.10",),
    "b4": ("1.25s to 2.3s",),
    "b5": ("0:01, 0:06, 0:07.5, 0:12.5",),
    "c1": ("3",),
    "c2": ("a perfect fifth",),
    "c3": ("m7b5",),
    "c4": ("60 64", "C4 E4 G4", "261.6 330 392"),
    "d1": ("5 pitches",),
    "d2": ("second",),
    "d3": ("up, up, down",),
    "d4": ("down, up",),
    "d5": ("2 3 1",),
    "d6": ("-3",),
    "d7a": ("69", "", ""),
    "d8": ("60 62", "C4 D4 E4", "none"),
    "e1": ("69", "", ""),
    "e2": ("69", "", ""),
    "e3": ("69", "", ""),
    "e4": ("69", "", ""),
    "e5": ("69", "", ""),
    "e6": ("69", "", ""),
    "f1": ("60 72", "", ""),
    "f2": ("55 57 59 60", "", ""),
}
"""Answers to all passes of a task's item that are worth all by the authors' rule."""


def sat(home: Home, folder: Path, task: str, answers: tuple[str, ...]) -> dict[str, Any]:
    """The exam's scores of these answers to the passes of each of a task's items."""
    items = mudata.sql(f"SELECT item_id FROM items WHERE task = '{task}'").fetchall()
    passes: list[dict[str, Any]] = [{"pass_number": n} for n in range(len(answers))] if len(answers) > 1 else [{}]
    given = list(zip(answers, passes, strict=True))
    rows = [{"item_id": item, "answer": text} | which for (item,) in items for text, which in given]
    file = lines(folder / f"{task}.jsonl", rows)
    run = import_answers(home, ImportRequest(file=file, format="jsonl", split="pitches", task=task, model="them"))
    exam: dict[str, Any] = run.scores["exam"]
    return exam


@pytest.mark.slow
def test_the_whole_way_from_its_files_to_scores_by_the_authors_rules(
    fetched: Fetched, home: Home, tmp_path: Path
) -> None:
    assert fetched.usable == 56  # neither D7b's nor the control of E5
    assert {issue.kind for issue in fetched.issues} == {"exam-item"}
    assert all(" expected, the file has 2" in issue.what for issue in fetched.issues)
    asked = dict(mudata.sql("SELECT task, count(*) FROM items GROUP BY 1").fetchall())
    assert asked == dict.fromkeys(CARD.tasks, 2) == dict.fromkeys(RIGHT, 2)
    worth = {task: sat(home, tmp_path, task, answers)["official"]["value"] for task, answers in RIGHT.items()}
    assert worth == dict.fromkeys(RIGHT, 1.0)


def test_a_pitch_is_asked_for_in_three_notations_and_one_right_is_enough(
    fetched: Fetched, home: Home, tmp_path: Path
) -> None:
    [(question, formats, truth)] = mudata.sql(
        "SELECT DISTINCT question, formats, truth FROM items WHERE task = 'a1'"
    ).fetchall()
    assert json.loads(formats) == {"midi": "As MIDI?", "spn": "As a note?", "hz": "In Hz?"}
    assert (question, truth) == ("As MIDI?", "69")
    wrong = sat(home, tmp_path, "a1", ("70", "A5", "500"))
    assert (wrong["official"]["value"], wrong["n"], wrong["passes_asked"]) == (0.0, 2, 6)
    assert wrong["rule"]["combine"] == "any"
    part = sat(home, tmp_path, "d8", ("60", "C4 D4", "none"))
    assert part["official"]["value"] == pytest.approx(0.8)  # the best of 2/4, 4/5 and 0


@pytest.mark.parametrize("task", ["a1", "b3", "c1", "c3", "d2", "d5", "d6", "f2"])
def test_a_guess_is_scored_by_the_authors_rule_beside_ours(fetched: Fetched, task: str) -> None:
    run = mudata.evaluate("random", "pitches", task=task)
    exam = run.scores["exam"]
    assert exam["rule"]["name"] == CARD.tasks[task].rule
    assert 0 <= exam["official"]["value"] <= 1
    assert (exam["ours"] is None) == (CARD.tasks[task].kind == "open")
    assert exam["passes_asked"] == (6 if CARD.tasks[task].combine != "none" else 2)


def test_no_right_answer_is_missing_of_options_and_orders_have_none(fetched: Fetched) -> None:
    found = mudata.lint_exam("pitchbench")
    assert "none of the options" not in str(found)
    assert "10: 2" in str(found)  # of the chords


def test_tables_of_questions_without_a_constant_answer_say_nothing_of_one(fetched: Fetched) -> None:
    notes = str(mudata.evaluate("random", "pitches", task="d8").table())
    assert "credit" in notes
    assert "best constant" not in notes


def test_every_task_has_its_file_its_count_and_its_published_results() -> None:
    assert CARD.exam is not None
    counts = {items.task: items.n for items in CARD.exam.items}
    assert (len(counts), sum(n or 0 for n in counts.values())) == (28, 5802)
    assert {result.task: result.n for result in CARD.exam.published} == counts
    best = {
        name: sum(result.rows[name] for result in CARD.exam.published) / 28 for name in ("Basic Pitch", "YIN and CQT")
    }
    assert best == {"Basic Pitch": pytest.approx(0.731, abs=5e-4), "YIN and CQT": pytest.approx(0.699, abs=5e-4)}
