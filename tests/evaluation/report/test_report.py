"""The report: what it gathers, that nothing in it can break out of its place, and the tables and figures for papers."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile import HALF, HOSTILE, RIGHT, TEST, imported
from report_page import page, report

from mudata.errors import EvaluationError, MissingExtra, UnknownName
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.metrics.scored import Metric
from mudata.evaluation.run import Run, find
from mudata.evaluation.scoring import score
from mudata.evaluation.suites.suite_table import VERDICTS, verdict

if TYPE_CHECKING:
    from report_fixtures import Built, Imports, Original
    from small_corpus import Corpus

    from mudata.home import Home

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

pytestmark = pytest.mark.slow


def test_a_report_has_a_panel_per_question_and_its_runs_best_first(
    imports: Imports, home: Home, tmp_path: Path
) -> None:
    from mudata.evaluation.report.gather import gather

    names = [imports("poor", HALF), imports("good", RIGHT)]
    names.append(imports("poor", dict.fromkeys(TEST, "calm, dark"), task="mood"))
    found = gather(home, [find(home, name) for name in names])
    assert [(panel.title, [entry.name for entry in panel.entries]) for panel in found.panels] == [
        ("tones · genre", ["good", "poor"]),
        ("tones · mood", ["poor"]),
    ]
    assert found.title == "2 models on tones"
    genre = found.panels[0]
    assert genre.entries[1].fates == {"right": 3, "wrong": 1, "several": 1, "oov": 1}
    assert genre.entries[0].metrics["accuracy"]["value"] == 1
    assert set(genre.groups) == set(names[:2])
    confusion = genre.entries[1].confusion
    assert confusion is not None
    assert confusion.row("low") == 2
    assert confusion.mistakes[0] == ("high", "OOV", 1)


def test_two_runs_of_one_model_are_told_apart_by_their_marks(imports: Imports, home: Home, tmp_path: Path) -> None:
    from mudata.evaluation.report.gather import gather

    runs = [find(home, imports("same", answers)) for answers in (RIGHT, HALF)]
    names = {view.name for view in gather(home, runs).runs}
    assert len(names) == 2
    assert all(re.fullmatch(r"same \([0-9a-f]{6}\)", name) for name in names)


def test_the_same_run_twice_is_shown_once(imports: Imports, tmp_path: Path) -> None:
    name = imports("good", RIGHT)
    report(name, name, "-o", tmp_path / "page.html")
    assert len(page(tmp_path / "page.html").data["runs"]) == 1


def test_runs_over_several_datasets_get_a_panel_for_all_and_one_for_each(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    from mudata.evaluation.report.gather import gather

    corpus.split("both", {"test": corpus.publish("tones") | corpus.publish("waves")})
    clips = [f"{name}/{i:02}" for name in ("tones", "waves") for i in range(12)]
    run = find(home, imported(tmp_path, "low", dict.fromkeys(clips, "low"), split="both"))
    panels = gather(home, [run]).panels
    assert [(panel.dataset, panel.whole, panel.entries[0].n) for panel in panels] == [
        ("all datasets", True, 24),
        ("tones", False, 12),
        ("waves", False, 12),
    ]
    assert [panel.entries[0].confusion is None for panel in panels] == [True, False, False]
    report(run.id, "-o", tmp_path / "page.html")
    assert len(page(tmp_path / "page.html").data["clips"]) == 24


def test_two_splits_of_one_task_are_told_apart(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    clips = corpus.publish("tones")
    for name, part in (("first", sorted(clips)[:6]), ("second", sorted(clips)[6:])):
        corpus.split(name, {"test": {clip: clips[clip] for clip in part}})
    runs = [
        imported(tmp_path, "low", dict.fromkeys((f"tones/{i:02}" for i in those), "low"), split=name)
        for name, those in (("first", range(6)), ("second", range(6, 12)))
    ]
    told = report(*runs, "-o", tmp_path / "page.html").stderr
    for name in ("first", "second"):
        assert f"tones · genre ({name}): " in told
        assert f">tones · genre ({name})</h2>" in (tmp_path / "page.html").read_text("utf-8")


def lose(run: Run) -> None:
    (run.folder / "alignments.jsonl").unlink()


def shorten(run: Run) -> None:
    path = run.folder / "alignments.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def unscore(run: Run) -> None:
    (run.folder / "scores.json").unlink()


def age(run: Run) -> None:
    path = run.folder / "scores.json"
    path.write_text(path.read_text("utf-8").replace("alignments_sha256", "former"))


def ask_again(run: Run) -> None:
    run.append([replace(run.answers()["tones/06"], answer=None, error="boom: later")])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lose, r"alignments.jsonl cannot be read \(No such file"),
        (shorten, "alignments.jsonl is not the one that belongs to them"),
        (unscore, "has not been scored yet"),
        (age, "alignments.jsonl is not the one that belongs to them"),
        (ask_again, "tones/06 was asked later"),
    ],
)
def test_scores_that_are_not_those_of_the_answers_are_refused(
    imports: Imports, home: Home, tmp_path: Path, damage: Callable[[Run], None], told: str
) -> None:
    run = find(home, imports("good", RIGHT))
    damage(run)
    with pytest.raises(EvaluationError, match=told) as error:
        report(run.id, "-o", tmp_path / "page.html")
    assert f"mudata score {run.id}" in str(error.value)
    assert not (tmp_path / "page.html").exists()


def test_controls_are_named_and_say_whether_the_audio_was_heard(imports: Imports, home: Home, tmp_path: Path) -> None:
    from mudata.evaluation.report.gather import gather

    runs = [find(home, imports("deaf", RIGHT))]
    runs.append(Run(runs[0].folder.with_name("deaf-silence")))
    shutil.copytree(runs[0].folder, runs[1].folder)
    for run, control in zip(runs, (None, "silence"), strict=True):
        said = run.settings.record() | {"run": run.id, "audio_family": "one", "control": control}
        (run.folder / "run.json").write_text(json.dumps(said))
        score.score(Run(run.folder))
    (panel,) = gather(home, [Run(run.folder) for run in runs]).panels
    flags = {entry.name: [flag.text for flag in entry.flags] for entry in panel.entries}
    assert flags == {"deaf": ["audio: cannot tell", "imported"], "deaf (silence)": ["control", "imported"]}
    assert "silence: 0 of 6 answers change" in next(flag.why for flag in panel.flags if flag.text.startswith("audio"))


def test_published_values_stand_beside_the_run_of_their_model(
    corpus: Corpus, imports: Imports, home: Home, tmp_path: Path
) -> None:
    from mudata.evaluation.report.gather import gather

    (corpus.cards / "suites").mkdir()
    (corpus.cards / "suites" / "exam.yaml").write_text(
        "name: exam\ntitle: An exam\nsource: {text: A paper}\nmodels: {Good: [good]}\n"
        "exams: {genre: {title: Genre, dataset: tones, task: genre, split: {n: 6}}}\n"
        "tables: [{title: Table 1, n: 10, columns: [{title: Acc, exam: genre, metric: accuracy}],"
        " rows: {Good: [0.9], Other: [0.2]}}]\n"
    )
    runs = [find(home, imports(name, answers)) for name, answers in (("good", HALF), ("poor", HALF))]
    (panel,) = gather(home, runs).panels
    assert [anchor.model for anchor in panel.published_here] == ["Good"]
    assert [anchor.model for anchor in panel.published_elsewhere] == ["Other"]
    ours, theirs = Metric(**panel.entries[0].metrics["accuracy"]), panel.published_here[0]
    assert panel.verdicts == {theirs: {"good": None}}, "of 6 clips in 3 artists nothing can be said"
    low, high = wilson(3, 6)
    apart = Metric("accuracy", 0.5, low, high, 6, "if each had an artist of its own", 6, "Wilson")
    assert not low <= theirs.value <= high, "0.9 is above 0.812"
    assert verdict(apart, theirs) == "inside", "but 9 of 10 and 3 of 6 may be the same share"
    assert verdict(ours, theirs) is None
    report(runs[0].id, "-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "no verdict: good here" in text
    assert VERDICTS in html.unescape(text)


def test_without_runs_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="There is no run to report"):
        report("-o", tmp_path / "page.html")
    with pytest.raises(UnknownName, match="No run named 'nobody'"):
        report("nobody", "-o", tmp_path / "page.html")


def test_all_scored_runs_are_taken_and_the_others_told(imports: Imports, home: Home, tmp_path: Path) -> None:
    imports("good", RIGHT)
    poor = find(home, imports("poor", HALF))
    (poor.folder / "scores.json").unlink()
    done = report("-o", tmp_path / "page.html", "--json")
    assert "Left out: " in done.stderr
    assert [run["name"] for run in page(tmp_path / "page.html").data["runs"]] == ["good"]
    (row,) = json.loads(done.stdout)
    assert row == {
        "file": str(tmp_path / "page.html"),
        "what": "page",
        "bytes": (tmp_path / "page.html").stat().st_size,
    }


def test_a_missing_extra_is_named(imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = imports("good", RIGHT)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"needs the package 'matplotlib'.*\n.*mudata-music\[report\]"):
        report(name, "-o", tmp_path / "page.html")


def test_no_text_breaks_out_of_its_place(hostile: Built) -> None:
    read = page(hostile.page)
    assert read.count("script") == 3
    assert not [attributes for tag, attributes in read.elements if tag in ("img", "b", "i") or "onerror" in attributes]
    texts = {a["text"] for clip in read.data["clips"] for a in clip["answers"]}
    assert HOSTILE["tones/06"] in texts
    assert HOSTILE["tones/07"] in texts
    raw = hostile.page.read_bytes()
    assert b"\x00" not in raw
    assert "\u202e".encode() not in raw


def test_spans_count_as_javascript_does(hostile: Built) -> None:
    clip = next(clip for clip in page(hostile.page).data["clips"] if clip["id"] == "tones/08")
    answer = next(answer for answer in clip["answers"] if answer["text"] != "high")
    units = answer["text"].encode("utf-16-le", "surrogatepass")
    words = {units[2 * start : 2 * end].decode("utf-16-le") for start, end, *_ in answer["spans"]}
    assert "mid" in words


def test_the_page_asks_nobody_for_anything(hostile: Built) -> None:
    text, read = hostile.page.read_text("utf-8"), page(hostile.page)
    for tag, attributes in read.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert tag == "a" or value.startswith(("#", "data:")), (tag, name, value)
    assert not re.search(r"@import|url\((?!#)", text)
    assert "light-dark(" not in text, "browsers before 2024 have colours too"
    policy = next(a["content"] for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy


def test_audio_is_found_from_where_the_page_lies(hostile: Built) -> None:
    sources = {sound["source"] for sound in page(hostile.page).data["sounds"].values()}
    assert len(sources) == 6
    assert {(hostile.folder / source).resolve() for source in sources} == {
        (hostile.home.clips("tones", "native") / f"{i:02}.flac").resolve() for i in range(6, 12)
    }


def test_audio_can_be_put_into_the_page_up_to_a_limit(
    imports: Imports, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mudata.evaluation.report import explorer

    imports("good", RIGHT)
    imports("poor", HALF)
    done = report("-o", tmp_path / "page.html", "--embed-audio")
    assert "linked" not in done.stderr
    sounds = page(tmp_path / "page.html").data["sounds"]
    assert sorted(sounds) == TEST
    assert all(sound["source"].startswith("data:audio/flac;base64,") for sound in sounds.values())
    sizes = [(home.clips("tones", "native") / f"{i:02}.flac").stat().st_size for i in (6, 7, 8)]
    monkeypatch.setattr(explorer, "EMBED_LIMIT", sum(sizes))
    done = report("-o", tmp_path / "page.html", "--embed-audio")
    assert "3 clips are in the page; 3 would make it too large and are linked." in done.stderr
    sounds = page(tmp_path / "page.html").data["sounds"]
    embedded = {clip_id for clip_id, sound in sounds.items() if sound["source"].startswith("data:")}
    assert embedded == {"tones/06", "tones/07", "tones/08"}, "clips that runs disagree on come first"


def test_failures_prompts_hashes_and_flags_are_on_the_page(imports: Imports, home: Home, tmp_path: Path) -> None:
    run = find(home, imports("good", RIGHT | {"tones/11": None}))
    said = run.settings.record() | {"seen_in_training": {"tones": "its card"}}
    (run.folder / "run.json").write_text(json.dumps(said))
    report(run.id, "-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "boom: &lt;b&gt;out&lt;/b&gt;" in text
    assert "tones is part of what the model was trained on: its card" in text
    assert said["split_sha256"] in text
    assert run.scores["labels_sha256"]["tones"] in text
    assert run.scores["aligner"] in text


def test_second_opinions_and_people_are_quoted_beside_the_rules(imports: Imports, home: Home, tmp_path: Path) -> None:
    run = find(home, imports("good", RIGHT))
    score.override(home, run, [{"clip_id": "tones/06", "label": "mid", "author": "Ada", "reason": "I hear it"}])
    said = score.score(run)
    opinion = {"opinion": "judge", "accuracy": 0.5, "low": 0.2, "high": 0.8, "n": 6, "asked": 4, "agreement": 0.25}
    opinion["recipe"] = "1"
    said["opinions"] = [opinion | {"detail": {"model": "<i>other</i>"}}]
    (run.folder / "scores.json").write_text(json.dumps(said))
    report(run.id, "-o", tmp_path / "page.html")
    text = " ".join((tmp_path / "page.html").read_text("utf-8").split())
    assert "people read 1 answer and agreed with the rules on 0" in text
    assert "read by judge: 50.0 % [20.0, 80.0] of 6 clips right, 4 answers read, 25.0 % of them as by the rules" in text
    assert "model: &lt;i&gt;other&lt;/i&gt;" in text
    answer = page(tmp_path / "page.html").data["clips"][0]["answers"][0]
    assert (answer["fate"], answer["override"]["author"]) == ("wrong", "Ada")


def test_captions_stand_beside_their_controls(imports: Imports, tmp_path: Path) -> None:
    imports("dull", dict.fromkeys(TEST, "A tone that sounds dark."), task="caption")
    report("-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "Captions beside what needs no listening" in text
    assert "6 times: A tone that sounds dark." in text
    assert "score" in page(tmp_path / "page.html").data["clips"][0]["answers"][0]


def test_labels_stand_beside_a_uniform_guess_and_the_best_constant_answer(two_models: Built) -> None:
    text = two_models.page.read_text("utf-8")
    section = re.sub(r"<[^>]+>", " ", text[text.index("Beside what needs no listening") :]).partition("Samples")[0]
    run = json.loads((two_models.home.root / "runs" / two_models.runs[0] / "scores.json").read_bytes())
    (answer,) = run["floors"]["constants"]["accuracy"]["tones"]
    constant = next(one["value"] for one in run["floors"]["metrics"] if one["metric"] == "constant")
    assert f"{100 * constant:.1f} %  ({answer})" in section
    assert "a uniform guess among all labels, exactly" in section
    assert "with one value" not in section


def test_markdown_and_latex_say_the_same_and_escape(two_models: Built) -> None:
    markdown, latex = ((two_models.folder / name).read_text("utf-8") for name in ("t.md", "t.tex"))
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert rows[0] == (
        r"| model | group | accuracy \[95 %\] | coverage | selective | lenient | macro F1 | parser interval | n |"
    )
    assert rows[2].startswith(r"| 50%\_\$x\_1\$\|y | a | 100.0 % \[too few to say\] | 100.0 % | 100.0 % |")
    assert rows[3].startswith(r"| poor | a | 50.0 % \[too few to say\] |")
    assert len({row.replace(r"\|", "").count("|") for row in rows}) == 1
    assert r"50\%\_\$x\_1\$\textbar{}y & a & 100.0 \% [too few to say] & 100.0 \%" in latex
    assert latex.count(r"\begin{tabular}{@{}llrrrrrrr@{}}") == latex.count(r"\end{tabular}") == 1
    for text in (markdown, latex):
        assert "accuracy: aligned and equal / all." in text
        assert "Runs with a letter in common are not told apart (no verdict, 3 artists" in text
        assert "6 clips" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_latex_table_compiles_and_fits_the_page(imports: Imports, tmp_path: Path) -> None:
    imports("50%_$x|y & {z} \\textbf~^<>", RIGHT)
    imports("dull", dict.fromkeys(TEST, "A tone that sounds dark."), task="caption")
    report("-o", tmp_path / "page.html", "--latex", tmp_path / "t.tex", "-q")
    text = "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}\\input{t}\\end{document}"
    (tmp_path / "paper.tex").write_text(text)
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_figures_for_papers_are_png_and_svg(two_models: Built) -> None:
    folder = two_models.folder / "figures"
    names = {path.name for path in folder.iterdir()}
    figures = ("scores", "outcomes", "policies", "confusion-poor", "confusion-50-_-x_1-y")
    assert names == {f"tones-genre-half-{name}.{form}" for name in figures for form in ("png", "svg")}
    assert (folder / "tones-genre-half-scores.png").read_bytes().startswith(b"\x89PNG")
    drawn = (folder / "tones-genre-half-scores.svg").read_text("utf-8")
    assert "50%_$x_1$|y" in drawn, "names are text, not formulas and not outlines"


def test_figures_take_the_colours_of_the_page(two_models: Built) -> None:
    from mudata.evaluation.report.style import INK

    drawn = re.findall(r'<svg role="img".*?</svg>', two_models.page.read_text("utf-8"), re.DOTALL)
    assert len(drawn) == 6, "three figures, for a wide and for a narrow screen"
    for figure in drawn:
        assert not [colour for colour in INK.values() if colour in figure]
        assert "var(--ink)" in figure
        assert "<text" in figure


def test_the_same_runs_make_the_same_page(
    two_models: Built, original: Original, monkeypatch: pytest.MonkeyPatch
) -> None:
    original.enter(monkeypatch)
    report(*two_models.runs, "-o", two_models.folder / "again.html")
    assert (two_models.folder / "again.html").read_bytes() == two_models.page.read_bytes()


@pytest.mark.parametrize("words", [["report", "--help"], ["--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mudata.cli import cli;"
        f"assert CliRunner().invoke(cli, {words!r}).exit_code == 0;"
        "print({'jinja2', 'matplotlib', 'numpy', 'duckdb', 'pyarrow', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
