"""The CLAP score of captions: how near a caption is to the sound itself, with no reference at
all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.errors import AudioError, EvaluationError, MissingExtra
from mudata.evaluation.metrics.estimates import LIFTS, clustered, mean
from mudata.narration import Advance, untold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

MODEL = "laion/clap-htsat-unfused"


def clap_score(
    items: Sequence[ScoredAnswer],
    *,
    audio: Mapping[str, StoredClip],
    model: str = MODEL,
    revision: str | None = None,
    device: str = "auto",
    batch: int = 16,
    advance: Advance = untold,
) -> tuple[list[Metric], dict[str, object]]:
    """Mean cosine of sound and caption over the clips whose sound is here;
    an answer that failed scores 0.

    `audio` has the sound of each clip by its id. Captions longer than the text encoder are cut.

    Raises MissingExtra, ModelError; EvaluationError when there is no sound at all.
    """
    import numpy as np

    try:
        from mudata.evaluation.models.clap import Clap

        scorer = Clap(model, revision=revision, device=device, batch=batch)
        scorer.load()
    except ImportError as error:
        raise MissingExtra("The CLAP score", str(error.name), "captions") from error
    rate = scorer.capabilities.sample_rate
    scored: dict[int, float] = {}
    waiting: list[tuple[int, NDArray[np.float32]]] = []
    unheard: list[str] = []

    def ask() -> None:
        similarities = scorer.similarity([wave for _, wave in waiting], [items[i].answer or "" for i, _ in waiting])
        scored.update((i, f) for (i, _), f in zip(waiting, similarities, strict=True))
        waiting.clear()

    for i, item in enumerate(items):
        advance(1)
        wave = _wave(audio.get(item.clip_id), rate)
        if wave is None:
            unheard.append(item.clip_id)
        elif not (item.answer or "").strip():
            scored[i] = 0.0
        else:
            waiting.append((i, wave))
            if len(waiting) == batch:
                ask()
    if waiting:
        ask()
    if not scored:
        raise EvaluationError(
            "The CLAP score needs sound, and none of these clips is here.", "Run `mudata fetch` for their dataset."
        )
    places = sorted(scored)
    recipe = f"cosine of CLAP embeddings of sound and caption; {model}; mean over clips whose sound is here"
    clips = clustered([items[i] for i in places])
    metric = mean("clap_score", np.array([scored[i] for i in places]), recipe, clips, within=LIFTS)
    return [metric], {**scorer.describe(), "without_audio": len(unheard)}


def _wave(sound: StoredClip | None, rate: int | None) -> NDArray[np.float32] | None:
    try:
        return sound.samples(rate) if sound else None
    except (AudioError, OSError):
        return None
