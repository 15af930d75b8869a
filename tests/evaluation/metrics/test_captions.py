"""Scores of descriptions, and the controls that say what they are worth."""

from __future__ import annotations

import ast
import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_corpus import Corpus

from mudata.errors import EvaluationError
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.metrics import caption_controls, captions, rouge
from mudata.evaluation.metrics.caption_refusals import refuses
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

WORDS = ("slow", "fast", "sad", "piano", "drums", "loud", "soft", "flute")


def clip(
    number: int, gold: str | tuple[str, ...], said: str | None, dataset: str = "d", **more: object
) -> ScoredAnswer:
    references = (gold,) if isinstance(gold, str) else gold
    return ScoredAnswer(f"{dataset}/{number:03}", dataset, references, said, **more)  # type: ignore[arg-type]


def twelve(**more: object) -> list[ScoredAnswer]:
    """Twelve clips whose answers are their references but for the last words, from one to three of them."""
    texts = [f"a {a} {b} tune number {i}" for i, (a, b) in enumerate(zip(WORDS * 2, WORDS[3:] * 3, strict=False))][:12]
    return [clip(i, text, " ".join(text.split()[: -1 - i % 3]), **more) for i, text in enumerate(texts)]


def by_name(metrics: list[Metric]) -> dict[str, Metric]:
    return {metric.metric: metric for metric in metrics}


@pytest.mark.slow
def test_known_values_and_their_denominators() -> None:
    items = [
        clip(0, "the cat sat on the mat", "the cat on the mat"),  # 5 of 5 and of 6 words, 3 of 4 and of 5 pairs
        clip(1, "slow piano", None),
    ]
    got = by_name(captions.caption_metrics(items))
    assert got["rouge1_p"].value == pytest.approx((1 + 0) / 2)
    assert got["rouge1_r"].value == pytest.approx((5 / 6) / 2)
    assert got["rouge2_p"].value == pytest.approx((3 / 4) / 2)
    assert got["rougeL_f"].value == pytest.approx((10 / 11) / 2)
    assert got["coverage"].value == 0.5
    assert got["rougeL_f_lift"].value == pytest.approx((10 / 11) / 2)  # neither answer fits the other clip
    assert got["rougeL_f_wrong_clip"].value == got["rougeL_f_random_human"].value == got["rougeL_f_constant"].value == 0
    assert got["length_ratio"].value == pytest.approx(5 / 8)
    assert got["distinct_ratio"].value == 0.5
    assert {metric.n for metric in got.values()} == {2}
    assert "use_stemmer=False" in got["rouge1_f"].recipe
    assert "use_stemmer=True" in got["rouge1_f_stem"].recipe


def test_metrics_come_in_their_order_with_recipes_and_intervals() -> None:
    items = twelve(aspects=("tune", "slow"))
    got = captions.caption_metrics(items)
    assert [metric.metric for metric in got] == list(captions.NAMES)
    without = [metric.metric for metric in got if metric.low is None]
    assert without == ["distinct_ratio"]
    assert all(metric.recipe and metric.low <= metric.value <= metric.high for metric in got if metric.low is not None)
    f = by_name(got)["rouge1_f"]
    assert f.low < f.value < f.high
    assert got == captions.caption_metrics(items)


def test_the_stemmed_nine_join_word_forms() -> None:
    got = by_name(captions.caption_metrics([clip(0, "guitars playing", "guitar plays"), clip(1, "drums", "drums")]))
    assert (got["rouge1_f"].value, got["rouge1_f_stem"].value) == (0.5, 1.0)


def test_rouge_score_itself_gives_the_same_metrics() -> None:
    assert captions.caption_metrics(twelve(), reference_scorer=True) == captions.caption_metrics(twelve())


def test_nothing_to_score_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(EvaluationError, match="nothing to score"):
        captions.caption_metrics([])


def test_one_caption_alone_has_no_control_of_other_clips() -> None:
    names = set(by_name(captions.caption_metrics([clip(0, "slow piano", "slow")])))
    assert {"rouge1_f", "refusals", "length_ratio", "coverage"} < names
    assert not any(word in name for name in names for word in ("wrong", "lift", "constant", "human"))


