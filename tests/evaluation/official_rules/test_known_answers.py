"""What the rules make of the authors' own items and of published answers: counts that are known.

The sources may not be passed on, so that they are fetched (`pytest -m network`), or read from clones:
`MUDATA_EXAM_SOURCES=folder` with MMAU, MMAR, 2025_investigating_mmshap, AreYouReallyListening, DeSTA2.5-Audio,
CMI-bench, and MUSE_music_benchmark, whose 480 logs are read from a clone only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mudata.evaluation.official_rules.combine import combine
from mudata.evaluation.official_rules.official_rule import LETTERS, JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES

pytestmark = pytest.mark.network

COMMITS = {
    "Sakshi113/MMAU": "110127f54c0dfba3faa5ec9feee4a7e4148679c5",
    "ddlBoJack/MMAR": "3bce090a967db576c8ad433b290a8da582d6d2a0",
    "giovana-morais/2025_investigating_mmshap": "0f1514ca901baac8d88d41cb2898d07607975fae",
    "yongyizang/AreYouReallyListening": "d3971de18934a283deb41f472d21b34eb19e10c2",
    "kehanlu/DeSTA2.5-Audio": "5503dfcb8c07ddc608ef705542f0f9b94cc99de8",
    "nicolaus625/CMI-bench": "4c15f410bf0c7ff59d654b2a96f3295f3dec5aa5",
}
CLONES = os.environ.get("MUDATA_EXAM_SOURCES")
Row = dict[str, Any]


def clone(name: str) -> Path | None:
    return Path(CLONES) / name if CLONES and (Path(CLONES) / name).is_dir() else None


@cache
def source(repository: str, path: str, sha256: str = "") -> str:
    if (folder := clone(repository.partition("/")[2])) is not None:
        content = (folder / path).read_bytes()
    else:
        address = f"https://raw.githubusercontent.com/{repository}/{COMMITS[repository]}/{path}"
        content = httpx2.get(address, timeout=120).raise_for_status().content
    assert hashlib.sha256(content).hexdigest().startswith(sha256)
    return content.decode("utf-8")


def mmau() -> list[Row]:
    return json.loads(source("Sakshi113/MMAU", "mmau-test-mini.json", "9f18fda99f8d"))  # type: ignore[no-any-return]


def mmar() -> list[Row]:
    return [json.loads(line) for line in source("ddlBoJack/MMAR", "MMAR-meta.jsonl", "1c9a343e7beb").splitlines()]


def mucho() -> list[Row]:
    text = source(
        "giovana-morais/2025_investigating_mmshap", "data/input_data/muchomusic_original.json", "8588c6863680"
    )
    rows = json.loads(text)
    return [{"choices": row["answers"], "answer": row["answers"][row["answer_orders"].index(0)]} for row in rows]


def rul() -> dict[str, Row]:
    return json.loads(  # type: ignore[no-any-return]
        source("yongyizang/AreYouReallyListening", "RUL-MuchoMusic.json", "c6508f282eee")
    )


def share(rows: list[Row], write: Callable[[Row, str], str]) -> float:
    """Per cent of items judged right by MMAU's rule, one decimal."""
    right = 0.0
    for row in rows:
        item = JudgedItem(options=tuple(row["choices"]), gold=row["answer"])
        letter = LETTERS[row["choices"].index(row["answer"])]
        right += RULES["mmau_tokens"].judge(write(row, letter), item).credit or 0.0
    return round(100 * right / len(rows), 1)


def another(row: Row) -> str:
    return next((option for option in row["choices"] if option != row["answer"]), "")


WAYS: dict[str, Callable[[Row, str], str]] = {
    "text": lambda row, _: row["answer"],
    "letter": lambda _, letter: letter,
    "(B) text": lambda row, letter: f"({letter}) {row['answer']}",
    "B. text": lambda row, letter: f"{letter}. {row['answer']}",
    "sentence": lambda row, _: f"The correct answer is {row['answer']}.",
    "question": lambda row, _: f"{row['question']} {row['answer']}",
    "denied": lambda row, _: f"It is not {row['answer']}",
    "contrast": lambda row, _: f"{row['answer']}, not {another(row)}",
    "echo": lambda row, _: " ".join(row["choices"]),
    "question alone": lambda row, _: row["question"],
}


