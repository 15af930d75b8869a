"""Every language model that transformers runs natively, asked by words alone: what a question's words give away.

It is never played anything and is asked under the control `no-audio`, or about items of text alone. Greedy unless asked
otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mudata.errors import ModelError
from mudata.evaluation.models.device import placement, quieten
from mudata.evaluation.models.weights.hub_checkpoint import checkpoint_facts, loading_options
from mudata.evaluation.models.weights.safe_load import reading
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities
from mudata.safe_text import text_of


class TransformersText:
    """A causal language model (Hugging Face id or local folder).

    The checkpoint's chat template writes the prompt; where it has none, the question is what it goes on from. Options
    are those of `hf_audio.TransformersAudio`.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        revision: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        max_new_tokens: int = 100,
        batch: int | None = None,
        sampling: str = "greedy",
        seed: int = 0,
        offline: bool = False,
    ) -> None:
        if sampling not in ("greedy", "paper"):
            raise ModelError(f"No sampling named {sampling!r}.", "Known: greedy, paper.")
        self.checkpoint, self.revision, self.offline = checkpoint, revision, offline
        self.device, self.dtype, self.seed = device, dtype, seed
        self.max_new_tokens, self.sampling, self._batch = max_new_tokens, sampling, batch
        self.capabilities = ModelCapabilities(batch=batch or 1, needs_audio=False, audio_optional=True)

    def load(self) -> None:
        """Read tokenizer and weights; nothing from the checkpoint is executed.

        Raises ModelError: not found, gated, no causal language model, or too large for the device.
        """
        import torch
        import transformers

        from mudata.evaluation.models.decoders.generation import batch_for

        quieten()
        self.device, self._torch_dtype = placement(self.device, self.dtype)
        where: dict[str, Any] = {"revision": self.revision, "trust_remote_code": False}
        where |= loading_options(self.checkpoint, self.revision, offline=self.offline)
        hint = "Check the name and --revision; a model that hears is asked as --model transformers."
        try:
            with reading(f"The checkpoint {self.checkpoint!r}", hint, done="loaded"):
                self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(self.checkpoint, **where)
                loaded = transformers.AutoModelForCausalLM.from_pretrained(
                    self.checkpoint, dtype=self._torch_dtype, **where
                )
                self.model: Any = loaded.to(self.device).eval()
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.checkpoint} does not fit on {self.device} as {self._torch_dtype}: {text_of(error)}.",
                "Choose a smaller dtype (--dtype bf16), a smaller checkpoint, or --device cpu.",
            ) from error
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.tokenizer.padding_side = "left"
        self.capabilities = replace(self.capabilities, batch=self._batch or batch_for(self.model, self.device))

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        """One continuation per item."""
        import torch

        templated = bool(self.tokenizer.chat_template)
        texts = [self.prompt(item.question.prompt) for item in items]
        inputs = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=not templated)
        inputs = {name: inputs[name].to(self.device) for name in ("input_ids", "attention_mask")}
        torch.manual_seed(self.seed)  # greedy answers draw nothing
        with torch.inference_mode():
            out = self.model.generate(**inputs, pad_token_id=self.tokenizer.pad_token_id, **self._generation())
        new = out[:, inputs["input_ids"].shape[1] :]
        return [Answer(text.strip()) for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]

    def prompt(self, question: str) -> str:
        """All that the model reads before it writes."""
        if not self.tokenizer.chat_template:
            return question
        talk = [{"role": "user", "content": question}]
        return str(self.tokenizer.apply_chat_template(talk, add_generation_prompt=True, tokenize=False))

    def describe(self) -> dict[str, object]:
        facts = checkpoint_facts(
            self.checkpoint, self.revision, model=self.model, dtype=self._torch_dtype, device=self.device
        )
        return facts | {
            "chat_template": bool(self.tokenizer.chat_template),
            "sampling": self.sampling,
            "generation": self._generation(),
        }

    def _generation(self) -> dict[str, Any]:
        own: dict[str, Any] = {} if self.sampling == "paper" else {"do_sample": False}
        return own | {"max_new_tokens": self.max_new_tokens}
