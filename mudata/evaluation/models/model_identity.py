"""What tells one model from another in the ids of runs,
wherever it runs and wherever its code lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mudata.evaluation.models.registry import card_of, card_options, find
from mudata.evaluation.models.served.server_addresses import addresses
from mudata.evaluation.models.weights import weight_store
from mudata.home import Home

PASSING = frozenset(
    {"device", "concurrency", "requests_per_minute", "timeout_s", "tries", "api_key_env"}
    | {"price_in", "price_out", "allow_unheard"}
)
"""Options that decide nothing of an answer: where and how fast it is made, who pays for it."""

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
"""Where version 0.1.0 kept the code of its families, which its run ids hold. Never changed, never
added to."""


def identity(name: str, options: Mapping[str, object]) -> dict[str, object]:
    """What tells one model from another before it is loaded: name, family, recipe and options.

    Code that is not mudata's has its place for a family and its distribution's version for a
    recipe. Options in PASSING are left out. Weights in a folder are told by their fingerprint,
    wherever the folder lies; before it stands the name of a model that is put together from parts,
    else the folder's. Raises UnknownName, CardError.
    """
    listing = find(name)
    card = card_of(listing)
    given = {key: value for key, value in options.items() if value is not None}
    merged = card_options(listing, given) | given
    telling = {key: merged[key] for key in sorted(merged.keys() - PASSING)}
    if listing.key == "served" and "base_url" in telling:  # further servers only share the work
        telling["base_url"] = addresses(telling["base_url"])[0]
    from_parts = card is not None and bool(card.layout)
    place = telling.get("checkpoint", Home.default().models / name if from_parts else None)
    if place is not None and (folder := Path(str(place))).is_dir():
        weights = name if from_parts else folder.resolve().name
        telling["checkpoint"] = f"{weights}@{weight_store.fingerprint(folder)}"
    ours = listing.key is not None
    return {
        "name": name,
        "family": listing.key if ours else listing.code,
        "recipe": listing.recipe if ours else listing.package,
        "options": dict(sorted(telling.items())),
    }


def hashed(identity: Mapping[str, object]) -> dict[str, object]:
    """An identity as it enters hashes: in the form of version 0.1.0, which had the place of a
    family's code and the version of the package there, so that runs begun then go on, and their
    controls are still theirs."""
    family, recipe = str(identity["family"]), identity["recipe"]
    if isinstance(recipe, int):
        place = _PLACES_IN_0_1_0.get(family)
        family = f"mudata.evaluation.models.{place}" if place else family
        recipe = "mudata-music 0.1.0" if recipe == 1 else f"mudata-music, recipe {recipe}"
    return {
        "name": identity["name"],
        "code": family,
        "package": recipe,
        "options": identity["options"],
    }
