"""What a session leaves for those who ask later which code it was, and what it took."""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata import version
from mudata.errors import ModelError
from mudata.evaluation.models.foreign_code import contained
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Model


_RECORDED = ("numpy", "soundfile", "soxr", "duckdb", "rouge-score", "librosa", "scikit-learn", "torch", "transformers")


def versions() -> dict[str, str]:
    """Of mudata, Python, the platform, and of what answers and scores are made with, where it is installed."""
    versions = {"mudata": version.__version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in _RECORDED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git() -> dict[str, object] | None:
    """Commit of the checkout that this code runs from, and whether anything in it was changed; None
    for an installed package, or without git."""
    here = Path(version.__file__).resolve().parent
    if not (here.parent / ".git").exists():
        return None
    try:
        outputs = [
            subprocess.run(
                ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10, check=True
            ).stdout
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", "."))
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": outputs[0].strip(), "dirty": bool(outputs[1].strip())}


def described(model: Model) -> dict[str, Any] | None:
    """What a model says was really used, as run.json can hold it: keys are text, and so is what JSON has no type for.

    Raises ModelError if it says something else than keys with values.
    """
    with contained("while it described itself"):
        facts = model.describe()
    if facts is not None and not isinstance(facts, Mapping):
        raise ModelError(f"The model described itself as {facts!r}.", "Its `describe` owes a dict.")
    plain: dict[str, Any] | None = json.loads(json.dumps(facts and dict(facts), default=text_of))
    return plain


def peak_memory() -> dict[str, float]:
    """Most memory in GiB that this process has held so far:
    of the host, and of each GPU that torch was used on."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    peaks = {"host": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            if held := torch.cuda.max_memory_allocated(i):
                peaks[f"cuda:{i}"] = held / 2**30
    return {device: round(size, 3) for device, size in peaks.items()}
