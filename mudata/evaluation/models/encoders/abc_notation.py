"""MIDI as ABC notation, in the form that ChatMusician was trained on.

midi2abc (abcMIDI, GPL-2+, a program of its own) converts; it lies in symusic's wheel, or on the
PATH. It prints the number of accidentals but not the mode, so that G minor reads K:Bb.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mudata.catalog.read.source_file import reading
from mudata.catalog.symbolic.smf import unwrap
from mudata.errors import AudioError, ModelError

HEADER = ("L", "M", "K")
"""Fields that are kept, in this order, after X:1 (hf-lin/ChatMusician at 440e65ee, README)."""
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Abc:
    """A score: header fields, and each voice's lines of bars.
    `drums` names voices of the percussion channel."""

    header: dict[str, str]
    voices: dict[str, tuple[str, ...]]
    drums: frozenset[str] = frozenset()

    @property
    def lines(self) -> list[str]:
        """The body as midi2abc writes it, without directives and line continuations."""
        return [line for voice, body in self.voices.items() for line in (f"V:{voice}", *body)]

    def lead(self) -> str | None:
        """The voice with the most notes, drums apart; the first of equals.
        None if there is no note."""
        counts = {voice: _notes(body) for voice, body in self.voices.items() if voice not in self.drums}
        best = max(counts, key=lambda voice: counts[voice], default=None)
        return best if best is not None and counts[best] else None

    def tune(self, voice: str) -> str:
        """One voice as a tune of its own: X:1, the header, its bars."""
        head = [f"{field}:{self.header[field]}" for field in HEADER if field in self.header]
        return "\n".join(["X:1", *head, *self.voices[voice]])


def from_midi(file: Path) -> Abc:
    """Convert a MIDI file. Raises AudioError where it has no notes or cannot be read,
    ModelError without midi2abc."""
    with reading(file):
        raw = file.read_bytes()
    plain = unwrap(raw)  # midi2abc knows no RMID
    try:
        with tempfile.NamedTemporaryFile(suffix=".mid") if plain != raw else contextlib.nullcontext() as unwrapped:
            if unwrapped:
                unwrapped.write(plain)
                unwrapped.flush()
            path = unwrapped.name if unwrapped else str(file.resolve())
            done = subprocess.run([_program(), path], capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise AudioError("midi", f"midi2abc did not finish {file.name} in {_TIMEOUT_S} s.") from error
    score = parse(done.stdout.decode("utf-8", "replace"))
    if score.lead() is None:
        raise AudioError("no-notes", f"midi2abc found no notes in {file.name}.")
    return score


def parse(text: str) -> Abc:
    """What midi2abc printed."""
    header: dict[str, str] = {}
    voices: dict[str, list[str]] = {}
    drums: set[str] = set()
    voice = ""
    _, begun, tune = text.partition("X:")  # what comes before is what some builds say of themselves
    for raw in (begun + tune).splitlines():
        line = raw.rstrip().removesuffix("\\").rstrip()
        if match := re.match(r"([A-Za-z]):\s*(.*)$", line):
            field, value = match[1], match[2].partition("%")[0].strip()
            if field == "V":
                voice = value.split()[0] if value else ""
                voices.setdefault(voice, [])
            elif field not in header:
                header[field] = value
        elif re.match(r"%%MIDI channel 10\b", line):
            drums.add(voice)
        elif line and not line.startswith("%"):
            voices.setdefault(voice or "1", []).append(line)
    return Abc(header, {name: tuple(body) for name, body in voices.items()}, frozenset(drums))


def cut(tune: str, bars: int) -> str:
    """A tune's first bars."""
    head, body = _split(tune)
    pieces = re.findall(r"[^|]*\|[\]:|]*|[^|]+$", body)
    return head + "".join(pieces[:bars]).rstrip()


def bars_of(tune: str) -> int:
    return len(re.findall(r"[^|]*\|[\]:|]*|[^|]+$", _split(tune)[1]))


def _split(tune: str) -> tuple[str, str]:
    match = re.match(r"(?:[A-Z]:.*\n)*", tune)
    end = match.end() if match else 0
    return tune[:end], tune[end:]


def _notes(body: tuple[str, ...]) -> int:
    return len(re.findall(r"[A-Ga-g]", " ".join(body)))


def _program() -> str:
    import symusic

    here = Path(symusic.__file__).parent / "bin" / "midi2abc"
    if here.is_file():
        return str(here)
    if installed := shutil.which("midi2abc"):
        return installed
    raise ModelError("The program midi2abc is not there.", "Install symusic from a wheel, or abcmidi of your system.")
