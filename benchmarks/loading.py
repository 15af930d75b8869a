"""How fast a split is loaded for training, beside a hand-written loop of soundfile and soxr on the same files.

    python benchmarks/loading.py                       # 240 clips of 30 s in each form, crops of 10 s at 16 kHz
    python benchmarks/loading.py --clips 60 --rounds 3 --json

The clips are synthetic music: wav as GTZAN's (22.05 kHz, mono) and mp3 as FMA's (44.1 kHz, stereo), fetched into a home
of their own under --folder by a card, kept as FLAC copies and as references to the files. Both ways take the same crops
of the same files with the same resampler (soxr HQ) and make a tensor of each; they take turns, so that a busy machine
disturbs both alike: judge by the medians of the ratios, and by CPU seconds. Workers are measured in epochs of a
DataLoader that persist, so that their start is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import soundfile
import soxr
import torch
from normalise import MP3, music
from torch.utils.data import DataLoader

import mudata
from mudata.catalog.training.crops import begin_of

RATE, SECONDS = 16_000, 10.0
FORMS = {
    "wav": (22_050, 1, {"format": "WAV", "subtype": "PCM_16"}),
    "mp3": (44_100, 2, MP3),
}
CARD = """
name: {name}
title: Synthetic music as {form}
summary: Made by a benchmark.
tags: [genre]
format: {form}
duration: {{min: 29, max: 31}}
licence: {{text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}}
citation: {{text: Nobody, bibtex: "@misc{{nobody}}"}}
homepage: https://example.org
availability: do-it-yourself
sources: {{audio: {{what: clips, mirrors: [{{kind: local, how: Make them.}}]}}}}
clips: [{{files: "{{genre}}/{{stem}}.{form}", id: "{{genre}}.{{stem}}"}}]
labels: {{genre: {{part: genre, vocabulary: [even, odd]}}}}
"""


def make(folder: Path, form: str, store: str, clips: int) -> Any:
    """A part of `clips` clips, all of a dataset of its own."""
    name, (rate, channels, coding) = f"{form}_{store}", FORMS[form]
    for number in range(clips):
        path = folder / form / ("odd" if number % 2 else "even") / f"{number:04}.{form}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(part := path.with_suffix(".part"), music(number, 30, rate, channels), rate, **coding)
            part.rename(path)
    cards = folder / "cards"
    cards.mkdir(exist_ok=True)
    (cards / f"{name}.yaml").write_text(CARD.format(name=name, form=form))
    mudata.fetch(name, source=folder / form, store=store)
    mudata.split(name, dataset=name, n=clips, parts={"train": 1}, force=True)
    return mudata.load(name, part="train")


def by_hand(part: Any) -> Callable[[int], None]:
    """The loop that one would write: a crop of each file, mono, resampled, a tensor, with the number of its label."""
    known = [(str(clip.path), clip.clip_id, clip.duration_s, clip.labels["genre"]) for clip in part]
    numbers = {name: number for number, name in enumerate(part.classes["genre"].names)}

    def epoch(epoch: int) -> None:
        for path, clip_id, duration_s, genre in known:
            begin = begin_of("random", duration_s - SECONDS, seed=0, epoch=epoch, clip_id=clip_id)
            with soundfile.SoundFile(path) as file:
                rate = file.samplerate
                file.seek(round(begin * rate))
                samples = file.read(round(SECONDS * rate), dtype="float32", always_2d=True)
            mono = samples[:, 0] if samples.shape[1] == 1 else (samples[:, 0] + samples[:, 1]) * 0.5
            waveform = torch.from_numpy(soxr.resample(mono, rate, RATE, "HQ"))[None]
            assert waveform.shape == (1, round(SECONDS * RATE))
            assert {"waveform": waveform, "labels": {"genre": numbers[genre]}}

    return epoch


def by_mudata(part: Any) -> Callable[[int], None]:
    data = part.torch(rate=RATE, seconds=SECONDS, labels="genre")

    def epoch(epoch: int) -> None:
        data.set_epoch(epoch)
        for number in range(len(data)):
            assert data[number]["waveform"].shape == (1, round(SECONDS * RATE))

    return epoch


def by_workers(part: Any, workers: int) -> Callable[[int], None]:
    data = part.torch(rate=RATE, seconds=SECONDS, labels="genre")
    loader = DataLoader(data, batch_size=8, num_workers=workers, persistent_workers=True)

    def epoch(epoch: int) -> None:
        data.set_epoch(epoch)
        assert sum(len(batch["waveform"]) for batch in loader) == len(data)

    return epoch


def timed(ways: dict[str, Callable[[int], None]], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Seconds of every way in every round, after one that is not counted; ways take turns, and begin in turn."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for way in ways.values():
        way(0)
    for number in range(1, rounds + 1):
        for name in list(ways) if number % 2 else reversed(ways):
            wall, cpu = time.perf_counter(), time.process_time()
            ways[name](number)
            found[name].append({"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu})
    return found


def ratio(found: dict[str, list[dict[str, float]]], over: str, under: str, key: str) -> float:
    return statistics.median(a[key] / b[key] for a, b in zip(found[over], found[under], strict=True))


def cases(folder: Path, clips: int, rounds: int) -> Iterator[dict[str, Any]]:
    for form in FORMS:
        for store in ("flac", "reference"):
            part = make(folder, form, store, clips)
            alone = timed({"by hand": by_hand(part), "mudata": by_mudata(part)}, rounds)
            workers = timed({"1 worker": by_workers(part, 1), "2 workers": by_workers(part, 2)}, rounds)
            yield {
                "form": form,
                "store": store,
                "by hand, ms CPU a clip": 1000 * statistics.median(r["cpu_s"] for r in alone["by hand"]) / clips,
                "mudata, ms CPU a clip": 1000 * statistics.median(r["cpu_s"] for r in alone["mudata"]) / clips,
                "of the hand's speed, CPU": ratio(alone, "by hand", "mudata", "cpu_s"),
                "of the hand's speed, wall": ratio(alone, "by hand", "mudata", "wall_s"),
                "two workers / one": ratio(workers, "1 worker", "2 workers", "wall_s"),
                "clips a second, 2 workers": clips / statistics.median(r["wall_s"] for r in workers["2 workers"]),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "mudata-benchmark-loading")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.folder / f"{options.clips}-clips"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"MUDATA_HOME": str(folder / "home"), "MUDATA_CARDS": str(folder / "cards")}
    torch.set_num_threads(1)
    loads = [os.getloadavg()[0]]
    rows = list(cases(folder, options.clips, options.rounds))
    loads.append(os.getloadavg()[0])
    if options.json:
        print(json.dumps({"clips": options.clips, "load before and after": loads, "cases": rows}, indent=2))
        return
    print(
        f"{options.clips} clips of 30 s, {SECONDS:g} s of each at {RATE:,} Hz; medians of {options.rounds} rounds;",
        end=" ",
    )
    print(f"load {loads[0]:.1f} before, {loads[1]:.1f} after, on {os.cpu_count()} cores\n")
    for name in rows[0]:
        cells = [row[name] if isinstance(row[name], str) else f"{row[name]:.2f}" for row in rows]
        print(f"{name:28}" + "".join(f"{cell:>12}" for cell in cells))
    print("\nbars: of the hand's speed >= 0.9; two workers / one >= 1.8")


if __name__ == "__main__":
    main()