def test_clips_of_one_track_count_together() -> None:
    items = [clip(i, x.references, x.answer) for i, x in enumerate(4 * twelve())]
    tied = [clip(i, x.references, x.answer, cluster=f"d track:t{i % 12}") for i, x in enumerate(items)]
    plain_f, tied_f = (by_name(captions.caption_metrics(items))["rouge1_f"] for items in (items, tied))
    assert plain_f.value == tied_f.value
    assert tied_f.high - tied_f.low > 1.5 * (plain_f.high - plain_f.low)
    assert (tied_f.clusters, tied_f.interval) == (12, "cluster jackknife t")
    assert tied_f.recipe.endswith("; 95 % cluster jackknife t, 12 clusters of 48 clips")


# ------------------------------------------------------------------------------------- another clip


def test_a_model_that_says_the_same_of_every_clip_has_no_lift() -> None:
    items = [clip(i, x.references, "a slow sad tune") for i, x in enumerate(twelve())]
    got = by_name(captions.caption_metrics(items))
    assert got["rouge1_f_lift"].value == pytest.approx(0)
    assert got["rouge1_f"].value == pytest.approx(got["rouge1_f_wrong_clip"].value)
    assert got["distinct_ratio"].value == 1 / 12


def test_lift_is_the_difference_of_the_two_it_is_made_of() -> None:
    got = by_name(captions.caption_metrics(twelve()))
    for name in ("rouge1_f", "rougeL_f"):
        assert got[f"{name}_lift"].value == pytest.approx(got[name].value - got[f"{name}_wrong_clip"].value)
        assert got[f"{name}_lift"].low > 0


def test_a_dataset_without_a_derangement_drops_its_own_clips_only() -> None:
    good = [clip(i, f"text {i}", f"text {i}") for i in range(6)]
    bad = [clip(i, "the same", "x", dataset="e") for i in range(4)]
    got = by_name(captions.caption_metrics([*good, *bad]))
    alone = by_name(captions.caption_metrics(good))
    for name in ("rouge1_f_wrong_clip", "rougeL_f_lift", "rouge1_f_random_human"):
        assert (got[name].value, got[name].n) == (alone[name].value, 6)
        assert "without the 4 clips of e: too many captions are the same" in got[name].recipe
        assert "too many captions" not in alone[name].recipe
    assert got["rouge1_f"].n == 10


def test_where_most_clips_have_one_caption_there_is_no_wrong_clip() -> None:
    got = by_name(captions.caption_metrics([clip(i, "the same" if i < 3 else "other", "x") for i in range(5)]))
    assert "rouge1_f_wrong_clip" not in got
    assert "rougeL_f_lift" not in got
    assert "rouge1_f_constant" in got


def test_aspects_of_a_dataset_without_a_derangement_have_recall_and_no_lift() -> None:
    good = [clip(i, f"text {i}", f"word {i}", aspects=(f"word {i}",)) for i in range(6)]
    bad = [clip(i, "the same", "word", dataset="e", aspects=("word",)) for i in range(4)]
    got = by_name(captions.caption_metrics([*good, *bad]))
    assert (got["aspect_recall"].n, got["aspect_recall_lift"].n) == (10, 6)
    assert (got["aspect_recall"].value, got["aspect_recall_lift"].value) == (1, 1)


# ------------------------------------------------------------------------------------- the constant caption


def test_the_constant_is_the_caption_nearest_to_all_others() -> None:
    train = [("a slow song",), ("a slow sad song with piano",), ("a slow sad song",), ("drums",)]
    constant = caption_controls.constant_caption(train, [("not asked",)])
    assert constant is not None
    assert constant == caption_controls.constant_caption(train[::-1], [])
    texts = [text for texts in train for text in texts]
    means = {
        text: rouge.rouge([text] * 3, [[other] for other in texts if other != text])[:, 2].mean() for text in texts
    }
    assert constant.text == max(means, key=lambda text: means[text]) == "a slow sad song"
    assert constant.source == "train part"
    assert constant.recipe == "the one of 4 captions with the highest mean ROUGE-1 F against the others"


