"""The pieces that the survey's models are built of, each against the textbook, on data made here."""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import asked

from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Failure, Question, Ranking

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")
pytest.importorskip("tiktoken")
scipy_signal = pytest.importorskip("scipy.signal")

import published_layouts as layouts  # noqa: E402
from slow_models import kaldi_fbank  # noqa: E402

from mudata.evaluation.models.decoders import generation  # noqa: E402
from mudata.evaluation.models.decoders.audio_llm import AudioLLM, UnusableClip  # noqa: E402
from mudata.evaluation.models.decoders.causal_lm import with_lora  # noqa: E402
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding  # noqa: E402
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer  # noqa: E402
from mudata.evaluation.models.decoders.lora import merged  # noqa: E402
from mudata.evaluation.models.decoders.qwen_tokenizer import AUDIO_TAGS, SPECIALS, QwenTokenizer  # noqa: E402
from mudata.evaluation.models.encoders.fbank import fbank  # noqa: E402
from mudata.evaluation.models.encoders.mixdown import first_channel, mean_of_resampled  # noqa: E402
from mudata.evaluation.models.encoders.resample import resample  # noqa: E402
from mudata.evaluation.models.weights.tensors import Weights, fill, read, read_entry  # noqa: E402

GENRE = Question("classify", "What is the genre? Options: rock, folk music.", ("rock", "folk music"), "genre")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads would only wait for each other over tensors this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Filter bank


@pytest.mark.parametrize("window", ["hanning", "povey"])
@pytest.mark.parametrize("scale", [1.0, 2.0**15])
@pytest.mark.parametrize("mels", [128, 23])
def test_the_filter_bank_is_kaldis(window: Any, scale: float, mels: int) -> None:
    rng = np.random.default_rng(1)
    wave = scale * (0.3 * np.sin(np.arange(5000) / 7) + 0.01 * rng.standard_normal(5000))
    wanted = kaldi_fbank(wave, window, mels)
    assert wanted.shape == (1 + (5000 - 400) // 160, mels)
    np.testing.assert_allclose(fbank(torch.from_numpy(wave), window, mels), wanted, atol=2e-4)
    single = fbank(torch.from_numpy(wave).float(), window, mels)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, wanted, atol=2e-2)


def test_silence_has_the_floor_of_float32_and_too_little_has_no_frame() -> None:
    quiet = fbank(torch.zeros(800), "povey")
    assert quiet.unique().tolist() == pytest.approx([math.log(torch.finfo(torch.float32).eps)])
    assert [len(fbank(torch.zeros(n), "hanning")) for n in (0, 399, 400, 559, 560)] == [0, 0, 1, 1, 2]


# Resampling


def sinc_sum(wave: np.ndarray, rate: int, target: int) -> np.ndarray:
    """Every output sample as a sum over all input samples, weighted by a Hann-windowed sinc of six crossings."""
    cutoff = 0.99 * min(rate, target)
    found = []
    for m in range(math.ceil(len(wave) * target / rate)):
        t = np.clip((np.arange(len(wave)) / rate - m / target) * cutoff, -6, 6)
        found.append(np.sum(wave * np.sinc(t) * np.cos(t * np.pi / 12) ** 2) * cutoff / rate)
    return np.array(found)


@pytest.mark.parametrize(("rate", "target"), [(44_100, 16_000), (16_000, 24_000), (22_050, 32_000), (48_000, 24_000)])
@pytest.mark.parametrize("samples", [1, 700, 1501])
def test_resampling_is_a_windowed_sinc_sum(rate: int, target: int, samples: int) -> None:
    wave = np.random.default_rng(2).standard_normal(samples)
    got = resample(torch.from_numpy(wave), rate, target, precision=torch.float64)
    assert len(got) == math.ceil(samples * target / rate)
    np.testing.assert_allclose(got, sinc_sum(wave, rate, target), atol=1e-9)
    np.testing.assert_allclose(resample(torch.from_numpy(wave).float(), rate, target), got, atol=2e-3)


