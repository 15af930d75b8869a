"""The survey's models against slow references of their own, on tiny random checkpoints in the published layouts.

The references are those of slow_families.py. What is heard, asked and answered is compared, and a checkpoint that is
not the model is refused.
"""

from __future__ import annotations

import functools
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import asked

from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Failure, Question, Ranking

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")
pytest.importorskip("tiktoken")

import published_layouts as layouts  # noqa: E402
from published_layouts import EAR_HEADS, pieces  # noqa: E402
from slow_families import (  # noqa: E402
    Asked,
    encoded,
    slow_anygpt,
    slow_bridged,
    slow_chatmusician,
    slow_ltu,
    slow_ltu_as,
    slow_modaverse,
    slow_qwen,
    slow_salmonn,
)
from slow_models import softmax  # noqa: E402
from tiny_onnx import write_model  # noqa: E402

pytestmark = pytest.mark.slow

GENRE = Question("classify", "What is the genre of this music? Options: rock, folk.", ("rock", "folk music"), "genre")


@dataclass(frozen=True)
class Family:
    """How a family's folder is written, which class reads it, its reference, and what must not be missing."""

    write: Callable[[Path], None]
    made: str
    slow: Callable[[Path, Clip, str, str | None], Asked]
    rate: int
    needed: tuple[tuple[str, str], ...]
    options: dict[str, Any] = field(default_factory=dict)
    seconds: tuple[float, float] = (0.63, 1.71)


LORA = "layers.1.self_attn.v_proj.lora_{}.default.weight"
MODELS = "mudata.evaluation.models.families."
FAMILIES = {
    "qwen-audio-chat": Family(
        layouts.qwen_audio,
        f"{MODELS}qwen_audio:QwenAudio",
        slow_qwen,
        16_000,
        (
            (".", "transformer.h.1.mlp.w2.weight"),
            (".", "transformer.audio.blocks.0.mlp.0.bias"),
            (".", "transformer.audio.ln_post.weight"),
        ),
    ),
    "qwen-audio": Family(
        layouts.qwen_audio,
        f"{MODELS}qwen_audio:QwenAudio",
        functools.partial(slow_qwen, chat=False),
        16_000,
        (),
        {"chat": False},
    ),
    "ltu": Family(
        layouts.ltu,
        f"{MODELS}ltu:LTU",
        slow_ltu,
        16_000,
        (
            ("ltu_ori_paper.bin", f"{layouts.PEFT}audio_encoder.blocks_u.0.norm1_a.weight"),
            ("ltu_ori_paper.bin", layouts.PEFT + LORA.format("A")),
            ("ltu_ori_paper.bin", layouts.PEFT + LORA.format("B")),
            ("vicuna_ltu", "model.layers.0.self_attn.q_proj.weight"),
        ),
        {"vit_heads": EAR_HEADS},
    ),
    "ltu-as": Family(
        layouts.ltu_as,
        f"{MODELS}ltu_as:LtuAs",
        slow_ltu_as,
        16_000,
        (
            ("ltuas_long_noqa_a6.bin", f"{layouts.PEFT}audio_encoder.layer_tr.attn.value.bias"),
            ("whisper-large/model.safetensors", "model.encoder.layers.1.fc1.bias"),
        ),
        {"layer_heads": EAR_HEADS, "transcribe": False},
    ),
    "salmonn": Family(
        layouts.salmonn,
        f"{MODELS}salmonn:Salmonn",
        slow_salmonn,
        16_000,
        (
            ("salmonn_7b_v0.pth", "speech_Qformer.bert.encoder.layer.1.crossattention.self.key.weight"),
            ("salmonn_7b_v0.pth", "ln_audio.bias"),
            (layouts.BEATS, "encoder.layers.1.self_attn.grep_a"),
            (layouts.BEATS, "encoder.layers.0.fc1.bias"),
            ("vicuna-7b-v1.5", "model.norm.weight"),
        ),
        {"qformer_heads": EAR_HEADS},
        (0.4, 1.3),
    ),
    "modaverse": Family(
        layouts.modaverse,
        f"{MODELS}modaverse:ModaVerse",
        slow_modaverse,
        16_000,
        (
            ("ModaVerse-7b/pytorch_model.pt", "LLM.base_model.model.model." + LORA.format("A")),
            ("ModaVerse-7b/pytorch_model.pt", "linear_proj.bias"),
            ("imagebind_huge.pth", "modality_trunks.audio.blocks.1.attn.bias_k"),
            ("7b_v0", "model.layers.0.mlp.up_proj.weight"),
        ),
        {"imagebind_heads": EAR_HEADS},
        (1.1, 45_001 / 16_000),  # its last piece ends one sample early
    ),
    "anygpt-chat": Family(
        layouts.anygpt,
        f"{MODELS}anygpt:AnyGPT",
        slow_anygpt,
        32_000,
        (("AnyGPT", "model.layers.1.mlp.down_proj.weight"), ("AnyGPT", "lm_head.weight")),
        seconds=(0.11, 0.2),
    ),
    "anygpt": Family(
        layouts.anygpt,
        f"{MODELS}anygpt:AnyGPT",
        functools.partial(slow_anygpt, chat=False),
        32_000,
        (),
        {"chat": False, "instruction": ""},
        (0.11, 0.2),
    ),
    "chatmusician": Family(
        layouts.chatmusician,
        f"{MODELS}chatmusician:ChatMusician",
        slow_chatmusician,
        22_050,
        (("ChatMusician", "model.layers.0.input_layernorm.weight"),),
        {"own_words": False},
    ),
    "m2ugen": Family(
        layouts.m2ugen,
        f"{MODELS}m2ugen:M2UGen",
        functools.partial(slow_bridged, layers=7, rows=6, capabilities=2),
        24_000,
        (
            ("checkpoint.pth", "module.llama.layers.6.attention.gate"),
            ("checkpoint.pth", "module.llama.layers.3.feed_forward.w2.bias"),
            ("checkpoint.pth", "module.mu_mert_f2_3.weight"),
        ),
    ),
    "mu-llama": Family(
        layouts.mu_llama,
        f"{MODELS}mu_llama:MuLlama",
        slow_bridged,
        24_000,
        (
            ("checkpoint.pth", "llama.layers.2.attention.wq.bias"),
            ("checkpoint.pth", "llama.layers.0.attention.lora_wk_l1.weight"),
            ("checkpoint.pth", "mert_model.encoder.layers.1.attention.k_proj.bias"),
        ),
    ),
    "mu-llama-adapter": Family(
        functools.partial(layouts.mu_llama, whole=False),
        f"{MODELS}mu_llama:MuLlama",
        slow_bridged,
        24_000,
        (("LLaMA/7B/consolidated.00.pth", "layers.1.feed_forward.w3.weight"),),
    ),
}


