"""Models as large as their authors published them, of random numbers: small files on disk, and weights that are made on
the device when they are read.

`lay_out(name, size, folder)` writes what a folder holds besides weights (settings, tokenizers of a few hundred pieces:
ids matter only by their count) and says which tensors its weights have. While `weights_are_made` lasts, the loaders of
`mudata.evaluation.models` find those. Sizes: 'full', as published; 'small', about a hundred million parameters; 'tiny'.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
import transformers
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from mudata.evaluation.models.decoders import qwen_tokenizer
from mudata.evaluation.models.families import anygpt, ltu, ltu_as, m2ugen, modaverse, mu_llama, qwen_audio, salmonn
from mudata.evaluation.models.weights import tensors

SEED = 20261123
Shapes = dict[str, tuple[int, ...]]

VICUNA = {
    "full": {
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "vocab_size": 32000,
    },
    "small": {
        "hidden_size": 768,
        "intermediate_size": 2048,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "vocab_size": 32000,
    },
    "tiny": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "vocab_size": 800,
    },
}
THIRTEEN = {"hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40}
WHISPER = {"full": (1280, 32, 20), "small": (384, 4, 6), "tiny": (32, 2, 2)}
"""Width, layers and heads: large, tiny, and less."""
TRANSFORMER = {"full": (768, 12, 12), "small": (192, 4, 3), "tiny": (32, 2, 2)}
"""Likewise of CAV-MAE, BEATs, ImageBind's ear and the window Q-Former, all of which have a base size."""


@dataclass
class Laid:
    """A model's folder: the tensors of its files of weights, and what its constructor is told."""

    factory: Callable[..., Any]
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    files: dict[Path, Shapes] = field(default_factory=dict)

    def weigh(self, path: str, shapes: Shapes) -> None:
        """Let a file of weights have these tensors; it is left empty unless it is there."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        self.files[file] = shapes

    def write(self, path: str, said: object) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(said))

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shapes in self.files.values() for shape in shapes.values())


class Made:
    """A tensor that is drawn when it is taken, always the same for its name; norms are near 1."""

    def __init__(self, name: str, shape: tuple[int, ...], device: str, dtype: torch.dtype) -> None:
        self._name, self._shape, self._where = name, shape, (device, dtype)

    def get_shape(self) -> tuple[int, ...]:
        return self._shape

    def __getitem__(self, _: object) -> torch.Tensor:
        device, dtype = self._where
        generator = torch.Generator(device).manual_seed(SEED + zlib.crc32(self._name.encode()))
        drawn = torch.empty(self._shape, device=device, dtype=dtype).normal_(generator=generator)
        if len(self._shape) < 2:
            return drawn * 0.02 + (not self._name.endswith("bias"))
        fan = math.prod(self._shape[1:])
        return drawn * (0.1 if "lora" in self._name else 1.0) / math.sqrt(fan)


@contextlib.contextmanager
def weights_are_made(laid: Laid, device: str, dtype: torch.dtype) -> Iterator[None]:
    """While this lasts, files of weights are read as random tensors on the device."""

    def made(path: Path, *_: object) -> dict[str, Any]:
        return {name: Made(f"{path.name}/{name}", shape, device, dtype) for name, shape in laid.files[path].items()}

    def codec(folder: Path, **_: object) -> tuple[Any, dict[str, Any]]:
        return transformers.EncodecModel(transformers.EncodecConfig.from_pretrained(folder)), {}

    torch.manual_seed(SEED)
    with (
        patch.object(tensors, "_file", made),
        patch.object(transformers.EncodecModel, "from_pretrained", codec),
    ):
        yield


def lay_out(name: str, size: str, folder: Path) -> Laid:
    """Write a model's folder. Raises KeyError for what is not in MODELS."""
    return MODELS[name](size, folder)


