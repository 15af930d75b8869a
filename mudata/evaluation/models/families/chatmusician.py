"""ChatMusician (Yuan et al., arXiv 2402.16153):
LLaMA-2-7B that reads music as ABC notation. It has no ears.

Folder: `ChatMusician/` as published. Its authors name no way from sound to ABC (and the survey
names no tool): the one here is a reconstruction, audio -> Basic Pitch -> one voice -> MIDI ->
midi2abc -> ABC. A clip that is MIDI skips the first steps. What the model was given is kept with
every answer. Facts are from hf-lin/ChatMusician at 440e65ee.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mudata.errors import AudioError, ModelError
from mudata.evaluation.models.decoders.audio_llm import AudioLLM, UnusableClip
from mudata.evaluation.models.decoders.causal_lm import causal_lm
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.encoders import abc_notation
from mudata.evaluation.models.encoders.basic_pitch import RATE, NoteTranscriber, lead, write_midi
from mudata.evaluation.models.encoders.mixdown import mean_of_resampled
from mudata.evaluation.models.weights.tensors import read
from mudata.evaluation.tasks.prompts import TO_LISTENERS
from mudata.safe_text import text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Clip, Question

TEMPLATE = "Human: {prompt} </s> Assistant: "
CLASSIFY = (
    "Classify the {noun} of the following music given in ABC notation. Choose one of: {options}. "
    "Answer with the label only."
)
TAG = (
    "Which of these describe the {noun} of the following music given in ABC notation: {options}? "
    "Answer only with all that apply, separated by commas."
)
CAPTION = "Describe the following piece of music given in ABC notation."
IN_NOTATION = {"classify": CLASSIFY, "tag": TAG, "caption": CAPTION}
"""What is asked instead of the prompts of mudata for listeners, by kind of question."""
TO_READERS = {
    TO_LISTENERS: "Read the following music in ABC notation",
    "Listen to the two clips of music": "Read the following two pieces of music in ABC notation",
    "Listen to the clips of music": "Read the following pieces of music in ABC notation",
    "You hear": "You get",
}
"""What is said to it in prompts of other kinds, instead of what mudata's prompts say to listeners."""
LONGEST_ABC = 1400
"""Tokens of ABC that leave room in the 2,048
positions of its training for a question and an answer."""


class ChatMusician(AudioLLM):
    """The chat model. own_words: where a prompt speaks of listening, as those of mudata do, ask in
    words for a reader of notation instead. transcription_model: path of Basic Pitch's nmp.onnx,
    where that package is not installed."""

    RATE, LONGEST_S = RATE, 60.0
    GREEDY = GenerationConfig((2,), max_new_tokens=512)
    PAPER = GenerationConfig(
        (2,),
        max_new_tokens=1536,
        min_new_tokens=10,
        sample=True,
        temperature=0.2,
        top_k=40,
        top_p=0.9,
        repetition_penalty=1.1,
    )

    def __init__(
        self, checkpoint: str, *, own_words: bool = True, transcription_model: str | None = None, **options: Any
    ) -> None:
        super().__init__(checkpoint, **options)
        self.capabilities = dataclasses.replace(self.capabilities, takes_midi=True, audio_optional=True)
        self._own_words = own_words
        self._transcription_model = Path(transcription_model) if transcription_model else None
        self._transcribe: NoteTranscriber | None = None

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig, PreTrainedTokenizerFast

        here = folder / "ChatMusician" if (folder / "ChatMusician").is_dir() else folder
        weights = read(here)
        config = LlamaConfig.from_pretrained(here)
        config.vocab_size = weights.shape("model.embed_tokens.weight")[0]
        self.llm = causal_lm(config, weights.under(""), here.name, device, dtype)
        weights.finish()
        if not (here / "tokenizer.json").is_file():
            raise ModelError(f"tokenizer.json is not in {here}.", "Fetch the model again: its ids are defined there.")
        # the file itself: rebuilt by the library, it would lose a word boundary after each end of turn
        try:
            self.tokenizer: Any = PreTrainedTokenizerFast(tokenizer_file=str(here / "tokenizer.json"))
        except Exception as error:  # the library's errors have no kind of their own
            raise ModelError(f"tokenizer.json cannot be read: {text_of(error)}.", "Fetch the model again.") from error

    def embed_clip(self, clip: Clip, question: Question) -> PromptEmbedding:
        """Raises UnusableClip where a clip holds no notes."""
        score = self.notation(clip)
        ids = self.ids(self.instruction(question, score))
        embeds = self.llm.get_input_embeddings()(torch.tensor(ids, device=self.device))
        return PromptEmbedding(embeds, tuple(ids), given=score)

    def compose_words(self, prompt: str) -> PromptEmbedding:
        """A language model's own way: the words alone, which may have notation in them."""
        ids = self.ids(prompt)
        return PromptEmbedding(self.llm.get_input_embeddings()(torch.tensor(ids, device=self.device)), tuple(ids))

    def notation(self, clip: Clip) -> str:
        """A clip as ABC: one voice, as many whole bars as the model has room for."""
        with tempfile.TemporaryDirectory() as scratch:
            file = clip.midi or self.transcribed(clip.audio, clip.sample_rate, Path(scratch) / "clip.mid")
            try:
                score = abc_notation.from_midi(file)
            except AudioError as error:
                raise UnusableClip(error.reason, error.what) from error
        tune = score.tune(str(score.lead()))
        bars = abc_notation.bars_of(tune)
        while bars > 1 and len(self._ids(tune)) > LONGEST_ABC:
            bars -= max(1, bars // 10)
            tune = abc_notation.cut(tune, bars)
        return tune

    def transcribed(self, audio: NDArray[np.float32], rate: int, file: Path) -> Path:
        """One voice of what sounds, as MIDI."""
        if self._transcribe is None:
            self._transcribe = NoteTranscriber(self._transcription_model)
        wave = mean_of_resampled(audio, rate, self.RATE)[: round(self.LONGEST_S * self.RATE)]
        line = lead(self._transcribe(wave.numpy()))
        if not line:
            raise UnusableClip("no-notes", "the transcription found no notes in the audio")
        write_midi(line, file)
        return file

    def instruction(self, question: Question, score: str) -> str:
        """What is asked: the question's words, or those for a reader of notation, and the score."""
        words = question.prompt
        if self._own_words and question.kind not in IN_NOTATION:  # its own words say what may be answered
            for heard, read in TO_READERS.items():
                words = words.replace(heard, read, 1)
        elif self._own_words and words.startswith(TO_LISTENERS):
            form = IN_NOTATION[question.kind]
            words = form.replace("{noun}", question.noun).replace("{options}", ", ".join(question.options))
        return f"{words}\n{score}"

    def ids(self, prompt: str) -> list[int]:
        """Ids of a whole prompt. A literal '</s>' in it becomes the end of a turn,
        as in the authors' code."""
        return self._ids(TEMPLATE.replace("{prompt}", prompt))

    def finish(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def continuation(self, option: str) -> list[int]:
        return self._ids(option)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def describe(self) -> dict[str, object]:
        chain = "audio -> basic-pitch nmp.onnx -> strongest voice -> MIDI -> midi2abc; MIDI -> midi2abc -> lead voice"
        asked = {**IN_NOTATION, "instead": TO_READERS} if self._own_words else {}
        return super().describe() | {"chain": chain, "asked_in_own_words": asked}
