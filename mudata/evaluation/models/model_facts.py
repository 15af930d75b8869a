"""What is known of the models that can be asked, without importing their code: the table of
models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.fetch.plan import describe
from mudata.evaluation.models import hardware
from mudata.evaluation.models.registry import card_of, find, listings, options_of
from mudata.evaluation.models.weights import fetch_weights, hub_checkpoint, weight_store

if TYPE_CHECKING:
    from mudata.evaluation.models.hardware import Machine
    from mudata.evaluation.models.listing import Listing
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.models.weights.weight_store import PartOnDisk
    from mudata.home import Home

COLUMNS = ("name", "language model", "params", "hears", "GB", "use", "weights", "fits", "needs")
"""Of `rows`; `mudata models --help` says what they mean."""

_NEEDED_OF_THE_USER = {
    "transformers": "a checkpoint",
    "transformers_text": "a checkpoint",
    "clap": "a checkpoint",
    "served": "a server",
}
"""What is still to be named, by listings that stand for any checkpoint or server of one's own."""


def ordered() -> list[tuple[Listing, ModelCard | None]]:
    """All models with their cards: the survey's rows, then others with weights, then the rest."""

    def order(pair: tuple[Listing, ModelCard | None]) -> tuple[object, ...]:
        listing, card = pair
        return (card is None, card.survey.row if card and card.survey else 99, listing.name)

    return sorted(((listing, card_of(listing)) for listing in listings()), key=order)


def rows(home: Home) -> list[dict[str, Any]]:
    """A row of `COLUMNS` for each model, as it is on this machine."""
    return [row(known) for known in all_facts(home, hardware.look())]


def all_facts(home: Home, machine: Machine) -> list[dict[str, Any]]:
    """Everything that is known of each model; one whose parts cannot be read is passed over."""
    every = []
    for listing, card in ordered():
        with loader.passing_over(listing.card or Path(listing.name)):
            every.append(facts(listing, card, home, machine))
    return every


def named_facts(home: Home, name: str) -> dict[str, Any]:
    """Everything that is known of one model by its name, its options too, which are those of its code; None where
    packages that it imports are missing. Raises UnknownName, CardError."""
    listing = find(name)
    card = card_of(listing)
    known = facts(listing, card, home, hardware.look())
    known["options"] = None if listing.missing else options_of(listing) | (dict(card.options) if card else {})
    return known


def facts(listing: Listing, card: ModelCard | None, home: Home, machine: Machine) -> dict[str, Any]:
    """Everything that is known of one model."""
    known: dict[str, Any] = {"name": listing.name, "title": listing.title, "family": listing.family}
    known |= {"code": listing.code, "comes_from": listing.package, "needs": list(listing.packages)}
    known |= {"installed": not listing.missing, "extra": listing.extra, "missing": list(listing.missing)}
    if card is None:
        needed = _NEEDED_OF_THE_USER.get(listing.name)
        return known | {"ready": not (listing.missing or needed), "needed": needed}
    held = weight_store.look(card, home)
    known |= card.model_dump(mode="json", exclude_none=True, exclude={"name", "title", "family", "options"})
    known |= {"card_options": dict(card.options), "usage": fetch_weights.terms(card).usage}
    known |= {"parts": [part_facts(part) for part in held]}
    known |= {"downloaded": weight_store.downloaded(held) if held else None}
    known["cached"] = bool(card.checkpoint) and hub_checkpoint.cached(str(card.checkpoint), card.revision)
    whole = not held or known["downloaded"] == "yes" or known["cached"]
    known["needed"] = "weights" if not whole else "a server" if card.serve else None
    known["ready"] = not (listing.missing or known["needed"])
    folder = home.models / card.name
    known["fits"] = machine.fits(card, folder) if held else None
    if folder.is_dir():
        known["folder"] = str(folder)
    return known


def part_facts(part: PartOnDisk) -> dict[str, Any]:
    """Everything that is known of one part of a model: where it comes from, and what is here of
    it."""
    card = part.card
    known = {"part": card.name, "at": part.at, "what": card.what, "licence": card.licence.text, "size": card.size}
    mirrors = [describe(m) + (f"@{r}" if (r := getattr(m, "revision", None)) else "") for m in card.mirrors]
    how = next((mirror.how for mirror in card.mirrors if mirror.kind == "local"), None)
    here = {"weights": {"here": "yes", "missing": "no"}.get(part.state, part.state), "folder": str(part.files)}
    came = {"from": [record.mirror for record in part.records], "revision": part.revision, "bytes": part.bytes or None}
    return known | {"mirrors": mirrors, "how": how} | here | came


def row(known: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table of models, of what `facts` knows."""
    packages = f"needs {known['missing'][0]}" if known["missing"] else "yes"
    line = {"name": known["name"], "packages": packages, "ready": "yes" if known["ready"] else "no"}
    line["needs"] = known["missing"][0] if known["missing"] else known["needed"] or "nothing"
    line["installed"] = packages  # what the column was called in 0.1.0
    if "usage" not in known:  # no card
        return line
    longest, rate, size = (known.get(key) for key in ("longest_s", "sample_rate", "parameters"))
    rate_text = f"{rate / 1000:g} kHz" if rate else ""
    return line | {
        "language model": known.get("language_model"),
        "params": f"{size / 1e9:.2f} B" if size else None,
        "hears": " ".join(filter(None, [rate_text, f"{longest:.4g} s" if longest else ""])),
        "GB": f"{known['memory_gb']:g}" if known.get("memory_gb") else None,
        "use": known["usage"],
        "weights": "cached" if known["cached"] and known["downloaded"] != "yes" else known["downloaded"],
        "fits": known["fits"],
    }
