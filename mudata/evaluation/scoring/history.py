"""What a second scoring changed, and why:
the former scores are kept, and compared with the new ones."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.errors import EvaluationError, number
from mudata.evaluation import scores_file
from mudata.evaluation.scoring.alignment_lines import read_alignments
from mudata.home import write_atomic

if TYPE_CHECKING:
    from mudata.evaluation.run import Run

_SHOWN = 5
_PERCENT = {
    "accuracy", "coverage", "selective_accuracy", "lenient_accuracy", "any_mention_accuracy", "partial_credit",
    "centred_accuracy", "chance", "majority", "refusals", "distinct_ratio", "constant", "commonest_share",
    "official", "lenient_mention", "consistency", "all_passes_right", "item_accuracy", "credit",
}  # fmt: skip
"""Metrics that are told in per cent; others as they are."""


class ChangedReading(NamedTuple):
    """An answer that is read differently: what it was taken for, and what it is taken for."""

    clip_id: str
    was: str
    now: str


def keep(run: Run, text: str) -> str | None:
    """Copy scores.json and its alignments under scores/
    if the text to be written differs; the copies' name.

    Copies are named by the hash of the scores, so that the same scores are kept once.
    """
    path = run.folder / "scores.json"
    try:
        former = path.read_bytes()
    except FileNotFoundError:
        return None
    if former == text.encode():
        return None
    name = hashlib.sha256(former).hexdigest()[:12]
    alignments = run.folder / "alignments.jsonl"
    for source, target in ((alignments, _alignments(run, name)), (path, _scores(run, name))):
        if source.exists() and not target.exists():
            write_atomic(target, source.read_bytes(), shared=True)
    return name


def describe_changes(run: Run, former: str) -> list[str]:
    """What differs between a kept scoring and the current one, in lines;
    none if the kept one cannot be read."""
    with contextlib.suppress(EvaluationError, TypeError):
        old, new = (scores_file.read(path) for path in (_scores(run, former), run.folder / "scores.json"))
        read = since(run, former)
        where = _alignments(run, former).relative_to(run.folder)
        return changes(old, new, read) + ([f"  the former readings are in {where}"] if len(read) > _SHOWN else [])
    return []


def since(run: Run, former: str) -> list[ChangedReading]:
    """The answers that are read differently now than in a kept scoring;
    none if that one kept no alignments."""
    lines = [read_alignments(path) for path in (_alignments(run, former), run.folder / "alignments.jsonl")]
    return reread(*lines)


def reread(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> list[ChangedReading]:
    """Lines of two alignments.jsonl, by id, compared in the order of the new one;
    clips that only one has are left out."""
    before = {item_id: _read_as(line) for item_id, line in old.items()}
    pairs = ((item_id, before.get(item_id), _read_as(line)) for item_id, line in new.items())
    return [ChangedReading(clip_id, was, now) for clip_id, was, now in pairs if was is not None and was != now]


def changes(old: Mapping[str, Any], new: Mapping[str, Any], read: Sequence[ChangedReading] = ()) -> list[str]:
    """Every metric that moved by as much as is shown,
    the first with its causes, then the clips whose reading changed.

    For example "accuracy 62.4 -> 63.1: 2 answers read differently (aligner mention-1 ->
    aligner-1)".
    """
    why = ", ".join(causes(old, new))
    if read:
        why = f"{number(len(read), 'answer')} read differently" + (f" ({why})" if why else "")
    values = [{m["metric"]: m for m in scores["metrics"]} for scores in (old, new)]
    pairs = [
        (name, *(_number(name, m["value"]) for m in (values[0][name], metric)))
        for name, metric in values[1].items()
        if name in values[0]
    ]
    moved = [f"{name} {was} -> {now}" for name, was, now in pairs if was != now]
    added = [name for name in values[1] if name not in values[0]]
    lines = [f"{', '.join(moved[:1]) or 'no score moved'}: {why}"] if why or moved else []
    lines += moved[1:]
    if added:
        lines.append(f"new: {', '.join(added)}")
    lines += [f"  {clip_id}: {was} -> {now}" for clip_id, was, now in read[:_SHOWN]]
    return lines + ([f"  and {len(read) - _SHOWN} more"] if len(read) > _SHOWN else [])


def causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What decides the scores and is not as it was."""
    reasons = [
        f"{what} {old.get(key) or 'none'} -> {new.get(key) or 'none'}"
        for what, key in (("aligner", "aligner"), ("mudata", "mudata_version"), ("clips", "n"))
        if old.get(key) != new.get(key)
    ]
    if (old.get("answers_sha256") or new.get("answers_sha256")) != new.get("answers_sha256"):
        reasons.append("other answers")
    before, now = old.get("labels_sha256") or {}, new.get("labels_sha256") or {}
    reasons += [
        f"label set of {dataset} {_hash(before.get(dataset))} -> {_hash(hash_)}"
        for dataset, hash_ in now.items()
        if before.get(dataset) != hash_
    ]
    if old.get("overrides_sha256") != new.get("overrides_sha256"):
        reasons.append(f"overrides {_hash(old.get('overrides_sha256'))} -> {_hash(new.get('overrides_sha256'))}")
    recipes = [{m["metric"]: m["recipe"] for m in scores["metrics"]} for scores in (old, new)]
    if other := [name for name, recipe in recipes[1].items() if recipes[0].get(name, recipe) != recipe]:
        reasons.append(f"recipe of {', '.join(other)}")
    return reasons


def _read_as(line: Mapping[str, Any]) -> str:
    """A reading in a word; of a description, whether there is one."""
    return ", ".join(line["labels"]) if line.get("labels") and line["status"] in ("ALIGNED", "SET") else line["status"]


def _number(name: str, value: float) -> str:
    text = f"{100 * value:.1f}" if name in _PERCENT or "accuracy" in name else f"{value:.4f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _hash(value: str | None) -> str:
    return value[:8] if value else "none"


def _scores(run: Run, name: str) -> Path:
    return run.folder / "scores" / f"{name}.json"


def _alignments(run: Run, name: str) -> Path:
    return run.folder / "scores" / f"{name}.alignments.jsonl"
