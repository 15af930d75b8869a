#!/usr/bin/env bash
# Expected: mono is (left + right) / 2, or at least the same mixture whatever sample format is
#   asked for.
# Happens: FFmpeg's resampler scales the mixture down only where the output is of whole numbers.
#   Asked for floats, it adds left and right at 0.707 each: 3 dB louder, and beyond full scale
#   where both channels are loud and alike.
# Seen on 2026-11-29 with PyAV 18.1.0, both channels constantly 0.9:
#   s16 0.900, s32 0.900, flt 1.273, dbl 1.273
# Matters: the same file enters one model at another level than the next, and floats above 1
#   are clipped when they are stored. Loudness and energy features shift by 3 dB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq av==18.1.0 numpy==2.4.6
venv/bin/python - <<'EOF'
import sys

import av
import numpy as np

RATE = 44_100
FULL_SCALE = {"s16": 2**15, "s32": 2**31, "flt": 1, "dbl": 1}
peaks = {}
for wanted, full in FULL_SCALE.items():
    both = np.full((2, RATE), 0.9, np.float32)
    stereo = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
    stereo.sample_rate = RATE
    frames = av.AudioResampler(format=wanted, layout="mono", rate=RATE).resample(stereo)
    peaks[wanted] = max(frame.to_ndarray().max() for frame in frames) / full
print(f"PyAV {av.__version__}")
print(", ".join(f"{wanted} {peak:.3f}" for wanted, peak in peaks.items()))
expected = {"s16": 0.9, "s32": 0.9, "flt": 0.9 * 2**0.5, "dbl": 0.9 * 2**0.5}
if any(abs(peaks[wanted] - expected[wanted]) > 0.001 for wanted in peaks):
    sys.exit("Changed: mono in floats is no longer 3 dB louder than mono in whole numbers.")
EOF
