"""Scores of texts as they lie in the folders of runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from answered import GOLD, IDS, answered
from simulated_ratings import listening_test_of

from mudata.evaluation.listening.automatic_scores import automatic_scores
from mudata.evaluation.listening.listening_test import ListeningTest, System
from mudata.evaluation.listening.rated_rows import clusters_of
from mudata.evaluation.scoring.opinions.opinion import file_sha256

if TYPE_CHECKING:
    from small_corpus import Corpus


def of_runs(**runs: str) -> ListeningTest:
    """A test of systems with these runs."""
    systems = tuple(System(name=name, role="model", run=run) for name, run in runs.items())
    people = System(name="reference", role="reference")
    return replace(listening_test_of("t", "mos", raters=2, clips=5), systems=(*systems, people))


@pytest.mark.slow
def test_right_and_wrong_labels_words_of_captions_and_what_is_not_there(corpus: Corpus, tmp_path: Path) -> None:
    said = ["low", "low", "high", "low", "mid", "what?"]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    labels = answered(corpus.home, tmp_path / "a", dict(zip(IDS, said, strict=True)))
    texts = answered(corpus.home, tmp_path / "b", dict.fromkeys(IDS, "a tone"), task="caption", model="describer")
    test = of_runs(labels=labels.id, texts=texts.id, gone="no-such-run")
    found = automatic_scores(corpus.home, test)
    assert {item: found.texts["right"][item, "labels"] for item in IDS} == {
        item: float(given == gold) for item, given, gold in zip(IDS, said, GOLD, strict=True)
    }
    lines = [json.loads(line) for line in (texts.folder / "alignments.jsonl").read_text().splitlines()]
    for line in lines:
        assert found.texts["rougeL_f"][line["clip_id"], "texts"] == line["rouge"]["rougeL_f"]
    assert set(found.texts) == {"right", "rouge1_f", "rougeL_f"}
    assert [text.partition(":")[0] for text in found.untold] == ["gone"]
    assert found.changed == ()
    assert clusters_of(corpus.home, test).keys() >= set(IDS)
    sealed = {labels.id: file_sha256(labels.folder / "scores.json"), texts.id: "0" * 64}
    assert automatic_scores(corpus.home, replace(test, scores_sha256=sealed)).changed == ("texts",)


def test_opinions_of_others_and_metrics_of_whole_runs(corpus: Corpus, tmp_path: Path) -> None:
    run = answered(corpus.home, tmp_path, dict(zip(IDS, GOLD, strict=True)))
    label_ids = [json.loads(line)["gold"][0] for line in (run.folder / "alignments.jsonl").read_text().splitlines()]
    ranked = [
        {"clip_id": item, "options": sorted(set(label_ids)), "loglik": [-1.0, -2.0, -3.0], "tokens": []} for item in IDS
    ]
    (run.folder / "rankings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in ranked))
    scores = json.loads((run.folder / "scores.json").read_text())
    scores["metrics"].append(scores["metrics"][0] | {"metric": "clap_score", "value": 0.25})
    (run.folder / "scores.json").write_text(json.dumps(scores))
    found = automatic_scores(corpus.home, of_runs(it=run.id))
    first = sorted(set(label_ids))[0]
    assert {item: found.texts["opinion loglik"][item, "it"] for item in IDS} == {
        item: float(label == first) for item, label in zip(IDS, label_ids, strict=True)
    }
    assert found.systems == {"clap_score": {"it": 0.25}}
