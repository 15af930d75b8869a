"""How many MIDI files a second are read, on synthetic files of real size (5,600 notes, 48 kB).

    python benchmarks/midi.py                       # 5,000 files with every core
    python benchmarks/midi.py --files 500 --json

`attributes` is one process reading file after file, imports not counted; `run` is the whole run as a user sees it, with
its processes, source hashes, journal and table. The aim is 1,000 files a second with two cores. symusic reached it, and
lost channels and bits (see `mudata.catalog.symbolic.smf`); the reader that keeps them took five times as long when it
was written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import mido
import numpy as np

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.normalise import Job, run
from mudata.catalog.audio.process_pool import available
from mudata.catalog.symbolic.midi import attributes

SEED = 20240901
DISTINCT = 50
"""Files that differ; the others are copies, since writing takes mido longer than all the rest."""


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=available())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        files.mkdir()
        for n in range(options.files):
            path = files / f"{n}.mid"
            if n < DISTINCT:
                compose(path, n)
            else:
                path.write_bytes((files / f"{n % DISTINCT}.mid").read_bytes())
        attributes(files / "0.mid")
        begun, cpu = time.perf_counter(), time.process_time()
        for n in range(options.files):
            attributes(files / f"{n}.mid")
        alone, alone_cpu = time.perf_counter() - begun, time.process_time() - cpu
        jobs = [Job(str(n), "midi", f"{n}.mid") for n in range(options.files)]
        begun = time.perf_counter()
        table = run(jobs, files=files, target=Path(scratch), audio_format=AudioFormat(), workers=options.workers)
        together = time.perf_counter() - begun
        assert set(table["status"].to_pylist()) == {"ok"}
    figures = {
        "files": options.files,
        "workers": options.workers,
        "attributes_ms_cpu": 1000 * alone_cpu / options.files,
        "attributes_files_per_s": options.files / alone,
        "run_files_per_s": options.files / together,
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:24}{value:10.2f}")


if __name__ == "__main__":
    main()
