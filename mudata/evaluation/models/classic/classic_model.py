"""What signal processing answers without having learned anything: tempo, metre, key, form, parts, families of
instruments, which of two clips.

Every table of questions with exact truth gets a reference by it: a model that hears less than this does not hear much.
What is asked is told by the kind of the question and the words of its noun, else of its prompt; what it has no measure
for is refused with the reason, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mudata.errors import ModelError
from mudata.evaluation.models.classic import essentia_estimates, instruments, pulse, repetition, spectrum, tonality
from mudata.evaluation.models.features import librosa_lock
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Measure = Callable[[NDArray[np.float32]], float | None]

Found = TypeVar("Found")

RECIPE = "classic-2"
LONGEST_S = 120.0
"""Seconds of a clip that are heard."""


def _tempo(audio: NDArray[np.float32]) -> float | None:
    found = pulse.pulse(audio)
    return found.bpm if found else None


def _sharpness(audio: NDArray[np.float32]) -> float | None:
    rise = spectrum.attack_s(audio)
    return None if rise is None else -rise


_NUMBERS: tuple[tuple[str, Measure], ...] = (
    (r"semitone|distance of the keys", tonality.shift),
    (r"tempo|bpm|beats per minute", _tempo),
    (r"parts|instruments|voices", spectrum.parts),
)
_COMPARED: tuple[tuple[str, Measure], ...] = (
    (r"attack", _sharpness),
    (r"syncopat|rhythm", pulse.syncopation),
    (r"harmon|chord|dissonan", tonality.harmonic_change),
    (r"bright|dark|dull", spectrum.brightness),
    (r"loud|quiet|soft", spectrum.loudness),
    (r"tempo|faster|slower", _tempo),
)
"""By which words a measure is meant; higher is brighter, louder, faster, more complex, sharper in attack."""
_THE_OTHER_WAY = r"\b(less|least|fewer|lower|darker|duller|quieter|softer|slower|gentler|longer|simpler|plainer)\b"

_STAYS, _CHANGES = r"\b(same|stays?|no change)\b", r"\b(another|different|changes?|modulates?)\b"
_PLACES = ("first", "second")
_MOST_NAMED = 0.75
"""Of the options of a set."""
_METRE = r"\d{1,2}/\d{1,2}"


class _Refused(Exception):
    """No measure fits what is asked, or nothing was found."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(kind, reason)


