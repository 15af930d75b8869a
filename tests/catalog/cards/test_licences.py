from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards import licences
from mudata.catalog.cards.schema import Card
from mudata.errors import HomeError, NeedsLicence
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.home import Home


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
