"""Clips on their way to a model's ears:
decoded by threads while the model is busy with those before.

A model that tells fewer clips apart than an item has hears them one after the other as one, with a
gap of silence and a word about it, if all of it fits what it hears of a clip; else the item fails.

libsndfile and soxr work without Python's lock, so threads use all cores.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mudata.errors import AudioError, is_of_machine
from mudata.evaluation.inference.midi_clips import NotesFile, rendered
from mudata.evaluation.inference.noise import white_noise
from mudata.evaluation.protocol import Clip, Failure, Item, ModelCapabilities, Question
from mudata.evaluation.tasks.prompts import joined_cue
from mudata.object_store.local_cache import bring

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mudata.catalog.render.renderer import EngineChoice, RenderingRecord
    from mudata.evaluation.tasks.samples import ClipFile, Sample

AudioSource = Literal["clip", "source"]
"""What is decoded: the normalised clip, mono;
or the original file, with its channels and at its rate."""

Encode = Callable[["Item"], object]
"""What a model makes of an item ahead (`protocol.Encodes`)."""

Sound = Literal["own", "silence", "noise", "none"]
"""What of a clip is heard: itself, silence or noise in its place, or no clip at all."""

LONGEST_S = 3600.0
"""Clips above are not decoded for models that hear all of a clip:
an hour of stereo at 44.1 kHz is 1.3 GB. Ours."""
AFTER_S = 0.1
"""How much more than it hears a model gets of an original file:
it resamples first and cuts then. Ours."""
AHEAD_BYTES = 1 << 30
"""What clips that wait decoded may take up. Ours."""
GAP_S = 1.0
"""Silence between clips that are played as one: longer than a rest inside of music, short enough for
two clips of 14 s in the 30 s that most models hear. Ours."""
TOO_MANY = "too-many-clips"


@dataclass(frozen=True, eq=False, repr=False)
class PlayedClip(Clip):
    """A clip that remembers whether anybody took its samples,
    or its notes where it is MIDI (`listened`)."""

    listened: bool = False
    notes_file: NotesFile | None = None
    """What keeps the file of `midi` there, where it was written for this."""
    rendering: RenderingRecord | None = None
    """What made the samples, where the clip is MIDI."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "midi" or (name == "audio" and super().__getattribute__("midi") is None):
            object.__setattr__(self, "listened", self.listened or value is not None)
        return value


@dataclass(frozen=True, eq=False)
class PlayedItem(Item):
    """An item with clips that are played.

    `heard_s` is how many seconds of them, without gaps; `joined` the gap in seconds, where several
    are played as one.
    """

    clips: tuple[PlayedClip, ...]
    heard_s: float = 0.0
    joined: float | None = None
    rendering: RenderingRecord | None = None
    """What made the sound of the first clip that is MIDI."""


@dataclass(frozen=True)
class Playback:
    """What is played: the clips of every item themselves, or as a control those of the item that
    `instead` has for its id, or of every clip another `sound` as long, decoded all the same, or
    none; `source` says from which file, `seed` draws noise."""

    instead: Mapping[str, Sample] = field(default_factory=dict)
    sound: Sound = "own"
    source: AudioSource = "clip"
    seed: int = 0
    engine: EngineChoice = "embedded"
    """What plays MIDI to models that do not read it."""

    def of(self, item: Sample) -> Sample:
        """The sample whose clips are played for this one."""
        return self.instead.get(item.item_id, item)


ITSELF = Playback()


