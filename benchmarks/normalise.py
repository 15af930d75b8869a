"""What normalising costs, side by side with the bare libraries, ffmpeg and librosa, on synthetic music.

    python benchmarks/normalise.py                  # one hour of audio per method and round
    python benchmarks/normalise.py --minutes 10 --rounds 1 --json
    python benchmarks/normalise.py --against ../mudata-before    # beside another checkout, which may know copies alone

Every method runs in a process of its own, in turn, so that a busy machine disturbs all of them alike; judge by the
ratios of CPU seconds. Imports are not counted, except in `run`, which is measured as a user sees it. The data is
seeded, made once (some minutes for an hour of audio) and kept in --folder. Sources are in the page cache.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

SEED = 20240901
RATE = 16_000
"""What models mostly hear, and the rate of the comparison with ffmpeg and librosa."""


# ------------------------------------------------------------------------------------- the data


def music(seed: int, seconds: float, rate: int, channels: int) -> np.ndarray:
    """Chords, a bass, noise on the beat: (frames, channels) float32, peak 0.8."""
    rng = np.random.default_rng([SEED, seed])
    frames = round(seconds * rate)
    turn = np.arange(4096) / 4096 * 2 * np.pi
    table = np.sum([np.sin(h * turn) / h for h in range(1, 9)], axis=0).astype(np.float32)
    out = rng.standard_normal((frames, channels), np.float32) * np.float32(0.01)
    bar = round(rate * 240 / rng.uniform(80, 160))
    for start in range(0, frames, bar):
        length = min(bar, frames - start)
        root = rng.integers(40, 64)
        for note in (root - 12, root, root + rng.integers(3, 5), root + 7):
            step = 440 * 2 ** ((note - 69) / 12) / rate * 4096
            wave = table[(np.arange(length) * step).astype(np.int64) & 4095] * np.float32(0.1)
            out[start : start + length] += wave[:, None] * rng.uniform(0.3, 1, channels).astype(np.float32)
        for beat in range(start, start + length, bar // 8):
            hit = min(rate // 8, frames - beat)
            decay = np.exp(-np.arange(hit) / (0.02 * rate)).astype(np.float32) * np.float32(rng.uniform(0.1, 0.5))
            out[beat : beat + hit] += rng.standard_normal((hit, channels), np.float32) * decay[:, None]
    return out * np.float32(0.8 / np.abs(out).max())


MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": 0.2}
"""libsndfile's scale: 0.2 is 256 kbit/s at 44.1 kHz."""


def make(folder: Path, minutes: float, *, short_alone: bool = False) -> None:
    """mp3/ and wav/: clips of 30 s like FMA's and GTZAN's; four/ and sixty/: mp3 of 4 and 60 minutes; many/: 10,000."""
    clips = max(2, round(minutes * 2))
    for n in range(clips):
        _write(folder / f"mp3/{n}.mp3", partial(music, n, 30, 44_100, 2), 44_100, MP3)
        _write(folder / f"wav/{n}.wav", partial(music, n, 30, 22_050, 1), 22_050, {"subtype": "PCM_16"})
    for n in range(4):
        _write(folder / f"four/{n}.mp3", partial(music, n, 240, 44_100, 2), 44_100, MP3)
    if short_alone:
        return
    for n in range(2):
        _write(folder / f"sixty/{n}.mp3", partial(music, n, 240, 44_100, 2), 44_100, MP3, repeat=15)
    _write(folder / "many/0.wav", partial(music, 0, 0.2, 22_050, 1), 22_050, {"subtype": "PCM_16"})
    for n in range(1, 10_000):
        if not (link := folder / f"many/{n}.wav").exists():
            os.link(folder / "many/0.wav", link)


def _write(path: Path, samples: Callable[[], np.ndarray], rate: int, coding: dict[str, Any], repeat: int = 1) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    data = samples()
    part = path.with_suffix(".part")
    coding = {"format": path.suffix[1:].upper()} | coding
    with soundfile.SoundFile(part, "w", rate, data.shape[1], **coding) as file:
        for _ in range(repeat):
            file.write(data)
    part.rename(path)


# ---------------------------------------------------------------------------------- the methods


def bare(sources: list[Path], target: Path) -> None:  # noqa: ARG001
    for source in sources:
        soundfile.read(source, dtype="float32")


