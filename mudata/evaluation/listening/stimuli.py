"""The sound of a listening test: excerpts of clips, all equally loud, in files that say nothing of what they are."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.audio.encode import Flac
from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.catalog.index import database
from mudata.errors import AudioError, EvaluationError, MissingExtra, number, some
from mudata.evaluation.listening.listening_test import Stimulus

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.home import Home

TARGET_LUFS = -23.0
"""Programme loudness of EBU R 128."""
PEAK_DB = -1.0
"""No sample is louder: EBU R 128 allows a true peak of -1 dBTP; samples are what is measured here."""
QUIETEST_LUFS = -36.0
"""A clip that would have to be as quiet as this so that its peaks fit would make all others so; it is not taken.
Chosen here."""
SILENT_LUFS = -60.0
"""What is quieter as it is cannot be made loud: its noise would be. Chosen here; BS.1770 gates blocks at -70."""
SHORTEST_S = 0.4
"""A block of BS.1770: there is no loudness of what is shorter."""
FADE_S = 0.01
"""Raised cosine at both ends, against clicks where an excerpt is cut."""
HIGHEST_RATE = 48_000


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """The beginning of a clip, measured: LUFS, and its peak in dB of full scale. `rate` in Hz."""

    clip_id: str
    sound: StoredClip
    longest_s: float | None
    rate: int
    loudness: float
    peak_db: float

    def samples(self) -> NDArray[np.float32]:
        """(frames,) float32 mono, faded in and out. Raises AudioError."""
        return _faded(self.sound.samples(self.rate, duration_s=self.longest_s), self.rate)


def stored_sounds(home: Home, clip_ids: Iterable[str], *, repaired: bool) -> dict[str, StoredClip]:
    """Where the sound of clips is, of those that have any. repaired: as their known faults are repaired."""
    names = ", ".join(("clip_id", *COLUMNS))
    with database.snapshot(home) as connection:
        rows = connection.execute(
            f"SELECT {names} FROM {clips_as(repaired=repaired)} WHERE list_contains(?, clip_id) AND status = 'ok'",  # noqa: S608 - names of ours
            [list(clip_ids)],
        ).fetchall()
    columns = ("clip_id", *COLUMNS)
    sounds = {row[0]: StoredClip.of_row(home, dict(zip(columns, row, strict=True))) for row in rows}
    return {clip_id: sound for clip_id, sound in sounds.items() if sound is not None}


def mean_seconds(home: Home, clip_ids: Iterable[str], longest_s: float) -> float:
    """How long excerpts of clips are on average, by what the index says; where it says nothing, `longest_s`."""
    with database.snapshot(home) as connection:
        row = connection.execute(
            "SELECT avg(least(duration_s, ?)) FROM clips WHERE list_contains(?, clip_id)", [longest_s, list(clip_ids)]
        ).fetchone()
    return longest_s if row is None or row[0] is None else float(row[0])


def measured(clip_id: str, sound: StoredClip | None, longest_s: float | None) -> Excerpt:
    """The first `longest_s` seconds of a clip (None: all), measured.

    Raises:
        AudioError: there is none, or it cannot be decoded; or it is too_short, silent or too_dynamic.
        MissingExtra: pyloudnorm is not installed.

    Source:
        Loudness: ITU-R BS.1770-4, as pyloudnorm computes it (C. Steinmetz, J. Reiss, 2021).
    """
    import numpy as np

    try:
        import pyloudnorm
    except ImportError as error:
        raise MissingExtra("A listening test", "pyloudnorm", "listen") from error
    if sound is None:
        raise AudioError("no_audio", "the index has no sound of it")
    rate = min(sound.rate, HIGHEST_RATE)
    samples = _faded(sound.samples(rate, duration_s=longest_s), rate)
    if len(samples) < SHORTEST_S * rate:
        raise AudioError("too_short", f"{len(samples) / rate:.3g} s; loudness is of {SHORTEST_S} s at least")
    peak = float(np.abs(samples).max())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of silence: means of nothing
        loudness = float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64))) if peak else -np.inf
    if not loudness > SILENT_LUFS:
        raise AudioError("silent", f"{loudness:.0f} LUFS; at least {SILENT_LUFS:.0f} are expected")
    peak_db = 20 * float(np.log10(peak))
    if _loudest(loudness, peak_db) < QUIETEST_LUFS:
        raise AudioError("too_dynamic", f"its peaks are {peak_db - loudness:.0f} dB above its loudness")
    return Excerpt(clip_id=clip_id, sound=sound, longest_s=longest_s, rate=rate, loudness=loudness, peak_db=peak_db)


def common_loudness(excerpts: Iterable[Excerpt]) -> float:
    """How loud all of them can be: TARGET_LUFS, or less where a peak would be above PEAK_DB."""
    return min([TARGET_LUFS, *(_loudest(one.loudness, one.peak_db) for one in excerpts)])


def _loudest(loudness: float, peak_db: float) -> float:
    return loudness + PEAK_DB - peak_db


def write_stimuli(folder: Path, excerpts: Sequence[Excerpt], loudness: float) -> dict[str, Stimulus]:
    """Write excerpts as FLAC, 16 bit, mono, without tags, under random names; by clip id.

    Raises AudioError where a clip cannot be decoded any more, OSError where the disk does not take it.
    """
    import numpy as np

    folder.mkdir(parents=True)
    written = {}
    for one in excerpts:
        gain_db = loudness - one.loudness
        samples, name = one.samples() * np.float32(10 ** (gain_db / 20)), f"{secrets.token_hex(16)}.flac"
        with contextlib.closing(Flac(folder / name, one.rate, wide=False)) as flac:
            flac.write(samples)
        written[one.clip_id] = Stimulus(
            name=name,
            clip_id=one.clip_id,
            seconds=round(len(samples) / one.rate, 3),
            gain_db=round(gain_db, 2),
            sha256=_sha256(folder / name),
        )
    return written


def require_sounds(test: ListeningTest, folder: Path) -> None:
    """Raises EvaluationError where a sound of a test is gone, or is not the one that the test was sealed with."""
    wrong = [one.name for one in test.stimuli if _sha256(folder / "stimuli" / one.name) != one.sha256]
    if wrong:
        raise EvaluationError(
            f"{len(wrong)} of {number(len(test.stimuli), 'sound')} of {test.name!r} are gone or changed, in"
            f" {folder / 'stimuli'}: {some(wrong, 2)}.",
            "Bring them back as they were; a test whose sounds changed cannot be rated.",
        )


def _sha256(path: Path) -> str:
    """Hex digest of a file; empty where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _faded(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import numpy as np

    faded = np.array(samples, dtype=np.float32)
    n = min(round(FADE_S * rate), len(faded) // 2)
    if n:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)).astype(np.float32)
        faded[:n] *= ramp
        faded[-n:] *= ramp[::-1]
    return faded
