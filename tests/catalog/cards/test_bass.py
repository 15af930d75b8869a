"""BASS from its items to its scores: rows of its shape, songs of a tenth of a second and names of videos made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answered import lines

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.read.reader import read
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers

if TYPE_CHECKING:
    from mudata.home import Home

CARD = loader.load("bass")
GENES = {"Groove": "how it moves", "Horns": "brass that leads", "Rap": "spoken words", "Strings": "bowed"}
SECTIONS = [{"start": 0, "end": "0:10", "section": "verse"}, {"start": 10, "end": 20.5, "section": "chorus"}]
TASKS: dict[str, tuple[str, tuple[str, str]]] = {
    "Standard Artist Counting": ("artist_collaboration", ("2", "3")),
    "Featured Artist Counting": ("artist_collaboration", ("0", "1")),
    "Vocal Delivery Counting": ("artist_collaboration", ("1", "2")),
    "Section Artist Counting": ("artist_collaboration", ("1", "2")),
    "Temporal Artist Counting": ("artist_collaboration", ("1", "2")),
    "Target Artist Duration": ("artist_collaboration", ("63", "20.5")),
    "Vocal Delivery Duration": ("artist_collaboration", ("63", "20.5")),
    "Artist Delivery Duration": ("artist_collaboration", ("63", "20.5")),
    "Section Duration": ("artist_collaboration", ("63", "20.5")),
    "Artist Localization": ("artist_collaboration", ("63", "20.5")),
    "Vocal Style Comparison": ("artist_collaboration", ("same", "different")),
    "Sectional Vocal Style": ("artist_collaboration", ("rapping", "singing")),
    "Sectional Artist Role": ("artist_collaboration", ("main artist", "neither")),
    "Temporal Vocal Style": ("artist_collaboration", ("rapping", "singing")),
    "Single-Gene Detection": ("musicological_analysis", ("Horns", "Rap")),
    "Gene Attribution": ("musicological_analysis", ("2", "4")),
    "Pairwise-Gene Detection": ("musicological_analysis", ("['Horns', 'Rap']", '["Rap", "Groove"]')),
    "Gene Dominance Ranking": (
        "musicological_analysis",
        ("['Horns', 'Rap', 'Groove', 'Strings']", "['Rap', 'Horns', 'Groove', 'Strings']"),
    ),
    "Full Structural Segmentation": ("structural_segmentation", (json.dumps(SECTIONS), str(SECTIONS))),
    "Section Structural Segmentation": ("structural_segmentation", (str(SECTIONS[0]), json.dumps(SECTIONS[1]))),
    "Full Structural Lyrics Transcription": (
        "lyrics_transcription",
        ("[{'section': 'verse', 'lyrics': \"don't go\"}]", "[{'section': 'chorus', 'lyrics': 'la la'}]"),
    ),
    "Section Structural Lyrics Transcription": (
        "lyrics_transcription",
        ("{'section': 'verse', 'lyrics': 'we go'}", "{'section': 'chorus', 'lyrics': 'la la'}"),
    ),
}


def rows(config: str) -> list[dict[str, Any]]:
    """Two items a task, each of a song of its own; attributions of four."""
    found = []
    for place, (task, (where, answers)) in enumerate(TASKS.items()):
        for number, answer in enumerate(answers) if where == config else ():
            count = 4 if task == "Gene Attribution" else 1
            row = {
                "audio": f"{config[:6]}_{place:02}{number}.wav",
                "task": task,
                "question": f"What of {task}?",
                "youtube_url": [f"https://www.youtube.com/watch?v=v{place:04}_{number}-{i:03}" for i in range(count)],
                "answer": answer,
            }
            if config == "musicological_analysis":
                row["answer_choices_with_descriptions"] = GENES | {"Never": None}
            found.append(row)
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "bass_music_benchmark"
    for config in dict.fromkeys(config for config, _ in TASKS.values()):
        path = folder / config / "test-00000-of-00001.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows(config)), path)
    return folder


def test_items_name_whole_videos_and_files_of_one_s_own_have_either_name(copy: Path, tone: Callable[..., Path]) -> None:
    tone(copy / "audio" / "v0000_0-000.wav", seconds=0.1)
    tone(copy / "artist_000.wav", seconds=0.1)  # the same item by its name: that of the video counts
    tone(copy / "artist_001.wav", seconds=0.1)
    reading = read(CARD, copy)
    assert {item.task for item in reading.items} == set(CARD.tasks)
    assert reading.issues == ()
    clips = {clip["id"]: clip for clip in reading.clips.to_pylist()}
    assert len(clips) == 2 * (len(TASKS) - 1) + 8
    assert clips["v0000_0-000"]["path"] == "audio/v0000_0-000.wav"
    assert clips["v0000_1-000"]["path"] == "artist_001.wav"
    assert clips["v0001_0-000"]["path"] == "audio/v0001_0-000.wav"
    assert all(clip["ytid"] == id_ and clip["video_start_s"] == 0 for id_, clip in clips.items())
    items = {(item.task, item.id): item for item in reading.items}
    four = items["gene_attribution", "musico_150"]
    assert (len(four.clips), four.options, four.truth) == (4, ("1", "2", "3", "4"), "2")
    gene = items["single_gene", "musico_140"]
    assert gene.options == ("Groove", "Horns", "Rap", "Strings")
    assert gene.question == "What of Single-Gene Detection?\n" + "\n".join(f"{k}: {v}" for k, v in GENES.items())
    assert items["gene_pair", "musico_160"].truth == '["Horns", "Rap"]'
    assert json.loads(str(items["full_segmentation", "struct_181"].truth)) == SECTIONS
    assert json.loads(str(items["section_segmentation", "struct_190"].truth)) == SECTIONS[:1]
    assert items["sectional_role", "artist_120"].options == ("main artist", "neither")


RIGHT: dict[str, tuple[str, str]] = {
    "artist_count": ("There are 2.9", "three"),
    "artist_duration": ("It is 61 s", "23.5"),
    "artist_start": ("63", "17.5"),
    "vocal_style_comparison": ("Same.", "different"),
    "gene_attribution": ("Recording 2", "4"),
    "gene_pair": ("['rap', 'horns']", "Groove and Rap"),
    "gene_ranking": ("Horns, Rap, Groove, Strings", '["Rap", "Horns", "Groove", "Strings"]'),
    "full_segmentation": (json.dumps(SECTIONS), f"```json{json.dumps(SECTIONS)}```"),
    "section_segmentation": ('{"start": 0, "end": 10}', '[{"start": "0:10", "end": "0:20.5"}]'),
    "full_lyrics": ('[{"section": "Verse", "lyrics": "don\'t go"}]', '[{"section": "chorus", "lyrics": "La la"}]'),
    "section_lyrics": ("we go", '{"section": "x", "lyrics": "la la"}'),
}


@pytest.fixture
def fetched(copy: Path, tone: Callable[..., Path], home: Home) -> Path:
    for place, video in enumerate(v for config in {c for c, _ in TASKS.values()} for row in rows(config)
                                  for v in row["youtube_url"]):  # fmt: skip
        tone(copy / "audio" / f"{video.rpartition('=')[2]}.wav", seconds=0.1, rate=16000, hz=100.0 + 10 * place)
    got = mudata.fetch("bass", source=copy, accept_licence=True)
    assert got.usable == 2 * (len(TASKS) - 1) + 8
    mudata.split("songs", dataset="bass", parts={"test": 1.0})
    return copy


@pytest.mark.slow
def test_the_whole_way_from_its_files_to_scores_by_the_authors_rules(fetched: Path, home: Home, tmp_path: Path) -> None:
    worth = {}
    for task, answers in RIGHT.items():
        items = mudata.sql(f"SELECT item_id FROM items WHERE task = '{task}' ORDER BY item_id").fetchall()
        given = [{"item_id": item, "answer": text} for (item,), text in zip(items, answers, strict=True)]
        file = lines(tmp_path / f"{task}.jsonl", given)
        run = import_answers(home, ImportRequest(file=file, format="jsonl", split="songs", task=task, model="them"))
        worth[task] = run.scores["exam"]["official"]["value"]
        base = CARD.exam.aggregate.base.get(task, 0.0) if CARD.exam else None
        assert run.scores["exam"]["aggregate"]["value"] == pytest.approx((worth[task] - base) / (1 - base))
    assert worth == pytest.approx(dict.fromkeys(RIGHT, 1.0))


@pytest.mark.parametrize(
    "task", ["artist_count", "single_gene", "gene_attribution", "temporal_vocal_style", "gene_pair"]
)
def test_a_guess_is_scored_by_the_authors_rule_beside_ours(fetched: Path, task: str) -> None:
    exam = mudata.evaluate("random", "songs", task=task).scores["exam"]
    assert exam["rule"]["name"] == CARD.tasks[task].rule
    assert exam["passes_asked"] == (8 if task == "single_gene" else 2)
    assert 0 <= exam["official"]["value"] <= 1
    assert (exam["ours"] is None) == (CARD.tasks[task].kind == "open")


def test_bases_are_of_tasks_that_there_are() -> None:
    assert CARD.exam is not None
    assert set(CARD.exam.aggregate.base) <= set(CARD.tasks)