def _ltu(size: str, folder: Path) -> Laid:
    width, depth, heads = TRANSFORMER[size]
    laid = Laid(ltu.LTU, folder, {"vit_heads": heads})
    wide = _vicuna(laid, "vicuna_ltu", size)
    here = f"{ltu.PREFIX}audio_encoder."
    shapes: Shapes = {f"{here}pos_embed_a": (1, 512, width), f"{here}modality_a": (1, 1, width)}
    shapes |= _layer(f"{here}patch_embed_a.proj", width, 1, 16, 16)
    for i in range(depth):
        last = i == depth - 1
        block, norms = ("blocks_u.0", ("norm1_a", "norm2_a")) if last else (f"blocks_a.{i}", ("norm1", "norm2"))
        shapes |= _block(f"{here}{block}.", width, ("attn.qkv", 3), "attn.proj", "mlp.fc1", "mlp.fc2", norms)
    shapes |= _norm(f"{here}norm_a", width) | _layer(f"{ltu.PREFIX}audio_proj.1", wide["hidden_size"], width)
    laid.weigh("ltu_ori_paper.bin", shapes | _lora(ltu.PREFIX, wide, 8, "qv"))
    return laid


def _ltu_as(size: str, folder: Path) -> Laid:
    width, _, _ = WHISPER[size]
    laid = Laid(ltu_as.LtuAs, folder, {"transcribe": False, "layer_heads": 8})
    wide = _vicuna(laid, "vicuna_ltuas", size)
    _whisper(laid, "whisper-large", size)
    shapes: Shapes = {}
    for block in ("time_tr", "layer_tr"):
        here = f"{ltu.PREFIX}audio_encoder.{block}."
        for part in ("query", "key", "value", "out"):
            shapes |= _layer(f"{here}attn.{part}", width, width, bias=part != "key")
        shapes |= _layer(f"{here}mlp.0", 4 * width, width) | _layer(f"{here}mlp.2", width, 4 * width)
        shapes |= _norm(f"{here}attn_ln", width) | _norm(f"{here}mlp_ln", width)
    shapes |= _layer(f"{ltu.PREFIX}audio_proj.1", wide["hidden_size"], width)
    laid.weigh("ltuas_long_noqa_a6.bin", shapes | _lora(ltu.PREFIX, wide, 8, "qv"))
    return laid


def _salmonn(size: str, folder: Path, sizes: dict[str, int] | None = None) -> Laid:
    speech, (sound, _, heads) = WHISPER[size][0], TRANSFORMER[size]
    laid = Laid(salmonn.Salmonn, folder, {"qformer_heads": heads})
    wide = _vicuna(laid, "vicuna", size, **(sizes or {}))
    _whisper(laid, "whisper-large-v2", size)
    _beats(laid, size)
    config = transformers.Blip2QFormerConfig(
        hidden_size=sound,
        num_hidden_layers=2,
        num_attention_heads=heads,
        intermediate_size=4 * sound,
        cross_attention_frequency=1,
        encoder_hidden_size=speech + sound,
    )
    shapes: Shapes = {"speech_query_tokens": (1, 1, sound)}
    for name, shape in _of(transformers.Blip2QFormerModel, config).items():
        old = name.replace("layernorm.", "embeddings.LayerNorm.", name.startswith("layernorm."))
        shapes["speech_Qformer.bert." + old.replace("attention.attention.", "attention.self.")] = shape
    shapes |= _norm("ln_speech", speech) | _norm("ln_audio", sound)
    shapes |= _layer("speech_llama_proj", wide["hidden_size"], sound)
    laid.weigh("salmonn.pth", shapes | _lora(salmonn._LLAMA, wide, 8, "qv"))
    return laid


