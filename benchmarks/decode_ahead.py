"""Does a model wait for audio? Clips that are decoded, resampled and encoded ahead, beside a model that answers.

    python benchmarks/decode_ahead.py [--clips 96] [--size tiny]      # needs the extra `models`

First how many clips a second reach a model's ears with no model behind: FLAC of 30 s, at the rates of the survey's
models. Then tiny models with random weights (`published_sizes`, Qwen2-Audio and CLAP) that answer 16 tokens: `wall`
seconds for all clips, `waited` how long the model stood still for audio (`waited_s` in run.json), as share of it, how
much of that was before its first batch (`first`), the share when nothing is done ahead of a batch (`without`), and
`written`: the share that appending and flushing the answers takes. `in the answer`: decoded ahead, but encoded by the
answer itself. The bar: waited below 5 %.

A model stands still while clips are decoded, resampled, and (where it encodes ahead: CLAP) turned into spectra. What it
does with a clip inside of its `answer`, spectra and encoder as its authors wrote them, is its own work.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import published_sizes
from asking import sample
from gpu_eval import QUESTION, loaded
from tiny_clap import write_clap

from mudata.evaluation.inference import local_replica
from mudata.evaluation.inference.batching import BatchRunner
from mudata.evaluation.inference.local_replica import LocalReplica
from mudata.evaluation.inference.playback import ITSELF, played
from mudata.evaluation.inference.run_plan import EvalRequest
from mudata.evaluation.models.clap import Clap
from mudata.evaluation.protocol import Failure, ModelCapabilities
from mudata.evaluation.run import Run
from mudata.evaluation.run_records import AnswerRecord

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample

WAITED, TOKENS, SECONDS = 0.05, 16, 30.0
CASES = {
    "LTU, 10 s of 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=16_000, max_seconds=10.255)),
    "Qwen-Audio, SALMONN: 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=16_000, max_seconds=30.0)),
    "Qwen-Audio, SALMONN: 30 s at 44.1 kHz": (44_100, ModelCapabilities(sample_rate=16_000, max_seconds=30.0)),
    "MU-LLaMA, M2UGen: 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=24_000, max_seconds=60.0)),
    "AnyGPT chat, 5 s of 30 s at 44.1 kHz": (44_100, ModelCapabilities(sample_rate=32_000, max_seconds=5.0)),
}
MODELS = ("clap", "qwen2-audio", *published_sizes.MODELS)


def clips(folder: Path, rate: int, count: int) -> list[Sample]:
    """One file of noise under a chord, as often as is wanted: FLAC can do no wonders with it, as with music."""
    path = folder / f"{rate}.flac"
    if not path.exists():
        time_s = np.arange(int(SECONDS) * rate) / rate
        chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220, 277, 330))
        soundfile.write(path, 0.1 * chord + 0.05 * np.random.default_rng(0).standard_normal(len(time_s)), rate)
    return [sample(f"d/{i}", path=path, sample_rate=rate, duration_s=SECONDS) for i in range(count)]


def runner_of(name: str, size: str, folder: Path) -> BatchRunner:
    """A model on the CPU, loaded."""
    if name != "clap":
        return loaded(name, size, folder, "cpu", "fp32", TOKENS, None)
    runner = BatchRunner(Clap(str(write_clap(folder, fusion=False)), device="cpu"))
    runner.load()
    return runner


def asked(runner: BatchRunner, items: list[Sample], *, ahead: bool, folder: Path) -> tuple[float, float, float, float]:
    """Seconds for all items, those that the model waited, of them those before the first batch, those of writing."""
    replica = LocalReplica(runner.model, EvalRequest(model="", split=""))
    replica.batch_runner = runner
    replica.begin(EvalRequest(model="", split=""))
    run, written, first = Run(folder), 0.0, None
    kept, local_replica.AHEAD = local_replica.AHEAD, local_replica.AHEAD if ahead else 0
    begun = time.perf_counter()
    for batch in replica.ask(items, lambda _: QUESTION, ITSELF, "answer"):
        first = replica.waited_s if first is None else first
        records = [record(told) for told in batch]
        writing = time.perf_counter()
        run.append(records)
        written += time.perf_counter() - writing
    wall = time.perf_counter() - begun
    local_replica.AHEAD = kept
    return wall, replica.waited_s, first or 0.0, written


def record(told: Any) -> AnswerRecord:
    if isinstance(told.reply.outcome, Failure):
        raise SystemExit(f"{told.sample.item_id}: {told.reply.outcome}")
    return AnswerRecord(
        key="0" * 64,
        item_id=told.sample.item_id,
        answer=told.reply.outcome.text,
        error=None,
        seconds=told.reply.seconds,
        heard_s=told.heard.heard_s,
        batch=told.reply.batch,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--size", choices=["tiny", "small"], default="tiny")
    parser.add_argument("--model", nargs="+", choices=MODELS, default=MODELS)
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, {args.clips} clips each; the bar: waited below {WAITED:.0%}\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, (rate, capabilities) in CASES.items():
            items = clips(folder, rate, args.clips)
            begun, cpu = time.perf_counter(), time.process_time()
            heard = played(items, lambda _: QUESTION, capabilities, ahead=lambda: 32)
            failed = sum(isinstance(item, Failure) for _, item in heard)
            wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
            print(
                f"{name:42} {args.clips / wall:7.0f} clips/s   {1000 * cpu / args.clips:5.1f} ms of CPU each,"
                f" {failed} failed"
            )
        print(
            f"\n{'':14}{'batch':>8}{'wall s':>10}{'waited s':>10}{'share':>8}{'first s':>9}{'without':>9}{'written':>9}"
        )
        for name in args.model:
            (folder / name).mkdir()
            (folder / f"{name}-run").mkdir()
            runner = runner_of(name, args.size, folder / name)
            items = clips(folder, 44_100, args.clips)
            asked(runner, items[: 2 * runner.batch], ahead=True, folder=folder / f"{name}-run")  # what is loaded once
            for told in (name, "in the answer") if hasattr(runner.model, "encode") else (name,):
                with nullcontext() if told == name else patch.object(LocalReplica, "encode", None):
                    wall, waited, first, written = asked(runner, items, ahead=True, folder=folder / f"{name}-run")
                    plain, stood, _, _ = asked(runner, items, ahead=False, folder=folder / f"{name}-run")
                shares = f"{waited / wall:8.1%}{first:9.2f}{stood / plain:9.1%}{written / wall:9.1%}"
                print(f"{told:14}{runner.batch:8}{wall:10.2f}{waited:10.2f}{shares}", flush=True)


if __name__ == "__main__":
    main()
