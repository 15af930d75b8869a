"""Which models there are, and how one is made. Nothing heavy is imported before a model is created.

A name is looked up in this order: `module:Class`; the families below; model cards (`cards/models/*.yaml`), each
a checkpoint of a family; entry points of the group `mudata.models` of installed packages.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import MissingExtra, ModelError, UnknownName
from mudata.evaluation.protocol import ModelCapabilities
from mudata.home import Home
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.protocol import Model

GROUP = "mudata.models"
PASSING = frozenset(
    {"device", "concurrency", "requests_per_minute", "timeout_s", "tries", "api_key_env"}
    | {"price_in", "price_out", "allow_unheard"}
)
"""Options that decide nothing of an answer: where and how fast it is made, who pays for it."""
_HERE = "mudata.evaluation.models"


@dataclass(frozen=True)
class Listing:
    """A model that can be asked for by name: where its code is, and which packages of which extra it needs."""

    name: str
    title: str
    family: str
    code: str
    """'module:Class'; the constructor's arguments are the model's options."""
    extra: str | None = None
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


_BUILT_IN = (
    Listing("random", "an option drawn by seed and clip", "control", f"{_HERE}.baselines:Random", key="random"),
    Listing(
        "majority",
        "the most frequent label of the train part",
        "control",
        f"{_HERE}.baselines:Majority",
        key="majority",
    ),
    Listing("constant", "the same answer to every clip", "control", f"{_HERE}.baselines:Constant", key="constant"),
    Listing(
        "features",
        "classic features and a classifier fitted on the train part",
        "features",
        f"{_HERE}.features:Features",
        "features",
        ("librosa", "sklearn"),
        key="features",
    ),
    Listing(
        "untrained",
        "a tiny audio-language model with random weights: what no training looks like",
        "control",
        f"{_HERE}.untrained:Untrained",
        "models",
        ("torch", "transformers"),
        key="untrained",
    ),
    Listing(
        "transformers",
        "any audio-language checkpoint of the transformers library (option: checkpoint)",
        "transformers",
        f"{_HERE}.hf_audio:TransformersAudio",
        "models",
        ("torch", "transformers"),
        key="transformers",
    ),
    Listing(
        "clap",
        "any CLAP checkpoint, ranking the options by text-audio similarity (option: checkpoint)",
        "clap",
        f"{_HERE}.clap:Clap",
        "models",
        ("torch", "transformers"),
        key="clap",
    ),
    Listing(
        "served",
        "any model behind a server that speaks OpenAI's chat protocol (options: base_url, model)",
        "served",
        f"{_HERE}.served:Served",
        key="served",
    ),
)
_OF_FOLDERS = tuple(
    Listing(
        family,
        title,
        family,
        f"{_HERE}.families.{family}:{cls}",
        "models",
        ("torch", "transformers", needs),
        key=family,
    )
    for family, cls, title, needs in (
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
"""Families of the survey's models: reached through their cards, which say what lies in their folders."""
_PLACES_IN_0_1_0 = {
    "random": "baselines:Random",
    "majority": "baselines:Majority",
    "constant": "baselines:Constant",
    "features": "features:Features",
    "untrained": "untrained:Untrained",
    "transformers": "transformers_audio:TransformersAudio",
    "clap": "clap:Clap",
    "served": "served:Served",
    "qwen_audio": "qwen_audio:QwenAudio",
    "ltu": "ltu:LTU",
    "ltu_as": "ltu_as:LtuAs",
    "salmonn": "salmonn:Salmonn",
    "modaverse": "modaverse:ModaVerse",
    "anygpt": "anygpt:AnyGPT",
    "chatmusician": "chatmusician:ChatMusician",
    "m2ugen": "m2ugen:M2UGen",
    "mu_llama": "mu_llama:MuLlama",
}
"""Where version 0.1.0 kept the code of its families, which its run ids hold. Never changed, never added to."""
FAMILIES = {listing.family: listing for listing in (*_BUILT_IN, *_OF_FOLDERS) if listing.family != "control"}


