"""How well copies are told from other music by their fingerprints, and what that costs.

    python benchmarks/duplicates.py                       # 2,000 clips are made first: 6 CPU minutes
    python benchmarks/duplicates.py --keep /tmp/prints    # their fingerprints are kept, and used the next time
    python benchmarks/duplicates.py --only search         # 100,000 clips, of fingerprints made before (--keep)

Clips: those of `copied_clips.py`.
`found` is the share of copies that get into one group with their original; `false` the share of others that do.
`strangers` are pairs of clips of different pieces that were taken for copies, of all such pairs.

`fingerprint` is CPU time of resampling 22.05 kHz to 8 kHz and fingerprinting, over that of
librosa.feature.chroma_stft on the same samples, both on one thread; median over clips. `search` is a process with
100,000 simulated clips of 30 s, each spliced from 36 pieces of 0.8 s of real fingerprints, from anywhere, with the same
few bits turned over in all words of a clip: by one of so many patterns that keys of different clips are equal as often
as those of the real ones, which is told for both. Every twentieth is a copy of the one before it, in part.

`representation` asks both fingerprints alike, with no search: the smallest share of differing bits at any offset of an
original and its copy, and of an original and what is none. At the share below which 99 of 100 copies lie, how many of
the others lie below, too. Chromaprint (its shared library and pyacoustid) is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soxr
from copied_clips import COPIES, OTHERS, SEED, chromaprint, corpus, mono, piece, played

from mudata.catalog.compose.arrangement import arrange
from mudata.catalog.compose.performance import rendered_parts
from mudata.catalog.duplicates.agreement import GAP, Fingerprints
from mudata.catalog.duplicates.fingerprint import KEY_STEPS, RATE, fingerprint, keys
from mudata.catalog.duplicates.near_search import near_pairs

# ------------------------------------------------------------------------------------- what is measured


def groups_of(count: int, pairs: list[Any]) -> list[int]:
    from mudata.catalog.clusters import union

    ends = [("pair", number) for number in range(len(pairs))]
    rows: list[int] = [clip for pair in pairs for clip in (pair.first, pair.second)]
    tied = union(count + len(rows), [[*range(count), *rows], [*([None] * count), *(e for e in ends for _ in (0, 1))]])
    return tied[:count]


def accuracy(names: list[tuple[int, str]], words: list[Any]) -> dict[str, Any]:
    begun = time.process_time()
    pairs = near_pairs(Fingerprints.of(words))
    took = time.process_time() - begun
    original = {number: clip for clip, (number, kind) in enumerate(names) if kind == "original"}
    group = groups_of(len(names), pairs)
    hits: dict[str, list[bool]] = {}
    for clip, (number, kind) in enumerate(names):
        if kind != "original":
            hits.setdefault(kind, []).append(group[clip] == group[original[number]])
    strangers = sum(names[pair.first][0] != names[pair.second][0] for pair in pairs)
    sizes = np.bincount([number for number, _ in names])
    of = (len(names) ** 2 - int((sizes**2).sum())) // 2
    copies = [hit for kind, own in hits.items() if kind in COPIES for hit in own]
    return {
        "clips": len(names),
        "pairs": len(pairs),
        "cpu_s": took,
        "found": {kind: sum(own) / len(own) for kind, own in hits.items() if kind in COPIES},
        "found_of_all": sum(copies) / len(copies),
        "false": {kind: sum(own) / len(own) for kind, own in hits.items() if kind in OTHERS},
        "strangers": strangers,
        "strangers_of": of,
    }


def least_errors(a: Any, b: Any, most: int) -> float:
    """The smallest share of differing bits at any offset, over `most` words or nearly all of the shorter."""
    least, best = min(most, int(0.8 * min(len(a), len(b)))), 1.0
    for offset in range(least - len(b), len(a) - least + 1):
        own, other = a[max(offset, 0) : offset + len(b)], b[max(-offset, 0) : len(a) - offset]
        heard = (own != 0) & (other != 0)
        if frames := int(np.count_nonzero(heard)):
            best = min(best, int(np.bitwise_count((own ^ other)[heard]).sum()) / (32 * frames))
    return best


def representation(names: list[tuple[int, str]], words: list[Any], most: int) -> dict[str, Any]:
    original = {number: words[clip] for clip, (number, kind) in enumerate(names) if kind == "original"}
    errors: dict[str, list[float]] = {}
    for clip, (number, kind) in enumerate(names):
        if kind != "original":
            errors.setdefault(kind, []).append(least_errors(original[number], words[clip], most))
    limit = float(np.quantile([e for kind in COPIES for e in errors[kind]], 0.99))
    below = {kind: float(np.mean(np.array(errors[kind]) <= limit)) for kind in OTHERS}
    return {"limit": limit, "below": below, "median": {kind: median(own) for kind, own in errors.items()}}


def cost(clips: int = 40) -> dict[str, float]:
    """CPU seconds for a clip of 30 s at 22.05 kHz: medians, and the median ratio."""
    import librosa

    sounds = [mono(played(rendered_parts(arrange(piece(n))), n), 22_050) for n in range(clips)]
    librosa.feature.chroma_stft(y=sounds[0], sr=22_050)  # compiled
    mine, theirs = [], []
    for sound in sounds:
        for work, times in (
            (lambda: fingerprint(soxr.resample(sound, 22_050, RATE, "HQ")), mine),  # noqa: B023 - called at once
            (lambda: librosa.feature.chroma_stft(y=sound, sr=22_050), theirs),  # noqa: B023
        ):
            begun = time.process_time()
            work()
            times.append(time.process_time() - begun)
    ratio = median(a / b for a, b in zip(mine, theirs, strict=True))
    return {"fingerprint_s": median(mine), "chroma_stft_s": median(theirs), "ratio": ratio}


PIECE = 13
"""Frames of a splice."""


def simulated(words: list[Any], clips: int, patterns: int, copies: bool = True) -> Fingerprints:
    """Every twentieth is a copy of the one before, of its last 15 to 30 s, with 3 % of the bits turned over."""
    rng = np.random.default_rng(SEED)
    real = np.concatenate(words)
    length = PIECE * 36
    starts = GAP + np.arange(clips, dtype=np.int64) * (length + GAP)
    made = np.zeros(GAP + clips * (length + GAP), np.uint32)
    turned = rng.integers(1, 2**32, patterns, dtype=np.uint32)
    for number, start in enumerate(starts):
        at = rng.integers(0, len(real) - PIECE, 36)[:, None] + np.arange(PIECE)
        made[start : start + length] = real[at.ravel()] ^ turned[int(rng.integers(patterns))]
        if copies and number % 20 == 1:
            kept = int(rng.integers(length // 2, length))
            wrong = np.packbits(rng.random((kept, 32)) < 0.03, axis=1).view(np.uint32)[:, 0]
            before = starts[number - 1]
            made[start : start + kept] = made[before + length - kept : before + length] ^ wrong
    return Fingerprints(made, starts, starts + length)


def shared_keys(clips: list[Any]) -> float:
    """Of all pairs of keys of different clips, the share that is equal, as a power of two."""
    told = ([keys(words, step)[1] | np.uint64(step << 48) for step in KEY_STEPS] for words in clips)
    own = [np.unique(np.concatenate(one)) for one in told]
    _, counts = np.unique(np.concatenate(own), return_counts=True)
    total = sum(map(len, own))
    pairs = (total**2 - sum(len(k) ** 2 for k in own)) / 2
    return float(np.log2(max(1, int((counts * (counts - 1) // 2).sum())) / pairs))


def search(keep: Path, clips: int) -> None:
    """In a process of its own: simulate, search, and print what it took."""
    names, words, _ = corpus(keep, 1)
    originals = [own for own, (_, kind) in zip(words, names, strict=True) if kind == "original"]
    real = shared_keys(originals)
    patterns = max(1, round(2**-real / sum(map(len, originals))))
    for _ in range(2):  # the first time as if keys were equal by the pattern alone
        few = simulated(originals, 2_000, patterns, copies=False)
        simulated_ones = shared_keys([few.clip(number) for number in range(2_000)])
        patterns = max(1, round(patterns * 2 ** (simulated_ones - real)))
    prints = simulated(originals, clips, patterns)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, started = time.process_time(), time.perf_counter()
    pairs = near_pairs(prints)
    figures = {
        "clips": clips,
        "words": len(prints.words),
        "pairs": len(pairs),
        "copies": len(range(1, clips, 20)),
        "copies_found": sum(pair.second % 20 == 1 and pair.first == pair.second - 1 for pair in pairs),
        "wall_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - begun,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_before_mb": before / 1024,
        "equal_keys_real_log2": real,
        "equal_keys_simulated_log2": simulated_ones,
    }
    print(json.dumps(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, default=None, help="Folder for fingerprints.")
    parser.add_argument("--only", choices=["accuracy", "representation", "cost", "search"], default=None)
    parser.add_argument("--clips", type=int, default=100_000, help="Of the search.")
    parser.add_argument("--processes", type=int, default=2, help="That make the clips.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--searching", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.searching:
        search(given.keep, given.clips)
        return
    wanted = (given.only,) if given.only else ("accuracy", "representation", "cost", "search")
    figures: dict[str, Any] = {}
    names, words, theirs = corpus(given.keep, given.processes) if set(wanted) - {"cost"} else ([], [], [])
    if "accuracy" in wanted:
        figures["accuracy"] = accuracy(names, words)
    if "representation" in wanted:
        figures["representation"] = {"mudata": representation(names, words, 78)}
        if chromaprint() and len(theirs[0]):
            figures["representation"]["Chromaprint"] = representation(names, theirs, 40)
    if "cost" in wanted:
        figures["cost"] = cost()
    if "search" in wanted and given.keep:
        command = [sys.executable, __file__, "--searching", "--keep", str(given.keep), "--clips", str(given.clips)]
        figures["search"] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if given.json:
        print(json.dumps(figures, indent=1))
        return
    for title, table in figures.items():
        print(f"\n{title}")
        for name, value in table.items():
            if isinstance(value, dict):
                print(f"  {name}")
                for kind, number in value.items():
                    print(f"    {kind:28} {number if isinstance(number, dict) else f'{number:9.4f}'}")
            else:
                print(f"  {name:30} {value:14.4f}")


if __name__ == "__main__":
    main()
