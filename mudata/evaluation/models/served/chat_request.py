"""What a served model is sent: its sound as 16-bit WAV or FLAC inside the request (`input_audio`), then the prompt.

The sound comes first because that is how the templates of such models write it (Qwen2-Audio, Audio
Flamingo) and how they were trained, and so that a checkpoint served reads what the same checkpoint
reads here through `transformers`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mudata.errors import ModelError
from mudata.json_files import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """What all requests to a model have in common. sample_rate: Hz of the sound. extra: further
    fields, of which null removes one."""

    model: str
    sample_rate: int
    audio_format: Literal["wav", "flac"]
    generation: Mapping[str, object]
    system: str | None = None
    extra: Mapping[str, object]

    def body(self, prompt: str, *sounds: NDArray[np.float32], **more: object) -> dict[str, object]:
        """A request about sounds, each (n,). `extra` has the last word, and its nulls remove what they name."""
        content: list[dict[str, object]] = []
        for sound in sounds:
            data = encoded(sound, self.sample_rate, self.audio_format)
            content.append({"type": "input_audio", "input_audio": {"data": data, "format": self.audio_format}})
        content.append({"type": "text", "text": prompt})
        system = [{"role": "system", "content": self.system}] if self.system else []
        talk = [*system, {"role": "user", "content": content}]
        body = {"model": self.model, "messages": talk, **self.generation, **more, **self.extra}
        return {key: value for key, value in body.items() if value is not None}


def encoded(sound: NDArray[np.float32], sample_rate: int, audio_format: str) -> str:
    """Samples as a file of 16 bits, in base64;
    scaled so that those of a 16-bit file are sent as they were."""
    import soundfile

    whole = np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, whole, sample_rate, format=audio_format.upper(), subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode()


def above_zero(name: str, value: object) -> float:
    """A number of an option. Raises ModelError where it is none, or not above zero."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ModelError(f"The option {name} is {value!r}.", f"Give a number above zero: -o {name}=...")


def json_object(extra: str | Mapping[str, object] | None) -> dict[str, object]:
    """The option `extra`, an object or its JSON. Raises ModelError."""
    try:
        fields = parse(extra) if isinstance(extra, str) else extra or {}
    except ValueError:
        fields = None
    if not isinstance(fields, Mapping):
        raise ModelError(f"The option extra is {extra!r}.", """Give a JSON object: -o extra='{"top_p": 1}'""")
    return dict(fields)