def names() -> list[str]:
    """Every model that `create` knows by name, without importing any."""
    from mudata.evaluation.models import model_card

    return sorted({listing.name for listing in _BUILT_IN} | set(model_card.files()) | set(_entry_points()))


def find(name: str) -> Listing:
    """The listing of one model. Raises UnknownName with the nearest names, CardError."""
    for listing in _BUILT_IN:
        if listing.name == name:
            return listing
    from mudata.evaluation.models import model_card

    if name in (files := model_card.files()):
        card = model_card.load(files[name])
        if card.family not in FAMILIES:
            raise UnknownName("model family", card.family, FAMILIES, f"{files[name]} asks for it.")
        family = FAMILIES[card.family]
        return replace(family, name=name, title=card.title, card=files[name])
    if name in (points := _entry_points()):
        return points[name]
    if ":" in name:
        return Listing(name, "", "own", name, package="unpackaged")
    raise UnknownName("model", name, names(), "See `mudata models`; code of your own: --model package.module:Class.")


def listings() -> Iterator[Listing]:
    """All models, by name."""
    for name in names():
        yield find(name)


def card_of(listing: Listing) -> ModelCard | None:
    from mudata.evaluation.models import model_card

    return model_card.load(listing.card) if listing.card else None


def create(name: str, /, *, offer: Mapping[str, object] | None = None, **options: object) -> Model:
    """Make a model, not loaded yet.

    `options` go to the constructor; None means not asked for. What a model card says (checkpoint, revision, its
    options) is filled in below them. `offer` is passed only where the constructor has such an argument: a seed, a cache
    folder, a batch size. Raises UnknownName, MissingExtra, ModelError for an option the model does not have.
    """
    listing = find(name)
    if listing.missing and listing.extra:
        raise MissingExtra(f"The model {name!r}", listing.missing[0], listing.extra)
    factory = _imported(listing)
    parameters, anything = _parameters(factory)
    asked = {key: value for key, value in options.items() if value is not None}
    asked = _from_card(listing, asked) | asked
    if not anything and (alien := sorted(asked.keys() - parameters.keys())):
        takes = ", ".join(parameters) or "none"
        raise ModelError(f"The model {name!r} has no option {alien[0]!r}.", f"Its options: {takes}.")
    if "checkpoint" not in asked and (card := card_of(listing)) and card.layout:
        from mudata.evaluation.models.weights import weight_store

        asked["checkpoint"] = str(weight_store.ready(card, Home.default()))
    required = [k for k, p in parameters.items() if p.default is p.empty]
    offered = {key: value for key, value in (offer or {}).items() if key in parameters and value is not None}
    if lacking := [k for k in required if k not in asked and k not in offered]:
        how = "--checkpoint ..." if lacking[0] == "checkpoint" else f"-o {lacking[0]}=..."
        raise ModelError(f"The model {name!r} needs the option {lacking[0]!r}.", f"Give it: {how}")
    model = factory(**(offered | asked))
    if not isinstance(getattr(model, "capabilities", None), ModelCapabilities):
        raise ModelError(
            f"{listing.code} is not a model: it has no `capabilities`, or some that are no ModelCapabilities.",
            "What a model has to have is told in mudata.evaluation.protocol.",
        )
    return model


def options_of(listing: Listing) -> dict[str, object]:
    """Options of a model with their defaults; None where there is none. Imports its code."""
    parameters, _ = _parameters(_imported(listing))
    return {key: None if p.default is p.empty else p.default for key, p in parameters.items()}


