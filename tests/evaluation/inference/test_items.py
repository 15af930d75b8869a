"""Items about one clip or several: heard whole or not asked, known by their own id, and gone on with after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bars import Bars
from shell import typed
from small_corpus import AskedOf, Corpus

from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.inference.runner import EvalRequest, evaluate, preview
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities, Ranking
from mudata.evaluation.run import Run, all_runs

if TYPE_CHECKING:
    from mudata.home import Home

PAIRS = tuple(
    AskedOf(f"pair{n}", "higher", clips, truth)
    for n, (clips, truth) in enumerate(
        [
            ((0, 1), "second"),  # low, mid
            ((4, 3), "first"),
            ((6, 8), "second"),  # low, high: from here on in the test part
            ((7, 6), "first"),
            ((9, 11), "second"),
            ((10, 9), "first"),
            ((5, 6), "first"),  # torn
        ]
    )
)
"""Clips 0 to 5 train, 6 to 11 test; i % 3 is low, mid or high."""
PITCHES = tuple(AskedOf("", "pitch", (i,), f"{(110, 660, 3520)[i % 3] + 3 * i}", "number") for i in range(12))
NAMES = tuple(
    AskedOf(name, "name", (i,), name, "choose", f"What is it called, {name} or not?", ("alice", "bob", "carol", name))
    for i, name in ((i, f"name{i}") for i in range(12))
)
TUNES = tuple(AskedOf("", "tune", (i,), ("C major", "A minor", "A minor")[i % 3], "key") for i in range(12))
ASCENTS = (
    AskedOf("up1", "ascent", (8, 6, 7), "2 3 1", "order", cluster="p"),
    AskedOf("up2", "ascent", (9, 10, 11), "1 2 3", "order", cluster="p"),
    AskedOf("up0", "ascent", (0, 1, 2), "1 2 3", "order"),
)
ALL = (*PAIRS, *PITCHES, *NAMES, *TUNES, *ASCENTS)


def hertz(clip: Clip) -> float:
    spectrum = np.abs(np.fft.rfft(clip.audio))
    return float(spectrum.argmax() * clip.sample_rate / len(clip.audio))


class Ear:
    """Hears which of two clips is higher, how high one is, and in which order they rise."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=3, max_clips=3, gives_logits=True)
    asked: list[list[Item]] = []  # noqa: RUF012 - the test's notebook

    def load(self) -> None:
        """Nothing to load."""

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        type(self).asked.append(list(items))
        return [Answer(self.said(item)) for item in items]

    def said(self, item: Item) -> str:
        pitches = [hertz(clip) for clip in item.clips]
        match item.question.kind:
            case "pair":
                return ("first", "second")[int(np.argmax(pitches))]
            case "order":
                return " ".join(str(i + 1) for i in np.argsort(pitches))
            case "number":
                return f"{pitches[0]:.1f} {item.question.unit}"
            case _:
                return item.question.options[0]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        higher = [max(map(hertz, item.clips)) for item in items]
        return [
            Ranking(tuple(-hz * n for n, _ in enumerate(item.question.options, 1)))
            for hz, item in zip(higher, items, strict=True)
        ]

    def describe(self) -> dict[str, object]:
        return {}


class OneEar(Ear):
    """Hears one clip at a time, and reports what it got."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=3)

    def said(self, item: Item) -> str:
        return "first" if item.clip.audio.any() else "silence"


class ShortEar(OneEar):
    """Hears 2.45 seconds: two clips of .6 and .8 s and a second between them, and no more."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=3, max_seconds=2.45)


class HalfDeaf(Ear):
    """Looks at the first clip alone."""

    def said(self, item: Item) -> str:
        return "first" if item.clips[0].audio.any() else "second"


