"""Which models there are, and how one is made."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from mudata.errors import CardError, MissingExtra, ModelError, UnknownName
from mudata.evaluation.models import model_card, registry
from mudata.evaluation.models.listing import FAMILIES
from mudata.evaluation.models.model_card import ModelCard
from mudata.evaluation.models.model_identity import hashed, identity

TOY = """
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Toy:
    capabilities = ModelCapabilities()
    def __init__(self, word="rock", seed=0): self.word, self.seed = word, seed
    def load(self): pass
    def answer(self, items): return [Answer(self.word) for i in items if i.clip.audio.any()]
    def describe(self): return {"word": self.word}
"""

MODEL_CARD = """
name: {name}
title: A checkpoint
family: {family}
checkpoint: somebody/something
revision: 0123abc
licence: {{text: MIT, usage: unrestricted}}
options: {{word: folk}}
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package 'toy-model' with the entry point 'toy'."""
    (tmp_path / "toy_model.py").write_text(TOY)
    info = tmp_path / "toy_model-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[mudata.models]\ntoy = toy_model:Toy\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path  # type: ignore[misc]
    sys.modules.pop("toy_model", None)


@pytest.fixture
def card_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cards" / "models"
    folder.mkdir(parents=True)
    monkeypatch.setenv("MUDATA_CARDS", str(folder.parent))
    return folder


def test_every_listed_model_has_a_name_and_code() -> None:
    listed = {listing.name: listing for listing in registry.listings()}
    assert {"random", "majority", "constant", "features", "transformers", "clap"} <= set(listed)
    assert list(listed) == registry.names() == sorted(listed)
    for listing in listed.values():
        assert listing.title
        module, _, name = listing.code.partition(":")
        if not listing.missing:
            assert hasattr(importlib.import_module(module), name)


def test_an_entry_point_is_a_model(toy: Path) -> None:
    assert "toy" in registry.names()
    assert registry.find("toy").package == "toy-model 1.2"
    made = registry.create("toy", word="jazz", offer={"seed": 7, "cache": "/x"})
    assert (made.word, made.seed) == ("jazz", 7)  # type: ignore[attr-defined]
    assert registry.options_of(registry.find("toy")) == {"word": "rock", "seed": 0}


@pytest.mark.parametrize("method", ["load", "answer", "describe"])
def test_a_class_that_lacks_a_method_is_refused_before_it_is_asked(toy: Path, method: str) -> None:
    (toy / "toy_model.py").write_text(TOY.replace(f"def {method}(", "def other("))
    with pytest.raises(ModelError, match=rf"toy_model:Toy is not a model: it has no method `{method}`\.\nWhat a model"):
        registry.create("toy_model:Toy")


def test_a_class_is_a_model(toy: Path) -> None:
    assert registry.create("toy_model:Toy", word=None).word == "rock"  # type: ignore[attr-defined]
    assert identity("toy_model:Toy", {"word": "x", "device": "cuda", "dtype": None}) == {
        "name": "toy_model:Toy",
        "family": "toy_model:Toy",
        "recipe": "unpackaged",
        "options": {"word": "x"},
    }


def test_models_are_known_in_run_ids_as_version_0_1_0_knew_them() -> None:
    """Hashes that version 0.1.0 wrote: neither a moved file nor a new version may begin its runs anew."""
    first = json.loads((Path(__file__).parents[2] / "data" / "identities-0.1.0.json").read_text("utf-8"))
    for name, expected in first.items():
        listing = registry.find(name)
        said = {"name": name, "family": listing.key, "recipe": 1, "options": {}}
        assert hashed(said) == {"name": name, **expected, "options": {}}
    assert set(first) <= set(registry.names())


def test_another_recipe_is_another_model() -> None:
    said = identity("random", {})
    assert hashed(said | {"recipe": 2}) != hashed(said)


def test_every_family_has_a_key_of_its_own() -> None:
    keys = [listing.key for listing in registry.listings() if not listing.card]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_a_class_beside_the_user_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "beside_me.py").write_text(TOY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert registry.create("beside_me:Toy").word == "rock"  # type: ignore[attr-defined]


def test_an_unknown_option_is_told_with_the_known_ones(toy: Path) -> None:
    with pytest.raises(ModelError, match=r"no option 'wrod'\.\nIts options: word, seed"):
        registry.create("toy", wrod="x")


def test_a_missing_option_is_asked_for() -> None:
    if registry.find("transformers").missing:
        pytest.skip("transformers is not installed")
    with pytest.raises(ModelError, match=r"needs the option 'checkpoint'\.\nGive it: --checkpoint"):
        registry.create("transformers")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"No model named 'majorty'\. Did you mean 'majority'"):
        registry.create("majorty")


@pytest.mark.parametrize("name", ["no_such_module:Toy", "mudata.errors:Toy"])
def test_code_that_cannot_be_imported_is_told(name: str) -> None:
    with pytest.raises(ModelError, match="cannot be imported"):
        registry.create(name)


def test_a_missing_package_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)  # type: ignore[arg-type]
    with pytest.raises(MissingExtra, match=r"needs the package 'librosa'.*\n.*mudata-music\[features\]"):
        registry.create("features")


def test_a_model_card_fills_in_checkpoint_revision_and_options(
    toy: Path, card_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card_folder / "mine.yaml").write_text(MODEL_CARD.format(name="mine", family="clap"))
    said = identity("mine", {})
    assert said["options"] == {"checkpoint": "somebody/something", "revision": "0123abc", "word": "folk"}
    own = identity("mine", {"checkpoint": "/my/copy", "word": "pop"})
    assert own["options"] == {"checkpoint": "/my/copy", "word": "pop"}


def test_a_folder_of_weights_is_known_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    said = []
    for place, size in (("a", 10), ("b", 10), ("c", 11)):
        folder = tmp_path / place / "weights"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(bytes(size))
        said.append(identity("clap", {"checkpoint": str(folder)})["options"])
    assert said[0] == said[1] != said[2]
    assert str(said[0]).startswith("{'checkpoint': 'weights@")


def test_a_model_card_of_an_unknown_family_is_told(card_folder: Path) -> None:
    (card_folder / "mine.yaml").write_text(MODEL_CARD.format(name="mine", family="calp"))
    with pytest.raises(UnknownName, match=r"No model family named 'calp'\. Did you mean 'clap'"):
        registry.find("mine")


def test_a_broken_model_card_is_told_with_its_line(card_folder: Path) -> None:
    (card_folder / "mine.yaml").write_text("name: mine\ntitel: x\n")
    with pytest.raises(CardError, match=r"mine.yaml:2: titel"):
        registry.find("mine")


@pytest.mark.parametrize("path", sorted((Path(registry.__file__).parents[2] / "cards/models").glob("*.yaml")), ids=str)
def test_every_model_card_is_whole(path: Path) -> None:
    card = model_card.load(path)
    assert isinstance(card, ModelCard)
    assert card.name == path.stem
    assert card.family in FAMILIES


def test_listing_models_imports_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys; from mudata.evaluation import models; list(models.listings());"
        "print({'torch', 'transformers', 'librosa', 'sklearn', 'numpy', 'datasets'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_families_whose_answers_changed_begin_their_runs_anew_and_others_go_on() -> None:
    recipes = {family: listing.recipe for family, listing in FAMILIES.items() if listing.recipe != 1}
    assert recipes == {"qwen_audio": 2, "modaverse": 2, "classic": 2}
    for name, package in (
        ("qwen-audio", "mudata-music, recipe 2"),
        ("modaverse", "mudata-music, recipe 2"),
        ("ltu", "mudata-music 0.1.0"),
    ):
        assert hashed(identity(name, {}))["package"] == package
