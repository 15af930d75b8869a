"""How people read answers: `overrides.jsonl`, which outranks the aligner and is never edited.

A line has clip_id (of an item with an id of its own, that), label (an id; a list of ids where answers name many; a
value in the one spelling of its kind; null where none is meant), author, reason, at (UTC) and aligner_said (what the
aligner made of it then). The last line of a clip counts, all are kept. A line may agree with the aligner: confirmations
are what makes the agreement measurable.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.metrics.estimates import clustered, metric
from mudata.evaluation.metrics.intervals import Interval, symmetric
from mudata.evaluation.metrics.jackknife import Jackknife
from mudata.home import now
from mudata.jsonl import as_line, mend, records

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.align.alignment import Alignment, Status
    from mudata.evaluation.align.label_set import LabelSet
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run

FILE = "overrides.jsonl"
RULE = "override"
"""The rule that decided where a person did."""
NONE = "(none)"
"""How 'no label is meant' is written where a text is needed."""

Label = str | tuple[str, ...] | list[str] | None


@dataclass(frozen=True)
class Override:
    """One person's reading of one answer."""

    clip_id: str
    label: Label
    author: str
    reason: str
    at: str
    aligner_said: str

    @property
    def labels(self) -> tuple[str, ...]:
        return () if self.label is None else (self.label,) if isinstance(self.label, str) else tuple(self.label)


def read(run: Run) -> list[Override]:
    """All lines, oldest first. Raises EvaluationError with the line that is damaged."""
    return list(records(run.folder / FILE, Override, appended=True))


def sha256(run: Run) -> str | None:
    """Hash of the file's whole lines; None without any."""
    path = run.folder / FILE
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return hashlib.sha256(whole).hexdigest() if whole else None


def add(
    run: Run,
    given: Iterable[Mapping[str, Any]],
    items: Sequence[ScoredAnswer],
    sets: Mapping[str, LabelSet | None],
    kind: str,
) -> list[Override]:
    """Append lines, once all of them have proved right, and flush them;
    lines that are there already are passed over, and so are those without `at` that say what the clip's
    last line says: a command that was stopped is given again.

    `given` have clip_id, label, author, reason, and may have at; `items` are the run's clips as the
    aligner reads them, `kind` is that of its questions. Hold `run.writing`. Raises UnknownName (label),
    EvaluationError for what cannot be overridden.
    """
    by_clip = {item.clip_id: item for item in items}
    there, last = set(), {}
    for line in read(run):
        there.add(_said(line))
        last[line.clip_id] = _said(replace(line, at=""))
    made = [(_checked(number, line, by_clip, sets, kind), bool(line.get("at"))) for number, line in enumerate(given, 1)]
    new = [
        line
        for line, dated in made
        if _said(line) not in there and (dated or _said(replace(line, at="")) != last.get(line.clip_id))
    ]
    if new:
        mend(run.folder / FILE)
        with (run.folder / FILE).open("ab") as file:
            file.write("".join(as_line(asdict(override)) for override in new).encode())
            file.flush()
            os.fsync(file.fileno())
    return new


def _said(line: Override) -> str:
    return json.dumps(asdict(line), sort_keys=True)


def _checked(
    number: int,
    line: Mapping[str, Any],
    by_clip: Mapping[str, ScoredAnswer],
    sets: Mapping[str, LabelSet | None],
    kind: str,
) -> Override:
    where = f"Override {number}"
    for key in ("clip_id", "author", "reason"):
        if not isinstance(line.get(key), str) or not line[key].strip():
            raise EvaluationError(f"{where} has no {key}.", "Every override says which clip, who, and why.")
    if "label" not in line:
        raise EvaluationError(f"{where} has no label.", "Give a label's id, or null where no label is meant.")
    if line["clip_id"] not in by_clip:
        near = difflib.get_close_matches(line["clip_id"], by_clip, n=3, cutoff=0.55)
        raise EvaluationError(
            f"{where}: the run has no clip named {line['clip_id']!r}.",
            f"Nearest are {', '.join(near)}." if near else "Its clips are in questions.jsonl.",
        )
    item = by_clip[line["clip_id"]]
    label_set = sets[item.dataset]
    if item.alignment is None:
        raise EvaluationError(f"{where}: {item.clip_id} was asked for a description, which has no label.")
    if item.answer is None:
        raise EvaluationError(
            f"{where}: {item.clip_id} has no answer to read ({item.error}).", "A failure counts as wrong; ask it again."
        )
    at = line.get("at") or now()
    plain = {key: line[key].strip() for key in ("author", "reason")}
    made = Override(item.clip_id, line["label"], at=str(at), aligner_said=in_a_word(item.alignment), **plain)
    if not isinstance(made.label, str | list | tuple | None):
        raise EvaluationError(f"{where}: label {made.label!r} is neither a label's id nor null.", "Give one of both.")
    if label_set is None:
        return _checked_value(where, made, item, kind)
    for label in made.labels:
        if label not in label_set.ids:
            raise UnknownName(f"label of {item.dataset}", str(label), label_set.ids, "Or say that no label is meant.")
    if label_set.kind == "single" and not isinstance(made.label, str | None):
        raise EvaluationError(f"{where} gives several labels where one was asked for.", "Give one, or null.")
    return made