def test_the_same_rate_changes_nothing_and_channels_are_resampled_alike() -> None:
    waves = torch.randn(2, 900, generator=torch.Generator().manual_seed(1))
    assert resample(waves, 16_000, 16_000) is waves
    both = resample(waves, 16_000, 24_000)
    assert both.shape == (2, 1350)
    torch.testing.assert_close(both[1], resample(waves[1], 16_000, 24_000))


def test_a_sine_stays_a_sine_and_what_is_too_high_goes() -> None:
    at = np.arange(44_100) / 44_100
    low, high = (torch.from_numpy(np.sin(2 * np.pi * hz * at)) for hz in (1000, 12_000))
    inner = slice(500, -500)
    got = resample(low, 44_100, 16_000).numpy()
    assert np.abs(got - np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000))[inner].max() < 5e-3
    assert np.abs(got - scipy_signal.resample_poly(low.numpy(), 160, 441))[inner].max() < 1e-2
    assert resample(high, 44_100, 16_000)[inner].abs().max() < 2e-2


def test_channels_are_mixed_as_each_model_wants_them() -> None:
    audio = np.stack([np.arange(6.0), -np.ones(6)], 1).astype(np.float32)
    assert first_channel(audio, 16_000, 16_000).tolist() == [0, 1, 2, 3, 4, 5]
    assert mean_of_resampled(audio, 24_000, 24_000).tolist() == [-0.5, 0, 0.5, 1, 1.5, 2]
    assert mean_of_resampled(audio[:, 0], 24_000, 24_000).tolist() == [0, 1, 2, 3, 4, 5]


# Weights


class Layer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1, bias=False)


def good() -> dict[str, Any]:
    return {"a.weight": torch.ones(3, 2), "a.bias": torch.zeros(3), "b.weight": torch.ones(1, 3)}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.pop("a.bias"), "1 missing: a.bias"),
        (lambda t: t.update({"c.weight": torch.ones(1)}), "1 unexpected: c.weight"),
        (
            lambda t: t.update({"b.weight": torch.ones(3, 1)}),
            r"1 missing: b.weight; 1 of another shape: b.weight \(3, 1\) instead of \(1, 3\)",
        ),
        (lambda t: t.clear(), "3 missing: a.bias, a.weight, b.weight"),
    ],
)
def test_a_module_is_filled_completely_or_not_at_all(change: Any, match: str) -> None:
    tensors, module = good(), Layer()
    change(tensors)
    before = module.a.weight.clone()
    with pytest.raises(ModelError, match=f"part.bin does not fit the model. {match}"):
        fill(module, tensors.items(), "part.bin")
    assert torch.equal(module.a.weight, before)


def test_every_dtype_becomes_the_modules_own() -> None:
    with torch.device("meta"):
        module = Layer().to(torch.bfloat16)
    tensors = {
        name: t.to(d) for (name, t), d in zip(good().items(), (torch.half, torch.double, torch.float), strict=True)
    }
    fill(module, tensors.items(), "mixed")
    assert {p.dtype for p in module.parameters()} == {torch.bfloat16}
    assert torch.equal(module.a.weight.float(), torch.ones(3, 2))


def test_every_tensor_is_accounted_for() -> None:
    weights = Weights({"x.a": torch.ones(1), "x.b": torch.ones(2), "y.c": torch.ones(3)}, "model.bin")
    assert dict(weights.under("x.", {"^a$": "first"})).keys() == {"first", "b"}
    with pytest.raises(ModelError, match=r"model\.bin has 1 tensors that this model does not know: y.c"):
        weights.finish()
    with pytest.raises(ModelError, match=r"model\.bin has no tensor 'z'"):
        weights.take("z")
    with pytest.raises(ModelError, match=r"1 missing: x\.z; 1 unexpected: x\.b"):
        weights.expect(["x.a", "x.z"], among=r"x\..*")
    weights.let_go(r"y\..*")
    weights.finish()
    assert weights.shape("y.c") == (3,)


def test_many_names_are_told_by_the_first_of_them() -> None:
    weights = Weights({f"t{i:02}": torch.ones(1) for i in range(20)}, "model.bin")
    with pytest.raises(ModelError, match=r"20 tensors .*t00, .*, t07 and 12 more"):
        weights.finish()


