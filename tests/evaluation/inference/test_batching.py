"""Asking models that misbehave: everything is recorded, nothing is invented, and the same command goes on."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell import spawned, typed
from small_corpus import Corpus

from mudata.catalog.index import database
from mudata.errors import EvaluationError, ModelError, UnknownName
from mudata.evaluation.inference import batching
from mudata.evaluation.inference.runner import EvalRequest, evaluate, preview
from mudata.evaluation.models import hardware
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities, Ranking
from mudata.evaluation.run import Run, all_runs
from mudata.narration import Progress
from mudata.safe_text import printable

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


class Odd:
    """Says and does what the test at hand wants."""

    capabilities = ModelCapabilities(batch=4, gives_logits=True)
    says: Callable[[Clip], object] = staticmethod(lambda clip: Answer("low"))  # type: ignore[assignment]
    ranks: Callable[[Sequence[Clip]], list[object]]
    asked: list[list[str]] = []  # noqa: RUF012 - the test's notebook
    ranked: list[list[str]] = []  # noqa: RUF012

    def load(self) -> None:
        pass

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        clips = [item.clip for item in items]
        assert all(clip.audio.any() for clip in clips)
        assert all(clip.group is None for clip in clips)  # nobody learns who plays
        type(self).asked.append([clip.clip_id for clip in clips])
        return [type(self).says(clip) for clip in clips]  # type: ignore[misc]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        clips = [item.clip for item in items]
        assert all(clip.audio.any() for clip in clips)
        type(self).ranked.append([clip.clip_id for clip in clips])
        return type(self).ranks(clips)  # type: ignore[return-value]

    def describe(self) -> dict[str, object]:
        return {}


class Dumb(Odd):
    capabilities = ModelCapabilities(batch=4)


ODD = f"{__name__}:Odd"


class Notes(Progress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setattr(Odd, "asked", [])
    monkeypatch.setattr(Odd, "ranked", [])
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.halves()
    return corpus


def ask(home: Home, notes: Progress | None = None, **more: object) -> Run:
    request = {"model": ODD, "split": "half", "task": "genre"} | more
    return evaluate(home, EvalRequest(**request), notes or Notes())  # type: ignore[arg-type]


def saying(monkeypatch: pytest.MonkeyPatch, says: Callable[[Clip], object]) -> None:
    monkeypatch.setattr(Odd, "says", staticmethod(says))


# ------------------------------------------------------------------------------- odd answers


ODDITIES = {
    "NUL": "low\0high",
    "control characters": "\x01\x1b[31mlow\x7f\r\n\t",
    "line separators": "low\u2028high\u2029\x85mid\x0b\x0c",
    "markup": '"}\n{"clip_id": "x"} <script>',
    "beyond the BMP": "lo\U0001f3b5w",
    "nothing": "",
    "much": "low " * 50_000,
}


@pytest.mark.parametrize("name", ODDITIES)
def test_odd_answers_are_kept_whole_but_for_control_characters_and_can_be_read_everywhere(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    saying(monkeypatch, lambda clip: Answer(ODDITIES[name]))
    run = ask(home)
    assert {record.answer for record in run.answers().values()} == {printable(ODDITIES[name])}
    assert len((run.folder / "answers.jsonl").read_bytes().split(b"\n")) == 7
    with database.connect(home) as connection:
        assert connection.sql("SELECT count(*), count(DISTINCT clip_id) FROM answers").fetchall() == [(6, 6)]
        (length,) = connection.sql("SELECT DISTINCT length(answer) FROM answers").fetchall()[0]
    assert length == len(ODDITIES[name])


def test_lone_surrogates_become_question_marks(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(
        monkeypatch, lambda clip: Answer("l\ud800ow") if clip.clip_id != "tones/07" else Failure("od\udfffd", "\ud800")
    )
    run = ask(home)
    assert run.answers()["tones/06"].answer == "l?ow"
    assert run.answers()["tones/07"].error == "od?d: ?"


def test_an_answer_beyond_all_measure_is_a_failure(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"tones/06": 0, "tones/07": 1}
    saying(monkeypatch, lambda clip: Answer("a" * (batching.LONGEST + times.get(clip.clip_id, 0))))
    run = ask(home)
    assert len(run.answers()["tones/06"].answer or "") == batching.LONGEST
    assert run.answers()["tones/07"].error == "too-long: an answer of 1,000,001 characters, and the limit is 1,000,000"
    assert run.failures() == {"too-long": 1}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(None), "an Answer whose text is a NoneType"),  # type: ignore[arg-type]
        (Answer(b"low"), "an Answer whose text is a bytes"),  # type: ignore[arg-type]
        (None, "The model gave a NoneType"),
        (Ranking((0.0,)), "The model gave a Ranking"),
    ],
)
def test_what_is_no_answer_ends_the_run(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, reply: object, said: str
) -> None:
    saying(monkeypatch, lambda clip: reply)
    with pytest.raises(ModelError, match=said):
        ask(home)
    assert all_runs(home) == []


# ---------------------------------------------------------------------------------- failures


def test_reasons_are_recorded_cut_to_size_and_counted(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(clip: Clip) -> Answer:
        if clip.clip_id == "tones/07":
            raise ValueError("tensor " * 10_000)
        if clip.clip_id in ("tones/08", "tones/09"):
            raise KeyError("token")
        return Answer("low")

    saying(monkeypatch, says)
    run = ask(home)
    errors = {clip_id: record.error for clip_id, record in run.answers().items() if record.error}
    assert len(errors["tones/07"] or "") == len("ValueError: ") + batching.LONGEST_REASON + len(" ...")
    assert errors["tones/08"] == "KeyError: 'token'"
    assert list(run.failures().items()) == [("KeyError", 2), ("ValueError", 1)]
    assert run.settings.sessions[0].failures == {"KeyError": 2, "ValueError": 1}


class Mute(Exception):
    """Its own text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("timeout_s", [None, 60.0])
