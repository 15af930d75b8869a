"""Shards: together they are the run that was not sharded, and what does not fit together is not joined."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shell import typed
from small_corpus import AskedOf, Corpus

from mudata.api.scored_run import ScoredRun
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation import run as run_files
from mudata.evaluation.inference import merging
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.inference.sharding import Shard
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities, Ranking
from mudata.evaluation.run import Run, all_runs

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


class Ear:
    """Tells what it was taught about the nearest pitch; fails on the clips of `deaf_to`."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=2, gives_logits=True)
    needs_fit = True
    revision = "r1"
    deaf_to: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.known: list[tuple[int, tuple[str, ...]]] = []

    def load(self) -> None: ...

    def fit(self, train: Any) -> None:
        self.known = [(self.pitch(item), right) for item, right in train]

    def pitch(self, item: Item) -> int:
        return sum(int(np.abs(np.fft.rfft(clip.audio, 8000)).argmax()) for clip in item.clips)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [
            Failure("deaf", "to this one")
            if item.item_id in self.deaf_to
            else Answer(min(self.known, key=lambda one: abs(one[0] - self.pitch(item)))[1][0])
            for item in items
        ]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        return [Ranking(tuple(-float(i + self.pitch(one)) for i in range(len(one.question.options)))) for one in items]

    def describe(self) -> dict[str, object]:
        return {"revision": self.revision}


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    monkeypatch.setattr(Ear, "deaf_to", ())
    return Corpus(home, tmp_path / "cards", monkeypatch)


def ask(home: Home, shard: str | None = None, **more: Any) -> Run:
    request = {"model": f"{__name__}:Ear", "split": "half", "task": "genre"} | more
    command = f"mudata eval --split half{f' --shard {shard}' if shard else ''}"
    return evaluate(home, EvalRequest(**request, command=command, shard=Shard.parse(shard) if shard else None))


def merged(home: Home, *names: str) -> Run:
    (group,) = merging.found(home, names).values()
    return merging.merge(home, group)


def content(run: Run) -> dict[str, Any]:
    """A run's files, but for times, sizes of batches and sessions, which are those of the shards."""
    said = json.loads((run.folder / "run.json").read_text())
    said = {key: value for key, value in said.items() if key not in ("created_at", "sittings")}
    answers = [json.loads(line) for line in (run.folder / "answers.jsonl").read_text().splitlines()]
    answers = [{k: v for k, v in line.items() if k not in ("seconds", "batch")} for line in answers]
    scores = {k: v for k, v in run.scores.items() if k != "scored_at"}
    files = {name: (run.folder / name).read_text() for name in ("questions.jsonl", "rankings.jsonl")
             if (run.folder / name).exists()}  # fmt: skip
    return {"run": said, "answers": answers, "scores": scores, **files}


PAIRS = tuple(
    AskedOf(f"p{i}", "higher", (i % 12, (5 * i + 1) % 12), "first" if i % 12 > (5 * i + 1) % 12 else "second")
    for i in range(7)
)


@pytest.mark.parametrize(
    "asked",
    [{"rank": True}, {"control": "swap-audio", "limit": 5}, {"task": "higher", "options_order": "rotations"}],
    ids=["ranked", "swapped", "passes"],
)
def test_shards_are_merged_into_the_run_that_was_not_sharded(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    if asked.get("task") == "higher":
        hashes = corpus.publish(items=PAIRS)
        corpus.split("half", {"test": hashes, "train": hashes})
    else:
        corpus.halves(broken=("07",))
    whole = ask(home, **asked)
    expected = content(whole)
    shutil.move(whole.folder, tmp_path / "whole")
    shards = [ask(home, f"{i}/3", **asked) for i in (3, 1, 2)]
    assert [run.folder.parent for run in shards] == [home.shards] * 3
    assert all_runs(home) == []
    assert not set(shards[0].answers()) & set(shards[1].answers())
    run = merged(home)
    assert run.id == whole.id
    assert content(run) == expected
    sessions = run.settings.sessions
    assert sorted(str(s.shard) for s in sessions) == ["1/3", "2/3", "3/3"]
    assert {s.command for s in sessions} == {"mudata eval --split half"}
    assert all(s.fitted["tones"]["clips"] for s in sessions)
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in run.folder.iterdir() if path.suffix == ".jsonl"}
    said = (run.folder / "run.json").read_bytes()
    assert content(merged(home, *(one.id for one in shards))) == expected
    assert (run.folder / "run.json").read_bytes() == said
    for path, (data, _) in before.items():
        assert path.read_bytes() == data
    monkeypatch.setattr(Ear, "answer", lambda self, items: pytest.fail("asked again"))
    again = ask(home, **asked) if "07" not in str(expected["answers"]) or asked.get("task") else None
    assert again is None or content(again) == expected


