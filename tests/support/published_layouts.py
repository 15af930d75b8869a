"""Tiny random checkpoints in the folder layouts that the models' authors publish.

Each writer fills a folder with what a user would fetch: the same names, nesting, dtypes, shards with their index,
pickles with an optimizer beside the model. The tensors, which the references of the tests compute with, are read back
by `tensors`; sizes are a thousandth of the published ones.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

WIDTH, HEADS, LAYERS, INNER = 32, 4, 2, 48
"""Of the language models."""
EAR, EAR_HEADS = 16, 2
"""Of the encoders."""
TEXT = [
    "Human: Listen to the music and describe the genre. </s> Assistant: It is slow rock music.",
    "### Instruction:\nWhat is the genre of this music?\n\n### Response:\nThe genre is folk, the key is minor.",
    "### Human: Describe this.\n### Assistant: Modality: Prompt: a track with drums ### ### ###",
    "USER: <Speech> What instruments? ASSISTANT: piano, guitar, drums, bass, voice.",
]


class Random:
    """Seeded tensors of the sizes that keep a network's values near one."""

    def __init__(self, seed: int) -> None:
        self._source = torch.Generator().manual_seed(seed)

    def __call__(self, *shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(*shape, generator=self._source) * scale

    def linear(self, name: str, out: int, into: int, *, bias: bool = True) -> dict[str, Tensor]:
        found = {f"{name}.weight": self(out, into, scale=into**-0.5)}
        return found | ({f"{name}.bias": self(out, scale=0.2)} if bias else {})

    def norm(self, name: str, width: int, *, bias: bool = True) -> dict[str, Tensor]:
        found = {f"{name}.weight": 1 + self(width, scale=0.2)}
        return found | ({f"{name}.bias": self(width, scale=0.2)} if bias else {})


def write_json(file: Path, said: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, ensure_ascii=False), "utf-8")


def shards(folder: Path, tensors: Mapping[str, Tensor], kind: str, count: int) -> None:
    """Weights cut into files, and the index that names them, as the Hub has them. kind: '.bin' or '.safetensors'."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    stem = "model" if kind == ".safetensors" else "pytorch_model"
    places: dict[str, str] = {}
    for i in range(count):
        name = f"{stem}-{i + 1:05}-of-{count:05}{kind}"
        part = {n: t.contiguous() for n, t in list(tensors.items())[i::count]}
        if kind == ".bin":
            torch.save(part, folder / name)
        else:
            save_file(part, folder / name)
        places |= dict.fromkeys(part, name)
    write_json(folder / f"{stem}{kind}.index.json", {"metadata": {"total_size": 1}, "weight_map": places})


def tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file or a folder of shards, as they are stored."""
    from safetensors.torch import load_file

    if path.is_dir():
        files = [p for p in sorted(path.iterdir()) if p.suffix in (".bin", ".safetensors")]
        return {name: tensor for file in files for name, tensor in tensors(file).items()}
    if path.suffix == ".safetensors":
        return load_file(path)
    with torch.serialization.safe_globals([argparse.Namespace]):
        said = torch.load(path, weights_only=True)
    return said.get("model", said)


def change(path: Path, edit: Callable[[dict[str, Tensor]], None]) -> None:
    """Edit the tensors of a stored file, or of a folder's first shard and its index."""
    from safetensors.torch import load_file, save_file

    if path.is_dir():
        (index,) = path.glob("*.index.json")
        said = json.loads(index.read_text("utf-8"))
        first = min(said["weight_map"].values())
        change(path / first, edit)
        others = {name: file for name, file in said["weight_map"].items() if file != first}
        write_json(index, said | {"weight_map": others | dict.fromkeys(tensors(path / first), first)})
        return
    if path.suffix == ".safetensors":
        found = load_file(path)
        edit(found)
        save_file(found, path)
        return
    with torch.serialization.safe_globals([argparse.Namespace]):
        whole = torch.load(path, weights_only=True)
    edit(whole.get("model", whole))
    torch.save(whole, path)


