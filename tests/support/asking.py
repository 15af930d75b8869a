"""Items as models get them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import soundfile

from mudata.catalog.audio.original import Original
from mudata.catalog.audio.stored_clip import StoredClip
from mudata.evaluation.protocol import Clip, Item, Question
from mudata.evaluation.tasks.samples import ClipFile, Sample


def asked(question: Question, *clips: Clip) -> list[Item]:
    """One question about each of these clips."""
    return [Item(clip.clip_id, (clip,), question) for clip in clips]


def taught(lessons: Iterable[tuple[Clip, tuple[str, ...]]]) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """Clips with what is right about them, as models learn from them."""
    question = Question("classify", "Which?", (), "label")
    return ((Item(clip.clip_id, (clip,), question), right) for clip, right in lessons)


def sample(item_id: str, *references: str, **clip: Any) -> Sample:
    """An item about one clip, of which `clip` says what is known; without a path it is nowhere."""
    known = {"path": None, "pcm_sha256": "", "sample_rate": 0} | clip
    if known["path"] and not known.get("midi"):
        original = None
        if source := known.get("source"):
            seconds = known.get("duration_s") or soundfile.info(source).duration
            original = Original(path=source, start_s=known.get("start_s", 0.0), duration_s=seconds)
        known["sound"] = StoredClip(path=known["path"], rate=known["sample_rate"], original=original)
    return Sample(
        item_id=item_id,
        dataset=item_id.partition("/")[0],
        references=references,
        clips=(ClipFile(clip_id=item_id, **known),),
    )


def several(item_id: str, clips: Sequence[Sample], *references: str, **more: Any) -> Sample:
    """An item about the clips of others, in this order."""
    heard = tuple(clip for one in clips for clip in one.clips)
    return Sample(item_id=item_id, dataset=item_id.partition("/")[0], references=references, clips=heard, **more)
