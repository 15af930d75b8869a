"""Reference bundles: tiny random checkpoints in published layouts, and what the authors' own code computes on them.

A bundle is a folder `<model>/<bundle>/` below MUDATA_ORACLES (default: ../shared/oracles beside the repository) with
`checkpoint/`, `audio/`, `expected.json` and `expected.safetensors`. Bundles are found by looking, and everything that
they hold (names, sizes, texts, tolerances) is read from them. Where there are none, their tests are skipped.
"""

from __future__ import annotations

import dataclasses
import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

ROOT = Path(os.environ.get("MUDATA_ORACLES", Path(__file__).resolve().parents[3] / "shared" / "oracles"))


@dataclasses.dataclass(frozen=True)
class Bundle:
    folder: Path

    def __str__(self) -> str:
        return f"{self.folder.parent.name}-{self.folder.name}"

    @cached_property
    def expected(self) -> dict[str, Any]:
        return json.loads((self.folder / "expected.json").read_text("utf-8"))

    @cached_property
    def tensors(self) -> dict[str, Any]:
        from safetensors.torch import load_file

        return load_file(self.folder / "expected.safetensors")

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"

    @property
    def cases(self) -> list[dict[str, Any]]:
        return self.expected["cases"]

    def audio(self, case: dict[str, Any], dtype: str = "float32") -> tuple[np.ndarray, int]:
        """Samples (n,) or (n, channels) and their rate."""
        import soundfile

        return soundfile.read(self.folder / case["audio"], dtype=dtype)

    def check(self, case: dict[str, Any], stage: str, got: Any) -> None:
        """Compare a tensor with a stage of a case within the bundle's own tolerance. A case without it passes."""
        import torch

        if (said := case["stages"].get(stage)) is None:
            return
        assert list(got.shape) == said["shape"], f"{case['name']}.{stage}"
        if "slice" in said:
            got = got[_slices(said["slice"])]
        want = self.tensors[said["tensor"]]
        torch.testing.assert_close(
            got.to(want.dtype), want, atol=said["atol"], rtol=said["rtol"], msg=lambda m: f"{case['name']}.{stage}: {m}"
        )

    def check_stages(self, case: dict[str, Any], model: Any, wave: Any, names: dict[str, str]) -> dict[str, Any]:
        """Compare what a loaded model's stages make of a wave with those of a case, by this bundle's names for them;
        gives the stages."""
        import torch

        with torch.inference_mode():
            stages = model.stages(wave)
        for theirs, ours in names.items():
            self.check(case, theirs, stages[ours])
        return stages


def _slices(text: str) -> tuple[slice, ...]:
    """'[:, ::4]' as slices."""
    parts = [part.split(":") for part in text.strip("[] ").split(",")]
    return tuple(slice(*(int(x) if x.strip() else None for x in part)) for part in parts)


def bundles(model: str) -> Any:
    """Parametrises a test over the bundles of a model; skipped where there are none."""
    found = sorted((ROOT / model).glob("*/expected.json"))
    if not found:
        return pytest.mark.parametrize("bundle", [pytest.param(None, marks=pytest.mark.skip(reason="no bundle here"))])
    return pytest.mark.parametrize("bundle", [Bundle(path.parent) for path in found], ids=str)


def first(model: str) -> Bundle:
    """A bundle of a model; skips where there is none."""
    found = sorted((ROOT / model).glob("*/expected.json"))
    if not found:
        pytest.skip("no bundle here")
    return Bundle(found[0].parent)


def wave_of(bundle: Bundle, case: dict[str, Any], model: Any) -> Any:
    """The wave that the authors' decoder made where that is kept, else the model's own."""
    for other in bundle.cases:
        if other["audio"] == case["audio"] and "waveform_16k" in other["stages"]:
            return bundle.tensors[other["stages"]["waveform_16k"]["tensor"]]
    return model.waveform(*bundle.audio(case))


def question(text: str) -> Any:
    from mudata.evaluation.protocol import Question

    return Question("caption", text, (), "caption")


def clip(bundle: Bundle, case: dict[str, Any]) -> Any:
    from mudata.evaluation.protocol import Clip

    return Clip(case["name"], *bundle.audio(case))