@pytest.mark.parametrize(
    ("load", "music", "shares"),
    [
        (mmau, None, (100, 0.2, 96.7, 96.7, 90.7, 82.7, 97.7, 1.0, 0.1, 1.2)),
        (mmau, "task", (100, 0.6, 96.7, 96.7, 96.4, 88.0, 99.1, 0, 0, 0.9)),
        (mmar, None, (100, 0, 98.5, 98.5, 91.0, 78.1, 94.7, 2.3, 1.2, 1.3)),
        (mmar, "modality", (100, 0, 95.6, 95.6, 91.3, 74.8, 91.7, 3.9, 1.5, 0)),
    ],
)
def test_ways_of_answering_mmau_and_mmar(
    load: Callable[[], list[Row]], music: str | None, shares: tuple[float, ...]
) -> None:
    rows = [row for row in load() if music is None or row[music] == "music"]
    assert tuple(share(rows, way) for way in WAYS.values()) == shares


def test_ways_of_answering_muchomusic_by_mmaus_rule() -> None:
    ways = ("text", "letter", "(B) text", "sentence", "echo")
    assert [share(mucho(), WAYS[way]) for way in ways] == [100, 0, 91.8, 53.1, 0]


@pytest.mark.parametrize(
    ("way", "counts"),
    [
        ("{L}", (1187, 0, 0)),
        ("({L}) {gold}", (1186, 1, 0)),
        ("{gold}", (982, 205, 0)),
        ("{lower}", (1180, 7, 0)),
        ("The answer is {L}.", (1187, 0, 0)),
        ("Answer: {L}", (281, 0, 906)),
        ("Based on the audio, the answer is {L}", (292, 0, 895)),
        ("As an AI, I cannot listen.", (281, 906, 0)),
        ("{echo}", (281, 906, 0)),
        ("", (0, 0, 1187)),
    ],
)
def test_ways_of_answering_muchomusic(way: str, counts: tuple[int, int, int]) -> None:
    found: Counter[str] = Counter()
    for row in mucho():
        options, gold = row["choices"], row["answer"]
        echo = " ".join(f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False))
        letter = LETTERS[options.index(gold)]
        verdict = RULES["mucho_chars"].judge(
            way.format(L=letter, gold=gold, lower=gold.lower(), echo=echo),
            JudgedItem(options=tuple(options), gold=gold),
        )
        found["right" if verdict.credit else "none" if verdict.chosen is None else "other"] += 1
    assert (found["right"], found["other"], found["none"]) == counts


def test_the_shortest_option_in_rulistening() -> None:
    """With the right option first, so that every tie in length is its own: 46.8 % of passes, 42.1 % of votes. With ties
    shared it is 40.9 % of passes."""
    right = votes = shared = 0.0
    for row in rul().values():
        passes = []
        for left_out in range(4):
            others = [text for i, text in enumerate(row["distractors"]) if i != left_out]
            options = (row["correct_answer"], *others)
            lengths = [len(option) for option in options]
            item = JudgedItem(options=options, gold=row["correct_answer"])
            verdict = RULES["rul_brackets"].judge(f"[[{LETTERS[lengths.index(min(lengths))]}]]", item)
            passes.append((verdict, item))
            right += verdict.credit or 0.0
            shared += (lengths[0] == min(lengths)) / lengths.count(min(lengths))
        votes += combine("loo_vote", passes, row["correct_answer"]).credit or 0.0
    n = len(rul())
    assert [round(100 * x, 1) for x in (right / (4 * n), votes / n, shared / (4 * n))] == [46.8, 42.1, 40.9]


