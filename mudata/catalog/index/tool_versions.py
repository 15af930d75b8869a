"""Versions of everything that can change what a clip sounds like or how rows are counted."""

from __future__ import annotations

import platform
from importlib import metadata

from mudata.version import __version__

_PACKAGES = ("av", "duckdb", "numpy", "pyarrow", "soundfile", "soxr", "huggingface_hub", "kaggle", "yt-dlp")

DECODING = ("libsndfile", "av", "numpy", "soundfile", "soxr")
"""Those that make samples of files."""


def tool_versions() -> dict[str, str]:
    """Name -> version of what is installed; decoders that packages bring along under their own names."""
    found = {"mudata": __version__, "python": platform.python_version()}
    found["system"] = f"{platform.system()} {platform.machine()}"
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    if "soundfile" in found:
        import soundfile

        found["libsndfile"] = soundfile.__libsndfile_version__
    return found
