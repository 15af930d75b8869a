"""What the features of a clip cost, beside another checkout, and how far they are from its.

    python benchmarks/features.py --against ../before    # 24 clips of 30 s, five rounds in turns

CPU seconds of one process with one thread: the median over clips of what one clip takes, the median of these over
rounds, and what the first clip takes (imports, compilation) in a process that finds librosa's compiled functions and in
one that does not. How far: the largest difference of any number, in standard deviations of that number over the clips.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parents[1]
RATE, SECONDS = 22_050, 30
ONE_PROCESS = """
import json, sys, time
import numpy as np
from threadpoolctl import threadpool_limits
from mudata.evaluation.models.features import extract
clips, vectors, each = np.load(sys.argv[1]), [], []
with threadpool_limits(1):
    for clip in clips[:1].repeat(2, 0) if len(sys.argv) < 3 else clips[:1]:
        begun = time.process_time()
        extract(clip)
        each.append(time.process_time() - begun)
    first, each = each[0], []
    for clip in clips if len(sys.argv) < 3 else ():
        begun = time.process_time()
        vectors.append(extract(clip).tolist())
        each.append(time.process_time() - begun)
print(json.dumps({"first": first, "each": each, "vectors": vectors}))
"""


def music(number: int) -> np.ndarray:
    """Half a minute of chords that swell under a beat of noise, in 16 bits."""
    random, time = np.random.default_rng(number), np.arange(SECONDS * RATE) / RATE
    phase = (time * random.uniform(1, 3)) % 1
    hertz = 55 * 2 ** ((random.integers(0, 60, 5) + random.uniform(-0.5, 0.5)) / 12)
    chord = sum(random.uniform(0.05, 0.2) * np.sin(2 * np.pi * f * time) for f in hertz)
    noise = random.uniform(0, 0.2) * random.standard_normal(time.size) * np.exp(-10 * phase)
    y = 0.5 * (chord * (0.4 + 0.6 * (phase < 0.3)) + noise)
    return (np.rint(y * 32767) / 32768).astype(np.float32)


def process(checkout: Path, clips: Path, *, cold: Path | None = None) -> dict[str, list[float]]:
    """What one process of a checkout measures; `cold` is a folder without compiled functions."""
    environment = os.environ | {"PYTHONPATH": str(checkout)} | ({"NUMBA_CACHE_DIR": str(cold)} if cold else {})
    words = [sys.executable, "-W", "ignore", "-c", ONE_PROCESS, str(clips), *(["first"] if cold else [])]
    done = subprocess.run(words, env=environment, cwd=clips.parent, capture_output=True, text=True, check=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout of mudata")
    given = parser.parse_args()
    checkouts = {"this checkout": HERE} | ({"against": given.against.resolve()} if given.against else {})
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder) / "clips.npy"
        np.save(clips, np.stack([music(n) for n in range(given.clips)]))
        each: dict[str, list[float]] = {name: [] for name in checkouts}
        warm: dict[str, list[float]] = {name: [] for name in checkouts}
        vectors = {}
        for _ in range(given.rounds):
            for name, checkout in checkouts.items():
                found = process(checkout, clips)
                each[name].append(statistics.median(found["each"]))
                warm[name].append(found["first"])  # type: ignore[arg-type]
                vectors[name] = np.array(found["vectors"])
        print(f"{given.clips} clips of {SECONDS} s, {given.rounds} rounds; CPU seconds")
        for number, (name, checkout) in enumerate(checkouts.items()):
            (cold := Path(folder) / f"cold{number}").mkdir()
            compiled = process(checkout, clips, cold=cold)["first"]
            print(
                f"{name:16} a clip {statistics.median(each[name]):.4f} "
                f"({min(each[name]):.4f} to {max(each[name]):.4f}); "
                f"the first {statistics.median(warm[name]):.2f}, with nothing compiled {compiled:.2f}"
            )
    if given.against:
        ours, theirs = vectors["this checkout"], vectors["against"]
        ratio = statistics.median(a / b for a, b in zip(each["this checkout"], each["against"], strict=True))
        error = (np.abs(ours - theirs) / theirs.std(axis=0)).max()
        print(f"this one takes {ratio:.3f} of the other's time; numbers differ by {error:.1e} deviations at most")


if __name__ == "__main__":
    main()
