"""Runs beside runs: differences, tables,
one clip and all answers to it, and whether the audio was used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.comparison.audio_use import AudioUse, check_audio_use
    from mudata.evaluation.comparison.clip_view import ClipView, clip_views
    from mudata.evaluation.comparison.comparison_result import Comparison
    from mudata.evaluation.comparison.score_table import ScoreTable, tables

__all__ = ["AudioUse", "ClipView", "Comparison", "ScoreTable", "check_audio_use", "clip_views", "tables"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AudioUse": "audio_use",
        "ClipView": "clip_view",
        "Comparison": "comparison_result",
        "ScoreTable": "score_table",
        "check_audio_use": "audio_use",
        "clip_views": "clip_view",
        "tables": "score_table",
    },
)
