"""Scores as tables for people: one row per run and dataset, one table per kind of task.

Kept within 120 characters for names of usual length: intervals only beside the headline, and where several runs are
shown, split and task only where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mudata.evaluation.metrics.power import detectable
from mudata.evaluation.metrics.scored import Metric

_WORTH_A_WORD = 1.05
Metrics = Mapping[str, Mapping[str, Any]]


class ScoreTable(NamedTuple):
    """Rows of ready text by column name, and what the number of clips allows to say."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    note: str


_OF_KIND = {
    "classify": ("accuracy", "parser", "coverage", "macro F1", "chance", "majority"),
    "tag": ("micro F1", "P/R", "macro F1", "Jaccard", "coverage", "majority"),
    "caption": ("ROUGE-1 P/R/F", "ROUGE-L P/R/F", "lift", "constant", "refusals"),
}
_HEADLINE = {"classify": "accuracy", "tag": "micro_f1", "caption": "rougeL_f"}


def tables(found: Sequence[Mapping[str, Any]]) -> list[ScoreTable]:
    """What `judge.score` returned for one or several runs, best first within each dataset; a table per kind of task.

    `parser` is the parser interval, from strict accuracy to that of any mention; `lift` the ROUGE-L F gained over the
    captions of wrong clips; `constant` the ROUGE-1 F and ROUGE-L F of one sentence for all clips.
    """
    return [_table(kind, of) for kind in _OF_KIND if (of := [scores for scores in found if scores["kind"] == kind])]


def _table(kind: str, found: Sequence[Mapping[str, Any]]) -> ScoreTable:
    alike = [key for key in ("split", "task") if len(found) > 1 and len({scores[key] for scores in found}) == 1]
    same = [key for key in ("model", "split", "dataset", "task", "n") if key not in alike]
    run = ("run",) if len(found) > 1 else ()
    everywhere = ", ".join(f"{key.capitalize()}: {found[0][key]}" for key in alike)
    notes = [*([f"{everywhere}."] if alike else []), _told_apart(kind, found), *_grouped(found)]
    return ScoreTable((*same, *_OF_KIND[kind], *run), _rows(kind, found), " ".join(notes))


def _rows(kind: str, found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    lines = []
    for scores in found:
        for dataset, of in _parts(scores).items():
            headline = of[_HEADLINE[kind]]
            row = {column: str(scores[column]) for column in ("model", "split", "task", "run")}
            row |= {"dataset": dataset, "n": str(headline["n"])} | _cells(kind, of)
            if control := scores.get("control"):
                row["model"] += f" ({control})"
            if scores["forced_choice"]:
                row |= {"coverage": "forced", "parser": ""}
            lines.append(((scores["task"], dataset, scores["split"], -headline["value"], scores["run"]), row))
    return [row for _, row in sorted(lines, key=lambda line: line[0])]


def _parts(scores: Mapping[str, Any]) -> dict[str, Metrics]:
    """Metrics by name of every dataset, and of `all` where there are several."""
    parts = {name: of["metrics"] for name, of in scores["datasets"].items()}
    if len(parts) > 1:
        parts["all"] = scores["metrics"]
    return {name: {metric["metric"]: metric for metric in metrics} for name, metrics in parts.items()}


def _told_apart(kind: str, found: Sequence[Mapping[str, Any]]) -> str:
    """The smallest difference that shows on so many clips, of the least exact run of each dataset."""
    needed: dict[tuple[str, int], float] = {}
    for scores in found:
        for dataset, of in _parts(scores).items():
            difference = detectable([Metric(**metric) for metric in of.values()])[_HEADLINE[kind]]["difference"]
            if isinstance(difference, float):
                key = (dataset, int(of[_HEADLINE[kind]]["n"]))
                needed[key] = max(difference, needed.get(key, 0.0))
    if not needed:
        return "So few clips tell no two runs apart."
    each = (
        f"{dataset} ({n} clips) {f'{100 * least:.1f} points' if kind == 'classify' else _short(least)}"
        for (dataset, n), least in needed.items()
    )
    return f"Smallest difference of {_HEADLINE[kind]} told apart, 80 % power, not paired: {'; '.join(each)}."


def _grouped(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A word on accuracies whose interval is wider once artists or tracks are drawn instead of clips."""
    wider = 1.0
    for scores in found:
        for of in _parts(scores).values():
            if grouped := of.get("accuracy_clustered"):
                width = of["accuracy"]["high"] - of["accuracy"]["low"]
                wider = max(wider, (grouped["high"] - grouped["low"]) / width)
    if wider < _WORTH_A_WORD:
        return []
    return [f"Clips share artists or tracks: by those, intervals of accuracy are up to {wider:.1f} times as wide."]


def _cells(kind: str, of: Metrics) -> dict[str, str]:
    match kind:
        case "classify":
            upper = of.get("any_mention_accuracy", of["accuracy"])["value"]
            return {
                "accuracy": _interval(of["accuracy"], percent=True),
                "parser": f"{100 * of['accuracy']['value']:.1f}–{100 * upper:.1f}",
                "coverage": _percent(of, "coverage"),
                "macro F1": _value(of, "macro_f1"),
                "chance": _percent(of, "chance"),
                "majority": _percent(of, "majority"),
            }
        case "tag":
            return {
                "micro F1": _interval(of["micro_f1"]),
                "P/R": f"{_value(of, 'micro_precision')} {_value(of, 'micro_recall')}",
                "macro F1": _value(of, "macro_f1"),
                "Jaccard": _value(of, "jaccard"),
                "coverage": _percent(of, "coverage"),
                "majority": _value(of, "majority_micro_f1"),
            }
        case _:
            three = {n: " ".join(_value(of, f"rouge{n}_{part}") for part in "prf") for n in "1L"}
            return {
                "ROUGE-1 P/R/F": three["1"],
                "ROUGE-L P/R/F": f"{three['L']} {_half(of['rougeL_f'])}",
                "lift": f"{_value(of, 'rougeL_f_lift')} {_half(of['rougeL_f_lift'])}" if "rougeL_f_lift" in of else "",
                "constant": f"{_value(of, 'rouge1_f_constant')} {_value(of, 'rougeL_f_constant')}".strip(),
                "refusals": _percent(of, "refusals"),
            }


def _interval(metric: Mapping[str, Any], *, percent: bool = False) -> str:
    if percent:
        value, low, high = (100 * metric[key] for key in ("value", "low", "high"))
        return f"{value:.1f} % [{low:.1f}–{high:.1f}]"
    value, low, high = (_short(metric[key]) for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _half(metric: Mapping[str, Any]) -> str:
    return f"±{_short((metric['high'] - metric['low']) / 2)}"


def _percent(of: Metrics, name: str) -> str:
    return f"{100 * of[name]['value']:.1f} %" if name in of else ""


def _value(of: Metrics, name: str) -> str:
    return _short(of[name]["value"]) if name in of else ""


def _short(value: float) -> str:
    """Three places, without the zero before the point."""
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 0.9995 else f"{value:.3f}"
