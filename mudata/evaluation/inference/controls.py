"""Control runs: the same questions with silence, or with another clip's audio.
Was the audio heard at all?

A harness or a chat template can lose the audio without a word; the model then answers from the
prompt alone, and often better than chance. A control run finds that out: everything is as in the
real run but for what is played.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mudata.errors import EvaluationError
from mudata.evaluation.inference.playback import Playback

if TYPE_CHECKING:
    from mudata.evaluation.inference.playback import AudioSource
    from mudata.evaluation.tasks.samples import Sample

Control = Literal["silence", "swap-audio"]


def playback_of(control: Control | None, items: Sequence[Sample], seed: int, source: AudioSource = "clip") -> Playback:
    """What is played to a run, or to one of its controls.
    Raises EvaluationError where there is nothing to swap, or to silence."""
    match control:
        case None:
            return Playback(source=source)
        case "silence":
            if notes := [item.clip_id for item in items if item.midi]:
                raise EvaluationError(f"{notes[0]} is MIDI, which cannot be silenced.", "Use --swap-audio.")
            return Playback(silent=True, source=source)
        case "swap-audio":
            sounding = [item for item in items if not item.absent]
            datasets = dict.fromkeys(item.dataset for item in sounding)
            parts = ([item for item in sounding if item.dataset == dataset] for dataset in datasets)
            swapped = {clip_id: other for part in parts for clip_id, other in deranged(part, seed).items()}
            return Playback(swapped, source=source)


def deranged(items: Sequence[Sample], seed: int) -> dict[str, Sample]:
    """Another clip for every clip, by its id, each of them once;
    one with other references wherever that can be.

    Clips are laid in a circle, those with the same references side by side (all in an order drawn
    by the seed), and each is given the one that is as many places further as the largest such group
    has. Raises EvaluationError for a single clip.
    """
    if len(items) == 1:
        raise EvaluationError(
            f"{items[0].clip_id} is the only clip asked of {items[0].dataset}: there is no other to swap audio with.",
            "Ask more clips, or use --silence.",
        )

    def drawn(what: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{what}".encode()).digest()

    circle = sorted(items, key=lambda item: (drawn("\0".join(item.references)), item.references, drawn(item.clip_id)))
    largest = max(Counter(item.references for item in circle).values())
    step = largest if largest < len(circle) else 1
    return {item.clip_id: circle[(place + step) % len(circle)] for place, item in enumerate(circle)}
