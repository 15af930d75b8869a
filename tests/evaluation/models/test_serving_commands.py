"""Commands for servers, made from cards: which options and models they name, against the servers' own source."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from server_options import options
from shell import typed

import mudata
from mudata.errors import ModelError, UnknownName
from mudata.evaluation.models import model_card
from mudata.evaluation.models.hf_architectures import ARCHITECTURES as KNOWN
from mudata.evaluation.models.serving_commands import ARCHITECTURES, CHECKED, SERVERS, Server, serving_command

CARDS = {card.name: card for path in model_card.files().values() if (card := model_card.load(path)).architecture}
PAIRS = [
    (name, server) for name, card in CARDS.items() for server in SERVERS if card.architecture in ARCHITECTURES[server]
]


def words(server: Server) -> set[str]:
    """Every option in any command for a server, of the converter too."""
    made = [
        serving_command(name, server, context=4096)
        for name, card in CARDS.items()
        if card.architecture in ARCHITECTURES[server]
    ]
    lines = [shlex.split(line) for command in made for line in command.commands]
    return {word for line in lines for word in line if word.startswith("--")}


def test_a_command_has_what_the_card_says() -> None:
    command = serving_command("qwen2-audio", "vllm", context=4096)
    assert command.commands == (
        "vllm serve Qwen/Qwen2-Audio-7B-Instruct --revision main --tokenizer-revision main --dtype bfloat16 "
        "--limit-mm-per-prompt '{\"audio\": 8}' --port 8000 --max-model-len 4096",
    )
    assert command.ask == (
        "mudata eval --model served -o base_url=http://localhost:8000/v1 -o model=Qwen/Qwen2-Audio-7B-Instruct "
        "-o max_seconds=30 -o max_clips=8"
    )
    assert "mistral" in serving_command("voxtral-mini", "vllm").commands[0]
    served = serving_command("qwen2-audio", "transformers", dtype="float16", port=9000)
    assert served.commands == ("transformers serve Qwen/Qwen2-Audio-7B-Instruct@main --dtype float16 --port 9000",)
    assert "-o model=Qwen/Qwen2-Audio-7B-Instruct@main" in served.ask
    *converting, serving = serving_command("voxtral-mini", "llama.cpp").commands
    assert len(converting) == 2
    assert serving.startswith(
        "llama-server --model voxtral-mini.gguf --mmproj mmproj-voxtral-mini.gguf --alias mistralai/"
    )
    remote = serving_command("phi-4-multimodal", "vllm")
    assert "--trust-remote-code" in remote.commands[0]
    assert any("runs code of the model's repository" in note for note in remote.notes)


@pytest.mark.parametrize(("name", "server"), PAIRS)
def test_every_command_names_the_checkpoint_and_survives_a_shell(name: str, server: Server) -> None:
    command = serving_command(name, server)
    assert any(str(CARDS[name].checkpoint) in word for word in shlex.split(command.commands[-1]))
    assert command.checked == CHECKED[server]


def test_what_a_server_does_not_have_is_refused_with_the_reason() -> None:
    for name, server, said in (
        ("music-flamingo", "vllm", r"a musicflamingo: it had it up to 0.24.0 \(vllm 0.33.0\)\.\nAsk it without"),
        ("audio-flamingo-3", "transformers", r"takes sound for multimodal models only.*\nServed by: vllm, llama.cpp"),
        ("salmonn-7b", "vllm", "No server has salmonn-7b"),
        ("majority", "vllm", "No server has majority"),
        ("served", "vllm", "served is no model, but a way to ask any"),
        ("kimi-audio", "sglang", r"no command for sglang\.\nIt has one for: vllm"),
    ):
        with pytest.raises(ModelError, match=said):
            serving_command(name, server)
    with pytest.raises(UnknownName, match="tensorrt"):
        serving_command("qwen2-audio", "tensorrt")
    assert {architecture for names in ARCHITECTURES.values() for architecture in names} <= KNOWN.keys()


def test_what_is_not_in_a_card_s_own_command_is_told() -> None:
    told = [note for note in serving_command("kimi-audio", "vllm", port=9000, context=10).notes if "by hand" in note]
    assert told == ["The command is the card's own, without your context and port: add that by hand."]
    assert not any("by hand" in note for note in serving_command("kimi-audio", "vllm").notes)


def test_the_command_line_prints_it_and_python_gives_it() -> None:
    done = typed("models", "serve", "qwen3-omni", "--print", "sglang")
    assert done.code == 0
    assert done.out.startswith("python -m sglang.launch_server --model-path Qwen/Qwen3-Omni-30B-A3B-Instruct ")
    assert "Options as sglang 0.5.23 has them; not run here. Then: mudata eval --model served" in done.err
    printed = json.loads(typed("models", "serve", "qwen3-omni", "--print", "sglang", "--json").out)
    assert printed == json.loads(json.dumps(mudata.serving_command("qwen3-omni", "sglang")))
    of_card = typed("models", "serve", "mimo-audio", "--print", "vllm")
    assert of_card.out.startswith("MIMO_AUDIO_TOKENIZER_PATH=")
    refused = typed("models", "serve", "music-flamingo", "--print", "vllm")
    assert refused.code == 2
    assert "vllm cannot serve music-flamingo" in refused.err


@pytest.mark.slow
def test_transformers_own_parser_and_tables_know_it() -> None:
    pytest.importorskip("transformers")
    from transformers.models.auto.modeling_auto import MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES as MULTIMODAL

    module = pytest.importorskip("transformers.cli.serve")
    source = Path(module.__file__).read_text("utf-8")
    for word in words("transformers"):
        assert f"{word.removeprefix('--').replace('-', '_')}: Annotated[" in source, word
    assert {key: MULTIMODAL.get(key) for key in ARCHITECTURES["transformers"]} == ARCHITECTURES["transformers"]
    heard = {card.architecture for card in CARDS.values() if card.architecture in MULTIMODAL}
    assert heard == ARCHITECTURES["transformers"].keys()


WHEELS = {"vllm": ("vllm==0.33.0", "--only-binary=:all:"), "sglang": ("sglang==0.5.23", "--only-binary=:all:")}
LLAMA = ("llama-cpp-python==0.3.36", "--no-binary=:all:")
DEFINED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vllm": (("vllm/engine/arg_utils.py", "vllm/entrypoints/**/cli_args.py"), ("FrontendArgs",)),
    "sglang": (("sglang/srt/server_args.py", "sglang/srt/arg_groups/fields/*.py"), ("Model", "Serving", "Mm")),
}


def fetched(package: str, how: str, into: Path) -> Path:
    """The source of a package, without what it depends on."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", how, "--dest", into, package]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (file,) = (path for path in into.iterdir() if path.is_file())
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as opened:
            opened.extractall(into, [name for name in opened.namelist() if name.endswith(".py")])
    else:
        with tarfile.open(file) as opened:
            opened.extractall(into, filter="data")
    file.unlink()
    return into


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("server", ["vllm", "sglang"])
def test_the_parser_and_the_models_of_vllm_and_sglang(server: Server, tmp_path: Path) -> None:
    source = fetched(*WHEELS[server], tmp_path)
    files, classes = DEFINED[server]
    assert words(server) <= options(source, files, classes)
    there = "vllm/model_executor/models/registry.py" if server == "vllm" else "sglang/srt/models/*.py"
    texts = [file.read_text("utf-8") for file in source.glob(there)]
    for name in ARCHITECTURES[server].values():
        assert any(f'"{name}": (' in text if server == "vllm" else f"class {name}" in text for text in texts), name


@pytest.mark.network
@pytest.mark.slow
def test_the_parser_and_the_converter_of_llama_cpp(tmp_path: Path) -> None:
    (source,) = fetched(*LLAMA, tmp_path).glob("*/vendor/llama.cpp")
    parsers = (source / "common/arg.cpp").read_text("utf-8") + (source / "convert_hf_to_gguf.py").read_text("utf-8")
    for word in words("llama.cpp"):
        assert f'"{word}"' in parsers, word
    converters = "".join(file.read_text("utf-8") for file in (source / "conversion").glob("*.py"))
    for name in ARCHITECTURES["llama.cpp"].values():
        assert f'"{name}"' in converters, name
