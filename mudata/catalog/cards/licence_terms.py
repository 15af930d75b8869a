"""What a licence text means: which licence it is, what may be done under it, and for which purposes.

The one place that reads licences: per clip (`clips.licence`) and of whole datasets. A reading for filtering and for
credits, never legal advice. Usage classes: `unrestricted` (any purpose, on the licence's other terms), `noncommercial`,
`research`, `unknown`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mudata.catalog.cards import jurisdictions

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.cards.strict_model import Usage

Purpose = Literal["commercial", "noncommercial", "research"]

PURPOSES: dict[Purpose, tuple[Usage, ...]] = {
    "commercial": ("unrestricted",),
    "noncommercial": ("unrestricted", "noncommercial"),
    "research": ("unrestricted", "noncommercial", "research"),
}
"""The usage classes of what may be used for a purpose; what is `unknown` may be used for none."""


def may_serve(purpose: Purpose | None, usage: Usage, *, per_clip: bool) -> bool:
    """Whether anything of a dataset may be used for a purpose (None: any), by its usage class; of one whose clips have
    licences of their own, these tell."""
    return purpose is None or per_clip or usage in PURPOSES[purpose]


@dataclass(frozen=True)
class LicenceTerms:
    """A licence and what it allows."""

    spdx: str | None
    """Its id in the SPDX list; None where it has none (most ports to a country), or the text names no version."""
    title: str
    """A short name, such as CC BY-NC-SA 3.0 US; the text itself where it is not understood."""
    url: str | None
    """Where the licence can be read; None where the text does not say which version it is."""
    usage: Usage
    may_share: bool
    """Whether copies may be passed on, for the purposes of `usage` and on the other terms here."""
    may_change: bool
    """Whether what was changed (cut, mixed down, resampled) may be passed on; no licence forbids it in private."""
    attribution: bool
    """Whether the author has to be named. True where nothing is known."""
    share_alike: bool
    """Whether what was changed may be passed on under the same licence only."""

    def may_pass_on(self, *, unchanged: bool) -> bool:
        """Whether the sound may be given to others, as it was published or as it was changed here."""
        return self.may_share and (self.may_change or unchanged)


def terms_of(text: str | None, card: Card) -> LicenceTerms:
    """What the licence of a clip allows: `text` is what `clips.licence` says of it.

    No text, or the text or SPDX id of the card, means the dataset's own terms: those of its card, whose `usage` and
    `redistributable` a person set. Its SPDX id counts where it says the same of the sound: that of MusicCaps is about
    the captions.
    """
    licence = card.licence
    if text and text.strip() and text not in (licence.text, licence.spdx):  # the index has either for the card's own
        return read_licence(text)
    read = read_licence(licence.spdx or licence.text)
    agree = (read.usage, read.may_share and read.may_change) == (licence.usage, licence.redistributable)
    return replace(
        read,
        spdx=licence.spdx if agree else None,
        title=licence.text,
        url=licence.url or read.url,
        usage=licence.usage,
        may_share=licence.redistributable,
        may_change=licence.redistributable and (read.may_change or read.usage == "unknown"),
    )


def usage_of(text: str | None, default: Usage = "unknown") -> Usage:
    """The usage class of a licence text. No text means `default` (the dataset's own)."""
    return read_licence(text).usage if text and text.strip() else default


@lru_cache(maxsize=1024)
def read_licence(text: str) -> LicenceTerms:
    """What a licence text means: a Creative Commons title, abbreviation or address, an SPDX id, or the titles of the
    Free Music Archive. What is not understood is `unknown`, and nothing may be done with it."""
    plain = re.sub(r"[\s_]+", " ", text).strip().casefold()
    for pattern, terms in _NAMED:
        if re.search(pattern, plain):
            return terms
    if plain in FREE:
        spdx, attribution, share_alike = FREE[plain]
        url = f"https://spdx.org/licenses/{spdx}.html"
        return LicenceTerms(spdx, spdx, url, "unrestricted", True, True, attribution, share_alike)
    if re.search(r"art ?libre|free art|^lal-1", plain):
        return _free_art(plain)
    return _creative_commons(plain) or LicenceTerms(None, text.strip(), None, "unknown", False, False, True, False)


_CC = "https://creativecommons.org"


def _free(spdx: str | None, title: str, url: str | None) -> LicenceTerms:
    return LicenceTerms(spdx, title, url, "unrestricted", True, True, False, False)


def _sampling(title: str, url: str) -> LicenceTerms:
    """Copies of the whole for noncommercial purposes; changed, only as a sample in another work, which an excerpt is
    not."""
    return LicenceTerms(None, title, url, "noncommercial", True, False, True, False)


_NAMED = (
    # the composition is free, of the recording its title says that it is protected
    (
        r"common law",
        LicenceTerms(None, "Public domain, recording protected", None, "unknown", False, False, True, False),
    ),
    (
        r"non-? ?commercial sampling|nc-? ?sampling",
        _sampling("CC NC-Sampling+ 1.0", f"{_CC}/licenses/nc-sampling+/1.0/"),
    ),
    (r"sampling", _sampling("CC Sampling+ 1.0", f"{_CC}/licenses/sampling+/1.0/")),
    (
        r"fma-limited|download only",
        LicenceTerms(
            None,
            "FMA-Limited: Download Only",
            "http://freemusicarchive.org/FMA_License",
            "research",
            may_share=False,
            may_change=False,
            attribution=True,
            share_alike=False,
        ),
    ),
    (r"research", LicenceTerms(None, "research only", None, "research", False, False, True, False)),
    (r"\bcc-? ?0\b|\bcc zero\b|publicdomain/zero", _free("CC0-1.0", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/")),
    (
        r"public ?domain mark|publicdomain/mark|cc-pdm",
        _free("CC-PDM-1.0", "Public Domain Mark 1.0", f"{_CC}/publicdomain/mark/1.0/"),
    ),
    (
        r"licenses/publicdomain|cc-pddc",
        _free("CC-PDDC", "CC Public Domain Dedication", f"{_CC}/licenses/publicdomain/"),
    ),
    (r"public ?domain|no rights reserved", _free(None, "Public domain", None)),
    (
        r"open audio licen[cs]e",  # EFF, 2001: free on the terms of attribution and share alike
        LicenceTerms(
            None,
            "EFF Open Audio License",
            "https://web.archive.org/web/20040603070029/http://www.eff.org/IP/Open_licenses/eff_oal_version1.php",
            "unrestricted",
            may_share=True,
            may_change=True,
            attribution=True,
            share_alike=True,
        ),
    ),
)
"""Licences that a text names, in the order in which they are looked for."""

FREE = {
    "mit": ("MIT", True, False),
    "apache-2.0": ("Apache-2.0", True, False),
    "bsd-3-clause": ("BSD-3-Clause", True, False),
    "bsd-2-clause": ("BSD-2-Clause", True, False),
    "unlicense": ("Unlicense", False, False),
    "odc-by-1.0": ("ODC-By-1.0", True, False),
    "odbl-1.0": ("ODbL-1.0", True, True),
    "pddl-1.0": ("PDDL-1.0", False, False),
}
"""Free licences by SPDX id in small letters: the id, whether the author has to be named, whether they are share
alike."""


def _free_art(plain: str) -> LicenceTerms:
    version = re.search(r"\b1\.[23]\b", plain)
    spdx = f"LAL-{version[0]}" if version else None
    title = f"Free Art License {version[0]}" if version else "Free Art License"
    return LicenceTerms(spdx, title, "https://artlibre.org/licence/lal/en/", "unrestricted", True, True, True, True)


_CLAUSES = {  # the Free Music Archive calls BY-NC-ND "aka Music Sharing", and writes "Noncommercia" once
    "nc": r"non-? ?commercia|\bnc\b|music sharing",
    "sa": r"share-? ?alike|\bsa\b",
    "nd": r"no-? ?deriv|\bnd\b|music sharing",
}

VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
PORTS = {
    "BY": "2.5-AU 3.0-AT 3.0-AU 3.0-DE 3.0-IGO 3.0-NL 3.0-US",
    "BY-NC": "3.0-DE",
    "BY-NC-ND": "3.0-DE 3.0-IGO",
    "BY-NC-SA": "2.0-DE 2.0-FR 2.0-UK 3.0-DE 3.0-IGO",
    "BY-ND": "3.0-DE",
    "BY-SA": "2.0-UK 2.1-JP 3.0-AT 3.0-DE 3.0-IGO",
}
"""Which Creative Commons licences have an SPDX id (list 3.28): these versions, and these ports to a country."""


def _creative_commons(plain: str) -> LicenceTerms | None:
    clauses = _clauses(plain)
    if clauses is None:
        return None
    kind = "-".join(["BY", *(clause.upper() for clause in ("nc", "nd", "sa") if clause in clauses)])
    if "nd" in clauses:
        kind = kind.removesuffix("-SA")  # the two exclude each other; the stricter counts
    version = re.search(r"(?<![\d.])[1-4]\.[0-5](?![\d.])", plain)
    port = jurisdictions.code(plain[version.end() :]) if version else None
    if version and version[0] == "4.0" and port:
        port = None  # there are no ports of 4.0
    spdx = url = None
    title = f"CC {kind}"
    if version:
        title += f" {version[0]}{f' {port.upper()}' if port else ''}"
        named = f"{version[0]}-{port.upper()}" if port else version[0]
        if named in (PORTS[kind].split() if port else VERSIONS):
            spdx = f"CC-{kind}-{named}"
        if port is not None:
            path = "by-nd-nc" if (kind, version[0]) == ("BY-NC-ND", "1.0") else kind.lower()
            url = f"{_CC}/licenses/{path}/{version[0]}/{f'{port}/' if port else ''}"
    usage: Usage = "noncommercial" if "nc" in clauses else "unrestricted"
    return LicenceTerms(spdx if url else None, title, url, usage, True, "nd" not in clauses, True, "-SA" in kind)


def _clauses(plain: str) -> set[str] | None:
    """Which of nc, nd, sa a Creative Commons text has; None if it is none."""
    attribution = r"attribution|creative ?commons|music sharing|\bcc\b|\bby\b|^a(-nc|-sa|-nd|$| )"
    if not re.search(attribution, plain):
        return None
    clauses = {clause for clause, pattern in _CLAUSES.items() if re.search(pattern, plain)}
    named = clauses or re.search(r"attribution|\bby\b|^a\b", plain)
    return clauses if named else None  # "cc" alone says nothing
