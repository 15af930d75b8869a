"""How fast models of published size answer, side by side with the plain loop in which they are usually asked.

    python benchmarks/gpu_eval.py --model salmonn-7b                      # one GPU; a few minutes
    python benchmarks/gpu_eval.py --model qwen2-audio mu-llama --batch 32 --rounds 5 --json
    python benchmarks/gpu_eval.py --model ltu --size tiny --clips 4 --new-tokens 8    # anywhere

Weights are random, made on the device; nothing is fetched, and no large file is written. Every answer has exactly
`--new-tokens` tokens. `mudata` is what `mudata eval` does with a batch: encoders clip by clip, prompts padded on the
left, all answers at once. `plain` hears and answers one clip at a time: the whole prompt into transformers' `generate`,
ids into text. Both take turns in every round; figures are medians, and the ratio is the median of the rounds' ratios.

`busy` is the share of time in which a kernel ran, as nvidia-smi samples it five times a second while `mudata` works;
bytes are torch's peak on the device and the process's peak in main memory, weights included. `agree`: of the steps
that a batch and its clips alone take, up to each answer's first near-tie (the two likeliest ids less than EPSILON of
the logits' spread apart), how many choose the same id. The bars: 8 times the plain loop, busy 85 %, agree 95 %.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from published_sizes import MODELS, SEED, WHISPER, lay_out, weights_are_made

from mudata.evaluation.inference.batching import BatchRunner
from mudata.evaluation.inference.playback import PlayedClip, PlayedItem
from mudata.evaluation.models.decoders.generation import PromptEmbedding
from mudata.evaluation.models.device import placement
from mudata.evaluation.models.hf_audio import TransformersAudio
from mudata.evaluation.protocol import Answer, Question

FASTER, BUSY, AGREE = 8.0, 0.85, 0.95
EPSILON = 0.05
"""Of the standard deviation of a step's logits. bf16 keeps 8 bits, and 32 layers of roundings in another order move
logits by a few hundredths of that."""
AGREEING = 16
"""Clips that are asked alone for it."""
SAMPLES_MS = 200
QUESTION = Question(
    "classify",
    "Listen to the music. Which genre is it? Choose exactly one of these: Blues, Classical, Country, Disco, Hip-Hop, "
    "Jazz, Metal, Pop, Reggae, Rock. Answer with the chosen genre only.",
    ("Blues", "Classical", "Country", "Disco", "Hip-Hop", "Jazz", "Metal", "Pop", "Reggae", "Rock"),
    "genre",
)


@dataclass(frozen=True)
class Row:
    """What was measured of one model. `busy` and device bytes are None without a GPU, `agree` where every answer begins
    with a near-tie."""

    model: str
    parameters: int
    batch: int
    clips_per_s: float
    tokens_per_s: float
    plain_clips_per_s: float
    faster: float
    busy: float | None
    device_bytes: int | None
    host_bytes: int
    agree: float | None
    steps: int
    """Steps that `agree` is of."""


def noises(count: int, seconds: float, rate: int) -> list[PlayedClip]:
    """Clips of noise between 80 and 100 % as long as asked for, so that a batch has something to pad."""
    rng = np.random.default_rng(SEED)
    lengths = rng.integers(int(0.8 * seconds * rate), int(seconds * rate) + 1, count)
    return [PlayedClip(f"c{i}", rng.normal(0, 0.1, n).astype(np.float32), rate) for i, n in enumerate(lengths)]


def asked(clips: Sequence[PlayedClip]) -> list[PlayedItem]:
    """The question of this benchmark about each clip."""
    return [PlayedItem(clip.clip_id, (clip,), QUESTION) for clip in clips]


def loaded(name: str, size: str, folder: Path, device: str, dtype: str, tokens: int, batch: int | None) -> BatchRunner:
    """A model that answers with exactly so many tokens, loaded as `mudata eval` loads it."""
    where, width = placement(device, dtype)
    if name == "qwen2-audio":
        return _qwen2_audio(size, folder, where, width, tokens, batch)
    laid = lay_out(name, size, folder)
    options: dict[str, Any] = {"device": where, "dtype": dtype, "max_new_tokens": tokens, "batch": batch}
    model = laid.factory(str(folder), **options, **laid.options)
    model.GREEDY = replace(model.GREEDY, min_new_tokens=tokens)
    runner = BatchRunner(model, batch)
    with weights_are_made(laid, where, width):
        runner.load()
    return runner


def _qwen2_audio(
    size: str, folder: Path, device: str, width: torch.dtype, tokens: int, batch: int | None
) -> BatchRunner:
    import transformers

    qwen2_audio_folder(size, folder)
    kind: Any = transformers.Qwen2AudioForConditionalGeneration
    settings = json.loads((folder / "config.json").read_text())

    def made(_: str, **__: object) -> Any:
        with torch.device(device):
            torch.manual_seed(SEED)
            return kind._from_config(kind.config_class.from_pretrained(folder), dtype=width)

    model = TransformersAudio(str(folder), device=device, dtype=_short(width), max_new_tokens=tokens, batch=batch)
    runner = BatchRunner(model, batch)
    with patch.object(kind, "from_pretrained", made):
        runner.load()
    model.model.generation_config.min_new_tokens = tokens
    model.model.generation_config.eos_token_id = settings["text_config"]["eos_token_id"]
    model.model.generation_config.pad_token_id = settings["text_config"]["pad_token_id"]
    return runner


def qwen2_audio_folder(size: str, folder: Path) -> None:
    """The untrained control's folder, which is Qwen2-Audio's, with the sizes of the published one."""
    import transformers

    from mudata.evaluation.models import untrained

    untrained.write(folder, SEED)
    if size == "tiny":
        return
    processor = transformers.AutoProcessor.from_pretrained(folder)
    processor.feature_extractor = transformers.WhisperFeatureExtractor(feature_size=128)
    processor.save_pretrained(folder)
    settings = json.loads((folder / "config.json").read_text())
    of_layers = ("layer_types", "max_window_layers")
    text = {key: value for key, value in settings["text_config"].items() if key not in of_layers}
    sizes = {"full": (4096, 11008, 32, 32, 156_032), "small": (768, 2048, 12, 12, 32_000)}[size]
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    text |= dict(zip(names, sizes, strict=True)) | {"num_key_value_heads": sizes[3], "max_position_embeddings": 8192}
    ear, depth, heads = WHISPER[size]
    audio = {"num_mel_bins": 128, "d_model": ear, "encoder_layers": depth, "num_hidden_layers": depth}
    audio |= {"encoder_attention_heads": heads, "encoder_ffn_dim": 4 * ear}
    settings |= {"text_config": text, "audio_config": settings["audio_config"] | audio}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "model.safetensors").unlink()


def _short(width: torch.dtype) -> str:
    return {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}[width]


class Gaps:
    """How far apart the two likeliest ids were at every step of a single run, in standard deviations of its logits."""

    def __init__(self) -> None:
        self.gaps: list[float] = []

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        first, second = scores[0].float().topk(2).values
        finite = scores[0][scores[0].isfinite()]
        self.gaps.append(float((first - second) / finite.float().std()))
        return scores


def plain(model: Any, clip: PlayedClip, tokens: int, gaps: Gaps | None = None) -> tuple[list[int], str]:
    """Ids and text of one clip as a plain loop gets them."""
    settings: dict[str, Any] = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
    if gaps:
        settings["logits_processor"] = [gaps]
    with torch.inference_mode():
        if isinstance(model, TransformersAudio):
            inputs = model.inputs(asked([clip]))
            ids = model.model.generate(**inputs, **settings)[0, inputs["input_ids"].shape[1] :].tolist()
            return ids, model.processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
        prompt = model.embed_clip(clip, QUESTION)
        assert isinstance(prompt, PromptEmbedding)
        with model.attending([prompt]):
            embeds = prompt.embeds[None]
            mask = torch.ones(embeds.shape[:2], dtype=torch.long, device=embeds.device)
            stop = model.stop_ids()
            settings |= {"eos_token_id": list(stop), "pad_token_id": stop[0]}
            ids = model.llm.generate(inputs_embeds=embeds, attention_mask=mask, **settings)[0].tolist()
        return ids, model.finish(ids)


def together(model: Any, clips: Sequence[PlayedClip]) -> list[list[int]]:
    """Ids of a batch as the product writes them."""
    if isinstance(model, TransformersAudio):
        return [list(ids) for ids in model.new_ids(model.inputs(asked(clips)))]
    prompts = model.embed_items(asked(clips))
    return model.write(prompts, model.generation_config())


def agreement(model: Any, clips: Sequence[PlayedClip], tokens: int) -> tuple[float | None, int]:
    """Share of steps at which a batch and single runs write the same id, up to each clip's first near-tie."""
    same = steps = 0
    for clip, batch in zip(clips, together(model, clips), strict=True):
        gaps = Gaps()
        alone, _ = plain(model, clip, tokens, gaps)
        clear = next((i for i, gap in enumerate(gaps.gaps) if gap < EPSILON), tokens)
        same += sum(a == b for a, b in zip(alone[:clear], batch[:clear], strict=True))
        steps += clear
    return (same / steps if steps else None), steps


