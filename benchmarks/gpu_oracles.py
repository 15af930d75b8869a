"""Whether models answer on a GPU as their authors' code does: the tests' reference bundles, in fp32 on the device.

    python benchmarks/gpu_oracles.py                # every bundle below MUDATA_ORACLES, on the GPU if there is one
    python benchmarks/gpu_oracles.py --device cpu --json

Ends with 1 where the ids of any case are not the authors'.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from oracles import ROOT, Bundle, greedy

from mudata.evaluation.models.decoders.generation import PromptEmbedding, until
from mudata.evaluation.models.decoders.qwen_tokenizer import SPECIALS
from mudata.evaluation.models.device import placement
from mudata.evaluation.protocol import Question

FAMILIES: dict[str, tuple[str, dict[str, str]]] = {
    "anygpt": ("anygpt:AnyGPT", {}),
    "ltu": ("ltu:LTU", {"vit_heads": "vit_heads"}),
    "ltu-as": ("ltu_as:LtuAs", {"layer_heads": "layer_transformer_heads"}),
    "m2ugen": ("m2ugen:M2UGen", {}),
    "modaverse": ("modaverse:ModaVerse", {"imagebind_heads": "imagebind_audio_heads"}),
    "mu-llama": ("mu_llama:MuLlama", {}),
    "qwen-audio": ("qwen_audio:QwenAudio", {}),
    "salmonn": ("salmonn:Salmonn", {"qformer_heads": "qformer_heads"}),
}
"""Code of the bundles of each folder, and its options by the names that bundles give to them."""


def oracles(device: str) -> dict[str, dict[str, int]]:
    """Cases of the tests' reference bundles, in fp32 on the device: of how many the ids are the authors'."""
    all_counts: dict[str, dict[str, int]] = {}
    for family in FAMILIES:
        for path in sorted((ROOT / family).glob("*/expected.json")):
            bundle = Bundle(path.parent)
            counts = all_counts[str(bundle)] = {"right": 0, "cases": 0}
            models: dict[str, Any] = {}
            for case in bundle.cases:
                options = _options(family, bundle, case)
                if (key := json.dumps(options)) not in models:
                    models[key] = _of_bundle(family, bundle, options, device)
                model = models[key]
                with torch.inference_mode():
                    prompt = _prompt(family, model, bundle, case)
                config = greedy(case, model.stop_ids() if family in ("anygpt", "m2ugen") else None)
                ids = model.write([prompt], config)[0]
                counts["right"] += ids == until(case["greedy_ids"], config.stop)
                counts["cases"] += 1
    return all_counts


def _options(family: str, bundle: Any, case: dict[str, Any]) -> dict[str, Any]:
    names = FAMILIES[family][1]
    options: dict[str, Any] = {ours: bundle.expected["constants"][theirs] for ours, theirs in names.items()}
    if family == "ltu-as":
        options["transcribe"] = False
    elif family == "anygpt":
        options |= {"chat": case["template"] == "chat", "instruction": ""}
    elif family == "qwen-audio":
        options |= {"chat": case["kind"] == "chat", "max_new_tokens": 100}
    return options


def _of_bundle(family: str, bundle: Any, options: dict[str, Any], device: str) -> Any:
    module, _, kind = FAMILIES[family][0].partition(":")
    factory = getattr(import_module(f"mudata.evaluation.models.families.{module}"), kind)
    model = factory(str(bundle.checkpoint), device=device, dtype="fp32", **options)
    model.load()
    return model


def _prompt(family: str, model: Any, bundle: Any, case: dict[str, Any]) -> PromptEmbedding:
    """A case's prompt, from the wave that the authors' decoder made where that is kept."""
    kept = case["stages"].get("waveform_16k") if family in ("ltu-as", "qwen-audio") else None
    wave = bundle.tensors[kept["tensor"]] if kept else model.waveform(*bundle.audio(case))
    audio = model.hear(wave.to(model.device))
    if family == "ltu-as":
        return model.compose_with(audio, case["question"], case["transcript"])
    if family == "qwen-audio" and case["kind"] != "chat":
        tags = case["prompt"].partition("</audio>")[2]
        return model.place(audio, [*model.audio_ids(len(audio)), *model.tokenizer.encode(tags, SPECIALS)])
    return model.compose(audio, case["question"], Question("caption", case["question"], (), "caption"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    device, _ = placement(args.device, "auto")
    bundles = oracles(device)
    lines = [f"{name:24}{counts['right']:>4} of {counts['cases']} cases" for name, counts in bundles.items()]
    print(json.dumps(bundles, indent=2) if args.json else "\n".join(lines))
    raise SystemExit(any(counts["right"] < counts["cases"] for counts in bundles.values()))


if __name__ == "__main__":
    main()