class Notes(Bars):
    """Keeps what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    for model in (Ear, OneEar, ShortEar):
        monkeypatch.setattr(model, "asked", [])
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.halves(items=ALL)
    return corpus


def ask(home: Home, model: str = "Ear", notes: Notes | None = None, **more: Any) -> Run:
    name = model if model.islower() else f"{__name__}:{model}"
    return evaluate(home, EvalRequest(**{"model": name, "split": "half", "task": "higher"} | more), notes or Notes())


def lines(run: Run, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.folder / f"{name}.jsonl").read_text().splitlines()]


def answers(run: Run) -> dict[str, str | None]:
    return {item_id: record.answer for item_id, record in run.answers().items()}


WHOLE = ["tones/pair2", "tones/pair3", "tones/pair4", "tones/pair5"]


def test_items_whose_clips_are_all_in_the_part_are_asked_and_torn_ones_are_counted_and_told(
    corpus: Corpus, home: Home
) -> None:
    notes = Notes()
    run = ask(home, notes=notes)
    assert answers(run) == dict(zip(WHOLE, ["second", "first", "second", "first"], strict=True))
    assert "1 item has clips in part 'test' and others outside of it; they are not asked." in notes.said
    assert (run.settings.items_torn, run.settings.clips, run.settings.clips_without_reference) == (1, 4, 0)
    assert [[item.item_id for item in call] for call in Ear.asked] == [WHOLE[:3], WHOLE[3:]]
    assert [clip.clip_id for clip in Ear.asked[0][0].clips] == ["tones/06", "tones/08"]


def test_a_part_without_a_whole_item_is_refused_with_the_number_of_torn_ones(corpus: Corpus, home: Home) -> None:
    corpus.split("single", {"test": {"tones/06": ""}})
    with pytest.raises(EvaluationError, match=r"No item of the task 'higher' has all .* in part 'test'; 3 have some"):
        ask(home, split="single")
    corpus.split("outside", {"test": {"tones/02": ""}})
    with pytest.raises(EvaluationError, match="No clip of part 'test' has an item of the task 'higher'"):
        ask(home, split="outside")


def test_files_of_a_run_know_items_by_their_own_id_and_clips_by_theirs(corpus: Corpus, home: Home) -> None:
    run = ask(home, rank=True)
    question, answer, ranking = lines(run, "questions")[0], lines(run, "answers")[0], lines(run, "rankings")[0]
    assert all("clip_id" not in line for line in (question, answer, ranking))
    assert {line["item_id"] for line in (question, answer, ranking)} == {"tones/pair2"}
    assert [clip["clip_id"] for clip in question["clips"]] == ["tones/06", "tones/08"]
    assert [clip["artist"] for clip in question["clips"]] == ["artist 3", "artist 4"]
    assert (question["gold"], question["options"]) == (["second"], ["first", "second"])
    assert "Which is the higher one?" in question["prompt"]
    assert "joined" not in answer
    assert answer["heard_s"] == pytest.approx(0.7 + 0.5)
    assert ranking["options"] == ["first", "second"]
    read = run.questions()[0]
    assert (read.item_id, read.clip_ids, read.is_clip) == ("tones/pair2", ("tones/06", "tones/08"), False)
    assert run.rankings()["tones/pair2"].loglik[0] > run.rankings()["tones/pair2"].loglik[1]


def test_an_item_that_is_a_clip_keeps_the_clips_id(corpus: Corpus, home: Home) -> None:
    run = ask(home, task="pitch")
    question, answer = lines(run, "questions")[0], lines(run, "answers")[0]
    assert question["clip_id"] == answer["clip_id"] == "tones/06"
    assert "item_id" not in question | answer
    assert "clips" not in question
    assert question["artist"] == "artist 3"
    assert question["duration_s"] == pytest.approx(0.7)
    assert answers(run)["tones/06"] == "128.6 Hz"  # 128, in a spectrum of .7 s
    (task,) = run.settings.tasks
    assert task.scale is not None
    assert (task.scale.unit, task.majority) == ("Hz", "110")
    assert run.tasks["tones"].asked("?", ()).scale == task.scale


def test_items_of_one_piece_and_items_that_share_a_clip_are_no_independent_evidence(corpus: Corpus, home: Home) -> None:
    from mudata.catalog.item_clusters import item_cluster_ids

    pairs = item_cluster_ids(question.evidence for question in ask(home).questions())
    assert pairs["tones/pair2"] == pairs["tones/pair3"]  # clip 6
    assert pairs["tones/pair4"] == pairs["tones/pair5"]  # clip 9, by an artist who also has clip 8
    orders = ask(home, task="ascent").questions()
    assert {question.cluster for question in orders} == {"p"}
    assert len(set(item_cluster_ids(question.evidence for question in orders).values())) == 1


# ------------------------------------------------------------------------- several clips, one ear


def test_a_model_that_hears_one_clip_gets_several_as_one_with_a_gap_and_is_told(corpus: Corpus, home: Home) -> None:
    run = ask(home, "OneEar")
    item = OneEar.asked[0][0]
    assert item.question.prompt.startswith(
        "You hear 2 clips one after the other, with 1 second of silence between them. Listen to the two clips of music."
    )
    first, second = (round(8000 * seconds) for seconds in (0.7, 0.5))
    assert len(item.clip.audio) == first + 8000 + second
    assert not item.clip.audio[first : first + 8000].any()
    assert item.clip.audio[: first - 1].any()
    assert hertz(Clip("x", item.clip.audio[first + 8000 :], 8000)) == pytest.approx(3544, abs=3)
    line = lines(run, "answers")[0]
    assert line["joined"] == 1.0
    assert line["heard_s"] == pytest.approx(1.2)
    assert run.answers()["tones/pair2"].joined == 1.0
    assert "You hear" not in lines(run, "questions")[0]["prompt"]
    assert run.settings.sessions[0].capabilities["max_clips"] == 1


def test_clips_that_do_not_fit_as_one_are_a_failure_that_says_why(corpus: Corpus, home: Home) -> None:
    run = ask(home, "ShortEar")
    assert {item_id: record.error for item_id, record in run.answers().items()} == {
        "tones/pair2": None,  # .7 + 1 + .5 s
        "tones/pair3": "too-many-clips: 2 clips, and this model tells 1 apart; as one they are 2.5 s, and it hears "
        "2.45 s",
        "tones/pair4": None,
        "tones/pair5": None,
    }
    assert run.failures() == {"too-many-clips": 1}
    assert [item.item_id for call in ShortEar.asked for item in call] == ["tones/pair2", "tones/pair4", "tones/pair5"]


def test_an_answer_about_clips_of_which_one_was_not_heard_is_refused(corpus: Corpus, home: Home) -> None:
    with pytest.raises(EvaluationError, match="answered about tones/08 without taking its audio"):
        ask(home, "HalfDeaf")


def test_a_model_of_0_1_0_hears_several_clips_as_one(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "former_ear.py").write_text(
        "from mudata.evaluation.protocol import Answer, ModelCapabilities\n"
        "class Ear:\n"
        "    capabilities = ModelCapabilities(batch=4)\n"
        "    def load(self): ...\n"
        "    def answer(self, clips, question):\n"
        "        return [Answer(f'{len(c.audio) / c.sample_rate:.1f} {question.options[0]}') for c in clips]\n"
        "    def describe(self): return {}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`"):
        run = evaluate(home, EvalRequest(model="former_ear:Ear", split="half", task="higher"))
    assert answers(run)["tones/pair2"] == "2.2 first"
    with pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`"):
        run = evaluate(
            home, EvalRequest(model="former_ear:Ear", split="half", task="name")
        )  # each with its own options
    options = {question.item_id: question.options for question in run.questions()}
    assert {item_id: (said or "").split()[-1] for item_id, said in answers(run).items()} == {
        item_id: of_item[0] for item_id, of_item in options.items()
    }


# --------------------------------------------------------------------------------- words and options


def test_a_batch_holds_items_with_questions_and_options_of_their_own(corpus: Corpus, home: Home) -> None:
    run = ask(home, task="name")
    call = Ear.asked[0]
    assert len({item.question.prompt for item in call}) == len(call) == 3
    assert all(item.question.numbered for item in call)
    recorded = {question.item_id: question for question in run.questions()}
    for item in call:
        number = item.item_id.removeprefix("tones/")
        shown = ", ".join(f"({i}) {option}" for i, option in enumerate(item.question.options, 1))
        assert f"What is it called, {number} or not? Choose exactly one of these: {shown}." in item.question.prompt
        assert recorded[item.item_id].options == item.question.options
        assert recorded[item.item_id].prompt == item.question.prompt
        assert sorted(item.question.options) == sorted(["alice", "bob", "carol", number])


def test_options_are_shown_in_an_order_that_the_seed_draws_for_every_item(corpus: Corpus, home: Home) -> None:
    shown = {}
    for seed in (0, 1):
        run = ask(home, task="name", seed=seed, rank=True)
        shown[seed] = {question.item_id: question.options for question in run.questions()}
        assert {item_id: line.options for item_id, line in run.rankings().items()} == shown[seed]
    assert shown[0] != shown[1]
    assert len({options.index("alice") for options in shown[0].values()}) > 1
    item_id, options = next(iter(shown[0].items()))
    by_hash = sorted(options, key=lambda option: hashlib.sha256(f"0\0{item_id}\0{option}".encode()).digest())
    assert options == tuple(by_hash)


def test_ones_own_words_are_filled_with_what_is_the_items(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("{question} [{noun}] [{options}] [{unit}]")
    ask(home, task="name", prompt=str(tmp_path / "mine.txt"), limit=1)
    item = Ear.asked[0][0]
    shown = ", ".join(f"({i}) {option}" for i, option in enumerate(item.question.options, 1))
    number = item.item_id.removeprefix("tones/")
    assert item.question.prompt == f"What is it called, {number} or not? [name] [{shown}] []"
    run = ask(home, task="pitch", prompt=str(tmp_path / "mine.txt"), limit=1)
    assert Ear.asked[1][0].question.prompt == "What is the pitch of this music, in Hz? [pitch] [] [Hz]"
    assert run.settings.tasks[0].prompt_id == "file:mine"
    assert run.settings.prompt_warnings == ()
    (tmp_path / "other.txt").write_text("Say the {genre}.")
    warned = ask(home, task="pitch", prompt=str(tmp_path / "other.txt"), limit=1).settings.prompt_warnings
    assert any("it has no {question}" in text for text in warned)
    assert any("only {question}, {noun}, {options} and {unit} are filled in" in text for text in warned)
    with pytest.raises(
        EvaluationError, match=r"'pair-1' is none for questions of kind number.\nIt has: number-1, count-1"
    ):
        ask(home, task="pitch", prompt="pair-1")


def test_letters_are_refused_where_options_have_numbers(corpus: Corpus, home: Home) -> None:
    with pytest.raises(EvaluationError, match="letters are for questions with one answer"):
        ask(home, letters=True)
    with pytest.raises(EvaluationError, match="tones/06 has no options to rank: a pitch is asked for"):
        ask(home, task="pitch", rank=True)


def test_a_preview_shows_the_first_item_as_it_would_be_asked(corpus: Corpus, home: Home) -> None:
    first = preview(home, EvalRequest(model=f"{__name__}:Ear", split="half", task="higher"))["first"]
    assert (first["item_id"], first["clips"]) == ("tones/pair2", ("tones/06", "tones/08"))
    assert (first["options"], first["gold"]) == (("first", "second"), ("second",))
    assert "clip_id" not in first
    assert (
        preview(home, EvalRequest(model=f"{__name__}:Ear", split="half", task="pitch"))["first"]["clip_id"]
        == "tones/06"
    )


def test_a_dry_run_prints_the_first_item_with_its_clips(corpus: Corpus) -> None:
    done = typed("eval", "--model", "random", "--split", "half", "--task", "higher", "--dry-run")
    assert done.code == 0
    assert "Items:    4 of part test of split half; 1 have clips outside of it and are not asked" in done.out
    assert "First:    tones/pair2 about tones/06, tones/08, reference: second" in done.out
    assert (
        "Clips:    6 of part test"
        in typed("eval", "--model", "random", "--split", "half", "--task", "pitch", "--dry-run").out
    )


# ------------------------------------------------------------------------------- limits and going on


def test_a_limit_counts_items_and_a_smaller_one_is_a_subset(corpus: Corpus, home: Home) -> None:
    asked = [set(answers(ask(home, limit=limit))) for limit in (1, 2, 3, 100)]
    assert [len(ids) for ids in asked] == [1, 2, 3, 4]
    assert asked[0] < asked[1] < asked[2] < asked[3] == set(WHOLE)
    assert set(answers(ask(home, limit=2, seed=5))) != asked[1]


def test_what_was_answered_is_not_asked_again_unless_its_question_or_a_clip_changed(corpus: Corpus, home: Home) -> None:
    before = ask(home)
    assert ask(home).id == before.id
    assert len(Ear.asked) == 2
    changed = [item for item in ALL if item.name != "pair3"]
    renamed = AskedOf("pair3", "higher", (7, 6), "first", question="Which one is the higher of both?")
    corpus.publish(items=(*changed, renamed))
    run = ask(home)
    assert run.id == before.id
    assert [item.item_id for item in Ear.asked[2]] == ["tones/pair3"]
    assert Ear.asked[2][0].question.prompt.startswith(
        "Listen to the two clips of music. Which one is the higher of both?"
    )
    swapped = AskedOf("pair3", "higher", (6, 7), "second", question="Which one is the higher of both?")
    corpus.publish(items=(*changed, swapped))
    assert answers(ask(home))["tones/pair3"] == "second"
    assert len(Ear.asked) == 4


SLOW = """
import os, time
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Slow:
    capabilities = ModelCapabilities(batch=1, max_clips=2)
    def load(self): pass
    def answer(self, items):
        with open("asked.txt", "a") as file:
            file.writelines(f"{i.item_id} {[c.audio.size for c in i.clips]}\\n" for i in items)
        time.sleep(float(os.environ["PACE"]))
        return [Answer("first") for _ in items]
    def describe(self): return {}
