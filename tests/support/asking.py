"""Items as models get them."""

from __future__ import annotations

from mudata.evaluation.protocol import Clip, Item, Question


def asked(question: Question, *clips: Clip) -> list[Item]:
    """One question about each of these clips."""
    return [Item(clip.clip_id, (clip,), question) for clip in clips]
