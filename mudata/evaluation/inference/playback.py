"""Clips on their way to a model's ears:
decoded by threads while the model is busy with those before.

libsndfile and soxr work without Python's lock, so threads use all cores.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mudata.catalog.audio import clip
from mudata.errors import AudioError, is_of_machine
from mudata.evaluation.protocol import Clip, Failure, Item, ModelCapabilities

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mudata.evaluation.tasks.samples import Sample

AudioSource = Literal["clip", "source"]
"""What is decoded: the normalised clip, mono;
or the original file, with its channels and at its rate."""

LONGEST_S = 3600.0
"""Clips above are not decoded for models that hear all of a clip:
an hour of stereo at 44.1 kHz is 1.3 GB. Ours."""
AFTER_S = 0.1
"""How much more than it hears a model gets of an original file:
it resamples first and cuts then. Ours."""
AHEAD_BYTES = 1 << 30
"""What clips that wait decoded may take up. Ours."""


class PlayedClip(Clip):
    """A clip that remembers whether anybody took its samples,
    or its notes where it is MIDI (`listened`)."""

    listened: bool = False

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "midi" or (name == "audio" and super().__getattribute__("midi") is None):
            object.__setattr__(self, "listened", self.listened or value is not None)
        return value


@dataclass(frozen=True, eq=False)
class PlayedItem(Item):
    """An item with clips that are played."""

    clips: tuple[PlayedClip, ...]


@dataclass(frozen=True)
class Playback:
    """What is played: every clip itself, or as a control the clip that `instead` has for its id, or
    silence as long as the clip, decoded all the same; `source` says from which file."""

    instead: Mapping[str, Sample] = field(default_factory=dict)
    silent: bool = False
    source: AudioSource = "clip"

    def of(self, item: Sample) -> Sample:
        """The sample whose file is played for this one."""
        return self.instead.get(item.clip_id, item)


ITSELF = Playback()


def play(item: Sample, capabilities: ModelCapabilities, playback: Playback = ITSELF) -> PlayedClip | Failure:
    """One clip as a model of these capabilities gets it: mono float32 at its rate, cut to what it
    can take; or of the original file (n, channels) at the file's own rate; or MIDI as it is. A
    model that hears all of a clip gets none beyond LONGEST_S."""
    if not capabilities.needs_audio:
        return PlayedClip(item.clip_id, np.zeros(0, np.float32), capabilities.sample_rate or item.sample_rate or 1)
    played = playback.of(item)
    if played.path is None:
        return Failure("missing", played.absent or "no audio")
    try:
        samples, rate = _decoded(played, played.path, capabilities, playback.source)
    except AudioError as error:
        return Failure(error.reason, error.what)
    except OSError as error:
        if is_of_machine(error):
            raise
        return Failure("missing", str(error))
    if playback.silent:
        samples = np.zeros_like(samples)
    return PlayedClip(item.clip_id, samples, rate, midi=played.path if played.midi else None)


def _decoded(
    item: Sample, path: Path, capabilities: ModelCapabilities, source: AudioSource
) -> tuple[NDArray[np.float32], int]:
    """Samples and their rate; none of MIDI. Raises AudioError, OSError."""
    longest = capabilities.max_seconds
    if item.midi:
        return np.zeros(0, np.float32), capabilities.sample_rate or 1
    if longest is None and (item.duration_s or 0) > LONGEST_S:
        too_long = f"{item.duration_s:.0f} s; this model hears a clip to its end, and {LONGEST_S:.0f} s at most"
        raise AudioError("too-long", too_long)
    if source == "clip":
        rate = capabilities.sample_rate or item.sample_rate
        samples = clip.load(path, rate, duration_s=longest)
    elif item.source is None:
        raise AudioError("missing", "the index does not say which file the clip is from")
    else:
        known = [seconds for seconds in (item.duration_s, longest and longest + AFTER_S) if seconds is not None]
        samples, rate = clip.load_channels(item.source, start_s=item.start_s, duration_s=min(known, default=None))
    if not samples.size:
        raise AudioError("empty", "no samples")
    return samples, rate


def played(
    items: Sequence[Sample], capabilities: ModelCapabilities, *, ahead: Callable[[], int], playback: Playback = ITSELF
) -> Iterator[tuple[Sample, PlayedClip | Failure]]:
    """Samples with their clips, in order;
    at most `ahead()` clips wait decoded, and fewer if they are large."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        pending: deque[tuple[Sample, Future[PlayedClip | Failure]]] = deque()
        try:
            for item in items:
                pending.append((item, pool.submit(partial(play, item, capabilities, playback))))
                while len(pending) > ahead() or _too_much([sample for sample, _ in pending], capabilities, playback):
                    first, future = pending.popleft()
                    yield first, future.result()
            while pending:
                first, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()


def _too_much(items: Sequence[Sample], capabilities: ModelCapabilities, playback: Playback) -> bool:
    """Whether several clips fill AHEAD_BYTES, by the lengths that the index has;
    an original is taken for stereo."""
    played = [playback.of(item) for item in items]
    per_second = 4 * (capabilities.sample_rate or 48_000) if playback.source == "clip" else 8 * 48_000
    seconds = sum(
        min(sample.duration_s or 0.0, capabilities.max_seconds or LONGEST_S) for sample in played if not sample.midi
    )
    return len(items) > 1 and seconds * per_second > AHEAD_BYTES