def greedy(case: dict[str, Any], stop: Any = None) -> Any:
    """The GenerationConfig of a case's greedy reference."""
    from mudata.evaluation.models.decoders.generation import GenerationConfig

    said = case["generation"]
    ends = stop if stop is not None else said["eos_token_id"]
    return GenerationConfig(
        stop=tuple(ends) if isinstance(ends, list | tuple) else (ends,),
        max_new_tokens=said["max_new_tokens"],
        min_new_tokens=said.get("min_new_tokens", 0),
        repetition_penalty=said.get("repetition_penalty", 1.0),
    )


def check_language(bundle: Bundle, model: Any, *, stop: Any = None) -> None:
    """Prompt ids, logits of the prompt's end, greedy ids and text of every case of a loaded `AudioLLM`."""
    import torch

    from mudata.evaluation.models.decoders.generation import until

    for case in bundle.cases:
        with torch.inference_mode():
            prompt = model.embed_clip(clip(bundle, case), question(case["question"]))
            assert list(prompt.ids) == case["prompt_ids"], case["name"]
            with model.attending([prompt]):
                read = model.llm(inputs_embeds=prompt.embeds[None])
            bundle.check(case, "prefill_logits", read.logits[0, -1])
        check_steps(bundle, model, case, prompt)
        config = greedy(case, stop)
        ids = model.write([prompt], config)[0]
        assert ids == until(case["greedy_ids"], config.stop), case["name"]
        assert _plain(model.finish(ids), case) == _plain(case["text"].strip(), case), case["name"]


def _plain(text: str, case: dict[str, Any]) -> str:
    """Old tokenizers put spaces round an end of sentence that did not stop the answer; there, only letters count."""
    return text.replace("</s>", "").replace(" ", "") if "</s>" in case["text"] else text


def check_steps(bundle: Bundle, model: Any, case: dict[str, Any], prompt: Any) -> None:
    """Logits of every step of the authors' greedy answer, where the bundle keeps them."""
    import torch

    for stage in ("step_logits", "greedy_logits"):
        if stage in case["stages"]:
            said = [
                case.get(k) for k in ("greedy_ids_without_any_stop", "generated_ids_of_the_authors_run", "greedy_ids")
            ]
            steps = case["stages"][stage]["shape"][0]
            ids = next(ids for ids in said if ids)[: steps - 1]
            with torch.inference_mode(), model.attending([prompt]):
                table = model.llm.get_input_embeddings()
                told = torch.cat([prompt.embeds, table(torch.tensor(ids, dtype=torch.long))])
                logits = model.llm(inputs_embeds=told[None]).logits[0, len(prompt.embeds) - 1 :]
            bundle.check(case, stage, logits)


def check_batch(model: Any, prompts: list[Any], config: Any) -> None:
    """Prompts in one batch, which pads the shorter ones, give the ids of single runs."""
    together = prompts if len(prompts) > 1 else prompts * 2
    assert model.write(together, config) == [model.write([one], config)[0] for one in together]


def all_prompts(bundle: Bundle, model: Any) -> list[Any]:
    return [model.embed_clip(clip(bundle, case), question(case["question"])) for case in bundle.cases]


def check_cache(bundle: Bundle, model: Any) -> None:
    """Decoding with a key-value cache gives the ids of reading everything anew at every step."""
    import torch

    from mudata.evaluation.models.decoders.generation import GenerationConfig

    case = bundle.cases[0]
    config = GenerationConfig(stop=(10**9,), max_new_tokens=8)
    prompt = model.embed_clip(clip(bundle, case), question(case["question"]))
    with torch.inference_mode(), model.attending([prompt]):
        embeds, slow = prompt.embeds, []
        for _ in range(config.max_new_tokens):
            slow.append(int(model.llm(inputs_embeds=embeds[None], use_cache=False).logits[0, -1].argmax()))
            new = model.llm.get_input_embeddings()(torch.tensor(slow[-1:], device=embeds.device))
            embeds = torch.cat([embeds, new])
    assert model.write([prompt], config)[0] == slow
