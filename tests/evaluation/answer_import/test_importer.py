"""Answers made elsewhere: read as their programs write them, joined to the one clip they are about, or told why not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shelf
from answered import GOLD, IDS, Notes, lines, metric
from shell import typed
from small_corpus import Corpus

from mudata.catalog.clusters import counted, unknown
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.asked_items import ClipNames
from mudata.evaluation.answer_import.formats import Fields, FileAnswer
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.answer_import.matching import join
from mudata.evaluation.scoring.score import read_answers

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

QUESTION = "Which genre is it? Choose one: low, in-between, high."


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


def cmi(folder: Path, rows: list[tuple[str, Any, str]], question: str = QUESTION) -> Path:
    """A file as CMI-Bench writes it: a list, whatever its name says."""
    keys = ("audioid", "response", "correct_answer")
    path = folder / "them_TONES.jsonl"
    said = [dict(zip(keys, row, strict=True)) | {"question": question, "other": ""} for row in rows]
    path.write_text(json.dumps(said, indent=4))
    return path


def all_right(folder: Path) -> Path:
    return cmi(folder, [(f"/data/tones/{i[-2:]}.wav", f"It is {g}.", g) for i, g in zip(IDS, GOLD, strict=True)])


def take(home: Home, file: Path, notes: Notes | None = None, format: str = "cmi-bench", **more: Any) -> Run:  # noqa: A002
    where = {} if "dataset" in more else {"split": "half"}
    return import_answers(
        home,
        ImportRequest(file=file, format=format, **({"model": "them", "task": "genre"} | where | more)),
        notes or Notes(),
    )


@pytest.mark.slow
def test_a_file_becomes_an_ordinary_run(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    notes = Notes()
    file = all_right(tmp_path)
    run = take(home, file, notes)
    assert metric(run, "accuracy") == 1.0
    assert notes.said == ["6 answers joined to 6 clips."]
    said = run.settings.imported
    assert said
    assert (said.file, said.format, len(said.sha256)) == ("them_TONES.jsonl", "cmi-bench", 64)
    assert (said.joined, said.not_joined, said.not_in_file, said.duplicates) == (6, 0, 0, 0)
    assert (said.references, said.references_compared, said.references_differ) == ("index", 6, 0)
    assert run.settings.tasks[0].prompt == QUESTION
    assert run.settings.tasks[0].majority_source == "train part"
    assert (run.settings.part, run.settings.clips, run.settings.clips_without_audio) == ("test", 6, 0)
    assert [q.artist for q in run.questions()] == [f"artist {i // 2}" for i in range(6, 12)]
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    again = take(home, file)
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before
    assert typed("score", run.id).out == typed("score").out
    assert typed("sql", "SELECT count(*) AS n FROM alignments WHERE is_right", "--csv").out.split() == ["n", "6"]


@pytest.mark.slow
def test_no_audio_is_needed(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    hashes = corpus.publish(absent=tuple(f"{i:02}" for i in range(12)))
    corpus.split("half", {"train": {i: hashes[i] for i in list(hashes)[:6]}, "test": {i: hashes[i] for i in IDS}})
    run = take(home, all_right(tmp_path))
    assert metric(run, "accuracy") == 1.0
    assert run.settings.clips_without_audio == 6
    assert run.settings.tasks[0].train_clips == 6
    by_dataset = take(home, all_right(tmp_path), dataset="tones")
    assert metric(by_dataset, "accuracy") == 1.0
    assert by_dataset.settings.split == "tones-imported"


@pytest.mark.slow
def test_nothing_need_be_fetched_where_the_file_is_taken_at_its_word(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    corpus.publish()
    (home.root / "index").rename(home.root / "elsewhere")
    rows = [("../x/low/1.wav", "low", "Low"), ("../x/mid/2.wav", "low", "IN-BETWEEN"), ("../x/3.wav", "high", "loud")]
    with pytest.raises(EvaluationError, match=r"tones is not in the index.*\n.*mudata fetch tones.*--references file"):
        take(home, cmi(tmp_path, rows), dataset="tones")
    notes = Notes()
    run = take(home, cmi(tmp_path, rows), notes, dataset="tones", references="file")
    assert [(q.item_id, q.references) for q in run.questions()] == [("tones/1", ("low",)), ("tones/2", ("mid",))]
    assert metric(run, "accuracy") == 0.5
    assert "1 answer did not join: 3: 'loud' is no genre of tones." in notes.said
    captions = take(home, cmi(tmp_path, rows), dataset="tones", references="file", task="caption")
    assert [q.references for q in captions.questions()] == [("Low",), ("IN-BETWEEN",), ("loud",)]
    tags = cmi(tmp_path, [("a/1.wav", "calm", "Calm, dark"), ("b/1.wav", "calm", "bright,unheard-of")])
    both = take(home, tags, dataset="tones", references="file", task="mood")
    assert [(q.item_id, q.references) for q in both.questions()] == [
        ("tones/a/1", ("calm", "dark")),
        ("tones/b/1", ("bright",)),
    ]
    with pytest.raises(EvaluationError, match=r"No answer of .* has a reference that is a genre of tones"):
        take(home, cmi(tmp_path, [("1.wav", "low", "loud")]), dataset="tones", references="file")


def test_references_of_the_file_have_the_artists_of_the_index(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.publish()
    rows = [(f"x/{i}.wav", "low", "low") for i in ("00", "01", "02", "elsewhere")]
    run = take(home, cmi(tmp_path, rows), dataset="tones", references="file")
    assert {q.item_id: q.artist for q in run.questions()} == {
        "tones/00": "artist 0", "tones/01": "artist 0", "tones/02": "artist 1", "tones/elsewhere": None
    }  # fmt: skip
    assert [item.cluster for item in read_answers(run)] == [
        "artist:artist 0", "artist:artist 0", "artist:artist 1", "clip:tones/elsewhere"
    ]  # fmt: skip
    (home.root / "index").rename(home.root / "elsewhere")
    again = take(home, cmi(tmp_path, rows), dataset="tones", references="file")
    assert again.id == run.id
    assert [item.cluster for item in read_answers(again)] == [f"clip:{q.item_id}" for q in again.questions()]


@pytest.mark.slow
def test_what_did_not_join_is_told_and_missing_answers_count_as_wrong(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    corpus.halves()
    rows = [
        ("x/06.wav", "low", "low"),
        ("x/07.wav", None, "mid"),
        ("x/00.wav", "low", "low"),
        ("x/77.wav", "low", "low"),
    ]
    rows += [("x/08.wav", "", "low"), ("x/08.wav", "high", "low"), ("", "low", "low")]
    notes = Notes()
    run = take(home, cmi(tmp_path, rows), notes)
    assert notes.said == [
        "3 answers joined to 6 clips.",
        "3 answers did not join: 3: tones/00 is not asked; 4: no clip is named 'x/77.wav'; 7: it has no id.",
        "3 clips have no answer in the file and count as wrong: tones/09, tones/10, tones/11.",
        "1 further answers to the same clips, 1 of them different: the last of each counts.",
        "1 of 3 references of the file are not those of the index, which count: tones/08.",
    ]
    errors = {clip_id: record.error for clip_id, record in run.answers().items()}
    assert errors["tones/07"] == "no-answer: the file has none for it"
    assert errors["tones/11"] == "not-in-file: the imported file has no answer for it"
    assert run.scores["outcomes"] == {"ERROR": 4, "ALIGNED": 2}
    assert metric(run, "accuracy") == pytest.approx(2 / 6)
    told = run.settings.imported
    assert told
    assert (told.joined, told.not_joined, told.not_in_file, told.contradictions) == (3, 3, 3, 1)


def test_a_file_about_something_else_is_refused(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    file = cmi(tmp_path, [("x/blues.00012.wav", "blues", "blues")])
    with pytest.raises(EvaluationError, match=r"None of the 1 answers .* split half: 1: no clip is named 'x/blues"):
        take(home, file)
    with pytest.raises(EvaluationError, match=r"about a clip of split half: 1: tones/00 is not asked\."):
        take(home, cmi(tmp_path, [("x/00.wav", "low", "low")]))
    assert not home.runs.exists()


def test_one_of_split_and_dataset_is_needed(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    file = all_right(tmp_path)
    with pytest.raises(EvaluationError, match="Either a split or a dataset is needed"):
        import_answers(home, ImportRequest(file=file, format="cmi-bench", model="them"))
    with pytest.raises(EvaluationError, match="A split has its references in the index"):
        import_answers(
            home, ImportRequest(file=file, format="cmi-bench", model="them", split="half", references="file")
        )
    with pytest.raises(UnknownName, match="No dataset named 'tonse'"):
        take(home, file, dataset="tonse")
    corpus.publish()
    with pytest.raises(UnknownName, match="No one part of tones's published splits named 'test'"):
        take(home, file, dataset="tones", part="test")


@pytest.mark.slow
def test_other_questions_are_kept_clip_by_clip(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    rows = [{"clip_id": c, "answer": "low", "prompt": "What is it?" if c != IDS[2] else "Low, you say?"} for c in IDS]
    notes = Notes()
    run = take(home, lines(tmp_path / "a.jsonl", rows), notes, "jsonl")
    assert run.settings.tasks[0].prompt == "What is it?"
    assert [q.prompt for q in run.questions()] == [None, None, "Low, you say?", None, None, None]
    assert "The file has 2 different questions." in notes.said
    given = take(home, lines(tmp_path / "a.jsonl", rows), format="jsonl", prompt_text="Mine?")
    assert given.settings.tasks[0].prompt == "Mine?"
    assert given.id != run.id


@pytest.mark.parametrize("model", ["../../elsewhere", "a b/c:d", "x" * 300, "модель", ".hidden"])
@pytest.mark.slow
def test_a_model_may_have_any_name(corpus: Corpus, home: Home, tmp_path: Path, model: str) -> None:
    corpus.halves()
    run = take(home, all_right(tmp_path), model=model)
    assert run.folder.parent == home.runs
    assert run.settings.model == run.scores["model"] == model
    assert typed("sql", "SELECT count(*) FROM runs", "--csv").out.split() == ["count_star()", "1"]


def test_halves_of_letters_are_kept_as_question_marks(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    rows = [{"clip_id": c, "answer": "low \ud83d", "prompt": "What\udcff?", "reference": "\udcff"} for c in IDS]
    run = take(home, lines(tmp_path / "a.jsonl", rows), format="jsonl")
    assert run.answers()[IDS[0]].answer == "low ?"
    assert run.settings.tasks[0].prompt == "What??"


def test_what_a_model_has_seen_in_training_is_known_by_its_name(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    from mudata.evaluation.answer_import import import_run

    tasks = {"tones": None, "musiccaps": None, "fma": None}
    assert import_run.seen("nobody has heard of it", tasks) == {}  # type: ignore[arg-type]
    assert set(import_run.seen("clap", tasks)) <= set(tasks)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------- formats


def _one(tmp_path: Path, format: str, said: Any, fields: Fields | None = None) -> FileAnswer:  # noqa: A002
    file = tmp_path / "a.jsonl"
    file.write_text("\ufeff" + json.dumps(said) + "\n\n")
    (found,) = formats.read(file, format, fields or Fields())
    return found


LMMS = {
    "doc_id": 3, "target": "rock", "filtered_resps": "It is rock.", "token_counts": [{"output_tokens": 4}],
    "doc_hash": "74", "input": "Which genre?\nAnswer shortly.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "ids", "answer"),
    [
        ({"input_media": ["blues/blues.00012.wav"]}, ("blues/blues.00012.wav",), "It is rock."),
        ({"music_accuracy": {"question_id": "r.1", "score": 1.0}}, ("r.1",), "It is rock."),
        ({"doc": {"id": 12, "audio": {"path": "a/b.mp3"}}}, ("12", "a/b.mp3"), "It is rock."),
        ({"doc": {"name": "n"}, "filtered_resps": ["rock"], "resps": [["So: rock", "pop"]]}, ("n",), "So: rock"),
        ({"doc": {"name": "n"}, "filtered_resps": []}, ("n",), None),
    ],
)
def test_samples_of_lmms_eval_are_read_as_they_are_written(
    tmp_path: Path, more: dict[str, Any], ids: tuple[str, ...], answer: str | None
) -> None:
    if answer is None:
        with pytest.raises(EvaluationError, match=r"No line of .* has an answer where lmms-eval has it"):
            _one(tmp_path, "lmms-eval", LMMS | more)
        return
    found = _one(tmp_path, "lmms-eval", LMMS | more)
    assert (found.ids, found.answer, found.references) == (ids, answer, ("rock",))
    assert found.prompt == "Which genre?\nAnswer shortly."


def test_the_number_of_a_document_names_no_clip(tmp_path: Path) -> None:
    with pytest.raises(
        EvaluationError, match=r"No line of .* names a clip where lmms-eval has it. Its fields are doc_id,"
    ):
        _one(tmp_path, "lmms-eval", LMMS)
    found = _one(tmp_path, "lmms-eval", LMMS | {"sub": {"track.no": 7}}, Fields("sub.track.no", "target"))
    assert (found.ids, found.answer) == (("7",), "rock")


def test_empty_answers_of_lmms_eval_are_suspicious(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    notes = Notes()
    rows = [
        LMMS | {"input_media": [c], "filtered_resps": ["", "low"][i % 2], "target": g}
        for i, (c, g) in enumerate(zip(IDS, GOLD, strict=True))
    ]
    run = take(home, lines(tmp_path / "a.jsonl", rows), notes, "lmms-eval")
    assert notes.said[-1] == "3 answers are empty: lmms-eval's adapters write that when a model fails, too."
    assert run.scores["outcomes"]["EMPTY"] == 3


@pytest.mark.slow
def test_answers_of_any_run_can_be_imported(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    run = take(home, all_right(tmp_path))
    other = take(home, run.folder / "answers.jsonl", format="jsonl", model="again")
    assert other.scores["metrics"] == run.scores["metrics"]
    rows = [{"track": {"name": c}, "said": "low", "clip_id": "?"} for c in IDS]
    fields = Fields("track.name", "said")
    named = take(home, lines(tmp_path / "b.jsonl", rows), format="jsonl", fields=fields)
    assert metric(named, "accuracy") == pytest.approx(1 / 3)


NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "answer", "error", "odd"),
    [
        ("rock", "rock", None, None),
        ("nan", "nan", None, None),
        ("", "", None, None),
        (1999, "1999", None, "the number 1999, taken as text"),
        (2.0, "2", None, "the number 2.0, taken as text"),
        (0.5, "0.5", None, "the number 0.5, taken as text"),
        (["rock"], "rock", None, None),
        ([["rock", "pop"]], "rock", None, "a list, of which the first entry counts"),
        (None, None, "no-answer: the file has none for it", None),
        ([], None, "no-answer: the file has none for it", None),
        (True, None, "no-answer: true is no text", "true, which is no answer"),
        ([False], None, "no-answer: false is no text", "false, which is no answer"),
        (NAN, None, "no-answer: NaN is no text", "NaN, which is no answer"),
        (float("inf"), None, "no-answer: Infinity is no text", "Infinity, which is no answer"),
        ({"text": "rock"}, None, "no-answer: an object is no text", "an object, which is no answer"),
    ],
)
@pytest.mark.parametrize("program", ["jsonl", "cmi-bench", "lmms-eval"])
def test_what_is_no_text_is_an_answer_or_none_and_told(
    tmp_path: Path,
    program: str,
    value: Any,
    answer: str | None,
    error: str | None,
    odd: str | None,
) -> None:
    key, clip = {"jsonl": ("answer", "clip_id"), "cmi-bench": ("response", "audioid")}.get(
        program, ("filtered_resps", "input_media")
    )
    file = lines(tmp_path / "a.jsonl", [{clip: "a", key: value}, {clip: "b", key: "x"}])
    found = formats.read(file, program)[0]
    assert (found.answer, found.error, found.odd) == (answer, error, odd)


@pytest.mark.parametrize(
    ("value", "references", "none"),
    [
        ("rock", ("rock",), None),
        (["a", "b"], ("a", "b"), None),
        ([["a"], "b", "a", NAN, None, True, {"x": 1}, 3], ("a", "b", "3"), None),
        (3.0, ("3",), None),
        (None, (), None),
        ([], (), None),
        (NAN, (), "NaN"),
        (True, (), "true"),
        ({"a": 1}, (), "an object"),
        ([NAN], (), "a list"),
    ],
)
@pytest.mark.parametrize(
    ("program", "key"), [("jsonl", "reference"), ("cmi-bench", "correct_answer"), ("lmms-eval", "target")]
)
def test_every_reference_of_a_list_counts_and_what_is_no_text_is_none(
    tmp_path: Path,
    program: str,
    key: str,
    value: Any,
    references: tuple[str, ...],
    none: str | None,
) -> None:
    named = {"clip_id": "a", "answer": "x", "audioid": "a", "response": "x", "input_media": "a", "filtered_resps": "x"}
    found = _one(tmp_path, program, named | {key: value})
    assert (found.references, found.no_reference) == (references, none)


@pytest.mark.parametrize(
    ("error", "told"), [("boom", "boom"), (NAN, None), (False, None), ("", None), ({"a": 1}, '{"a": 1}')]
)
def test_a_failure_is_told_in_the_words_of_the_file(tmp_path: Path, error: object, told: str | None) -> None:
    rows = [{"clip_id": 12.0, "answer": None, "error": error}, {"clip_id": True, "answer": "x"}]
    first, second = formats.read(lines(tmp_path / "a.jsonl", rows), "jsonl")
    assert (first.ids, first.error) == (("12",), told or "no-answer: the file has none for it")
    assert second.ids == ()


def test_references_of_the_file_are_counted_all(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.publish()
    rows = [
        {"clip_id": "1", "answer": "slow piano", "reference": ["loud drums", "slow piano"]},
        {"clip_id": "2", "answer": "a", "reference": NAN},
        {"clip_id": "3", "answer": True, "reference": "a"},
    ]
    notes = Notes()
    file = lines(tmp_path / "a.jsonl", rows)
    run = take(home, file, notes, "jsonl", dataset="tones", references="file", task="caption")
    assert [q.references for q in run.questions()] == [("loud drums", "slow piano"), ("a",)]
    assert metric(run, "rouge1_f") == 0.5
    assert run.answers()["tones/3"].error == "no-answer: true is no text"
    assert "1 answer did not join: 2: there is no reference: NaN is none." in notes.said
    assert "1 answer is no text in the file: 3: true, which is no answer." in notes.said
    labels = [{"clip_id": "1", "answer": "high", "reference": ["low", "HIGH"]}]
    genre = take(home, lines(tmp_path / "b.jsonl", labels), format="jsonl", dataset="tones", references="file")
    assert [q.references for q in genre.questions()] == [("low", "high")]
    assert metric(genre, "accuracy") == 1.0


def test_an_import_that_fails_leaves_nothing(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mudata.evaluation.answer_import import importer

    corpus.publish()
    file = lines(tmp_path / "a.jsonl", [{"clip_id": "1", "answer": "low", "reference": "low"}])

    def failing(*_: object) -> None:
        raise EvaluationError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(importer.score, "score", failing)
        with pytest.raises(EvaluationError, match="on fire"):
            take(home, file, format="jsonl", dataset="tones", references="file")
    assert [path.name for path in home.root.iterdir() if path.name in ("runs", "importing")] == []
    run = take(home, file, format="jsonl", dataset="tones", references="file")
    assert (run.folder / "scores.json").exists()
    assert run.folder.parent == home.runs
    assert not (home.root / "importing").exists()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"audioid": "x", "response": ' + b"[" * 100_000, r"a\.jsonl, line 1: .*nested more than 100 deep"),
        (b"[" * 100_000, r"a\.jsonl, line 1: .*nested more than 100 deep"),
        (
            b'{"audioid": "x"}\n{"audioid": ' + b"7" * 5000 + b"}",
            r"a\.jsonl, line 2: no JSON: a number of 5,000 digits",
        ),
        (b'[{"audioid": "x",\n "response": ' + b"7" * 5000 + b"}]", r"a\.jsonl, line 2: no JSON: a number of 5,000"),
        (b'{"audioid": "x"}\n\xe9\n', r"a\.jsonl is not UTF-8 text .*, line 2"),
        (b'{"audioid": "x"', r"line 1: no JSON: it is cut short"),
        (b"7", r"answer 1 is no JSON object but a number"),
        (b"", r"has no answers"),
        (b"[]", r"has no answers"),
        (b'[{"audioid": "x", "response": "y"},]', r"a\.jsonl, line 1: no JSON"),
        (b'{"audioid": "x"}\n{oops\n', r"a\.jsonl, line 2: no JSON"),
        (b'["x"]', r"a\.jsonl: answer 1 is no JSON object"),
        (b'{"audioid": "\xff"}', r"is not UTF-8 text"),
        (
            b'{"audio": "x", "response": "y"}',
            r"No line of .* names a clip where cmi-bench has it. Its fields are audio, r",
        ),
        (b'{"audioid": "x", "said": "y"}', r"No line of .* has an answer where cmi-bench has it"),
    ],
)
def test_a_file_that_is_not_so_is_told_with_its_line(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    with pytest.raises(EvaluationError, match=what):
        formats.read(tmp_path / "a.jsonl", "cmi-bench")


# --------------------------------------------------------------------------------------- joining

GTZAN = [ClipNames(f"gtzan/blues.{i:05}", f"genres/blues/blues.{i:05}.wav") for i in range(3)]
JAMENDO = [ClipNames("jam/track_0000214", "14/214.low.mp3"), ClipNames("jam/track_0003524", "24/3524.mp3")]
TUBE = [ClipNames("caps/-aaaaaaaaa1", "audio/-aaaaaaaaa1.wav")]
TWINS = [ClipNames("a/x", "one/x.wav"), ClipNames("a/y", "two/x.wav"), ClipNames("b/x", "x.flac")]


@pytest.mark.parametrize(
    ("clips", "name", "clip_id"),
    [
        (GTZAN, "gtzan/blues.00001", "gtzan/blues.00001"),
        (GTZAN, "blues.00001", "gtzan/blues.00001"),
        (GTZAN, "/import/x/Data/genres_original/blues/blues.00001.wav", "gtzan/blues.00001"),
        (GTZAN, "C:\\data\\blues.00001.au", "gtzan/blues.00001"),
        (GTZAN, "blues/blues.00099.wav", None),
        (GTZAN[:1], "blues/blues.00099.wav", None),
        (GTZAN, "blues", None),
        (JAMENDO, "../MTG/audio-low/14/214.low.mp3", "jam/track_0000214"),
        (JAMENDO, "../MTG/audio-low/24/3524.low.mp3", "jam/track_0003524"),
        (JAMENDO, "track_0003524", "jam/track_0003524"),
        (JAMENDO, "35.mp3", None),
        (TUBE, "../audio/-aaaaaaaaa1.wav", "caps/-aaaaaaaaa1"),
        (TUBE, "-aaaaaaaaa1", "caps/-aaaaaaaaa1"),
        (TWINS, "a/x", "a/x"),
        (TWINS, "two/x.wav", "a/y"),
        (TWINS, "x", None),
        (TWINS, "x.wav", None),
        (TWINS, "x.flac", "b/x"),
    ],
)
def test_a_clip_is_known_by_any_name_that_only_it_has(clips: list[ClipNames], name: str, clip_id: str | None) -> None:
    joined = join([FileAnswer(1, (name,), "yes")], clips)
    assert list(joined.answers) == ([clip_id] if clip_id else [])
    assert len(joined.lost) == (clip_id is None)


def test_why_a_name_joins_nothing_is_told() -> None:
    names = [("x.wav",), (), ("one/x.wav",), ("elsewhere/one/x.wav",), ("b/x",), ("x.flac",)]
    given = [FileAnswer(place, name, "abcdef"[place - 1]) for place, name in enumerate(names, 1)]
    joined = join(given, TWINS)
    assert [(one.place, why) for one, why in joined.lost] == [
        (1, "'x.wav' may be any of 2 clips: a/x, a/y"),
        (2, "it has no id"),
        (3, "2 names in the file mean a/x: elsewhere/one/x.wav, one/x.wav"),
        (4, "2 names in the file mean a/x: elsewhere/one/x.wav, one/x.wav"),
        (6, "b/x has an answer under a more exact name"),
    ]
    assert {clip_id: one.answer for clip_id, one in joined.answers.items()} == {"b/x": "e"}


def test_the_second_name_of_an_answer_is_tried_when_the_first_says_nothing() -> None:
    joined = join([FileAnswer(1, ("12", "two/x.wav"), "a")], TWINS)
    assert list(joined.answers) == ["a/y"]


# ---------------------------------------------------------------------------------- the command line


def test_published_answers_are_scored_in_one_command(corpus: Corpus, tmp_path: Path) -> None:
    corpus.publish()
    done = typed("import-answers", all_right(tmp_path), "--format", "cmi-bench", "--dataset", "tones",
                 "--task", "genre", "--references", "file", "--model", "them")  # fmt: skip
    assert done.code == 0
    assert "100.0 % [too few to say]" in done.out
    assert done.err.startswith("6 answers joined to 6 clips.\n")
    assert "Run: " in done.err
    wrong = typed("import-answers", tmp_path / "none", "--format", "cmi-bench", "--model", "x")
    assert (wrong.code, wrong.out) == (2, "")
    assert typed("import-answers", all_right(tmp_path), "--format", "x", "--model", "x").code == 2


@pytest.mark.parametrize("command", ["score", "override", "import-answers"])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mudata.cli import cli;"
        f"assert CliRunner().invoke(cli, [{command!r}, '--help']).exit_code == 0;"
        "print({'torch', 'numpy', 'duckdb', 'pyarrow', 'transformers', 'pydantic', 'httpx2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_formats_of_the_command_are_those_that_can_be_read() -> None:
    from mudata.cli.cmd_score import import_answers

    (option,) = [option for option in import_answers.params if option.name == "format_"]
    assert option.to_info_dict()["type"]["choices"] == tuple(formats.FORMATS)


# ------------------------------------------------------------------------------ published answers


@pytest.mark.shared
@pytest.mark.parametrize(("model", "accuracy"), [("qwen", 73.8), ("qwen2", 63.1), ("mullama", 15.2), ("ltu", 1.0)])
def test_published_genres_have_their_known_accuracy(home: Home, shared: Path, model: str, accuracy: float) -> None:
    file = shared / "data" / "answers" / "cmi-bench" / f"{model}_GTZAN.jsonl"
    run = take(home, file, dataset="gtzan", references="file", model=model)
    assert run.scores["n"] == 290
    assert round(100 * metric(run, "accuracy"), 1) == accuracy
    assert run.questions()[0].item_id == "gtzan/blues.00012"


@pytest.mark.shared
def test_published_genres_have_the_artists_of_the_index(home: Home, shared: Path) -> None:
    shelf.gtzan(home, shared)
    file = shared / "data" / "answers" / "cmi-bench" / "qwen_GTZAN.jsonl"
    answers = read_answers(take(home, file, dataset="gtzan", references="file", model="qwen"))
    clusters = [item.cluster for item in answers]
    assert (len(clusters), counted(clusters), unknown(clusters)) == (290, "111 artists", 5)


@pytest.mark.shared
@pytest.mark.slow
def test_published_captions_have_their_known_rouge(home: Home, shared: Path) -> None:
    file = shared / "data" / "answers" / "cmi-bench" / "qwen_MusicCaps.jsonl"
    run = take(home, file, dataset="musiccaps", references="file", task="caption")
    assert run.scores["n"] == 2813
    found = [round(metric(run, f"rouge{kind}_{part}"), 4) for kind in "1L" for part in "prf"]
    assert found == [0.3043, 0.0768, 0.1079, 0.2668, 0.0642, 0.0916]


@pytest.mark.shared
@pytest.mark.slow
def test_published_tags_join_by_the_tail_of_their_path(home: Home, shared: Path) -> None:
    file = shared / "data" / "answers" / "cmi-bench" / "qwen2_MTG_emotion.jsonl"
    given = formats.read(file, "cmi-bench")
    table = shared / "data" / "jamendo" / "splits" / "split-0" / "autotagging_moodtheme-test.tsv"
    rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
    joined = join(given, [ClipNames(f"mtg_jamendo/{row[0]}", row[3].replace(".mp3", ".low.mp3")) for row in rows])
    originals = join(given, [ClipNames(f"mtg_jamendo/{row[0]}", row[3]) for row in rows])
    assert (len(joined.answers), joined.lost) == (4231, ())
    assert originals == joined
    tags = {f"mtg_jamendo/{row[0]}": {tag.removeprefix("mood/theme---") for tag in row[5:]} for row in rows}
    same = sum(tags[c] == set(one.references[0].replace(" ", "").split(",")) for c, one in joined.answers.items())
    assert same == 4231
