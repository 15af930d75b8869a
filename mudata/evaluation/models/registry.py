"""Which models there are, and how one is made. Nothing heavy is imported before a model is created.

A name is looked up in this order: the families that are built in; model cards
(`cards/models/*.yaml`), each a checkpoint of a family; entry points of the group `mudata.models`
of installed packages; `module:Class`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.errors import MissingExtra, ModelError, UnknownName
from mudata.evaluation.models import hf_architectures, model_card, question_calls
from mudata.evaluation.models.foreign_code import contained
from mudata.evaluation.models.listing import BUILT_IN, FAMILIES, Listing, names, plug_ins
from mudata.evaluation.models.weights import weight_store
from mudata.evaluation.protocol import ModelCapabilities
from mudata.home import Home
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.protocol import Model

_CONTRACT = "What a model has to have is told in mudata.evaluation.protocol: help('mudata.evaluation.protocol')."


def find(name: str) -> Listing:
    """The listing of one model. Raises UnknownName with the nearest names, CardError."""
    for listing in BUILT_IN:
        if listing.name == name:
            return listing
    if name in (files := model_card.files()):
        card = model_card.load(files[name])
        if card.family not in FAMILIES:
            raise UnknownName("model family", card.family, FAMILIES, f"{files[name]} asks for it.")
        listing = replace(FAMILIES[card.family], name=name, title=card.title, card=files[name])
        needs = hf_architectures.of(card.architecture or "")
        return replace(listing, extra=needs.extra or listing.extra, packages=(*listing.packages, *needs.needs))
    if name in (offered := plug_ins()):
        return offered[name]
    if ":" in name:
        return Listing(name=name, title="", family="own", code=name, package="unpackaged")
    hint = "See `mudata models`; code of your own: --model package.module:Class."
    raise UnknownName("model", name, names(), hint)


def listings() -> Iterator[Listing]:
    """All models, by name; those whose cards cannot be read are passed over."""
    cards = model_card.files()
    for name in names():
        with loader.passing_over(cards.get(name, Path(name))):
            yield find(name)


def card_of(listing: Listing) -> ModelCard | None:
    """The model card behind a listing, if there is one. Raises CardError."""
    return model_card.load(listing.card) if listing.card else None


def create(name: str, /, *, offer: Mapping[str, object] | None = None, **options: object) -> Model:
    """Make a model, not loaded yet.

    Args:
        name: as `find` takes it.
        offer: passed only where the constructor has such an argument: a seed, a cache folder, a
            batch size.
        options: go to the constructor; None means not asked for. What a model card says
            (checkpoint, revision, its options) is filled in below them.

    Raises:
        UnknownName, CardError, MissingExtra.
        ModelError: an option that the model does not have or that it lacks, weights that are not
            here, code that cannot be imported or is no model.
    """
    listing = find(name)
    if listing.missing and listing.extra:
        raise MissingExtra(f"The model {name!r}", listing.missing[0], listing.extra)
    factory = _imported(listing)
    parameters, takes_any = _parameters(factory)
    given = {key: value for key, value in options.items() if value is not None}
    given = card_options(listing, given) | given
    if not takes_any and (alien := sorted(given.keys() - parameters.keys())):
        known = ", ".join(parameters) or "none"
        raise ModelError(f"The model {name!r} has no option {alien[0]!r}.", f"Its options: {known}.")
    if "checkpoint" not in given and (card := card_of(listing)) and card.layout:
        given["checkpoint"] = str(weight_store.ready(card, Home.default()))
    offered = {k: v for k, v in (offer or {}).items() if k in parameters and v is not None}
    required = [key for key, p in parameters.items() if p.default is p.empty]
    if lacking := [key for key in required if key not in given and key not in offered]:
        how = "--checkpoint ..." if lacking[0] == "checkpoint" else f"-o {lacking[0]}=..."
        raise ModelError(f"The model {name!r} needs the option {lacking[0]!r}.", f"Give it: {how}")
    with contained("while it was made"):
        model = factory(**(offered | given))
    if hasattr(model, "hearing") and not hasattr(model, "capabilities"):  # its name in 0.1.0
        type(model).capabilities = property(lambda self: self.hearing)  # type: ignore[assignment]
    if not isinstance(getattr(model, "capabilities", None), ModelCapabilities):
        raise ModelError(
            f"{listing.code} is not a model: it has no `capabilities`, or some that are no ModelCapabilities.",
            _CONTRACT,
        )
    if lacking := [name for name in ("load", "answer", "describe") if not callable(getattr(model, name, None))]:
        raise ModelError(f"{listing.code} is not a model: it has no method `{lacking[0]}`.", _CONTRACT)
    return question_calls.with_items(model, name)


def options_of(listing: Listing) -> dict[str, object]:
    """Options of a model with their defaults; None where there is none. Imports its code."""
    parameters, _ = _parameters(_imported(listing))
    return {key: None if p.default is p.empty else p.default for key, p in parameters.items()}


def card_options(listing: Listing, given: Mapping[str, object]) -> dict[str, object]:
    """What a model's card says of options, beside those `given` by the user.

    A repository that was fetched into the home counts as its folder there; to a copy elsewhere the
    card's revision does not apply.
    """
    if (card := card_of(listing)) is None:
        return {}
    options: dict[str, object] = {
        "checkpoint": card.checkpoint,
        "revision": card.revision,
        **card.options,
    }
    if "checkpoint" in given:
        del options["revision"]
    elif card.checkpoint:
        home = Home.default()
        if (parts := weight_store.look(card, home)) and weight_store.downloaded(parts) == "yes":
            options |= {"checkpoint": str(weight_store.ready(card, home)), "revision": None}
    return {key: value for key, value in options.items() if value is not None}


def _parameters(factory: Callable[..., Model]) -> tuple[dict[str, inspect.Parameter], bool]:
    """The named arguments of a constructor, and whether it takes any other. A class whose
    constructor passes `**others` on has its base class's as well."""
    named: dict[str, inspect.Parameter] = {}
    classes = factory.__mro__[:-1] if inspect.isclass(factory) else ()
    constructors: list[Callable[..., object]] = [c for c in classes if "__init__" in vars(c)]
    catch_all = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for constructor in constructors or [factory]:
        parameters = inspect.signature(constructor).parameters
        new = {k: p for k, p in parameters.items() if p.kind not in catch_all and k not in named}
        named |= new
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return named, False
    return named, True


def _imported(listing: Listing) -> Callable[..., Model]:
    module, _, attribute = listing.code.partition(":")
    here = str(Path.cwd())
    if listing.family == "own" and here not in sys.path:
        sys.path.append(here)
    try:
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        inspect.signature(factory)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # code of others may fail in any way, and exit
        raise ModelError(
            f"The model {listing.name!r} cannot be imported from {listing.code!r}: "
            f"{type(error).__name__}: {text_of(error)}.",
            "Modules are looked for in this folder, on PYTHONPATH and among installed packages."
            if listing.family == "own"
            else f"It comes from {listing.package}; check that it is installed whole.",
        ) from error
    return factory
