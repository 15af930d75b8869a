"""How a model is served, for whoever has the machine: the command of a server, made from the model's card.

Nothing is started here, and none of the commands was run here. Every option was held against the server's own
definition of its options, and every architecture against its own list of models, in the versions of `CHECKED`
(`tests/evaluation/models/test_serving_commands.py` does it again).
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from mudata.errors import ModelError, UnknownName
from mudata.evaluation.models import hf_architectures
from mudata.evaluation.models.registry import card_of, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mudata.evaluation.models.model_card import ModelCard

Server = Literal["vllm", "sglang", "llama.cpp", "transformers"]
Dtype = Literal["auto", "bfloat16", "float16", "float32"]
SERVERS: tuple[Server, ...] = get_args(Server)
DTYPES: tuple[Dtype, ...] = get_args(Dtype)

CHECKED: dict[Server, str] = {
    "vllm": "vllm 0.33.0",
    "sglang": "sglang 0.5.23",
    "llama.cpp": "llama.cpp (the source in llama-cpp-python 0.3.36)",
    "transformers": "transformers 5.24.0",
}
"""Whose parser knows the options. (llama-cpp-python has a server of its own, which is another one.)"""

ARCHITECTURES: dict[Server, dict[str, str]] = {
    "vllm": {
        "audioflamingo3": "AudioFlamingo3ForConditionalGeneration",
        "gemma3n": "Gemma3nForConditionalGeneration",
        "gemma4": "Gemma4ForConditionalGeneration",
        "glmasr": "GlmAsrForConditionalGeneration",
        "nemotron_h_omni": "NemotronH_Nano_Omni_Reasoning_V3",
        "phi4_multimodal": "Phi4MMForCausalLM",
        "qwen2_5_omni": "Qwen2_5OmniModel",
        "qwen2_audio": "Qwen2AudioForConditionalGeneration",
        "qwen3_omni_moe": "Qwen3OmniMoeForConditionalGeneration",
        "voxtral": "VoxtralForConditionalGeneration",
    },
    "sglang": {
        "gemma3n": "Gemma3nForConditionalGeneration",
        "gemma4": "Gemma4ForConditionalGeneration",
        "glmasr": "GlmAsrForConditionalGeneration",
        "nemotron_h_omni": "NemotronH_Nano_Omni_Reasoning_V3",
        "phi4_multimodal": "Phi4MMForCausalLM",
        "qwen2_audio": "Qwen2AudioForConditionalGeneration",
        "qwen3_omni_moe": "Qwen3OmniMoeForConditionalGeneration",
        "voxtral": "VoxtralForConditionalGeneration",
    },
    "llama.cpp": {
        "audioflamingo3": "AudioFlamingo3ForConditionalGeneration",
        "gemma3n": "Gemma3nForConditionalGeneration",
        "gemma4": "Gemma4ForConditionalGeneration",
        "qwen2_5_omni": "Qwen2_5OmniModel",
        "qwen2_audio": "Qwen2AudioForConditionalGeneration",
        "qwen3_omni_moe": "Qwen3OmniMoeForConditionalGeneration",
        "voxtral": "VoxtralForConditionalGeneration",
    },
    "transformers": {
        "gemma3n": "Gemma3nForConditionalGeneration",
        "gemma4": "Gemma4ForConditionalGeneration",
        "glmasr": "GlmAsrForConditionalGeneration",
        "nemotron_h_omni": "NemotronH_Omni_Reasoning_V3",
        "phi4_multimodal": "Phi4MultimodalForCausalLM",
        "qwen2_5_omni": "Qwen2_5OmniForConditionalGeneration",
        "qwen2_audio": "Qwen2AudioForConditionalGeneration",
        "qwen3_omni_moe": "Qwen3OmniMoeForConditionalGeneration",
        "voxtral": "VoxtralForConditionalGeneration",
    },
}
"""The architectures that a server has with their ears, and by which name."""

_NOT_MULTIMODAL = "its server takes sound for multimodal models only, and does not count it there"
_REASONS: dict[tuple[Server, str], str] = {
    ("vllm", "musicflamingo"): "it had it up to 0.24.0",
    ("llama.cpp", "phi4_multimodal"): "its converter knows the eyes of this model and not the ears",
    (
        "transformers",
        "audioflamingo3",
    ): _NOT_MULTIMODAL,
    ("transformers", "musicflamingo"): _NOT_MULTIMODAL,
}
_OF_ANY = frozenset({"served", "transformers", "transformers_text"})
"""Families that ask whatever checkpoint or server a user names."""
_OF_REPOSITORY = frozenset({"nemotron_h_omni", "phi4_multimodal"})
"""Architectures whose processors vLLM and SGLang run from the model's repository."""
_MISTRAL = ("--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral")
"""Of vLLM, for checkpoints whose tokenizer and weights are in Mistral's own format, as Voxtral's are."""
_OUTTYPES: dict[Dtype, str] = {"auto": "auto", "bfloat16": "bf16", "float16": "f16", "float32": "f32"}