class Classic:
    """See the module. `estimates`: 'librosa', or 'essentia', by which tempo and key are found where it is installed."""

    def __init__(self, estimates: str = "librosa", batch: int = 16) -> None:
        if estimates not in ("librosa", "essentia"):
            raise ModelError(f"There are no estimates by {estimates!r}.", "Choose estimates=librosa or essentia.")
        if estimates == "essentia":
            essentia_estimates.require()
        self._estimates = estimates
        self.capabilities = ModelCapabilities(pulse.RATE, LONGEST_S, batch, forced_choice=True, max_clips=2)

    def load(self) -> None:
        """Let librosa's functions be compiled, by one process at a time."""
        import numpy as np

        clicks = np.zeros(8 * pulse.RATE, np.float32)
        clicks[:: pulse.RATE // 2] = 1.0
        with librosa_lock():
            pulse.metre(clicks)
            pulse.syncopation(clicks)
            repetition.sections(clicks)
            spectrum.attack_s(clicks)
            instruments.measures(clicks)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(1):  # the last digits of linear algebra depend on it
            return [self._answered(item) for item in items]

    def describe(self) -> dict[str, object]:
        from importlib.metadata import version

        essentia = ("essentia",) if self._estimates == "essentia" else ()
        packages = {name: version(name) for name in ("librosa", "numpy", "scipy", *essentia)}
        return {"recipe": RECIPE, "device": "cpu", **packages}

    def _answered(self, item: Item) -> Answer | Failure:
        try:
            return Answer(self._by_essentia(item) or _ANSWERS.get(item.question.kind, _unlearned)(item))
        except _Refused as refused:
            return refused.failure

    def _by_essentia(self, item: Item) -> str | None:
        """An answer where essentia is asked for and has an estimate of its own."""
        if self._estimates != "essentia":
            return None
        if item.question.kind == "key":
            return _heard(essentia_estimates.key(_audio(item)))
        if item.question.kind == "number" and _measure(item, _NUMBERS)[0] is _tempo:
            return f"{_heard(essentia_estimates.bpm(_audio(item))):.1f}"
        return None


def _unlearned(item: Item) -> str:
    raise _Refused(
        "not-measured",
        f"to know {item.question.noun} has to be learned: the model 'features' does; this one measures only",
    )


def _number(item: Item) -> str:
    measure, _ = _measure(item, _NUMBERS)
    if len(item.clips) == 2 and measure is tonality.shift:
        return f"{tonality.transposition(_audio(item), _audio(item, 1)):g}"
    if len(item.clips) > 1:
        raise _Refused("not-measured", f"{item.question.noun} of several clips is not measured here")
    value = _heard(measure(_audio(item)))
    return f"{value:.1f}" if measure is _tempo else f"{value:g}"


def _key(item: Item) -> str:
    return _heard(tonality.key(_audio(item)))


def _metre(item: Item) -> str:
    return _heard(pulse.metre(_audio(item), item.question.options))


def _pair(item: Item) -> str:
    measure, turned = _measure(item, _COMPARED)
    names = {word: option for option in item.question.options for word in _PLACES if word in option.casefold()}
    if len(item.clips) != 2 or len(names) != 2:
        raise _Refused("not-measured", "two clips are compared, of which the options name the first and the second")
    first, second = (_heard(measure(_audio(item, at))) for at in (0, 1))
    return names[_PLACES[int((second > first) != turned)]]  # options may be shown in any order


def _structure(item: Item) -> str:
    found = _heard(repetition.sections(_audio(item)))
    text = f"{item.question.noun} {item.question.prompt}".casefold()
    if "segments" in item.question.noun or "start and its end" in text:
        return "\n".join(f"{start:.3f} {end:.3f} {letter}" for start, end, letter in found.segments)
    if "boundar" in item.question.noun or "times" in text:
        return ", ".join(f"{at:.3f}" for at in found.boundaries)
    return found.form


def _choose(item: Item) -> str:
    """Only what options themselves show how to measure: keys, metres, and whether the key changes."""
    options = item.question.options
    if options and all(re.fullmatch(_METRE, option) for option in options):
        return _metre(item)
    if options and all(re.fullmatch(r"[A-G][#b♯♭]? (major|minor)", option) for option in options):
        return _key(item)
    stays = [option for option in options if re.search(_STAYS, option)]
    changes = [option for option in options if re.search(_CHANGES, option) and option not in stays]
    if len(options) == 2 and len(stays) == len(changes) == 1 and re.search(r"\bkey\b", item.question.prompt):
        return changes[0] if tonality.shift(_audio(item)) else stays[0]
    return _unlearned(item)


def _tag(item: Item) -> str:
    """Families of instruments, where the options are such."""
    named = instruments.families_named(item.question.options)
    text = f"{item.question.noun} {item.question.prompt}".casefold()
    if not re.search(r"instrument|famil", text) or len(set(named.values())) < 2:
        return _unlearned(item)
    playing = instruments.playing(_audio(item))
    heard = sorted((option for option in named if named[option] in playing), key=lambda option: playing[named[option]])
    if heard:  # of nearly all options the surest: what lists them all is read as an echo of the prompt
        return ", ".join(heard[: max(1, int(_MOST_NAMED * len(item.question.options)))])
    raise _Refused("nothing-found", "no family of instruments that is an option is heard")


_ANSWERS: dict[str, Callable[[Item], str]] = {
    "tag": _tag,
    "number": _number,
    "key": _key,
    "metre": _metre,
    "pair": _pair,
    "structure": _structure,
    "choose": _choose,
}


def _measure(item: Item, known: Sequence[tuple[str, Measure]]) -> tuple[Measure, bool]:
    """The measure that is asked for, and whether less of it is."""
    for text in (item.question.noun.casefold(), item.question.prompt.casefold()):
        for words, measure in known:
            if re.search(words, text):
                return measure, bool(re.search(_THE_OTHER_WAY, text))
    raise _Refused("not-measured", f"there is no measure of {item.question.noun!r} here")


def _audio(item: Item, at: int = 0) -> NDArray[np.float32]:
    audio = item.clips[at].audio
    if not audio.any():
        raise _Refused("nothing-found", "the clip is silent")
    return audio


def _heard(value: Found | None) -> Found:
    if value is None:
        raise _Refused("nothing-found", "nothing in the clip moves, so that there is nothing to measure")
    return value
