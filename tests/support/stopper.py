"""Stops mudata at any moment at which it writes: by a signal when it opens, renames or removes a certain file."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

STOPPER = """
import collections, os, re, sys
home, log, signal, chosen = os.environ["STOPPER"].split("\\n")
process = "worker" if "serve()" in " ".join(sys.orig_argv) else "mudata"
places = {"open": 0, "os.remove": 0, "os.rename": 1}
seen = collections.Counter()
def watch(event, arguments):
    if event not in places or (event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR)):
        return
    try:
        path = os.fsdecode(arguments[places[event]])
    except TypeError:  # a file descriptor
        return
    if path.startswith(home) and not path.startswith(home + "/locks"):
        what = process, event, re.sub(r"[.]\\d+-(\\d{15,})?", ".N-", path[len(home) + 1 :])
        seen[what] += 1
        moment = " ".join([*what, str(seen[what])])
        if log:
            with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "w") as file:
                print(moment, file=file)
        elif moment == chosen:
            os.kill(os.getpid() if process == "mudata" else os.getppid(), int(signal))
sys.addaudithook(watch)
"""
"""A sitecustomize that watches every file that mudata and its workers open for writing, rename or remove below the
home. It notes these moments in a log, or sends mudata a signal when it comes to the chosen one."""


def watching(folder: Path, home: Path, log: Path) -> dict[str, str]:
    """The environment of a process whose moments in a home are noted in a log; `folder` is for the sitecustomize."""
    return _environment(folder, home, f"{log}\n0\n")


def stopping(folder: Path, home: Path, sent: signal.Signals, moment: str) -> dict[str, str]:
    """The environment of a process that gets a signal at a moment."""
    return _environment(folder, home, f"\n{sent.value}\n{moment}")


def _environment(folder: Path, home: Path, what: str) -> dict[str, str]:
    (folder / "sitecustomize.py").write_text(STOPPER)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "STOPPER": f"{home}\n{what}", "MUDATA_HOME": str(home)}


def files_of(home: Path) -> dict[str, str]:
    """Every file below a home, with the hash of its content where that is always the same."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith("locks/"):
            same = path.suffix in (".flac", ".wav", ".csv", ".tar")
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if same else ""
    return found
