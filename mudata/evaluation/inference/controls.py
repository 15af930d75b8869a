"""Control runs: the same questions with silence, with noise, with no audio at all, or with the audio of other clips.
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

Control = Literal["silence", "noise", "no-audio", "swap-audio"]
"""silence: as long as each clip. noise: white, as long and as loud. no-audio: the words alone. swap-audio: the clips of
another item, in their order, in the place of its own."""
BLIND: tuple[Control, ...] = ("no-audio", "silence", "noise")
"""Controls in which nothing of any clip is heard."""


def playback_of(control: Control | None, items: Sequence[Sample], seed: int, source: AudioSource = "clip") -> Playback:
    """What is played to a run, or to one of its controls.
    Raises EvaluationError where there is nothing to swap, to silence or to drown."""
    match control:
        case None:
            return Playback(source=source)
        case "no-audio":
            return Playback(sound="none", source=source)
        case "silence" | "noise":
            if notes := [clip.clip_id for item in items for clip in item.clips if clip.midi]:
                what = "silenced" if control == "silence" else "made noise of"
                raise EvaluationError(
                    f"{notes[0]} is MIDI, which cannot be {what}.", "Use --swap-audio, or --control no-audio."
                )
            return Playback(sound=control, source=source, seed=seed)
        case "swap-audio":
            asked: dict[str, list[Sample]] = {}  # every pass of an item gets the clips of the same other one
            for item in items:
                if not item.absent:
                    asked.setdefault(item.of or item.item_id, []).append(item)
            alike: dict[tuple[str, int], list[Sample]] = {}
            for first, *_ in asked.values():
                alike.setdefault((first.dataset, len(first.clips)), []).append(first)
            others = {item_id: other for part in alike.values() for item_id, other in deranged(part, seed).items()}
            swapped = {one.item_id: others[passes[0].item_id] for passes in asked.values() for one in passes}
            return Playback(swapped, source=source)


def deranged(items: Sequence[Sample], seed: int) -> dict[str, Sample]:
    """Another item for every item, by its id, each of them once, whose clips are played in the place
    of its own: all are other clips, and the references are others wherever that can be. Items have
    equally many clips.

    Items are laid in a circle, those with the same references side by side (all in an order drawn
    by the seed), and each is given the one that is as many places further as the largest such group
    has; or more, until none shares a clip with its own. Raises EvaluationError where that cannot be,
    as for a single item.
    """
    noun = "clip" if items[0].is_clip else "item"
    if len(items) == 1:
        raise EvaluationError(
            f"{items[0].item_id} is the only {noun} asked of {items[0].dataset}: there is no other to swap audio with.",
            f"Ask more {noun}s, or use --silence.",
        )

    def drawn(what: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{what}".encode()).digest()

    circle = sorted(items, key=lambda item: (drawn("\0".join(item.references)), item.references, drawn(item.item_id)))
    largest = max(Counter(item.references for item in circle).values())
    n, first = len(circle), largest if largest < len(circle) else 1
    heard = [frozenset(item.clip_ids) for item in circle]
    for step in (*range(first, n), *range(1, first)):
        if not any(clips & heard[(place + step) % n] for place, clips in enumerate(heard)):
            return {item.item_id: circle[(place + step) % n] for place, item in enumerate(circle)}
    raise EvaluationError(
        f"The {n} items asked of {items[0].dataset} share so many clips that no other can be played for each.",
        "Ask more items, or use --silence.",
    )
