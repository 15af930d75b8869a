"""Clips on their way to a model's ears: decoded by threads while the model is busy with those before."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.catalog import audio
from mudata.errors import AudioError
from mudata.evaluation.protocol import Clip, Failure, Hearing

if TYPE_CHECKING:
    from mudata.evaluation.selection import Item


class HeardClip(Clip):
    """A clip that remembers whether anybody took its samples (`listened`)."""

    listened: bool = False

    def __getattribute__(self, name: str) -> Any:
        if name == "audio":
            object.__setattr__(self, "listened", True)
        return super().__getattribute__(name)


def listen(item: Item, hearing: Hearing) -> HeardClip | Failure:
    """One clip as a model with this hearing gets it: mono float32 at its rate, cut to what it can take."""
    if not hearing.needs_audio:
        return HeardClip(item.clip_id, np.zeros(0, np.float32), hearing.sample_rate or item.sample_rate or 1)
    if item.path is None:
        return Failure("missing", item.absent or "no audio")
    rate = hearing.sample_rate or item.sample_rate
    try:
        samples = audio.load(item.path, rate, duration_s=hearing.max_seconds)
    except AudioError as error:
        return Failure(error.reason, error.what)
    except OSError as error:
        return Failure("missing", str(error))
    return HeardClip(item.clip_id, samples, rate) if samples.size else Failure("empty", "no samples")


def heard(items: Sequence[Item], hearing: Hearing, *, ahead: int) -> Iterator[tuple[Item, HeardClip | Failure]]:
    """Items with their clips, in order; at most `ahead` clips wait decoded."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        pending: deque[tuple[Item, Future[HeardClip | Failure]]] = deque()
        try:
            for item in items:
                pending.append((item, pool.submit(partial(listen, item, hearing))))
                if len(pending) > ahead:
                    first, future = pending.popleft()
                    yield first, future.result()
            while pending:
                first, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()
