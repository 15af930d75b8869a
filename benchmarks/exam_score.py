"""How long an exam of 10,000 items takes to score, each asked in all 4 rotations of its options: 40,000 answers read by
us and by the official rule, passes combined, intervals, groups, position bias, floors, lines of alignments.jsonl.

    python benchmarks/exam_score.py [--items 10000] [--rounds 3] [--profile]

Answers are in the manners in which models give options, seeded: letters, letters with texts, texts, sentences, and one
in ten with a reason of its own, a denial, two options or a refusal. What is read from the run's files before is told
apart from scoring proper, whose bar is 3 s on one core. Figures are medians of processor time.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import statistics
import tempfile
import time
from pathlib import Path

from mudata.evaluation.run import Run
from mudata.evaluation.run_records import AnswerRecord, AskedClip, QuestionRecord
from mudata.evaluation.run_settings import RunSettings, TaskSettings
from mudata.evaluation.scoring import score
from mudata.evaluation.scoring.context import ScoringContext, uncollected
from mudata.evaluation.tasks.option_order import pass_id, passes
from mudata.jsonl import as_line

SEED = 20261130
BAR_S = 3.0
_FIRST = ("slow", "bright", "distant", "warm", "nervous", "heavy", "plain", "muted", "sharp", "hollow", "sweet", "dry")
_SECOND = ("lute", "waltz", "choir", "drum pattern", "bass line", "melody", "tremolo", "fanfare", "arpeggio", "chant")
_THIRD = ("in the intro", "behind the voice", "in a minor key", "at the end", "with rubato", "over a drone", "", "")
USUAL = (
    "{L}",
    "({L})",
    "({L}) {o}",
    "{L}. {o}",
    "{o}",
    "{o}.",
    "The answer is ({L}) {o}.",
    "The correct answer is {o}.",
)
RARE = (
    "I hear {w} and many small sounds, so I would say that it is {o}.",
    "It is not {x}; the way in which {w} comes in makes it {o}.",
    "Either {o} or {x}, I cannot decide.",
    "I'm sorry, but I can't determine that from {w}.",
)


def phrase(random_: random.Random) -> str:
    return " ".join(filter(None, (random_.choice(_FIRST), random_.choice(_SECOND), random_.choice(_THIRD))))


def made_run(folder: Path, items: int) -> Run:
    """A run in a folder, as inference leaves it."""
    drawn = random.Random(SEED)
    questions, answers = [], []
    for i in range(items):
        options: list[str] = []
        while len(options) < 4:
            if (made := phrase(drawn)) not in options:
                options.append(made)
        truth, item = drawn.choice(options), f"exam/q{i:05}"
        for number, shown in passes(options, item, truth, "rotations", 0):
            clip = AskedClip(clip_id=f"exam/c{i // 2:05}", pcm_sha256=f"{i // 2:064x}")
            name = pass_id(item, number)
            asked = f"What is heard first? {', '.join(f'({a}) {o}' for a, o in zip('ABCD', shown, strict=True))}"
            questions.append(
                QuestionRecord(
                    item_id=name,
                    dataset="exam",
                    references=(truth,),
                    clips=(clip,),
                    options=shown,
                    prompt=asked,
                    question="What is heard first?",
                    category=f"category {i % 12}",
                    difficulty=("easy", "medium", "hard")[i % 3],
                    of=item,
                    pass_number=number,
                    is_clip=False,
                )
            )
            said = truth if drawn.random() < 0.6 else drawn.choice(shown)
            places = {"L": "ABCD"[shown.index(said)], "o": said, "x": drawn.choice(shown), "w": phrase(drawn)}
            words = drawn.choice(USUAL if drawn.random() < 0.9 else RARE).format(**places)
            answers.append(
                AnswerRecord(
                    key="k", item_id=name, answer=words, error=None, seconds=0.1, heard_s=1.0, batch=1, is_clip=False
                )
            )
    exam = {"version": "1", "published": True, "rule": "mmau_tokens", "order": "rotations", "combine": "mean"}
    task = TaskSettings(
        dataset="exam",
        name="what",
        kind="choose",
        noun="answer",
        namespace=None,
        prompt_id="authors",
        prompt_template="{question} {options}",
        labels=None,
        letters=True,
        option_order="rotations",
        exam=exam,
        card_sha256="0",
    )
    settings = RunSettings(
        run=folder.name,
        model="made-up",
        split="exam",
        task="what",
        kind="choose",
        created_at="2026-11-30T00:00:00+00:00",
        mudata_version="0",
        clips=len(questions),
        tasks=(task,),
    )
    folder.mkdir()
    (folder / "run.json").write_text(settings.text())
    (folder / "questions.jsonl").write_text("".join(as_line(line.record()) for line in questions))
    (folder / "answers.jsonl").write_text("".join(as_line(line.record()) for line in answers))
    return Run(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = made_run(Path(folder) / "made-up", asked.items)
        if asked.profile:
            profile = cProfile.Profile()
            profile.runcall(score.score, run)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            return
        loads, wholes = [], []
        for _ in range(asked.rounds):
            begun = time.process_time()
            with uncollected():  # as scoring reads them
                ScoringContext.load(run).clusters  # noqa: B018 - computed once, with the files
            loads.append(time.process_time() - begun)
            begun = time.process_time()
            score.score(run)
            wholes.append(time.process_time() - begun)
        load, whole = statistics.median(loads), statistics.median(wholes)
        found = {"items": asked.items, "files_s": load, "scoring_s": whole - load, "whole_s": whole, "bar_s": BAR_S}
        print(json.dumps({name: round(value, 2) for name, value in found.items()}))


if __name__ == "__main__":
    main()
