from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards import licences
from mudata.catalog.cards.schema import Card
from mudata.errors import HomeError, NeedsLicence
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.home import Home

TABLE = [
    ("Attribution-NonCommercial-ShareAlike 3.0 International", "noncommercial"),
    ("Attribution-NonCommercial-ShareAlike 3.0 United States", "noncommercial"),
    ("Attribution-Noncommercial-Share Alike 3.0 United States", "noncommercial"),
    ("Attribution-Noncommercial-No Derivative Works 2.0 UK: England ", "noncommercial"),
    ("Attribution-Noncommercial-Share Alike 2.0 UK: England & Wales", "noncommercial"),
    ("Attribution-NonCommercial-NoDerivatives (aka Music Sharing) 3.0 International", "noncommercial"),
    ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", "noncommercial"),
    ("Attribution-Noncommercial-No Derivative Works 3.0 United States", "noncommercial"),
    ("Attribution-NonCommercial 3.0 International", "noncommercial"),
    ("Attribution-NonCommercial", "noncommercial"),
    ("Attribution 3.0 United States", "unrestricted"),
    ("Attribution", "unrestricted"),
    ("Attribution-ShareAlike 3.0 International", "unrestricted"),
    ("Attribution-Share Alike 3.0 Austria", "unrestricted"),
    ("Attribution-NoDerivatives 4.0 International", "unrestricted"),
    ("A-NC-SA 3.0 US", "noncommercial"),
    ("A-NC-SA", "noncommercial"),
    ("A-SA 3.0", "unrestricted"),
    ("Music Sharing", "noncommercial"),
    ("http://creativecommons.org/licenses/by-nc-sa/3.0/", "noncommercial"),
    ("http://creativecommons.org/licenses/by-nc-sa/2.0/fr/", "noncommercial"),
    ("https://creativecommons.org/licenses/by/4.0/", "unrestricted"),
    ("http://creativecommons.org/licenses/by-nd/2.5/", "unrestricted"),
    (
        "Available under a Creative Commons Attribution-NonCommercial license: http://creativecommons.org/licenses/by-nc/3.0/",
        "noncommercial",
    ),
    ("CC-BY-NC-SA-4.0", "noncommercial"),
    ("CC BY-SA 4.0", "unrestricted"),
    ("cc-by-nc-nd-4.0", "noncommercial"),
    ("BY-NC", "noncommercial"),
    ("CC0 1.0 Universal", "unrestricted"),
    ("cc0", "unrestricted"),
    ("https://creativecommons.org/publicdomain/zero/1.0/", "unrestricted"),
    ("Public Domain", "unrestricted"),
    ("Public Domain Mark 1.0", "unrestricted"),
    ("https://creativecommons.org/publicdomain/mark/1.0/", "unrestricted"),
    ("Sampling Plus 1.0", "noncommercial"),
    ("NonCommercial Sampling+ 1.0", "noncommercial"),
    ("http://creativecommons.org/licenses/sampling+/1.0/", "noncommercial"),
    ("FMA-Limited: Download Only", "research"),
    ("http://artlibre.org/licence.php/lal.html", "unrestricted"),
    ("Free Art License 1.3", "unrestricted"),
    ("MIT", "unrestricted"),
    ("Apache-2.0", "unrestricted"),
    ("cc", "unknown"),
    ("All rights reserved", "unknown"),
    ("Orphan Work", "unknown"),
    ("someone's own terms", "unknown"),
]


@pytest.mark.parametrize(("text", "usage"), TABLE)
def test_licence_texts_are_understood(text: str, usage: str) -> None:
    assert licences.usage_of(text, "research") == usage
    assert licences.usage_of(f"  {text} ", "research") == usage


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_text_means_the_datasets_own_terms(text: str | None) -> None:
    assert licences.usage_of(text, "noncommercial") == "noncommercial"


def test_every_licence_of_the_real_tracks_is_understood(shared: Path) -> None:
    import csv

    with (shared / "data" / "fma" / "tracks.csv").open(encoding="utf-8", newline="", errors="replace") as file:
        rows = [row for row in csv.reader(file) if len(row) == 53]
    column = list(zip(rows[0], rows[1], strict=True)).index(("track", "license"))
    found = {row[column] for row in rows[2:] if row[column]}
    assert len(found) >= 6
    assert {licences.usage_of(text) for text in found} <= {"noncommercial", "unrestricted"}


def a_card(usage: str = "noncommercial", text: str = "CC BY-NC 4.0") -> Card:
    return Card.model_validate(
        {
            "name": "tiny",
            "title": "Tiny Set",
            "summary": "for tests",
            "tags": ["genre"],
            "format": "wav",
            "duration": {"min": 0, "max": 10},
            "licence": {"text": text, "usage": usage, "redistributable": False, "url": "https://example.org/terms"},
            "citation": {"text": "x", "bibtex": "x"},
            "homepage": "https://example.org",
            "availability": "open",
            "sources": {"audio": {"what": "x", "mirrors": [{"kind": "local", "how": "x"}]}},
            "clips": [{"files": "**/{stem}.wav"}],
        }
    )


class Heard(Progress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_consent_is_asked_once_and_recorded(home: Home) -> None:
    with pytest.raises(NeedsLicence, match=r"fetch tiny --accept-licence \(in Python: accept_licence=True\)") as caught:
        licences.require(a_card(), home)
    assert "CC BY-NC 4.0" in str(caught.value)
    assert "https://example.org/terms" in str(caught.value)
    assert not home.licences.exists()
    heard = Heard()
    licences.require(a_card(), home, accept=True, progress=heard)
    licences.require(a_card(), home, progress=heard)
    assert heard.lines == ["Tiny Set: CC BY-NC 4.0 (use: noncommercial)"] * 2
    record = json.loads(home.licences.read_text())["tiny"]
    assert set(record) == {"accepted_at", "licence", "sha256", "usage"}
    assert len(record["sha256"]) == 64


@pytest.mark.parametrize("changed", [a_card(text="CC BY-NC 5.0"), a_card(usage="research")])
def test_changed_terms_are_asked_for_anew(home: Home, changed: Card) -> None:
    licences.require(a_card(), home, accept=True)
    with pytest.raises(NeedsLicence, match="have changed since you accepted them"):
        licences.require(changed, home)
    licences.require(changed, home, accept=True)
    licences.require(changed, home)


def test_free_terms_need_no_consent(home: Home) -> None:
    licences.require(a_card("unrestricted", "CC BY 4.0"), home)
    assert not home.licences.exists()


def test_a_broken_record_is_told(home: Home) -> None:
    home.licences.write_text("{")
    with pytest.raises(HomeError, match=r"licences\.json cannot be read: line 1 is no JSON: it is cut short"):
        licences.require(a_card(), home)