@cache
def sentencepiece_model() -> bytes:
    """A small LLaMA-like tokenizer: BPE with bytes for what it does not know, 0/1/2 for unknown, begin and end."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 4),
        model_writer=model,
        model_type="bpe",
        vocab_size=360,
        byte_fallback=True,
        character_coverage=1.0,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


@cache
def pieces() -> Any:
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_model())


def tokenizer_model(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(sentencepiece_model())


def llama_tensors(random: Random, rows: int, layers: int = LAYERS) -> dict[str, Tensor]:
    """A Llama under transformers' names."""
    found = {"model.embed_tokens.weight": random(rows, WIDTH)}
    for i in range(layers):
        here = f"model.layers.{i}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            found |= random.linear(f"{here}self_attn.{name}", WIDTH, WIDTH, bias=False)
        for name, out, into in (("gate", INNER, WIDTH), ("up", INNER, WIDTH), ("down", WIDTH, INNER)):
            found |= random.linear(f"{here}mlp.{name}_proj", out, into, bias=False)
        found |= random.norm(f"{here}input_layernorm", WIDTH, bias=False)
        found |= random.norm(f"{here}post_attention_layernorm", WIDTH, bias=False)
    found |= random.norm("model.norm", WIDTH, bias=False)
    return found | {"lm_head.weight": random(rows, WIDTH, scale=WIDTH**-0.5)}


def llama_config(rows: int, layers: int = LAYERS, **more: Any) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": layers,
        "num_attention_heads": HEADS,
        "rms_norm_eps": 1e-6,
        "vocab_size": rows,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": False,
        "max_position_embeddings": 2048,
        "torch_dtype": "float16",
        "transformers_version": "4.28.0",
    } | more


def vicuna(folder: Path, random: Random, kind: str = ".bin", **config: Any) -> None:
    """Vicuna as LMSYS publishes it: two shards in half precision, with the rotary buffers that old versions kept."""
    rows = len(pieces())
    found = {name: tensor.half() for name, tensor in llama_tensors(random, rows).items()}
    for i in range(LAYERS):
        found[f"model.layers.{i}.self_attn.rotary_emb.inv_freq"] = torch.ones(WIDTH // HEADS // 2)
    shards(folder, found, kind, 2)
    write_json(folder / "config.json", llama_config(rows, **config))
    tokenizer_model(folder)


def peft(random: Random, prefix: str, names: str = "qv", rank: int = 2) -> dict[str, Tensor]:
    """Low-rank updates as peft names them."""
    return {
        f"{prefix}layers.{i}.self_attn.{name}_proj.lora_{x}.default.weight": random(*shape, scale=0.3)
        for i in range(LAYERS)
        for name in names
        for x, shape in (("A", (rank, WIDTH)), ("B", (WIDTH, rank)))
    }


def whisper(folder: Path, random: Random, layers: int = 2) -> None:
    """A Whisper for the ear alone, in the Hub's layout; its decoder is there and not wanted."""
    from safetensors.torch import save_file

    found = {
        "conv1.weight": random(EAR, 80, 3, scale=0.1),
        "conv1.bias": random(EAR, scale=0.2),
        "conv2.weight": random(EAR, EAR, 3, scale=0.2),
        "conv2.bias": random(EAR, scale=0.2),
        "embed_positions.weight": random(1500, EAR, scale=0.3),
        **random.norm("layer_norm", EAR),
    }
    for i in range(layers):
        here = f"layers.{i}."
        for name in "qkv":
            found |= random.linear(f"{here}self_attn.{name}_proj", EAR, EAR, bias=name != "k")
        found |= random.linear(f"{here}self_attn.out_proj", EAR, EAR)
        found |= random.linear(f"{here}fc1", 24, EAR) | random.linear(f"{here}fc2", EAR, 24)
        found |= random.norm(f"{here}self_attn_layer_norm", EAR) | random.norm(f"{here}final_layer_norm", EAR)
    folder.mkdir(parents=True)
    stored = {f"model.encoder.{name}": tensor for name, tensor in found.items()}
    save_file(stored | {"model.decoder.embed_tokens.weight": random(40, EAR)}, folder / "model.safetensors")
    said = {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "d_model": EAR,
        "encoder_layers": layers,
        "encoder_attention_heads": EAR_HEADS,
        "encoder_ffn_dim": 24,
        "decoder_layers": 1,
        "decoder_attention_heads": EAR_HEADS,
        "decoder_ffn_dim": 24,
        "num_mel_bins": 80,
        "max_source_positions": 1500,
        "vocab_size": 40,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 1,
    }
    write_json(folder / "config.json", said)
    extractor = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "chunk_length": 30}
    write_json(folder / "preprocessor_config.json", extractor | {"sampling_rate": 16_000, "n_fft": 400})


