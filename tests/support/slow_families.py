"""Slow references of the survey's models: what each hears, how it is asked, and its logits.

Written from the papers and the published code's facts alone, on top of slow_models.py: no cache, no batch, no merged
weights, float64. Every function takes a checkpoint folder, a clip, the question's words, and the text that stood for
the clip, where a model was given one.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import published_layouts as layouts
import torch
from published_layouts import EAR_HEADS, HEADS, LAYERS, pieces, tensors
from slow_models import (
    Named,
    attention,
    block,
    gelu,
    kaldi_fbank,
    llama,
    normed,
    silu,
    softmax,
    whisper_layers,
    whisper_mel,
    with_branch,
)
from torch import Tensor

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Clip


class Asked(NamedTuple):
    """A prompt by the reference: ids of its text, embeddings (n, width), the embedding table, and what computes logits
    (n, vocabulary)."""

    ids: list[int]
    embeds: Tensor
    table: Tensor
    run: Callable[[Tensor], Tensor]


def encoded(text: str) -> list[int]:
    return pieces().encode(text)


def placed(table: Tensor, *parts: list[int] | Tensor) -> tuple[list[int], Tensor]:
    """Ids of all text, and embeddings of text and sound in their order."""
    ids = [i for part in parts if isinstance(part, list) for i in part]
    return ids, torch.cat([table[part] if isinstance(part, list) else part for part in parts])


PROJECTIONS = {name: f"self_attn.{name}_proj" for name in "qkvo"}
PROJECTIONS |= {name: f"mlp.{name}_proj" for name in ("gate", "up", "down")}


def vicuna(base: Named, eps: float, trained: Named | None = None, prefix: str = "", scale: float = 0.0) -> Any:
    """Logits of embeddings, by a Llama under transformers' names with its low-rank updates as branches."""

    def project(layer: int, name: str) -> Any:
        plain = base.linear(f"model.layers.{layer}.{PROJECTIONS[name]}")
        update = f"{prefix}layers.{layer}.{PROJECTIONS[name]}.lora_{{}}.default.weight"
        if trained is None or update.format("A") not in trained.of:
            return plain
        return with_branch(plain, trained[update.format("A")], trained[update.format("B")], scale)

    def norm(layer: int, which: int) -> Any:
        return base.rms(f"model.layers.{layer}.{('input', 'post_attention')[which]}_layernorm", eps)

    return lambda x: base.linear("lm_head")(base.rms("model.norm", eps)(llama(x, LAYERS, HEADS, project, norm)))


def mono(clip: Clip) -> np.ndarray:
    return clip.audio.astype(np.float64) if clip.audio.ndim == 1 else clip.audio.astype(np.float64).mean(1)


def in_16_bit(wave: np.ndarray) -> np.ndarray:
    return np.clip(np.round(wave * 32768), -32768, 32767) / 32768


def first(clip: Clip) -> np.ndarray:
    return clip.audio if clip.audio.ndim == 1 else clip.audio[:, 0]


# Qwen-Audio


