"""Our ROUGE is rouge-score's, to the last bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.errors import EvaluationError
from mudata.evaluation.metrics import rouge

SAID = "a the slow slowly guitar guitars playing played singing 808 bass-line é Naïve İ K ß 鼓 don't"
WORDS = st.sampled_from(sorted(SAID.split()))
TEXTS = st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=40))
CASES = [
    ("", "slow piano"),
    ("slow piano", ""),
    ("", ""),
    ("...!?", "slow piano"),
    ("slow", "slow"),
    ("slow slow slow", "slow piano slow"),
    ("piano slow", "slow piano"),
    ("Ünïcödé piano, 鼓 and café", "unicode PIANO caf and"),
    ("\u212aelvin", "kelvin"),
    ("İstanbul K-pop", "i stanbul k pop"),
    ("guitar_solo\tfast\n\nfast", "fast guitar solo"),
    ("singing sings sung singer's", "sing sang singers"),
    ("a " * 200 + "b", "b " + "a " * 130),
]


def both(answers: list[str], references: list[list[str]], stem: bool) -> tuple[bytes, bytes]:
    fast, slow = (rouge.rouge(answers, references, stem=stem, reference_scorer=flag) for flag in (False, True))
    assert fast.shape == slow.shape == (len(answers), 9)
    return fast.tobytes(), slow.tobytes()


@pytest.mark.parametrize("stem", [False, True], ids=["plain", "stemmed"])
def test_odd_texts_score_as_with_rouge_score(stem: bool) -> None:
    fast, slow = both([answer for answer, _ in CASES], [[reference] for _, reference in CASES], stem)
    assert fast == slow


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), max_size=6), st.booleans())
@pytest.mark.slow
def test_made_up_texts_score_as_with_rouge_score(pairs: list[tuple[str, list[str]]], stem: bool) -> None:
    fast, slow = both([answer for answer, _ in pairs], [references for _, references in pairs], stem)
    assert fast == slow


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_among_references_rouge1_is_that_of_score_multi_and_f_never_above_it(
    references: list[str], answer: str
) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    multi = RougeScorer(list(rouge.TYPES)).score_multi(references, answer)
    ours = dict(zip(rouge.COLUMNS, rouge.rouge([answer], [references])[0], strict=True))
    assert ours["rouge1_f"] == multi["rouge1"].fmeasure
    assert all(ours[f"{kind}_f"] <= multi[kind].fmeasure for kind in rouge.TYPES)


@pytest.mark.shared
@pytest.mark.parametrize("model", ["qwen", "qwen2", "mullama", "ltu"])
@pytest.mark.parametrize("stem", [False, True], ids=["plain", "stemmed"])
@pytest.mark.slow
def test_every_published_answer_scores_as_with_rouge_score(shared: Path, model: str, stem: bool) -> None:
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_MusicCaps.jsonl").read_text())
    assert len(said) == 2813
    fast, slow = both([x["response"] for x in said], [[x["correct_answer"]] for x in said], stem)
    assert fast == slow


def test_known_values_of_a_small_pair() -> None:
    row = rouge.rouge(["the cat on the mat"], [["the cat sat on the mat"]])[0]
    expected = {"rouge1_p": 5 / 5, "rouge1_r": 5 / 6, "rouge2_p": 3 / 4, "rouge2_r": 3 / 5, "rougeL_f": 10 / 11}
    got = dict(zip(rouge.COLUMNS, row, strict=True))
    assert {name: got[name] for name in expected} == pytest.approx(expected)


def test_the_survey_equations_are_columns() -> None:
    answer, reference = "a slow sad piano tune", "slow piano and a sad tune"
    got = dict(zip(rouge.COLUMNS, rouge.rouge([answer], [[reference]])[0], strict=True))
    assert got["rouge1_r"] == 5 / 6  # equation 2: matches / n-grams of the reference
    assert (got["rougeL_p"], got["rougeL_r"]) == (3 / 5, 3 / 6)  # equations 3 and 4: slow sad tune
    p, r, beta = 3 / 5, 3 / 6, 1
    assert got["rougeL_f"] == pytest.approx((1 + beta**2) * p * r / (beta**2 * p + r))  # equation 5


def test_the_stemmer_joins_word_forms() -> None:
    plain, stemmed = (rouge.rouge(["guitars playing"], [["guitar plays"]], stem=stem)[0, 2] for stem in (False, True))
    assert (plain, stemmed) == (0, 1)


def test_words_are_ascii_letters_and_digits() -> None:
    assert rouge.words("Café-del-Mar, 808s & 鼓!") == ["caf", "del", "mar", "808s"]
    assert rouge.words("sing singing", stem=True) == ["sing", "sing"]


def test_the_nearest_of_several_references_counts_for_all_nine() -> None:
    references = ["slow piano sad", "fast drums", "a slow sad piano"]
    got = rouge.rouge(["slow sad piano", "drums"], [references, references[1:2]])
    assert got[0].tolist() == rouge.rouge(["slow sad piano"], [references[:1]])[0].tolist()
    assert got[1, rouge.COLUMNS.index("rouge1_p")] == 1


@pytest.mark.parametrize("references", [[["x"], []], [["x"]]])
def test_an_answer_without_a_reference_is_an_error(references: list[list[str]]) -> None:
    with pytest.raises(EvaluationError, match="2 answers cannot be compared with 1 sets of references"):
        rouge.rouge(["a", "b"], references)


def test_nothing_scores_as_nothing() -> None:
    assert rouge.rouge([], []).shape == (0, 9)


SURVEY_SALMONN = [0.325, 0.235, 0.254, 0, 0, 0, 0.216, 0.256, 0.167]
"""Its row of Table 4, which has no ROUGE-2: a recall of ROUGE-L above that of ROUGE-1."""


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (SURVEY_SALMONN, "ROUGE-L is larger than ROUGE-1"),
        ([0.3, 0.2, 0.4, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2], "outside of its precision and recall"),
        ([0.3, 0.2, 0.25, -0.1, 0.1, 0.0, 0.2, 0.2, 0.2], "outside of its precision and recall"),
    ],
)
def test_impossible_values_are_refused(cells: list[float], what: str) -> None:
    with pytest.raises(EvaluationError, match=what):
        rouge.check(np.array(cells))


def test_the_survey_row_without_its_misprint_is_possible() -> None:
    rouge.check(np.array([*SURVEY_SALMONN[:7], 0.156, 0.167]))
    rouge.check(np.array([[0.349, 0.356, 0.336, 0, 0, 0, 0.249, 0.255, 0.239]] * 2))


ALL_SIX = (0, 1, 2, 6, 7, 8)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("qwen", (0.3043, 0.0768, 0.1079, 0.2668, 0.0642, 0.0916)),
        ("qwen2", (0.3617, 0.1644, 0.2051, 0.2726, 0.1185, 0.1492)),
        ("mullama", (0.4345, 0.1092, 0.1660, 0.3547, 0.0847, 0.1303)),
        ("ltu", (0.3847, 0.1122, 0.1632, 0.3072, 0.0875, 0.1275)),
    ],
)
def test_published_answers_give_the_known_scores(shared: Path, model: str, expected: tuple[float, ...]) -> None:
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_MusicCaps.jsonl").read_text())
    got = rouge.rouge([x["response"] for x in said], [[x["correct_answer"]] for x in said]).mean(0).round(4)
    assert tuple(got[i] for i in ALL_SIX) == expected


@pytest.mark.shared
@pytest.mark.parametrize(
    ("model", "expected"), [("qwen", 0.0985), ("qwen2", 0.1680), ("mullama", 0.1584), ("ltu", 0.1462)]
)
def test_published_answers_to_clips_half_the_list_away_give_the_known_scores(
    shared: Path, model: str, expected: float
) -> None:
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_MusicCaps.jsonl").read_text())
    half = len(said) // 2
    references = [[x["correct_answer"]] for x in said]
    got = rouge.rouge([x["response"] for x in said], references[half:] + references[:half])
    assert got.mean(0).round(4)[2] == expected


@pytest.mark.shared
@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "The low quality recording features a song with a male vocal singing over a guitar melody, drums and bass. "
            "It sounds emotional.",
            (0.4366, 0.2001, 0.2685, 0.3117, 0.1446, 0.1932),
        ),
        ("This is a song.", (0.7662, 0.0640, 0.1173, 0.6768, 0.0559, 0.1025)),
    ],
)
def test_one_sentence_for_all_clips_gives_the_known_scores(
    shared: Path, sentence: str, expected: tuple[float, ...]
) -> None:
    said = json.loads((shared / "data/answers/cmi-bench/qwen_MusicCaps.jsonl").read_text())
    got = rouge.rouge([sentence] * len(said), [[x["correct_answer"]] for x in said]).mean(0).round(4)
    assert tuple(got[i] for i in ALL_SIX) == expected