def loaded(name: str, folder: Path, **more: Any) -> Any:
    import importlib

    module, _, kind = FAMILIES[name].made.partition(":")
    options = {"device": "cpu", "dtype": "fp32", "max_new_tokens": 6} | FAMILIES[name].options | more
    model = getattr(importlib.import_module(module), kind)(str(folder), **options)
    model.load()
    return model


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads would only wait for each other over tensors this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("checkpoints")

    def written(name: str) -> Path:
        if not (root / name).is_dir():
            (root / name).mkdir()
            FAMILIES[name].write(root / name)
        return root / name

    return written


@pytest.fixture(scope="session")
def model_of(folder_of: Callable[[str], Path]) -> Callable[[str], Any]:
    return functools.cache(lambda name: loaded(name, folder_of(name)))


def clips(name: str, folder: Path) -> list[Clip]:
    """Two unequal clips, the first with two unlike channels; or two tunes, for the model that reads."""
    if name == "chatmusician":
        return [Clip(f"c{i}", np.zeros(0, np.float32), 1, midi=tune(folder / f"{i}.mid", 4 * i + 3)) for i in (0, 1)]
    rng, found = np.random.default_rng(11), []
    for i, seconds in enumerate(FAMILIES[name].seconds):
        at = np.arange(round(seconds * FAMILIES[name].rate)) / FAMILIES[name].rate
        wave = 0.3 * np.sin(2 * np.pi * (330 + 200 * i) * at) + 0.05 * rng.standard_normal(len(at)) + 0.02
        other = 0.2 * np.sin(2 * np.pi * 97 * at) * at
        audio = np.stack([wave, other], 1) if i == 0 else wave
        found.append(Clip(f"c{i}", audio.astype(np.float32), FAMILIES[name].rate))
    return found