def slow_qwen(folder: Path, clip: Clip, prompt: str, given: str | None, *, chat: bool = True) -> Asked:
    of = Named(tensors(folder), "transformer.")
    wave = in_16_bit(mono(clip))
    frames = math.ceil(len(wave) // 160 / 2)
    mel = torch.from_numpy(whisper_mel(wave, 480_000)[:, : 2 * frames])
    x = gelu(torch.nn.functional.conv1d(mel[None], of["audio.conv1.weight"], of["audio.conv1.bias"], padding=1))
    x = gelu(torch.nn.functional.conv1d(x, of["audio.conv2.weight"], of["audio.conv2.bias"], stride=2, padding=1))
    x = x[0].T + of["audio.positional_embedding"][:frames]
    for i in range(2):
        here = f"audio.blocks.{i}."
        qkv = [of.linear(f"{here}attn.{name}") for name in ("query", "key", "value")]
        norms = of.norm(f"{here}attn_ln"), of.norm(f"{here}mlp_ln")
        x = block(x, EAR_HEADS, norms, qkv, *(of.linear(here + n) for n in ("attn.out", "mlp.0", "mlp.2")))
    pooled = torch.stack([(x[2 * i] + x[2 * i + 1]) / 2 for i in range(len(x) // 2)])
    assert len(pooled) == (frames - 2) // 2 + 1
    begin, end = of["audio.audio_bos_eos_token.weight"]
    heard = torch.cat([begin[None], of.linear("audio.proj")(of.norm("audio.ln_post")(pooled)), end[None]])

    ranks = {token: i for i, token in enumerate(layouts.qwen_ranks())}
    text = functools.partial(byte_pairs, ranks)
    n = len(ranks)
    special = {"endoftext": n, "im_start": n + 1, "im_end": n + 2, "pad": n + 208, "open": n + 3520, "close": n + 3521}
    audio = [special["open"], *[special["pad"]] * len(pooled), special["close"]]
    if chat:
        start, stop, line = [special["im_start"]], [special["im_end"]], text("\n")
        before = start + text("system") + line + text("You are a helpful assistant.") + stop + line
        before += start + text("user") + line + text("Audio 1:")
        after = text(f"\n{prompt}") + stop + line + start + text("assistant") + line
    else:  # startofanalysis, en, question and answer: 151853, 151859, 155152 and 155153 where there are 151643 ranks
        before = []
        after = [n + 210, n + 216, n + 3509, *text(prompt), n + 3510]
    table = of["wte.weight"]
    ids = before + audio + after
    embeds = torch.cat([table[before], heard, table[after]])

    def project(layer: int, name: str) -> Any:
        here = f"h.{layer}."
        if name in "qkv":
            part = slice("qkv".index(name) * layouts.WIDTH, ("qkv".index(name) + 1) * layouts.WIDTH)
            weight, bias = of[f"{here}attn.c_attn.weight"][part], of[f"{here}attn.c_attn.bias"][part]
            return lambda x: x @ weight.T + bias
        return of.linear(here + {"o": "attn.c_proj", "gate": "mlp.w2", "up": "mlp.w1", "down": "mlp.c_proj"}[name])

    def norm(layer: int, which: int) -> Any:
        return of.rms(f"h.{layer}.ln_{which + 1}", 1e-5)

    head = tensors(folder)["lm_head.weight"].double()
    return Asked(ids, embeds, table, lambda x: of.rms("ln_f", 1e-5)(llama(x, LAYERS, HEADS, project, norm)) @ head.T)


def byte_pairs(ranks: dict[bytes, int], text: str) -> list[int]:
    """Byte-pair encoding of words (letters with the sign before them, single digits, runs of signs)."""
    ids = []
    for word in re.findall(r"\s?[^\W\d_]+|\d| ?[^\s\w]+\n*|\s*\n+|\s+", text):
        parts = [bytes([b]) for b in word.encode()]
        while len(parts) > 1:
            found = [(ranks.get(a + b, math.inf), i) for i, (a, b) in enumerate(pairwise(parts))]
            best, at = min(found)
            if best == math.inf:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        ids += [ranks[part] for part in parts]
    return ids


# LTU and LTU-AS


def slow_ltu(folder: Path, clip: Clip, prompt: str, given: str | None) -> Asked:
    of = Named(tensors(folder / "ltu_ori_paper.bin"), layouts.PEFT)
    wave = first(clip).astype(np.float64)
    bank = np.zeros((1024, 128))
    found = kaldi_fbank(wave - wave.mean(), "hanning")[:1024]
    bank[: len(found)] = found
    image = torch.from_numpy((bank + 5.081) / 4.4849).T  # (mel, time)
    weight = of["audio_encoder.patch_embed_a.proj.weight"].flatten(1)
    patches = [
        weight @ image[16 * row : 16 * row + 16, 16 * column : 16 * column + 16].flatten()
        for row in range(8)  # frequency is the slow axis
        for column in range(64)
    ]
    x = torch.stack(patches) + of["audio_encoder.patch_embed_a.proj.bias"]
    x = x + of["audio_encoder.pos_embed_a"][0] + of["audio_encoder.modality_a"][0]
    for name, one, two in (("a.0", "1", "2"), ("a.1", "1", "2"), ("u.0", "1_a", "2_a")):
        here = f"audio_encoder.blocks_{name}."
        norms = of.norm(f"{here}norm{one}"), of.norm(f"{here}norm{two}")
        qkv = [lambda y, i=i, here=here: of.linear(f"{here}attn.qkv")(y).split(layouts.EAR, -1)[i] for i in range(3)]
        x = block(x, EAR_HEADS, norms, qkv, *(of.linear(here + n) for n in ("attn.proj", "mlp.fc1", "mlp.fc2")))
    x = of.norm("audio_encoder.norm_a")(x)
    columns = [torch.stack([x[row * 64 + column] for row in range(8)]).mean(0) for column in range(64)]
    pairs = torch.stack([(columns[2 * i] + columns[2 * i + 1]) / 2 for i in range(32)])
    heard = of.linear("audio_proj.1")(normed(pairs / 50, 1e-5))
    base = Named(tensors(folder / "vicuna_ltu"))
    table = base["model.embed_tokens.weight"]
    ids, embeds = placed(table, heard, [1, *encoded(f"### Instruction:\n{prompt}\n\n### Response:\n")])
    return Asked(ids, embeds, table, vicuna(base, 1e-6, of, "", 2.0))


def slow_ltu_as(folder: Path, clip: Clip, prompt: str, given: str | None) -> Asked:
    of = Named(tensors(folder / "ltuas_long_noqa_a6.bin"), layouts.PEFT)
    wave = in_16_bit(mono(clip))
    mel = np.zeros((80, 1000))
    found = whisper_mel(wave, len(wave))[:, :1000]
    mel[:, : found.shape[1]] = found
    whisper = Named(tensors(folder / "whisper-large" / "model.safetensors"), "model.encoder.")
    layers = [
        torch.stack([x[20 * i : 20 * i + 20].mean(0) for i in range(25)])
        for x in whisper_layers(torch.from_numpy(mel), whisper, EAR_HEADS)
    ]

    def look(x: Tensor, name: str, heads: int) -> Tensor:
        here = f"audio_encoder.{name}."
        qkv = [of.linear(f"{here}attn.{n}") for n in ("query", "key", "value")]
        norms = of.norm(f"{here}attn_ln"), of.norm(f"{here}mlp_ln")
        return block(x, heads, norms, qkv, *(of.linear(here + n) for n in ("attn.out", "mlp.0", "mlp.2")))

    over_time = [look(layer, "time_tr", 1) for layer in layers]
    moments = [look(torch.stack([y[t] for y in over_time]), "layer_tr", EAR_HEADS).mean(0) for t in range(25)]
    heard = of.linear("audio_proj.1")(normed(torch.stack(moments), 1e-5))
    base = Named(tensors(folder / "vicuna_ltuas"))
    table = base["model.embed_tokens.weight"]
    ids, embeds = placed(table, heard, [1, *encoded(f"### Instruction:\n{prompt}\n\n### Response:\n")])
    return Asked(ids, embeds, table, vicuna(base, 1e-6, of, "", 2.0))


# SALMONN


def slow_beats(file: Path, wave: np.ndarray) -> Tensor:
    of = Named(torch.load(file, weights_only=True)["model"])
    bank = torch.from_numpy((kaldi_fbank(wave * 2.0**15, "povey") - 15.41663) / (2 * 6.55582))
    weight = of["patch_embedding.weight"].flatten(1)
    patches = [
        weight @ bank[16 * t : 16 * t + 16, 16 * f : 16 * f + 16].flatten()
        for t in range(len(bank) // 16)
        for f in range(8)
    ]
    x = of.linear("post_extract_proj")(of.norm("layer_norm")(torch.stack(patches)))
    v, g = of["encoder.pos_conv.0.weight_v"], of["encoder.pos_conv.0.weight_g"]
    kernel = torch.stack([g[0, 0, t] * v[:, :, t] / v[:, :, t].pow(2).sum().sqrt() for t in range(8)], -1)
    padded = torch.cat([torch.zeros(4, layouts.EAR), x, torch.zeros(4, layouts.EAR)]).double()
    around = []
    for t in range(len(x)):  # an even kernel: of one position too many the last is left out
        groups = padded[t : t + 8].split(4, 1)
        parts = [torch.einsum("kc,ock->o", part, kernel[4 * i : 4 * i + 4]) for i, part in enumerate(groups)]
        around.append(torch.cat(parts) + of["encoder.pos_conv.0.bias"])
    x = of.norm("encoder.layer_norm")(x + gelu(torch.stack(around)))
    table = of["encoder.layers.0.self_attn.relative_attention_bias.weight"]
    relative = torch.stack([table[[bucket(k - q) for k in range(len(x))]] for q in range(len(x))])
    for i in range(2):
        here = f"encoder.layers.{i}."
        q, k, v = (of.linear(f"{here}self_attn.{n}_proj")(x) for n in "qkv")
        bias = []
        for head, part in enumerate(q.split(layouts.EAR // EAR_HEADS, -1)):
            gates = of.linear(f"{here}self_attn.grep_linear")(part)
            one, two = (1 / (1 + torch.exp(-gates[:, s].sum(1))) for s in (slice(0, 4), slice(4, 8)))
            gate = one * (two * of[f"{here}self_attn.grep_a"][0, head, 0, 0] - 1) + 2
            bias.append(gate[:, None] * relative[:, :, head])
        mixed = of.linear(f"{here}self_attn.out_proj")(attention(q, k, v, EAR_HEADS, bias=bias))
        x = of.norm(f"{here}self_attn_layer_norm")(x * (2 * 2) ** 0.25 + mixed)
        inner = of.linear(f"{here}fc2")(gelu(of.linear(f"{here}fc1")(x)))
        x = of.norm(f"{here}final_layer_norm")(x * (2 * 2) ** 0.25 + inner)
    return x


def bucket(offset: int) -> int:
    """T5's bucket (Raffel et al., arXiv 1910.10683) of how far a key lies behind a query: 40 of them, up to 60."""
    later, far = (20 if offset > 0 else 0), abs(offset)
    if far < 10:
        return later + far
    return later + min(19, 10 + int(math.log(far / 10) / math.log(60 / 10) * 10))


def slow_salmonn(folder: Path, clip: Clip, prompt: str, given: str | None) -> Asked:
    of = Named(tensors(folder / "salmonn_7b_v0.pth"))
    wave = first(clip).astype(np.float64)[:480_000]
    wave = np.pad(wave, (0, max(0, 16_000 - len(wave))))
    whisper = Named(tensors(folder / "whisper-large-v2" / "model.safetensors"), "model.encoder.")
    mel = torch.from_numpy(whisper_mel(wave, 480_000))
    speech = of.norm("ln_speech")(whisper.norm("layer_norm")(whisper_layers(mel, whisper, EAR_HEADS)[-1]))
    sounds = of.norm("ln_audio")(slow_beats(folder / layouts.BEATS, wave))
    sounds = torch.cat([sounds, torch.zeros(len(speech) - len(sounds), layouts.EAR).double()])
    bert = Named(tensors(folder / "salmonn_7b_v0.pth"), "speech_Qformer.bert.")
    heard = []
    for start in range(0, len(speech) - 16, 17):
        window = torch.cat([speech[start : start + 17], sounds[start : start + 17]], 1)
        x = bert.norm("embeddings.LayerNorm", 1e-12)(of["speech_query_tokens"][0])
        for i in range(2):
            here = f"encoder.layer.{i}."
            for kind, seen in (("attention", None), ("crossattention", window)):
                q = bert.linear(f"{here}{kind}.self.query")(x)
                k, v = (bert.linear(f"{here}{kind}.self.{n}")(x if seen is None else seen) for n in ("key", "value"))
                mixed = bert.linear(f"{here}{kind}.output.dense")(attention(q, k, v, EAR_HEADS))
                x = bert.norm(f"{here}{kind}.output.LayerNorm", 1e-12)(mixed + x)
            inner = gelu(bert.linear(f"{here}intermediate_query.dense")(x))
            x = bert.norm(f"{here}output_query.LayerNorm", 1e-12)(bert.linear(f"{here}output_query.dense")(inner) + x)
        heard.append(of.linear("speech_llama_proj")(x[0]))
    assert len(heard) == 88
    base = Named(tensors(folder / "vicuna-7b-v1.5"))
    table = base["model.embed_tokens.weight"]
    after = encoded(f"</Speech> {prompt}\nASSISTANT:")
    ids, embeds = placed(table, [1, *encoded("USER: <Speech>")], torch.stack(heard), after)
    return Asked(ids, embeds, table, vicuna(base, 1e-6, of, layouts.SALMONN_LLAMA, 4.0))


# ModaVerse


def slow_modaverse(folder: Path, clip: Clip, prompt: str, given: str | None) -> Asked:
    of = Named(tensors(folder / "imagebind_huge.pth"))
    wave = np.atleast_2d(clip.audio.T).astype(np.float64)
    last = Fraction(max(wave.shape[1] / 16_000 - 2, 0.0))  # the sampler subtracts floats, and is exact from there on
    heard = []
    for start in (Fraction(0), last / 2, last):
        piece = wave[:, int(start * 16_000) : int((start + 2) * 16_000)]
        piece -= piece.mean()  # in place: the next piece, where it overlaps, begins with what is left
        mel = np.zeros((128, 204))
        bank = kaldi_fbank(piece[0], "hanning").T[:, :204]
        mel[:, : bank.shape[1]] = bank
        heard.append(imagebind(torch.from_numpy((mel + 4.268) / 9.138), of))
    vector = torch.stack(heard).mean(0)
    trained = Named(tensors(folder / "ModaVerse-7b" / "pytorch_model.pt"))
    base = Named(tensors(folder / "7b_v0"))
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        base.of[name] = trained[f"LLM.base_model.model.{name}"]
    table, media = base["model.embed_tokens.weight"], len(pieces())
    before = [2, *encoded("### Human:"), media]  # its tokenizer's begin of sentence is '</s>'
    after = [media + 1, *encoded(f"{prompt}\n### Assistant:")]
    ids, embeds = placed(table, before, trained.linear("linear_proj")(vector)[None], after)
    return Asked(ids, embeds, table, vicuna(base, 1e-6, trained, "LLM.base_model.model.model.", 1.0))


def imagebind(mel: Tensor, of: Named) -> Tensor:
    pre = "modality_preprocessors.audio."
    weight = of[f"{pre}rgbt_stem.proj.weight"].flatten(1)
    rows = [
        weight @ mel[10 * f : 10 * f + 16, 10 * t : 10 * t + 16].flatten()
        for f in range((128 - 16) // 10 + 1)
        for t in range((204 - 16) // 10 + 1)
    ]
    x = torch.cat([of[f"{pre}cls_token"][0], of.norm(f"{pre}rgbt_stem.norm_layer", 1e-5)(torch.stack(rows))])
    x = x + of[f"{pre}pos_embedding_helper.pos_embed"][0]
    for i in range(2):
        here = f"modality_trunks.audio.blocks.{i}."
        joined = of[f"{here}attn.in_proj_weight"], of[f"{here}attn.in_proj_bias"]
        y = of.norm(f"{here}norm_1", 1e-6)(x)
        q, k, v = (y @ w.T + b for w, b in zip(*(part.split(layouts.EAR) for part in joined), strict=True))
        k, v = torch.cat([k, of[f"{here}attn.bias_k"][0]]), torch.cat([v, of[f"{here}attn.bias_v"][0]])
        x = x + of.linear(f"{here}attn.out_proj")(attention(q, k, v, EAR_HEADS))
        inner = gelu(of.linear(f"{here}mlp.fc1")(of.norm(f"{here}norm_2", 1e-6)(x)))
        x = x + of.linear(f"{here}mlp.fc2")(inner)
    found = of.linear("modality_heads.audio.2")(of.norm("modality_heads.audio.0", 1e-6)(x[0]))
    scale = min(math.exp(float(of["modality_postprocessors.audio.1.log_logit_scale"])), 100)
    return scale * found / found.pow(2).sum().sqrt()


# AnyGPT


def codes_of(folder: Path, wave: Tensor) -> list[list[int]]:
    """EnCodec's codes: of what its convolutions make of a wave, the nearest entry, then of what that leaves, ..."""
    from transformers import EncodecConfig, EncodecModel

    stored = tensors(folder / "pytorch_model.bin")
    codec = EncodecModel(EncodecConfig(**layouts.encodec_config())).eval()
    new = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    renamed = {re.sub(r"weight_[gv]$", lambda m: new[m[0]], name): t for name, t in stored.items()}
    codec.load_state_dict(renamed, strict=False)
    with torch.inference_mode():
        left = codec.encoder(wave[None, None])[0].T.double()
    found = []
    for book in range(layouts.CODEBOOKS):
        entries = stored[f"quantizer.layers.{book}.codebook.embed"].double()
        nearest = [int((entries - frame).pow(2).sum(1).argmin()) for frame in left]
        left = left - entries[nearest]
        found.append(nearest)
    return found


def slow_anygpt(folder: Path, clip: Clip, prompt: str, given: str | None, *, chat: bool = True) -> Asked:
    wave = torch.from_numpy(clip.audio[: 32_000 * (5 if chat else 20)])
    codes = codes_of(folder / "encodec_32khz", wave if wave.ndim == 1 else wave.mean(1))
    tags = [f"<🎶{codes[book][t] + 1024 * book}>" for t in range(len(codes[0])) for book in range(4)]
    music = f"<somu>{''.join(tags)}<eomu>"
    if chat:
        system = "You are an AI assistant named MMGPT who can understand and generate multimodal content, including "
        system += "text, speech, images and audio."
        text = f"{system}\n[Human]: {music} {prompt}<eoh>\n[MMGPT]:"
    else:
        text = f"[Human]: {prompt} {music}<eoh> [MMGPT]:"
    added = json.loads((folder / "AnyGPT" / "added_tokens.json").read_text("utf-8"))
    ids = [1]
    for part in re.split("(" + "|".join(map(re.escape, sorted(added, key=len, reverse=True))) + ")", text):
        ids += [added[part]] if part in added else encoded(part)
    base = Named(tensors(folder / "AnyGPT"))
    table = base["model.embed_tokens.weight"]
    return Asked(ids, table[ids], table, vicuna(base, 1e-5))


# ChatMusician


def slow_chatmusician(folder: Path, clip: Clip, prompt: str, given: str | None) -> Asked:
    text = f"Human: {prompt}\n{given} </s> Assistant: "
    said = json.loads((folder / "ChatMusician" / "tokenizer.json").read_text("utf-8"))
    vocabulary = said["model"]["vocab"]
    merges = {tuple(pair): i for i, pair in enumerate(said["model"]["merges"])}
    ids = []
    for i, part in enumerate(text.split("</s>")):
        ids += [2] if i else []
        letters = list("▁" + part.replace(" ", "▁"))  # every piece begins with a word boundary of its own
        while found := [(merges[p], at) for at, p in enumerate(pairwise(letters)) if p in merges]:
            at = min(found)[1]
            letters[at : at + 2] = [letters[at] + letters[at + 1]]
        for letter in letters:
            known = letter in vocabulary
            ids += [vocabulary[letter]] if known else [vocabulary[f"<0x{b:02X}>"] for b in letter.encode()]
    base = Named(tensors(folder / "ChatMusician"))
    table = base["model.embed_tokens.weight"]
    return Asked(ids, table[ids], table, vicuna(base, 1e-5))


# MU-LLaMA and M2UGen


def slow_mert(of: Named, wave: Tensor) -> list[Tensor]:
    """All hidden states of MERT, the last one normalised (Hubert's stable variant: Hsu et al., arXiv 2106.07447)."""
    x = (wave - wave.mean()) / (wave.var(unbiased=False) + 1e-7).sqrt()
    x = x[None]
    for i, stride in enumerate(layouts.mert_config()["conv_stride"]):
        here = f"feature_extractor.conv_layers.{i}."
        x = torch.nn.functional.conv1d(x[None], of[f"{here}conv.weight"], stride=stride)[0]
        if i == 0:  # each channel over time
            x = normed(x, 1e-5) * of[f"{here}layer_norm.weight"][:, None] + of[f"{here}layer_norm.bias"][:, None]
        x = gelu(x)
    x = of.linear("feature_projection.projection")(of.norm("feature_projection.layer_norm")(x.T))
    v, g = of["encoder.pos_conv_embed.conv.weight_v"], of["encoder.pos_conv_embed.conv.weight_g"]
    kernel = torch.stack([g[0, 0, t] * v[:, :, t] / v[:, :, t].pow(2).sum().sqrt() for t in range(8)], -1)
    around = torch.nn.functional.conv1d(x.T[None], kernel, of["encoder.pos_conv_embed.conv.bias"], padding=4, groups=4)
    x = x + gelu(around[0, :, :-1]).T
    states = [x]
    for i in range(2):
        here = f"encoder.layers.{i}."
        norms = of.norm(f"{here}layer_norm"), of.norm(f"{here}final_layer_norm")
        qkv = [of.linear(f"{here}attention.{n}_proj") for n in "qkv"]
        rest = ("attention.out_proj", "feed_forward.intermediate_dense", "feed_forward.output_dense")
        x = block(x, EAR_HEADS, norms, qkv, *(of.linear(here + n) for n in rest))
        states.append(x)
    return [*states[:-1], of.norm("encoder.layer_norm")(states[-1])]


def slow_bridged(
    folder: Path, clip: Clip, prompt: str, given: str | None, *, layers: int = 4, rows: int = 3, capabilities: int = 3
) -> Asked:
    stored = {name.removeprefix("module."): t for name, t in tensors(folder / "checkpoint.pth").items()}
    if "llama.output.weight" not in stored:
        beside = tensors(folder / "LLaMA" / "7B" / "consolidated.00.pth")
        stored = {f"llama.{name}": t for name, t in beside.items()} | stored
        ear = tensors(folder / "MERT-v1-330M" / "pytorch_model.bin")
        stored |= {f"mert_model.{name}": t for name, t in ear.items()}
    of, base = Named(stored), Named(stored, "llama.")
    states = slow_mert(Named(stored, "mert_model."), torch.from_numpy(mono(clip)[: 60 * 24_000]))
    mixed = sum(of["mu_mert_agg.weight"][0, i, 0] * state.mean(0) for i, state in enumerate(states))
    mixed = mixed + of["mu_mert_agg.bias"]
    x = of.linear("mu_mert_proj")(mixed / mixed.pow(2).sum().sqrt() / (1 + 1e-6))
    for i in (1, 2, 3):
        y = of.rms(f"mu_mert_norm_{i}", 1e-6)(x)
        x = x + of.linear(f"mu_mert_f2_{i}")(silu(of.linear(f"mu_mert_f1_{i}")(y)) * of.linear(f"mu_mert_f3_{i}")(y))
    vectors = [query + x if row < capabilities else query for row, query in enumerate(of["prefix_query.weight"])]

    def project(layer: int, name: str) -> Any:
        old = {"q": "wq", "k": "wk", "v": "wv", "o": "wo", "gate": "w1", "down": "w2", "up": "w3"}[name]
        room = f"layers.{layer}.{'attention' if len(name) == 1 else 'feed_forward'}."
        down, up = (base[f"{room}lora_{old}_l{k}.weight"] for k in (1, 2))
        return with_branch(base.linear(room + old), down, up, 1.0)

    def heard(layer: int, mixed: Tensor) -> Tensor:
        if layer < layers - rows:
            return mixed
        here, vector = f"layers.{layer}.attention.", vectors[layer - (layers - rows)]
        added = []
        key, value = (
            part.split(layouts.WIDTH // HEADS)
            for part in (base[f"{here}wk.weight"] @ vector, base[f"{here}wv.weight"] @ vector)
        )
        for head in range(HEADS):
            weight = softmax((key[head] * 0.1).sum()[None])  # over the one vector that there is
            added.append(torch.tanh(base[f"{here}gate"][0, head, 0, 0]) * weight * value[head])
        return mixed + torch.cat(added)

    def norm(layer: int, which: int) -> Any:
        return base.rms(f"layers.{layer}.{('attention', 'ffn')[which]}_norm", 1e-5)

    def run(x: Tensor) -> Tensor:
        out = llama(x, layers, HEADS, project, norm, neighbours=True, heard=heard)
        return base.linear("output")(base.rms("norm", 1e-5)(out))

    context = "" if layers != 4 else ", paired with an input that provides further context"
    extra = "" if layers != 4 else "### Input:\n<built-in function input>\n\n"
    text = f"Below is an instruction that describes a task{context}. Write a response that appropriately completes the "
    text += f"request.\n\n### Instruction:\n{prompt}\n\n{extra}### Response:"
    ids = [1, *encoded(text)]
    table = base["tok_embeddings.weight"]
    return Asked(ids, table[ids], table, run)
