"""Consent to terms of use: shown once, recorded, and asked for again when they change.

What a licence allows is `licence_terms`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.cards.licence_terms import may_serve
from mudata.errors import CardError, HomeError, NeedsLicence, UnknownName
from mudata.home import Home, now, write_atomic
from mudata.json_files import read_as
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.cards.strict_model import Usage


@dataclass(frozen=True)
class Terms:
    """Terms of use that may want consent."""

    key: str
    """Names them in `home.licences`."""
    title: str
    text: str
    usage: Usage
    more: tuple[str, ...]
    """Addresses and notes."""
    command: str
    """What is run to give consent."""


def require(card: Card, home: Home, *, accept: bool = False, progress: Progress = SILENT) -> None:
    """Show the dataset's terms; raise NeedsLicence as `consent` does."""
    consent(_terms(card), home, accept=accept, progress=progress)


def refuse_use(card: Card, purpose: Purpose | None) -> None:
    """Raise NeedsLicence where no clip of a dataset may be used for a purpose: clips have no licence of their own, and
    the dataset's does not permit it. None: any."""
    licence = card.licence
    if purpose is None or may_serve(purpose, licence.usage, per_clip=licence.per_clip):
        return
    known = "unknown" if licence.usage == "unknown" else f"for {licence.usage} use"
    raise NeedsLicence(
        f"{card.title}: its licence is {known} ({licence.text}); nothing of it can be taken for {purpose} use.",
        "Leave --usage out (in Python usage=None) to take it whatever its licence says.",
    )


def consent(terms: Terms, home: Home, *, accept: bool = False, progress: Progress = SILENT) -> None:
    """Show terms; raise NeedsLicence unless they ask for no consent, or it was or is now given.

    Consent is recorded in `home.licences` and holds until the text or its usage class changes.
    """
    progress.say(f"{terms.title}: {terms.text} (use: {terms.usage})")
    if _agreed(terms, home):
        return
    if not accept:
        changed = "have changed since you accepted them" if terms.key in accepted(home) else "have to be accepted once"
        raise NeedsLicence(
            f"The terms of {terms.title} {changed}:\n  {terms.text}\n  use: {terms.usage}"
            + "".join(f"\n  {more}" for more in terms.more),
            f"If you agree, run: {terms.command} (in Python: accept_licence=True)\n"
            "With it goes whatever else you gave, such as --from.",
        )
    with home.lock("licences"):
        record = {
            "accepted_at": now(),
            "licence": terms.text,
            "sha256": _digest(terms.text),
            "usage": terms.usage,
        }
        everything = accepted(home) | {terms.key: record}
        write_atomic(home.licences, json.dumps(everything, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def agreed(card: Card, home: Home) -> bool:
    """Whether the dataset's terms ask for no consent, or it was given to these very terms."""
    return _agreed(_terms(card), home)


def fetch_command(dataset: str, home: Home) -> str:
    """The command that fetches a dataset, by name, as it can be run: with consent where it was not
    given yet, and from a card file where no card of that name is found."""
    from mudata.catalog.cards import loader

    try:
        card = loader.load(dataset)
    except (UnknownName, CardError):
        return f"mudata fetch --card FILE (the card of {dataset})"
    return f"mudata fetch {card.name}" + ("" if agreed(card, home) else " --accept-licence")


def _terms(card: Card) -> Terms:
    licence = card.licence
    more = tuple(text for text in (licence.url, licence.note) if text)
    command = f"mudata fetch {card.name} --accept-licence"
    return Terms(card.name, card.title, licence.text, licence.usage, more, command)


def _agreed(terms: Terms, home: Home) -> bool:
    if terms.usage == "unrestricted":
        return True
    given = accepted(home).get(terms.key, {})
    return (given.get("sha256"), given.get("usage")) == (_digest(terms.text), terms.usage)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def accepted(home: Home) -> dict[str, dict[str, str]]:
    """The recorded consent by dataset, or `model:<name>`:
    accepted_at, licence, sha256 (of the licence text), usage."""
    if not home.licences.exists():
        return {}
    return read_as(home.licences, dict[str, dict[str, str]], hint="Correct or delete it.", error=HomeError)