def test_a_model_that_exits_or_raises_what_has_no_text_fails_at_its_items_alone(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, timeout_s: float | None
) -> None:
    raised: dict[str, BaseException] = {
        "tones/07": SystemExit(3), "tones/08": Mute(), "tones/09": asyncio.CancelledError("cancelled"),
    }  # fmt: skip

    def says(clip: Clip) -> Answer:
        if clip.clip_id in raised:
            raise raised[clip.clip_id]
        return Answer("low")

    saying(monkeypatch, says)
    run = ask(home, timeout_s=timeout_s)
    errors = {clip_id: record.error for clip_id, record in run.answers().items() if record.error}
    assert errors == {
        "tones/07": "SystemExit: the model wanted to end the program: 3",
        "tones/08": "Mute: a Mute without text (its __str__ raises RuntimeError)",
        "tones/09": "CancelledError: the model wanted to end the program: cancelled",
    }
    assert sum(record.answer == "low" for record in run.answers().values()) == 3


def test_an_interrupt_stays_one(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def says(clip: Clip) -> Answer:
        if clip.clip_id == "tones/08":
            raise KeyboardInterrupt
        return Answer("low")

    saying(monkeypatch, says)
    with pytest.raises(KeyboardInterrupt):
        ask(home)
    saying(monkeypatch, lambda clip: Answer("low"))
    assert len(ask(home).answers()) == 6


@pytest.mark.parametrize("method", ["load", "describe", "fit", "__init__"])
def test_a_model_that_exits_elsewhere_is_told_in_a_sentence(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def exits(*_: object) -> None:
        sys.exit("no licence server")

    saying(monkeypatch, lambda clip: Answer("low"))
    monkeypatch.setattr(Odd, method, exits, raising=False)
    monkeypatch.setattr(Odd, "needs_fit", ("classify",) if method == "fit" else (), raising=False)
    with pytest.raises(ModelError, match=r"wanted to end the program .* \(SystemExit: no licence server\)"):
        ask(home)


def test_a_run_without_a_single_answer_is_not_scored(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(monkeypatch, lambda clip: Failure("mood", "not today"))
    with pytest.raises(
        EvaluationError, match=r"Not one of the 6 clips was answered; .*mood: not today\nNothing was sc"
    ):
        ask(home)
    run = all_runs(home)[0]
    assert not (run.folder / "scores.json").exists()
    assert run.failures() == {"mood": 6}
    saying(monkeypatch, lambda clip: Answer("low"))
    assert ask(home).scores["outcomes"] == {"ALIGNED": 6}


def test_an_edited_manifest_is_refused(corpus: Corpus, home: Home) -> None:
    path = home.splits / "half.json"
    said = json.loads(path.read_text())
    said["parts"]["test"].pop()
    path.write_text(json.dumps(said))
    with pytest.raises(EvaluationError, match="The manifest of split half was changed"):
        ask(home)


# ----------------------------------------------------------------------------------- timeouts


HANGS = """
import time
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Hangs:
    capabilities = ModelCapabilities(batch=4)
    def load(self): pass
    def answer(self, items):
        clips = [item.clip for item in items]
        with open("asked.txt", "a") as file:
            print(*[clip.clip_id[-2:] for clip in clips], file=file)
        if any(clip.clip_id.endswith("07") for clip in clips):
            time.sleep(300)
        return [Answer("low") for clip in clips if clip.audio.any()]
    def describe(self): return {}
"""


def test_a_call_that_hangs_is_given_up_and_keeps_nothing_else_from_being_asked(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    corpus.split("all", {"test": corpus.publish("tones", clips=12)})
    (tmp_path / "hangs.py").write_text(HANGS)
    words = ("eval", "--model", "hangs:Hangs", "--split", "all", "--task", "genre", "--timeout", "0.7", "--json")

    def once() -> tuple[int, str, list[str]]:
        (tmp_path / "asked.txt").unlink(missing_ok=True)
        done = spawned(*words, cwd=tmp_path)
        return done.code, done.err, (tmp_path / "asked.txt").read_text().splitlines()

    code, err, batches = once()
    assert (code, batches) == (2, ["00 01 02 03", "04 05 06 07"])
    assert "hangs:Hangs took longer than 0.7 s and cannot be stopped from within; 4 of 12 clips have not been" in err
    run = all_runs(home)[0]
    assert run.failures() == {"timeout": 4}
    assert run.answers()["tones/07"].error == "timeout: no answer to 4 clips within 0.7 s"
    code, err, batches = once()
    assert (code, batches) == (0, ["08 09 10 11", "04", "05", "06", "07"])
    assert "1 of 12 clips failed and count as wrong: 1 timeout." in err
    assert once()[2] == ["07"]
    assert [session.timeout_s for session in run.settings.sessions] == [0.7] * 3


@pytest.mark.parametrize("enough", [60.0, 1e12, math.inf])
def test_with_time_enough_a_timeout_changes_nothing(corpus: Corpus, home: Home, enough: float) -> None:
    timed = ask(home, timeout_s=enough)
    assert timed.failures() == {}
    plain = ask(home)
    assert plain.id == timed.id
    assert len(Odd.asked) == 2


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"timeout_s": 0.0}, EvaluationError, "A timeout of 0.0 s is none"),
        ({"timeout_s": math.nan}, EvaluationError, "A timeout of nan s is none"),
        ({"on": "ray", "gpus_per_replica": math.nan}, EvaluationError, "nan is no number of GPUs"),
        ({"on": "ray", "gpus_per_replica": 1.5}, EvaluationError, "1.5 is no number of GPUs"),
        ({"control": "silense"}, UnknownName, "No control named 'silense'. Did you mean 'silence'"),
        ({"options_order": "shuffle"}, UnknownName, "No order of options named 'shuffle'. Did you mean 'shuffled'"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    corpus: Corpus, home: Home, more: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask(home, **more)


def test_what_a_model_raises_comes_through_a_timeout(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(clip: Clip) -> Answer:
        raise ModelError("The audio did not reach the model.")

    saying(monkeypatch, says)
    with pytest.raises(ModelError, match="did not reach"):
        ask(home, timeout_s=60.0)


# ------------------------------------------------------------------------------------ ranking


def ranking(monkeypatch: pytest.MonkeyPatch, ranks: Callable[[Sequence[Clip]], list[object]]) -> None:
    monkeypatch.setattr(Odd, "ranks", staticmethod(ranks), raising=False)


def by_length(clips: Sequence[Clip]) -> list[object]:
    return [Ranking((-float(clip.audio.size), -1.0, -2.5), (1, 2, 3)) for clip in clips]


def test_rankings_are_kept_beside_the_answers(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ranking(monkeypatch, by_length)
    run = ask(home, rank=True, options_order="shuffled")
    order = list(run.tasks["tones"].order)
    assert sorted(order) == ["high", "low", "mid"]
    assert run.tasks["tones"].question.options == tuple(run.tasks["tones"].written[label] for label in order)
    lines = run.rankings()
    assert list(lines) == [question.item_id for question in run.questions()]
    for line in lines.values():
        assert line.key
        assert list(line.options) == order
        assert list(line.loglik[1:]) == [-1.0, -2.5]
        assert list(line.tokens) == [1, 2, 3]
    assert run.settings.sessions[0].ranked == 6


def test_ranking_makes_no_other_run_and_goes_on(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ranking(monkeypatch, by_length)
    plain = ask(home)
    assert plain.rankings() == {}
    run = ask(home, rank=True)
    assert run.id == plain.id
    assert (len(Odd.asked), len(Odd.ranked)) == (2, 2)  # nothing was asked again
    whole = (run.folder / "rankings.jsonl").read_bytes().splitlines(keepends=True)
    (run.folder / "rankings.jsonl").write_bytes(b"".join(whole[:3]) + whole[3][:30])
    Odd.ranked.clear()
    ask(home, rank=True)
    assert Odd.ranked == [["tones/09", "tones/10", "tones/11"]]
    assert (run.folder / "rankings.jsonl").read_bytes() == b"".join(whole)


def test_a_ranking_that_fails_leaves_no_line_and_is_told(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ranks(clips: Sequence[Clip]) -> list[object]:
        if len(clips) > 1:
            raise RuntimeError("CUDA out of memory")
        if clips[0].clip_id == "tones/07":
            return [Failure("odd", "")]
        return [Ranking((math.nan if clips[0].clip_id == "tones/08" else -3.0, 0.0, 1.0))]

    ranking(monkeypatch, ranks)
    notes = Notes()
    run = ask(home, notes, rank=True)
    assert sorted(run.rankings()) == ["tones/06", "tones/09", "tones/10", "tones/11"]
    assert notes.said[-1] == "The options of 2 clips could not be ranked; the same command tries again."
    assert run.settings.sessions[0].halvings == 2
    assert run.failures() == {}


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"model": f"{__name__}:Dumb"}, ModelError, "cannot tell how likely an option is"),
        ({"model": "random"}, ModelError, "cannot tell how likely an option is"),
        ({"task": "caption"}, EvaluationError, "A caption has no options to rank"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    corpus: Corpus, home: Home, more: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask(home, rank=True, **more)


def test_a_ranking_of_other_options_is_refused(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ranking(monkeypatch, lambda clips: [Ranking((0.0, 1.0)) for _ in clips])
    with pytest.raises(ModelError, match=r"ranked 2 options of 3"):
        ask(home, rank=True)


# ------------------------------------------------------------------------- prompts and previews


def test_a_prompt_that_may_spoil_the_answers_is_told_and_recorded(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "leaky.txt"
    path.write_text("Which {noun}? {options}. Example 1: high")
    notes = Notes()
    run = ask(home, notes, prompt=str(path))
    warning = "Prompt file:leaky: it names 'high' outside of {options}, which models read back as answers."
    assert run.settings.prompt_warnings == (warning,)
    assert notes.said[0] == warning
    assert ask(home).settings.prompt_warnings == ()


def test_letters_and_order_make_runs_of_their_own_and_are_read_accordingly(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(monkeypatch, lambda clip: Answer("low"))
    plain, letters, shuffled = ask(home), ask(home, letters=True), ask(home, options_order="shuffled", seed=4)
    assert len({plain.id, letters.id, shuffled.id, ask(home, seed=4).id}) == 4
    assert letters.settings.tasks[0].letters is True
    assert letters.tasks["tones"].shown.letters is True
    assert (plain.settings.options_order, shuffled.settings.options_order) == ("published", "shuffled")
    assert shuffled.tasks["tones"].shown.options == shuffled.tasks["tones"].order
    for run in (plain, letters, shuffled):
        assert run.scores["metrics"][0]["value"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("answer", ["B", "(B)", "B) in-between", "in-between"])
def test_a_letter_means_the_option_in_the_order_shown(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """With every seed the options stand in another order, so that B is another label."""
    saying(monkeypatch, lambda clip: Answer(answer))
    for seed in range(3):
        run = ask(home, letters=True, options_order="shuffled", seed=seed)
        label = "mid" if "in" in answer and not answer.startswith("B") else run.tasks["tones"].order[1]
        conflict = answer == "B) in-between" and label != "mid"
        found = {line["answer"] for line in run.scores["confusion"]}
        assert found == {"CONFLICT" if conflict else label}, (seed, run.tasks["tones"].order)


def test_without_letters_a_letter_means_nothing(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(monkeypatch, lambda clip: Answer("B"))
    assert set(ask(home).scores["outcomes"]) == {"OOV"}


def test_a_preview_writes_nothing_and_says_what_the_run_will(corpus: Corpus, home: Home) -> None:
    request = EvalRequest(model=ODD, split="half", task="genre", letters=True)
    said = preview(home, request)
    assert not home.runs.exists()
    assert Odd.asked == []
    run = evaluate(home, request)
    assert said["run"] == run.id
    assert {key for key in said if said[key] != run.settings.record().get(key)} <= {"created_at", "first", "tasks"}
    assert said["first"]["clip_id"] == "tones/06"
    assert said["first"]["gold"] == ("low",)
    assert said["first"]["options"] == ("low", "mid", "high")
    assert said["first"]["prompt"] == run.tasks["tones"].question.prompt


def test_a_dry_run_shows_the_prompt_on_stdout(corpus: Corpus, home: Home) -> None:
    words = ("eval", "--model", "constant", "--split", "half", "--task", "genre", "--dry-run")
    done = typed(*words)
    assert (done.code, done.err) == (0, "")
    assert "Listen to the music. Which genre is it? Choose exactly one of these: low, in-between, high." in done.out
    assert "6 of part test of split half" in done.out
    assert "First:    tones/06, reference: low" in done.out
    assert json.loads(typed(*words, "--json").out)["clips"] == 6
    assert not home.runs.exists()


class Roomy(Odd):
    """Has room for a number of clips."""

    capabilities = ModelCapabilities(batch=2)
    room = 64

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if len(items) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate")
        return super().answer(items)


@pytest.mark.parametrize(
    ("room", "free", "batches", "search"),
    [
        (64, 10, [2, 4, 8, 16, 6], [[2, True], [4, True], [8, True], [16, True]]),
        (9, 10, [2, 4, 8, 8, 8, 6], [[2, True], [4, True], [8, True], [16, False]]),
        (1, 10, [1] * 36, [[2, False]]),
        (64, 1, [2] * 18, [[2, True]]),  # main memory would not do
    ],
)
def test_auto_finds_the_largest_batch_that_fits_and_records_the_search(
    corpus: Corpus,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
    free: int,
    batches: list[int],
    search: list[list[object]],
) -> None:
    corpus.split("all", {"test": corpus.publish(clips=36)})
    monkeypatch.setattr(Roomy, "room", room)
    monkeypatch.setattr(hardware, "free_ram", lambda: free)
    monkeypatch.setattr(hardware, "resident", lambda: 5)
    run = evaluate(home, EvalRequest(model=f"{__name__}:Roomy", split="all", task="genre", batch="auto"))
    assert [len(batch) for batch in Odd.asked] == batches
    session = run.settings.sessions[0]
    assert [list(tried) for tried in session.batch_search] == search
    assert session.batch == {64: 16 if free > 5 else 2, 9: 8, 1: 1}[room]
    assert sorted(record.batch for record in run.answers().values()) == sorted(n for n in batches for _ in range(n))
    again = evaluate(home, EvalRequest(model=f"{__name__}:Roomy", split="all", task="genre", batch=3))
    assert again.id == run.id


def test_a_batch_grows_to_a_limit(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.split("all", {"test": corpus.publish(clips=36)})
    monkeypatch.setattr(batching, "LARGEST", 4)
    evaluate(home, EvalRequest(model=f"{__name__}:Roomy", split="all", task="genre", batch="auto"))
    assert [len(batch) for batch in Odd.asked] == [2, *[4] * 8, 2]
