"""Which models there are, and how one is made. Nothing heavy is imported before a model is created.

A name is looked up in this order: `module:Class`; the families below; model cards (`cards/models/*.yaml`), each
a checkpoint of a family; entry points of the group `mudata.models` of installed packages.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING

import mudata
from mudata.errors import MissingExtra, ModelError, UnknownName
from mudata.evaluation.protocol import Hearing

if TYPE_CHECKING:
    from mudata.evaluation.models.cards import ModelCard
    from mudata.evaluation.protocol import Model

GROUP = "mudata.models"
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
    package: str = f"mudata-music {mudata.__version__}"
    """Distribution and version that the code comes from."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are not installed."""
        return tuple(p for p in self.packages if util.find_spec(p) is None)


_BUILT_IN = (
    Listing("random", "an option drawn by seed and clip", "control", f"{_HERE}.baselines:Random"),
    Listing("majority", "the most frequent label of the train part", "control", f"{_HERE}.baselines:Majority"),
    Listing("constant", "the same answer to every clip", "control", f"{_HERE}.baselines:Constant"),
    Listing(
        "features",
        "classic features and a classifier fitted on the train part",
        "features",
        f"{_HERE}.features:Features",
        "features",
        ("librosa", "sklearn"),
    ),
    Listing(
        "untrained",
        "a tiny audio-language model with random weights: what no training looks like",
        "control",
        f"{_HERE}.untrained:Untrained",
        "models",
        ("torch", "transformers"),
    ),
    Listing(
        "transformers",
        "any audio-language checkpoint of the transformers library (option: checkpoint)",
        "transformers",
        f"{_HERE}.transformers_audio:TransformersAudio",
        "models",
        ("torch", "transformers"),
    ),
    Listing(
        "clap",
        "any CLAP checkpoint, ranking the options by text-audio similarity (option: checkpoint)",
        "clap",
        f"{_HERE}.clap:Clap",
        "models",
        ("torch", "transformers"),
    ),
)
FAMILIES = {listing.family: listing for listing in _BUILT_IN if listing.family != "control"}


def names() -> list[str]:
    """Every model that `create` knows by name, without importing any."""
    from mudata.evaluation.models import cards

    return sorted({listing.name for listing in _BUILT_IN} | set(cards.files()) | set(_entry_points()))


def find(name: str) -> Listing:
    """The listing of one model. Raises UnknownName with the nearest names, CardError."""
    for listing in _BUILT_IN:
        if listing.name == name:
            return listing
    from mudata.evaluation.models import cards

    if name in (files := cards.files()):
        card = cards.load(files[name])
        if card.family not in FAMILIES:
            raise UnknownName("model family", card.family, FAMILIES, f"{files[name]} asks for it.")
        family = FAMILIES[card.family]
        return Listing(name, card.title, family.family, family.code, family.extra, family.packages, files[name])
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
    from mudata.evaluation.models import cards

    return cards.load(listing.card) if listing.card else None


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
    parameters = inspect.signature(factory).parameters
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    asked = {key: value for key, value in options.items() if value is not None}
    asked = _from_card(listing, asked) | asked
    if not anything and (alien := sorted(asked.keys() - parameters.keys())):
        takes = ", ".join(parameters) or "none"
        raise ModelError(f"The model {name!r} has no option {alien[0]!r}.", f"Its options: {takes}.")
    catch_all = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    required = [k for k, p in parameters.items() if p.default is p.empty and p.kind not in catch_all]
    offered = {key: value for key, value in (offer or {}).items() if key in parameters and value is not None}
    if lacking := [k for k in required if k not in asked and k not in offered]:
        flag = lacking[0].replace("_", "-")
        raise ModelError(f"The model {name!r} needs the option {lacking[0]!r}.", f"Give it: --{flag} ...")
    model = factory(**(offered | asked))
    if not isinstance(getattr(model, "hearing", None), Hearing):
        raise ModelError(
            f"{listing.code} is not a model: it has no `hearing`, or one that is not a Hearing.",
            "What a model has to have is told in mudata.evaluation.protocol.",
        )
    return model


def options_of(listing: Listing) -> dict[str, object]:
    """Options of a model with their defaults; None where there is none. Imports its code."""
    parameters = inspect.signature(_imported(listing)).parameters
    return {key: None if p.default is p.empty else p.default for key, p in parameters.items()}


def identity(name: str, options: Mapping[str, object]) -> dict[str, object]:
    """What tells one model from another before it is loaded: name, code and options, but not the device it runs on."""
    listing = find(name)
    asked = {key: value for key, value in options.items() if value is not None and key != "device"}
    said = dict(sorted((_from_card(listing, asked) | asked).items()))
    if (folder := Path(str(said.get("checkpoint", "")))).is_dir() and "checkpoint" in said:
        said["checkpoint"] = f"{folder.resolve().name}@{_fingerprint(folder)}"
    return {"name": name, "code": listing.code, "package": listing.package, "options": said}


def _fingerprint(folder: Path) -> str:
    """Tells two folders of weights apart without reading gigabytes: names, sizes, and what the configuration says."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    told = "\n".join(f"{path.name} {path.stat().st_size}" for path in files).encode()
    config = folder / "config.json"
    return hashlib.sha256(told + (config.read_bytes() if config.is_file() else b"")).hexdigest()[:12]


def _from_card(listing: Listing, asked: Mapping[str, object]) -> dict[str, object]:
    if (card := card_of(listing)) is None:
        return {}
    said: dict[str, object] = {"checkpoint": card.checkpoint, "revision": card.revision, **card.options}
    if "checkpoint" in asked:  # a copy of the weights elsewhere, to which the card's revision does not apply
        del said["revision"]
    return said


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