class Busy:
    """nvidia-smi's samples of how much of the time a kernel ran, while this lasts; `share` is None without it."""

    def __init__(self, device: str) -> None:
        self._device, self._samples = device, None
        self.share: float | None = None

    def __enter__(self) -> Busy:
        if self._device.startswith("cuda") and (tool := shutil.which("nvidia-smi")):
            which = str(torch.cuda.get_device_properties(self._device).uuid)
            which = which if which.startswith("GPU-") else f"GPU-{which}"
            asked = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", str(SAMPLES_MS)]
            self._samples = subprocess.Popen([tool, "-i", which, *asked], stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._samples is not None:
            self._samples.terminate()
            printed, _ = self._samples.communicate()
            percent = [int(line) for line in printed.split() if line.isdigit()]
            self.share = statistics.mean(percent) / 100 if percent else None


def timed(device: str, task: Callable[[], object]) -> float:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    begun = time.perf_counter()
    task()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - begun


def measured(name: str, args: argparse.Namespace) -> Row:
    batch = None if args.batch == "auto" else int(args.batch)
    with tempfile.TemporaryDirectory() as scratch:
        runner = loaded(name, args.size, Path(scratch), args.device, args.dtype, args.new_tokens, batch)
    model: Any = runner.model
    device, on_gpu = model.device, model.device.startswith("cuda")
    clips = noises(args.clips, args.seconds, model.capabilities.sample_rate)
    few = clips[: args.plain_clips]

    def ask() -> None:
        for reply in runner.ask(asked(clips)):
            if not isinstance(reply.outcome, Answer):
                raise SystemExit(f"{name}: {reply.outcome}")

    ask()  # also loads what is loaded once
    plain(model, clips[0], args.new_tokens)
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    ours, theirs, busy = [], [], []
    for _ in range(args.rounds):
        with Busy(device) as sampled:
            ours.append(len(clips) / timed(device, ask))
        theirs.append(len(few) / timed(device, lambda: [plain(model, clip, args.new_tokens) for clip in few]))
        busy += [sampled.share] if sampled.share is not None else []
    agree, steps = agreement(model, clips[: min(runner.batch, len(clips), AGREEING)], args.new_tokens)
    rate = statistics.median(ours)
    return Row(
        name,
        model.describe()["parameters"],
        runner.batch,
        rate,
        rate * args.new_tokens,
        statistics.median(theirs),
        statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        statistics.median(busy) if busy else None,
        torch.cuda.max_memory_allocated(device) if on_gpu else None,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        agree,
        steps,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", choices=["qwen2-audio", *MODELS], default=["salmonn-7b"])
    parser.add_argument("--size", choices=["full", "small", "tiny"], default="full")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", choices=["auto", "bf16", "fp16", "fp32"], default="auto")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--plain-clips", type=int, default=8, help="of them, for the plain loop")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--new-tokens", type=int, default=100)
    parser.add_argument("--batch", default="auto", help="clips at once, or auto: the model's choice")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    device, _ = placement(args.device, "auto")
    rows = [measured(name, args) for name in args.model]
    what = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    if args.json:
        bars = {"faster": FASTER, "busy": BUSY, "agree": AGREE}
        print(json.dumps({"device": what, "bars": bars, "rows": [asdict(row) for row in rows]}, indent=2))
        return
    print(
        f"{what}, {args.size} size, {args.clips} clips of {args.seconds:g} s, {args.new_tokens} new tokens, medians of "
        f"{args.rounds} rounds; bars: {FASTER:g}x, busy {BUSY:.0%}, agree {AGREE:.0%}\n"
    )
    heads = ("M weights", "batch", "clips/s", "tokens/s", "plain", "faster", "busy", "device GB", "host GB", "agree")
    print(f"{'':14}" + "".join(f"{head:>10}" for head in heads))
    for row in rows:
        busy = "n/a" if row.busy is None else f"{row.busy:.0%}"
        agree = "n/a" if row.agree is None else f"{row.agree:.1%}"
        memory = "n/a" if row.device_bytes is None else f"{row.device_bytes / 1e9:.1f}"
        cells = [f"{row.parameters / 1e6:,.1f}", str(row.batch), f"{row.clips_per_s:.2f}", f"{row.tokens_per_s:.0f}"]
        cells += [f"{row.plain_clips_per_s:.2f}", f"{row.faster:.1f}x", busy, memory, f"{row.host_bytes / 1e9:.1f}"]
        print(f"{row.model:14}" + "".join(f"{cell:>10}" for cell in [*cells, agree]))


if __name__ == "__main__":
    main()
