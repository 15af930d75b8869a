"""The page as text: valid, closed against what answers hold, and saying by signs what it says by colours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hostile import HALF, RIGHT
from report_page import html_faults, page, report

if TYPE_CHECKING:
    from pathlib import Path

    from report_fixtures import Built, Imports
    from small_corpus import Corpus

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

SUITE = (
    "name: exam\ntitle: An exam\nsource: {text: A paper}\nmodels: {Good: [good]}\n"
    "exams: {genre: {title: Genre, dataset: tones, task: genre, split: {n: 6}}}\n"
    "tables: [{title: Table 1, n: 10, columns: [{title: Acc, exam: genre, metric: accuracy}],"
    " rows: {Good: [0.9], Other: [0.2], Another: [0.2], A model of a very long name that a telephone folds: [0.21]}}]\n"
)


@pytest.mark.slow
@pytest.mark.parametrize("built", ["hostile", "two_models"])
def test_a_page_is_valid_whatever_is_in_it(built: str, request: pytest.FixtureRequest) -> None:
    made: Built = request.getfixturevalue(built)
    assert html_faults(made.page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<h1>a</h1><h3>b</h3>", "h3 follows h1"),
        ("<p><b>x</p></b>", "</p> closes ['b']"),
        ("<p id='x'></p><p id='x'></p>", "id twice: x"),
        ("<p onclick='x()'></p>", "p has a handler onclick"),
        ("<p>\x00</p>", "raw U+0000"),
        ("<p>\x1b[31m</p>", "raw U+001B"),
        ("<img src='https://example.org/x'>", "img loads https://example.org/x"),
        ("<div>", "never closed: div"),
    ],
)
def test_what_is_no_valid_page_is_seen(text: str, fault: str) -> None:
    assert fault in html_faults(text)


@pytest.mark.slow
def test_a_failure_of_control_characters_reaches_the_page_as_codes(imports: Imports, tmp_path: Path) -> None:
    from mudata.evaluation.report.page import visible

    assert visible("a\x00b\x1b[31m\u202ec\td\n\ud800") == "aU+0000bU+001B[31mU+202Ec\td\nU+D800"
    assert visible(3) == 3
    imports("bad", RIGHT | {"tones/06": None})
    report("-o", tmp_path / "page.html", "--title", "a\x00b\x1b[31m")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert html_faults(text) == []
    assert "<h1>aU+0000bU+001B[31m</h1>" in text


@pytest.mark.slow
def test_every_published_value_has_its_name_in_figures_and_table(
    corpus: Corpus, imports: Imports, tmp_path: Path
) -> None:
    (corpus.cards / "suites").mkdir()
    (corpus.cards / "suites" / "exam.yaml").write_text(SUITE)
    imports("good", HALF)
    report("-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    wide, narrow = re.findall(r'<svg role="img".*?</svg>', text, re.DOTALL)[:2]
    for figure in (wide, narrow):
        lines = re.findall(r"<text[^>]*>([^<]*)</text>", figure)
        joined = " ".join(lines)
        for name in ("Good", "Other", "Another", "A model of a very long name that a telephone folds"):
            assert name in joined, figure
        heights = [float(y) for y in re.findall(r"<text[^>]*translate\(0 ([\d.]+)\)", figure)]
        assert all(b - a >= 8 for a, b in zip(sorted(set(heights)), sorted(set(heights))[1:], strict=False))
    assert text.count('<th scope="row">Another') == 1


@pytest.mark.slow
def test_no_wrong_answer_looks_right(hostile: Built, two_models: Built) -> None:
    for made in (hostile, two_models):
        for clip in page(made.page).data["clips"]:
            for answer in clip["answers"]:
                marks = [(role, label) for _, _, role, label in answer.get("spans", [])]
                assert all(answer["verdict"] == "right" for role, _ in marks if role == "right")
                assert all(label in clip["gold"] for role, label in marks if role in ("right", "beside"))
                assert all(label not in clip["gold"] for role, label in marks if role == "off")
    answers = {c["id"]: a for c in page(two_models.page).data["clips"] for a in c["answers"] if a["run"] == 1}
    said = {clip: [(role, label) for _, _, role, label in answers[clip]["spans"]] for clip in ("tones/06", "tones/07")}
    assert said == {"tones/06": [("off", "mid")], "tones/07": [("off", "low"), ("beside", "mid")]}
    assert [answers[clip]["verdict"] for clip in ("tones/06", "tones/07", "tones/09")] == ["wrong", "wrong", "right"]


@pytest.mark.slow
def test_green_is_for_what_is_right_and_never_alone(two_models: Built) -> None:
    text = two_models.page.read_text("utf-8")
    green = re.findall(r"([^{}\n]*)\{[^}]*var\(--(?:good|tick)\)", text)
    assert [rule.strip() for rule in green] == ['.answer .fate[data-verdict="right"]::before', "mark.right"]
    assert '::before { content: "✓ "' in text
    assert page(two_models.page).data["roles"]["right"]["sign"] == "✓"
    assert page(two_models.page).data["roles"]["off"]["sign"] == "✗"


@pytest.mark.slow
def test_the_page_begins_with_what_it_shows_and_differences_are_points(two_models: Built) -> None:
    text = two_models.page.read_text("utf-8")
    said = (
        "6 clips worth 3 independent ones are too few to tell 50%_$x_1$|y and poor from chance; 3 artists or tracks are"
    )
    assert f'<p class="headline">{said} too few to tell any two models apart.</p>' in text
    assert "6 clips" in text
    assert "in percentage points;" in text
    assert not re.search(r"differ by about [\d.]+ %", text)


def light(colour: str) -> float:
    """Relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    low, high = sorted((light(a), light(b)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_marks_stand_out_from_what_they_are_on() -> None:
    from mudata.evaluation.report.page import COLOURS
    from mudata.evaluation.report.style import ON_FATE
    from mudata.evaluation.report.wording import FATES

    on_paper = ["ink", "soft", "accent", "anchor", "tick", "fate-error"]
    pairs = [(name, "paper") for name in on_paper] + [(name, "wash") for name in ("ink", "soft", "accent")]
    pairs += [("ink", name) for name in ("good", "bad", "near", "off", "dull")]
    pairs += [(ON_FATE.get(name, "ink"), f"fate-{name}") for name in FATES]
    low = {
        (text, behind, theme): round(contrast(COLOURS[text][theme], COLOURS[behind][theme]), 2)
        for text, behind in pairs
        for theme in (0, 1)
    }
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    lines = [(f"line-{i}", theme) for i in range(1, 7) for theme in (0, 1)]
    assert all(contrast(COLOURS[name][theme], COLOURS["paper"][theme]) >= 3 for name, theme in lines)