def test_the_random_row_of_mmar() -> None:
    by_modality = defaultdict(list)
    for row in mmar():
        by_modality[row["modality"]].append(1 / len(row["choices"]))
    means = {modality: round(100 * sum(chances) / len(chances), 1) for modality, chances in by_modality.items()}
    assert means == {
        "sound": 29.4,
        "music": 25.9,
        "speech": 31.5,
        "mix-sound-music": 25.0,
        "mix-sound-speech": 29.3,
        "mix-music-speech": 31.1,
        "mix-sound-music-speech": 28.1,
    }


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        ("model_prediction", {"sound": 235, "music": 188, "speech": 237}),
        ("model_output", {"sound": 218, "music": 178, "speech": 201}),
    ],
)
def test_desta_on_mmau(column: str, counts: dict[str, int]) -> None:
    """660 of 1,000 as its README has it, and 597 with the words 'The correct answer is' left in place."""
    path = "examples/evaluation/MMAU-v05.15.25/results/mmau-test-mini_results.json"
    rows = json.loads(source("kehanlu/DeSTA2.5-Audio", path, "76e8dfa89f2c"))
    right: Counter[str] = Counter()
    for row in rows:
        item = JudgedItem(options=tuple(row["choices"]), gold=row["answer"])
        right[row["task"]] += int(RULES["mmau_tokens"].judge(row[column], item).credit or 0)
    assert right == counts


@pytest.mark.parametrize(
    ("task", "right", "ceiling", "n"),
    [
        ("GTZAN", 181, 290, 290),
        ("VocalSet_tech", 169, 990, 1140),
        ("Nsynth_instrument", 1541, 4096, 4096),
        ("Nsynth_pitch", 62, 3148, 4096),
    ],
)
def test_qwen2_on_cmi_bench_and_the_truth_itself(task: str, right: int, ceiling: int, n: int) -> None:
    rows = json.loads(source("nicolaus625/CMI-bench", f"model/results/qwen2/qwen2_{task}.jsonl"))
    settings = {"labels": tuple(sorted({str(row["correct_answer"]) for row in rows}))}
    rule, found = RULES["cmi_unique_substring"], [0.0, 0.0]
    for row in rows:
        item = JudgedItem(gold=str(row["correct_answer"]), settings=settings)
        found[0] += rule.judge(row["response"], item).credit or 0.0
        found[1] += rule.judge(item.gold, item).credit or 0.0
    assert (*found, len(rows)) == (right, ceiling, n)


STAYS = "B. No, the key stays the same."
MUSE_TASKS: dict[str, dict[str, object]] = {
    "transposition": {
        "lines": ["Yes, these are the same melody.", "No, these are not the same melody."],
        "rescue": True,
    },
    "oddballs": {"lines": ["Yes, these are the same exact melody.", "No, these are not the same exact melody."]},
    "rhythm_matching": {
        "lines": [
            "Yes, these are the same exact drum set patterns.",
            "No, these are not the same exact drum set patterns.",
        ],
        "rescue": True,
    },
    "syncopation": {
        "lines": [f"{letter}. The rhythm in Excerpt {n} is more syncopated." for letter, n in (("A", 1), ("B", 2))],
        "letter": "optional",
        "rescue": True,
    },
    "chord_progression_matching": {
        "lines": ["A. Yes, these are the same chord progression.", "B. No, these are not the same chord progression."],
        "letter": "optional",
    },
    "key_modulation": {
        "lines": ["A. Yes, a key modulation occurs.", STAYS],
        "whole_line": True,
        "also": [
            f"B. No, {article}key modulation {verb} occur. -> {STAYS}"
            for article in ("", "a ")
            for verb in ("does not", "doesn't")
        ],
    },
    "meter_identification": {"lines": ["A. Groups of 3", "B. Groups of 4", "C. Groups of 5"]},
    "chord_quality": {"lines": ["A. Major", "B. Minor"]},
    "instrumentID": {"lines": ["A. Piano", "B. Guitar", "C. Bass", "D. Drums"]},
    "contourID": {
        "lines": [
            "A. Arch (ascending and then descending)",
            "B. Inverted Arch (descending and then ascending)",
            "C. Ascending (pitch raises over time)",
            "D. Descending (pitch falls over time)",
        ]
    },
}
BARE_INSTRUMENTS = [
    "Piano -> A. Piano",
    "Guitar -> B. Guitar",
    "Bass -> C. Bass",
    "Drum -> D. Drums",
    "Drums -> D. Drums",
]
"""What Audio Flamingo 3 was allowed beside its lines, and no other model."""
_LOG = re.compile(r"(.+?)_(G25Pro|G25Flash|Qwen2.5-Omni|AF3)_CHAT_(COT|SYSINST)_Group[AB]_seed\d\.log")
_ANSWER = re.compile(r"LLM Full Response:[ \t]*\n?(.*?)(?=\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ - )", re.DOTALL)
_PAIR = re.compile(r"Stimuli:\s*file1=(.+?),\s*file2=(.+)$", re.MULTILINE)


