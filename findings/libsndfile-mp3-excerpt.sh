#!/usr/bin/env bash
# Expected: `soundfile.read(path, start=n, frames=m)` gives the same samples as
#   `soundfile.read(path)[n:n + m]`.
# Happens: not for mp3 files of a low variable bitrate. A frame may keep its data in earlier
#   frames, and small frames make it reach back further than libsndfile's decoder does when it
#   jumps. The first samples of an excerpt are then missing or wrong, by as much as the music is
#   loud, and `read` raises nothing (libmpg123 writes "part2_3_length too large" on stderr).
#   Excerpts that begin at other places are right, and so are files of constant bitrate (tried from
#   56 kbit/s up).
# Seen on 2026-11-29 with soundfile 0.14.0 (libsndfile 1.2.2), 20 s of bursts of noise, one
#   channel, 44.1 kHz:
#   constant, 56 kbit/s: 0 of 104 excerpts differ; begun a second earlier: 0
#   variable, 60 kbit/s: 12 of 104 excerpts differ, by at most 0.91 over the first 14 ms;
#     begun a second earlier: 0
#   variable, 37 kbit/s: 42 of 104 excerpts differ, by at most 0.81 over the first 94 ms;
#     begun a second earlier: 0
# Matters: clips are cut out of long recordings this way, and random crops in training. The onset
#   at the beginning of a clip is what suffers. To be sure, begin a second early and throw that
#   second away.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq soundfile==0.14.0 numpy==2.4.6
venv/bin/python - 2>decoder.log <<'EOF' || { grep -v libmpg123 decoder.log >&2; exit 1; }
import sys
from pathlib import Path

import numpy as np
import soundfile

RATE, SECONDS = 44_100, 20
rng = np.random.default_rng(0)
time = np.arange(RATE * SECONDS)
bursts = np.where(time // (RATE // 8) % 4 == 0, 0.8, 0.003)
music = bursts * np.clip(0.4 * rng.standard_normal(len(time)), -1, 1)

print(f"soundfile {soundfile.__version__} ({soundfile.__libsndfile_version__})")
wrong = {}
for mode, level in (("CONSTANT", 0.9), ("VARIABLE", 0.6), ("VARIABLE", 0.9)):
    soundfile.write("music.mp3", music, RATE, bitrate_mode=mode, compression_level=level)
    whole, _ = soundfile.read("music.mp3")
    starts = range(50_000, len(time) - 9_000, 7_919)
    worst, last, differ, early_differ = 0.0, 0, 0, 0
    for start in starts:
        excerpt, _ = soundfile.read("music.mp3", start=start, frames=6_000)
        early, _ = soundfile.read("music.mp3", start=start - RATE, frames=RATE + 6_000)
        early_differ += np.abs(early[RATE:] - whole[start : start + 6_000]).max() > 0.01
        error = np.abs(excerpt - whole[start : start + 6_000])
        far = np.flatnonzero(error > 0.01)
        differ += bool(len(far))
        worst, last = max(worst, error.max()), max(last, *far, 0)
    rate = Path("music.mp3").stat().st_size * 8 / SECONDS / 1000
    print(f"{mode.lower()}, {rate:.0f} kbit/s: {differ} of {len(starts)} excerpts differ", end="")
    if differ:
        print(f", by at most {worst:.2f} over the first {1000 * last / RATE:.0f} ms", end="")
    print(f"; begun a second earlier: {early_differ}")
    wrong[mode, level] = differ, worst
if wrong["CONSTANT", 0.9][0] or wrong["VARIABLE", 0.9][0] < 5 or wrong["VARIABLE", 0.9][1] < 0.3:
    sys.exit("Changed: excerpts of an mp3 of variable bitrate now equal that part of the whole.")
EOF
