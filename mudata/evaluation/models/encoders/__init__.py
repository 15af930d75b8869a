"""From waveforms to features, tokens and notes: filter banks, resampling, audio transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.encoders.basic_pitch import NoteTranscriber
    from mudata.evaluation.models.encoders.beats import Beats
    from mudata.evaluation.models.encoders.imagebind import ImageBindAudio
    from mudata.evaluation.models.encoders.mert import Mert
    from mudata.evaluation.models.encoders.whisper import SpeechTranscriber, whisper_encoder

__all__ = ["Beats", "ImageBindAudio", "Mert", "NoteTranscriber", "SpeechTranscriber", "whisper_encoder"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Beats": "beats",
        "ImageBindAudio": "imagebind",
        "Mert": "mert",
        "NoteTranscriber": "basic_pitch",
        "SpeechTranscriber": "whisper",
        "whisper_encoder": "whisper",
    },
)
