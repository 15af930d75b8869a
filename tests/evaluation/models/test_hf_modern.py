"""Newer architectures through the generic adapter, by nothing but a checkpoint: tiny, random, saved and loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from asking import asked

from mudata.errors import ModelError
from mudata.evaluation.align.thoughts import without_thoughts
from mudata.evaluation.protocol import Answer, Clip, Item, Question, Ranking

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tiny_hf import gemma4, glm_asr, music_flamingo, nemotron, phi4, qwen3_omni, qwen25_omni  # noqa: E402

from mudata.evaluation.models import hf_architectures  # noqa: E402
from mudata.evaluation.models.hf_architectures import model_class  # noqa: E402
from mudata.evaluation.models.hf_audio import AUDIO_TOKENS, TooShort, TransformersAudio  # noqa: E402
from mudata.evaluation.models.registry import card_of, find, names  # noqa: E402

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard

pytestmark = pytest.mark.slow

GENRE = Question("classify", "Which genre? rock, pop.", ("rock", "pop"), "genre")
BUILT: dict[str, tuple[Callable[[Path], Any], str, float | None]] = {
    "glm-asr": (glm_asr, "GlmAsrForConditionalGeneration", 630.0),
    "qwen2.5-omni": (qwen25_omni, "Qwen2_5OmniThinkerForConditionalGeneration", 300.0),
    "music-flamingo-think": (music_flamingo, "MusicFlamingoForConditionalGeneration", 1200.0),
    "gemma-4-e4b": (gemma4, "Gemma4ForConditionalGeneration", 30.0),
    "nemotron-3-nano-omni": (nemotron, "NemotronH_Omni_Reasoning_V3", None),
    "qwen3-omni": (qwen3_omni, "Qwen3OmniMoeThinkerForConditionalGeneration", None),
    "phi-4-multimodal": (phi4, "Phi4MultimodalForCausalLM", None),
}


@pytest.fixture(scope="module", params=BUILT)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, TransformersAudio]:
    folder = tmp_path_factory.mktemp("checkpoint")
    processor = BUILT[request.param][0](folder)
    with pytest.MonkeyPatch.context() as patch:
        if processor is not None:
            patch.setattr(transformers.AutoProcessor, "from_pretrained", lambda *_, **__: processor)
            patch.setattr(hf_architectures, "check", lambda *_: None)
        model = TransformersAudio(str(folder), device="cpu", max_new_tokens=6)
        model.load()
    return request.param, model


def noises(*seconds: float) -> list[Clip]:
    rng = np.random.default_rng(5)
    return [
        Clip(f"c{i}", (0.1 * rng.standard_normal(int(s * 16_000))).astype(np.float32), 16_000)
        for i, s in enumerate(seconds)
    ]


def test_the_class_and_what_it_hears_are_read_from_the_checkpoint(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    assert type(model.model).__name__ == BUILT[name][1]
    assert (model.capabilities.sample_rate, model.capabilities.max_seconds) == (16_000, BUILT[name][2])
    assert model.describe()["generation"] == {"do_sample": False, "max_new_tokens": 6}


def test_a_batch_of_unequal_clips_answers_as_each_clip_alone(loaded: tuple[str, TransformersAudio]) -> None:
    _, model = loaded
    clips = noises(1, 4, 2.5)
    together = model.answer(asked(GENRE, *clips))
    assert together == [model.answer(asked(GENRE, clip))[0] for clip in clips]
    assert all(isinstance(answer, Answer) for answer in together)


ONE_CLIP = ("glm-asr", "music-flamingo-think")


def test_several_clips_of_a_question_are_heard_in_their_order(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    first, second = noises(2, 3.5)
    both, swapped = (Item("pair", clips, GENRE) for clips in ((first, second), (second, first)))
    if name in ONE_CLIP:
        assert model.capabilities.max_clips == 1
        with pytest.raises(ValueError, match="1 text but 2 audios"):
            model.inputs([both])
        return
    assert model.capabilities.max_clips == hf_architectures.SEVERAL
    holders = (model.model.config, model.processor)
    tokens = [t for holder in holders for name in AUDIO_TOKENS if (t := getattr(holder, name, None)) is not None]

    def positions(*items: Item) -> list[int]:
        return [int((model.inputs([item])["input_ids"] == tokens[0]).sum()) for item in items]

    alone = positions(*asked(GENRE, first, second))
    assert min(alone) > 0
    assert alone[0] != alone[1]
    assert positions(both, swapped) == [sum(alone)] * 2
    one = asked(GENRE, second)[0]
    assert model.answer([both, one, swapped]) == [model.answer([item])[0] for item in (both, one, swapped)]


def test_options_are_ranked_as_the_textbook_says(loaded: tuple[str, TransformersAudio]) -> None:
    _, model = loaded
    (clip,) = noises(2)
    (ranking,) = model.rank(asked(GENRE, clip))
    assert isinstance(ranking, Ranking)
    for option, loglik, count in zip(GENRE.options, ranking.loglik, ranking.tokens, strict=True):
        inputs = dict(model.inputs(asked(GENRE, clip)))
        tokens = model.processor.tokenizer(option, add_special_tokens=False)["input_ids"]
        ids = torch.cat([inputs["input_ids"], torch.tensor([tokens])], dim=1)
        inputs |= {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        with torch.inference_mode():
            likely = model.model(**inputs).logits[0].log_softmax(-1)
        before = ids.shape[1] - len(tokens) - 1
        assert loglik == pytest.approx(sum(float(likely[before + i, t]) for i, t in enumerate(tokens)), abs=1e-3)
        assert count == len(tokens)


def test_a_stereo_original_is_mixed_and_resampled_as_transformers_does_with_a_file(
    loaded: tuple[str, TransformersAudio],
) -> None:
    _, model = loaded
    stereo = np.stack([0.2 * np.sin(np.arange(88_200) / 9), np.zeros(88_200)], 1).astype(np.float32)
    heard = model.mono(Clip("a", stereo, 44_100))
    assert (heard.shape, heard.dtype) == ((32_000,), np.float32)
    assert float(np.abs(heard).max()) == pytest.approx(0.1, abs=0.01)
    assert isinstance(model.answer(asked(GENRE, Clip("a", stereo, 44_100)))[0], Answer)


def test_what_leaves_no_trace_in_the_prompt_is_that_clips_failure(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    if name not in ("glm-asr", "qwen2.5-omni"):
        pytest.skip("it has a position for clips of any length")
    with pytest.raises(TooShort, match=r"0\.001 s leave no audio in the prompt"):
        model.answer(asked(GENRE, *noises(1, 0.001)))


CARDS = [card for name in names() if (card := card_of(find(name))) and card.family == "transformers"]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_and_its_architecture_say_the_same(card: ModelCard) -> None:
    """Checkpoints that say themselves how long they hear are left out."""
    assert card.architecture
    of = hf_architectures.of(card.architecture)
    config = SimpleNamespace(model_type=card.architecture, architectures=())
    assert model_class(config).__name__.endswith(("ForConditionalGeneration", "ForCausalLM", "_V3"))
    assert bool(of.needs) == any("pip install" in note for note in card.notes)
    assert of.extra is None or any(f"mudata-music[{of.extra}]" in note for note in card.notes)
    assert set(of.needs) <= set(find(card.name).packages)
    if isinstance(of.longest_s, float) or (of.longest_s is None and card.architecture not in WINDOWED):
        assert card.longest_s == of.longest_s


WINDOWED = ("glmasr", "audioflamingo3", "musicflamingo")
"""Whose processors have a limit of their own."""


def thinking(model: TransformersAudio, text: str, **switch: bool) -> str:
    """What is kept of an answer that is made of this text."""
    model.thinking = switch.get("thinking")
    ids = model.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "new_ids", lambda _: [ids])
        (answer,) = model.answer(asked(GENRE, *noises(1)))
    model.thinking = None
    assert isinstance(answer, Answer)
    return answer.text


END = "<|im_end|>"


THOUGHTS = {
    "nemotron-3-nano-omni": [
        (f"Drums.</think>rock{END}", None, "<think>Drums.</think>rock", "rock"),
        (f"Drums, and so on{END}", None, "<think>Drums, and so on", ""),
        (f"rock{END}", False, "rock", "rock"),
    ],
    "gemma-4-e4b": [
        (f"<|channel>thought\nDrums.<channel|>rock{END}", None, "<|channel>thought\nDrums.<channel|>rock", "rock"),
        (f"thought\nDrums.<channel|>rock{END}", True, "<|channel>thought\nDrums.<channel|>rock", "rock"),
        (f"rock{END}", None, "rock", "rock"),
    ],
    "music-flamingo-think": [
        (f"<think>Drums.</think> rock{END}", None, "<think>Drums.</think> rock", "rock"),
        (f"<think>Drums, and so on{END}", None, "<think>Drums, and so on", ""),
    ],
}
"""What is written, whether thoughts are switched, what is kept of it and what is said. The marks are special tokens
for Nemotron and Gemma here, which answers are otherwise without, and plain text for Music Flamingo."""


def test_thoughts_are_kept_in_their_marks_and_told_from_the_answer(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    for written, switch, kept, said in THOUGHTS.get(name, [(f"rock{END}", None, "rock", "rock")]):
        text = thinking(model, written, **({} if switch is None else {"thinking": switch}))
        assert text == kept
        assert without_thoughts(text) == said


def test_the_answer_of_qwen3_omni_thinking_is_what_follows_the_thought_that_its_template_begins(tmp_path: Path) -> None:
    processor = qwen3_omni(tmp_path, begun="<think>\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformers.AutoProcessor, "from_pretrained", lambda *_, **__: processor)
        patch.setattr(hf_architectures, "check", lambda *_: None)
        model = TransformersAudio(str(tmp_path), device="cpu", max_new_tokens=6)
        model.load()
    assert thinking(model, f"Drums.</think>\n\nrock{END}") == "<think>Drums.</think>\n\nrock"
    (answer,) = model.answer(asked(GENRE, *noises(1)))
    assert isinstance(answer, Answer)
    assert answer.text.startswith("<think>")


def test_a_switch_for_thoughts_that_a_template_does_not_have_is_told(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    switchable = name in ("nemotron-3-nano-omni", "gemma-4-e4b")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformers.AutoProcessor, "from_pretrained", lambda *_, **__: model.processor)
        patch.setattr(hf_architectures, "check", lambda *_: None)
        again = TransformersAudio(model.checkpoint, device="cpu", thinking=False)
        if switchable:
            again.load()
            return
        with pytest.raises(ModelError, match="has no switch for thoughts"):
            again.load()


def test_words_alone_are_asked_without_a_clip(loaded: tuple[str, TransformersAudio]) -> None:
    """The prompt has no place for a sound, and the answer is another than with one in it."""
    _, model = loaded
    assert model.capabilities.audio_optional
    words, other = Item("c0", (), GENRE), Item("c1", (), GENRE)
    ids = model.inputs([words])["input_ids"]
    heard = model.inputs(asked(GENRE, *noises(2)))["input_ids"]
    assert ids.shape[1] < heard.shape[1]
    assert model.answer([words, other]) == [*model.answer([words]), *model.answer([other])]
    assert all(isinstance(answer, Answer) for answer in model.answer([words]))