def test_without_a_train_part_the_constant_is_of_clips_that_are_not_asked() -> None:
    constant = caption_controls.constant_caption([], [("slow piano", "piano"), ("piano",)])
    assert constant is not None
    assert (constant.text, constant.source) == ("piano", "clips of the dataset that are not asked")
    assert caption_controls.constant_caption([], []) is None


def test_a_large_train_part_is_sampled_and_says_so() -> None:
    train = [(f"word{i % 50} tune {i}",) for i in range(1500)]
    constant = caption_controls.constant_caption(train, [])
    assert constant is not None
    assert "of 1000 of 1500 captions (seed 0)" in constant.recipe
    assert constant == caption_controls.constant_caption(train, [])


def test_the_recorded_constant_is_what_every_clip_is_given() -> None:
    recorded = {"d": {"text": "a slow sad tune", "source": "train part", "recipe": "by hand"}}
    got = by_name(captions.caption_metrics(twelve(), recorded))
    expected = rouge.rouge(["a slow sad tune"] * 12, [item.references for item in twelve()]).mean(0)
    assert got["rouge1_f_constant"].value == pytest.approx(expected[2])
    assert got["rougeL_f_constant"].value == pytest.approx(expected[8])
    assert "train part: by hand" in got["rouge1_f_constant"].recipe
    assert captions.caption_details(twelve(), recorded)["constants"] == recorded


def test_without_a_recorded_constant_each_clip_is_given_the_medoid_of_the_others() -> None:
    gold = [("slow sad piano",), ("slow sad piano song",), ("slow song",), ("loud drums",)]
    found = caption_controls.leave_one_out(gold)
    assert found is not None
    chosen, constant = found
    for i, text in enumerate(chosen):
        rest = [texts[0] for j, texts in enumerate(gold) if j != i]
        fit = [rouge.rouge([one] * 2, [[other] for other in rest if other != one])[:, 2].sum() for one in rest]
        assert text == rest[int(np.argmax(fit))]
    assert constant.text == Counter(chosen).most_common(1)[0][0]
    items = [clip(i, texts, "x") for i, texts in enumerate(gold)]
    got = by_name(captions.caption_metrics(items, {"d": None}))["rouge1_f_constant"]
    assert got.value == pytest.approx(rouge.rouge(chosen, gold)[:, 2].mean())
    assert "each clip's own left out" in got.recipe


def test_similarity_is_rouge1_f() -> None:
    texts = ["a a b", "a b b c", "", "c", "a a a"]
    pairs = rouge.rouge([a for a in texts for _ in texts], [[b] for _ in texts for b in texts])[:, 2].reshape(5, 5)
    np.fill_diagonal(pairs, 0)
    assert caption_controls.similarity(texts) == pytest.approx(pairs)


# ------------------------------------------------------------------------------------- refusals, lengths, aspects


@pytest.mark.parametrize(
    "answer",
    [
        "The caption of this recording is not provided.",
        "No description is available for this clip.",
        "The clip holds no speech, hence it does not require a caption.",
        "I'm sorry, but I can't help with that.",
        "Sorry, I cannot listen to audio files.",
        "As an AI language model, I only read text.",
        "Unfortunately, I can’t directly hear music.",
        "We are unable to process the file.",
        "I do not have the ability to listen.",
        "Please upload the recording first.",
        "There is no audio attached.",
        "It is an empty file.",
        '"I cannot describe this audio."',
    ],
)
def test_refusals_are_told(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "A slow ballad with piano; there are no drums.",
        "The lyrics are \"I'm sorry, I can't hear you\".",
        "The lyrics are 'please send the song'.",
        "The lyrics are “Sorry, I cannot tell",
        "There is no speech or sound effect, only music.",
        "A sad song about being sorry.",
        "Sorry is the first word of the chorus.",
        "I can't describe how tender this guitar sounds.",
        "The singer can't hold the note.",
        "The caption of the given audio is a song.",
        "We hear a choir, but no organ.",
    ],
)
def test_descriptions_are_no_refusals(answer: str) -> None:
    assert not refuses(answer)