def _parameters(factory: Callable[..., Model]) -> tuple[dict[str, inspect.Parameter], bool]:
    """The named arguments of a constructor, and whether it takes any other. A class whose constructor passes `**others`
    on has its base class's as well."""
    found: dict[str, inspect.Parameter] = {}
    classes = [c for c in factory.__mro__[:-1] if "__init__" in vars(c)] if inspect.isclass(factory) else []
    constructors: list[Callable[..., object]] = [*classes] or [factory]
    for one in constructors:
        said = inspect.signature(one).parameters
        catch_all = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        found |= {key: p for key, p in said.items() if p.kind not in catch_all and key not in found}
        if not any(p.kind is p.VAR_KEYWORD for p in said.values()):
            return found, False
    return found, True


def identity(name: str, options: Mapping[str, object]) -> dict[str, object]:
    """What tells one model from another before it is loaded: name, family, recipe and options, but not where it runs.

    Code that is not mudata's has its place for a family and its distribution's version for a recipe. Weights in a
    folder are told by their fingerprint, wherever the folder lies; before it stands the name of a model that is put
    together from parts, else the folder's.
    """
    listing = find(name)
    asked = {key: value for key, value in options.items() if value is not None}
    both = _from_card(listing, asked) | asked
    said = {key: both[key] for key in sorted(both.keys() - PASSING)}
    parted = (card := card_of(listing)) is not None and bool(card.layout)
    place = said.get("checkpoint", Home.default().models / name if parted else None)
    if place is not None and (folder := Path(str(place))).is_dir():
        from mudata.evaluation.models.weights import weight_store

        said["checkpoint"] = f"{name if parted else folder.resolve().name}@{weight_store.fingerprint(folder)}"
    ours = listing.key is not None
    return {
        "name": name,
        "family": listing.key if ours else listing.code,
        "recipe": listing.recipe if ours else listing.package,
        "options": dict(sorted(said.items())),
    }


def hashed(identity: Mapping[str, object]) -> dict[str, object]:
    """An identity as it enters hashes: in the form of version 0.1.0, which had the place of a family's code and the
    version of the package there, so that runs begun then go on, and their controls are still theirs."""
    family, recipe = str(identity["family"]), identity["recipe"]
    if isinstance(recipe, int):
        family = f"mudata.evaluation.models.{_PLACES_IN_0_1_0[family]}" if family in _PLACES_IN_0_1_0 else family
        recipe = "mudata-music 0.1.0" if recipe == 1 else f"mudata-music, recipe {recipe}"
    return {"name": identity["name"], "code": family, "package": recipe, "options": identity["options"]}


def _from_card(listing: Listing, asked: Mapping[str, object]) -> dict[str, object]:
    """What a card says of options. A repository that was fetched into the home counts as its folder there; to a copy
    elsewhere the card's revision does not apply."""
    if (card := card_of(listing)) is None:
        return {}
    said: dict[str, object] = {"checkpoint": card.checkpoint, "revision": card.revision, **card.options}
    if "checkpoint" in asked:
        del said["revision"]
    elif card.checkpoint:
        from mudata.evaluation.models.weights import weight_store

        home = Home.default()
        if (held := weight_store.look(card, home)) and weight_store.downloaded(held) == "yes":
            said |= {"checkpoint": str(weight_store.ready(card, home)), "revision": None}
    return {key: value for key, value in said.items() if value is not None}


def _entry_points() -> dict[str, Listing]:
    from importlib.metadata import entry_points

    found = {}
    for point in entry_points(group=GROUP):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "unpackaged"
        found[point.name] = Listing(point.name, point.value, "plug-in", point.value, package=package)
    return found


def _imported(listing: Listing) -> Callable[..., Model]:
    module, _, attribute = listing.code.partition(":")
    here = str(Path.cwd())
    if listing.family == "own" and here not in sys.path:
        sys.path.append(here)
    try:
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        inspect.signature(factory)
    except Exception as error:  # code of others may fail in any way
        raise ModelError(
            f"The model {listing.name!r} cannot be imported from {listing.code!r}: {type(error).__name__}: {error}.",
            "Modules are looked for in this folder, on PYTHONPATH and among installed packages."
            if listing.family == "own"
            else f"It comes from {listing.package}; check that it is installed whole.",
        ) from error
    return factory