def play(
    item: Sample, question: Question, capabilities: ModelCapabilities, playback: Playback = ITSELF
) -> PlayedItem | Failure:
    """One item as a model of these capabilities gets it: each clip mono float32 at its rate, cut to
    what it can take; or of the original file (n, channels) at the file's own rate; or MIDI as it
    is; or no clip, where words alone are asked. A model that hears all of a clip gets none beyond
    LONGEST_S."""
    played = playback.of(item)
    alone = playback.sound == "none" or item.is_words
    if alone or not capabilities.needs_audio:
        named = () if alone else zip(item.clip_ids, played.clips, strict=True)
        rates = ((name, capabilities.sample_rate or clip.sample_rate or 1) for name, clip in named)
        empty = tuple(PlayedClip(name, np.zeros(0, np.float32), rate) for name, rate in rates)
        return PlayedItem(item.item_id, empty, question)
    as_one = len(played.clips) > capabilities.max_clips
    if capabilities.takes_midi and all(clip.midi for clip in played.clips):
        return _notes(item, played, question, capabilities, as_one=as_one)
    rate = capabilities.sample_rate or (played.clips[0].sample_rate if as_one else None)
    heard = []
    for name, clip_file in zip(item.clip_ids, played.clips, strict=True):
        found = _clip(name, clip_file, rate, capabilities, playback)
        if isinstance(found, Failure):
            return found
        heard.append(found)
    seconds = sum(_heard_s(one, capabilities) for one in heard)
    rendering = next((one.rendering for one in heard if one.rendering), None)
    if not as_one:
        return PlayedItem(item.item_id, tuple(heard), question, seconds, rendering=rendering)
    one = _joined(item.item_id, heard, capabilities)
    if isinstance(one, Failure):
        return one
    told = replace(question, prompt=f"{joined_cue(len(heard), GAP_S)} {question.prompt}")
    return PlayedItem(item.item_id, (one,), told, seconds, GAP_S, rendering)


def _notes(
    item: Sample, played: Sample, question: Question, capabilities: ModelCapabilities, *, as_one: bool
) -> PlayedItem | Failure:
    """An item of MIDI for a model that reads it: each clip as a file, or all one after the other in one."""
    files: list[PlayedClip] = []
    names = (item.item_id,) if as_one else item.clip_ids
    for name, clips in zip(names, (played.clips,) if as_one else [(one,) for one in played.clips], strict=True):
        if clips[0].path is None:
            return Failure("missing", clips[0].absent or "no file")
        try:
            bring(clips[0].path)
            wanted = as_one or clips[0].is_excerpt
            written = NotesFile(clips, clips[0].path, GAP_S) if wanted else None
        except AudioError as error:
            return Failure(error.reason, error.what)
        except OSError as error:
            if is_of_machine(error):
                raise
            return Failure("missing", str(error))
        path = written.path if written else clips[0].path
        rate = capabilities.sample_rate or 1
        files.append(PlayedClip(name, np.zeros(0, np.float32), rate, midi=path, notes_file=written))
    if not as_one:
        return PlayedItem(item.item_id, tuple(files), question)
    told = replace(question, prompt=f"{joined_cue(len(played.clips), GAP_S)} {question.prompt}")
    return PlayedItem(item.item_id, tuple(files), told, joined=GAP_S)


def _heard_s(played: PlayedClip, capabilities: ModelCapabilities) -> float:
    samples = object.__getattribute__(played, "audio")  # which is not the model's listening
    return min(len(samples) / played.sample_rate, capabilities.max_seconds or math.inf)


def _joined(item_id: str, clips: Sequence[PlayedClip], capabilities: ModelCapabilities) -> PlayedClip | Failure:
    """Clips one after the other as one, if all of it can be heard."""
    kinds = {(one.sample_rate, one.audio.shape[1:]) for one in clips}
    if len(kinds) > 1:
        return Failure(TOO_MANY, f"{len(clips)} clips of different rates or channels cannot be played as one")
    rate, channels = kinds.pop()
    gap = np.zeros((round(GAP_S * rate), *channels), np.float32)
    whole = np.concatenate([piece for one in clips for piece in (one.audio, gap)][:-1])
    seconds, longest = len(whole) / rate, capabilities.max_seconds or LONGEST_S
    if seconds > longest:
        return Failure(
            TOO_MANY,
            f"{len(clips)} clips, and this model tells {capabilities.max_clips} apart; as one they are {seconds:.1f} s,"
            f" and it hears {longest:g} s",
        )
    return PlayedClip(item_id, whole, rate)


