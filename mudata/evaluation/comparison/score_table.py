"""Scores as tables for people: one row per run and dataset, one table per kind of task.

Kept within 120 characters for names of usual length: intervals only beside the headline, and where
several runs are shown, split and task only where they differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mudata.evaluation.comparison.exam_editions import dataset_names
from mudata.evaluation.comparison.exam_means import exam_means
from mudata.evaluation.comparison.exam_notes import exam_notes, official_cell
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.interval_notes import clips_and_clusters, methods
from mudata.evaluation.metrics.label_floors import FLOORED, constant_words
from mudata.evaluation.metrics.power import detectable
from mudata.evaluation.metrics.scored import Metric, decimals, headline_of, interval_text

Metrics = Mapping[str, Mapping[str, Any]]


class ScoreTable(NamedTuple):
    """Rows of ready text by column name, and what stands below: of how many clips in how many clusters values are, how
    intervals were found, and what the number of clips allows to say."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    notes: tuple[str, ...]

    @property
    def note(self) -> str:
        return " ".join(self.notes)


_OF_KIND = {
    "classify": ("accuracy", "parser", "coverage", "macro F1", "chance", "majority"),
    "tag": ("micro F1", "P/R", "macro F1", "Jaccard", "coverage", "majority"),
    "caption": ("ROUGE-1 P/R/F", "ROUGE-L P/R/F", "lift", "constant", "refusals"),
}


_BESIDE_EXACT = ("coverage", "chance", "best constant", "distinct (commonest)")
"""What stands beside the measures of a kind with exact truth."""
_BESIDE_EXAM = ("official", "any mention", "coverage", "chance", "best constant")
"""The same, where an official rule judges the answers too."""


def tables(runs: Sequence[Mapping[str, Any]]) -> list[ScoreTable]:
    """What scores.json says of one or several runs, best first within each dataset; a table
    per kind of task, of kinds with exact truth one for what is measured alike (tempi, counts).

    `parser` is the parser interval, from strict accuracy to that of any mention; `lift` the ROUGE-L
    F gained over the captions of wrong clips; `constant` the ROUGE-1 F and ROUGE-L F of one
    sentence for all clips; `best constant` what the best constant answer to questions with exact truth reaches, which
    the model `constant` need not give; `official` what an exam's own rule makes of the answers, with its n where that
    is another; `any mention` what our accuracy would be if any mention of the right option counted; `distinct
    (commonest)` how many different values were given, and the share of the commonest.
    """
    alike: dict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = {}
    for scores in runs:
        alike.setdefault((kind := scores["kind"], _columns(kind, scores)), []).append(scores)
    order = [*_OF_KIND, *EXACT_KINDS]
    found = [
        _table(kind, columns, of) for (kind, columns), of in sorted(alike.items(), key=lambda k: order.index(k[0][0]))
    ]
    if means := tuple(exam_means(runs)):  # of tasks that may be in several tables
        found[-1] = found[-1]._replace(notes=(*found[-1].notes, *means))
    return found


def _table(kind: str, columns: tuple[str, ...], runs: Sequence[Mapping[str, Any]]) -> ScoreTable:
    shared = [key for key in ("split", "task") if len(runs) > 1 and len({scores[key] for scores in runs}) == 1]
    varying = [key for key in ("model", "split", "dataset", "task", "n") if key not in shared]
    run_column = ("run",) if len(runs) > 1 else ()
    everywhere = ", ".join(f"{key.capitalize()}: {runs[0][key]}" for key in shared)
    notes = [*([f"{everywhere}."] if shared else []), _told_apart(kind, runs), *_basis(kind, runs)]
    notes += (
        [*_exact_notes(runs), *exam_notes(runs)] if kind in EXACT_KINDS else [*_hedged(runs), *_floor_notes(kind, runs)]
    )
    return ScoreTable((*varying, *columns, *run_column), _rows(kind, runs), tuple(notes))


def _columns(kind: str, scores: Mapping[str, Any]) -> tuple[str, ...]:
    if kind in _OF_KIND:
        return _OF_KIND[kind]
    measured = {metric["metric"] for metric in scores["metrics"]}
    titles = [measure.title for measure in kind_of(kind).measures if measure.name in measured]
    if kind == "open":
        return (*titles, "coverage", "distinct (commonest)")
    return (*titles, *_BESIDE_EXAM) if "official" in measured else (*titles, *_BESIDE_EXACT)


