"""Items asked several times: all rotations of their options, or one wrong option left out each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_corpus import AskedOf, Corpus

from mudata.errors import EvaluationError
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities, Ranking
from mudata.evaluation.scoring.context import ScoringContext

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

OPTIONS = ("lute", "harp", "oboe", "horn")
CHOICES = tuple(
    AskedOf(f"what{i:02}", "name", (i,), OPTIONS[i % 4], "choose", "What is it?", OPTIONS) for i in range(12)
)
TWICE = AskedOf("what06b", "name", (6,), "tuba", "choose", "And now?", ("tuba", "gong"))
PAIRS = (AskedOf("pair2", "higher", (6, 8), "second"), AskedOf("pair4", "higher", (9, 11), "first"))


class First:
    """Says the first option shown; remembers what it was asked, and breaks down where it is told to."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=3, max_clips=2, gives_logits=True)
    asked: list[list[str]] = []  # noqa: RUF012 - the test's notebook
    breaks_after: int | None = None

    def load(self) -> None:
        """Nothing to load."""

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if self.breaks_after is not None and len(self.asked) >= self.breaks_after:
            raise KeyboardInterrupt
        self.asked.append([item.item_id for item in items])
        assert all(clip.audio.any() for item in items for clip in item.clips)
        return [Answer(item.question.options[0]) for item in items]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        assert all(clip.audio.any() for item in items for clip in item.clips)
        return [Ranking(tuple(-float(n) for n, _ in enumerate(item.question.options))) for item in items]

    def describe(self) -> dict[str, object]:
        return {}


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    monkeypatch.setattr(First, "asked", [])
    monkeypatch.setattr(First, "breaks_after", None)
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.halves(items=(*CHOICES, TWICE, *PAIRS))
    return corpus


def ask(home: Home, **more: Any) -> Run:
    request = {"model": f"{__name__}:First", "split": "half", "task": "name"} | more
    return evaluate(home, EvalRequest(**request))


def shown(run: Run) -> dict[str, list[tuple[str, ...]]]:
    """The options of every pass by item, in the order asked."""
    by_item: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for question in run.questions():
        by_item[question.of or question.item_id].append(question.options)
    return dict(by_item)


def test_each_rotation_is_a_pass_of_its_own(corpus: Corpus, home: Home) -> None:
    run = ask(home, options_order="rotations")
    questions = {question.item_id: question for question in run.questions()}
    assert [f"tones/what06~{r}" for r in range(4)] == [q for q in questions if q.startswith("tones/what06~")]
    assert shown(run)["tones/what06"] == [OPTIONS[r:] + OPTIONS[:r] for r in range(4)]
    assert shown(run)["tones/what06b"] == [("tuba", "gong"), ("gong", "tuba")]
    assert (questions["tones/what07~2"].of, questions["tones/what07~2"].pass_number) == ("tones/what07", 2)
    assert {q.references for q in questions.values() if q.of == "tones/what07"} == {("horn",)}
    assert run.settings.options_order == "rotations"
    assert run.settings.clips == len(questions) == 6 * 4 + 2
    assert [item for call in First.asked for item in call] == list(questions)  # passes of an item stand together


def test_all_passes_of_an_item_are_one_piece_of_evidence(corpus: Corpus, home: Home) -> None:
    clusters = ScoringContext.load(ask(home, options_order="rotations")).clusters
    assert len({clusters[f"tones/what06~{r}"] for r in range(4)}) == 1
    assert clusters["tones/what06~0"] == clusters["tones/what06b~1"]  # of the same clip
    assert len(set(clusters.values())) < 6 * 4


def test_a_wrong_option_is_left_out_in_each_pass_and_the_right_one_never(corpus: Corpus, home: Home) -> None:
    corpus.publish(items=CHOICES)
    run = ask(home, options_order="leave-one-out")
    for i in range(6, 12):
        passes, truth = shown(run)[f"tones/what{i:02}"], OPTIONS[i % 4]
        left_out = [({*OPTIONS} - {*options}).pop() for options in passes]
        assert left_out == [option for option in OPTIONS if option != truth]
    first = [options for passes in shown(run).values() for options in passes]
    assert len({options.index("lute") for options in first if "lute" in options}) == 3  # they are shuffled
    again = ask(home, options_order="leave-one-out", seed=1)
    assert shown(again) != shown(run)


def test_of_two_options_none_can_be_left_out(corpus: Corpus, home: Home) -> None:
    with pytest.raises(EvaluationError, match="tones/what06b has 2 options, of which none can be left out"):
        ask(home, options_order="leave-one-out")


