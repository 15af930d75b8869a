"""Was the audio heard? A run beside its controls: the same questions with silence, with noise, with
no audio at all, or with another clip's audio.

What speaks for it is that answers are right more often with the clip's own audio, and that they
change with what is played; the latter counts only for models that say the same twice. A model that
answers alike whatever is played has not heard it: its audio was lost on the way, or it does not
care. That answers are others, or worse, without any audio shows nothing: the prompt is another one
then, and a model may refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.hypothesis_tests import exchange, holm
from mudata.evaluation.metrics.intervals import ALPHA, ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.metrics.tagging import jaccard

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.protocol import Kind
    from mudata.evaluation.run import Run
    from mudata.home import Home

Verdict = Literal["heard", "not heard", "cannot tell"]

FEWEST = 50
"""Clips answered in both runs, below which nothing is concluded."""
NOISE = 0.1
"""Share of answers that may change for no reason (batches of another size round differently); our
choice. With no change among 50 answers Wilson's upper bound is 0.071."""


@dataclass(frozen=True, kw_only=True)
class ControlContrast:
    """A run beside one control, over the `n` clips that both answered.

    `clusters`: how many artists or tracks they are of. `changed`: share of answers whose text differs, with its 95 %
    interval (None where so few clusters give none); `relabelled`: share whose labels that count differ. `score` and
    `control_score`: accuracy, mean Jaccard for tags, or the headline of what has exact truth; `p` of both being equally
    good (runs exchanged in whole clusters; for accuracy of clips that share none that is McNemar's), corrected by Holm
    over the controls. None for captions.
    """

    control: str
    n: int
    clusters: int
    changed: float
    low: float | None
    high: float | None
    relabelled: float | None
    score: float | None
    control_score: float | None
    p: float | None
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class AudioUse:
    """`verdict` over all controls: 'heard' if one shows it, else 'not heard' if one shows that. `n`
    as in the contrast that decides; `why` is for people."""

    verdict: Verdict
    n: int
    why: str
    contrasts: tuple[ControlContrast, ...]

    def __str__(self) -> str:
        return f"{self.verdict} ({self.why})"


def check_audio_use(
    real: Sequence[ScoredAnswer],
    controls: Mapping[str, Sequence[ScoredAnswer]],
    kind: Kind,
    *,
    deterministic: bool = False,
) -> AudioUse:
    """What the controls say about a run.

    Args:
        real: answers to the clips' own audio.
        controls: answers by name of the control ('silence', 'noise', 'no-audio', 'swap-audio').
        kind: of the task.
        deterministic: the model is known to say the same to the same twice.

    Raises:
        EvaluationError: there is no control.

    Source:
        Thresholds are ours; see FEWEST, NOISE. Tests: `hypothesis_tests.exchange` and `holm`, `intervals.ratio`.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> alike = [ScoredAnswer(f"d/{i}", "d", ("a song",), "a song") for i in range(50)]
        >>> check_audio_use(alike, {"silence": alike}, "caption").verdict
        'not heard'
    """
    if not controls:
        raise EvaluationError("There is no control to compare with.", "Ask the same with --silence or --swap-audio.")
    found = [_contrast(name, real, answers, kind) for name, answers in controls.items()]
    ps = [contrast.p for contrast in found if contrast.p is not None]
    corrected = iter(holm(ps))
    contrasts = [
        _judged(contrast if contrast.p is None else replace(contrast, p=next(corrected)), kind, deterministic, len(ps))
        for contrast in found
    ]
    order: tuple[Verdict, ...] = ("heard", "not heard", "cannot tell")
    first = min(contrasts, key=lambda contrast: (order.index(contrast.verdict), -contrast.n))
    reasons = "; ".join(contrast.why for contrast in contrasts)
    return AudioUse(first.verdict, first.n, reasons, tuple(contrasts))


def check_run(home: Home, run: Run) -> AudioUse | None:
    """Whether a run, or the run that a control belongs to, used the audio.

    Returns:
        None while the run or all of its controls are missing or unfinished.

    Raises:
        EvaluationError: damaged files.
    """
    from mudata.evaluation.scoring.score import read_answers

    controls = control_family(home, run)
    real = controls.pop("", None)
    if real is None or not controls:
        return None
    answers = {name: read_answers(control) for name, control in controls.items()}
    return check_audio_use(read_answers(real), answers, real.settings.kind, deterministic=is_greedy(real))