def _beats(laid: Laid, size: str) -> None:
    width, depth, heads = TRANSFORMER[size]
    embed, kernel, groups, buckets = min(512, 4 * width), 128, 16, 320
    said = {
        "input_patch_size": 16,
        "encoder_layers": depth,
        "encoder_attention_heads": heads,
        "conv_pos_groups": groups,
        "conv_bias": False,
        "num_buckets": buckets,
        "max_distance": 800,
        "deep_norm": True,
        "layer_norm_first": False,
    }
    file = io.BytesIO()
    torch.save({"cfg": said, "model": {}}, file)
    (laid.folder / "BEATs.pt").write_bytes(file.getvalue())
    shapes = _layer("patch_embedding", embed, 1, 16, 16, bias=False) | _norm("layer_norm", embed)
    shapes |= _layer("post_extract_proj", width, embed) | _norm("encoder.layer_norm", width)
    shapes |= {"encoder.pos_conv.0.weight_g": (1, 1, kernel), "encoder.pos_conv.0.bias": (width,)}
    shapes["encoder.pos_conv.0.weight_v"] = (width, width // groups, kernel)
    shapes["encoder.layers.0.self_attn.relative_attention_bias.weight"] = (buckets, heads)
    for i in range(depth):
        here = f"encoder.layers.{i}."
        for x in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= _layer(f"{here}self_attn.{x}", width, width)
        shapes |= _layer(f"{here}self_attn.grep_linear", 8, width // heads)
        shapes[f"{here}self_attn.grep_a"] = (1, heads, 1, 1)
        shapes |= _layer(f"{here}fc1", 4 * width, width) | _layer(f"{here}fc2", width, 4 * width)
        shapes |= _norm(f"{here}self_attn_layer_norm", width) | _norm(f"{here}final_layer_norm", width)
    laid.weigh("BEATs.pt", shapes)


def _modaverse(size: str, folder: Path) -> Laid:
    width, depth, heads = TRANSFORMER[size]
    laid = Laid(modaverse.ModaVerse, folder, {"imagebind_heads": heads})
    wide = _vicuna(laid, "7b_v0", size)
    vector, rows, llm = 1024 if size == "full" else width, wide["vocab_size"] + 6, modaverse._LLM
    laid.write("7b_v0/special_tokens_map.json", {"bos_token": "<s>", "eos_token": "</s>"})
    names = ["<Media>", "</Media>", "[TEXT]", "[IMAGE]", "[AUDIO]", "[VIDEO]"]
    laid.write("ModaVerse-7b/added_tokens.json", {name: rows - 6 + i for i, name in enumerate(names)})
    tables = {f"{llm}{x}.weight": (rows, wide["hidden_size"]) for x in ("model.embed_tokens", "lm_head")}
    shapes = tables | _layer("linear_proj", wide["hidden_size"], vector)
    laid.weigh("ModaVerse-7b/pytorch_model.pt", shapes | _lora(f"{llm}model.", wide, 32, "qkvo"))
    pre, trunk = "modality_preprocessors.audio.", "modality_trunks.audio.blocks."
    shapes = _layer(f"{pre}rgbt_stem.proj", width, 1, 16, 16, bias=False) | _norm(f"{pre}rgbt_stem.norm_layer", width)
    shapes |= {f"{pre}cls_token": (1, 1, width), f"{pre}pos_embedding_helper.pos_embed": (1, 229, width)}
    for i in range(depth):
        here = f"{trunk}{i}."
        shapes |= _block(here, width, None, "attn.out_proj", "mlp.fc1", "mlp.fc2", ("norm_1", "norm_2"))
        shapes |= {f"{here}attn.in_proj_weight": (3 * width, width), f"{here}attn.in_proj_bias": (3 * width,)}
        shapes |= {f"{here}attn.bias_{x}": (1, 1, width) for x in "kv"}
    shapes |= _norm("modality_heads.audio.0", width) | _layer("modality_heads.audio.2", vector, width, bias=False)
    laid.weigh("imagebind_huge.pth", shapes | {"modality_postprocessors.audio.1.log_logit_scale": ()})
    return laid


def _mu_llama(size: str, folder: Path) -> Laid:
    laid = Laid(mu_llama.MuLlama, folder)
    shapes = _bridge(laid, size, queries=20, scale=4, extra=0)
    laid.weigh("checkpoint.pth", shapes)
    laid.weigh("MERT-v1-330M/pytorch_model.bin", {})  # all of it is in the checkpoint
    return laid


def _m2ugen(size: str, folder: Path) -> Laid:
    laid = Laid(m2ugen.M2UGen, folder)
    laid.weigh("checkpoint.pth", _bridge(laid, size, queries=18, scale=1, extra=8))
    return laid


def _bridge(laid: Laid, size: str, *, queries: int, scale: int, extra: int) -> Shapes:
    wide = VICUNA[size]
    width, inner, rows = wide["hidden_size"], wide["intermediate_size"], wide["vocab_size"] + extra
    laid.write("LLaMA/7B/params.json", {"n_heads": wide["num_attention_heads"], "norm_eps": 1e-5})
    _pieces(laid.folder / "LLaMA" / "tokenizer.model")
    said = {
        "hidden_size": {"full": 1024, "small": 256, "tiny": 32}[size],
        "num_hidden_layers": {"full": 24, "small": 4, "tiny": 2}[size],
        "num_attention_heads": {"full": 16, "small": 4, "tiny": 2}[size],
        "intermediate_size": {"full": 4096, "small": 1024, "tiny": 64}[size],
        "conv_dim": [{"full": 512, "small": 128, "tiny": 16}[size]] * 7,
        "do_stable_layer_norm": True,
        "feat_extract_norm": "group",
        "num_conv_pos_embedding_groups": 16,
    }
    laid.write("MERT-v1-330M/config.json", said)
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=24_000).save_pretrained(laid.folder / "MERT-v1-330M")
    mert = _of(transformers.HubertModel, transformers.HubertConfig(**said))
    ends = {"original0": "weight_g", "original1": "weight_v"}
    shapes: Shapes = {}
    for name, shape in mert.items():
        place, found, end = name.partition(".parametrizations.weight.")
        shapes[f"mert_model.{place}.{ends[end]}" if found else f"mert_model.{name}"] = shape
    ear, layers = said["hidden_size"], said["num_hidden_layers"]
    shapes |= _layer("mu_mert_agg", 1, layers + 1, 1) | _layer("mu_mert_proj", width, ear)
    for i in (1, 2, 3):
        shapes |= {f"mu_mert_norm_{i}.weight": (width,), f"mu_mert_f2_{i}.weight": (width, scale * width)}
        shapes |= {f"mu_mert_f{k}_{i}.weight": (scale * width, width) for k in (1, 3)}
    shapes["prefix_query.weight"] = (min(queries, wide["num_hidden_layers"] // 4 * 3), width)
    shapes |= {f"llama.{x}.weight": (rows, width) for x in ("tok_embeddings", "output")}
    shapes["llama.norm.weight"] = (width,)
    for i in range(wide["num_hidden_layers"]):
        here = f"llama.layers.{i}."
        shapes |= {f"{here}{x}_norm.weight": (width,) for x in ("attention", "ffn")}
        shapes[f"{here}attention.gate"] = (1, wide["num_attention_heads"], 1, 1)
        parts = {f"attention.w{x}": (width, width) for x in "qkvo"}
        parts |= {f"feed_forward.w{k}": (inner, width) for k in (1, 3)} | {"feed_forward.w2": (width, inner)}
        for part, (out, into) in parts.items():
            room, _, last = part.partition(".")
            shapes |= _layer(f"{here}{part}", out, into, bias=last not in ("wk", "wv"))
            lora = f"{here}{room}.lora_{last}_l"
            shapes |= {f"{lora}1.weight": (16, into), f"{lora}2.weight": (out, 16)}
    return shapes


def _anygpt(size: str, folder: Path) -> Laid:
    laid = Laid(anygpt.AnyGPT, folder)
    sound = {"full": (64, 2048), "small": (16, 2048), "tiny": (4, 64)}[size]
    names = [anygpt.HUMAN, anygpt.MODEL, anygpt.TURN, "<eos>", anygpt.MUSIC, anygpt.MUSIC_END]
    names += [f"<🎶{i}>" for i in range(4 * sound[1])]
    rows = max(VICUNA[size]["vocab_size"] + len(names), 53_516 if size == "full" else 0)
    _vicuna(laid, "AnyGPT", size, vocab_size=rows)
    laid.write("AnyGPT/added_tokens.json", {name: VICUNA[size]["vocab_size"] + i for i, name in enumerate(names)})
    transformers.EncodecConfig(
        sampling_rate=32_000,
        num_filters=sound[0],
        hidden_size=128,
        codebook_size=sound[1],
        target_bandwidths=[4 * math.log2(sound[1]) * 50 / 1000],
        upsampling_ratios=[8, 5, 4, 4],
        use_causal_conv=False,
    ).save_pretrained(folder / "encodec_32khz")
    return laid


def _qwen_audio(size: str, folder: Path) -> Laid:
    laid = Laid(qwen_audio.QwenAudio, folder)
    wide, (ear, depth, heads) = VICUNA[size], WHISPER[size]
    width, inner = wide["hidden_size"], wide["intermediate_size"]
    ranks = _ranks()
    (folder / "qwen.tiktoken").write_text("".join(f"{base64.b64encode(x).decode()} {i}\n" for i, x in enumerate(ranks)))
    rows = 155_947 if size == "full" else len(ranks) + len(qwen_tokenizer.SPECIALS)
    said = {
        "model_type": "qwen",
        "hidden_size": width,
        "intermediate_size": 2 * inner,
        "num_hidden_layers": wide["num_hidden_layers"],
        "num_attention_heads": wide["num_attention_heads"],
        "layer_norm_epsilon": 1e-5,
        "rotary_emb_base": 10_000,
        "max_position_embeddings": 8192,
        "seq_length": 2048,
        "audio": {"n_mels": 80, "n_head": heads, "n_layer": depth},
    }
    laid.write("config.json", said)
    shapes: Shapes = dict.fromkeys(("transformer.wte.weight", "lm_head.weight"), (rows, width))
    shapes["transformer.ln_f.weight"] = (width,)
    for i in range(wide["num_hidden_layers"]):
        here = f"transformer.h.{i}."
        shapes |= {f"{here}ln_{k}.weight": (width,) for k in (1, 2)}
        shapes |= _layer(f"{here}attn.c_attn", 3 * width, width)
        shapes |= _layer(f"{here}attn.c_proj", width, width, bias=False)
        shapes |= {f"{here}mlp.w{k}.weight": (inner, width) for k in (1, 2)}
        shapes[f"{here}mlp.c_proj.weight"] = (width, inner)
    here = "transformer.audio."
    shapes |= _layer(f"{here}conv1", ear, 80, 3) | _layer(f"{here}conv2", ear, ear, 3)
    shapes |= {f"{here}positional_embedding": (1500, ear), f"{here}audio_bos_eos_token.weight": (2, width)}
    shapes |= _norm(f"{here}ln_post", ear) | _layer(f"{here}proj", width, ear)
    for i in range(depth):
        block = f"{here}blocks.{i}."
        shapes |= _block(block, ear, None, "attn.out", "mlp.0", "mlp.2", ("attn_ln", "mlp_ln"))
        for x in ("query", "key", "value"):
            shapes |= _layer(f"{block}attn.{x}", ear, ear, bias=x != "key")
    laid.weigh("model.safetensors", shapes)
    return laid


def _vicuna(laid: Laid, path: str, size: str, **other: int) -> dict[str, int]:
    """A Llama's folder; returns its sizes."""
    wide = VICUNA[size] | (other if size == "full" or "vocab_size" in other else {})
    config = transformers.LlamaConfig(**wide, max_position_embeddings=8192)
    laid.weigh(f"{path}/model.safetensors", _of(transformers.LlamaForCausalLM, config))
    config.save_pretrained(laid.folder / path)
    _pieces(laid.folder / path / "tokenizer.model")
    return wide


def _whisper(laid: Laid, path: str, size: str) -> None:
    width, depth, heads = WHISPER[size]
    config = transformers.WhisperConfig(
        d_model=width, encoder_layers=depth, encoder_attention_heads=heads, encoder_ffn_dim=4 * width
    )
    shapes = {f"encoder.{name}": shape for name, shape in _of(WhisperEncoder, config).items()}
    laid.weigh(f"{path}/model.safetensors", shapes)
    config.save_pretrained(laid.folder / path)
    transformers.WhisperFeatureExtractor().save_pretrained(laid.folder / path)


def _of(kind: Any, config: Any) -> Shapes:
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in kind(config).state_dict().items()}


def _layer(name: str, *shape: int, bias: bool = True) -> Shapes:
    return {f"{name}.weight": shape} | ({f"{name}.bias": shape[:1]} if bias else {})


def _norm(name: str, width: int) -> Shapes:
    return _layer(name, width)


def _block(
    here: str, width: int, into: tuple[str, int] | None, out: str, up: str, down: str, norms: tuple[str, ...]
) -> Shapes:
    """A transformer block whose hidden layer is four times as wide."""
    shapes = _layer(f"{here}{into[0]}", into[1] * width, width) if into else {}
    shapes |= _layer(f"{here}{out}", width, width) | _layer(f"{here}{up}", 4 * width, width)
    shapes |= _layer(f"{here}{down}", width, 4 * width)
    for norm in norms:
        shapes |= _norm(f"{here}{norm}", width)
    return shapes


def _lora(prefix: str, wide: dict[str, int], rank: int, parts: str) -> Shapes:
    shapes: Shapes = {}
    for i in range(wide["num_hidden_layers"]):
        for part in parts:
            here = f"{prefix}layers.{i}.self_attn.{part}_proj.lora_"
            shapes |= {f"{here}A.default.weight": (rank, wide["hidden_size"])}
            shapes |= {f"{here}B.default.weight": (wide["hidden_size"], rank)}
    return shapes


def _texts() -> list[str]:
    """What tokenizers learn from: prompts of the models, so that texts take about as many tokens as published ones."""
    return [
        "Listen to the music. Which genre is it? Choose exactly one of these: Blues, Classical, Country, Disco, Rock.",
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
        f"{mu_llama.TEMPLATE} {anygpt.SYSTEM} {qwen_audio.SYSTEM} USER: <Speech></Speech> ASSISTANT: ### Human: x",
    ]


def _pieces(path: Path) -> None:
    import sentencepiece

    file = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_texts() * 20),
        model_writer=file,
        vocab_size=600,
        model_type="bpe",
        byte_fallback=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue())


def _ranks() -> list[bytes]:
    """All bytes, and all beginnings of the words of the texts, so that merges can lead to them."""
    words = {f" {word}".encode() for text in _texts() for word in text.split()}
    longer = {word[:n] for word in words for n in range(2, len(word) + 1)}
    return [*(bytes([i]) for i in range(256)), *sorted(longer, key=lambda piece: (len(piece), piece))]


MODELS: dict[str, Callable[[str, Path], Laid]] = {
    "qwen-audio": _qwen_audio,
    "ltu": _ltu,
    "ltu-as": _ltu_as,
    "salmonn-7b": _salmonn,
    "salmonn-13b": lambda size, folder: _salmonn(size, folder, THIRTEEN),
    "modaverse": _modaverse,
    "anygpt": _anygpt,
    "m2ugen": _m2ugen,
    "mu-llama": _mu_llama,
}
