"""What licence texts mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards import licence_terms, loader
from mudata.catalog.cards.licence_terms import PURPOSES, read_licence, terms_of, usage_of

if TYPE_CHECKING:
    from pathlib import Path

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
    assert usage_of(text, "research") == usage
    assert usage_of(f"  {text} ", "research") == usage


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_text_means_the_datasets_own_terms(text: str | None) -> None:
    assert usage_of(text, "noncommercial") == "noncommercial"


def test_every_licence_of_the_real_tracks_is_understood(shared: Path) -> None:
    import csv

    with (shared / "data" / "fma" / "tracks.csv").open(encoding="utf-8", newline="", errors="replace") as file:
        rows = [row for row in csv.reader(file) if len(row) == 53]
    column = list(zip(rows[0], rows[1], strict=True)).index(("track", "license"))
    found = {row[column] for row in rows[2:] if row[column]}
    assert len(found) >= 6
    assert {usage_of(text) for text in found} <= {"noncommercial", "unrestricted"}
    assert all(read_licence(text).url for text in found if text != "Attribution")


FMA_TITLES = [
    ("CopyrightPlus", "CopyrightPlus", None),
    ("ideology.de", "ideology.de", None),
    ("Attribution-NonCommercial", "CC BY-NC", None),
    ("Attribution-NonCommercial 3.0 International", "CC BY-NC 3.0", "CC-BY-NC-3.0"),
    ("Attribution-Noncommercial-Share Alike 3.0 United States", "CC BY-NC-SA 3.0 US", None),
    ("Attribution-NonCommercial-ShareAlike 3.0 International", "CC BY-NC-SA 3.0", "CC-BY-NC-SA-3.0"),
    (
        "Attribution-NonCommercial-NoDerivatives (aka Music Sharing) 3.0 International",
        "CC BY-NC-ND 3.0",
        "CC-BY-NC-ND-3.0",
    ),
    ("Attribution-Noncommercial-No Derivative Works 3.0 United States", "CC BY-NC-ND 3.0 US", None),
    ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", "CC BY-NC-ND 4.0", "CC-BY-NC-ND-4.0"),
    ("Attribution-NonCommercial-ShareAlike", "CC BY-NC-SA", None),
    ("Attribution-Noncommercial 3.0 United States", "CC BY-NC 3.0 US", None),
    ("Attribution-Noncommercial-Share Alike 2.5 UK: Scotland", "CC BY-NC-SA 2.5 SCOTLAND", None),
    ("Attribution-NonCommercial-NoDerivs 2.5 Israel", "CC BY-NC-ND 2.5 IL", None),
    ("Noncommercial Sampling Plus", "CC NC-Sampling+ 1.0", None),
    ("Attribution-NonCommercial-NoDerivs 3.0 Italy", "CC BY-NC-ND 3.0 IT", None),
    ("Music Sharing", "CC BY-NC-ND", None),
    ("Attribution-Noncommercial-NoDerivatives 2.0 Generic", "CC BY-NC-ND 2.0", "CC-BY-NC-ND-2.0"),
    ("Attribution-NonCommercial-ShareAlike 3.0 Italy", "CC BY-NC-SA 3.0 IT", None),
    ("Attribution-Noncommercial-NoDerivatives 2.1 Japan", "CC BY-NC-ND 2.1 JP", None),
    ("Attribution-NonCommercial 2.5", "CC BY-NC 2.5", "CC-BY-NC-2.5"),
    ("Attribution-Noncommercial-No Derivative Works 2.5 Mexico", "CC BY-NC-ND 2.5 MX", None),
    ("Attribution-NonCommercial 2.0 Chile", "CC BY-NC 2.0 CL", None),
    ("Attribution-Noncommercial-Share Alike 2.0 Germany", "CC BY-NC-SA 2.0 DE", "CC-BY-NC-SA-2.0-DE"),
    ("Attribution-Noncommercia-Share Alike 2.5 Mexico", "CC BY-NC-SA 2.5 MX", None),
    ("Attribution-Noncommercial-No Derivative Works 3.0 Spain", "CC BY-NC-ND 3.0 ES", None),
    ("Attribution-Noncommercial-No Derivative Works 3.0 Netherlands", "CC BY-NC-ND 3.0 NL", None),
    ("Attribution-NonCommercial 3.0 France", "CC BY-NC 3.0 FR", None),
    ("Attribution-Noncommercial-NoDerivatives 2.5 Australia", "CC BY-NC-ND 2.5 AU", None),
    ("Attribution NonCommercial 2.5", "CC BY-NC 2.5", "CC-BY-NC-2.5"),
    ("Attribution-Noncommercial 3.0 New Zealand", "CC BY-NC 3.0 NZ", None),
    ("Attribution-Noncommercial 2.0 France", "CC BY-NC 2.0 FR", None),
    ("Attribution-NonCommercial-ShareAlike 3.0 France", "CC BY-NC-SA 3.0 FR", None),
    ("Attribution-NonCommercial-NoDerivs 3.0 Portugal", "CC BY-NC-ND 3.0 PT", None),
    ("Attribution-Noncommercial-No Derivative Works 2.5 Switzerland", "CC BY-NC-ND 2.5 CH", None),
    ("Attribution-Noncommercial-Share Alike 2.5 Israel", "CC BY-NC-SA 2.5 IL", None),
    ("Attribution-Noncommercial 2.5 Canada", "CC BY-NC 2.5 CA", None),
    ("Attribution-Noncommercial 2.0 UK: England", "CC BY-NC 2.0 UK", None),
    ("Attribution-Noncommercial-No Derivative Works 3.0 Croatia", "CC BY-NC-ND 3.0 HR", None),
    ("Attribution-Noncommercial-Share Alike 2.0 Generic", "CC BY-NC-SA 2.0", "CC-BY-NC-SA-2.0"),
    ("Attribution-Noncommercial-No Derivative Works 2.5 Sweden", "CC BY-NC-ND 2.5 SE", None),
    ("Attribution-NonCommercial-NoDerivs 2.5 Colombia", "CC BY-NC-ND 2.5 CO", None),
    ("Attribution-NonCommercial-NoDerivs 3.0 Poland", "CC BY-NC-ND 3.0 PL", None),
    ("Attribution-Noncommercial-No Derivative Works 2.5 Denmark", "CC BY-NC-ND 2.5 DK", None),
    ("Attribution-Noncommercial-No Derivative Works 2.5 Portugal", "CC BY-NC-ND 2.5 PT", None),
    ("Attribution-Noncommercial 2.5 Brazil", "CC BY-NC 2.5 BR", None),
    ("Attribution-Noncommercial 3.0 Austria", "CC BY-NC 3.0 AT", None),
    ("Attribution-Noncommercial-NoDerivatives 2.0 Belgium", "CC BY-NC-ND 2.0 BE", None),
    ("Attribution-Noncommercial-NoDerivatives 2.0 France", "CC BY-NC-ND 2.0 FR", None),
    ("Sampling Plus", "CC Sampling+ 1.0", None),
    ("Orphan Work", "Orphan Work", None),
    ("Art Libre", "Free Art License", None),
    ("Free Music Philosophy", "Free Music Philosophy", None),
    ("Electronic Frontier Foundation Open Audio License", "EFF Open Audio License", None),
    ("PennSound", "PennSound", None),
    ("Attribution 3.0 Netherlands", "CC BY 3.0 NL", "CC-BY-3.0-NL"),
    ("Attribution 1.0 Finland", "CC BY 1.0 FI", None),
    ("Attribution 2.0 UK: England", "CC BY 2.0 UK", None),
    ("Attribution-Noncommercial 2.5 Switzerland", "CC BY-NC 2.5 CH", None),
    ("Public Domain / Sound Recording Common Law Protection", "Public domain, recording protected", None),
    ("Attribution", "CC BY", None),
    ("Attribution 3.0 International", "CC BY 3.0", "CC-BY-3.0"),
    ("Creative Commons Attribution", "CC BY", None),
    ("Attribution-ShareAlike 3.0 International", "CC BY-SA 3.0", "CC-BY-SA-3.0"),
    ("Attribution-Share Alike 3.0 Netherlands", "CC BY-SA 3.0 NL", None),
    ("CC0 1.0 Universal", "CC0 1.0", "CC0-1.0"),
    ("Public Domain Mark 1.0", "Public Domain Mark 1.0", "CC-PDM-1.0"),
    ("Public Domain", "Public domain", None),
    ("Attribution-NoDerivatives 3.0 International", "CC BY-ND 3.0", "CC-BY-ND-3.0"),
    ("Attribution-NoDerivatives 4.0 International", "CC BY-ND 4.0", "CC-BY-ND-4.0"),
    ("Attribution-NoDerivs 2.5 Canada", "CC BY-ND 2.5 CA", None),
    ("Attribution-No Derivative Works 2.5 Italy", "CC BY-ND 2.5 IT", None),
    ("Attribution-No Derivative Works 3.0 United States", "CC BY-ND 3.0 US", None),
    ("Attribution-Share Alike 3.0 United States", "CC BY-SA 3.0 US", None),
    ("Attribution-Share Alike 2.0 France", "CC BY-SA 2.0 FR", None),
    ("Attribution 3.0 United States", "CC BY 3.0 US", "CC-BY-3.0-US"),
    ("Attribution 4.0 International", "CC BY 4.0", "CC-BY-4.0"),
    ("Attribution-ShareAlike", "CC BY-SA", None),
    ("Attribution-Noncommercial-No Derivative Works 2.0 UK: England", "CC BY-NC-ND 2.0 UK", None),
    ("Attribution-Noncommercial-No Derivative Works 3.0 Germany", "CC BY-NC-ND 3.0 DE", "CC-BY-NC-ND-3.0-DE"),
    ("FMA-Limited: Download Only", "FMA-Limited: Download Only", None),
]
"""Titles of licences of the Free Music Archive that public sources name, with what they are called for short, and their
SPDX id."""


@pytest.mark.parametrize(("text", "title", "spdx"), FMA_TITLES)
def test_titles_of_the_free_music_archive_are_known_licences(text: str, title: str, spdx: str | None) -> None:
    terms = read_licence(text)
    assert (terms.title, terms.spdx) == (title, spdx)
    assert read_licence(f" {text}  ").title == title
    if title.startswith("CC BY"):
        clauses = title.split()[1].split("-")
        assert terms.attribution
        assert terms.may_share
        assert terms.may_change == ("ND" not in clauses)
        assert terms.share_alike == ("SA" in clauses)
        assert terms.usage == ("noncommercial" if "NC" in clauses else "unrestricted")
        assert bool(terms.url) == bool(re.search(r"\d", text))
    if terms.usage == "unknown":
        assert [terms.may_share, terms.may_change, terms.url, terms.spdx] == [False, False, None, None]
        assert terms.attribution


def test_a_misspelt_noncommercial_is_not_taken_for_free() -> None:
    terms = read_licence("Attribution-Noncommercia-Share Alike 2.5 Mexico")  # so spelt in tracks.csv
    assert terms.usage == "noncommercial"
    assert terms.url == "https://creativecommons.org/licenses/by-nc-sa/2.5/mx/"


def test_names_of_countries_are_no_clauses() -> None:
    for country in ("Netherlands", "Finland", "Switzerland", "New Zealand", "UK: England"):
        assert read_licence(f"Attribution 3.0 {country}").may_change


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        (
            "http://creativecommons.org/licenses/by-nc-sa/2.0/fr/",
            "https://creativecommons.org/licenses/by-nc-sa/2.0/fr/",
        ),
        (
            "https://creativecommons.org/licenses/by-nc-nd/3.0/deed.en",
            "https://creativecommons.org/licenses/by-nc-nd/3.0/",
        ),
        ("Attribution-NoDerivs-NonCommercial 1.0", "https://creativecommons.org/licenses/by-nd-nc/1.0/"),
        ("CC BY-SA 2.0 Atlantis", None),  # an address that is guessed is worse than none
        ("CC BY 4.0 US", None),  # 4.0 has no ports
        ("CC BY-SA", None),
        ("Attribution 14.0", None),
    ],
)
def test_the_address_is_that_of_the_very_version(text: str, url: str | None) -> None:
    assert read_licence(text).url == url


def test_every_spdx_id_is_in_the_list() -> None:
    known = pytest.importorskip("packaging.licenses").canonicalize_license_expression
    ids = {f"CC-{kind}-{port}" for kind, ports in licence_terms.PORTS.items() for port in ports.split()}
    ids |= {f"CC-{kind}-{version}" for kind in licence_terms.PORTS for version in licence_terms.VERSIONS}
    ids |= {spdx for spdx, *_ in licence_terms.FREE.values()} | {
        "LAL-1.2",
        "LAL-1.3",
        "CC0-1.0",
        "CC-PDM-1.0",
        "CC-PDDC",
    }
    assert {known(spdx) for spdx in ids} == ids
    assert {read_licence(spdx).spdx for spdx in ids} == ids


def test_a_protected_recording_of_a_free_piece_is_not_free() -> None:
    terms = read_licence("Public Domain / Sound Recording Common Law Protection")
    assert (terms.usage, terms.may_share) == ("unknown", False)


def test_sampling_licences_share_the_whole_and_no_excerpt() -> None:
    for text in ("Sampling Plus", "Noncommercial Sampling Plus"):
        terms = read_licence(text)
        assert (terms.usage, terms.may_share, terms.may_change) == ("noncommercial", True, False)


@pytest.mark.parametrize(
    ("name", "spdx", "usage", "may_share"),
    [
        ("demo", "CC0-1.0", "unrestricted", True),
        ("ctis", "CC-BY-NC-ND-4.0", "noncommercial", False),
        ("gtzan", None, "unknown", False),
        ("fma", None, "research", False),  # where a track has no title
        ("mtg_jamendo", None, "noncommercial", False),  # the card's id is about the metadata
        ("musiccaps", None, "research", False),  # the card's id is about the captions
        ("lakh_midi", None, "research", False),
    ],
)
def test_without_a_licence_of_its_own_a_clip_has_the_datasets(
    name: str, spdx: str | None, usage: str, may_share: bool
) -> None:
    card = loader.load(name)
    for text in (None, "", "  ", card.licence.text, card.licence.spdx):
        terms = terms_of(text, card)
        assert (terms.spdx, terms.usage, terms.may_share, terms.title) == (spdx, usage, may_share, card.licence.text)
        assert terms.may_change <= terms.may_share


def test_a_clips_own_licence_counts_before_the_datasets() -> None:
    terms = terms_of("Attribution 3.0 United States", loader.load("fma"))
    assert (terms.spdx, terms.may_share, terms.usage) == ("CC-BY-3.0-US", True, "unrestricted")
    assert terms_of("Orphan Work", loader.load("fma")).usage == "unknown"


def test_a_person_who_says_that_data_may_be_passed_on_is_believed() -> None:
    card = loader.load("demo")
    licence = card.licence.model_copy(update={"text": "own recordings, do as you like", "spdx": None})
    terms = terms_of(None, card.model_copy(update={"licence": licence}))
    assert (terms.usage, terms.may_share, terms.may_change) == ("unrestricted", True, True)
    nd = licence.model_copy(update={"text": "CC BY-ND 4.0"})
    assert not terms_of(None, card.model_copy(update={"licence": nd})).may_change


def test_every_purpose_takes_what_a_stricter_one_takes() -> None:
    assert set(PURPOSES["commercial"]) < set(PURPOSES["noncommercial"]) < set(PURPOSES["research"])
    assert all("unknown" not in usages for usages in PURPOSES.values())
