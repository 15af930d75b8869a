"""Tiny copies of the built-in datasets, laid out as their publishers do, with sounds of our own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


@cache
def _noise(number: int, seconds: float, rate: int, kind: str) -> bytes:
    """A sound that no other number has."""
    wave = 0.3 * np.random.default_rng(number).standard_normal(int(rate * seconds))
    out = io.BytesIO()
    soundfile.write(out, wave, rate, format=kind.upper())
    return out.getvalue()


def put(path: Path, number: int, seconds: float, rate: int = 8000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_noise(number, seconds, rate, path.suffix[1:]))


def ctis(folder: Path, clips: int = 3) -> None:
    """Recordings, loose and without their table."""
    for i in range(clips):
        put(folder / f"part {i % 2}" / f"C009{i}_{i:04}.wav", i, 0.5, 44100)


def edm(folder: Path) -> None:
    for i in range(6):
        put(folder / "train" / ("house", "trap")[i % 2] / f"{i}.wav", i, 0.5)


def fma(folder: Path) -> None:
    """Tracks without their table."""
    for i in (2, 5, 10):
        put(folder / "fma_small" / "000" / f"{i:06}.mp3", i, 1)


def gtzan(folder: Path, per_genre: int = 1) -> None:
    for i in range(10 * per_genre):
        genre = GENRES[i % 10]
        put(folder / "genres" / genre / f"{genre}.{i // 10:05}.wav", i, 30, 22050)


def gtzan_with_artists(folder: Path) -> None:
    """Three clips of each genre by two artists in all."""
    gtzan(folder, per_genre=3)
    lines = [f"{genre}.{i:05}.wav:::{('Ann', 'Bob')[i % 2]}:::Song {i}" for genre in GENRES for i in range(3)]
    (folder / "index.txt").write_text("\n".join(lines))


def lakh_midi(folder: Path, clips: int = 3) -> None:
    for i in range(clips):
        track = bytes([0, 0x90, 60 + i, 64, 96, 0x80, 60 + i, 0, 0, 0xFF, 0x2F, 0])
        song = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(track).to_bytes(4, "big") + track
        md5 = hashlib.md5(song).hexdigest()
        path = folder / "lmd_full" / md5[0] / f"{md5}.mid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(song)


def mirex_emotion(folder: Path) -> None:
    (folder / "dataset").mkdir(parents=True)
    for i in range(1, 5):
        put(folder / "dataset" / "Audio" / f"{i:03}.mp3", i, 28)
    (folder / "dataset" / "clusters.txt").write_text("Cluster 1\nCluster 1\nCluster 5\nCluster 4\n")
    (folder / "dataset" / "categories.txt").write_text("Boisterous\nRousing\nAgressive\nwhimsical\n")


def mtg_jamendo(folder: Path) -> None:
    rows = ["TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"]
    for i in range(6):
        put(folder / "01" / f"{i}01.low.mp3", i, 30)
        genre, artist = ("rock", "jazz")[i % 2], i % 3
        rows.append(f"track_{i:05}01\tartist_{artist}\talbum_{artist}\t01/{i}01.mp3\t30.0\tgenre---{genre}")
    (folder / "raw_30s_cleantags_50artists.tsv").write_text("\n".join(rows) + "\n")


def music_classification(folder: Path) -> None:
    for i in range(6):
        put(folder / ("happy", "sad")[i % 2] / f"{i}.wav", i, 5)


def music_genre(folder: Path) -> None:
    for i in range(3):
        put(folder / "2_Non_classic" / "11_Rock" / "21_Soft_rock" / f"{i}.mp3", i, 1)


def musiccaps(folder: Path) -> None:
    columns = "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset"
    rows = [f"{columns},is_audioset_eval"]
    for i in range(4):
        name = f"{i}aaaaaaaaaa"
        rows.append(f"{name},0,10,/m/04rlf,\"['drums']\",Piece number {i}.,0,True,True")
        put(folder / "audio" / f"{name}.wav", i, 10)
    (folder / "musiccaps-public.csv").write_text("\n".join(rows) + "\n")


SETS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "ctis": (ctis, ()),
    "edm": (edm, ()),
    "fma": (fma, ()),
    "gtzan": (gtzan, ()),
    "lakh_midi": (lakh_midi, ()),
    "mirex_emotion": (mirex_emotion, ()),
    "mtg_jamendo": (mtg_jamendo, ()),
    "music_classification": (music_classification, ()),
    "music_genre": (music_genre, ("--subset", "raw")),
    "musiccaps": (musiccaps, ()),
}
"""By card: what lays out a copy, and what else `mudata fetch NAME --from COPY` has to be told."""
