"""How many clips a second reach a model's ears: decoded and resampled by `playback.play`, with no model behind it.

python benchmarks/decode_ahead.py [--clips 200]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from mudata.evaluation.inference.playback import played
from mudata.evaluation.protocol import Failure, ModelCapabilities
from mudata.evaluation.tasks.samples import Sample

CASES = {
    "LTU, 10 s of 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=16_000, max_seconds=10.255)),
    "Qwen-Audio, SALMONN: 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=16_000, max_seconds=30.0)),
    "Qwen-Audio, SALMONN: 30 s at 44.1 kHz": (44_100, ModelCapabilities(sample_rate=16_000, max_seconds=30.0)),
    "MU-LLaMA, M2UGen: 30 s at 22.05 kHz": (22_050, ModelCapabilities(sample_rate=24_000, max_seconds=60.0)),
    "AnyGPT chat, 5 s of 30 s at 44.1 kHz": (44_100, ModelCapabilities(sample_rate=32_000, max_seconds=5.0)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    clips = parser.parse_args().clips
    rng = np.random.default_rng(0)
    print(f"{os.cpu_count()} cores, {clips} clips each")
    with tempfile.TemporaryDirectory() as folder:
        for name, (rate, capabilities) in CASES.items():
            path = Path(folder) / f"{rate}.flac"
            if not path.exists():  # noise under a chord: FLAC can do no wonders with it, as with music
                time_s = np.arange(30 * rate) / rate
                chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220, 277, 330))
                soundfile.write(path, 0.1 * chord + 0.05 * rng.standard_normal(30 * rate), rate)
            items = [
                Sample(
                    clip_id=f"d/{i}",
                    dataset="d",
                    references=(),
                    path=path,
                    pcm_sha256="",
                    sample_rate=rate,
                    duration_s=30.0,
                )
                for i in range(clips)
            ]
            begun, cpu = time.perf_counter(), time.process_time()
            failed = sum(isinstance(clip, Failure) for _, clip in played(items, capabilities, ahead=lambda: 32))
            wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
            print(f"{name:42} {clips / wall:7.0f} clips/s   {1000 * cpu / clips:5.1f} ms of CPU each, {failed} failed")


if __name__ == "__main__":
    main()
