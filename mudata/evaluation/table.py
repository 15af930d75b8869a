"""Scores as tables for people: one row per run and dataset, one table per kind of task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Rows of ready text by column name."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]


_SAME = ("model", "split", "dataset", "task", "n")
_OF_KIND = {
    "classify": ("accuracy", "macro F1", "coverage", "chance", "majority"),
    "tag": ("micro F1", "macro F1", "coverage", "majority"),
    "caption": (
        "ROUGE-1 P/R/F",
        "ROUGE-2 P/R/F",
        "ROUGE-L P/R/F",
        "ROUGE-L F [95 %]",
        "lift over wrong clips",
        "coverage",
    ),
}
_HEADLINE = {"classify": "accuracy", "tag": "micro_f1", "caption": "rougeL_f"}


def tables(found: Sequence[Mapping[str, Any]]) -> list[Table]:
    """What `judge.score` returned for one or several runs, best first within each dataset; a table per kind of task."""
    return [
        Table((*_SAME, *columns, "run"), _rows([scores for scores in found if scores["kind"] == kind]))
        for kind, columns in _OF_KIND.items()
        if any(scores["kind"] == kind for scores in found)
    ]


def _rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    lines = []
    for scores in found:
        parts = {name: of["metrics"] for name, of in scores["datasets"].items()}
        if len(parts) > 1:
            parts["all"] = scores["metrics"]
        for dataset, metrics in parts.items():
            by_name = {metric["metric"]: metric for metric in metrics}
            headline = by_name[_HEADLINE[scores["kind"]]]
            row = {column: str(scores[column]) for column in ("model", "split", "task", "run")}
            row |= {"dataset": dataset, "n": str(headline["n"])} | _cells(scores["kind"], by_name)
            if scores["forced_choice"]:
                row["coverage"] = "forced choice"
            lines.append(((scores["task"], dataset, scores["split"], -headline["value"], scores["run"]), row))
    return [row for _, row in sorted(lines, key=lambda line: line[0])]


def _cells(kind: str, of: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    match kind:
        case "classify":
            return {
                "accuracy": _percent(of["accuracy"]),
                "macro F1": _number(of["macro_f1"]),
                "coverage": _percent(of["coverage"], interval=False),
                "chance": _percent(of["chance"], interval=False),
                "majority": _percent(of["majority"], interval=False),
            }
        case "tag":
            return {
                "micro F1": _number(of["micro_f1"]),
                "macro F1": _number(of["macro_f1"]),
                "coverage": _percent(of["coverage"], interval=False),
                "majority": f"{of['majority_micro_f1']['value']:.3f}",
            }
        case _:
            cells = {
                f"ROUGE-{n} P/R/F": " ".join(f"{of[f'rouge{n}_{part}']['value']:.3f}" for part in "prf") for n in "12L"
            }
            cells["ROUGE-L F [95 %]"] = _number(of["rougeL_f"])
            cells["lift over wrong clips"] = _number(of["rougeL_f_lift"]) if "rougeL_f_lift" in of else ""
            return cells | {"coverage": _percent(of["coverage"], interval=False)}


def _percent(metric: Mapping[str, Any], *, interval: bool = True) -> str:
    value, low, high = (100 * metric[key] for key in ("value", "low", "high"))
    return f"{value:.1f} % [{low:.1f}–{high:.1f}]" if interval else f"{value:.1f} %"


def _number(metric: Mapping[str, Any]) -> str:
    return f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]"
