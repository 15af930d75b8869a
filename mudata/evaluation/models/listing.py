"""The table of model families:
what each is called, where its code lies and which packages it needs.

Nothing is imported for it.
Model cards name a family here; so do the ids of runs, by `key` and `recipe`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import util
from pathlib import Path

from mudata.catalog.cards import card_files
from mudata.version import __version__

_HERE = "mudata.evaluation.models"
_TORCH = ("torch", "transformers")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A model that can be asked for by name."""

    name: str
    title: str
    family: str
    code: str
    """'module:Class'; the constructor's arguments are the model's options."""
    extra: str | None = None
    """The extra of mudata-music that brings `packages`."""
    packages: tuple[str, ...] = ()
    card: Path | None = None
    package: str = f"mudata-music {__version__}"
    """Distribution and version that the code comes from."""
    key: str | None = None
    """The family in the ids of runs, wherever its code lies; None for code that is not mudata's."""
    recipe: int = 1
    """Raised by whoever changes a family so that it answers otherwise: its runs then begin anew."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are not installed."""
        return tuple(p for p in self.packages if util.find_spec(p) is None)


BUILT_IN = (
    Listing(
        name="random",
        title="an option drawn by seed and clip",
        family="control",
        code=f"{_HERE}.baselines:Random",
        key="random",
    ),
    Listing(
        name="majority",
        title="the most frequent label of the train part",
        family="control",
        code=f"{_HERE}.baselines:Majority",
        key="majority",
    ),
    Listing(
        name="constant",
        title="the same answer to every clip",
        family="control",
        code=f"{_HERE}.baselines:Constant",
        key="constant",
    ),
    Listing(
        name="features",
        title="classic features and a classifier fitted on the train part",
        family="features",
        code=f"{_HERE}.features:Features",
        extra="features",
        packages=("librosa", "sklearn"),
        key="features",
    ),
    Listing(
        name="classic",
        title="signal processing that has learned nothing: tempo, metre, key, form, instruments, which of two clips",
        family="classic",
        code=f"{_HERE}.classic.classic_model:Classic",
        extra="features",
        packages=("librosa", "sklearn"),
        key="classic",
        recipe=2,  # families of instruments; sections that last unequally long
    ),
    Listing(
        name="untrained",
        title="a tiny audio-language model with random weights: what no training looks like",
        family="control",
        code=f"{_HERE}.untrained:Untrained",
        extra="models",
        packages=_TORCH,
        key="untrained",
    ),
    Listing(
        name="transformers",
        title="any audio-language checkpoint of the transformers library (option: checkpoint)",
        family="transformers",
        code=f"{_HERE}.hf_audio:TransformersAudio",
        extra="models",
        packages=_TORCH,
        key="transformers",
    ),
    Listing(
        name="transformers-text",
        title="any language model of the transformers library, asked by words alone (option: checkpoint)",
        family="transformers_text",
        code=f"{_HERE}.hf_text:TransformersText",
        extra="models",
        packages=_TORCH,
        key="transformers_text",
    ),
    Listing(
        name="clap",
        title="any CLAP checkpoint, ranking the options by text-audio similarity (option: checkpoint)",
        family="clap",
        code=f"{_HERE}.clap:Clap",
        extra="models",
        packages=_TORCH,
        key="clap",
    ),
    Listing(
        name="served",
        title="any model behind a server that speaks OpenAI's chat protocol (options: base_url, model)",
        family="served",
        code=f"{_HERE}.served:Served",
        key="served",
    ),
)
"""What can be asked for without a card."""

_RECIPES = {
    "qwen_audio": 2,  # special tokens stay in an answer, as the authors print it: times of events, among others
    "modaverse": 2,  # pieces of a clip begin where the authors' sampler has them, to the sample
}
"""Families that have changed since their first version, and in what."""

_OF_FOLDERS = tuple(
    Listing(
        name=family,
        title=title,
        family=family,
        code=f"{_HERE}.families.{family}:{cls}",
        extra="models",
        packages=(*_TORCH, package),
        key=family,
        recipe=_RECIPES.get(family, 1),
    )
    for family, cls, title, package in (
        ("qwen_audio", "QwenAudio", "Qwen-Audio, base and chat", "tiktoken"),
        ("ltu", "LTU", "LTU", "sentencepiece"),
        ("ltu_as", "LtuAs", "LTU-AS", "sentencepiece"),
        ("salmonn", "Salmonn", "SALMONN, 7B and 13B", "sentencepiece"),
        ("modaverse", "ModaVerse", "ModaVerse", "sentencepiece"),
        ("anygpt", "AnyGPT", "AnyGPT, base and chat", "sentencepiece"),
        ("chatmusician", "ChatMusician", "ChatMusician", "onnxruntime"),
        ("m2ugen", "M2UGen", "M2UGen", "sentencepiece"),
        ("mu_llama", "MuLlama", "MU-LLaMA", "sentencepiece"),
    )
)
"""The survey's models: reached through their cards, which say what lies in their folders."""

FAMILIES = {listing.family: listing for listing in (*BUILT_IN, *_OF_FOLDERS) if listing.family != "control"}
"""What a card may name as its `family`."""

GROUP = "mudata.models"
"""Entry points of installed packages by which they offer models."""


def plug_ins() -> dict[str, Listing]:
    """The models that installed packages offer, by name; none is imported."""
    from importlib.metadata import entry_points

    listings = {}
    for point in entry_points(group=GROUP):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "unpackaged"
        listings[point.name] = Listing(
            name=point.name, title=point.value, family="plug-in", code=point.value, package=package
        )
    return listings


def names() -> list[str]:
    """Every model that can be asked for by name: built in, with a card, or from an installed package."""
    return sorted({listing.name for listing in BUILT_IN} | set(card_files.files("models")) | set(plug_ins()))
