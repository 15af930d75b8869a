#!/usr/bin/env bash
# Expected: an mp3 file of variable bitrate is as long as its frames, whether or not the encoder
#   put a frame with their number (the Xing frame, which is optional) in front of them.
# Happens: without that frame, libsndfile guesses the number of samples from the first frames and
#   also stops reading there. A recording that begins quietly (small frames) and goes on loudly
#   comes back as a third of its length: no error, no warning, and `info` and `read` agree with
#   each other. FFmpeg, by PyAV, hears all of it.
# Seen on 2026-11-29 with soundfile 0.14.0 (libsndfile 1.2.2) and PyAV 18.1.0, 10 s quiet and 20 s
#   loud:
#   with Xing frame: soundfile.info 30.00 s, soundfile.read 30.00 s, PyAV 30.00 s
#   without Xing frame: soundfile.info 9.68 s, soundfile.read 9.68 s, PyAV 30.04 s
# Matters: streams that were cut or recorded have no such frame. Labels and captions are then
#   about music that neither the model nor the feature extractor was given, and nothing but a
#   second decoder says so.
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
rng = np.random.default_rng(0)
quiet = 0.001 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE)
loud = 0.3 * rng.standard_normal(20 * RATE).clip(-3, 3)
music = np.concatenate([quiet, loud])
soundfile.write("with.mp3", music, RATE, bitrate_mode="VARIABLE", compression_level=0.5)

data = Path("with.mp3").read_bytes()
assert b"Xing" in data[:100], "soundfile wrote no Xing frame"
next_frame = data.index(data[:2], 2)  # every frame begins with the same two bytes
Path("without.mp3").write_bytes(data[next_frame:])


def seconds(path):
    with av.open(path) as container:
        by_av = sum(frame.samples for frame in container.decode(audio=0)) / RATE
    return soundfile.info(path).duration, len(soundfile.read(path)[0]) / RATE, by_av


print(f"soundfile {soundfile.__version__} ({soundfile.__libsndfile_version__})", end=", ")
print(f"PyAV {av.__version__}")
whole, short = seconds("with.mp3"), seconds("without.mp3")
for name, (info, read, by_av) in {"with": whole, "without": short}.items():
    print(f"{name} Xing frame: soundfile.info {info:.2f} s", end=", ")
    print(f"soundfile.read {read:.2f} s, PyAV {by_av:.2f} s")
if not (min(whole) > 29.9 and short[2] > 29.9 and short[0] == short[1] < 12):
    sys.exit("Changed: libsndfile no longer reads only a third of this mp3 without a Xing frame.")
EOF