def tune(file: Path, notes: int) -> Path:
    import mido

    track = mido.MidiTrack()
    for pitch in (60, 64, 67, 72, 71, 67, 65)[:notes]:
        track += [mido.Message("note_on", note=pitch, velocity=80), mido.Message("note_off", note=pitch, time=480)]
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(file)
    return file


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.slow
def test_it_hears_reads_and_answers_as_the_slow_reference(
    name: str, folder_of: Callable[[str], Path], model_of: Callable[[str], Any], tmp_path: Path
) -> None:
    model = model_of(name)
    for clip in clips(name, tmp_path):
        prompt = model.embed_clip(clip, GENRE)
        slow = FAMILIES[name].slow(folder_of(name), clip, GENRE.prompt, prompt.given)
        assert list(prompt.ids) == slow.ids
        torch.testing.assert_close(prompt.embeds.double(), slow.embeds, atol=2e-4, rtol=1e-4)
        with torch.inference_mode(), model.attending([prompt]):
            logits = model.llm(inputs_embeds=prompt.embeds[None]).logits[0]
        torch.testing.assert_close(logits.double(), slow.run(slow.embeds), atol=2e-3, rtol=1e-3)
        written = model.write([prompt], model.generation_config())[0]
        assert written == greedily(slow, set(model.stop_ids()), 6)


def greedily(asked: Asked, stop: set[int], longest: int) -> list[int]:
    """The likeliest token, everything read anew, and so on."""
    embeds, found = asked.embeds, []
    while len(found) < longest:
        best = int(asked.run(embeds)[-1].argmax())
        if best in stop:
            break
        found.append(best)
        embeds = torch.cat([embeds, asked.table[[best]]])
    return found


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.slow
def test_a_batch_of_unequal_clips_is_answered_as_each_alone(
    name: str, model_of: Callable[[str], Any], tmp_path: Path
) -> None:
    model, heard = model_of(name), clips(name, tmp_path)
    together = model.answer(asked(GENRE, *heard))
    assert together == [model.answer(asked(GENRE, clip))[0] for clip in heard]
    assert all(isinstance(answer, Answer) for answer in together)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.slow
def test_options_are_ranked_by_the_reference_likelihood(
    name: str, folder_of: Callable[[str], Path], model_of: Callable[[str], Any], tmp_path: Path
) -> None:
    model, clip = model_of(name), clips(name, tmp_path)[0]
    (ranking,) = model.rank(asked(GENRE, clip))
    assert isinstance(ranking, Ranking)
    slow = FAMILIES[name].slow(folder_of(name), clip, GENRE.prompt, model.embed_clip(clip, GENRE).given)
    for option, got in zip(GENRE.options, ranking.loglik, strict=True):
        ids = model.continuation(option)
        logits = slow.run(torch.cat([slow.embeds, slow.table[ids]]))[len(slow.embeds) - 1 : -1]
        wanted = sum(math.log(float(softmax(row)[i])) for row, i in zip(logits, ids, strict=True))
        assert got == pytest.approx(wanted, abs=5e-3)
    assert ranking.tokens == tuple(len(model.continuation(option)) for option in GENRE.options)


NEEDED = [(name, file, key) for name, family in FAMILIES.items() for file, key in family.needed]


