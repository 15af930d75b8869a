"""`mudata show`: one clip's facts and references with every answer about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from shell import typed

from mudata.cli import cli
from mudata.errors import EvaluationError
from mudata.evaluation.comparison.clip_view import clip_views, draw_clips, runs_to_show
from mudata.evaluation.run import Run, all_runs

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.home import Home

pytestmark = pytest.mark.slow

SAYINGS = {
    "sure": "'It is not high, it is low.'",
    "split": "clip.clip_id[-1] in '79' and 'high' or 'low'",
    "loud": "'high'",
    "mute": "''",
}


@pytest.fixture
def corpus(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Clips 06 to 11 of `tones` are the test part of `half`: low, mid, high, low, mid, high."""
    for name, said in SAYINGS.items():
        (tmp_path / f"show_{name}.py").write_text(
            "from mudata.evaluation.protocol import Answer, ModelCapabilities\n"
            "class Model:\n"
            "    capabilities = ModelCapabilities(needs_audio=False, control=True, batch=2)\n"
            "    def load(self): pass\n"
            f"    def answer(self, items): return [Answer({said}) for clip in (item.clip for item in items)]\n"
            "    def describe(self): return {}\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    return corpus


def ask(name: str, task: str = "genre") -> Run:
    before = {run.id for run in all_runs_now()}
    done = typed(
        "eval", "--model", f"show_{name}:Model" if name in SAYINGS else name, "--split", "half", "--task", task
    )
    assert done.code == 0, done.err
    (made,) = [run for run in all_runs_now() if run.id not in before]
    return made


def all_runs_now() -> list[Run]:
    from mudata.home import Home

    return all_runs(Home.default())


def test_a_clip_is_shown_with_its_facts_references_and_every_answer(corpus: Corpus, home: Home) -> None:
    ask("sure")
    ask("loud")
    ask("mute")
    lines = typed("show", "tones/06").out.splitlines()
    assert lines[0] == "tones/06"
    facts = {line.split(":", 1)[0].strip(): line.split(":", 1)[1].strip() for line in lines[1:8] if ":" in line}
    assert facts["artist"] == "artist 3"
    assert facts["length"] == "0.7 s"
    assert Path(facts["listen"]).is_file()
    assert facts["genre"] == "low"
    assert facts["mood"] == "calm, dark"
    assert facts["caption"] == "A low tone that sounds dark and calm, number 6."
    text = "\n".join(lines)
    assert "show_sure:Model  right  genre: ALIGNED low\n      It is not high, it is low." in text
    assert "show_loud:Model  wrong  genre: ALIGNED high (it is low)\n      high" in text
    assert "show_mute:Model  wrong  genre: EMPTY (it is low)\n      (empty)" in text


def test_descriptions_have_their_rouge_and_tags_are_right_only_as_a_whole(corpus: Corpus) -> None:
    ask("random", "caption")
    ask("random", "mood")
    said = {one["task"]: one for one in json.loads(typed("show", "tones/06", "--json").out)[0]["said"]}
    assert said["caption"]["right"] is None
    assert 0 < said["caption"]["rouge"]["rougeL_f"] <= said["caption"]["rouge"]["rouge1_f"] <= 1
    assert said["mood"]["gold"] == ["calm", "dark"]
    assert said["mood"]["right"] == (set(said["mood"]["labels"]) == {"calm", "dark"})
    assert "caption: rouge1_f 0." in typed("show", "tones/06").out


def test_words_that_decided_are_coloured_on_a_terminal_and_marked_in_markdown(corpus: Corpus) -> None:
    ask("sure")
    ask("loud")
    shown = CliRunner().invoke(cli, ["show", "tones/06"], color=True).stdout
    assert click.style("low", fg="green", bold=True) in shown
    assert click.style("high", fg="red", strikethrough=True) in shown
    assert f"      {click.style('high', fg='red')}\n" in shown, "wrong as a whole"
    assert not {"\x1b", "\ufffd"}.intersection(typed("show", "tones/06").out)
    lines = typed("show", "tones/06", "--markdown").out.splitlines()
    assert lines[0] == "### tones/06"
    assert "| show\\_sure:Model | It is not ~~high~~, it is **low**. | genre: ALIGNED low | yes |" in lines


def test_what_a_terminal_would_obey_is_not_printed(corpus: Corpus, home: Home) -> None:
    run = ask("loud")
    lines = [json.loads(line) for line in (run.folder / "answers.jsonl").read_text().splitlines()]
    for line in lines:
        line["answer"] = "\x1b]0;owned\x07 | high\nhigh"
    (run.folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "\ufffd]0;owned\ufffd | high high" in typed("show", "tones/06").out
    assert "\ufffd\\]0;owned\ufffd \\| **high** " in typed("show", "tones/06", "--markdown").out


def test_an_unfinished_run_shows_the_answers_it_has(corpus: Corpus, home: Home) -> None:
    run = ask("loud")
    lines = (run.folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (run.folder / "answers.jsonl").write_bytes(b"".join(lines[:2]))
    first, last = clip_views(home, ["tones/06", "tones/11"], [run])
    assert [said.answer for said in first.said] == ["high"]
    assert last.said == ()
    assert "No run has an answer about it." in typed("show", "tones/11").out


def test_failures_are_shown_as_failures(corpus: Corpus, home: Home) -> None:
    run = ask("loud")
    lines = [json.loads(line) for line in (run.folder / "answers.jsonl").read_text().splitlines()]
    lines[0] |= {"answer": None, "error": "out-of-memory: 3 GiB"}
    (run.folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = typed("show", lines[0]["clip_id"]).out
    assert "wrong  genre: ERROR" in done
    assert "no answer: out-of-memory: 3 GiB" in done


def test_only_the_runs_asked_for_are_shown_and_alike_models_are_told_apart(corpus: Corpus) -> None:
    loud = ask("loud")
    first = ask("random")
    typed("eval", "--model", "random", "--split", "half", "--task", "genre", "--seed", "3")
    done = typed("show", "tones/06", "--runs", f"{loud.id},{first.id}").out
    assert "show_loud:Model  wrong" in done
    assert done.count("random") == 1
    assert f"random [{first.id}]" in typed("show", "tones/06").out
    assert typed("show", "tones/06", "--runs", "nobody").code == 2


def test_an_unknown_clip_brings_the_nearest_ones(corpus: Corpus) -> None:
    for name in ("06", "tones/66", "tone/06"):
        done = typed("show", name)
        assert done.code == 2
        assert f"No clip named {name!r}" in done.err
        assert "'tones/06'" in done.err
    assert "Did you mean 'tones/06'?" in typed("show", "06").err
    assert "Did you mean" not in typed("show", "zzzzzz").err


def test_a_clip_that_is_no_longer_indexed_is_shown_as_the_run_knows_it(corpus: Corpus, home: Home) -> None:
    ask("loud")
    corpus.publish("tones", clips=8)
    done = typed("show", "tones/11").out
    assert "listen:     not in the index" in done
    assert "genre:      high" in done
    assert "Did you mean 'tones/11'?" in typed("show", "11").err
    assert "show_loud:Model  right  genre: ALIGNED high" in done


def test_samples_are_of_the_runs_and_depend_on_the_seed_alone(corpus: Corpus, home: Home) -> None:
    run = ask("loud")
    three = draw_clips(home, [run], 3, 0)
    assert three == draw_clips(home, [run], 3, 0)
    assert set(three) <= {f"tones/{i:02}" for i in range(6, 12)}
    assert draw_clips(home, [run], 2, 0) == three[:2]
    assert len({tuple(draw_clips(home, [run], 3, seed)) for seed in range(5)}) > 1
    assert len(draw_clips(home, [], 20, 0)) == 12  # without any run: of the index
    assert [one["clip_id"] for one in json.loads(typed("show", "--sample", "3", "--json").out)] == three


def test_clips_that_models_disagree_about_come_first(corpus: Corpus, home: Home) -> None:
    runs = [ask("sure"), ask("split"), ask("loud")]
    assert sorted(draw_clips(home, runs[:2], 2, 0, disagree=True)) == ["tones/07", "tones/09"]
    # with `loud`, one of three stands alone about every clip; with `mute`, two of four are alone where `split` is high
    assert len(draw_clips(home, runs, 9, 0, disagree=True)) == 6
    mute = ask("mute")
    assert sorted(draw_clips(home, [*runs[:2], mute], 2, 0, disagree=True)) == ["tones/07", "tones/09"]
    assert typed("show", "--sample", "2", "--disagree").code == 0
    with pytest.raises(EvaluationError, match="none can disagree"):
        draw_clips(home, runs[:1], 2, 0, disagree=True)


@pytest.mark.parametrize("words", [(), ("tones/06", "--sample", "2"), ("tones/06", "--disagree"), ("--disagree",)])
def test_clips_are_named_or_drawn(corpus: Corpus, words: tuple[str, ...]) -> None:
    done = typed("show", *words)
    assert done.code == 2
    assert "Name clips, or give --sample N" in done.err


def test_an_empty_home_has_nothing_to_show(home: Home) -> None:
    with pytest.raises(EvaluationError, match="There is no clip to show"):
        draw_clips(home, [], 1, 0)
    assert runs_to_show(home, []) == []


def test_a_damaged_run_does_not_keep_the_others_from_showing(corpus: Corpus, home: Home) -> None:
    run = ask("loud")
    (home.runs / "bad").mkdir()
    (home.runs / "bad" / "run.json").write_text("{")
    assert [one.id for one in runs_to_show(home, [])] == [run.id]
