"""Soundfonts: recorded instruments in a file. None is shipped; one that lies on the machine is found, and told with its
licence."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mudata.errors import AudioError, MissingSoundfont

VARIABLE = "MUDATA_SOUNDFONT"
"""Environment variable with the path of the soundfont to use."""

FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/sounds/sf3"), Path("/usr/share/soundfonts"))
"""Where Debian's packages, and those of Fedora and Arch, put them."""

_KNOWN = {
    ("FluidR3_GM.sf2", 148_398_306): "MIT",
    ("MuseScore_General_Full.sf3", 85_967_114): "MIT (parts in the public domain or CC0)",
    ("FluidR3Mono_GM.sf3", 23_614_353): "MIT",
    ("TimGM6mb.sf2", 5_969_788): "GPL-2.0",
    ("OPL-3_FM_128M.sf2", 135_020_964): "CC-BY-SA-4.0",
}
"""Licence by name and bytes, as Debian 12's packages state them; the first that is found is taken."""

_INSTALL = (
    "Run: apt-get install timgm6mb-soundfont (6 MB, GPL-2.0) or fluid-soundfont-gm (148 MB, MIT); or name one that you "
    f"have: {VARIABLE}=/path/to/file.sf2."
)


@dataclass(frozen=True)
class Soundfont:
    path: Path
    sha256: str
    licence: str
    """As stated by who distributes it, or that it is not known here."""

    @property
    def name(self) -> str:
        return self.path.name


def find(given: Path | None = None) -> Soundfont:
    """The soundfont that was given, else the one that MUDATA_SOUNDFONT names, else one that is installed.

    Raises MissingSoundfont: none is there; AudioError `not_a_soundfont`: the file is something else, or cut short.
    """
    chosen = given or (_named(named) if (named := os.environ.get(VARIABLE)) else None)
    if chosen is None:
        chosen = next(iter(_installed()), None)
    if chosen is None:
        raise MissingSoundfont("There is no soundfont on this machine.", _INSTALL)
    path = chosen.resolve()  # Debian's default-GM.sf2 is a link
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):  # a pipe is waited for, without end
            raise AudioError("not_a_soundfont", f"{path} is no file.", "Give a file in the format SF2 or SF3.")
        return _read(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise MissingSoundfont(f"The soundfont {chosen} cannot be read: {error.strerror}.", _INSTALL) from error


def _named(path: str) -> Path:
    """Raises MissingSoundfont for the home of nobody."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # '~nobody/file.sf2'
        raise MissingSoundfont(f"The soundfont {path} cannot be found: {error}", _INSTALL) from error


def _installed() -> list[Path]:
    """Known ones first, in their order, then others by name."""
    files = {path.resolve() for folder in FOLDERS for kind in ("*.sf2", "*.sf3") for path in folder.glob(kind)}
    order = [name for name, _ in _KNOWN]
    return sorted(files, key=lambda path: (order.index(path.name) if path.name in order else len(order), path.name))


@lru_cache(maxsize=8)
def _read(path: Path, size: int, changed_ns: int) -> Soundfont:
    """A soundfont is a RIFF of the form 'sfbk' (SoundFont 2.01 specification, section 4). It is read anew when it has
    changed."""
    del changed_ns
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"sfbk":
            raise AudioError(
                "not_a_soundfont",
                f"{path} is no soundfont: it begins with {head[:12]!r}, expected RIFF....sfbk.",
                "Give a file in the format SF2 or SF3.",
            )
        if (promised := int.from_bytes(head[4:8], "little") + 8) > size:
            raise AudioError(
                "not_a_soundfont",
                f"{path} is cut short: {size:,} bytes of {promised:,}.",
                "Install or download it again.",
            )
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Soundfont(path, digest, _KNOWN.get((path.name, size), "not known to mudata: see where you have it from"))
