"""What stands below a table of scores of an exam: the official rule, where its verdicts differ from ours, passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def exam_notes(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sentences, each once; nothing for runs that are of no exam and have no official rule."""
    told: dict[str, None] = {}
    for scores in runs:
        for dataset, part in scores["datasets"].items():
            if exam := part.get("exam"):
                told |= dict.fromkeys(_of_exam(dataset, exam))
                told |= dict.fromkeys(_of_run(str(scores["model"]), exam))
    yield from told


def official_cell(exam: Mapping[str, Any] | None, written: str) -> str:
    """The official score, with its own n where its authors leave answers out."""
    if exam is None or exam["official"] is None:
        return ""
    n, dropped, _ = _counted(exam)
    return f"{written} of {n}" if dropped else written


def _counted(exam: Mapping[str, Any]) -> tuple[int, int, str]:
    """What the official score is over, how many its authors leave out, and what these are: items, or answers where the
    authors take the mean of all."""
    official, rule = exam["official"], exam["rule"] or {}
    if rule.get("combine") in ("none", "mean") and exam["passes_asked"] > exam["n"] and "answers" in official:
        return official["answers"], official["answers_dropped"], "answers"
    return official["n"], official["n_dropped"], "items"


def _of_exam(dataset: str, exam: Mapping[str, Any]) -> Iterator[str]:
    version = " (edition not known)" if exam["version"] is None else f" {exam['version']}".rstrip()
    if rule := exam["rule"]:
        strip = f", without {', '.join(map(repr, rule['strip']))} before answers" if rule["strip"] else ""
        combined = f", passes combined by {rule['combine']}" if rule["combine"] != "none" else ""
        yield f"{dataset}{version}: official is {rule['name']} ({rule['source']}){strip}{combined}."
    if exam["floors"]:
        floors = ", ".join(f"{floor['title']} {100 * floor['value']:.1f} %" for floor in exam["floors"])
        yield f"{dataset}{version}: without listening: {floors}."
    if n := exam["faults"]["n"]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in exam["faults"]["by_kind"].items())
        yield f"{dataset}{version}: {n} of {exam['n']} items are known to be wrong ({kinds})."


def _of_run(model: str, exam: Mapping[str, Any]) -> Iterator[str]:
    protocol = exam["protocol"]
    if protocol["same"] is False:
        asked = f"order {protocol['order']}, prompt {protocol['prompt']}"
        known = {"order": protocol["authors_order"], "prompt": protocol["authors_prompt"]}
        theirs = ", ".join(f"{what} {said}" for what, said in known.items() if said is not None)
        yield f"{model}: not asked as the authors do ({asked}; theirs: {theirs})."
    official, differ = exam["official"], exam["differ"]
    n, dropped, what = _counted(exam) if official else (0, 0, "")
    if dropped:
        yield (
            f"{model}: the official rule leaves out {dropped} of {n + dropped} {what}; counted as wrong "
            f"they make it {100 * official['all']:.1f} %."
        )
    if official and official["drawn"]:
        ends = f"{100 * official['lowest']:.1f} to {100 * official['highest']:.1f} %"
        yield f"{model}: the official rule draws at random for {official['drawn']} items: luck makes it {ends}."
    if differ:
        sorts = {"official_only": "right by the official rule alone", "ours_only": "by ours alone"}
        sorts |= {"in_part": "in part", "dropped": "left out"}
        each = ", ".join(f"{differ[sort]} {words}" for sort, words in sorts.items() if differ[sort])
        yield f"{model}: verdicts differ on {differ['n']} of {differ['of']} answers{f' ({each})' if each else ''}."
    for row in exam.get("other_rules") or ():
        yield _by_other_rule(model, row)
    if exam["ours"]:
        yield from _passes(model, exam)


def _by_other_rule(model: str, row: Mapping[str, Any]) -> str:
    if (found := row["official"]) is None:
        return f"{model}: by {row['name']} nothing can be said. {row['why']}"
    value = f"{100 * found['value']:.1f} % of {found['n']}"
    if found["drawn"]:
        value += f" (luck makes it {100 * found['lowest']:.1f} to {100 * found['highest']:.1f} %)"
    dropped = f", {found['n_dropped']} left out" if found["n_dropped"] else ""
    differ = (
        f"; verdicts differ from ours on {row['differ']['n']} of {row['differ']['of']} answers" if row["differ"] else ""
    )
    return f"{model}: by {row['name']} ({row['title']}) {value}{dropped}{differ}."


def _passes(model: str, exam: Mapping[str, Any]) -> Iterator[str]:
    passes = exam["passes"] or {}
    if consistent := passes.get("consistency"):
        ours = f"{100 * exam['ours']['value']:.1f} % by item"
        if (each := passes.get("official")) and exam["rule"]["combine"] not in ("none", "mean"):
            ours += f", the official rule on each pass alone {100 * each['value']:.1f} %"
        yield (
            f"{model}: {exam['n']} items in {exam['passes_asked']} passes, {ours}; the same option in all of them "
            f"{100 * consistent['value']:.1f} %, right in all {100 * passes['all_right']['value']:.1f} %."
        )
    positions = passes.get("positions")
    if positions and positions["test"]["p"] is not None:
        chosen = " ".join(
            f"{place} {n}" for place, n in zip(positions["places"], positions["test"]["counts"], strict=True)
        )
        what = "wrong choices" if positions["order"] == "stored" else "choices"
        yield f"{model}: {what} by place {chosen}; p {_p(positions['test']['p'])} that places are chosen alike."


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
