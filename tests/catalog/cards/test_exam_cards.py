"""Every exam's card reads files of the shape that its publisher gives out: made up here, few rows each."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shell import typed

import mudata
from mudata.catalog.cards import card_files, loader
from mudata.catalog.read.reader import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.catalog.read.dataset_contents import DatasetContents, ItemRow
    from mudata.home import Home

EXAMS = sorted((card_files.BUILT_IN / "exams").glob("*.yaml"))


def of(name: str, files: Path, **how: Any) -> tuple[DatasetContents, dict[str, ItemRow]]:
    reading = read(loader.load(name), files, **how)
    return reading, {str(row.id): row for row in reading.items}


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def is_clean(reading: DatasetContents) -> bool:
    """Whether nothing was told but what is so of made-up files: they are another edition, and have fewer items."""
    others = [issue for issue in reading.issues if issue.kind != "other-edition"]
    return all(issue.kind == "exam-item" and " expected, the file has " in issue.what for issue in others)


def test_mmau_has_music_and_all_and_category_lists(tmp_path: Path) -> None:
    row = {
        "id": "u1", "audio_id": "./test-mini-audios/u1.wav", "question": "Which?", "choices": ["Man", "F. Scott"],
        "answer": "Man", "dataset": "x", "task": "music", "split": "test-mini", "category": "Reasoning",
        "sub-category": "Genre", "difficulty": "easy",
    }  # fmt: skip
    rows = [row, row | {"id": "u2", "task": "speech", "category": ["Reasoning"], "choices": ["b", "b"], "answer": "b"}]
    (tmp_path / "mmau-test-mini.json").write_text(json.dumps(rows))
    reading, items = of("mmau_mini", tmp_path)
    assert is_clean(reading)
    edition = next(issue for issue in reading.issues if issue.kind == "other-edition")
    assert edition.where == "mmau-test-mini.json"
    assert re.match(
        r"is another one than the card's v05.15.25 .*: sha256 [0-9a-f]{12} in place of 9f18fda99f8d;", edition.what
    )
    assert (items["u1"].options, items["u1"].categories) == (("Man", "F. Scott"), ("Genre", "music"))
    reading, items = of("mmau_mini", tmp_path, subset="all")
    assert items["u2"].subsets == ("all",)
    assert [issue.what for issue in reading.issues if issue.kind == "exam-item" and "expected" not in issue.what] == [
        "1 item asked as published, such as u2: the option 'b' comes twice"
    ]


def test_mmar_joins_by_the_path_and_not_by_the_id(tmp_path: Path) -> None:
    row = {
        "id": "other", "audio_path": "./audio/Video_00-01.wav", "question": "Which?", "choices": ["a", "", "c"],
        "answer": "c", "modality": "mix-music-speech", "category": "Signal Layer", "sub-category": "Counting",
        "language": None, "source": "youtube", "url": "https://example.org/v", "timestamp": "x", "cue": ["y"],
        "rubric": [{"name": "n", "choices": [0, 1]}],
    }  # fmt: skip
    (tmp_path / "MMAR-meta.jsonl").write_text(
        json.dumps(row) + "\n" + json.dumps(row | {"id": "2", "modality": "music"})
    )
    _, items = of("mmar", tmp_path)
    assert set(items) == {"2"}
    reading, items = of("mmar", tmp_path, subset="any_music")
    assert items["other"].clips == items["2"].clips == ("Video_00-01",)
    assert items["other"].categories == ("Signal Layer", "Counting", "mix-music-speech")
    assert reading.clips["track"].to_pylist() == ["https://example.org/v"]


MUCHO = {
    "question_id": "17", "question": "Which genre?", "correct_answer": "Jazz", "distractor_1_answer": "Blues",
    "distractor_2_answer": "It is slow", "distractor_3_answer": "Ska", "dataset": "sdd",
    "dataset_identifier": "1009671.json", "genre": "Jazz", "music_knowledge": "['melody', 'harmony']",
    "music_reasoning": "",
}  # fmt: skip
CAPS = MUCHO | {
    "question_id": "18", "question": "Who?", "dataset": "musiccaps", "dataset_identifier": "-a_b1234567_30.json",
    "music_knowledge": "[]", "music_reasoning": "['mood']",
}  # fmt: skip


def test_muchomusic_takes_the_published_order_where_it_is_there(tmp_path: Path) -> None:
    write_csv(tmp_path / "muchomusic.csv", [MUCHO, CAPS])
    reading, items = of("muchomusic", tmp_path)
    assert is_clean(reading)
    assert {row.id: row.clips for row in reading.items} == {"17": ("1009671",), "18": ("-a_b1234567_30",)}
    assert items["17"].categories == ("melody", "harmony", "knowledge", "Jazz")
    assert items["18"].categories == ("mood", "reasoning", "Jazz")
    own = items["17"].options
    assert sorted(own or ()) == ["Blues", "It is slow", "Jazz", "Ska"]
    published = {
        "id": 1009671, "answers": ["Ska", "Jazz", "It is slow", "Blues"], "answer_orders": [3, 0, 2, 1],
        "prompt": "Question: x? \n Options: (A) y \n The correct answer is: A\n Question: Which genre?\n Options: ",
    }  # fmt: skip
    (tmp_path / "muchomusic_original.json").write_text(json.dumps([published]))
    reading, items = of("muchomusic", tmp_path)
    assert items["17"].options == ("Ska", "Jazz", "It is slow", "Blues")
    assert len(reading.items) == 2
    clips = {clip["id"]: clip for clip in reading.clips.to_pylist()}
    assert clips["1009671"]["path"] == "audio/71/1009671.2min.mp3"
    assert (clips["1009671"]["ytid"], clips["1009671"]["video_end_s"]) == (None, None)
    caps = clips["-a_b1234567_30"]
    assert (caps["ytid"], caps["video_start_s"], caps["video_end_s"]) == ("-a_b1234567", 30.0, 40.0)


def test_rulistening_finds_the_clip_of_a_caption_by_muchomusic_s_table(tmp_path: Path) -> None:
    item = {
        "question": "Who?",
        "caption": "c1",
        "correct_answer": "Jazz",
        "distractors": ["a", "b", "c", "d"],
        "PI": 0.9,
    }
    rows = {"2": item, "9": item | {"caption": "c2"}, "7": item | {"question": "Which genre?"}}
    (tmp_path / "RUL-MuchoMusic.json").write_text(json.dumps(rows))
    (tmp_path / "9.mp3").write_bytes(b"x")
    _, items = of("rulistening", tmp_path)
    assert [items[key].clips for key in ("2", "9", "7")] == [("2",), ("9",), ("7",)]
    assert items["2"].options == ("Jazz", "a", "b", "c", "d")
    twin = CAPS | {"question_id": "19", "dataset_identifier": "zzzzzzzzzzz_0.json"}
    write_csv(tmp_path / "muchomusic.csv", [MUCHO | {"dataset_identifier": CAPS["dataset_identifier"],
                                                     "dataset": "musiccaps"}, CAPS, twin])  # fmt: skip
    reading, items = of("rulistening", tmp_path)
    # "Which genre?" is about one clip alone, so c1 is that; the other one with "Who?" is left for c2
    assert [items[key].clips for key in ("2", "9", "7")] == [
        ("-a_b1234567_30",),
        ("zzzzzzzzzzz_0",),
        ("-a_b1234567_30",),
    ]
    assert dict(zip(reading.clips["id"].to_pylist(), reading.clips["path"].to_pylist(), strict=True)) == {
        "-a_b1234567_30": "audio/musiccaps/-a_b1234567_30.wav",
        "zzzzzzzzzzz_0": "9.mp3",
    }


def test_hummusqa_comes_with_its_audio_and_a_licence_a_track(tmp_path: Path, home, tone) -> None:  # type: ignore[no-untyped-def]
    tone(tmp_path / "x.wav", hz=200)
    row = {
        "identifier": "q1", "audio": {"bytes": (tmp_path / "x.wav").read_bytes(), "path": "x.wav"},
        "question": "Which?", "answer": "a", "distractor_1": "b", "distractor_2": "c", "distractor_3": "d",
        "main_category": "Rhythm",
        "secondary_categories": "['Form', 'Mood']", "difficulty": "hard", "excerpt_start_time": "0:10",
        "excerpt_end_time": "0:40", "song_link": "l", "jamendo_id": "77", "song_name": "s", "artist_name": "Ann",
        "album_name": "B", "song_license_url": "https://creativecommons.org/licenses/by-nc-nd/3.0/",
    }  # fmt: skip
    own = tmp_path / "own" / "data"
    own.mkdir(parents=True)
    audio = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [pa.field(name, audio if name == "audio" else pa.string()) for name in row]
    pq.write_table(pa.Table.from_pylist([row], pa.schema(fields)), own / "test-00000-of-00001.parquet")
    got = mudata.fetch("hummusqa", source=tmp_path / "own", accept_licence=True)
    assert got.usable == 1
    assert [issue.kind for issue in got.issues] == ["exam-item"]
    items = mudata.sql("SELECT item_id, clips, options, categories, cluster, licence FROM items").fetchall()
    licence = row["song_license_url"]
    assert items == [
        ("hummusqa/q1", ["hummusqa/audio/x"], ["a", "b", "c", "d"], ["Rhythm", "Form", "Mood"], "77", licence)
    ]
    assert mudata.sql("SELECT artist, track, licence, usage FROM clips").fetchall() == [
        ("Ann", "77", licence, "noncommercial")
    ]


def test_mmau_pro_has_items_of_several_recordings_and_no_open_ones(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "p1", "audio_path": ["data/a.wav", "data/b.wav", "data/a.wav"], "question": "Which?", "answer": "first",
        "choices": ["first", "second"], "length_type": "short", "perceptual_skills": ["Pitch"], "reasoning_skills": [],
        "category": "multi", "transcription": None, "task_classification": "x", "task_identifier": None, "kwargs": None,
    }  # fmt: skip
    rows = [
        row,
        row | {"id": "p2", "category": "music", "audio_path": ["data/c.wav"]},
        row | {"id": "p3", "category": "open", "choices": []},
        row | {"id": "p4", "category": "instruction following", "choices": None, "answer": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test.parquet")
    reading, items = of("mmau_pro", tmp_path)
    assert (reading.issues, set(items)) == ((), {"p2"})
    _, items = of("mmau_pro", tmp_path, subset="closed")
    assert set(items) == {"p1", "p2"}
    assert items["p1"].clips == ("data/a", "data/b", "data/a")
    assert items["p1"].categories == ("multi", "Pitch")


def test_musictheorybench_is_words_with_the_score_behind_them(tmp_path: Path) -> None:
    row = {
        "id": 5, "instruction": "i", "stem": "Use the example below to answer the question that follows. Which mode?",
        "options": {"A": "Dorian", "B": "Ionian", "C": "Aeolian", "D": "Lydian"}, "subject": "reasoning", "answer": "B",
        "split": "test", "abc_score": "X:1\nK:C\nCDEF|", "analysis": None,
    }  # fmt: skip
    rows = [
        row,
        row | {"id": 6, "subject": "knowledge", "abc_score": None, "stem": "What is a fifth?"},
        row | {"id": 0, "split": "dev"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train-00000-of-00001.parquet")
    reading, items = of("musictheorybench", tmp_path)
    assert is_clean(reading)
    assert {row.id: (row.task, row.clips) for row in reading.items} == {
        "5": ("reasoning", ("reasoning/5",)),
        "6": ("knowledge", ("knowledge/6",)),
    }
    assert items["5"].question == "Which mode?\nX:1\nK:C\nCDEF|"
    assert items["6"].question == "What is a fifth?"
    assert (items["5"].options, items["5"].truth) == (("Dorian", "Ionian", "Aeolian", "Lydian"), "Ionian")
    assert reading.clips["kind"].to_pylist() == ["text", "text"]


@pytest.mark.parametrize("path", EXAMS, ids=lambda path: path.stem)
def test_every_card_says_how_many_items_in_which_edition_and_where_words_and_results_come_from(path: Path) -> None:
    card = loader.load(path)
    assert card.exam is not None
    assert "exam" in card.tags
    assert all(
        file.has_known_columns for file in card.exam.files.values()
    )  # so that the mapping is checked without a file
    assert all(prompt.source for task in card.tasks.values() for prompt in task.prompts if prompt.id == "authors")
    assert all(result.task in card.tasks for result in card.exam.published)
    assert f"edition:      {card.exam.version}\nitems:" in str(card)


@pytest.mark.parametrize(
    ("old", "new", "place", "why"),
    [
        (
            "rule: mmau_tokens",
            "rule: mmau_token",
            "rule: mmau_token",
            "tasks.choose.rule: No official rule named 'mmau_to",
        ),
        (
            "question: question",
            "question: q",
            "question: q",
            "exam.items.0.question: there is no column 'q'; the file has",
        ),
        ("modality = 'music'", "mode = 'music'", "- file: questions", "exam.items.0: .*mode"),
        ("{rows}\n", "{rows} WHERE x\n", "questions:", "exam.files.questions: .*x"),
        (
            "id: authors\n",
            "id: authors\n        template: '{question}'\n      - id: authors\n",
            "id: authors",
            "tasks.choose.prompts.1.id: 'authors' is the id of another prompt",
        ),
    ],
)
def test_a_mistake_in_an_exam_s_card_is_told_by_its_line(
    tmp_path: Path, old: str, new: str, place: str, why: str
) -> None:
    text = (card_files.BUILT_IN / "exams" / "mmar.yaml").read_text("utf-8")
    (tmp_path / "mmar.yaml").write_text(wrong := text.replace(old, new, 1))
    done = typed("cards", "check", tmp_path)
    assert (done.code, wrong != text) == (1, True)
    assert re.match(rf"{re.escape(str(tmp_path))}/mmar\.yaml:\d+: {why}", done.out), done.out
    line = int(done.out.partition("mmar.yaml:")[2].partition(":")[0])
    assert any(place in near for near in wrong.split("\n")[line - 2 : line + 1]), done.out


def test_clips_of_one_set_are_not_taken_for_those_of_the_other(
    tmp_path: Path, home: Home, tone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MuChoMusic's clips come from two places: who brings those of one still gets the others."""
    monkeypatch.setenv("MUDATA_OFFLINE", "1")
    write_csv(tmp_path / "muchomusic.csv", [MUCHO, CAPS])
    tone(tmp_path / "71" / "1009671.2min.wav", hz=200, seconds=10)
    (tmp_path / "71" / "1009671.2min.wav").rename(tmp_path / "71" / "1009671.2min.mp3")
    got = mudata.fetch("muchomusic", source=tmp_path, accept_licence=True)
    assert got.usable == 1
    assert got.missing[0][0] == "-a_b1234567_30"
    records = json.loads((home.raw("muchomusic") / "fetched.json").read_text())
    named = json.dumps(records)
    assert '"song_describer"' in named
    assert '"musiccaps"' not in named