def test_the_command_without_a_shard_goes_on_from_what_was_merged(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.halves()
    monkeypatch.setattr(Ear, "deaf_to", ("tones/08",))
    for i in (1, 2):
        ask(home, f"{i}/2")
    run = merged(home)
    assert run.failures() == {"deaf": 1}
    monkeypatch.setattr(Ear, "deaf_to", ())
    assert ask(home).folder == run.folder
    assert not run.failures()
    assert [s.asked for s in run.settings.sessions] == [3, 3, 1]
    assert not merged(home).failures()  # what the run has since stays
    assert [s.asked for s in run.settings.sessions] == [3, 3, 1]


def test_a_merge_that_was_killed_is_done_again(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.halves()
    for i in (1, 2):
        ask(home, f"{i}/2")
    written = run_files.write_atomic

    def killed(path: Path, text: str) -> None:
        if path.name == "run.json":
            raise KeyboardInterrupt
        written(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(run_files, "write_atomic", killed)
        with pytest.raises(KeyboardInterrupt):
            merged(home)
    assert all_runs(home) == []
    run = merged(home)
    assert (len(run.answers()), len(run.settings.sessions)) == (6, 2)


def test_what_does_not_fit_together_is_named(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.halves()
    first, third = ask(home, "1/3"), ask(home, "3/3")

    def refused(match: str, *names: str) -> None:
        with pytest.raises(EvaluationError, match=match):
            merged(home, *names)

    refused(r"1 shard of \S+ is missing: 2/3\.\nRun: mudata eval --split half --shard 2/3$")
    second = ask(home, "2/3")
    lines = (second.folder / "answers.jsonl").read_bytes()
    (second.folder / "answers.jsonl").write_bytes(lines[: lines.index(b"\n") + 9])
    refused("Shard 2/3 of .* is unfinished: 1 of 2 have not been asked yet, the first tones/10")
    (second.folder / "answers.jsonl").write_bytes(lines)
    copy = Path(shutil.copytree(second.folder, tmp_path / second.id))
    refused("overlap: 2/3 is there 2 times", first.id, second.id, third.id, str(copy))
    ask(home, "1/2")
    refused(r"overlap: some are of 2 and some of 3\.")
    said = second.settings
    changed: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
        (
            lambda s: s["shard"]["whole"].update(split_sha256="0"),
            "Shards 1/3 and 2/3 .* split_sha256 in run.json differs",
        ),
        (lambda s: s["sittings"][0]["model"].update(revision="r2"), "revision was r1 in shard 1/3 and r2 in shard 2/3"),
        (
            lambda s: s.update(
                run="../../out-2of3", shard={**s["shard"], "whole": {**s["shard"]["whole"], "run": "../../out"}}
            ),
            r"what it calls its run, '../../out', is not that of '../../out-2of3'",
        ),
        (lambda s: s["shard"]["whole"].pop("tasks"), r"run\.json cannot be read: .*tasks"),
        (
            lambda s: s.update(run=f"{s['shard']['whole']['run']}-2of9", shard={**s["shard"], "of": 9}),
            "2/9 is no shard of 6 items",
        ),
    ]
    for change, match in changed:
        record = json.loads(said.text())
        change(record)
        (second.folder / "run.json").write_text(json.dumps(record))
        refused(match, first.id, second.id, third.id)
    assert all_runs(home) == []
    (second.folder / "run.json").write_text(said.text())
    assert merged(home, str(first.folder), str(copy), third.id).scores["n"] == 6
    with pytest.raises(UnknownName, match="No shard named 'nothing'"):
        merged(home, "nothing")
    for text in ("0/2", "3/2", "1", "1/0", "a/b"):
        with pytest.raises(EvaluationError, match="is no shard"):
            Shard.parse(text)
    with pytest.raises(EvaluationError, match="6 items cannot be asked in 7 shards"):
        ask(home, "1/7")


def test_shards_on_the_command_line(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    words = ("eval", "--model", "random", "--split", "half", "--task", "genre")
    ids = []
    for i in (1, 2):
        done = typed(*words, "--shard", f"{i}/2", "--json")
        assert done.code == 0, done.err
        (told,) = json.loads(done.out)
        ids.append(told["run"])
        assert (told["shard"], told["asked"], told["failed"]) == (f"{i}/2", 3, 0)
    assert f"mudata runs merge {told['whole']}" in done.err
    done = typed("runs", "merge", told["whole"], "--json")
    assert json.loads(done.out)["run"] == told["whole"]
    with pytest.raises(EvaluationError, match="is a shard, which is not scored"):
        _ = Run(home.shards / ids[0]).scores
    assert repr(ScoredRun(home.shards / ids[0])).startswith(f"Run {ids[0]}: is a shard, which is not scored")
    assert typed("rm", *ids, "--yes").code == 0
    assert typed("runs", "merge").err.startswith("Error: There is no shard to merge.")
    assert typed(*words, "--shard", "3/2").code == 2