def muse_trials(folder: Path) -> Iterator[tuple[tuple[str, str, str], str, str]]:
    """(task, model, mode), the answer, and the right line as the log tells it."""
    for path in sorted(folder.glob("*.log")):
        named = _LOG.fullmatch(path.name)
        assert named
        for block in re.split(r"--- Question \d+ ---", path.read_text("utf-8", errors="ignore"))[1:]:
            answer = found[1] if (found := _ANSWER.search(block)) else ""
            expected = re.search(r"\(expected=(.*)\)\s*$", block, re.MULTILINE)
            parsed = re.search(r"Parsed Final Answer: (.*)", block)
            if expected:
                gold = expected[1].strip()
            elif parsed:
                gold = parsed[1].strip()  # 'Evaluation: Correct'
            else:
                gold = _gold_of_files(named[1], block)
            yield (named[1], named[2], named[3]), answer, gold


def _gold_of_files(task: str, block: str) -> str:
    """Of trials that the log leaves unjudged: the truth is in the names of the files."""
    pair = _PAIR.search(block)
    assert pair
    names = [Path(path.strip()).name for path in pair.groups()]
    lines = MUSE_TASKS[task]["lines"]
    assert isinstance(lines, list)
    pattern = {"transposition": r"(M\d+)_", "rhythm_matching": r"(Beat_\d+)", "syncopation": r"(?<!No)Sync(\d)"}[task]
    one, two = (found[1] if (found := re.search(pattern, name)) else "0" for name in names)
    return str(lines[0] if (one > two if task == "syncopation" else one == two) else lines[1])


def test_muse_logs() -> None:
    """70 of 80 published rows by the authors' summary; the other ten are Audio Flamingo's with two excerpts, which the
    authors filled in by hand: 30 of 60 each."""
    folder = clone("MUSE_music_benchmark")
    if folder is None:
        pytest.skip("needs a clone of brandoncarone/MUSE_music_benchmark in MUDATA_EXAM_SOURCES")
    logs = folder / "Gemini_Qwen_AF_logs"
    strict, dropping, n = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for key, answer, gold in muse_trials(logs):
        also = {"also": BARE_INSTRUMENTS} if key[:2] == ("instrumentID", "AF3") else {}
        item = JudgedItem(gold=gold, settings=MUSE_TASKS[key[0]] | also)
        strict[key] += int(RULES["last_canonical"].judge(answer, item).credit or 0)
        credit = RULES["last_canonical_drops"].judge(answer, item).credit
        n[key] += credit is not None
        dropping[key] += int(credit or 0)
    published = {}
    for name in ("accuracy_summary.csv", "accuracy_summary_AF3.csv"):
        for line in (logs / name).read_text("utf-8").splitlines()[1:]:
            task, model, mode, scored, correct, *_ = line.split(",")
            short = task.replace("instrument_identification", "instrumentID").replace(
                "contour_identification", "contourID"
            )
            published[short, model, mode] = (int(scored), int(correct))
    differ = {key for key in published if (n[key], dropping[key]) != published[key]}
    assert (len(published), len(differ)) == (80, 10)
    assert {(model, n[key], strict[key]) for key in differ for model in (key[1],)} == {("AF3", 60, 30)}
    gemini = {task: strict[task, "G25Pro", "SYSINST"] for task in ("rhythm_matching", "transposition", "syncopation")}
    assert gemini == {"rhythm_matching": 55, "transposition": 47, "syncopation": 41}