def test_what_a_base_file_has_is_taken_only_where_the_own_one_lacks_it(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1), "b": torch.zeros(2), "junk": torch.zeros(9)}, tmp_path / "base.pth")
    own = Weights({"llama.a": torch.ones(1)}, "own")
    both = own.over(
        {"llama.": tmp_path / "base.pth", "no.": tmp_path / "absent.pth", "": tmp_path}, skip=["llama.junk"]
    )
    assert {name: both.take(name).tolist() for name in both} == {"llama.a": [1], "llama.b": [0, 0]}


class Payload:
    """What an attacker would put into a pickle."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self._command,)


def legacy(said: Any, file: Path) -> None:
    torch.save(said, file, _use_new_zipfile_serialization=False)


def zipped(said: Any, file: Path) -> None:
    torch.save(said, file)


def bare(said: Any, file: Path) -> None:
    file.write_bytes(pickle.dumps(said))


@pytest.mark.parametrize("save", [zipped, legacy, bare])
@pytest.mark.parametrize("place", ["instead", "beside", "inside"])
def test_a_payload_in_a_pickle_never_runs_and_is_named(tmp_path: Path, save: Any, place: str) -> None:
    payload = Payload(f"touch {tmp_path / 'ran'}")
    inside = {
        "instead": payload,
        "beside": {"model": good(), "x": payload},
        "inside": {"model": good() | {"x": payload}},
    }
    save(inside[place], tmp_path / "model.bin")
    with pytest.raises(ModelError, match=r"model.bin holds more than tensors: it ") as raised:
        read(tmp_path / "model.bin", inside="model")
    if save is bare:  # of a newer protocol than torch's own, whose globals it cannot name
        assert "it is a pickle of a kind that only running reads." in str(raised.value)
    else:
        assert "it wants to run posix.system." in str(raised.value)
    assert not (tmp_path / "ran").exists()


def test_a_namespace_is_read_only_where_it_is_allowed(tmp_path: Path) -> None:
    torch.save({"model": good(), "args": argparse.Namespace(lr=0.1)}, tmp_path / "c.pth")
    with pytest.raises(ModelError, match=r"wants to run argparse\.Namespace"):
        read(tmp_path / "c.pth", inside="model")
    assert set(read(tmp_path / "c.pth", inside="model", allow=[argparse.Namespace])) == set(good())
    with pytest.raises(ModelError, match="wants to run"):  # and only for that one file
        read(tmp_path / "c.pth", inside="model")


def test_a_pickle_of_before_zip_files_is_read(tmp_path: Path) -> None:
    legacy({"model": good()}, tmp_path / "old.pth")
    found = read(tmp_path / "old.pth", inside="model")
    assert torch.equal(found.take("a.weight"), torch.ones(3, 2))
    assert set(found) == set(good())


def test_an_entry_that_is_not_there_is_told(tmp_path: Path) -> None:
    torch.save({"model": good(), "cfg": {"a": 1}}, tmp_path / "c.pt")
    assert read_entry(tmp_path / "c.pt", "cfg") == {"a": 1}
    for ask in (lambda: read(tmp_path / "c.pt", inside="state"), lambda: read_entry(tmp_path / "c.pt", "state")):
        with pytest.raises(ModelError, match=r"c\.pt has no entry 'state'"):
            ask()


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
@pytest.mark.parametrize("keep", [0.0, 0.02, 0.5, 0.97])
def test_a_file_that_is_cut_short_is_told(tmp_path: Path, kind: str, keep: float) -> None:
    from safetensors.torch import save_file

    big = {"a": torch.randn(4000), "b": torch.randn(300)}
    file = tmp_path / ("model.safetensors" if kind == "safetensors" else "model.bin")
    {"safetensors": save_file, "zip": zipped, "legacy": legacy}[kind](big, file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(ModelError, match=rf"{file.name} (cannot be read|holds more than tensors)"):
        list(read(file).under(""))


def test_a_folder_of_shards_is_one_model_and_its_faults_are_told_by_name(tmp_path: Path) -> None:
    for kind in (".bin", ".safetensors"):
        folder = tmp_path / kind[1:]
        layouts.shards(folder, {name: tensor.half() for name, tensor in good().items()}, kind, 2)
        found = read(folder)
        assert set(found) == set(good())
        assert found.take("a.weight").dtype == torch.float16
        second = sorted(folder.glob(f"*{kind}"))[1]
        kept = second.read_bytes()
        second.unlink()
        with pytest.raises(ModelError, match=f"The shard {second.name} is not in"):
            read(folder)
        second.write_bytes(kept)
        layouts.change(second, lambda tensors: tensors.pop("a.bias"))
        with pytest.raises(ModelError, match=f"{folder.name} lacks tensors of its index: a.bias"):
            read(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty holds no weights"):
        read(tmp_path / "empty")
    with pytest.raises(ModelError, match=r"The weights none\.bin are not in"):
        read(tmp_path / "none.bin")


@pytest.mark.parametrize("text", ["", "{", '{"metadata": {}}', '{"weight_map": ["model.bin"]}', "[]"])
def test_an_index_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pytorch_model.bin.index.json").write_text(text)
    with pytest.raises(ModelError, match=r"pytorch_model\.bin\.index\.json"):
        read(tmp_path)


def test_an_index_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    torch.save(good(), tmp_path / "elsewhere.bin")
    (tmp_path / "model").mkdir()
    layouts.write_json(
        tmp_path / "model" / "pytorch_model.bin.index.json", {"weight_map": dict.fromkeys(good(), "../elsewhere.bin")}
    )
    with pytest.raises(ModelError, match=r"names the shard '\.\./elsewhere\.bin'"):
        read(tmp_path / "model")


# Low-rank updates


def test_a_merged_update_is_the_branch_beside_the_weight() -> None:
    source = torch.Generator().manual_seed(4)
    weight, down, up, x = (torch.randn(*s, generator=source) for s in ((6, 5), (2, 5), (6, 2), (7, 5)))
    wanted = torch.stack([weight @ row + 4.0 * (up @ (down @ row)) for row in x])
    torch.testing.assert_close(x @ merged(weight, down, up, 4.0).T, wanted)
    half = merged(weight.half(), down.bfloat16(), up, 4.0)
    assert half.dtype == torch.float32


@pytest.mark.parametrize("infix", ["", ".default"])
def test_updates_are_put_where_they_belong(infix: str) -> None:
    base = {f"model.layers.{i}.self_attn.{n}_proj.weight": torch.zeros(2, 2) for i in (0, 1) for n in "qv"}
    base["lm_head.weight"] = torch.zeros(2, 2)
    lora = {
        f"p.layers.{i}.self_attn.q_proj.lora_{x}{infix}.weight": torch.full((1, 2) if x == "A" else (2, 1), 1.0 + i)
        for i in (0, 1)
        for x in "AB"
    }
    weights = Weights(lora, "trained.bin")
    found = {name: float(tensor.max()) for name, tensor in with_lora(base.items(), weights, "p.", 2.0)}
    weights.finish()
    assert [found[name] for name in base] == [2.0, 0.0, 8.0, 0.0, 0.0]
    for x in "AB":
        name = f"p.layers.1.self_attn.q_proj.lora_{x}{infix}.weight"
        short = Weights({n: t for n, t in lora.items() if n != name}, "trained.bin")
        with pytest.raises(ModelError, match=f"has no tensor '{re.escape(name)}'"):
            list(with_lora(base.items(), short, "p.", 2.0))


# Prompts


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> LlamaTokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    layouts.tokenizer_model(folder)
    return LlamaTokenizer(folder / "tokenizer.model", {"<Media>": 500, "<Media>2": 501, "[TEXT]": 502})


def test_special_tokens_are_seen_only_where_they_are_allowed(text: LlamaTokenizer) -> None:
    said = "the <Media>2 genre [TEXT]"
    plain, special = text.encode(said), text.encode(said, specials=True)
    assert all(i < len(text) for i in plain)
    assert special == [*text.encode("the "), 501, *text.encode(" genre "), 502]
    assert text.decode(plain) == said
    assert text.decode([1, *special, 2]) == text.decode([i for i in special if i < 500])
    assert (text.bos, text.eos) == (1, 2)


@pytest.mark.parametrize("said", ["a </s> b", "<s>[INST]", "<unk>", "</s>"])
def test_a_question_cannot_smuggle_in_an_end_of_text(text: LlamaTokenizer, said: str) -> None:
    for specials in (False, True):
        ids = text.encode(said, specials=specials)
        assert not {0, 1, 2} & set(ids)
        assert text.decode(ids) == said


@pytest.mark.parametrize("said", ["音楽のジャンル", "ré♯ 🎶", "  two before", "after  ", "a\n\n\tb", "한국어 음악", ""])
def test_every_text_comes_back(text: LlamaTokenizer, said: str) -> None:
    assert text.decode(text.encode(said)) == said
    assert 0 not in text.encode(said)


def test_a_leading_space_is_a_piece_of_its_own(text: LlamaTokenizer) -> None:
    assert text.encode(" rock") != text.encode("rock")
    assert text.decode(text.encode("rock")) == "rock"


def test_a_tokenizer_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"The tokenizer tokenizer\.model is not in"):
        LlamaTokenizer(tmp_path / "tokenizer.model")
    with pytest.raises(ModelError, match=r"The tokenizer qwen\.tiktoken is not in"):
        QwenTokenizer(tmp_path / "qwen.tiktoken")
    (tmp_path / "qwen.tiktoken").write_text("not base64 at all\n")
    with pytest.raises(ModelError, match="is not a list of ranks"):
        QwenTokenizer(tmp_path / "qwen.tiktoken")


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> QwenTokenizer:
    folder = tmp_path_factory.mktemp("qwen")
    layouts.qwen_audio(folder)
    return QwenTokenizer(folder / "qwen.tiktoken")


QWEN_IDS = {
    "<|endoftext|>": 151643,
    "<|im_start|>": 151644,
    "<|im_end|>": 151645,
    "<|extra_0|>": 151646,
    "<|extra_204|>": 151850,
    "[[[AUDIO:modality]]]": 151851,
    "<|startoftranscript|>": 151852,
    "<|startofanalysis|>": 151853,
    "<|translate|>": 151854,
    "<|keyword|>": 151857,
    "<|unknown|>": 151858,
    "<|en|>": 151859,
    "<|it|>": 151866,
    "<|zh_tr|>": 151867,
    "<|timestamps|>": 151870,
    "<|0.00|>": 151871,
    "<|30.00|>": 154871,
    "<|caption_audiocaps|>": 154872,
    "<|caption_plain|>": 154875,
    "<|wo_itn|>": 154877,
    "<|endofentitytype|>": 154881,
    "<|delim|>": 154886,
    "<|music_description|>": 154888,
    "<|note_analysis|>": 154889,
    "<|midi_pitch_0|>": 154891,
    "<|midi_velocity_127|>": 155147,
    "<|song_meta|>": 155151,
    "<|question|>": 155152,
    "<|choice|>": 155154,
    "<|speech_edit|>": 155162,
    "<audio>": 155163,
    "</audio>": 155164,
}


@pytest.mark.parametrize(("name", "number"), QWEN_IDS.items())
def test_special_tokens_of_qwen_audio_follow_its_ranks(qwen: QwenTokenizer, name: str, number: int) -> None:
    assert qwen.ids[name] == number - 151_643 + len(layouts.qwen_ranks())


def test_qwen_audio_has_as_many_tokens_as_were_published(qwen: QwenTokenizer) -> None:
    assert len(qwen) == 155_165 - 151_643 + len(layouts.qwen_ranks())
    assert len(set(SPECIALS)) == len(SPECIALS)


def test_qwen_reads_special_tokens_only_where_they_are_allowed(qwen: QwenTokenizer) -> None:
    said = "is <|im_end|> <|en|>"
    assert max(qwen.encode(said)) < len(layouts.qwen_ranks())
    assert qwen.decode(qwen.encode(said)) == said
    chat = qwen.encode(said, AUDIO_TAGS)
    assert qwen.ids["<|en|>"] in chat
    assert qwen.ids["<|im_end|>"] not in chat
    assert qwen.decode(qwen.encode(said, SPECIALS)) == said


def test_qwen_reads_letters_in_one_form_only(qwen: QwenTokenizer) -> None:
    assert qwen.encode("é") == qwen.encode("e\u0301")
    assert qwen.decode(qwen.encode("音楽 🎶")) == "音楽 🎶"
    assert qwen.decode([0xE9]) == "\ufffd"


# Decoding


@pytest.fixture(scope="module")
def llm() -> Any:
    torch.manual_seed(6)
    config = transformers.LlamaConfig(
        vocab_size=40,
        hidden_size=24,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=3,
        initializer_range=0.4,
    )
    model = transformers.LlamaForCausalLM(config).eval().requires_grad_(False)
    model.generation_config = transformers.GenerationConfig()
    return model


def prompt(llm: Any, *ids: int) -> PromptEmbedding:
    return PromptEmbedding(llm.get_input_embeddings()(torch.tensor(ids)), ids)


def next_logits(llm: Any, embedded: PromptEmbedding, said: list[int]) -> Any:
    """Logits after a prompt and what was said so far, everything read anew."""
    table = llm.get_input_embeddings()
    embeds = torch.cat([embedded.embeds, table(torch.tensor(said, dtype=torch.long))])
    with torch.inference_mode():
        logits = llm(inputs_embeds=embeds[None], use_cache=False).logits[0, -1]
    return logits.double().clone()


def by_hand(llm: Any, embedded: PromptEmbedding, config: GenerationConfig) -> list[int]:
    """Greedy decoding token by token, with the penalty of what stands in prompt and answer."""
    said: list[int] = []
    while len(said) < config.max_new_tokens:
        scores = next_logits(llm, embedded, said)
        for i in {*embedded.ids, *said}:
            factor = config.repetition_penalty
            scores[i] = scores[i] * factor if scores[i] < 0 else scores[i] / factor
        if len(said) < config.min_new_tokens:
            scores[list(config.stop)] = -math.inf
        best = int(scores.argmax())
        if best in config.stop:
            break
        said.append(best)
    return said


PROMPTS = ((5, 6, 7), (9,), (3, 1, 4, 1, 5, 9, 2, 6), (11, 12))


@pytest.mark.parametrize("penalty", [1.0, 1.1, 1.8])
def test_a_padded_batch_and_a_penalty_equal_the_loop_by_hand(llm: Any, penalty: float) -> None:
    config = GenerationConfig(stop=(39,), max_new_tokens=12, repetition_penalty=penalty)
    embedded = [prompt(llm, *ids) for ids in PROMPTS]
    wanted = [by_hand(llm, one, config) for one in embedded]
    assert generation.write(llm, embedded, config) == wanted
    assert [generation.write(llm, [one], config)[0] for one in embedded] == wanted


def test_the_penalty_sees_the_prompt(llm: Any) -> None:
    """What a model would say first is not said where it stands in the prompt and the penalty is high."""
    config = GenerationConfig(stop=(39,), max_new_tokens=1, repetition_penalty=1000.0)
    for ids in PROMPTS:
        likeliest = int(next_logits(llm, prompt(llm, *ids), []).argmax())
        embedded = prompt(llm, *ids)._replace(ids=(*ids, likeliest, ids[0]))
        assert generation.write(llm, [embedded], config) == [by_hand(llm, embedded, config)] != [[likeliest]]


def test_an_answer_ends_at_any_of_its_stops_and_not_before_its_least_length(llm: Any) -> None:
    embedded = [prompt(llm, *ids) for ids in PROMPTS]
    free = [by_hand(llm, one, GenerationConfig(stop=(39,), max_new_tokens=8)) for one in embedded]
    stops = (free[0][2], free[1][4], 39)
    config = GenerationConfig(stop=stops, max_new_tokens=8)
    assert generation.write(llm, embedded, config) == [generation.until(ids, stops) for ids in free]
    longer = GenerationConfig(stop=stops, max_new_tokens=8, min_new_tokens=6)
    wanted = [by_hand(llm, one, longer) for one in embedded]
    assert generation.write(llm, embedded, longer) == wanted
    assert min(map(len, wanted)) >= 6


def test_beams_find_what_a_search_by_hand_finds(llm: Any) -> None:
    """All beginnings are kept that three beams can keep; at a fixed length the likeliest of them wins."""
    for ids in PROMPTS:
        embedded, beams = prompt(llm, *ids), [(0.0, [])]
        for _ in range(5):
            grown = []
            for score, said in beams:
                likely = next_logits(llm, embedded, said).log_softmax(-1)
                likely[39] = -math.inf
                grown += [(score + float(likely[i]), [*said, i]) for i in range(40)]
            beams = sorted(grown, reverse=True)[:3]
        config = GenerationConfig(stop=(39,), max_new_tokens=5, min_new_tokens=5, beams=3)
        assert generation.write(llm, [embedded], config)[0] == beams[0][1]


def test_a_batch_searched_with_beams_equals_single_searches(llm: Any) -> None:
    config = GenerationConfig(stop=(39,), max_new_tokens=6, beams=3, repetition_penalty=1.3)
    embedded = [prompt(llm, *ids) for ids in PROMPTS]
    assert generation.write(llm, embedded, config) == [generation.write(llm, [one], config)[0] for one in embedded]


def test_padding_stands_on_the_left_and_is_masked(llm: Any) -> None:
    embeds, mask = generation.padded([prompt(llm, 1, 2, 3), prompt(llm, 4)])
    assert mask.tolist() == [[1, 1, 1], [0, 0, 1]]
    assert torch.equal(embeds[1, 2], llm.get_input_embeddings().weight[4])
    assert not embeds[1, :2].any()


@pytest.mark.parametrize(
    "options", [[[7]], [[7], [8], [9]], [[7, 8, 9], [7], [10, 11]], [[7, 8], [7, 8]], [[1, 2, 3, 4, 5]]]
)
def test_options_are_ranked_by_their_tokens_likelihood(llm: Any, options: list[list[int]]) -> None:
    for ids in PROMPTS:
        embedded = prompt(llm, *ids)
        wanted = [
            sum(float(next_logits(llm, embedded, option[:i]).log_softmax(-1)[token]) for i, token in enumerate(option))
            for option in options
        ]
        assert generation.rank(llm, embedded, options) == pytest.approx(wanted, abs=1e-4)


# What all listening models share


class Parrot(AudioLLM):
    """The smallest model: its prompt is a position for the clip's loudness and its question's length."""

    RATE, LONGEST_S = 8000, 2.0
    GREEDY = GenerationConfig((39,), max_new_tokens=5)
    PAPER = GenerationConfig((39,), max_new_tokens=9, sample=True, temperature=1.5, top_p=0.95, top_k=30)

    def _load(self, folder: Path, device: str, dtype: Any) -> None:
        self.llm = self.made.to(device, dtype)

    def waveform(self, audio: Any, rate: int) -> Any:
        if not len(audio):
            raise UnusableClip("empty", "the clip holds no samples")
        return first_channel(audio, rate, self.RATE)

    def hear(self, wave: Any) -> Any:
        return wave.abs().mean()[None]

    def compose(self, heard: Any, said: str, question: Question) -> PromptEmbedding:
        ids = [3] * (len(said) % 5 + 1)
        embeds = self.llm.get_input_embeddings()(torch.tensor(ids)) + heard
        return PromptEmbedding(embeds, tuple(ids), given=f"loudness {float(heard):.2f}")

    def finish(self, ids: list[int]) -> str:
        return " ".join(map(str, ids))

    def continuation(self, option: str) -> list[int]:
        return [ord(letter) % 39 for letter in option]

    def stop_ids(self) -> tuple[int, ...]:
        return (39,)


def parrot(llm: Any, folder: Path, **options: Any) -> Parrot:
    model = Parrot(str(folder), device="cpu", **options)
    model.made = llm
    model.load()
    return model


def tones(*loudness: float) -> list[Clip]:
    return [Clip(f"c{i}", np.full(800, x, np.float32), 8000) for i, x in enumerate(loudness)]


def test_a_clip_that_cannot_be_heard_fails_alone(llm: Any, tmp_path: Path) -> None:
    model, good = parrot(llm, tmp_path), tones(0.2, 0.9)
    empty = Clip("none", np.zeros(0, np.float32), 8000)
    answers = model.answer(asked(GENRE, good[0], empty, good[1]))
    assert answers[1] == Failure("empty", "the clip holds no samples")
    assert [answers[0], answers[2]] == model.answer(asked(GENRE, *good))
    assert model.answer(asked(GENRE, empty)) == [Failure("empty", "the clip holds no samples")]
    rankings = model.rank(asked(GENRE, good[0], empty, good[1]))
    assert rankings[1] == answers[1]
    assert [rankings[0], rankings[2]] == model.rank(asked(GENRE, *good))


def test_what_stood_for_the_clip_is_kept_with_the_answer(llm: Any, tmp_path: Path) -> None:
    answers = parrot(llm, tmp_path).answer(asked(GENRE, *tones(0.25, 0.5)))
    assert [a.given for a in answers if isinstance(a, Answer)] == ["loudness 0.25", "loudness 0.50"]


def test_the_authors_sampling_repeats_with_its_seed(llm: Any, tmp_path: Path) -> None:
    clips = tones(0.1, 0.4, 0.8)
    one, same, other = (parrot(llm, tmp_path, sampling="paper", seed=s).answer(asked(GENRE, *clips)) for s in (7, 7, 8))
    assert one == same
    assert one != other
    model = parrot(llm, tmp_path, sampling="paper", seed=7)
    assert model.answer(asked(GENRE, *clips)) == model.answer(asked(GENRE, *clips)) == one
    assert model.generation_config().max_new_tokens == 9
    assert parrot(llm, tmp_path, max_new_tokens=2).generation_config().max_new_tokens == 2
    assert not parrot(llm, tmp_path).generation_config().sample


def test_letters_are_ranked_where_letters_are_asked_for(llm: Any, tmp_path: Path) -> None:
    model = parrot(llm, tmp_path)
    lettered = Question("classify", GENRE.prompt, GENRE.options, "genre", letters=True)
    (words,), (letters,) = model.rank(asked(GENRE, *tones(0.3))), model.rank(asked(lettered, *tones(0.3)))
    assert isinstance(words, Ranking)
    assert isinstance(letters, Ranking)
    assert (words.tokens, letters.tokens) == ((4, 10), (1, 1))
    spelled = Question("classify", GENRE.prompt, ("A", "B"), "genre")
    assert model.rank(asked(spelled, *tones(0.3))) == [letters]
    numbered = Question("choose", GENRE.prompt, GENRE.options, "genre", numbered=True)
    spelled = Question("choose", GENRE.prompt, ("1", "2"), "genre")
    assert model.rank(asked(numbered, *tones(0.3))) == model.rank(asked(spelled, *tones(0.3)))


def test_items_of_one_batch_have_questions_of_their_own(llm: Any, tmp_path: Path) -> None:
    model, (one, two) = parrot(llm, tmp_path), tones(0.25, 0.5)
    other = Question("classify", "Fast or slow, that is to say?", ("fast", "slow", "neither of them"), "tempo")
    mixed = [*asked(GENRE, one), *asked(other, two)]
    alone = [model.answer([item])[0] for item in mixed]
    assert alone[0] != alone[1]
    assert model.answer(mixed) == alone
    rankings = model.rank(mixed)
    assert [len(ranking.loglik) for ranking in rankings if isinstance(ranking, Ranking)] == [2, 3]
    for item, ranking in zip(mixed, rankings, strict=True):
        (single,) = model.rank([item])
        assert isinstance(ranking, Ranking)
        assert isinstance(single, Ranking)
        assert ranking.loglik == pytest.approx(single.loglik, abs=1e-4)


def test_a_model_tells_what_it_used_as_json(llm: Any, tmp_path: Path) -> None:
    said = json.loads(json.dumps(parrot(llm, tmp_path, sampling="paper").describe()))
    assert said["parameters"] == sum(p.numel() for p in llm.parameters())
    assert (said["checkpoint"], said["dtype"], said["device"]) == (tmp_path.name, "float32", "cpu")
    assert (said["sampling"], said["torch"]) == ("paper", torch.__version__)


def test_wrong_use_of_a_model_is_told(llm: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No sampling named 'warm'"):
        Parrot(str(tmp_path), sampling="warm")
    with pytest.raises(ModelError, match=r"The checkpoint folder .*nowhere is not there"):
        parrot(llm, tmp_path / "nowhere")
