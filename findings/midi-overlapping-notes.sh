#!/usr/bin/env bash
# Expected: two readers of one MIDI file agree on how long its notes are.
# Happens: not where a note is struck again before it ends (two voices in unison on one channel, a
#   pedalled piano). The format does not say which of the two a note-off ends. symusic ends the
#   older one; pretty_midi ends both, and the second note-off ends nothing.
# Seen on 2026-11-29 with symusic 0.6.0, pretty_midi 0.2.11.post0, mido 1.3.3; struck at 0 and .25
#   s, released at .5 and 1 s (start, end):
#   symusic: (0.0, 0.5) (0.25, 1.0)
#   pretty_midi: (0.0, 0.5) (0.25, 0.5)
# Matters: durations, polyphony and duration-weighted key profiles of one file differ from library
#   to library, so does the offset score of a transcription.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
# pretty_midi imports pkg_resources, which newer setuptools lacks
venv/bin/python -m pip install -qq \
  symusic==0.6.0 pretty_midi==0.2.11.post0 mido==1.3.3 setuptools==80.9.0
venv/bin/python -W ignore - <<'EOF'
import sys
from importlib.metadata import version

import mido
import pretty_midi
import symusic

file = mido.MidiFile(type=0, ticks_per_beat=480)  # at 120 beats a minute: 960 ticks a second
track = file.add_track()
for kind, wait in (("note_on", 0), ("note_on", 240), ("note_off", 240), ("note_off", 480)):
    track.append(mido.Message(kind, note=60, velocity=90, time=wait))
file.save("unison.mid")

notes = symusic.Score("unison.mid").to("second").tracks[0].notes
by_symusic = sorted((note.time, note.end) for note in notes)
notes = pretty_midi.PrettyMIDI("unison.mid").instruments[0].notes
by_pretty_midi = sorted((float(note.start), float(note.end)) for note in notes)
print(", ".join(f"{name} {version(name)}" for name in ("symusic", "pretty_midi", "mido")))
print("symusic:", *by_symusic)
print("pretty_midi:", *by_pretty_midi)
if by_symusic != [(0, 0.5), (0.25, 1)] or by_pretty_midi != [(0, 0.5), (0.25, 0.5)]:
    sys.exit("Changed: symusic or pretty_midi pairs overlapping notes in another way.")
EOF