def is_greedy(run: Run) -> bool:
    """Whether a run's model is known to say the same to the same twice."""
    models = [session.model or {} for session in run.settings.sessions]
    return bool(models) and all(model.get("generation", {}).get("do_sample") is False for model in models)


def control_family(home: Home, run: Run) -> dict[str, Run]:
    """Finished runs that differ only in what was played and how many clips, by control ('' is the
    real one)."""
    from mudata.evaluation.run import readable_runs

    members: dict[str, Run] = {}
    family = run.settings.audio_family
    if family is None:
        return members

    def is_finished_relative(other: Run) -> bool:
        settings = other.settings
        return settings.audio_family == family and len(other.answers()) >= settings.clips

    relatives = [other for other, fits in readable_runs(home, is_finished_relative) if fits]
    for other in sorted(relatives, key=lambda other: other.id == run.id):  # the run itself comes last
        name = other.settings.control or ""
        if other.id == run.id or name not in members or other.settings.clips > members[name].settings.clips:
            members[name] = other
    return members


def _contrast(name: str, real: Sequence[ScoredAnswer], control: Sequence[ScoredAnswer], kind: Kind) -> ControlContrast:
    """Both beside each other, not yet judged; `p` is not yet corrected."""
    import numpy as np

    other = {item.clip_id: item for item in control if item.answer is not None}
    pairs = [(item, other[item.clip_id]) for item in real if item.answer is not None and item.clip_id in other]
    n, names = len(pairs), [item.cluster for item, _ in pairs]
    contrast = ControlContrast(
        control=name,
        n=n,
        clusters=len(set(names)),
        changed=0.0,
        low=None,
        high=None,
        relabelled=None,
        score=None,
        control_score=None,
        p=None,
        verdict="cannot tell",
        why=f"{name}: no clip in common",
    )
    if not n:
        return contrast
    changed = np.array([(a.answer or "").strip() != (b.answer or "").strip() for a, b in pairs], dtype=np.float64)
    interval = ratio(changed, np.ones(n), ClusteredClips.named(names))
    contrast = replace(
        contrast,
        changed=float(changed.mean()),
        low=interval.low,
        high=interval.high,
        why=f"{name}: {int(changed.sum())} of {n} answers change",
    )
    if kind == "caption":
        return contrast
    ours, theirs = (np.array([_points(item, kind) for item in items]) for items in zip(*pairs, strict=True))
    return replace(
        contrast,
        relabelled=sum(a.counted_labels != b.counted_labels for a, b in pairs) / n,
        score=float(ours.mean()),
        control_score=float(theirs.mean()),
        p=exchange(ours, theirs, names),
    )


def _judged(contrast: ControlContrast, kind: Kind, deterministic: bool, controls: int) -> ControlContrast:
    """With its verdict, and why in full."""
    n, p, low, high, why = contrast.n, contrast.p, contrast.low, contrast.high, contrast.why
    if not n:
        return contrast
    better, is_played = False, contrast.control != "no-audio"
    if p is not None and contrast.score is not None and contrast.control_score is not None:
        better = is_played and p < ALPHA and contrast.score > contrast.control_score
        what = {"classify": "accuracy", "tag": "Jaccard"}.get(kind, "score")
        of = f", {contrast.clusters} artists or tracks" if contrast.clusters < n else ""
        of += f", Holm over {controls} controls" if controls > 1 else ""
        why += f", {what} {100 * contrast.score:.1f} % against {100 * contrast.control_score:.1f} % (p = {p:.2g}{of})"
    verdict: Verdict = "cannot tell"
    if n < FEWEST:
        why += f"; {FEWEST} clips are the fewest that can show it"
    elif better or (is_played and deterministic and low is not None and low > NOISE):
        verdict = "heard"
        if p is not None and not better:
            why += "; no more often right for it"
    elif low is None or high is None:
        why += "; of so few artists or tracks that nothing can be said"
    elif high < NOISE:
        verdict = "not heard"
    elif low > NOISE:
        why += "; that may be chance" if is_played else "; without audio the prompt is another one"
    return replace(contrast, verdict=verdict, why=why)


def _points(item: ScoredAnswer, kind: Kind) -> float:
    """1 for a right answer; for tags the Jaccard index of what was said and what is right; for what has exact truth
    what the answer is worth by the headline."""
    if item.worth is not None:
        return next(iter(item.worth.values()), 0.0)
    return float(item.right) if kind == "classify" else jaccard(item)
