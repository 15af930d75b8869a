#!/usr/bin/env bash
# Expected: an Ogg file in which one Vorbis stream follows another (chaining, part of the format:
#   `cat a.ogg b.ogg` makes one) is as long as both.
# Happens: libsndfile knows the first stream only. Length and samples end there without an error.
#   FFmpeg reads on.
# Seen on 2026-11-29 with soundfile 0.14.0 (libsndfile 1.2.2) and PyAV 18.1.0, two streams of 5 s:
#   soundfile.info 5.00 s, soundfile.read 5.00 s, PyAV 10.01 s
# Matters: internet radio starts a new stream with every song, so a recording of an hour becomes
#   its first song.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq soundfile==0.14.0 av==18.1.0 numpy==2.4.6
venv/bin/python - <<'EOF'
import sys
from pathlib import Path

import av
import numpy as np
import soundfile

RATE = 44_100
for name, pitch in (("a.ogg", 440), ("b.ogg", 660)):
    soundfile.write(name, 0.5 * np.sin(2 * np.pi * pitch * np.arange(5 * RATE) / RATE), RATE)
Path("chained.ogg").write_bytes(Path("a.ogg").read_bytes() + Path("b.ogg").read_bytes())

info, read = soundfile.info("chained.ogg").duration, len(soundfile.read("chained.ogg")[0]) / RATE
with av.open("chained.ogg") as container:
    by_av = sum(frame.samples for frame in container.decode(audio=0)) / RATE
print(f"soundfile {soundfile.__version__} ({soundfile.__libsndfile_version__})", end=", ")
print(f"PyAV {av.__version__}")
print(f"soundfile.info {info:.2f} s, soundfile.read {read:.2f} s, PyAV {by_av:.2f} s")
if not (info == read == 5 and by_av > 9.9):
    sys.exit("Changed: libsndfile no longer stops after the first stream of a chained Ogg.")
EOF
