"""How many MIDI files a second are read, on synthetic files of real size (5,600 notes, 48 kB).

    python benchmarks/midi.py                       # 5,000 files with every core
    python benchmarks/midi.py --files 500 --json
    python benchmarks/midi.py --files 500 --against ../mudata-before    # beside another checkout, in turns

`facts` is one process reading file after file, imports not counted: all that the events say, and what of it is true of
the whole music and of a clip of 30 s. (Another checkout may know no clips: there it is what the events say,
`attributes`.) `run` is the whole run as a user sees it, with its processes, source hashes, journal and table. The aim
is 1,000 files a second with two cores. symusic reached it, and lost channels and bits (see
`mudata.catalog.symbolic.smf`); the reader that keeps them took five times as long when it was written. `facts_ms_cpu`
is the fastest of several passes: others may be at work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mido
import numpy as np

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.normalise import Job, run
from mudata.catalog.symbolic import midi
from mudata.execution.local_processes import available

SEED = 20240901
DISTINCT = 50
"""Files that differ; the others are copies, since writing takes mido longer than all the rest."""

WINDOW = (30.0, 0.25)
PASSES = 5


def compose(path: Path, seed: int, parts: int = 10, notes: int = 5600) -> None:
    """Ten parts with one program each, drums among them; tempo, metre and key change once."""
    rng = np.random.default_rng([SEED, seed])
    midi = mido.MidiFile(type=1, ticks_per_beat=480)
    conductor = mido.MidiTrack()
    for time_ in (0, 48_000):
        conductor.append(mido.MetaMessage("set_tempo", tempo=int(rng.integers(300_000, 800_000)), time=time_))
        conductor.append(mido.MetaMessage("time_signature", numerator=int(rng.integers(2, 7)), denominator=4))
        conductor.append(mido.MetaMessage("key_signature", key=str(rng.choice(["Am", "C", "Eb", "F#m"]))))
    midi.tracks.append(conductor)
    for channel in range(parts):
        program = mido.Message("program_change", channel=channel, program=int(rng.integers(128)))
        track = mido.MidiTrack([program])
        for _ in range(notes // parts):
            pitch, velocity = int(rng.integers(36, 90)), int(rng.integers(30, 120))
            pause, length = (int(rng.choice([60, 120, 240])) for _ in range(2))
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=velocity, time=pause))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=length))
        midi.tracks.append(track)
    midi.save(path)


def facts(path: Path) -> None:
    if hasattr(midi, "facts"):
        midi.facts(path, WINDOW)
    else:
        midi.attributes(path)


def measure(files: Path, count: int, workers: int) -> dict[str, float]:
    """Figures of this build."""
    paths = [files / f"{n}.mid" for n in range(count)]
    facts(paths[0])
    passes = []
    for part in range(PASSES):
        begun, cpu = time.perf_counter(), time.process_time()
        for path in (some := paths[part::PASSES]):
            facts(path)
        passes.append(((time.perf_counter() - begun) / len(some), (time.process_time() - cpu) / len(some)))
    windowed = {"window": WINDOW} if hasattr(midi, "facts") else {}
    jobs = [Job(str(n), "midi", f"{n}.mid", **windowed) for n in range(count)]
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as target:
        table = run(jobs, files=files, target=Path(target), audio_format=AudioFormat(), workers=workers)
    together = time.perf_counter() - begun
    assert set(table["status"].to_pylist()) == {"ok"}
    return {
        "facts_ms_cpu": 1000 * min(cpu for _, cpu in passes),
        "facts_files_per_s": 1 / min(wall for wall, _ in passes),
        "run_files_per_s": count / together,
    }


def beside(files: Path, count: int, workers: int, other: Path, rounds: int) -> dict[str, dict[str, float]]:
    """The best figures of this checkout and another, measured in turns, each round in processes of its own."""
    here = Path(__file__).resolve().parents[1]
    found: dict[str, list[dict[str, float]]] = {"this": [], "other": []}
    for _ in range(rounds):
        for name, build in (("this", here), ("other", other.resolve())):
            command = [sys.executable, __file__, "--measure", str(files), f"--files={count}", f"--workers={workers}"]
            done = subprocess.run(
                command, env=os.environ | {"PYTHONPATH": str(build)}, capture_output=True, text=True, check=True
            )
            found[name].append(json.loads(done.stdout))
    best = {"facts_ms_cpu": min, "facts_files_per_s": max, "run_files_per_s": max}
    return {name: {of: best[of](one[of] for one in ones) for of in best} for name, ones in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=available())
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--rounds", type=int, default=3, help="of --against")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.files, options.workers)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        for n in range(options.files):
            path = files / f"{n}.mid"
            if n < DISTINCT:
                compose(path, n)
            else:
                path.write_bytes((files / f"{n % DISTINCT}.mid").read_bytes())
        if options.against:
            figures = beside(files, options.files, options.workers, options.against, options.rounds)
        else:
            figures = {"this": measure(files, options.files, options.workers)}
    if options.json:
        print(json.dumps({"files": options.files, "workers": options.workers} | figures, indent=2))
    else:
        print(f"{options.files} files, {options.workers} workers{'':10}" + "".join(f"{name:>10}" for name in figures))
        for of in figures["this"]:
            print(f"{of:34}" + "".join(f"{one[of]:10.2f}" for one in figures.values()))


if __name__ == "__main__":
    main()