QWEN_WORDS = ["system", "user", "assistant", " helpful", " genre", " music", "Audio", " the", " is", " rock", "\n\n"]


def qwen_ranks() -> list[bytes]:
    """Bytes first, then every beginning of some words, each made of the one before it and a byte."""
    found = [bytes([i]) for i in range(256)]
    for word in map(str.encode, QWEN_WORDS):
        found += [word[:n] for n in range(2, len(word) + 1) if word[:n] not in found]
    return found


def qwen_audio(folder: Path) -> None:
    random, ranks = Random(1), qwen_ranks()
    rows = len(ranks) + 3522 + 6  # as published, the table has more rows than there are tokens
    found = {"transformer.wte.weight": random(rows, WIDTH), "lm_head.weight": random(rows, WIDTH, scale=0.18)}
    for i in range(LAYERS):
        here = f"transformer.h.{i}."
        found |= random.norm(f"{here}ln_1", WIDTH, bias=False) | random.norm(f"{here}ln_2", WIDTH, bias=False)
        found |= random.linear(f"{here}attn.c_attn", 3 * WIDTH, WIDTH)
        found |= random.linear(f"{here}attn.c_proj", WIDTH, WIDTH, bias=False)
        for name, out, into in (("w1", INNER, WIDTH), ("w2", INNER, WIDTH), ("c_proj", WIDTH, INNER)):
            found |= random.linear(f"{here}mlp.{name}", out, into, bias=False)
    found |= random.norm("transformer.ln_f", WIDTH, bias=False)
    ear = {
        "conv1.weight": random(EAR, 80, 3, scale=0.1),
        "conv1.bias": random(EAR, scale=0.2),
        "conv2.weight": random(EAR, EAR, 3, scale=0.2),
        "conv2.bias": random(EAR, scale=0.2),
        "positional_embedding": random(1500, EAR, scale=0.3),
        "audio_bos_eos_token.weight": random(2, WIDTH),
        **random.norm("ln_post", EAR),
        **random.linear("proj", WIDTH, EAR),
    }
    for i in range(2):
        for name in ("query", "key", "value", "out"):
            ear |= random.linear(f"blocks.{i}.attn.{name}", EAR, EAR, bias=name != "key")
        ear |= random.linear(f"blocks.{i}.mlp.0", 24, EAR) | random.linear(f"blocks.{i}.mlp.2", EAR, 24)
        ear |= random.norm(f"blocks.{i}.attn_ln", EAR) | random.norm(f"blocks.{i}.mlp_ln", EAR)
    found |= {f"transformer.audio.{name}": tensor for name, tensor in ear.items()}
    shards(folder, {name: tensor.bfloat16() for name, tensor in found.items()}, ".safetensors", 3)
    audio = {"n_mels": 80, "n_ctx": 1500, "n_state": EAR, "n_head": EAR_HEADS, "n_layer": 2, "output_dim": WIDTH}
    said = {
        "architectures": ["QWenLMHeadModel"],
        "auto_map": {"AutoConfig": "configuration_qwen.QWenConfig"},
        "model_type": "qwen",
        "hidden_size": WIDTH,
        "intermediate_size": 2 * INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "layer_norm_epsilon": 1e-5,
        "rotary_emb_base": 10_000,
        "max_position_embeddings": 8192,
        "seq_length": 2048,
        "vocab_size": rows,
        "audio": audio | {"avg_pool": True, "add_audio_bos_eos_token": True, "audio_start_id": len(ranks) + 3520},
    }
    write_json(folder / "config.json", said)
    lines = [base64.b64encode(token).decode() + f" {rank}" for rank, token in enumerate(ranks)]
    (folder / "qwen.tiktoken").write_text("\n".join(lines) + "\n")


PEFT = "base_model.model.model."


