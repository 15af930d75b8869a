"""Models that sit an exam about tones (`tone_quiz`) each in its own way, of which one alone hears."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from tone_quiz import HERTZ

from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities


class Hears:
    """Names the tone; without one it draws an option. At home in other questions as well."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=32, audio_optional=True)
    asked = 0
    loads = 0
    breaks_after: int | None = None

    def load(self) -> None:
        type(self).loads += 1

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if self.breaks_after is not None and type(self).asked >= self.breaks_after:
            raise KeyboardInterrupt
        type(self).asked += len(items)
        for item in items:
            assert all(clip.audio.size for clip in item.clips)  # it takes its clips, whatever it makes of them
        return [Answer(self.choice(item)) for item in items]

    def choice(self, item: Item) -> str:
        options = item.question.options
        if not item.clips or not item.clip.audio.any():
            return drawn(item)
        spectrum = np.abs(np.fft.rfft(item.clip.audio))
        if spectrum.max() < 20 * np.median(spectrum):  # noise
            return drawn(item)
        hertz = spectrum.argmax() * item.clip.sample_rate / len(item.clip.audio)
        sound = min(HERTZ, key=lambda name: abs(HERTZ[name] - hertz))
        return next((option for option in options if option.startswith(sound)), options[0])

    def describe(self) -> dict[str, object]:
        return {}


class AlwaysB(Hears):
    """Says the second option, whatever it hears."""

    def choice(self, item: Item) -> str:
        return item.question.options[1]


class Longest(Hears):
    """Says the longest option."""

    def choice(self, item: Item) -> str:
        return max(item.question.options, key=len)


class Words(Hears):
    """Says the option that the question names, else draws one."""

    def choice(self, item: Item) -> str:
        return named(item)


class Deaf(Words):
    """The same, but cannot be asked without a clip."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=32)


class Reader(Words):
    """A language model without ears."""

    capabilities = ModelCapabilities(batch=32, needs_audio=False, audio_optional=True)


def named(item: Item) -> str:
    words = item.question.prompt
    return next((o for o in item.question.options if f"like a {o.split()[0]}?" in words), drawn(item))


def drawn(item: Item) -> str:
    options = item.question.options
    return options[int.from_bytes(hashlib.sha256(item.item_id.encode()).digest()[:4]) % len(options)]
