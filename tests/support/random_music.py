"""Sound that changes as music does, for tests of fingerprints, and a dataset of it on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile
from shelf import shelve

if TYPE_CHECKING:
    from mudata.home import Home

RATE = 22_050


@cache
def music(seed: int, seconds: float = 12.0, rate: int = RATE) -> np.ndarray:
    """Mono float32: three voices of harmonic tones, each a new one every 0.2 to 0.5 s, and a little noise."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    sound = 0.003 * rng.standard_normal(len(times))
    for voice in range(3):
        at = 0.0
        while at < seconds:
            length = float(rng.uniform(0.2, 0.5))
            pitch = 110.0 * 2 ** (voice + int(rng.integers(12)) / 12)
            part = slice(round(at * rate), round((at + length) * rate))
            own = times[part] - at
            tone = sum(float(rng.uniform(0.1, 1)) / k * np.sin(2 * np.pi * k * pitch * own) for k in range(1, 8))
            sound[part] += 0.1 * np.exp(-3 * own) * tone
            at += length
    return np.asarray(sound, np.float32)


def lay(home: Home, clips: dict[str, np.ndarray], dataset: str = "toy", *, store: str = "flac", **tables: Any) -> None:
    """Write clips as FLAC of 16 bits at RATE and index them; `tables` as `shelf.shelve` takes them. Their samples are
    known by the clip's name: clips called 'a' and 'a copy' have different contents, whatever they sound like."""
    rows = []
    for name, samples in clips.items():
        kept = home.clips(dataset, "native") / f"{name}.flac"
        raw = home.raw(dataset) / "files" / f"{name}.flac"
        for path in (kept, raw):
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, RATE, subtype="PCM_16")
        file: Path = kept if store == "flac" else raw
        rows.append(
            {
                "id": name,
                "path": file.relative_to(home.root).as_posix(),
                "source_path": f"{name}.flac",
                "source_sha256": None,
                "sample_rate": RATE,
                "duration_s": len(samples) / RATE,
                "start_s": 0.0,
                "store": store,
                "mix": "mean",
            }
        )
    shelve(home, dataset, clips=rows, **tables)
