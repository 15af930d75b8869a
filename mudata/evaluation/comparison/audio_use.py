"""Was the audio heard? A run beside its controls: the same questions with silence, or with another
clip's audio.

What speaks for it is that answers are right more often with the clip's own audio, and that they
change with what is played; the latter counts only for models that say the same twice. A model that
answers alike whatever is played has not heard it: its audio was lost on the way, or it does not
care.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.significance import mcnemar
from mudata.evaluation.metrics.statistics import wilson
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
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class ControlContrast:
    """A run beside one control, over the `n` clips that both answered.

    `changed`: share of answers whose text differs, with its 95 % interval (Wilson); `relabelled`:
    share whose labels that count differ. `score` and `control_score`: accuracy, or mean Jaccard for
    tags; `p` of both being equally good (exact two-sided sign test over the clips on which they
    differ, which for accuracy is McNemar's). None for captions.
    """

    control: str
    n: int
    changed: float
    low: float
    high: float
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
        controls: answers by name of the control ('silence', 'swap-audio').
        kind: of the task.
        deterministic: the model is known to say the same to the same twice.

    Raises:
        EvaluationError: there is no control.

    Source:
        Thresholds are ours; see FEWEST, NOISE, ALPHA. Tests: `significance.mcnemar`,
        `statistics.wilson`.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> alike = [ScoredAnswer(f"d/{i}", "d", ("a song",), "a song") for i in range(50)]
        >>> check_audio_use(alike, {"silence": alike}, "caption").verdict
        'not heard'
    """
    if not controls:
        raise EvaluationError("There is no control to compare with.", "Ask the same with --silence or --swap-audio.")
    contrasts = [_contrast(name, real, answers, kind, deterministic) for name, answers in controls.items()]
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
    models = [session.model or {} for session in real.settings.sessions]
    greedy = bool(models) and all(model.get("generation", {}).get("do_sample") is False for model in models)
    return check_audio_use(read_answers(real), answers, real.settings.kind, deterministic=greedy)


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


def _contrast(
    name: str, real: Sequence[ScoredAnswer], control: Sequence[ScoredAnswer], kind: Kind, deterministic: bool
) -> ControlContrast:
    other = {item.clip_id: item for item in control if item.answer is not None}
    pairs = [(item, other[item.clip_id]) for item in real if item.answer is not None and item.clip_id in other]
    n = len(pairs)
    if not n:
        return ControlContrast(
            control=name,
            n=0,
            changed=0.0,
            low=0.0,
            high=1.0,
            relabelled=None,
            score=None,
            control_score=None,
            p=None,
            verdict="cannot tell",
            why=f"{name}: no clip in common",
        )
    k = sum((a.answer or "").strip() != (b.answer or "").strip() for a, b in pairs)
    low, high = wilson(k, n)
    relabelled = score = control_score = p = None
    why = f"{name}: {k} of {n} answers change"
    if kind != "caption":
        relabelled = sum(a.counted_labels != b.counted_labels for a, b in pairs) / n
        points = [(_points(a, kind), _points(b, kind)) for a, b in pairs]
        score, control_score = (sum(column) / n for column in zip(*points, strict=True))
        p = mcnemar(sum(a > b for a, b in points), sum(a < b for a, b in points))
        what = "accuracy" if kind == "classify" else "Jaccard"
        why += f", {what} {100 * score:.1f} % against {100 * control_score:.1f} % (p = {p:.2g})"
    better = p is not None and score is not None and control_score is not None and p < ALPHA and score > control_score
    verdict: Verdict = "cannot tell"
    if n < FEWEST:
        why += f"; {FEWEST} clips are the fewest that can show it"
    elif better or (deterministic and low > NOISE):
        verdict = "heard"
        if p is not None and not better:
            why += "; no more often right for it"
    elif high < NOISE:
        verdict = "not heard"
    elif low > NOISE:
        why += "; that may be chance"
    return ControlContrast(
        control=name,
        n=n,
        changed=k / n,
        low=low,
        high=high,
        relabelled=relabelled,
        score=score,
        control_score=control_score,
        p=p,
        verdict=verdict,
        why=why,
    )


def _points(item: ScoredAnswer, kind: Kind) -> float:
    """1 for a right answer; for tags the Jaccard index of what was said and what is right."""
    return float(item.right) if kind == "classify" else jaccard(item)
