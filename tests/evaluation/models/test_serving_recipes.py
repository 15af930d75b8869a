"""The commands that cards give for servers, against the servers' own definitions of their options."""

from __future__ import annotations

import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from server_options import options
from shell import typed

from mudata.evaluation.models import model_card

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard, ServingRecipe

CARDS = [card for path in model_card.files().values() if (card := model_card.load(path)).serve]
RECIPES = [(card, recipe) for card in CARDS for recipe in card.serve]
IDS = [f"{card.name}-{recipe.packages[0]}" for card, recipe in RECIPES]
DEFINED = {
    "vllm": (("vllm/engine/arg_utils.py", "vllm/entrypoints/**/cli_args.py"), ("FrontendArgs",)),
    "vllm-omni": (("vllm_omni/engine/arg_utils.py", "vllm_omni/entrypoints/cli/serve.py"), ()),
    "sglang": (("sglang/srt/server_args.py", "sglang/srt/arg_groups/fields/*.py"), ("Model", "Serving")),
}
"""Where the options of a server are defined."""
IN_THE_SERVER = {
    ("kimi-audio", "vllm"): [
        ("vllm/model_executor/models/registry.py", '"MoonshotKimiaForCausalLM"'),
        ("vllm/tokenizers/registry.py", '"kimi_audio"'),
    ],
    ("midashenglm", "vllm"): [("vllm/model_executor/models/registry.py", '"MiDashengLMModel"')],
    ("midashenglm", "sglang"): [("sglang/srt/models/midashenglm.py", "EntryClass = [MiDashengLMModel]")],
    ("minicpm-o", "vllm"): [("vllm/model_executor/models/minicpmo.py", "(4, 5): MiniCPMO4_5")],
    ("mimo-audio", "vllm-omni"): [
        ("vllm_omni/model_executor/models/mimo_audio/mimo_audio.py", '"MIMO_AUDIO_TOKENIZER_PATH"')
    ],
    ("step-audio-2", "vllm-omni"): [("vllm_omni/model_executor/models/registry.py", '"StepAudio2ForCausalLM"')],
}
"""What in the source of a server shows that it has the model, and the values that its options are given."""


def test_the_five_models_have_recipes_for_servers() -> None:
    assert {card.name for card in CARDS} == {"kimi-audio", "midashenglm", "mimo-audio", "minicpm-o", "step-audio-2"}
    assert {(card.name, recipe.packages[0].partition("==")[0]) for card, recipe in RECIPES} == IN_THE_SERVER.keys()
    assert {card.family for card in CARDS} == {"served"}


@pytest.mark.parametrize(("card", "recipe"), RECIPES, ids=IDS)
def test_the_command_is_shown_as_it_is_typed(card: ModelCard, recipe: ServingRecipe) -> None:
    shown = typed("models", "info", card.name).out
    variables = "".join(f"{name}={value} " for name, value in recipe.environment.items())
    assert f"{variables}{recipe.command}\n" in shown
    assert f"pip install {' '.join(recipe.packages)}\n" in shown
    assert card.options["model"] in shlex.split(recipe.command)


def test_options_are_read_from_source_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "args.py").write_text(
        'raise SystemExit("it ran")\n'
        "class BaseFrontendArgs:\n    chat_template: str | None = None\n    port: int = 8000\n"
        "class Other:\n    secret: int = 1\n"
        'def add(parser, named):\n    parser.add_argument("--trust-remote-code", "-t", action="store_true")\n'
        '    parser.add_argument("model_tag")\n    parser.add_argument(f"--{named}")\n    parser.other("--no")\n'
    )
    assert options(tmp_path, ["*.py"], ("FrontendArgs",)) == {"--chat-template", "--port", "--trust-remote-code"}
    assert options(tmp_path, ["*.py"]) == {"--trust-remote-code"}


def source(package: str, into: Path) -> Path:
    """The Python files of a package's wheel, which is fetched, without what it depends on, and let go."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", into]
    subprocess.run([*fetch, package], check=True, capture_output=True, text=True)
    (wheel,) = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(into, [name for name in opened.namelist() if name.endswith(".py")])
    wheel.unlink()
    return into


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    packages = sorted({package for _, recipe in RECIPES for package in recipe.packages})
    return {package: source(package, tmp_path_factory.mktemp("wheel")) for package in packages}


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(("card", "recipe"), RECIPES, ids=IDS)
def test_the_servers_own_parser_knows_every_option(
    sources: dict[str, Path], card: ModelCard, recipe: ServingRecipe
) -> None:
    known: set[str] = set()
    for package in recipe.packages:
        files, classes = DEFINED[package.partition("==")[0]]
        known |= (defined := options(sources[package], files, classes))
        assert defined, f"{package} defines its options elsewhere now"
    given = {word for word in shlex.split(recipe.command) if word.startswith("--")}
    assert given <= known, sorted(given - known)
    main = recipe.packages[0]
    for file, text in IN_THE_SERVER[card.name, main.partition("==")[0]]:
        assert text in (sources[main] / file).read_text("utf-8"), f"{file} of {main}"