def test_refusals_empty_answers_and_repetition_are_counted() -> None:
    no = "The caption is not provided."
    items = [clip(i, f"text {i}", said) for i, said in enumerate([no, no, "Music.", " Music. ", "", None, "Drums."])]
    got = by_name(captions.caption_metrics(items))
    assert got["refusals"].value == pytest.approx(2 / 7)
    assert got["distinct_ratio"].value == pytest.approx(3 / 7)
    assert got["coverage"].value == pytest.approx(5 / 7)
    told = captions.caption_details(items)
    assert told["most_frequent"] == {"answer": no, "count": 2}
    assert told["refusals"] == {"count": 2, "share": 2 / 7, "examples": [{"answer": no, "count": 2}]}
    assert told["answer_words"]["mean"] == pytest.approx(13 / 7)  # type: ignore[index]
    bars = told["answer_words"]["histogram"]  # type: ignore[index]
    assert [(bar["from"], bar["to"], bar["n"]) for bar in bars[:3]] == [(0, 0, 2), (1, 4, 3), (5, 9, 2)]
    assert sum(bar["n"] for bar in bars) == 7
    assert told["reference_words"] == {"mean": 2.0}
    assert json.loads(json.dumps(told)) == told


def test_lengths_are_compared_with_the_mean_of_several_references() -> None:
    items = [clip(0, ("one two", "one two three four"), "a b c"), clip(1, "x", "y z")]
    assert by_name(captions.caption_metrics(items))["length_ratio"].value == pytest.approx(5 / 4)


def test_references_without_a_word_have_no_length_to_compare_with() -> None:
    got = by_name(captions.caption_metrics([clip(0, " ", "a b c"), clip(1, "", "y z")]))
    assert "length_ratio" not in got
    assert got["rouge1_f"].value == 0


def test_aspects_are_found_as_whole_words_in_a_row() -> None:
    aspects = ("male singer", "Sad", "e-guitar", "sing", "...", "sad")
    assert caption_controls.pronounceable(aspects) == ["male singer", "sad", "e guitar", "sing"]
    assert caption_controls.aspect_recall("A sad MALE singer with an E-Guitar.", aspects) == 3 / 4
    assert caption_controls.aspect_recall("female singers, sadly", aspects) == 0


def test_aspect_recall_is_over_clips_that_have_aspects() -> None:
    items = [
        clip(0, "x", "a slow piano", aspects=("slow", "piano")),
        clip(1, "y", "fast", aspects=("fast", "drums")),
        clip(2, "z", "piano"),
    ]
    got = by_name(captions.caption_metrics(items))
    assert (got["aspect_recall"].value, got["aspect_recall"].n) == (pytest.approx((1 + 0.5) / 2), 2)
    assert (got["aspect_recall_lift"].value, got["aspect_recall_lift"].n) == (pytest.approx(0.75), 2)
    assert not any(name.startswith("aspect") for name in by_name(captions.caption_metrics(items[2:])))


# ------------------------------------------------------------------------------------- a run


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


def ask(home: Home, **more: object) -> Run:
    return evaluate(home, EvalRequest(**({"model": "random", "split": "half", "task": "caption"} | more)))  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_run_records_the_constant_of_the_train_part(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home)
    constant = run.settings.tasks[0].constant
    assert constant
    assert constant.source == "train part"
    assert "of 6 captions" in constant.recipe
    assert constant.text.startswith("A ")
    assert ask(home, task="genre").settings.tasks[0].constant is None


