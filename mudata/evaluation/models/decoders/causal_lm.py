"""Language models of transformers around weights that were published under other names.

A model is laid out on the meta device, which costs nothing,
and filled tensor by tensor on the device it will run on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.lora import merged
from mudata.evaluation.models.weights.tensors import Weights, fill

if TYPE_CHECKING:
    from transformers import PretrainedConfig

Named = Iterable[tuple[str, torch.Tensor]]


def causal_lm(config: PretrainedConfig, tensors: Named, where: str, device: str, dtype: torch.dtype) -> Any:
    """A `LlamaForCausalLM` or `Qwen2ForCausalLM` (by the configuration's type) with these tensors.

    Raises ModelError as `tensors.fill` does.
    """
    import transformers
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
    from transformers.models.qwen2.modeling_qwen2 import Qwen2RotaryEmbedding

    kind, rotary = {
        "llama": (transformers.LlamaForCausalLM, LlamaRotaryEmbedding),
        "qwen2": (transformers.Qwen2ForCausalLM, Qwen2RotaryEmbedding),
    }[config.model_type]
    with torch.device("meta"):
        model: Any = kind(config).to(dtype)
    fill(model, _without_buffers(tensors), where, device)
    model.model.rotary_emb = rotary(config=config).to(device)  # its table is computed, not stored
    model.generation_config = transformers.GenerationConfig()  # what is asked for is said at every call
    return model.eval().requires_grad_(False)


def _without_buffers(tensors: Named) -> Iterator[tuple[str, torch.Tensor]]:
    return ((name, tensor) for name, tensor in tensors if not name.endswith("rotary_emb.inv_freq"))


def with_lora(base: Named, lora: Weights, prefix: str, scale: float) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors of a Llama with the low-rank updates of a peft checkpoint merged in.

    `prefix` stands before 'layers.0...' in the peft file and 'model.' before it in `base`; updates
    are named `<prefix><module>.lora_A.weight`, with '.default' before '.weight' in some versions. A
    kind of projection that is updated in one layer is so in all. Raises ModelError where an update
    is missing.
    """
    named = re.compile(rf"{re.escape(prefix)}.*\.(\w+)\.lora_[AB](\.default)?\.weight")
    updates = [match for name in lora if (match := named.fullmatch(name))]
    if not updates:
        raise ModelError(f"{lora.where} holds no low-rank updates.", "It is another model's file.")
    kinds, infix = {match[1] for match in updates}, updates[0][2] or ""
    for name, tensor in base:
        module = prefix + name.removeprefix("model.").removesuffix(".weight")
        if module.rpartition(".")[2] in kinds:
            down, up = (lora.take(f"{module}.lora_{x}{infix}.weight") for x in "AB")
            yield name, merged(tensor, down, up, scale)
        else:
            yield name, tensor


def vocabulary(tensors: Mapping[str, Any] | Weights, name: str = "model.embed_tokens.weight") -> int:
    """Rows of the embedding: what the weights really have, whatever the configuration says."""
    return int(tensors.shape(name)[0] if isinstance(tensors, Weights) else tensors[name].shape[0])