"""


def test_a_run_of_pairs_that_was_killed_asks_only_what_is_open(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    (tmp_path / "slow_pairs.py").write_text(SLOW)
    words = ["eval", "--model", "slow_pairs:Slow", "--split", "half", "--task", "higher", "-q"]
    command, log = [sys.executable, "-m", "mudata", *words], tmp_path / "asked.txt"
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PACE": "0.3"}, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while process.poll() is None and not (log.exists() and len(log.read_text().splitlines()) >= 3):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = [line.split()[0] for line in log.read_text().splitlines()]
    kept = set(all_runs(home)[0].answers())
    assert 2 <= len(kept) < 4
    assert len(set(asked) - kept) <= 1
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PACE": "0"}, check=True, stdout=subprocess.DEVNULL)
    after = [line.split()[0] for line in log.read_text().splitlines()][len(asked) :]
    assert set(after) == set(WHOLE) - kept
    (run,) = all_runs(home)
    assert set(answers(run)) == set(WHOLE)


# ------------------------------------------------------------------------------------- controls


def test_swapped_audio_is_that_of_an_item_without_a_clip_in_common(corpus: Corpus, home: Home) -> None:
    run = ask(home, control="swap-audio")
    clips = {question.item_id: question.clip_ids for question in run.questions()}
    heard = {item_id: str(record.heard_clip) for item_id, record in run.answers().items()}
    assert sorted(heard.values()) == WHOLE
    assert all(not set(clips[item_id]) & set(clips[other]) for item_id, other in heard.items())
    asked = {item.item_id: item for call in Ear.asked for item in call}
    for item_id, other in heard.items():
        assert [clip.clip_id for clip in asked[item_id].clips] == list(clips[item_id])  # the model is not told
        expected = [(110, 660, 3520)[int(i[-2:]) % 3] + 3 * int(i[-2:]) for i in clips[other]]
        assert [hertz(clip) for clip in asked[item_id].clips] == pytest.approx(expected, abs=2)
    assert run.settings.control == "swap-audio"


def test_silence_is_as_long_as_every_clip(corpus: Corpus, home: Home) -> None:
    ask(home, control="silence")
    assert not any(clip.audio.any() for call in Ear.asked for item in call for clip in item.clips)
    assert [len(clip.audio) for clip in Ear.asked[0][0].clips] == [5600, 4000]


def test_there_is_nothing_to_swap_where_all_items_share_a_clip(corpus: Corpus, home: Home) -> None:
    together = [AskedOf(f"pair{i}", "higher", (6, 7 + i), "second") for i in range(3)]
    corpus.publish(items=(*together, *TUNES))
    with pytest.raises(EvaluationError, match="The 3 items asked of tones share so many clips"):
        ask(home, control="swap-audio")
    with pytest.raises(EvaluationError, match="is the only item asked of tones"):
        ask(home, control="swap-audio", limit=1)


# ------------------------------------------------------------------------------------- baselines


def test_random_draws_from_what_may_be_answered(corpus: Corpus, home: Home) -> None:
    from mudata.evaluation.kinds.key_kind import KEYS

    pairs = [answers(ask(home, "random", seed=seed)) for seed in range(8)]
    assert {said for run in pairs for said in run.values()} == {"first", "second"}
    assert pairs[0] == answers(ask(home, "random", seed=0))
    pitches = [float(said or "nan") for said in answers(ask(home, "random", task="pitch")).values()]
    assert all(20 <= pitch <= 8000 for pitch in pitches)
    assert len(set(pitches)) == 6
    assert set(answers(ask(home, "random", task="tune")).values()) <= set(KEYS)
    assert all(
        sorted((said or "").split()) == ["1", "2", "3"] for said in answers(ask(home, "random", task="ascent")).values()
    )
    names = ask(home, "random", task="name")
    assert all(answers(names)[question.item_id] in question.options for question in names.questions())


def test_majority_and_constant_say_the_commonest_truth_of_the_train_part(corpus: Corpus, home: Home) -> None:
    assert set(answers(ask(home, "majority", task="tune")).values()) == {"A minor"}
    assert set(answers(ask(home, "constant", task="tune")).values()) == {"A minor"}
    assert set(answers(ask(home, "majority", task="ascent")).values()) == {"1 2 3"}
    run = ask(home, "majority")
    assert set(answers(run).values()) == {"first"}  # of two pairs to learn from, one each: the first option
    assert run.settings.sessions[0].fitted["tones"] == {"on": "train part", "clips": 2, "undecodable": []}
    assert set(answers(ask(home, "constant")).values()) == {"first"}


def test_a_model_that_learns_gets_whole_items_of_the_train_part(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons: list[tuple[str, list[str | None], tuple[str, ...]]] = []

    def fit(self: Ear, train: Any) -> None:
        lessons.extend((item.item_id, [clip.group for clip in item.clips], right) for item, right in train)

    monkeypatch.setattr(Ear, "needs_fit", ("pair",), raising=False)
    monkeypatch.setattr(Ear, "fit", fit, raising=False)
    ask(home)
    assert lessons == [
        ("tones/pair0", ["artist 0", "artist 0"], ("second",)),
        ("tones/pair1", ["artist 2", "artist 1"], ("first",)),
    ]


def test_models_that_only_know_labels_say_so(corpus: Corpus, home: Home) -> None:
    with pytest.raises(ModelError, match="'features' answers no question of kind pair"):
        ask(home, "features")
