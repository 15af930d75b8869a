"""The collection as a folder of files: whole, without what licences withhold, and brought up to date."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from collection_home import collection_home
from small_corpus import Corpus

import mudata
from mudata.cli import cli
from mudata.errors import EvaluationError

if TYPE_CHECKING:
    from mudata.home import Home

pytest.importorskip("starlette")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

pytestmark = pytest.mark.slow


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Besides the hostile home two clips whose sound may not be passed on."""
    home = collection_home(tmp_path, monkeypatch)
    Corpus(home, tmp_path / "cards", monkeypatch).publish("closed", clips=2)
    card = tmp_path / "cards/closed.yaml"
    mine = "{text: CC0, usage: research, redistributable: false}"
    card.write_text(re.sub(r"^licence: .*$", f"licence: {mine}", card.read_text(), flags=re.MULTILINE))
    return home


def files(site: Path) -> dict[str, int]:
    """When each file of a site was written."""
    found = (path for path in site.rglob("*") if path.is_file() and path.name != "site.json")
    return {path.relative_to(site).as_posix(): path.stat().st_mtime_ns for path in found}


def test_a_site_is_whole_lawful_and_brought_up_to_date(full: Home, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = CliRunner().invoke(cli, ["browse", "--static", str(site), "--clips", "7", "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert (told["clips"], told["clips_left_out"], told["failed"]) == (10, 5, {})
    assert told["withheld"] == {"The licence (CC0) does not let its sound be passed on.": 2}
    made = files(site)
    sounds = [file for file in made if file.startswith("sound/")]
    assert told["sounds"] == len(sounds) == 6  # one of seven is missing
    assert all((site / file).read_bytes().startswith(b"fLaC") for file in sounds)
    linked = {"index.html"}
    for file in (file for file in made if file.endswith(".html")):
        text = (site / file).read_text("utf-8")
        assert str(full.root) not in text, file
        if not file.endswith("-report.html"):
            assert "<script" not in text
            assert 'href=""' not in text
            for address in re.findall(r'(?:href|src|srcset)="([^"#]+)', text):
                target = (site / file).parent.joinpath(unquote(unescape(address)))
                assert address == "data:," or target.is_file(), file
                linked.add(target.resolve().relative_to(site.resolve()).as_posix() if address != "data:," else "")
    assert {file for file in made if file.endswith(".html")} <= linked
    closed = next(path.read_text() for path in site.glob("clip/closed-00-*.html"))
    assert "does not let its sound be passed on" in closed
    assert "<audio" not in closed
    assert "tones/00 by artist 0; https://example.org/tones; CC0" in next(
        path.read_text() for path in site.glob("clip/tones-00-*")
    )
    assert sum("closed" in file for file in made if file.startswith("figure/sound")) == 0
    assert files(site) == made
    mudata.browse(static=site, clips=7)
    assert files(site) == made  # nothing was written again
    mudata.remove("half", kind="split", force=True)
    (site / "clip/.left.html.part").write_text("of a writer that was killed")
    again = mudata.browse(static=site, clips=7, i_have_rights=True)
    assert again is not None
    assert again.withheld == {}
    now = files(site)
    assert not list(site.glob("split/*"))
    assert "clip/.left.html.part" not in now
    assert len([file for file in now if file.startswith("sound/")]) == 8


def test_a_site_that_was_stopped_goes_on_and_other_folders_are_let_alone(
    full: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mudata.web.collection_pages import static_site

    site, write, written = tmp_path / "site", static_site.write_atomic, 0

    def until_killed(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written == 20:
            raise KeyboardInterrupt
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(static_site, "write_atomic", until_killed)
        with pytest.raises(KeyboardInterrupt):
            mudata.browse(static=site, clips=2)
    half = files(site)
    assert 0 < len(half) < 20
    whole = mudata.browse(static=site, clips=2)
    assert whole is not None
    assert half.items() <= files(site).items()
    assert json.loads((site / "site.json").read_text())["finished"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.tex").write_text("years of work")
    with pytest.raises(EvaluationError, match="holds other things"):
        mudata.browse(static=other)
    assert [path.name for path in other.iterdir()] == ["thesis.tex"]
