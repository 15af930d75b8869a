"""A card, suite or split that cannot be read is told, passed over, and stops nobody who does not name it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell import typed
from small_corpus import Corpus

import mudata
from mudata.catalog.cards import loader
from mudata.errors import CardError, SplitError, UnreadableFileWarning
from mudata.evaluation.models import registry
from mudata.evaluation.suites import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.home import Home

pytestmark = pytest.mark.filterwarnings("default::mudata.errors.UnreadableFileWarning")

CARD = Path(loader.__file__).parents[2] / "cards" / "datasets" / "musiccaps.yaml"
OTHERS = sum(1 for kind in ("datasets", "exams") for _ in (CARD.parents[1] / kind).glob("*.yaml"))

BREAKAGES: dict[str, Callable[[Path], object]] = {
    "a tab": lambda path: path.write_text("name: x\n\ttitle: y\n"),
    "an unknown key": lambda path: path.write_text("colour: red\n"),
    "nothing": lambda path: path.write_text(""),
    "not UTF-8": lambda path: path.write_bytes(b"name: \xff\xfe\xfa\n"),
    "a folder": lambda path: path.mkdir(),
    "a link to nowhere": lambda path: path.symlink_to(path.parent / "nowhere"),
    "another's name": lambda path: path.write_bytes(CARD.read_bytes().replace(b"name: musiccaps", b"name: other", 1)),
    "half a card": lambda path: path.write_bytes(CARD.read_bytes()[:1500]),
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("suites", "models", "words"):
        (tmp_path / kind).mkdir()
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_whatever_is_broken_the_others_are_listed(own: Path, breakage: str) -> None:
    broken = own / "mine.yaml"
    BREAKAGES[breakage](broken)
    listed = typed("list", "--json")
    assert listed.code == 0
    assert len(json.loads(listed.out)) == OTHERS
    assert listed.err.startswith(f"Warning: {broken}:")
    assert listed.err.endswith(" It is passed over.\n")
    assert listed.err.count("\n") == 1
    named = typed("info", "mine")
    assert (named.code, named.out) == (2, "")
    assert str(broken) in named.err
    assert "passed over" not in named.err
    assert typed("cards", "check", broken).code in (1, 2)  # 2: there is no card in it
    assert typed("cite", "chinese_traditional_instrument_sound").code == 0  # an alias: every card is looked at


@pytest.mark.parametrize("kind", ["suites", "models", "models/parts"])
def test_one_broken_file_is_no_other_suite_and_no_other_model(own: Path, kind: str) -> None:
    """Also a part of a model that ltu is made of, in the place of ours."""
    broken = own / kind / ("vicuna-7b-v1.1.yaml" if kind.endswith("parts") else "mine.yaml")
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("title: [\n")
    command = kind.partition("/")[0]
    suites = len(list((CARD.parents[1] / "suites").glob("*.yaml")))
    before = {"suites": suites, "models": len(list(registry.names())) - (kind == "models")}[command]
    listed = typed(command, "--json")
    assert listed.code == 0
    assert len(json.loads(listed.out)) == before - (2 if kind.endswith("parts") else 0)
    assert f"Warning: {broken}:2: " in listed.err
    name = "ltu" if kind.endswith("parts") else "mine"
    named = typed(command, "show" if command == "suites" else "info", name)
    assert (named.code, named.out) == (2, "")
    assert f"Error: {broken}:2: " in named.err
    checked = typed("cards", "check", broken)
    assert checked.code == 1
    assert str(broken) in checked.out


def test_a_model_of_an_unknown_family_is_told_with_its_file(own: Path) -> None:
    (own / "models" / "mine.yaml").write_text(
        "{name: mine, title: Mine, family: choir, checkpoint: a/b, revision: c, licence: {text: MIT}}"
    )
    listed = typed("models")
    assert listed.code == 0
    assert f"Warning: {own}/models/mine.yaml: No model family named 'choir'" in listed.err


def test_python_warns_once_of_each(own: Path, home: Home) -> None:
    (own / "mine.yaml").write_text("name: [\n")
    (own / "suites" / "mine.yaml").write_text("name: [\n")
    home.splits.mkdir(parents=True)
    (home.splits / "mine.json").write_text("[1]")
    cards, splits = mudata.cards, mudata.splits
    with pytest.warns(UnreadableFileWarning, match=r"mine\.yaml:2: not valid YAML: .* It is passed over\."):
        assert len(cards()) == OTHERS
    with pytest.warns(UnreadableFileWarning):  # what is imported now changes filters, after which Python tells anew
        assert len(suite.anchors("gtzan", "genre", "nobody")) == 0
    with warnings.catch_warnings(record=True, action="default") as told:
        assert [len(suite.anchors("gtzan", "genre", "nobody")) for _ in range(3)] == [0, 0, 0]
    assert [Path(warned.filename).parent.name for warned in told] == ["suites"]
    with pytest.warns(UnreadableFileWarning, match=r"mine\.json is not a split manifest"):
        assert splits() == []
    with pytest.raises(CardError, match=r"mine\.yaml:2"):
        mudata.info("mine")
    with pytest.raises(SplitError, match="not a split manifest"):
        mudata.check_split("mine")


@pytest.mark.slow
def test_no_command_is_stopped_by_files_that_it_does_not_name(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(home, tmp_path, monkeypatch)
    corpus.split("fine", {"test": corpus.publish("tones")})
    assert typed("eval", "--model", "random", "--split", "fine", "--task", "genre").code == 0
    assert typed("eval", "--model", "majority", "--split", "fine", "--task", "genre").code == 0
    for kind in (".", "suites", "models", "words"):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / "mine.yaml").write_text("name: [\n")
    (home.splits / "mine.json").write_text("{")
    runs = [path.name for path in home.runs.glob("*")]
    for words in (
        ("list",), ("info", "tones"), ("suites",), ("models",), ("models", "info", "random"), ("stats",),
        ("stats", "tones"), ("sql", "SELECT 1"), ("sql", "SELECT count(*) FROM clips"), ("split", "list"),
        ("split", "show", "fine"), ("split", "check", "fine"), ("score",), ("compare", *runs),
        ("report", "-o", tmp_path / "page.html", "--no-waveforms"), ("show", "--sample", "1"),
        ("align", "high", "--labels", "tones:genre"), ("suites", "table", "survey"),
    ):  # fmt: skip
        done = typed(*words)
        assert done.code == 0, (words, done.err)
    (tmp_path / "tones.yaml").write_text("name: [\n")  # the card of the runs themselves
    assert typed("report", "-o", tmp_path / "page.html", "--no-waveforms").code == 0
    assert typed("sql", "SELECT count(*) FROM clips").code == 0
    assert typed("score").code == 0
    checked = typed("cards", "check")
    assert checked.code == 1
    for path in (
        *(tmp_path / kind / "mine.yaml" for kind in (".", "suites", "models", "words")),
        tmp_path / "tones.yaml",
    ):
        assert f"{path}:2: not valid YAML" in checked.out
    assert typed("verify", "tones").code == 2