def libraries(sources: list[Path], target: Path) -> None:
    """The least that makes a 16 kHz clip: decode, mix, soxr HQ, FLAC; whole files in memory, nothing checked."""
    import soxr

    for source in sources:
        samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
        mono = (samples[:, 0] + samples[:, 1]) * np.float32(0.5) if samples.shape[1] == 2 else samples[:, 0]
        soundfile.write(target / f"{source.stem}.flac", soxr.resample(mono, rate, RATE, "HQ"), RATE)


def ours(sources: list[Path], target: Path, rate: int | None = RATE) -> None:
    """Everything that fetch does to a clip: hashes of file and samples, checks, FLAC, the row."""
    from mudata.catalog.audio.normalise import Job, perform

    for source in sources:
        job = Job(source.stem, "audio", source.name, bounds=(29.9, 30.1))
        row = perform([str(source.parent), str(target), rate, job.__dict__])
        assert row["status"] == "ok", row


def ours_native(sources: list[Path], target: Path) -> None:
    ours(sources, target, None)


def ours_reference(sources: list[Path], target: Path) -> None:  # noqa: ARG001
    """What is done to a clip that is not copied: hashes, checks, the row."""
    from mudata.catalog.audio.normalise import Job, perform

    for source in sources:
        row = perform([str(source.parent), None, None, Job(source.stem, "audio", source.name).__dict__])
        assert row["status"] == "ok", row


HEARD_S = 30


@functools.cache
def _starts(source: Path) -> tuple[float, ...]:
    """Where excerpts of HEARD_S begin: as many as fill the file, anywhere in it."""
    spare = soundfile.info(source).duration - HEARD_S
    rng = np.random.default_rng([SEED, *source.name.encode()])
    return tuple(float(max(spare, 0) * share) for share in rng.random(max(1, round((spare + HEARD_S) / HEARD_S))))


def heard_bare(sources: list[Path], target: Path) -> None:  # noqa: ARG001
    """An excerpt for a model, by the libraries alone: seek, read, mix, soxr HQ."""
    import soxr

    for source in sources:
        for start in _starts(source):
            with soundfile.SoundFile(source) as file:
                file.seek(round(start * file.samplerate))
                samples = file.read(HEARD_S * file.samplerate, dtype="float32", always_2d=True)
            mono = (samples[:, 0] + samples[:, 1]) * np.float32(0.5) if samples.shape[1] == 2 else samples[:, 0]
            soxr.resample(mono, file.samplerate, RATE, "HQ")


@functools.cache
def _doors(source: Path, store: str) -> Any:
    """The clip that is all of a file, as the index would have it."""
    from mudata.catalog.audio.normalise import Job, clip_path, perform
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.home import Home

    home = Home(Path(tempfile.mkdtemp()))
    atexit.register(shutil.rmtree, home.root)
    (home.raw("x")).mkdir(parents=True)
    (home.raw("x") / "files").symlink_to(source.parent)
    job = Job(source.stem, "audio", source.name)
    copy = str(home.root) if store == "flac" else None
    row = perform([str(source.parent), copy, None, job.__dict__])
    known = {"kind": "audio", "dataset": "x", "store": store, "source_path": source.name, "mix": "mean"}
    known["path"] = clip_path(job.id) if copy else f"raw/x/files/{source.name}"
    known |= {"source_mtime_ns": source.stat().st_mtime_ns, "crop_start_s": None, "crop_end_s": None}
    return StoredClip.of_row(home, row | known)


def heard(sources: list[Path], target: Path, store: str) -> None:  # noqa: ARG001
    """The same through the door that every reader uses."""
    for source in sources:
        for start in _starts(source):
            samples = _doors(source, store).samples(RATE, start_s=start, duration_s=HEARD_S)
            assert len(samples) == HEARD_S * RATE, len(samples)


def ffmpeg(sources: list[Path], target: Path) -> None:
    for source in sources:
        out = target / f"{source.stem}.flac"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(source), "-ac", "1", "-ar", str(RATE), str(out)]
        subprocess.run(command, check=True)


def librosa(sources: list[Path], target: Path) -> None:
    import librosa as library

    for source in sources:
        samples, _ = library.load(source, sr=RATE)
        soundfile.write(target / f"{source.stem}.flac", samples, RATE)


