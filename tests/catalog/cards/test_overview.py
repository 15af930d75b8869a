"""The list of datasets: ready lines for built-in cards as they are, and the cards themselves wherever these differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards import card_files, loader, overview

if TYPE_CHECKING:
    import pytest


def test_what_lies_ready_is_what_the_cards_say() -> None:
    assert overview.FILE.read_text("utf-8") == overview.made()
    assert [row["name"] for row in overview.rows()] == [card.name for card in loader.load_all()]


def test_without_the_file_every_card_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = overview.rows()
    monkeypatch.setattr(overview, "FILE", tmp_path / "none.json")
    assert overview.rows() == ready


def test_a_card_of_ones_own_stands_for_the_built_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (card_files.BUILT_IN / "datasets" / "gtzan.yaml").read_text("utf-8")
    (tmp_path / "gtzan.yaml").write_text(text.replace("title: GTZAN Genre Collection", "title: My GTZAN"), "utf-8")
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    assert {row["name"]: row["title"] for row in overview.rows()}["gtzan"] == "My GTZAN"


def test_a_list_of_built_in_cards_builds_no_grammar() -> None:
    program = "import sys; from mudata.catalog.cards import overview; overview.rows(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"pydantic", "yaml"}.isdisjoint(done.stdout.split())
