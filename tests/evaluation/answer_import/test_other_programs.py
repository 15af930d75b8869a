"""Logs that other programs wrote on a toy exam of eight tones (`tests/data/other_programs`), as runs of that exam.

The right answer is 'violin' everywhere; the options are shown in four orders. The toy model answers A, B, C and nothing
in turn, and fails at the sixth: of eight items it has the first, third, fifth and seventh right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import Notes, lines, metric
from small_corpus import AskedOf, Corpus

from mudata.errors import EvaluationError
from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

LOGS = Path(__file__).parents[2] / "data" / "other_programs"
INSTRUMENTS = ("violin", "flute", "drums", "piano")


def toy(number: int, **other: Any) -> AskedOf:
    """An item as it is indexed: options in one order, whatever a log shows."""
    own = {"question": f"Which instrument plays in clip {number}?", "options": INSTRUMENTS, "truth": "violin"} | other
    return AskedOf(f"tone{number:02}", "name", (number,), kind="choose", **own)


EXAM = tuple(map(toy, range(8)))


def shown_in(number: int) -> tuple[str, ...]:
    """Options as the toy exam shows them."""
    return INSTRUMENTS[number % 4 :] + INSTRUMENTS[: number % 4]


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.publish(items=EXAM)
    return corpus


def brought(home: Home, file: Path | list[Path], program: str, notes: Notes | None = None, **more: Any) -> Run:
    asked = {"dataset": "tones", "task": "name", "model": "toy"} | more
    return import_answers(home, ImportRequest(file=file, format=program, **asked), notes or Notes())


@pytest.mark.parametrize("name", ["inspect-epochs.eval", "inspect-epochs.json"])
def test_epochs_of_inspect_are_passes_and_its_errors_failures(corpus: Corpus, home: Home, name: str) -> None:
    notes = Notes()
    run = brought(home, LOGS / name, "inspect", notes)
    questions, answers = {q.item_id: q for q in run.questions()}, run.answers()
    assert {q.of for q in questions.values()} == {f"tones/tone{n:02}" for n in range(8)}
    assert list(questions) == [f"tones/tone{n:02}~{r}" for n in range(8) for r in range(2)]
    assert {item_id: q.options for item_id, q in questions.items()} == {
        f"tones/tone{n:02}~{r}": shown_in(n) for n in range(8) for r in range(2)
    }
    assert answers["tones/tone01~1"].answer == "I think it is B.\n\nANSWER: B"
    assert answers["tones/tone03~0"].answer == ""
    assert answers["tones/tone05~0"].error == "failed-elsewhere: ValueError('the toy model fails here')"
    assert metric(run, "accuracy") == 8 / 16  # inspect itself leaves failures out: 4 of 7
    assert run.failures() == {"failed-elsewhere": 2}
    assert run.settings.tasks[0].letters
    assert run.settings.imported
    assert run.settings.imported.references_differ == 0
    assert "16 answers joined to 16 items." in notes.said


def test_a_log_of_one_epoch_has_no_passes(corpus: Corpus, home: Home) -> None:
    run = brought(home, LOGS / "inspect-shuffled.eval", "inspect")
    assert [q.item_id for q in run.questions()] == [f"tones/tone{n:02}" for n in range(8)]
    assert run.questions()[0].options == ("piano", "violin", "drums", "flute")  # as inspect shuffled them
    assert {q.references for q in run.questions()} == {("violin",)}
    assert metric(run, "accuracy") == 3 / 8  # as inspect says


@pytest.mark.parametrize("name", ["evalscope-reviews.jsonl", "evalscope-predictions.jsonl"])
def test_repeats_of_evalscope_are_passes_and_what_it_drops_is_missing(corpus: Corpus, home: Home, name: str) -> None:
    notes = Notes()
    run = brought(home, LOGS / name, "evalscope", notes, part=None)
    asked = {q.item_id: q.options for q in run.questions()}
    assert asked == {f"tones/tone{n:02}~{r}": shown_in(n) for n in range(8) if n != 5 for r in range(2)}
    assert metric(run, "accuracy") == 8 / 14


def test_what_a_log_dropped_counts_as_wrong_where_a_split_says_what_was_asked(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish(items=EXAM)
    corpus.split("eight", {"test": {f"tones/{n:02}": hashes[f"tones/{n:02}"] for n in range(8)}})
    notes = Notes()
    run = brought(home, LOGS / "evalscope-reviews.jsonl", "evalscope", notes, dataset=None, split="eight")
    assert metric(run, "accuracy") == 8 / 16
    assert "2 items have no answer in the file and count as wrong: tones/tone05~0, tones/tone05~1." in notes.said
    assert run.failures() == {"not-in-file": 2}


def test_samples_of_lmms_eval_are_joined_by_the_ids_that_their_task_logs(corpus: Corpus, home: Home) -> None:
    run = brought(home, LOGS / "lmms-eval-samples.jsonl", "lmms-eval")
    assert {q.item_id: q.options for q in run.questions()} == {f"tones/tone{n:02}": shown_in(n) for n in range(8)}
    assert run.answers()["tones/tone02"].answer == "C. violin"
    assert metric(run, "accuracy") == 4 / 8  # as lmms-eval says
    assert run.settings.imported
    assert run.settings.imported.references_differ == 0


def test_records_of_openai_evals_are_joined_by_their_questions(corpus: Corpus, home: Home) -> None:
    notes = Notes()
    run = brought(home, LOGS / "openai-evals-match.jsonl", "openai-evals", notes)
    asked = {q.item_id: q.options for q in run.questions()}
    assert asked == {f"tones/tone{n:02}": shown_in(n) for n in range(8) if n != 5}
    assert "1 answer did not join: 7: no clip is named 'toy.test.5'." in notes.said  # an error has no prompt
    assert {answer.answer for answer in run.answers().values()} == {"(A)", "It is (B).", "violin", ""}
    assert metric(run, "accuracy") == 4 / 7


MMAU = [
    {"id": f"tone{n:02}", "audio_id": f"./test-mini-audios/tone{n:02}.wav", "choices": list(shown_in(n)),
     "question": f"Which instrument plays in clip {n}?", "answer": "violin", "task": "music",
     "model_output": f"The correct answer is: {said}", "model_prediction": said}
    for n, said in enumerate(["violin", "drums", "Violin.", "", "violin", "piano", "flute", "violin"])
]  # fmt: skip


def test_mmau_s_items_with_answers_in_them(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(MMAU, indent=1))
    run = brought(home, file, "mmau")
    assert metric(run, "accuracy") == 4 / 8
    assert run.answers()["tones/tone00"].answer == "The correct answer is: violin"
    assert run.questions()[1].options == shown_in(1)
    stripped = brought(home, file, "mmau", fields=formats.Fields(answer="model_prediction"))
    assert stripped.answers()["tones/tone00"].answer == "violin"
    assert stripped.id != run.id
    file.write_text(json.dumps([{k: v for k, v in row.items() if k != "model_output"} for row in MMAU]))
    assert brought(home, file, "mmau").answers()["tones/tone02"].answer == "Violin."


def test_an_exam_that_is_not_indexed_is_scored_by_the_items_of_the_file(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(MMAU))
    (home.root / "index").rename(home.root / "elsewhere")
    run = brought(home, file, "mmau", references="file")
    assert metric(run, "accuracy") == 4 / 8
    asked = run.questions()[1]
    assert (asked.item_id, asked.options, asked.references) == ("tones/tone01", shown_in(1), ("violin",))
    assert asked.pcm_sha256 == ""
    twice = brought(home, LOGS / "inspect-epochs.eval", "inspect", references="file")
    assert metric(twice, "accuracy") == 8 / 16
    assert [q.item_id for q in twice.questions()][:3] == ["tones/tone00~0", "tones/tone00~1", "tones/tone01~0"]


def test_answers_to_another_version_of_an_item_do_not_join(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    rows = [row | {"choices": ["violin", "harp"]} if row["id"] == "tone02" else row for row in MMAU]
    file, notes = tmp_path / "results.json", Notes()
    file.write_text(json.dumps(rows))
    run = brought(home, file, "mmau", notes)
    assert "tones/tone02" not in {q.item_id for q in run.questions()}
    assert (
        "1 answer did not join: 3: its options are not those of tones/tone02, which has no 'harp': "
        "another version of the questions?."
    ) in notes.said


def test_items_of_one_clip_are_told_apart_by_question_options_and_truth(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").mkdir()
    same = (
        AskedOf("a", "name", (0,), "violin", "choose", "Which instrument plays?", INSTRUMENTS),
        AskedOf("b", "name", (0,), "sad", "choose", "Which mood is it?", ("sad", "gay")),
        AskedOf("c", "name", (0,), "calm", "choose", "Which mood is it?", ("calm", "wild")),
        AskedOf("d", "name", (0,), "wild", "choose", "Which mood is it?", ("wild", "calm")),
    )
    Corpus(home, tmp_path / "cards", monkeypatch).publish(items=same)
    asked = [
        ("Question: Which instrument plays? Options: (A) flute (B) violin (C) drums (D) piano", "B"),
        ("Which mood is it?\nA. gay\nB. sad", "B"),
        ("Which mood is it?\nA. calm\nB. wild", "B"),
        ("Which mood is it?\nA. calm\nB. wild", "A"),
    ]
    rows = [{"clip_id": "00", "prompt": prompt, "answer": gold, "reference": gold} for prompt, gold in asked]
    run = brought(home, lines(tmp_path / "a.jsonl", rows), "jsonl")
    assert {q.item_id: q.options for q in run.questions()} == {
        "tones/a": ("flute", "violin", "drums", "piano"),
        "tones/b": ("gay", "sad"),
        "tones/c": ("calm", "wild"),
        "tones/d": ("calm", "wild"),
    }
    assert metric(run, "accuracy") == 1.0
    without = [{"clip_id": "00", "prompt": "Which mood is it?\nA. calm\nB. wild", "answer": "B"}]
    with pytest.raises(EvaluationError, match=r"'00' may be any of 4 clips"):
        brought(home, lines(tmp_path / "b.jsonl", without), "jsonl")


MUSE = """2025-09-05 20:18:14,971 - === RUN START (Oddball Detection • CHAT+SysInst • SYSINST • GroupA) ===
2025-09-05 20:18:23,620 -\x20
--- Question 1 ---

