"""What mudata computed of the texts that people rated: scores by item and system, and of systems as a whole.

From what lies in the folders of a test's runs: alignments.jsonl (ROUGE, right or wrong, credit of values, an exam's own
rule), opinions of others about single labels, and from scores.json what is known of a whole run alone (METEOR,
BERTScore, CLAP score). Runs that cannot be read, or are not scored, are told and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.errors import CardError, EvaluationError, UnknownName
from mudata.evaluation import run as runs
from mudata.evaluation.metrics.captions import HEADLINES
from mudata.evaluation.scoring.alignment_lines import read_alignments
from mudata.evaluation.scoring.context import ScoringContext
from mudata.evaluation.scoring.opinions.opinion import file_sha256, scorer_labels

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.evaluation.listening.score_correlations import Cell
    from mudata.evaluation.run import Run
    from mudata.home import Home

OF_WHOLE_RUNS = ("meteor", "bertscore_f", "clap_score")
"""Metrics that are in scores.json and of no single text."""


@dataclass(frozen=True, kw_only=True)
class AutomaticScores:
    """By name: `texts` has scores by item and system, `systems` what is known of whole systems only. `untold` says of
    which runs nothing is known, and why; `changed` are systems whose scores are others than when the test was made."""

    texts: Mapping[str, Mapping[Cell, float]]
    systems: Mapping[str, Mapping[str, float]]
    untold: tuple[str, ...]
    changed: tuple[str, ...] = ()


def automatic_scores(home: Home, test: ListeningTest) -> AutomaticScores:
    """Of all runs of a test. Reads; scores nothing."""
    texts: dict[str, dict[Cell, float]] = {}
    systems: dict[str, dict[str, float]] = {}
    untold, changed = [], []
    for system in test.systems:
        if system.run is None:
            continue
        try:
            run = runs.find(home, system.run)
            metrics = run.scores["metrics"]
            lines = list(_of_texts(run))
            if test.scores_sha256.get(system.run, "") not in ("", file_sha256(run.folder / "scores.json")):
                changed.append(system.name)
        except (EvaluationError, UnknownName, CardError) as error:
            untold.append(f"{system.name}: {error.what}")
            continue
        for name, item, value in lines:
            texts.setdefault(name, {})[item, system.name] = value
        for metric in metrics:
            if metric["metric"] in OF_WHOLE_RUNS:
                systems.setdefault(metric["metric"], {})[system.name] = float(metric["value"])
    return AutomaticScores(texts=texts, systems=systems, untold=tuple(untold), changed=tuple(changed))


def _of_texts(run: Run) -> Iterator[tuple[str, str, float]]:
    """Name, item and value of each score of a single text."""
    for item, line in read_alignments(run.folder / "alignments.jsonl").items():
        for name, value in _of_line(line):
            yield name, item, value
    if run.settings.kind == "classify":
        context = ScoringContext.load(run)
        items = context.read_answers(overridden=False)
        for opinion, labels, _ in scorer_labels(context, items):
            for answer in items:
                if answer.clip_id in labels:
                    yield f"opinion {opinion}", answer.clip_id, float(labels[answer.clip_id] in answer.references)


def _of_line(line: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name in HEADLINES:
        if name in (line.get("rouge") or {}):
            yield name, float(line["rouge"][name])
    if "worth" in line:
        for name, value in (line["worth"] or {}).items():
            yield name, float(value)
    elif "right" in line:
        yield "right", float(line["right"])
    if line.get("official") is not None:
        yield "official", float(line["official"])
