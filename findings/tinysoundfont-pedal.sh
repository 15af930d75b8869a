#!/usr/bin/env bash
# Expected: a soundfont player lets notes ring while the sustain pedal (controller 64) is down.
# Happens: tinysoundfont takes the controller and does nothing with it: the sound is the same to
#   the last bit.
# Seen on 2026-11-29 with tinysoundfont 0.3.7 and the piano of TimGM6mb (inside pretty_midi
#   0.2.11.post0), key held for half a second, level (RMS) in the half second after the next:
#   pedal up 0.000031, pedal down 0.000031, largest difference 0.0
# Matters: piano files pedal nearly everywhere. Audio rendered from them is dry and staccato, and
#   truth on polyphony or note ends that follows the pedal does not fit it. Lengthen the notes
#   before rendering.
# (pip installs it without dependencies: it asks for PyAudio, which only live playing uses and
#   which needs PortAudio.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq numpy==2.4.6
venv/bin/python -m pip install -qq --no-deps \
  tinysoundfont==0.3.7 pretty_midi==0.2.11.post0
venv/bin/python - <<'EOF'
import sys
from importlib.metadata import files, version

import numpy as np
import tinysoundfont

SOUNDFONT = next(str(file.locate()) for file in files("pretty_midi") if file.name == "TimGM6mb.sf2")
HALF_SECOND = 11_025


def piano(pedal):
    synth = tinysoundfont.Synth(samplerate=2 * HALF_SECOND, gain=0)
    synth.program_select(0, synth.sfload(SOUNDFONT), 0, 0)
    synth.control_change(0, 64, 127 if pedal else 0)
    synth.noteon(0, 60, 100)
    held = bytes(synth.generate(HALF_SECOND))
    synth.noteoff(0, 60)
    return np.frombuffer(held + bytes(synth.generate(3 * HALF_SECOND)), np.float32).reshape(-1, 2)


up, down = piano(pedal=False), piano(pedal=True)
later = slice(2 * HALF_SECOND, 3 * HALF_SECOND)
levels = [np.sqrt(np.mean(sound[later] ** 2)) for sound in (up, down)]
assert np.abs(up[:HALF_SECOND]).max() > 0.01, "the piano was not heard at all"
print(f"tinysoundfont {version('tinysoundfont')}")
difference = np.abs(up - down).max()
print(f"pedal up {levels[0]:.6f}, pedal down {levels[1]:.6f}, largest difference {difference}")
if difference != 0:
    sys.exit("Changed: the sustain pedal is now heard.")
EOF