@dataclass(frozen=True, kw_only=True)
class ServingCommand:
    """commands: to be typed one after the other; the last one serves. environment: variables that it reads. ask: what
    asks it then. checked: in which version the options were looked up."""

    model: str
    server: str
    commands: tuple[str, ...]
    environment: dict[str, str]
    ask: str
    checked: str
    notes: tuple[str, ...] = ()


def serving_command(
    name: str, server: str, *, dtype: str = "bfloat16", context: int | None = None, port: int = 8000
) -> ServingCommand:
    """The command by which a server serves a model.

    Args:
        name: a model with a card.
        server: one of SERVERS.
        dtype: one of DTYPES.
        context: tokens of prompt and answer at most; None is what the checkpoint says.
        port: where it listens.

    Raises:
        UnknownName, CardError.
        ModelError: a model without a checkpoint, or one that the server does not have.
    """
    for what, value, known in (("server", server, SERVERS), ("dtype", dtype, DTYPES)):
        if value not in known:
            raise UnknownName(what, value, known)
    which = cast("Server", server)
    card = card_of(find(name))
    if card is not None and card.serve:
        given = {"dtype": (dtype, "bfloat16"), "context": (context, None), "port": (port, 8000)}
        return _of_card(card, which, [option for option, (value, default) in given.items() if value != default])
    if card is None and find(name).family in _OF_ANY:
        raise ModelError(
            f"{name} is no model, but a way to ask any.", "Name one that has a card, as `mudata models` lists them."
        )
    if card is None or not (card.checkpoint and card.revision and card.architecture):
        raise ModelError(
            f"No server has {name}: it is no checkpoint of an architecture that transformers knows.",
            "Its code is mudata's own: ask it without a server.",
        )
    _check(name, card.architecture, which)
    wanted = _Wanted(
        checkpoint=card.checkpoint,
        revision=card.revision,
        architecture=card.architecture,
        name=name,
        dtype=cast("Dtype", dtype),
        context=context,
        port=port,
        clips=hf_architectures.SEVERAL if hf_architectures.of(card.architecture).several else 1,
    )
    lines = [shlex.join(map(str, line)) for line in _MADE[which](wanted)]
    served_as = f"{card.checkpoint}@{card.revision}" if which == "transformers" else card.checkpoint
    return ServingCommand(
        model=name,
        server=which,
        commands=tuple(lines),
        environment={},
        ask=_asking(served_as, port, longest_s=card.longest_s, clips=wanted.clips),
        checked=CHECKED[which],
        notes=tuple(_notes(wanted, which)),
    )


def _check(name: str, architecture: str, server: Server) -> None:
    if architecture in ARCHITECTURES[server]:
        return
    reason = _REASONS.get((server, architecture), "its source has no such model")
    others = [one for one in SERVERS if architecture in ARCHITECTURES[one]]
    article = "an" if architecture[0] in "aeiou" else "a"
    raise ModelError(
        f"{server} cannot serve {name}, {article} {architecture}: {reason} ({CHECKED[server]}).",
        f"Served by: {', '.join(others)}." if others else "Ask it without a server.",
    )