def _checked_value(where: str, made: Override, item: ScoredAnswer, kind: str) -> Override:
    """The value in its one spelling. Raises EvaluationError for what is none of the kind."""
    if made.label is None:
        return made
    if not isinstance(made.label, str):
        raise EvaluationError(f"{where} gives several values where one was asked for.", "Give one, or null.")
    try:
        asked = item.require_asked()._replace(published=False)  # an exam's gold may be no option, a reading may not
        return replace(made, label=kind_of(kind).truth(made.label, asked))
    except ValueError as wrong:
        raise EvaluationError(f"{where}: {wrong}.", "Or say that no value is meant.") from wrong


def in_a_word(alignment: Alignment) -> str:
    """An alignment in a word: its labels, or its status."""
    return ", ".join(alignment.labels) if alignment.tier == "strict" else alignment.status


def apply(alignment: Alignment, override: Override, label_set: LabelSet) -> Alignment:
    """The alignment as the person reads it: ALIGNED or SET; without a label the aligner's own
    reason why there is none, or OOV where it saw one. Spans and terms stay for those who look."""
    labels = tuple(label for label in label_set.ids if label in override.labels)
    read_as: Status = "SET" if label_set.kind == "multi" else "ALIGNED"
    if not labels:
        read_as = "OOV" if alignment.tier else alignment.status
    return replace(alignment, status=read_as, labels=labels, rule_id=RULE, flags=(*alignment.flags, "override"))


def apply_value(alignment: Alignment, override: Override) -> Alignment:
    """As `apply`, of a value: ALIGNED; without one the reader's own reason why there is none, or UNPARSED where it saw
    one."""
    read_as: Status = "ALIGNED" if override.labels else "UNPARSED" if alignment.tier else alignment.status
    flags = (*alignment.flags, "override")
    return replace(alignment, status=read_as, labels=override.labels, rule_id=RULE, flags=flags)


def kappa(items: Sequence[ScoredAnswer], last: Mapping[str, Override]) -> dict[str, Any] | None:
    """Cohen's kappa (1960) of people against the aligner,
    over the clips that people read; None without any.

    `items` are as the aligner reads them now.
    `kappa` is None where all of them got one and the same reading.
    """
    import numpy as np

    looked = [item for item in items if item.clip_id in last and item.alignment]
    if not looked:
        return None
    people = [_names(last[item.clip_id].labels) for item in looked]
    aligner = [_names(item.counted_labels) for item in looked]
    names = sorted({*people, *aligner})
    table = np.array(
        [
            [p == a, *(p == name for name in names), *(a == name for name in names)]
            for p, a in zip(people, aligner, strict=True)
        ],
        dtype=np.float64,
    )

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        width = len(names)
        n: NDArray[np.float64] = np.maximum(1, sums[:, 1 : width + 1].sum(1))
        agreed = sums[:, 0] / n
        expected = (sums[:, 1 : width + 1] * sums[:, width + 1 :]).sum(1) / n**2
        room = 1 - expected
        kappas = np.full_like(agreed, np.nan)
        np.divide(agreed - expected, room, out=kappas, where=room > 1e-12)
        return np.asarray(kappas)

    value = float(statistic(table.sum(0, keepdims=True))[0])
    known = value == value  # noqa: PLR0124 - not a number where there is nothing to disagree on
    clips = clustered(looked)
    interval = Interval(None, None, clips.count, "none: nothing to disagree on")
    if known:
        found = Jackknife.statistic(table, lambda sums: np.nan_to_num(statistic(sums), nan=value), clips)
        interval = symmetric(found)
    recipe = "Cohen's kappa over the clips that people read, which are no random sample"
    told = metric("kappa", value, interval, len(looked), recipe)
    return {
        "kappa": value if known else None,
        "low": told.low,
        "high": told.high,
        "clusters": told.clusters,
        "interval": told.interval,
        "n": len(looked),
        "agreed": int(table[:, 0].sum()),
        "aligner_said_otherwise": sum(
            in_a_word(item.alignment) != last[item.clip_id].aligner_said for item in looked if item.alignment
        ),
        "recipe": told.recipe,
    }


def _names(labels: Sequence[str]) -> str:
    return ", ".join(sorted(labels)) or NONE