2025-09-05 20:18:23,620 - Stimuli: file1=/home/nobody/stimuli/06.wav, file2=/home/nobody/stimuli/07.wav
2025-09-05 20:18:29,364 - [SYSINST/GroupA] Q1 - LLM Full Response:
I listened twice.
Yes, the same.
2025-09-05 20:18:29,364 - Parsed Final Answer: Yes, the same.
2025-09-05 20:18:29,364 - Evaluation: Correct
2025-09-05 20:18:29,364 -\x20
--- Question 2 ---

2025-09-05 20:18:29,364 - Stimulus (combined): file=stimuli/combined/07__06.wav
2025-09-05 20:18:29,364 - [SYSINST/GroupA] Q2 - LLM Full Response:
Hm.
2025-09-05 20:18:29,364 - Parse Error: missing/malformed final answer phrase.
2025-09-05 20:18:29,364 - Total Correct: 1 out of 2
"""


def test_trials_of_muse_are_joined_by_their_clips_in_order_and_seeds_are_passes(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").mkdir()
    answers = ("Yes, the same.", "No, they differ.")
    pairs = (
        AskedOf("oddball-1", "name", (6, 7), answers[0], "choose", "The same?", answers),
        AskedOf("oddball-2", "name", (7, 6), answers[1], "choose", "The same?", answers),
    )
    Corpus(home, tmp_path / "cards", monkeypatch).publish(items=pairs)
    files = [tmp_path / f"oddballs_G25Pro_CHAT_SYSINST_GroupA_seed{seed}.log" for seed in (1, 3)]
    files[0].write_text(MUSE)
    files[1].write_text(
        MUSE.replace("Hm.", "No, they differ.\nSurely.").replace(" (combined)", "")
    )  # its folder says it
    notes = Notes()
    run = brought(home, files, "muse", notes)
    assert {item_id: record.answer for item_id, record in run.answers().items()} == {
        "tones/oddball-1~0": "I listened twice.\nYes, the same.",
        "tones/oddball-1~1": "I listened twice.\nYes, the same.",
        "tones/oddball-2~0": "Hm.",
        "tones/oddball-2~1": "No, they differ.\nSurely.",
    }
    assert metric(run, "accuracy") == 3 / 4
    assert run.settings.imported
    assert run.settings.imported.file == f"{files[0].name} and 1 more"
    found = formats.read(files[0], "muse")[1]
    assert MUSE.splitlines()[found.place - 1] == "--- Question 2 ---"
    assert (found.ids, found.clips, found.references) == (("oddballs.A/07__06",), ("07", "06"), ())


@pytest.mark.parametrize("program", list(formats.FORMATS))
def test_a_file_that_is_not_there_is_told(tmp_path: Path, program: str) -> None:
    with pytest.raises(EvaluationError, match=r"nowhere.log cannot be read: No such file or directory"):
        formats.read(tmp_path / "nowhere.log", program)
    with pytest.raises(EvaluationError, match=r"the 0 files have no answers"):
        formats.read([], program)


@pytest.mark.parametrize(
    ("program", "text", "told"),
    [
        ("muse", "nothing\n", r"line 1: this is no log of MUSE's runners"),
        ("inspect", '{"samples": 3}', r"is no log of inspect: it has no list of samples"),
        ("inspect", '{"samples": []}', r"is no log of inspect: it has no samples"),
        ("inspect", '{"samples": [3]}', r"is no log of inspect: sample 1 is no object but a number"),
        ("inspect", '{\n"samples": [}', r"line 2: no JSON"),
        ("inspect", "PK and no zip", r"it is no whole zip archive"),
        ("openai-evals", '{"spec": {}}\n', r"has no events of samples"),
        ("evalscope", '{"index": 0}\n', r"No line of .* names a clip where evalscope has it"),
        ("mmau", '[{"id": "a"}]', r"No line of .* has an answer where mmau has it"),
        ("mmau", '[{"id": "a"},\n3]', r"answer 2 is no JSON object but a number"),
    ],
)
def test_what_is_no_such_file_is_told_with_its_place(tmp_path: Path, program: str, text: str, told: str) -> None:
    file = tmp_path / "a.log"
    file.write_text(text)
    with pytest.raises(EvaluationError, match=told):
        formats.read(file, program)
