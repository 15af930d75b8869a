"""The generic adapter on tiny random checkpoints of real architectures, saved and loaded as published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import asked

from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Question, Ranking

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mudata.evaluation.models import untrained  # noqa: E402
from mudata.evaluation.models.decoders.generation import go_on, until  # noqa: E402
from mudata.evaluation.models.device import placement  # noqa: E402
from mudata.evaluation.models.hf_architectures import model_class  # noqa: E402
from mudata.evaluation.models.hf_audio import TransformersAudio  # noqa: E402
from mudata.evaluation.models.untrained import Untrained  # noqa: E402

pytestmark = pytest.mark.slow

GENRE = Question("classify", "What is the genre of this music? Options: rock, pop.", ("rock", "pop"), "genre")


def noises(*seconds: float, rate: int = 16_000) -> list[Clip]:
    rng = np.random.default_rng(5)
    return [
        Clip(f"c{i}", (0.1 * rng.standard_normal(int(s * rate))).astype(np.float32), rate)
        for i, s in enumerate(seconds)
    ]


def flamingo(folder: Path) -> Path:
    """A tiny Audio Flamingo 3: registered only as a sequence-to-sequence model, and windows of 30 s."""
    tokenizer = untrained.byte_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<sound>"]}, replace_extra_special_tokens=False)
    extractor = transformers.WhisperFeatureExtractor(feature_size=32, chunk_length=30)
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
        "{% if c.type == 'audio' %}<sound>{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    transformers.AudioFlamingo3Processor(extractor, tokenizer, chat_template=template).save_pretrained(folder)
    ends = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.pad_token_id,
    }
    config = transformers.AudioFlamingo3Config(
        audio_config={
            "model_type": "audioflamingo3_encoder",
            "num_mel_bins": 32,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 64,
        },
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            **ends,
        },
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    torch.manual_seed(1)
    model = transformers.AudioFlamingo3ForConditionalGeneration(config)
    model.generation_config.eos_token_id = ends["eos_token_id"]
    model.generation_config.pad_token_id = ends["pad_token_id"]
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    qwen = tmp_path_factory.mktemp("qwen2_audio")
    untrained.write(qwen)
    return {"qwen2_audio": qwen, "audioflamingo3": flamingo(tmp_path_factory.mktemp("audioflamingo3"))}


def loaded(folder: Path, **options: Any) -> TransformersAudio:
    model = TransformersAudio(str(folder), device="cpu", max_new_tokens=8, **options)
    model.load()
    return model


@pytest.mark.parametrize("kind", ["qwen2_audio", "audioflamingo3"])
def test_a_batch_of_unequal_clips_answers_as_each_clip_alone(checkpoints: dict[str, Path], kind: str) -> None:
    model = loaded(checkpoints[kind])
    clips = noises(1, 4, 2.5)
    together = model.answer(asked(GENRE, *clips))
    assert together == [model.answer(asked(GENRE, clip))[0] for clip in clips]
    assert all(isinstance(answer, Answer) for answer in together)


@pytest.mark.parametrize("kind", ["qwen2_audio", "audioflamingo3"])
@pytest.mark.parametrize("penalty", [1.0, 1.5])
def test_decoding_in_place_writes_what_generate_writes(checkpoints: dict[str, Path], kind: str, penalty: float) -> None:
    model = loaded(checkpoints[kind])
    model.model.generation_config.repetition_penalty = penalty
    inputs = model.inputs(asked(GENRE, *noises(1, 4, 2.5)))
    with torch.inference_mode():
        out = model.model.generate(**inputs, do_sample=False, max_new_tokens=20)[:, inputs["input_ids"].shape[1] :]
    end = model.model.generation_config.eos_token_id
    written = go_on(model.model, inputs, 20)
    assert written == [until(row, [end]) for row in out.tolist()]
    assert len(max(written, key=len)) > 2
    model.model.generation_config.no_repeat_ngram_size = 2
    assert go_on(model.model, inputs, 20) is None  # another matter, which is left to `generate`


def test_the_sound_changes_what_is_computed(checkpoints: dict[str, Path]) -> None:
    model = loaded(checkpoints["qwen2_audio"])
    seen = []
    model.model.register_forward_hook(lambda _, __, out: seen.append(out.logits[:, -1]))
    model.answer(asked(GENRE, *noises(2)))
    first = seen[0]
    seen.clear()
    model.answer(asked(GENRE, Clip("x", np.zeros(32_000, np.float32), 16_000)))
    assert not torch.allclose(first, seen[0], atol=1e-4)


@pytest.mark.parametrize(("kind", "longest"), [("qwen2_audio", 30.0), ("audioflamingo3", 600.0)])
def test_what_it_hears_is_read_from_the_checkpoint(checkpoints: dict[str, Path], kind: str, longest: float) -> None:
    capabilities = loaded(checkpoints[kind]).capabilities
    assert (capabilities.sample_rate, capabilities.max_seconds) == (16_000, longest)


def spelled_out(model: TransformersAudio, clip: Clip, question: Question, option: str) -> tuple[float, int]:
    """The log-likelihood of one option by the textbook: the whole text at once, no cache, no batch."""
    inputs = dict(model.inputs(asked(question, clip)))
    tokens = model.processor.tokenizer(option, add_special_tokens=False)["input_ids"]
    ids = torch.cat([inputs["input_ids"], torch.tensor([tokens])], dim=1)
    inputs |= {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with torch.inference_mode():
        likely = model.model(**inputs).logits[0].log_softmax(-1)
    before = ids.shape[1] - len(tokens) - 1
    return sum(float(likely[before + i, token]) for i, token in enumerate(tokens)), len(tokens)


@pytest.mark.parametrize("kind", ["qwen2_audio", "audioflamingo3"])
@pytest.mark.parametrize("letters", [False, True])
def test_options_are_ranked_as_the_textbook_says(checkpoints: dict[str, Path], kind: str, letters: bool) -> None:
    model = loaded(checkpoints[kind])
    options = ("rock", "pop", "rock and roll", "r&b", "a")
    question = Question("classify", f"Which genre? {', '.join(options)}.", options, "genre", letters)
    clips = noises(1, 3)
    rankings = model.rank(asked(question, *clips))
    for clip, ranking in zip(clips, rankings, strict=True):
        assert isinstance(ranking, Ranking)
        expected = [spelled_out(model, clip, question, option) for option in ("ABCDE" if letters else options)]
        assert ranking.loglik == pytest.approx([loglik for loglik, _ in expected], abs=1e-3)
        assert ranking.tokens == tuple(count for _, count in expected)
    assert rankings[0] != rankings[1]
    alone = model.rank(asked(question, *clips[:1]))[0]  # one option at a time instead of two
    assert isinstance(alone, Ranking)
    assert isinstance(rankings[0], Ranking)
    assert alone.loglik == pytest.approx(rankings[0].loglik, abs=1e-4)
    assert model.capabilities.gives_logits


def test_half_precision_is_used_when_asked_for_and_recorded(checkpoints: dict[str, Path]) -> None:
    model = loaded(checkpoints["qwen2_audio"], dtype="bf16")
    assert next(model.model.parameters()).dtype == torch.bfloat16
    assert model.describe()["dtype"] == "bfloat16"
    assert len(model.answer(asked(GENRE, *noises(1)))) == 1


def test_answers_are_drawn_as_the_checkpoint_says_where_that_is_asked_for(checkpoints: dict[str, Path]) -> None:
    greedy, drawn, again, other = (
        loaded(checkpoints["qwen2_audio"], **said)
        for said in ({}, *({"sampling": "paper", "seed": seed} for seed in (1, 1, 2)))
    )
    for model in (drawn, again, other):
        model.model.generation_config.update(do_sample=True, temperature=5.0, top_k=0)
    said = [model.answer(asked(GENRE, *noises(1))) for model in (greedy, drawn, again, other)]
    assert said[1] == said[2] != said[3]
    assert greedy.describe()["generation"] == {"do_sample": False, "max_new_tokens": 8}
    assert drawn.describe()["generation"] == {"max_new_tokens": 8}
    with pytest.raises(ModelError, match="No sampling named 'warm'"):
        TransformersAudio("x", sampling="warm")


def test_a_checkpoint_without_ears_is_refused(tmp_path: Path) -> None:
    untrained.byte_tokenizer().save_pretrained(tmp_path)
    config = transformers.Qwen2Config(
        vocab_size=400, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="has no audio input"):
        loaded(tmp_path)


def test_a_chat_template_that_drops_the_audio_is_noticed(checkpoints: dict[str, Path]) -> None:
    model = loaded(checkpoints["audioflamingo3"])
    model.processor.chat_template = "{% for m in messages %}{{ m.role }}{% endfor %}"
    with pytest.raises((ModelError, ValueError), match=r"(?i)audio"):
        model.answer(asked(GENRE, *noises(1)))


def test_a_checkpoint_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        loaded(tmp_path / "nowhere")


def test_the_untrained_control_says_so_and_repeats(tmp_path: Path) -> None:
    answers = []
    for folder in ("a", "b"):
        model = Untrained(tmp_path / folder, seed=3, device="cpu")
        model.load()
        answers.append(model.answer(asked(GENRE, *noises(1, 2))))
    assert answers[0] == answers[1]
    assert model.describe()["untrained"] is True


@pytest.mark.parametrize(("name", "match"), [("fp13", "No dtype named"), ("auto", None)])
def test_dtypes_are_checked(name: str, match: str | None) -> None:
    if match:
        with pytest.raises(ModelError, match=match):
            placement("cpu", name)
    else:
        assert placement("cpu", name) == ("cpu", torch.float32)


def test_a_gpu_that_is_not_there_is_told() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ModelError, match="no GPU"):
        placement("cuda", "auto")


def test_a_model_type_that_transformers_does_not_know_is_told() -> None:
    class Odd:
        model_type = "harmonium"
        architectures = ("HarmoniumForAudio",)

    with pytest.raises(ModelError, match="no class for the model type 'harmonium'"):
        model_class(Odd())
