"""The cards of models: the survey's table, what lint finds, and that each layout is what its family opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import toy_models as toy
from oracles import ROOT
from shell import typed
from small_corpus import Corpus

from mudata.evaluation.models import card_lint, model_card, registry
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from mudata.home import Home

TABLE_2 = {
    1: ("qwen-audio", "Qwen-7B", "7.7B", "M, A, T", "M, A, T"),
    2: ("ltu", "LLaMA-7B", "7B", "M, A, T", "T"),
    3: ("salmonn-7b", "Vicuna", "7B", "M, A, T", "T"),
    4: ("modaverse", "Vicuna", "7B", "I, M, A, T", "I, M, A, T"),
    5: ("anygpt", "LLaMA 2-7B", "8B", "I, M, A, T", "I, M, A, T"),
    6: ("chatmusician", "LLaMA 2-7B", "7B", "M, T", "M, T"),
    7: ("m2ugen", "LLaMA 2-7B", "7B", "I, M, T", "M, T"),
    8: ("mu-llama", "LLaMA 2-7B", "7B", "M, T", "T"),
}
"""Table 2 of arXiv 2409.09601: language model, parameters, input, output."""


@pytest.mark.parametrize(
    "path", [*model_card.files().values(), *model_card.parts().values()], ids=lambda path: path.stem
)
def test_every_card_and_part_is_sound(path: Path) -> None:
    assert card_lint.lint(path) == []


def test_the_cards_have_the_survey_s_table() -> None:
    found = [model_card.load(path) for path in model_card.files().values()]
    assert card_lint.survey(found) == []
    rows = {c.survey.row: (c.name, *c.survey.model_dump(exclude={"row"}).values()) for c in found if c.survey}
    assert rows == TABLE_2


def test_every_part_belongs_to_a_model() -> None:
    used = {
        name
        for path in model_card.files().values()
        for names in model_card.load(path).layout.values()
        for name in names
    }
    assert used == set(model_card.parts())


MODEL = toy.model("odd", layout={".": "odd-part"})
PART = toy.part("odd-part", toy.hub("somebody/base", "config.json"))


SERVE = {"packages": ["vllm==0.33.0"]}


@pytest.mark.parametrize(
    ("of_model", "of_part", "said"),
    [
        ({"layout": {".": "none-such"}}, {}, "layout..: no part named 'none-such'"),
        ({"layout": {"../x": "odd-part"}}, {}, "layout.../x: not a folder inside the model's"),
        ({"family": "calp"}, {}, "family: no code for 'calp'"),
        ({"prompts": {"classify": "What is the {genre}?"}}, {}, "prompts.classify: {genre} is nothing that"),
        ({"prompts": {"classify": "What is it?"}}, {}, "prompts.classify: it does not say {noun}"),
        ({"prompts": {"caption": "Describe {noun"}}, {}, "prompts.caption: expected '}' before end of string"),
        ({}, {"size": "large"}, "size: there is none in kB, MB or GB"),
        ({}, {"mirrors": [toy.hub("a/b", "x", repo_type="dataset")]}, "mirrors: a/b wants repo_type: model"),
        ({}, {"mirrors": [toy.hub("a/b", "x", "x")]}, "mirrors: x is listed twice"),
        ({}, {"mirrors": [{"kind": "local", "how": "Ask."}]}, "own: without a host"),
        ({}, {"mirrors": [{"kind": "composed", "composer": "demo"}]}, "not by composed"),
        (
            {},
            {"mirrors": [{"kind": "http", "files": [{"path": "*.bin", "url": "http://127.0.0.1/x"}]}]},
            "mirrors: an http host cannot list its files",
        ),
        ({"name": "other"}, {}, "the card is named 'other', its file 'odd'"),
        ({}, {"name": "other"}, "the part is named 'other', its file 'odd-part'"),
        ({"checkpoint": "a/b", "revision": "main"}, {}, "a model wants exactly one of: checkpoint, layout"),
        ({"architecture": "harmonium"}, {}, "architecture: 'harmonium' is none of those that mudata knows"),
        ({"architecture": "gemma4"}, {}, "architecture: only a card of the family transformers has one"),
        ({"serve": [{"packages": ["vllm"], "command": "x"}]}, {}, "serve.0.packages.0"),
        ({"serve": [SERVE | {"command": "vllm serve 'a/b"}]}, {}, "No closing quotation"),
        ({"serve": [SERVE | {"command": "vllm serve a/b"}]}, {}, "'vllm serve a/b' does not name None"),
        ({"serve": [SERVE | {"command": "vllm serve --limit '{audio:1}'"}]}, {}, "serve: '{audio:1}' is no JSON"),
    ],
)
def test_cards_check_says_what_is_wrong_with_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_model: dict[str, Any], of_part: dict[str, Any], said: str
) -> None:
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    toy.write(tmp_path, [MODEL], [PART])
    files = [tmp_path / "models/odd.yaml", tmp_path / "models/parts/odd-part.yaml"]
    assert typed("cards", "check", *files).code == 0
    for path, card, more in zip(files, (MODEL, PART), (of_model, of_part), strict=True):
        path.write_text(json.dumps(card | more))
    done = typed("cards", "check", *files)
    assert done.code == 1
    assert said in done.out


@pytest.mark.slow
def test_cards_check_misses_a_row_of_the_survey_and_finds_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"row": 2, "language_model": "x", "parameters": "7B", "input": "T", "output": "T"}
    toy.write(tmp_path, [MODEL | {"survey": row}, toy.model("ltu", layout={".": "odd-part"})], [PART])
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    assert typed("cards", "check").code == 0, "one card of row 2 stands for another"
    toy.write(tmp_path, [MODEL | {"survey": row | {"row": 1}}], [])
    done = typed("cards", "check")
    assert done.code == 1
    assert "no model card has row 2 of the survey's Table 2\n2 model cards have row 1" in done.out


BUNDLES = {
    "qwen-audio": "qwen-audio", "qwen-audio-base": "qwen-audio", "ltu": "ltu", "salmonn-7b": "salmonn",
    "modaverse": "modaverse", "anygpt": "anygpt", "anygpt-chat": "anygpt", "chatmusician": "chatmusician",
    "m2ugen": "m2ugen", "mu-llama": "mu-llama",
}  # fmt: skip
"""Model -> bundle in its authors' layout. LTU-AS's holds another transcriber."""


def checkpoint(name: str) -> Path:
    found = sorted((ROOT / BUNDLES.get(name, name)).glob("*/checkpoint"))
    if not found:
        pytest.skip("no bundle here")
    return found[0]


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.slow
def test_a_published_folder_is_taken_and_asked_from_end_to_end(
    name: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    if registry.find(name).missing:
        pytest.skip("a package is missing")
    done = typed("models", "fetch", name, "--from", checkpoint(name), "--offline", "--accept-licence")
    assert done.code == 0, done.err
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    asked = ("eval", "--model", name, "--split", "half", "--task", "caption", "--limit", 2, "--max-new-tokens", 4)
    done = typed(*asked, "--device", "cpu", "--json")
    if "nmp.onnx is not installed" in done.err:
        registry.create(name, device="cpu").load()
        return
    assert done.code == 0, done.err
    run = all_runs(home)[0]
    said = run.settings.sessions[0].model["weights"]
    assert run.settings.model_identity["options"]["checkpoint"] == f"{name}@{said['fingerprint']}"
    assert [part["part"] for part in said["parts"]] == [
        p for ps in model_card.load(model_card.files()[name]).layout.values() for p in ps
    ]
    assert len(run.answers()) == 2


def test_a_bundle_that_lacks_a_part_says_which(home: Home) -> None:
    done = typed("models", "fetch", "ltu-as", "--from", checkpoint("ltu-as"), "--offline", "--accept-licence")
    assert done.code == 2
    assert "whisper-large-v2 (6.2 GB) is not among them." in done.err
    assert "ltu-as: 1 of 4 parts could not be had: whisper-large-v2" in done.err
    done = typed("models", "info", "ltu-as")
    assert "downloaded:             part" in done.out
