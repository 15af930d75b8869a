"""Soundfonts played by the package tinysoundfont (MIT; TinySoundFont in it).

It is installed without what it requires: PyAudio is for live playing only and needs PortAudio's headers. Its own
sequencer is slow, so the messages are sent from here. It does not know the sustain pedal: notes come as long as they
sound. It has no limiter, and needs none: its floats are scaled afterwards.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.catalog.render.channel_messages import FULL_LEVEL, ChannelMessage, groups, messages
from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL
from mudata.errors import AudioError, MissingSoundfont
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mudata.catalog.render.events import RenderedPart
    from mudata.catalog.render.soundfonts import Soundfont

INSTALL = "pip install --no-deps 'tinysoundfont==0.3.7'"
RATE = 44_100
"""As soundfonts are recorded: at half of it their treble would fold back."""

_VOICES = 1024
"""A note of a soundfont often takes two voices or more; what exceeds them would be cut off."""

_DYING = RATE // 10
"""Samples in which notes of the music before die away: a reset only begins to end them."""

_OF_THREAD = threading.local()
"""The soundfont that was loaded last: reading one takes as long as playing seconds, decoding an SF3 longer."""


def is_there() -> bool:
    return find_spec("tinysoundfont") is not None


def version() -> str:
    from importlib import metadata

    return metadata.version("tinysoundfont")


def play(parts: Sequence[RenderedPart], seconds: float, soundfont: Soundfont) -> NDArray[np.float32]:
    """Shape (n, 2), at RATE; a note at full velocity and gain peaks near 1.

    Raises MissingSoundfont: the package is not there; AudioError: `not_a_soundfont`, `no_preset`.
    """
    if not is_there():
        raise MissingSoundfont("The package 'tinysoundfont' is not installed.", f"Run: {INSTALL}")
    samples = round(seconds * RATE)
    sound = np.zeros((samples, 2), np.float32)
    for group in groups(parts):
        sound += _play(messages(group, seconds), samples, soundfont)
    return sound


def _play(told: Sequence[ChannelMessage], samples: int, soundfont: Soundfont) -> NDArray[np.float32]:
    synth, player = _loaded(soundfont)
    sound = np.zeros((samples, 2), np.float32)
    out, at = sound.data.cast("B"), 0
    for message in told:
        until = min(round(message.at_s * RATE), samples)
        if until > at:
            synth.generate_simple(until - at, out[at * 8 : until * 8])
            at = until
        _send(player, message, soundfont)
    if samples > at:
        synth.generate_simple(samples - at, out[at * 8 :])
    return sound


def _send(player: Any, message: ChannelMessage, soundfont: Soundfont) -> None:
    _, kind, channel, first, second = message
    match kind:
        case "on":
            player.channel_note_on(channel, first, second / 127)
        case "off":
            player.channel_note_off(channel, first)
        case "pan":
            player.channel_midi_control(channel, 10, first)
        case "level":
            player.channel_set_volume(channel, first / FULL_LEVEL)
        case "bend":
            player.channel_set_pitch_wheel(channel, first)
        case "bend_range":
            player.channel_set_pitch_range(channel, float(first))
        case "program":
            try:
                player.channel_set_preset_number(channel, first, channel == DRUM_CHANNEL)
            except RuntimeError as error:
                what = f"kit {first}" if channel == DRUM_CHANNEL else f"program {first}"
                raise AudioError(
                    "no_preset",
                    f"The soundfont {soundfont.name} has no {what}.",
                    "Take one that has all of General MIDI.",
                ) from error


def _loaded(soundfont: Soundfont) -> tuple[Any, Any]:
    """A synthesiser of this thread's own with the soundfont in it, and its player of channels."""
    loaded = _OF_THREAD.__dict__
    if loaded.get("soundfont") != soundfont:
        loaded.update(soundfont=soundfont, players=_load(soundfont))
    synth, player = loaded["players"]
    player.reset()
    synth.generate_simple(_DYING)
    return synth, player


def _load(soundfont: Soundfont) -> tuple[Any, Any]:
    import tinysoundfont

    synth = tinysoundfont.Synth(gain=0, samplerate=RATE)
    try:
        number = synth.sfload(str(soundfont.path), max_voices=_VOICES)
    except Exception as error:
        raise AudioError(
            "not_a_soundfont",
            f"{soundfont.path} cannot be loaded as a soundfont: {text_of(error)}",
            "Give another one.",
        ) from error
    return synth, synth.soundfonts[number]