def run(sources: list[Path], target: Path, workers: int, rate: int | None = None) -> None:
    """The whole run with its processes, journal and table."""
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.audio.normalise import Job
    from mudata.catalog.audio.normalise import run as normalise
    from mudata.execution.local_processes import LocalProcesses

    jobs = [Job(source.stem, "audio", source.name) for source in sources]
    table = normalise(
        jobs, files=sources[0].parent, target=target, audio_format=AudioFormat(rate), executor=LocalProcesses(workers)
    )
    assert set(table["status"].to_pylist()) == {"ok"}


METHODS: dict[str, Callable[[list[Path], Path], None]] = {
    "bare decode": bare,
    "libraries 16k": libraries,
    "ours 16k": ours,
    "ours native": ours_native,
    "ours reference": ours_reference,
    "ffmpeg 16k": ffmpeg,
    "librosa 16k": librosa,
    "run 1 worker": lambda sources, target: run(sources, target, 1),
    "run 2 workers": lambda sources, target: run(sources, target, 2),
}


HEARD: dict[str, Callable[[list[Path], Path], None]] = {
    "heard bare": heard_bare,
    "heard original": partial(heard, store="reference"),
    "heard copy": partial(heard, store="flac"),
}
"""30 s for a model, at 16 kHz: wav/ whole, four/ anywhere."""


def measure(method: str, folder: Path) -> dict[str, Any]:
    """In the process of a method: CPU seconds (children included), wall seconds, peak MB over all processes."""
    sources = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory() as scratch:
        for warm in (Path(scratch) / "warm", Path(scratch) / "target"):
            warm.mkdir()
        if not method.startswith("run"):  # imports, page cache; what is known of clips before they are heard
            (METHODS | HEARD)[method](sources if method in HEARD else sources[:1], Path(scratch) / "warm")
        with memory_watched() as peak:
            begun, cpu = time.perf_counter(), sum(os.times()[:4])
            (METHODS | HEARD)[method](sources, Path(scratch) / "target")
            took, used = time.perf_counter() - begun, sum(os.times()[:4]) - cpu
        import mudata

        return {"cpu_s": used, "wall_s": took, "peak_mb": peak[0], "mudata": str(mudata.__file__)}


