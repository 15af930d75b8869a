"""Further scores of captions, for those who ask: METEOR, BERTScore, and the CLAP score.

None is part of the recipe: METEOR and BERTScore reward fluent English whatever the music
(arXiv:2511.05550), and the last two depend on a model. Each says in its recipe exactly what it was
computed with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.scoring.extras.bertscore import bertscore
from mudata.evaluation.scoring.extras.clap_score import clap_score
from mudata.evaluation.scoring.extras.meteor import meteor
from mudata.narration import Advance, untold

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

Provenance = dict[str, object]


@dataclass(frozen=True)
class Extra:
    """One further score. `options` are what it can be told, each with the type of its value."""

    metric: str
    purpose: str
    measure: Callable[..., tuple[list[Metric], Provenance]]
    options: Mapping[str, Callable[[str], object]] = field(default_factory=dict)
    needs_audio: bool = False

    def columns(
        self,
        items: Sequence[ScoredAnswer],
        options: Mapping[str, str],
        audio: Mapping[str, StoredClip] | None = None,
        advance: Advance = untold,
    ) -> tuple[list[Metric], Provenance]:
        """The metrics, and what they were computed with.
        `audio` has the sound of each clip that has one; `advance` is told how many captions were scored.

        Raises UnknownName and EvaluationError for options,
        MissingExtra for packages, ModelError for checkpoints.
        """
        given: dict[str, Any] = {"audio": audio or {}} if self.needs_audio else {}
        for name, value in options.items():
            if name not in self.options:
                raise UnknownName(f"option of {self.metric}", name, self.options)
            try:
                given[name] = self.options[name](value)
            except ValueError as error:
                raise EvaluationError(
                    f"{value!r} is no {self.options[name].__name__}, which {name} of {self.metric} is.",
                    f"Give it as in {name}=1.",
                ) from error
        return self.measure(items, advance=advance, **given)


_MODEL: Mapping[str, Callable[[str], object]] = {"model": str, "revision": str, "device": str, "batch": int}

EXTRAS: Mapping[str, Extra] = {
    "meteor": Extra("meteor", "unigram matches by word, stem and WordNet, and their order", meteor),
    "bertscore": Extra(
        "bertscore_f",
        "greedy cosine matches of a text encoder's tokens, as F1",
        bertscore,
        {**_MODEL, "layer": int, "baseline": float},
    ),
    "clap": Extra("clap_score", "cosine of caption and sound in CLAP's space", clap_score, _MODEL, needs_audio=True),
}


def parse(text: str) -> tuple[Extra, dict[str, str]]:
    """An extra as the command line names it:
    `bertscore`, or `bertscore:model=roberta-base,layer=10`.

    Raises UnknownName, and EvaluationError for options that are not written so.
    """
    name, _, options = text.partition(":")
    if name not in EXTRAS:
        raise UnknownName("extra score", name, EXTRAS)
    pairs = [pair.partition("=") for pair in options.split(",")] if options else []
    if not all(key and equals for key, equals, _ in pairs):
        raise EvaluationError(
            f"The options {options!r} cannot be read.", f"Write them as in {name}:batch=8,device=cpu."
        )
    return EXTRAS[name], {key: value for key, _, value in pairs}