def ltu(folder: Path) -> None:
    random = Random(2)
    vicuna(folder / "vicuna_ltu", random)
    ear = {
        "modality_a": random(1, 1, EAR),
        "pos_embed_a": random(1, 512, EAR),
        "patch_embed_a.proj.weight": random(EAR, 1, 16, 16, scale=1 / 16),
        "patch_embed_a.proj.bias": random(EAR),
        **random.norm("norm_a", EAR),
    }
    for here in ("blocks_a.0", "blocks_a.1", "blocks_u.0"):
        for name in ("norm1", "norm1_a", "norm1_v", "norm2", "norm2_a", "norm2_v"):
            ear |= random.norm(f"{here}.{name}", EAR)
        ear |= random.linear(f"{here}.attn.qkv", 3 * EAR, EAR) | random.linear(f"{here}.attn.proj", EAR, EAR)
        ear |= random.linear(f"{here}.mlp.fc1", 24, EAR) | random.linear(f"{here}.mlp.fc2", EAR, 24)
    found = {f"audio_encoder.{name}": tensor for name, tensor in ear.items()}
    found |= random.linear("audio_proj.1", WIDTH, EAR)
    trained = {PEFT + name: tensor for name, tensor in found.items()} | peft(random, PEFT)
    torch.save(trained, folder / "ltu_ori_paper.bin")


def ltu_as(folder: Path) -> None:
    random = Random(3)
    vicuna(folder / "vicuna_ltuas", random)
    whisper(folder / "whisper-large", random, layers=3)
    ear: dict[str, Tensor] = {}
    for here in ("time_tr", "layer_tr"):
        for name in ("query", "key", "value", "out"):
            ear |= random.linear(f"{here}.attn.{name}", EAR, EAR, bias=name != "key")
        ear |= random.linear(f"{here}.mlp.0", 24, EAR) | random.linear(f"{here}.mlp.2", EAR, 24)
        ear |= random.norm(f"{here}.attn_ln", EAR) | random.norm(f"{here}.mlp_ln", EAR)
    found = {f"audio_encoder.{name}": tensor for name, tensor in ear.items()}
    found |= random.linear("audio_proj.1", WIDTH, EAR)
    trained = {PEFT + name: tensor for name, tensor in found.items()} | peft(random, PEFT)
    torch.save(trained, folder / "ltuas_long_noqa_a6.bin")


BEATS = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"