def test_options_as_written_are_asked_once_under_the_items_own_id(corpus: Corpus, home: Home) -> None:
    run = ask(home, options_order="published")
    assert {question.options for question in run.questions() if len(question.options) == 4} == {OPTIONS}
    assert {question.of for question in run.questions()} == {None}
    shuffled = ask(home)
    assert shuffled.id == ask(home, options_order="shuffled").id != run.id
    assert (shuffled.settings.options_order, run.settings.options_order) == ("shuffled", "published")


COUNTED = AskedOf("what08b", "name", (8,), "3", "choose", "How many are heard?", ("2", "3", "1"))
NOTED = AskedOf("what09b", "name", (9,), "1", "choose", "Which is it?", ("C", "1"))


def test_options_that_are_numbers_get_letters_and_those_that_are_notes_as_well_none(corpus: Corpus, home: Home) -> None:
    corpus.publish(items=(*CHOICES, COUNTED, NOTED))
    run = ask(home, options_order="published")
    questions = {question.item_id.removeprefix("tones/"): question for question in run.questions()}
    assert {name: question.marks for name, question in questions.items() if question.marks} == {
        "what08b": "letters",
        "what09b": "none",
    }
    assert "of these: (A) 2, (B) 3, (C) 1. Answer" in str(questions["what08b"].prompt)
    assert "of these:\nC\n1\nAnswer" in str(questions["what09b"].prompt)
    assert "of these: (1) lute, (2) harp" in str(questions["what08"].prompt)
    scored = {one.clip_id.removeprefix("tones/"): one for one in ScoringContext.load(run).read_answers()}
    assert {name: (one.asked.shown.letters, one.asked.shown.numbered) for name, one in scored.items() if one.asked} == {
        name: {"what08b": (True, False), "what09b": (False, False)}.get(name, (False, True)) for name in questions
    }
    assert scored["what08b"].alignment.label == "2"  # 'First' says it, and it is no second option


def test_the_options_of_a_pair_are_turned_round(corpus: Corpus, home: Home) -> None:
    run = ask(home, task="higher", options_order="rotations")
    assert shown(run)["tones/pair2"] == [("first", "second"), ("second", "first")]
    assert [run.answers()[f"tones/pair2~{r}"].answer for r in (0, 1)] == ["first", "second"]
    assert next(m["value"] for m in run.scores["metrics"] if m["metric"] == "accuracy") == 0.5


def test_a_limit_counts_items_and_takes_all_passes_of_each(corpus: Corpus, home: Home) -> None:
    few, more = (shown(ask(home, options_order="rotations", limit=limit)) for limit in (2, 4))
    assert (len(few), len(more)) == (2, 4)
    assert few.items() <= more.items()
    assert all(len(passes) == len(passes[0]) for passes in more.values())


def test_a_run_of_passes_goes_on_where_it_was_stopped(corpus: Corpus, home: Home, monkeypatch: Any) -> None:
    monkeypatch.setattr(First, "breaks_after", 3)
    with pytest.raises(KeyboardInterrupt):
        ask(home, options_order="rotations")
    monkeypatch.setattr(First, "breaks_after", None)
    run = ask(home, options_order="rotations")
    flat = [item for call in First.asked for item in call]
    assert len(flat) == len(set(flat)) == len(run.questions())
    whole = len(First.asked)
    ask(home, options_order="rotations")
    assert len(First.asked) == whole


def test_passes_are_ranked_each_in_its_own_order(corpus: Corpus, home: Home) -> None:
    run = ask(home, options_order="rotations", rank=True)
    assert run.rankings()["tones/what06~1"].options == ("harp", "oboe", "horn", "lute")
    assert len(run.rankings()) == len(run.questions())


def test_all_passes_of_an_item_get_the_clips_of_the_same_other_one(corpus: Corpus, home: Home) -> None:
    run = ask(home, options_order="rotations", control="swap-audio", task="name")
    heard = defaultdict(set)
    for question in run.questions():
        heard[question.of].add((run.answers()[question.item_id].heard_clip or "").partition("~")[0])
    assert all(len(others) == 1 for others in heard.values())
    assert not {item for item, others in heard.items() if item in others}


@pytest.mark.parametrize("order", ["rotations", "leave-one-out"])
def test_labels_and_orders_have_no_options_to_rotate(corpus: Corpus, home: Home, order: str) -> None:
    with pytest.raises(EvaluationError, match="'genre' of tones is of kind classify, whose items have no options"):
        ask(home, task="genre", options_order=order)
    with pytest.raises(EvaluationError, match="asks for an order, which counts its options as they are written"):
        ask(home, task="ascent", options_order=order)
