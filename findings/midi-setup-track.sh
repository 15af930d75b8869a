#!/usr/bin/env bash
# Expected: a MIDI reader says which instrument plays a note. A program change holds for its
#   channel, whatever track it stands in: that is how every synthesiser plays the file.
# Happens: symusic and pretty_midi look for program changes in the note's own track only. Where a
#   first track sets up all channels and the notes stand in others (a common way to write files of
#   type 1), every part is a piano.
# Seen on 2026-11-29 with symusic 0.6.0, pretty_midi 0.2.11.post0, mido 1.3.3, a violin (program
#   40) set in track 0:
#   by channel, in time order: 40; symusic: 0; pretty_midi: 0
# Matters: instrument labels taken from MIDI collections turn to piano without a word.
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

file = mido.MidiFile(type=1)
setup, violin = file.add_track("set-up"), file.add_track("violin")
setup.append(mido.Message("program_change", channel=0, program=40))
violin.append(mido.Message("note_on", channel=0, note=76, velocity=90, time=480))
violin.append(mido.Message("note_off", channel=0, note=76, time=480))
file.save("setup.mid")

program, played = {}, []
for message in mido.MidiFile("setup.mid"):  # all tracks, in time order
    if message.type == "program_change":
        program[message.channel] = message.program
    elif message.type == "note_on":
        played.append(program.get(message.channel, 0))
by_symusic = [track.program for track in symusic.Score("setup.mid").tracks if track.notes]
by_pretty_midi = [int(part.program) for part in pretty_midi.PrettyMIDI("setup.mid").instruments]
print(", ".join(f"{name} {version(name)}" for name in ("symusic", "pretty_midi", "mido")))
print(f"by channel, in time order: {played[0]}", end="; ")
print(f"symusic: {by_symusic[0]}; pretty_midi: {by_pretty_midi[0]}")
if (played, by_symusic, by_pretty_midi) != ([40], [0], [0]):
    sys.exit("Changed: symusic or pretty_midi now heeds program changes of other tracks.")
EOF