def beats(file: Path, random: Random) -> None:
    settings = {
        "input_patch_size": 16,
        "embed_dim": 12,
        "conv_bias": False,
        "encoder_layers": 2,
        "encoder_embed_dim": EAR,
        "encoder_ffn_embed_dim": 24,
        "encoder_attention_heads": EAR_HEADS,
        "layer_norm_first": False,
        "deep_norm": True,
        "conv_pos": 8,
        "conv_pos_groups": 4,
        "num_buckets": 40,
        "max_distance": 60,
    }
    found = {
        "patch_embedding.weight": random(12, 1, 16, 16, scale=1 / 16),
        **random.norm("layer_norm", 12),
        **random.linear("post_extract_proj", EAR, 12),
        "encoder.pos_conv.0.bias": random(EAR, scale=0.2),
        "encoder.pos_conv.0.weight_g": random(1, 1, 8).abs() + 1,
        "encoder.pos_conv.0.weight_v": random(EAR, EAR // 4, 8),
        **random.norm("encoder.layer_norm", EAR),
    }
    shared = random(40, EAR_HEADS)
    for i in range(2):
        here = f"encoder.layers.{i}."
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found |= random.linear(f"{here}self_attn.{name}", EAR, EAR)
        found |= random.linear(f"{here}self_attn.grep_linear", 8, EAR // EAR_HEADS)
        found[f"{here}self_attn.grep_a"] = 1 + random(1, EAR_HEADS, 1, 1, scale=0.3)
        found[f"{here}self_attn.relative_attention_bias.weight"] = shared
        found |= random.norm(f"{here}self_attn_layer_norm", EAR) | random.norm(f"{here}final_layer_norm", EAR)
        found |= random.linear(f"{here}fc1", 24, EAR) | random.linear(f"{here}fc2", EAR, 24)
    found |= random.linear("predictor", 7, EAR)
    torch.save({"cfg": settings, "model": found, "label_dict": {0: "/m/1"}}, file)


SALMONN_LLAMA = "llama_model.base_model.model.model."


def salmonn(folder: Path) -> None:
    random = Random(4)
    vicuna(folder / "vicuna-7b-v1.5", random)
    whisper(folder / "whisper-large-v2", random)
    beats(folder / BEATS, random)
    bert = random.norm("embeddings.LayerNorm", EAR) | {"embeddings.position_ids": torch.arange(8)[None]}
    for i in range(2):
        here = f"encoder.layer.{i}."
        for kind, into in (("attention", EAR), ("crossattention", 2 * EAR)):
            for name in ("query", "key", "value"):
                bert |= random.linear(f"{here}{kind}.self.{name}", EAR, EAR if name == "query" else into)
            bert |= random.linear(f"{here}{kind}.output.dense", EAR, EAR)
            bert |= random.norm(f"{here}{kind}.output.LayerNorm", EAR)
        bert |= random.linear(f"{here}intermediate_query.dense", 24, EAR)
        bert |= random.linear(f"{here}output_query.dense", EAR, 24)
        bert |= random.norm(f"{here}output_query.LayerNorm", EAR)
    trained = {
        "speech_query_tokens": random(1, 1, EAR),
        **random.norm("ln_speech", EAR),
        **random.norm("ln_audio", EAR),
        **{f"speech_Qformer.bert.{name}": tensor for name, tensor in bert.items()},
        **random.linear("speech_llama_proj", WIDTH, EAR),
        **peft(random, SALMONN_LLAMA),
        "beats.encoder.layers.1.self_attn.relative_attention_bias.weight": random(40, EAR_HEADS),
        f"{SALMONN_LLAMA}layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4),
    }
    state = {0: {"step": 3, "exp_avg": torch.zeros(4)}}
    beside = {"optimizer": {"state": state, "param_groups": [{"lr": 3e-5}]}, "epoch": 8, "scaler": {"scale": 1.0}}
    torch.save({"model": trained, **beside}, folder / "salmonn_7b_v0.pth")


MODAVERSE_ADDED = ("<Media>", "</Media>", "[TEXT]", "[IMAGE]", "[AUDIO]", "[VIDEO]")


def modaverse(folder: Path) -> None:
    random, rows = Random(5), len(pieces())
    base = folder / "7b_v0"
    vicuna(base, random, ".safetensors")
    ends = {"bos_token": {"content": "</s>"}, "eos_token": {"content": "</s>"}, "unk_token": {"content": "<unk>"}}
    write_json(base / "special_tokens_map.json", ends)
    trained = {
        "LLM.base_model.model.model.embed_tokens.weight": random(rows + 6, WIDTH),
        "LLM.base_model.model.lm_head.weight": random(rows + 6, WIDTH, scale=WIDTH**-0.5),
        **peft(random, "LLM.base_model.model.model.", "qkvo"),
        **random.linear("linear_proj", WIDTH, 20),
    }
    added = folder / "ModaVerse-7b"
    write_json(added / "added_tokens.json", {text: rows + i for i, text in enumerate(MODAVERSE_ADDED)})
    torch.save(trained, added / "pytorch_model.pt")
    pre = "modality_preprocessors.audio."
    ear = {
        f"{pre}cls_token": random(1, 1, EAR),
        f"{pre}rgbt_stem.proj.weight": random(EAR, 1, 16, 16, scale=1 / 16),
        **random.norm(f"{pre}rgbt_stem.norm_layer", EAR),
        f"{pre}pos_embedding_helper.pos_embed": random(1, 229, EAR, scale=0.3),
        **random.norm("modality_heads.audio.0", EAR),
        **random.linear("modality_heads.audio.2", 20, EAR, bias=False),
        "modality_postprocessors.audio.1.log_logit_scale": torch.tensor(1.5),
        "modality_trunks.vision.blocks.0.norm_1.weight": random(EAR),  # of another sense
    }
    for i in range(2):
        here = f"modality_trunks.audio.blocks.{i}."
        ear |= {f"{here}attn.in_proj_weight": random(3 * EAR, EAR, scale=EAR**-0.5)}
        ear |= {f"{here}attn.in_proj_bias": random(3 * EAR, scale=0.2)}
        ear |= {f"{here}attn.bias_k": random(1, 1, EAR), f"{here}attn.bias_v": random(1, 1, EAR)}
        ear |= random.linear(f"{here}attn.out_proj", EAR, EAR)
        ear |= random.norm(f"{here}norm_1", EAR) | random.norm(f"{here}norm_2", EAR)
        ear |= random.linear(f"{here}mlp.fc1", 4 * EAR, EAR) | random.linear(f"{here}mlp.fc2", EAR, 4 * EAR)
    torch.save(ear, folder / "imagebind_huge.pth")


CODEBOOKS, CODES = 4, 1024


def encodec_config() -> dict[str, Any]:
    return {
        "architectures": ["EncodecModel"],
        "model_type": "encodec",
        "audio_channels": 1,
        "chunk_length_s": None,
        "codebook_dim": 4,
        "codebook_size": CODES,
        "hidden_size": 4,
        "norm_type": "weight_norm",
        "normalize": False,
        "num_filters": 2,
        "num_lstm_layers": 1,
        "num_residual_layers": 1,
        "overlap": None,
        "pad_mode": "reflect",
        "sampling_rate": 32_000,
        "target_bandwidths": [2.0],
        "upsampling_ratios": [8, 5, 4, 4],
        "use_causal_conv": False,
        "use_conv_shortcut": False,
    }


def anygpt(folder: Path) -> None:
    from transformers import EncodecConfig, EncodecModel

    random, first = Random(6), len(pieces())
    names = ["[Human]", "[MMGPT]", "<eoh>", "<eos>", *(f"<🎶{i}>" for i in range(CODEBOOKS * CODES))]
    names += ["<somu>", "<eomu>"]
    rows = first + len(names)
    llm = {name: tensor.half() for name, tensor in llama_tensors(random, rows).items()}
    shards(folder / "AnyGPT", llm, ".bin", 3)
    write_json(folder / "AnyGPT" / "config.json", llama_config(rows, rms_norm_eps=1e-5, max_position_embeddings=4608))
    write_json(folder / "AnyGPT" / "added_tokens.json", {name: first + i for i, name in enumerate(names)})
    tokenizer_model(folder / "AnyGPT")
    with torch.device("meta"):
        wanted = EncodecModel(EncodecConfig(**encodec_config())).state_dict()
    codec = {}
    for new, like in wanted.items():
        old = new.replace("parametrizations.weight.original0", "weight_g")
        old = old.replace("parametrizations.weight.original1", "weight_v")
        if not old.endswith(("padding_total", "kernel_size", "stride")):
            codec[old] = random(*like.shape, scale=0.5)
    write_json(folder / "encodec_32khz" / "config.json", encodec_config())
    torch.save(codec, folder / "encodec_32khz" / "pytorch_model.bin")


def tokenizer_json(file: Path, *, normalized: bool) -> None:
    """A fast LLaMA tokenizer as of 2023: a word boundary in front of every text, and bytes for the unknown."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    known = [pieces().id_to_piece(i) for i in range(len(pieces()))]
    vocabulary = {piece: i for i, piece in enumerate(known)}
    ordered = [p for p in known[259:] if len(p) > 1]  # byte-pair pieces stand in the order of their merging
    merges = []
    for piece in ordered:
        cut = next(n for n in range(1, len(piece)) if piece[:n] in vocabulary and piece[n:] in vocabulary)
        merges.append((piece[:cut], piece[cut:]))
    found = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    found.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    found.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    found.add_special_tokens([AddedToken(t, special=True, normalized=normalized) for t in ("<unk>", "<s>", "</s>")])
    found.add_special_tokens([AddedToken("<pad>", special=True, normalized=False)])
    found.save(str(file))


def chatmusician(folder: Path, *, normalized: bool = False) -> None:
    random, rows = Random(7), len(pieces()) + 1
    here = folder / "ChatMusician"
    llm = {name: tensor.half() for name, tensor in llama_tensors(random, rows).items()}
    shards(here, llm, ".safetensors", 2)
    write_json(here / "config.json", llama_config(rows - 1, rms_norm_eps=1e-5))  # it denies the row of <pad>
    write_json(here / "added_tokens.json", {"<pad>": rows - 1})
    tokenizer_json(here / "tokenizer.json", normalized=normalized)
    tokenizer_model(here)


def mert_config() -> dict[str, Any]:
    return {
        "_name_or_path": "",
        "architectures": ["MERTModel"],
        "auto_map": {"AutoModel": "modeling_MERT.MERTModel"},
        "model_type": "mert_model",
        "attention_relax": 32.0,
        "conv_bias": False,
        "conv_dim": [6] * 7,
        "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "deepnorm": False,
        "do_stable_layer_norm": True,
        "feat_extract_norm": "group",
        "feat_proj_layer_norm": True,
        "feature_extractor_cqt": False,
        "hidden_size": EAR,
        "intermediate_size": 24,
        "layer_norm_eps": 1e-5,
        "num_attention_heads": EAR_HEADS,
        "num_conv_pos_embedding_groups": 4,
        "num_conv_pos_embeddings": 8,
        "num_feat_extract_layers": 7,
        "num_hidden_layers": 2,
        "sample_rate": 24_000,
        "torch_dtype": "float32",
        "transformers_version": "4.24.0",
    }


def mert(folder: Path, random: Random) -> dict[str, Tensor]:
    """MERT's folder with its settings; its tensors, which are not written."""
    write_json(folder / "config.json", mert_config())
    said = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1, "padding_value": 0}
    said |= {"do_normalize": True, "return_attention_mask": True, "sampling_rate": 24_000}
    write_json(folder / "preprocessor_config.json", said)
    found = random.norm("feature_extractor.conv_layers.0.layer_norm", 6)
    found["masked_spec_embed"] = random(EAR)
    for i, size in enumerate(mert_config()["conv_kernel"]):
        into = 6 if i else 1
        weight = random(6, into, size, scale=(into * size) ** -0.5 * 2)
        found[f"feature_extractor.conv_layers.{i}.conv.weight"] = weight
    found |= random.norm("feature_projection.layer_norm", 6) | random.linear("feature_projection.projection", EAR, 6)
    found["encoder.pos_conv_embed.conv.bias"] = random(EAR, scale=0.2)
    found["encoder.pos_conv_embed.conv.weight_g"] = random(1, 1, 8).abs() + 1
    found["encoder.pos_conv_embed.conv.weight_v"] = random(EAR, EAR // 4, 8)
    found |= random.norm("encoder.layer_norm", EAR)
    for i in range(2):
        here = f"encoder.layers.{i}."
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found |= random.linear(f"{here}attention.{name}", EAR, EAR)
        found |= random.norm(f"{here}layer_norm", EAR) | random.norm(f"{here}final_layer_norm", EAR)
        found |= random.linear(f"{here}feed_forward.intermediate_dense", 24, EAR)
        found |= random.linear(f"{here}feed_forward.output_dense", EAR, 24)
    return found


def meta_llama(random: Random, rows: int, layers: int) -> dict[str, Tensor]:
    """A LLaMA under Meta's names: the base model alone."""
    found = {"tok_embeddings.weight": random(rows, WIDTH)}
    for i in range(layers):
        here = f"layers.{i}."
        for name in ("wq", "wk", "wv", "wo"):
            found |= random.linear(f"{here}attention.{name}", WIDTH, WIDTH, bias=False)
        for name, out, into in (("w1", INNER, WIDTH), ("w2", WIDTH, INNER), ("w3", INNER, WIDTH)):
            found |= random.linear(f"{here}feed_forward.{name}", out, into, bias=False)
        found |= random.norm(f"{here}attention_norm", WIDTH, bias=False)
        found |= random.norm(f"{here}ffn_norm", WIDTH, bias=False)
    found |= random.norm("norm", WIDTH, bias=False)
    return found | {"output.weight": random(rows, WIDTH, scale=WIDTH**-0.5)}


def bridge(random: Random, layers: int, rows: int, hidden: int) -> dict[str, Tensor]:
    """What LLaMA-Adapter adds: updates, biases, gates; and the bridge from MERT."""
    found: dict[str, Tensor] = {}
    sizes = dict.fromkeys(("wq", "wk", "wv", "wo"), (WIDTH, WIDTH))
    sizes |= {"w1": (INNER, WIDTH), "w2": (WIDTH, INNER), "w3": (INNER, WIDTH)}
    for i in range(layers):
        found[f"llama.layers.{i}.attention.gate"] = random(1, HEADS, 1, 1).half()
        for name, (out, into) in sizes.items():
            room = f"llama.layers.{i}.{'attention' if len(name) == 2 and name[1] in 'qkvo' else 'feed_forward'}."
            found[f"{room}lora_{name}_l1.weight"] = random(2, into, scale=0.3)
            found[f"{room}lora_{name}_l2.weight"] = random(out, 2, scale=0.3)
            if name not in ("wk", "wv"):
                found[f"{room}{name}.bias"] = random(out, scale=0.2)
    found |= {"mu_mert_agg.weight": random(1, 3, 1), "mu_mert_agg.bias": random(1)}
    found |= random.linear("mu_mert_proj", WIDTH, EAR)
    for i in (1, 2, 3):
        found |= random.norm(f"mu_mert_norm_{i}", WIDTH, bias=False)
        for k, out, into in ((1, hidden, WIDTH), (2, WIDTH, hidden), (3, hidden, WIDTH)):
            found |= random.linear(f"mu_mert_f{k}_{i}", out, into, bias=False)
    return found | {"prefix_query.weight": random(rows, WIDTH)}


def params(folder: Path, layers: int) -> None:
    said = {"dim": WIDTH, "multiple_of": 16, "n_heads": HEADS, "n_layers": layers, "norm_eps": 1e-5, "vocab_size": -1}
    write_json(folder / "LLaMA" / "7B" / "params.json", said)
    tokenizer_model(folder / "LLaMA")


def mu_llama(folder: Path, *, whole: bool = True) -> None:
    """whole: everything is in checkpoint.pth, as published; else only what was trained, and the rest beside."""
    random, layers = Random(8), 4
    params(folder, layers)
    base = meta_llama(random, len(pieces()), layers)
    ear = mert(folder / "MERT-v1-330M", random)
    trained = bridge(random, layers, 3, 64)
    norms = {name for name in base if "norm" in name}  # these were trained along
    trained |= {f"llama.{name}": base[name] + 0.1 for name in sorted(norms)}
    stored = {name: tensor.half() for name, tensor in base.items()}
    if whole:
        trained |= {f"llama.{name}": tensor for name, tensor in stored.items() if name not in norms}
        trained |= {f"mert_model.{name}": tensor for name, tensor in ear.items()}
    else:
        torch.save(ear, folder / "MERT-v1-330M" / "pytorch_model.bin")
    rope = {"rope.freqs": torch.ones(4)}
    torch.save(stored | rope, folder / "LLaMA" / "7B" / "consolidated.00.pth")
    (folder / "LLaMA" / "7B" / "checklist.chk").write_text(f"{'0' * 32}  consolidated.00.pth\n")
    state = {0: {"step": 3, "exp_avg": torch.zeros(4)}}
    beside = {"optimizer": {"state": state, "param_groups": [{"lr": 1e-4}]}, "epoch": 19, "scaler": {"scale": 1.0}}
    args = argparse.Namespace(batch_size=1, lr=1e-4, output_dir="out")
    torch.save({"model": trained, **beside, "args": args}, folder / "checkpoint.pth")


def m2ugen(folder: Path) -> None:
    """One pickle with every sense in it, names behind a wrapper's prefix, and three dtypes."""
    random, layers = Random(9), 7
    params(folder, layers)
    base = meta_llama(random, len(pieces()) + 8, layers)
    found = {f"llama.{name}": tensor.half() for name, tensor in base.items()}
    found |= {f"mert_model.{name}": t for name, t in mert(folder / "MERT-v1-330M", random).items()}
    found |= {name: tensor.bfloat16() for name, tensor in bridge(random, layers, 6, WIDTH).items()}
    for other in (
        "vit_model.a",
        "vivit_model.a",
        "iu_vit_f1_1",
        "iu_vivit_f1_1",
        "generation_model.a",
        "output_projector.a",
    ):
        found[f"{other}.weight"] = random(3)
    torch.save({"model": {f"module.{name}": tensor for name, tensor in found.items()}}, folder / "checkpoint.pth")


def transcribing_whisper(folder: Path) -> None:
    """A whole Whisper with the special tokens and the settings of a multilingual one; its letters are bytes."""
    import transformers
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    plain.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    plain.add_tokens([AddedToken(f"<|{i * 0.02:.2f}|>", special=False, normalized=False) for i in range(1501)])
    tokenizer = transformers.WhisperTokenizerFast(
        tokenizer_object=plain,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        unk_token="<|endoftext|>",
    )
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in special}
    torch.manual_seed(2)
    config = transformers.WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=40,
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = transformers.WhisperForConditionalGeneration(config)
    model.generation_config = transformers.GenerationConfig(
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_initial_timestamp_index=50,
        return_timestamps=False,
        max_length=40,
    )
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    transformers.WhisperProcessor(transformers.WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