@pytest.mark.slow
def test_a_run_without_a_train_part_records_the_constant_of_clips_it_does_not_ask(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish()
    corpus.split("half", {"test": hashes})
    constant = ask(home, limit=5).settings.tasks[0].constant
    assert constant
    assert constant.source == "clips of the dataset that are not asked"
    assert "of 7 captions" in constant.recipe
    assert ask(home).settings.tasks[0].constant is None


@pytest.mark.slow
def test_a_run_knows_what_people_said_of_each_clip(corpus: Corpus, home: Home) -> None:
    corpus.halves(aspects=("sounds", "a"))
    run = ask(home)
    assert [question.aspects for question in run.questions()][:2] == [
        ("a low", "sounds low"),
        ("a mid", "sounds mid"),
    ]
    names = {metric["metric"] for metric in run.scores["metrics"]}
    assert {"aspect_recall", "aspect_recall_lift"} < names
    assert not any(question.aspects for question in ask(home, task="genre").questions())


def test_scores_say_which_constant_and_which_seeds(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home)
    told = run.scores["captions"]
    assert told["constants"] == {"tones": run.settings.record()["tasks"][0]["constant"]}
    assert told["seeds"]["wrong_clip"] == 0


# ------------------------------------------------------------------------------------- published answers


def published(shared: Path, model: str) -> list[ScoredAnswer]:
    with (shared / "data/musiccaps/musiccaps-public.csv").open(newline="") as file:
        aspects = {row["ytid"]: tuple(ast.literal_eval(row["aspect_list"])) for row in csv.DictReader(file)}
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_MusicCaps.jsonl").read_text())
    ids = [x["audioid"].rpartition("/")[2].removesuffix(".wav") for x in said]
    return [
        ScoredAnswer(
            f"musiccaps/{i}",
            "musiccaps",
            (x["correct_answer"],),
            x["response"],
            cluster=f"musiccaps track:{i}",
            aspects=aspects[i],
        )
        for i, x in zip(ids, said, strict=True)
    ]


@pytest.mark.shared
@pytest.mark.slow
def test_published_answers_stand_beside_their_controls(shared: Path) -> None:
    with (shared / "data/musiccaps/musiccaps-public.csv").open(newline="") as file:
        train = [(row["caption"],) for row in csv.DictReader(file) if row["is_audioset_eval"] == "False"]
    constant = caption_controls.constant_caption(train, [])
    assert constant is not None
    items = published(shared, "mullama")
    got = by_name(captions.caption_metrics(items, {"musiccaps": asdict(constant)}))
    assert {metric.n for metric in got.values()} == {2813}
    assert got["rouge1_f"].value == pytest.approx(0.1660, abs=5e-5)
    assert got["rouge1_f_wrong_clip"].value == pytest.approx(0.158, abs=1.5e-3)
    assert got["rouge1_f_lift"].low > 0
    assert got["rouge1_f_random_human"].value == pytest.approx(0.253, abs=3e-3)
    assert got["rougeL_f_random_human"].value == pytest.approx(0.176, abs=3e-3)
    assert got["rouge1_f_constant"].value > 0.2685  # better than the sentence that was written by hand
    assert got["rougeL_f_constant"].value > 0.1932
    assert got["refusals"].value == 1370 / 2813
    assert got["aspect_recall_lift"].low > 0
    told = captions.caption_details(items)
    assert told["most_frequent"] == {"answer": "The caption of the given audio is not provided.", "count": 1331}
    assert told["reference_words"]["mean"] == pytest.approx(50.9, abs=0.05)  # type: ignore[index]
    assert told["answer_words"]["mean"] == pytest.approx(12.5, abs=0.05)  # type: ignore[index]


@pytest.mark.shared
@pytest.mark.parametrize(("model", "refused"), [("qwen", 0), ("qwen2", 98), ("ltu", 0)])
@pytest.mark.slow
def test_refusals_among_published_answers_are_those_found_by_reading(shared: Path, model: str, refused: int) -> None:
    assert sum(refuses(item.answer or "") for item in published(shared, model)) == refused


@pytest.mark.shared
@pytest.mark.slow
def test_no_person_refuses(shared: Path) -> None:
    with (shared / "data/musiccaps/musiccaps-public.csv").open(newline="") as file:
        assert not any(refuses(row["caption"]) for row in csv.DictReader(file))