@pytest.mark.parametrize(("name", "file", "key"), NEEDED)
def test_a_checkpoint_that_lacks_a_tensor_is_refused_with_its_name(
    name: str, file: str, key: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(folder_of(name), folder)
    where = folder / file
    if where.is_dir():  # the shard that has it, and the index with it
        (index,) = where.glob("*.index.json")
        said = json.loads(index.read_text("utf-8"))
        layouts.change(where / said["weight_map"].pop(key), lambda found: found.pop(key))
        layouts.write_json(index, said)
    else:
        layouts.change(where, lambda found: found.pop(key))
    tail = ".".join(
        key.removeprefix("module.").split(".")[-3:]
    )  # what comes before may have another name inside the model
    with pytest.raises(ModelError, match=re.escape(tail.replace("self.key", "attention.key"))):
        loaded(name, folder)


@pytest.mark.parametrize(("name", "file"), sorted({(name, file) for name, file, _ in NEEDED}))
def test_a_checkpoint_with_a_tensor_of_another_model_is_refused_with_its_name(
    name: str, file: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(folder_of(name), folder)
    alien = {"whisper-large/model.safetensors": "model.encoder.alien.weight"}.get(file, "alien.audio.weight")
    layouts.change(folder / file, lambda found: found.update({alien: torch.zeros(2)}))
    with pytest.raises(ModelError, match=r"alien\.(audio\.)?weight"):
        loaded(name, folder)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_was_used_can_be_written_as_json(name: str, model_of: Callable[[str], Any]) -> None:
    model = model_of(name)
    said = json.loads(json.dumps(model.describe()))
    assert said["parameters"] == sum(p.numel() for p in model.llm.parameters())
    assert (said["dtype"], said["device"], said["sampling"]) == ("float32", "cpu", "greedy")


def test_pieces_that_overlap_lose_their_mean_twice(model_of: Callable[[str], Any]) -> None:
    """As ModaVerse was trained: with pieces that do not share memory, the filter banks would be others."""
    model = model_of("modaverse")
    audio = torch.from_numpy(clips("modaverse", Path())[1].audio)[None]
    wave = audio + 0.1 * torch.linspace(0, 1, audio.shape[1])
    shared = model.encoder.features(wave)
    apart = torch.cat([model.encoder.features(wave[:, start : start + 32_000])[:1] for start in (0, 6640, 13_280)])
    assert torch.equal(shared[0], apart[0])
    assert (shared[1:] - apart[1:]).abs().max() > 0.01


@pytest.mark.slow
def test_only_the_first_minute_reaches_mu_llama(model_of: Callable[[str], Any]) -> None:
    model, rng = model_of("mu-llama"), np.random.default_rng(3)
    wave = torch.from_numpy(rng.standard_normal(61 * 24_000).astype(np.float32))
    with torch.inference_mode():
        assert torch.equal(model.hear(wave), model.hear(wave[: 60 * 24_000]))
        assert not torch.equal(model.hear(wave), model.hear(wave[: 59 * 24_000]))


def test_the_first_revisions_of_mu_llama_are_refused(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "MU-LLaMA"
    shutil.copytree(folder_of("mu-llama"), folder)
    checklist = folder / "LLaMA" / "7B" / "checklist.chk"
    checklist.write_text("6efc8dab194ab59e49cd24be5574d85e  consolidated.00.pth\n")
    with pytest.raises(ModelError, match="is one of the first revisions of MU-LLaMA: its LLaMA/7B is LLaMA-1"):
        loaded("mu-llama", folder)


def test_the_successor_of_m2ugen_is_refused(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "MuMu-LLaMA"
    shutil.copytree(folder_of("m2ugen"), folder)
    layouts.change(
        folder / "checkpoint.pth", lambda found: found.update({"module.mu_mert_rnn.weight_ih_l0": torch.zeros(2)})
    )
    with pytest.raises(ModelError, match="does not know: mu_mert_rnn"):
        loaded("m2ugen", folder)
    layouts.change(folder / "checkpoint.pth", lambda found: [found.pop(n) for n in list(found) if "mu_mert_" in n])
    with pytest.raises(ModelError, match="holds no bridge to MERT"):
        loaded("m2ugen", folder)


def test_qwen_audio_is_told_from_another_model_by_its_settings(tmp_path: Path) -> None:
    layouts.chatmusician(tmp_path)
    with pytest.raises(ModelError, match="is not Qwen-Audio"):
        loaded("qwen-audio", tmp_path / "ChatMusician")


def test_updates_named_by_a_later_peft_are_found_as_well(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "ltu"
    shutil.copytree(folder_of("ltu"), folder)

    def rename(found: dict[str, Any]) -> None:
        for name in [name for name in found if ".default." in name]:
            found[name.replace(".default.", ".")] = found.pop(name)

    layouts.change(folder / "ltu_ori_paper.bin", rename)
    clip = clips("ltu", tmp_path)[1]
    assert loaded("ltu", folder).answer(asked(GENRE, clip)) == loaded("ltu", folder_of("ltu")).answer(
        asked(GENRE, clip)
    )


def test_updates_that_are_not_there_at_all_are_missed(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "ltu"
    shutil.copytree(folder_of("ltu"), folder)
    layouts.change(
        folder / "ltu_ori_paper.bin", lambda found: [found.pop(name) for name in list(found) if ".lora_" in name]
    )
    with pytest.raises(ModelError, match=r"ltu_ori_paper\.bin holds no low-rank updates"):
        loaded("ltu", folder)


# What is each model's own


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_half_precision_and_the_authors_sampling_work_and_repeat(
    name: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    heard = clips(name, tmp_path)
    model = loaded(name, folder_of(name), dtype="bf16", sampling="paper", seed=5)
    answers = model.answer(asked(GENRE, *heard))
    assert answers == model.answer(asked(GENRE, *heard))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert {p.dtype for p in model.llm.parameters()} == {torch.bfloat16}
    said = model.describe()
    assert (said["dtype"], said["sampling"]) == ("bfloat16", "paper")


def test_qwen_audio_refuses_what_it_is_not_exact_for(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    clip = clips("qwen-audio", tmp_path)[0]
    length = len(loaded("qwen-audio-chat", folder_of("qwen-audio-chat")).embed_clip(clip, GENRE).ids)
    fits = loaded("qwen-audio-chat", folder_of("qwen-audio-chat"), max_new_tokens=2048 - length)
    assert len(fits.embed_clip(clip, GENRE).ids) == length
    over = loaded("qwen-audio-chat", folder_of("qwen-audio-chat"), max_new_tokens=2049 - length)
    with pytest.raises(ModelError, match=rf"{length} \+ {2049 - length} positions; this model is exact up to 2048"):
        over.embed_clip(clip, GENRE)


def test_qwen_audio_hears_half_a_minute_and_no_more(model_of: Callable[[str], Any]) -> None:
    model, rng = model_of("qwen-audio-chat"), np.random.default_rng(1)
    audio = (0.1 * rng.standard_normal(31 * 16_000)).astype(np.float32)
    with torch.inference_mode():
        heard = model.hear(model.waveform(audio, 16_000))
        assert len(heard) == 752
        assert torch.equal(heard, model.hear(model.waveform(audio[: 30 * 16_000], 16_000)))
        assert [len(model.hear(model.waveform(audio[:n], 16_000))) for n in (80_160, 16_000)] == [127, 27]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Thanks for watching!", ""),
        ("thank you for watching", ""),
        (" THANKS FOR WATCHING. la la", " la la"),
        (" She sings. Thank you for watching.", "She sings. "),
        ("no thanks", "no thanks"),
    ],
)
def test_what_whisper_hears_in_silence_is_not_said(raw: str, kept: str, model_of: Callable[[str], Any]) -> None:
    from mudata.evaluation.models.families.ltu_as import cleaned

    assert cleaned(raw) == kept
    model = model_of("ltu-as")
    embedded = model.compose_with(torch.zeros(25, layouts.WIDTH), "What?", cleaned(raw))
    given = f"### Input:\n{kept}\n\n" if kept else ""
    assert list(embedded.ids) == [1, *encoded(f"### Instruction:\nWhat?\n\n{given}### Response:\n")]


@pytest.mark.slow
def test_ltu_as_reads_what_whisper_wrote_down(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    from mudata.evaluation.models.encoders.whisper import SpeechTranscriber

    folder = tmp_path / "ltu-as"
    shutil.copytree(folder_of("ltu-as"), folder)
    with pytest.raises(ModelError, match="whisper-large-v2"):
        loaded("ltu-as", folder, transcribe=True)
    layouts.transcribing_whisper(folder / "whisper-large-v2")
    model, clip = loaded("ltu-as", folder, transcribe=True), clips("ltu-as", tmp_path)[1]
    said = SpeechTranscriber(folder / "whisper-large-v2", "cpu", torch.float32)(model.waveform(clip.audio, 16_000))
    assert said.strip()
    text = f"### Instruction:\n{GENRE.prompt}\n\n### Input:\n{said.lstrip()}\n\n### Response:\n"
    assert list(model.embed_clip(clip, GENRE).ids) == [1, *encoded(text)]


def test_salmonn_ignores_what_comes_after_half_a_minute_and_fills_up_a_second(model_of: Callable[[str], Any]) -> None:
    model = model_of("salmonn")
    assert len(model.waveform(np.ones(31 * 16_000, np.float32), 16_000)) == 480_000
    short = model.waveform(np.ones(100, np.float32), 16_000)
    assert (len(short), float(short.sum())) == (16_000, 100)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Modality: [TEXT] Prompt: slow rock ### Human:", "slow rock"),
        ("Modality: Prompt: one Prompt: two", "one Prompt: two"),
        ("slow rock", "slow rock"),
        ("slow rock ### more", "slow rock"),
        ("Prompt:", ""),
    ],
)
def test_modaverse_answers_in_a_form_that_is_taken_off(said: str, answer: str, model_of: Callable[[str], Any]) -> None:
    assert model_of("modaverse").finish(encoded(said)) == answer


def test_modaverse_embeds_the_begin_of_sentence_that_its_tokenizer_names(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "modaverse"
    shutil.copytree(folder_of("modaverse"), folder)
    ends = {"bos_token": "<s>", "eos_token": "</s>"}
    layouts.write_json(folder / "7b_v0" / "special_tokens_map.json", ends)
    model, clip = loaded("modaverse", folder), clips("modaverse", tmp_path)[0]
    assert model.embed_clip(clip, GENRE).ids[0] == 1
    assert model.stop_ids() == (2, pieces().piece_to_id("▁###"))


def test_m2ugen_answers_one_line_without_the_tokens_of_generated_music(model_of: Callable[[str], Any]) -> None:
    model, music = model_of("m2ugen"), len(pieces())
    assert model.stop_ids() == (13,)
    assert pieces().id_to_piece(13) == "<0x0A>"
    assert model.finish([*encoded("slow rock"), music, music + 7]) == "slow rock"


def test_the_base_anygpt_chooses_among_options_by_their_likelihood(model_of: Callable[[str], Any]) -> None:
    model, (clip, _) = model_of("anygpt"), clips("anygpt", Path())
    (answer,), (ranking,) = model.answer(asked(GENRE, clip)), model.rank(asked(GENRE, clip))
    assert answer.text == GENRE.options[int(np.argmax(ranking.loglik))]
    assert model.capabilities.forced_choice
    assert not model_of("anygpt-chat").capabilities.forced_choice


@pytest.mark.parametrize(("name", "seconds"), [("anygpt-chat", 5), ("anygpt", 20)])
def test_anygpt_hears_the_beginning(name: str, seconds: int, model_of: Callable[[str], Any]) -> None:
    audio = np.arange(30 * 32_000, dtype=np.float32)
    heard = model_of(name).waveform(np.stack([audio, -audio / 2], 1), 32_000)
    assert torch.equal(heard, torch.from_numpy(audio[: seconds * 32_000] / 4))
    assert model_of(name).capabilities.max_seconds == seconds


def test_chatmusician_is_given_whole_bars_and_keeps_them_with_the_answer(
    model_of: Callable[[str], Any], tmp_path: Path
) -> None:
    model = model_of("chatmusician")
    (short,) = model.answer(asked(GENRE, Clip("a", np.zeros(0, np.float32), 1, midi=tune(tmp_path / "a.mid", 7))))
    assert short.given.startswith("X:1\nL:1/8\nM:4/4\nK:C\n")
    assert "E2" in short.given
    import mido

    long = mido.MidiFile(tmp_path / "a.mid")
    long.tracks[0][:] = [message for _ in range(300) for message in long.tracks[0] if not message.is_meta]
    long.save(tmp_path / "long.mid")
    whole = model.notation(Clip("b", np.zeros(0, np.float32), 1, midi=tmp_path / "long.mid"))
    assert whole.endswith("|")
    assert 1000 < len(model.tokenizer(whole, add_special_tokens=False)["input_ids"]) <= 1400


def test_chatmusician_says_which_clip_holds_no_notes(model_of: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "none.mid").write_bytes(b"MThd")
    files = tmp_path / "none.mid", tune(tmp_path / "some.mid", 4)
    silent, sung = model_of("chatmusician").answer(
        asked(GENRE, *(Clip(file.name, np.zeros(0, np.float32), 1, midi=file) for file in files))
    )
    assert isinstance(silent, Failure)
    assert (silent.kind, silent.reason) == ("no-notes", "midi2abc found no notes in none.mid.")
    assert isinstance(sung, Answer)


def test_chatmusician_hears_through_a_transcription(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    write_model(tmp_path / "nmp.onnx")
    path = str(tmp_path / "nmp.onnx")
    model = loaded("chatmusician", folder_of("chatmusician"), transcription_model=path)
    wave = np.zeros(3 * 22_050, np.float32)
    for start in (6000, 30_000, 50_000):
        wave[start : start + 12_000] = 0.6
    silent, sung = model.answer(asked(GENRE, Clip("s", 0 * wave, 22_050), Clip("t", wave, 22_050)))
    assert (silent.kind, silent.reason) == ("no-notes", "the transcription found no notes in the audio")
    assert sung.given.startswith("X:1\n")


@pytest.mark.parametrize("normalized", [False, True])
def test_chatmusician_reads_ends_of_turns_as_its_tokenizer_file_says(tmp_path: Path, normalized: bool) -> None:
    from tokenizers import Tokenizer

    layouts.chatmusician(tmp_path, normalized=normalized)
    model = loaded("chatmusician", tmp_path)
    wanted = Tokenizer.from_file(str(tmp_path / "ChatMusician" / "tokenizer.json"))
    got = model.ids("Describe the genre.")
    text = "Human: Describe the genre. </s> Assistant: "
    assert got == wanted.encode(text, add_special_tokens=False).ids
    assert got.count(2) == 1
    assert got[0] not in (1, 2)


OPTIONAL = {"checklist.chk", "ChatMusician/tokenizer.model", "ChatMusician/added_tokens.json"}
"""What models do not need of their folders."""


@pytest.mark.parametrize("name", sorted({family.write: name for name, family in FAMILIES.items()}.values()))
@pytest.mark.parametrize("fault", ["missing", "odd"])
@pytest.mark.slow
def test_a_folder_whose_settings_are_missing_or_damaged_is_refused(
    name: str, fault: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(folder_of(name), folder)
    small = [p for p in folder.rglob("*") if p.suffix in (".json", ".model", ".tiktoken")]
    needed = [p for p in small if not any(str(p).endswith(end) for end in OPTIONAL)]
    assert needed
    for file in needed:
        kept = file.read_bytes()
        file.write_bytes(b'["x"]')
        if fault == "missing":
            file.unlink()
        with pytest.raises(ModelError):
            loaded(name, folder)
        file.write_bytes(kept)


@pytest.mark.slow
def test_codes_are_not_made_up_for_a_codec_that_lacks_tensors(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    for change, said in (
        (lambda found: found.pop("quantizer.layers.1.codebook.embed"), r"missing keys: quantizer\.layers\.1"),
        (lambda found: found.pop("encoder.layers.0.conv.weight_v"), r"missing keys: encoder\.layers\.0\.conv"),
        (lambda found: found.update(alien=torch.zeros(1)), "unexpected keys: alien"),
        (lambda found: found.update({"encoder.layers.0.conv.bias": torch.zeros(5)}), "ignore_mismatched_sizes"),
    ):
        folder = tmp_path / str(len(said))
        shutil.copytree(folder_of("anygpt"), folder)
        layouts.change(folder / "encodec_32khz" / "pytorch_model.bin", change)
        with pytest.raises(ModelError, match=said):
            loaded("anygpt", folder)


def test_chatmusician_is_asked_as_a_reader_where_the_question_speaks_of_listening(
    folder_of: Callable[[str], Path], model_of: Callable[[str], Any], tmp_path: Path
) -> None:
    from mudata.evaluation.tasks.prompts import TO_LISTENERS

    model = loaded("chatmusician", folder_of("chatmusician"), own_words=True)
    clip = clips("chatmusician", tmp_path)[1]
    embedded = model.embed_clip(clip, Question("classify", f"{TO_LISTENERS} the rest.", GENRE.options, "genre"))
    words = "Classify the genre of the following music given in ABC notation. Choose one of: rock, folk music. "
    assert list(embedded.ids) == model.ids(f"{words}Answer with the label only.\n{embedded.given}")
    assert model.embed_clip(clip, GENRE).ids == model_of("chatmusician").embed_clip(clip, GENRE).ids
