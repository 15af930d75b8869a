"""Terms of use: the usage class that a licence text means, and the consent to terms.

A reading of licences for filtering, never legal advice. Usage classes: `unrestricted` (any purpose,
on the licence's other terms: attribution, share alike, no derivatives), `noncommercial`,
`research`, `unknown`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.errors import CardError, HomeError, NeedsLicence, UnknownName
from mudata.home import Home, now, write_atomic
from mudata.json_files import read_as
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.cards.strict_model import Usage

_CLAUSES = {  # the Free Music Archive calls BY-NC-ND "aka Music Sharing"
    "nc": r"non-? ?commercial|\bnc\b|music sharing",
    "nd": r"no-? ?deriv|\bnd\b|music sharing",
    "sa": r"share-? ?alike|\bsa\b",
}
_FREE = {
    *("mit", "apache-2.0", "bsd-3-clause", "bsd-2-clause", "unlicense"),
    *("lal-1.2", "lal-1.3", "odc-by-1.0", "odbl-1.0", "pddl-1.0"),
}
"""SPDX ids of free licences that are no Creative Commons ones, in small letters."""


def usage_of(text: str | None, default: Usage = "unknown") -> Usage:
    """The usage class of a licence text:
    a Creative Commons title, abbreviation or address, or an SPDX id.

    No text means `default` (the dataset's own); a text that is not understood is 'unknown'.
    """
    plain = _plain(text)
    if not plain:
        return default
    if "sampling" in plain:
        return "noncommercial"  # Sampling+ allows copies of the whole for non-commercial purposes only
    if re.search(r"fma-limited|download only|research", plain):
        return "research"
    if _is_public_domain(plain) or plain in _FREE or re.search(r"artlibre|art libre|free art", plain):
        return "unrestricted"
    clauses = _clauses(plain)
    if clauses is None:
        return "unknown"
    return "noncommercial" if "nc" in clauses else "unrestricted"


def _plain(text: str | None) -> str:
    return re.sub(r"[\s_]+", " ", text or "").strip().casefold()


def _is_public_domain(text: str) -> bool:
    return bool(re.search(r"public ?domain|\bcc-? ?0\b|\bcc zero\b|no rights reserved", text))


def _clauses(text: str) -> set[str] | None:
    """Which of nc, nd, sa a Creative Commons text has; None if it is none."""
    attribution = r"attribution|creative ?commons|music sharing|\bcc\b|\bby\b|^a(-nc|-sa|-nd|$| )"
    if not re.search(attribution, text):
        return None
    clauses = {clause for clause, pattern in _CLAUSES.items() if re.search(pattern, text)}
    named = clauses or re.search(r"attribution|\bby\b|^a\b", text)
    return clauses if named else None  # "cc" alone says nothing


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