@contextlib.contextmanager
def memory_watched() -> Any:
    """Highest sum of resident memory (MB) of this process and its descendants, looked at every 20 ms; Linux."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], resident(os.getpid()) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    yield peak
    over.set()
    thread.join()


def resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(map(resident, children))


# ------------------------------------------------------------------------------------ the report


def rounds(data: Path, methods: list[str], count: int) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {method: [] for method in methods}
    for _ in range(count):
        for method in methods:
            found[method].append(one(data, method))
    return found


def one(data: Path, method: str, checkout: Path = Path(__file__).parents[1]) -> dict[str, float]:
    """One run of a method, with the mudata of a checkout."""
    command = [sys.executable, __file__, "--method", method, "--folder", str(data)]
    environment = os.environ | {"PYTHONPATH": str(checkout.resolve())}
    figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)
    assert Path(figures.pop("mudata")).is_relative_to(checkout.resolve()), figures
    return figures  # type: ignore[no-any-return]


def beside(data: Path, before: Path, count: int) -> None:
    """Print CPU seconds of this checkout and of another, in turn, and the median of their ratios; of clips that are
    not copied here beside copies there."""
    here = Path(__file__).parents[1]
    for kind in ("wav", "mp3"):
        for method, there in (("ours 16k",) * 2, ("ours native",) * 2, ("ours reference", "ours native")):
            pairs = []
            for n in range(count):
                both = [(here, method), (before, there)]
                figures = {}
                for checkout, what in both[:: 1 if n % 2 else -1]:  # whoever comes second may find a warmer machine
                    figures[checkout] = one(data / kind, what, checkout)["cpu_s"]
                pairs.append((figures[here], figures[before]))
            now, then = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(b / a for a, b in pairs)
            print(
                f"{kind}   {method:16}{now:8.2f} CPU s here,{then:8.2f} before ({there}); {ratio:.2f} x less",
                flush=True,
            )
    for kind in ("wav", "four"):
        found = rounds(data / kind, list(HEARD), count)
        bare = statistics.median(figure["cpu_s"] for figure in found["heard bare"])
        ratios = [
            f"{method} {ratio_of(found, method, 'heard bare'):.2f} x" for method in HEARD if method != "heard bare"
        ]
        print(f"{kind}  heard bare {bare:.2f} CPU s; {', '.join(ratios)}", flush=True)


def ratio_of(found: dict[str, list[dict[str, float]]], over: str, under: str, key: str = "cpu_s") -> float | None:
    """Median over the rounds of one method's figure by another's."""
    if not (over in found and under in found):
        return None
    return statistics.median(a[key] / b[key] for a, b in zip(found[over], found[under], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="audio per method and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "mudata-benchmark-audio")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--against", type=Path, help="another checkout, to compare with")
    parser.add_argument("--method", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.method:
        print(json.dumps(measure(options.method, options.folder)))
        return
    folder = options.folder / f"{options.minutes:g}-minutes"
    make(folder, options.minutes, short_alone=bool(options.against))
    if options.against:
        beside(folder, options.against, options.rounds)
        return
    methods = [m for m in METHODS if m != "ffmpeg 16k" or shutil.which("ffmpeg")]
    mp3 = rounds(folder / "mp3", methods, options.rounds)
    wav = rounds(folder / "wav", [m for m in methods if not m.startswith("run")], options.rounds)
    long = {name: rounds(folder / name, ["run 2 workers"], 1)["run 2 workers"][0] for name in ("four", "sixty")}
    bars = [
        ("mp3: ours 16k / bare decode, CPU", ratio_of(mp3, "ours 16k", "bare decode"), "<= 1.8"),
        ("mp3: ours native / bare decode, CPU", ratio_of(mp3, "ours native", "bare decode"), "<= 2.1"),
        ("mp3: ffmpeg / ours 16k, CPU", ratio_of(mp3, "ffmpeg 16k", "ours 16k"), ">= 2.3"),
        ("mp3: librosa / ours 16k, CPU", ratio_of(mp3, "librosa 16k", "ours 16k"), ">= 1.25"),
        ("mp3: run with 1 / with 2 workers, wall", ratio_of(mp3, "run 1 worker", "run 2 workers", "wall_s"), ">= 1.8"),
        ("wav: ours 16k / libraries 16k, CPU", ratio_of(wav, "ours 16k", "libraries 16k"), ""),
        ("wav: ffmpeg / ours 16k, CPU", ratio_of(wav, "ffmpeg 16k", "ours 16k"), ""),
        ("wav: librosa / ours 16k, CPU", ratio_of(wav, "librosa 16k", "ours 16k"), ""),
        ("peak MB, 2 workers, 30 s clips", max(r["peak_mb"] for r in mp3["run 2 workers"]), "< 300"),
        ("peak MB, 2 workers, 4 min tracks", long["four"]["peak_mb"], "< 300"),
        ("peak MB, 2 workers, 60 min tracks", long["sixty"]["peak_mb"], "< 300"),
        ("s to find 10,000 clips unchanged", unchanged(folder / "many"), "< 1"),
    ]
    if options.json:
        print(json.dumps({"minutes": options.minutes, "mp3": mp3, "wav": wav, "long": long, "bars": bars}, indent=2))
        return
    print(f"{options.minutes:g} minutes of audio; median (lowest) of {options.rounds} rounds\n")
    print(f"{'':6}{'method':16}{'CPU s':>18}{'wall s':>18}{'peak MB':>9}")
    for name, found in (("mp3", mp3), ("wav", wav)):
        for method, figures in found.items():
            cpu, wall = ([figure[key] for figure in figures] for key in ("cpu_s", "wall_s"))
            cells = [f"{statistics.median(values):8.2f} ({min(values):.2f})" for values in (cpu, wall)]
            print(f"{name:6}{method:16}{cells[0]:>18}{cells[1]:>18}{max(f['peak_mb'] for f in figures):9.0f}")
    print()
    for name, value, wanted in bars:
        print(f"{name:42}{'-' if value is None else f'{value:.2f}':>8}  {wanted}")


def unchanged(folder: Path) -> float:
    """Seconds that a repeated run of 10,000 clips takes, imports not counted."""
    sources = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory() as scratch:
        run(sources, Path(scratch), os.cpu_count() or 1)
        begun = time.perf_counter()
        run(sources, Path(scratch), 1)
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