def _notes(wanted: _Wanted, server: Server) -> Iterator[str]:
    if wanted.context and server == "transformers":
        yield "`transformers serve` has no option for the length of the context; the checkpoint's own counts."
    if server == "llama.cpp":
        yield "The converter lies in llama.cpp's repository; it takes the newest revision of the checkpoint."
    if wanted.code and server in ("vllm", "sglang"):
        yield "The server runs code of the model's repository (--trust-remote-code); mudata does not."


def _of_card(card: ModelCard, server: Server, given: Sequence[str]) -> ServingCommand:
    """As the card of a model says that only servers run; `given` options are not in it, which is told."""
    untold = (f"The command is the card's own, without your {' and '.join(given)}: add that by hand.",) if given else ()
    for recipe in card.serve:
        packages = {package.partition("==")[0].removesuffix("-omni") for package in recipe.packages}
        if server in packages:
            return ServingCommand(
                model=card.name,
                server=server,
                commands=(recipe.command,),
                environment=recipe.environment,
                ask=f"mudata eval --model {card.name}",
                checked=", ".join(recipe.packages),
                notes=(*untold, *card.notes),
            )
    known = ", ".join(recipe.packages[0] for recipe in card.serve)
    raise ModelError(f"The card of {card.name} has no command for {server}.", f"It has one for: {known}.")


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What commands are made of; `clips` is how many a question may have."""

    checkpoint: str
    revision: str
    architecture: str
    name: str
    dtype: Dtype
    context: int | None
    port: int
    clips: int

    @property
    def code(self) -> list[str]:
        return ["--trust-remote-code"] if self.architecture in _OF_REPOSITORY else []


def _vllm(wanted: _Wanted) -> list[list[object]]:
    words = ["vllm", "serve", wanted.checkpoint, "--revision", wanted.revision, "--tokenizer-revision", wanted.revision]
    limits = ["--limit-mm-per-prompt", json.dumps({"audio": wanted.clips})]
    longest = ["--max-model-len", wanted.context] if wanted.context else []
    mistral = _MISTRAL if wanted.architecture == "voxtral" else ()
    return [[*words, "--dtype", wanted.dtype, *limits, "--port", wanted.port, *longest, *mistral, *wanted.code]]


def _sglang(wanted: _Wanted) -> list[list[object]]:
    words = ["python", "-m", "sglang.launch_server", "--model-path", wanted.checkpoint, "--revision", wanted.revision]
    limits = ["--limit-mm-data-per-request", json.dumps({"audio": wanted.clips})]
    longest = ["--context-length", wanted.context] if wanted.context else []
    served = ["--served-model-name", wanted.checkpoint, "--dtype", wanted.dtype]
    return [[*words, *served, *limits, "--port", wanted.port, *longest, *wanted.code]]


def _llama_cpp(wanted: _Wanted) -> list[list[object]]:
    """Two files are made first: the language model, and its ears (`--mmproj`)."""
    convert = ["python", "convert_hf_to_gguf.py", wanted.checkpoint, "--remote", "--outtype", _OUTTYPES[wanted.dtype]]
    model, ears = f"{wanted.name}.gguf", f"mmproj-{wanted.name}.gguf"
    longest = ["--ctx-size", wanted.context] if wanted.context else []
    serve = ["llama-server", "--model", model, "--mmproj", ears, "--alias", wanted.checkpoint, "--port", wanted.port]
    return [[*convert, "--outfile", model], [*convert, "--mmproj", "--outfile", ears], [*serve, *longest]]


def _transformers(wanted: _Wanted) -> list[list[object]]:
    checkpoint = f"{wanted.checkpoint}@{wanted.revision}"
    return [["transformers", "serve", checkpoint, "--dtype", wanted.dtype, "--port", wanted.port]]


_MADE = {"vllm": _vllm, "sglang": _sglang, "llama.cpp": _llama_cpp, "transformers": _transformers}


def _asking(model: str, port: int, *, longest_s: float | None, clips: int) -> str:
    words = [
        "mudata",
        "eval",
        "--model",
        "served",
        "-o",
        f"base_url=http://localhost:{port}/v1",
        "-o",
        f"model={model}",
    ]
    words += ["-o", f"max_seconds={longest_s:g}"] if longest_s else []
    words += ["-o", f"max_clips={clips}"] if clips > 1 else []
    return shlex.join(words)
