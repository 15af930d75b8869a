"""Names by Tab, by the protocol that shells speak, and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell import typed
from small_corpus import Corpus

from mudata.cli import name_completion
from mudata.cli.cmd_completion import LINES

if TYPE_CHECKING:
    from mudata.home import Home

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What bash is told for a line with the cursor at its end."""

    def run(line: str) -> list[str]:
        monkeypatch.setenv("_MUDATA_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - (not line.endswith(" "))))
        done = typed()
        assert done.code == 0, done.err
        return [text.partition(",")[2] for text in done.out.splitlines() if text]

    return run


@pytest.fixture
def names(home: Home) -> Home:
    """A home with two splits and two runs."""
    home.splits.mkdir()
    (home.splits / "exam.json").write_text('{"datasets": ["demo"], "parts": {"train": [], "test": []}}')
    (home.splits / "other.json").write_text("{}")
    for run in ("random-exam-1", "majority-exam-2"):
        (home.runs / run).mkdir(parents=True)
    return home


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mudata fe", ["fetch"]),
        ("mudata r", ["runs", "report", "rm"]),
        ("mudata split l", ["leaks", "list"]),
        ("mudata models in", ["info"]),
        ("mudata fetch gt", ["gtzan"]),
        ("mudata fetch gtzan mtg", ["mtg_jamendo"]),
        ("mudata fetch gtzan gt", []),
        ("mudata get gt", ["gtzan"]),
        ("mudata info lak", ["lakh_midi"]),
        ("mudata stats fm", ["fma"]),
        ("mudata verify fm", ["fma"]),
        ("mudata models info salm", ["salmonn-13b", "salmonn-7b"]),
        ("mudata models fetch chatm", ["chatmusician"]),
        ("mudata suites show s", ["survey"]),
        ("mudata eval --suite s", ["survey"]),
        ("mudata eval --model maj", ["majority"]),
        ("mudata eval --models random,maj", ["random,majority"]),
        ("mudata eval --split e", ["exam"]),
        ("mudata eval --split exam --part t", ["train", "test"]),
        ("mudata eval --split exam --task g", ["genre"]),
        ("mudata split show e", ["exam"]),
        ("mudata split check o", ["other"]),
        ("mudata split new-one --dataset dem", ["demo", "demo_exam"]),
        ("mudata split new-one --dataset gtzan --stratify ", ["genre"]),
        ("mudata score maj", ["majority-exam-2"]),
        ("mudata compare random-exam-1 maj", ["majority-exam-2"]),
        ("mudata report rand", ["random-exam-1"]),
        ("mudata override rand", ["random-exam-1"]),
        ("mudata show --runs random-exam-1,", ["random-exam-1,majority-exam-2"]),
        ("mudata import-answers --dataset gt", ["gtzan"]),
        ("mudata align --labels gtz", ["gtzan"]),
        ("mudata align --labels gtzan:", ["gtzan:genre"]),
        ("mudata rm ", ["exam", "other", "majority-exam-2", "random-exam-1"]),
        ("mudata rm --kind run ", ["majority-exam-2", "random-exam-1"]),
        ("mudata split rm ", ["exam", "other"]),
        ("mudata mv ", ["exam", "other"]),
        ("mudata where exa", ["exam"]),
        ("mudata where gtz", ["gtzan"]),
        ("mudata completion f", ["fish"]),
        ("mudata fetch --acc", ["--accept-licence"]),
        ("mudata ls --usage non", ["noncommercial"]),
    ],
)
def test_names_are_completed(names: Home, complete: Complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_clips_are_completed_and_where_they_are_many_datasets(
    home: Home, complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complete("mudata show ") == []
    corpus = Corpus(home, tmp_path, monkeypatch)
    corpus.publish("tones")
    assert complete("mudata show tones/1") == ["tones/10", "tones/11"]
    assert complete("mudata show tones/10 tones/1") == ["tones/11"]
    assert complete("mudata override some-run tones/0")[:2] == ["tones/00", "tones/01"]
    corpus.publish("others")
    monkeypatch.setattr(name_completion, "_MOST", 5)
    assert complete("mudata show ") == ["others/", "tones/"]
    assert len(complete("mudata show t")) == 12


def test_cards_of_ones_own_are_completed_and_broken_ones_break_nothing(
    complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gtown.yaml").write_text("{: broken")
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "mine.yaml").touch()
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    assert complete("mudata fetch gt") == ["gtown", "gtzan"]
    assert complete("mudata suites show m") == ["mine"]
    assert complete("mudata split x --dataset gtown --stratify ") == []


def test_paths_are_left_to_the_shell(complete: Complete) -> None:
    assert complete("mudata info ./") == ["./"]


def test_nothing_heavy_is_imported_for_it() -> None:
    program = (
        "import os, sys; sys.argv = ['mudata']\nfrom mudata.cli import main\n"
        "for line, number in (('fetch g', 2), ('eval --model r', 3), ('split a --stratify ', 4), ('rm ', 2)):\n"
        "    os.environ.update(COMP_WORDS='mudata ' + line, COMP_CWORD=str(number))\n"
        "    try: main()\n    except SystemExit: pass\n"
        "print(*{'torch', 'pydantic', 'duckdb', 'numpy', 'pyarrow', 'rich', 'transformers'} & set(sys.modules))"
    )
    env = {**os.environ, "_MUDATA_COMPLETE": "bash_complete"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert {"plain,gtzan", "plain,random", "plain,genre"} <= set(lines)
    assert lines[-1] == ""


@pytest.mark.parametrize("shell", LINES)
def test_the_line_to_add_is_on_stdout_alone(shell: str) -> None:
    done = typed("completion", shell)
    assert done.out == f"{LINES[shell][0]}\n"
    assert LINES[shell][1] in done.err


@pytest.mark.parametrize("shell", LINES)
def test_the_line_calls_for_a_script_of_that_shell(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MUDATA_COMPLETE", f"{shell}_source")
    done = typed()
    assert done.code == 0
    assert f"_MUDATA_COMPLETE={shell}_complete" in done.out


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_in_a_real_bash(names: Home, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "mudata"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; sys.argv[0] = \'mudata\'; '
                       f'from mudata.cli import main; main()" "$@"\n')  # fmt: skip
    program.chmod(0o755)
    script = f"""
    export PATH="{program.parent}:$PATH"
    {LINES["bash"][0]}
    COMP_WORDS=(mudata eval --split e); COMP_CWORD=3; COMP_LINE="mudata eval --split e"; COMP_POINT=21
    complete -p mudata
    _mudata_completion mudata
    echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].endswith("-F _mudata_completion mudata")
    assert done.stdout.splitlines()[-1] == "exam"
