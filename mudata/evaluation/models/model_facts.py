"""What is known of the models that can be asked, without importing their code: the table of
models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.fetch.plan import describe
from mudata.evaluation.models import hardware
from mudata.evaluation.models.registry import card_of, listings
from mudata.evaluation.models.weights import fetch_weights, weight_store

if TYPE_CHECKING:
    from mudata.evaluation.models.hardware import Machine
    from mudata.evaluation.models.listing import Listing
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.models.weights.weight_store import PartOnDisk
    from mudata.home import Home

COLUMNS = ("name", "language model", "params", "hears", "GB", "use", "weights", "fits", "installed")
"""Of `rows`; `mudata models --help` says what they mean."""


def ordered() -> list[tuple[Listing, ModelCard | None]]:
    """All models with their cards: the survey's rows, then others with weights, then the rest."""

    def order(pair: tuple[Listing, ModelCard | None]) -> tuple[object, ...]:
        listing, card = pair
        return (card is None, card.survey.row if card and card.survey else 99, listing.name)

    return sorted(((listing, card_of(listing)) for listing in listings()), key=order)


def rows(home: Home) -> list[dict[str, Any]]:
    """A row of `COLUMNS` for each model, as it is on this machine."""
    machine = hardware.look()
    return [row(listing, card, home, machine) for listing, card in ordered()]


def facts(listing: Listing, card: ModelCard | None, home: Home, machine: Machine) -> dict[str, Any]:
    """Everything that is known of one model."""
    known: dict[str, Any] = {"name": listing.name, "title": listing.title, "family": listing.family}
    known |= {"code": listing.code, "comes_from": listing.package, "needs": list(listing.packages)}
    known |= {"installed": not listing.missing, "extra": listing.extra, "missing": list(listing.missing)}
    if card is None:
        return known
    held = weight_store.look(card, home)
    known |= card.model_dump(mode="json", exclude_none=True, exclude={"name", "title", "family", "options"})
    known |= {"card_options": dict(card.options), "usage": fetch_weights.terms(card).usage}
    known |= {"parts": [part_facts(part) for part in held]}
    known |= {"downloaded": weight_store.downloaded(held) if held else None}
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


def row(listing: Listing, card: ModelCard | None, home: Home, machine: Machine) -> dict[str, Any]:
    """One line of the table of models."""
    known = facts(listing, card, home, machine)
    installed = "yes" if listing.missing == () else f"needs {listing.missing[0]}"
    line: dict[str, Any] = {"name": listing.name, "installed": installed}
    if card is None:
        return line | {"hears": listing.family}
    longest, rate, size = card.longest_s, card.sample_rate, card.parameters
    rate_text = f"{rate / 1000:g} kHz" if rate else ""
    return line | {
        "language model": card.language_model,
        "params": f"{size / 1e9:.2f} B" if size else None,
        "hears": " ".join(filter(None, [rate_text, f"{longest:.4g} s" if longest else ""])),
        "GB": f"{card.memory_gb:g}" if card.memory_gb else None,
        "use": known["usage"],
        "weights": known["downloaded"],
        "fits": known["fits"],
    }
