"""The countries that Creative Commons ported its licences to, as titles name them and as addresses write them."""

from __future__ import annotations

import re

_CODES = {
    "argentina": "ar",
    "australia": "au",
    "austria": "at",
    "azerbaijan": "az",
    "belgium": "be",
    "brazil": "br",
    "bulgaria": "bg",
    "canada": "ca",
    "chile": "cl",
    "china mainland": "cn",
    "colombia": "co",
    "costa rica": "cr",
    "croatia": "hr",
    "czech republic": "cz",
    "denmark": "dk",
    "ecuador": "ec",
    "egypt": "eg",
    "estonia": "ee",
    "finland": "fi",
    "france": "fr",
    "germany": "de",
    "georgia": "ge",
    "greece": "gr",
    "guatemala": "gt",
    "hong kong": "hk",
    "hungary": "hu",
    "india": "in",
    "ireland": "ie",
    "israel": "il",
    "italy": "it",
    "japan": "jp",
    "luxembourg": "lu",
    "macedonia": "mk",
    "malaysia": "my",
    "malta": "mt",
    "mexico": "mx",
    "netherlands": "nl",
    "new zealand": "nz",
    "norway": "no",
    "peru": "pe",
    "philippines": "ph",
    "poland": "pl",
    "portugal": "pt",
    "puerto rico": "pr",
    "romania": "ro",
    "serbia": "rs",
    "singapore": "sg",
    "slovenia": "si",
    "south africa": "za",
    "south korea": "kr",
    "spain": "es",
    "sweden": "se",
    "switzerland": "ch",
    "taiwan": "tw",
    "thailand": "th",
    "uganda": "ug",
    "united states": "us",
    "venezuela": "ve",
    "vietnam": "vn",
    "uk: england & wales": "uk",
    "uk: england": "uk",
    "england & wales": "uk",
    "uk: scotland": "scotland",
    "igo": "igo",
}
"""Source: the addresses of creativecommons.org/licenses; the Free Music Archive leaves '& Wales' out."""

_NOWHERE = ("international", "unported", "generic", "universal", "license", "licence", "deed", "legalcode")
"""What stands behind a version and names no country."""


def code(rest: str) -> str | None:
    """The code of the country that a licence text has behind its version, in small letters: of ' united states' 'us',
    of '/fr/' 'fr'; '' for none, None for one that is not known."""
    words = re.sub(r"deed\.\w+|[()\[\].,;/-]", " ", rest.casefold())
    words = " ".join(word for word in words.split() if word not in _NOWHERE)
    if not words:
        return ""
    if words in _CODES:
        return _CODES[words]
    return words if words in _CODES.values() else None