def _rows(kind: str, runs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    lines, called = [], dataset_names(runs)
    for scores in runs:
        for dataset, metrics in _parts(scores).items():
            headline = metrics[headline_of(kind, metrics)]
            row = {column: str(scores[column]) for column in ("model", "split", "task", "run")}
            row |= {"dataset": called.get((str(scores["run"]), dataset), dataset), "n": str(headline["n"])} | _cells(
                kind, metrics
            )
            if exam := scores["datasets"].get(dataset, {}).get("exam"):
                row["official"] = official_cell(exam, row.get("official", ""))
            if control := scores.get("control"):
                row["model"] += f" ({control})"
            if scores["forced_choice"]:
                row |= {"coverage": "forced", "parser": ""}
            lines.append(((scores["task"], row["dataset"], scores["split"], -headline["value"], scores["run"]), row))
    return [row for _, row in sorted(lines, key=lambda line: line[0])]


def _parts(scores: Mapping[str, Any]) -> dict[str, Metrics]:
    """Metrics by name of every dataset, and of `all` where there are several."""
    return {name: {one["metric"]: one for one in part["metrics"]} for name, part in _whole_parts(scores).items()}


def _whole_parts(scores: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    datasets = scores["datasets"]
    return {**datasets, "all": scores} if len(datasets) > 1 else dict(datasets)


def _basis(kind: str, runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of each dataset, of how many clips in how many clusters values are, and how the intervals shown were found."""
    by_dataset: dict[str, list[Mapping[str, Any]]] = {}
    for scores in runs:
        for dataset, part in _whole_parts(scores).items():
            by_dataset.setdefault(dataset, []).append(part)
    for dataset, parts in by_dataset.items():
        noun = "item" if kind in EXACT_KINDS else "clip"
        told = (clips_and_clusters(part["n"], part.get("clusters"), noun) for part in parts)
        basis = "; ".join(dict.fromkeys(told))
        metrics = [metric for part in parts for metric in part["metrics"]]
        shown = (headline_of(kind, {metric["metric"] for metric in metrics}), "rougeL_f_lift")
        found = methods(metric for metric in metrics if metric["metric"] in shown)
        yield f"{dataset}: {basis}; intervals: {found}."


def _told_apart(kind: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """The smallest difference that shows on so many clips, of the least exact run of each
    dataset."""
    needed: dict[tuple[str, int], float] = {}
    titles = {measure.name: measure.title for measure in kind_of(kind).measures} if kind in EXACT_KINDS else {}
    headline, what = headline_of(kind, ()), "items" if kind in EXACT_KINDS else "clips"
    for scores in runs:
        for dataset, metrics in _parts(scores).items():
            headline = headline_of(kind, metrics)
            difference = detectable([Metric(**metric) for metric in metrics.values()])[headline]["difference"]
            if isinstance(difference, float):
                key = (dataset, int(metrics[headline]["n"]))
                needed[key] = max(difference, needed.get(key, 0.0))
    if not needed:
        return f"So few {what} tell no two runs apart."
    each = (
        f"{dataset} ({n} {what}) {f'{100 * least:.1f} points' if headline == 'accuracy' else decimals(least)}"
        for (dataset, n), least in needed.items()
    )
    measure = titles.get(headline, headline)
    return f"Smallest difference of {measure} told apart, 80 % power, not paired: {'; '.join(each)}."


def _hedged(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """A word on answers that commit to a label though they say that they are not certain."""
    counts = [f"{scores['model']} {n} of {scores['n']}" for scores in runs if (n := scores.get("hedged"))]
    return [f"Hedged answers that name a label all the same, which counts: {', '.join(counts)}."] if counts else []


def _cells(kind: str, metrics: Metrics) -> dict[str, str]:
    match kind:
        case "classify":
            upper = metrics.get("any_mention_accuracy", metrics["accuracy"])["value"]
            return {
                "accuracy": _interval(metrics["accuracy"], percent=True),
                "parser": f"{100 * metrics['accuracy']['value']:.1f}–{100 * upper:.1f}",
                "coverage": _percent(metrics, "coverage"),
                "macro F1": _value(metrics, "macro_f1"),
                "chance": _percent(metrics, "chance"),
                "majority": _percent(metrics, "majority"),
            }
        case "tag":
            return {
                "micro F1": _interval(metrics["micro_f1"]),
                "P/R": f"{_value(metrics, 'micro_precision')} {_value(metrics, 'micro_recall')}",
                "macro F1": _value(metrics, "macro_f1"),
                "Jaccard": _value(metrics, "jaccard"),
                "coverage": _percent(metrics, "coverage"),
                "majority": _value(metrics, "majority_micro_f1"),
            }
        case "caption":
            lift = metrics.get("rougeL_f_lift")
            triples = {n: " ".join(_value(metrics, f"rouge{n}_{part}") for part in "prf") for n in "1L"}
            return {
                "ROUGE-1 P/R/F": triples["1"],
                "ROUGE-L P/R/F": f"{triples['L']} {_half(metrics['rougeL_f'])}",
                "lift": f"{decimals(lift['value'])} {_half(lift)}" if lift else "",
                "constant": f"{_value(metrics, 'rouge1_f_constant')} {_value(metrics, 'rougeL_f_constant')}".strip(),
                "refusals": _percent(metrics, "refusals"),
            }
        case _:
            return _exact_cells(kind, metrics)


def _exact_cells(kind: str, metrics: Metrics) -> dict[str, str]:
    headline, cells = headline_of(kind, metrics), {}
    for measure in kind_of(kind).measures:
        if measure.name == headline:
            cells[measure.title] = _interval(metrics[headline], percent=headline == "accuracy")
        elif measure.name in metrics:
            cells[measure.title] = (_percent if measure.style == "percent" else _value)(metrics, measure.name)
    beside = _percent if headline == "accuracy" else _value
    commonest = f" ({_percent(metrics, 'commonest_share')})" if "commonest_share" in metrics else ""
    if "official" in metrics:
        mentioned = _percent(metrics, "lenient_mention")
        cells |= {"official": _interval(metrics["official"], percent=True), "any mention": mentioned}
    return cells | {
        "coverage": _percent(metrics, "coverage"),
        "chance": beside(metrics, "chance"),
        "best constant": beside(metrics, "constant"),
        "distinct (commonest)": f"{metrics['distinct_answers']['value']:.0f}{commonest}",
    }


def _floor_notes(kind: str, runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a uniform guess and the best constant answers are worth on these clips, how many different answers were
    given, and how answers ended; captions have controls of their own."""
    floors: dict[str, None] = {}
    for scores in runs:
        for dataset, part in _whole_parts(scores).items():
            if part.get("floors"):
                floors[f"{dataset}, {scores['task']}: {_told_floors(kind, part)}."] = None
    yield from floors
    if given := "; ".join(_given(scores, scores["floors"]) for scores in runs if scores.get("floors")):
        yield f"Answers: {given}."


def _told_floors(kind: str, part: Mapping[str, Any]) -> str:
    """What a uniform guess reaches by each measure, then the best constant answers."""
    metrics = {one["metric"]: one for one in (*part["floors"]["metrics"], *part["metrics"])}
    guessed, constants = [], []
    for place, measure in enumerate(FLOORED[kind]):
        title, tail = "" if measure == "accuracy" else measure.replace("_f1", " F1 "), f"_{measure}" if place else ""
        written = _percent if measure == "accuracy" else _value
        guessed.append(f"{title}{written(metrics, f'chance{tail}')}")
        if best := part["floors"]["constants"].get(measure):
            constants.append(f"{title}{written(metrics, f'constant{tail}')} ({constant_words(best)!r})")
    drawn = " among all sets of labels" if kind == "tag" else ""
    best_told = f"; the best constant answer {', '.join(constants)}" if constants else ""
    return f"a uniform guess{drawn} reaches {', '.join(guessed)}{best_told}"


def _given(scores: Mapping[str, Any], floors: Mapping[str, Any]) -> str:
    metrics = {one["metric"]: one for one in floors["metrics"]}
    commonest = f" ({_percent(metrics, 'commonest_share')} the commonest)" if floors["answers"] else ""
    ended = ", ".join(f"{n} {status}" for status, n in scores["outcomes"].items())
    return f"{scores['model']} {metrics['distinct_answers']['value']:.0f} different{commonest}, {ended}"


def _exact_notes(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Which constant answers are the best, and how answers ended that do not give one value."""
    titles = {measure.name: measure.title for measure in kind_of(str(runs[0]["kind"])).measures}
    constants: dict[str, None] = {}
    for scores in runs:
        for dataset, part in scores["datasets"].items():
            best = ", ".join(f"{titles[measure]} {answer!r}" for measure, answer in part["exact"]["constants"].items())
            if best:
                constants[f"{dataset}, {scores['task']}: best constant answers to these items: {best}."] = None
    yield from constants
    for scores in runs:
        counts = scores["exact"]["counts"]
        if told_counts := [f"{n} {name}" for name, n in counts.items() if n and name != "parsed"]:
            yield f"{scores['model']}: {counts['parsed']} of {scores['n']} parsed, {', '.join(told_counts)}."


def _interval(metric: Mapping[str, Any], *, percent: bool = False) -> str:
    low, high = metric["low"], metric["high"]
    if percent:
        return f"{100 * metric['value']:.1f} % {interval_text(low, high, lambda end: f'{100 * end:.1f}')}"
    return f"{decimals(metric['value'])} {interval_text(low, high, decimals)}"


def _half(metric: Mapping[str, Any]) -> str:
    low, high = metric["low"], metric["high"]
    return interval_text(low, high, decimals) if low is None or high is None else f"±{decimals((high - low) / 2)}"


def _percent(metrics: Metrics, name: str) -> str:
    return f"{100 * metrics[name]['value']:.1f} %" if name in metrics else ""


def _value(metrics: Metrics, name: str) -> str:
    return decimals(metrics[name]["value"]) if name in metrics else ""
