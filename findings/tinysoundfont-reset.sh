#!/usr/bin/env bash
# Expected: after `reset` ("stop all playing notes immediately", says tsf.h) a soundfont player is as
#   it was when loaded: the same notes give the same samples.
# Happens: tinysoundfont's SoundFont.reset only begins to end the notes that sound. What is generated
#   next starts with their remains, and the same piece differs from what it was.
# Seen on 2026-11-30 with tinysoundfont 0.3.7 and TimGM6mb (inside pretty_midi 0.2.11.post0), a chord
#   held, reset, then a note: largest difference to a fresh player 0.172749, after 0.1 s of samples
#   that are thrown away 0.0
# Matters: renderings that should be reproducible depend on what was rendered before them. Load anew
#   (slow for large soundfonts), or generate and drop a tenth of a second after each reset.
# (pip installs it without dependencies: it asks for PyAudio, which only live playing uses.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq numpy==2.4.6
venv/bin/python -m pip install -qq --no-deps \
  tinysoundfont==0.3.7 pretty_midi==0.2.11.post0
venv/bin/python - <<'PY'
import sys
from importlib.metadata import files, version

import numpy as np
import tinysoundfont

SOUNDFONT = next(str(file.locate()) for file in files("pretty_midi") if file.name == "TimGM6mb.sf2")
RATE = 22_050


def fresh():
    synth = tinysoundfont.Synth(samplerate=RATE, gain=0)
    return synth, synth.soundfonts[synth.sfload(SOUNDFONT)]


def note(synth, player):
    player.channel_set_preset_number(0, 0, False)
    player.channel_note_on(0, 72, 0.8)
    return np.frombuffer(bytes(synth.generate_simple(RATE)), np.float32)


def after_a_chord(dropped):
    synth, player = fresh()
    player.channel_set_preset_number(0, 48, False)
    for pitch in (48, 52, 55):
        player.channel_note_on(0, pitch, 0.8)
    synth.generate_simple(RATE // 2)
    player.reset()
    if dropped:
        synth.generate_simple(dropped)
    return note(synth, player)


expected = note(*fresh())
at_once, later = (np.abs(after_a_chord(n) - expected).max() for n in (0, RATE // 10))
assert np.abs(expected).max() > 0.01, "the note was not heard at all"
print(f"tinysoundfont {version('tinysoundfont')}: {at_once:.6f} at once, {later} a tenth of a second later")
if at_once == 0:
    sys.exit("Changed: a reset now ends all notes.")
PY