def _clip(
    name: str, clip_file: ClipFile, rate: int | None, capabilities: ModelCapabilities, playback: Playback
) -> PlayedClip | Failure:
    """A clip, as the one of that name."""
    if clip_file.path is None:
        return Failure("missing", clip_file.absent or "no audio")
    rendering = None
    try:
        if clip_file.midi:
            longest = capabilities.max_seconds
            samples, decoded_rate, rendering = rendered(clip_file, clip_file.path, rate, longest, playback.engine)
        else:
            samples, decoded_rate = _decoded(clip_file, rate, capabilities, playback.source)
    except AudioError as error:
        return Failure(error.reason, error.what)
    except OSError as error:
        if is_of_machine(error):
            raise
        return Failure("missing", str(error))
    if playback.sound == "silence":
        samples = np.zeros_like(samples)
    elif playback.sound == "noise":
        samples = white_noise(samples, name, playback.seed)
    return PlayedClip(name, samples, decoded_rate, rendering=rendering)


def _decoded(
    clip_file: ClipFile, rate: int | None, capabilities: ModelCapabilities, source: AudioSource
) -> tuple[NDArray[np.float32], int]:
    """Samples and their rate. Raises AudioError, OSError."""
    longest = capabilities.max_seconds
    if longest is None and (clip_file.duration_s or 0) > LONGEST_S:
        too_long = f"{clip_file.duration_s:.0f} s; this model hears a clip to its end, and {LONGEST_S:.0f} s at most"
        raise AudioError("too-long", too_long)
    sound = clip_file.sound
    if source == "clip" and sound is not None:
        decoded_rate = rate or clip_file.sample_rate
        samples = sound.samples(decoded_rate, duration_s=longest)
    elif sound is None or sound.original is None:
        raise AudioError("missing", "the index does not say which file the clip is from")
    else:
        longest = longest and longest + AFTER_S
        samples, decoded_rate = sound.original.channels(duration_s=longest)
    if not samples.size:
        raise AudioError("empty", "no samples")
    return samples, decoded_rate


def played(
    items: Sequence[Sample],
    ask: Callable[[Sample], Question],
    capabilities: ModelCapabilities,
    *,
    ahead: Callable[[], int],
    playback: Playback = ITSELF,
    encode: Encode | None = None,
) -> Iterator[tuple[Sample, PlayedItem | Failure]]:
    """Samples with their clips and what `ask` asks of each, in order;
    at most `ahead()` items wait decoded, and fewer if they are large. `encode` is applied to each in the same
    thread."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        pending: deque[tuple[Sample, Future[PlayedItem | Failure]]] = deque()
        try:
            for item in items:
                pending.append((item, pool.submit(ready, item, ask(item), capabilities, playback, encode)))
                while len(pending) > ahead() or _too_much([sample for sample, _ in pending], capabilities, playback):
                    first, future = pending.popleft()
                    yield first, future.result()
            while pending:
                first, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()


def ready(
    item: Sample, question: Question, capabilities: ModelCapabilities, playback: Playback, encode: Encode | None
) -> PlayedItem | Failure:
    """An item as `play` gives it, encoded."""
    heard = play(item, question, capabilities, playback)
    if encode is not None and not isinstance(heard, Failure):
        with contextlib.suppress(Exception):  # the model meets the same when it answers, and that is recorded
            return replace(heard, encoded=encode(heard))
    return heard


def is_unheard(item: Sample, capabilities: ModelCapabilities, playback: Playback) -> bool:
    """Whether it is known before decoding that an item cannot be heard: it has no file."""
    heard = capabilities.needs_audio and playback.sound != "none" and not item.is_words
    return heard and any(clip.path is None for clip in playback.of(item).clips)


def _too_much(items: Sequence[Sample], capabilities: ModelCapabilities, playback: Playback) -> bool:
    """Whether several items fill AHEAD_BYTES, by the lengths that the index has;
    an original is taken for stereo."""
    if playback.sound == "none":
        return False
    clips = [clip for item in items for clip in playback.of(item).clips]
    per_second = 4 * (capabilities.sample_rate or 48_000) if playback.source == "clip" else 8 * 48_000
    seconds = sum(min(one.duration_s or 0.0, capabilities.max_seconds or LONGEST_S) for one in clips)
    return len(items) > 1 and seconds * per_second > AHEAD_BYTES
