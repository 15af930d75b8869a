#!/usr/bin/env bash
# Expected: a player that cannot load the soundfont it was given says so and fails.
# Happens: the program fluidsynth tells the error, loads the system's default soundfont instead
#   (where a distribution has set one), renders the piece with it, and ends with code 0.
# Seen on 2026-11-30 with fluidsynth 2.3.1 (Debian 12) and a file of 12 bytes as the soundfont: code
#   0 and a WAV file that is not silent; with `-o synth.default-soundfont=` code 0 and silence.
# Matters: audio is rendered with other instruments than its record says, and nobody is told unless
#   the program's messages are read. Empty the default, and look for "Failed to load" in them.
# (needs fluidsynth with a default soundfont: apt-get install fluidsynth timgm6mb-soundfont)
set -euo pipefail
command -v fluidsynth >/dev/null || { echo "fluidsynth is not installed"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'RIFF\4\0\0\0sfbk' >none.sf2
"${PYTHON:-python3}" - <<'PY'
track = b"\x00\x90\x3c\x64\x83\x60\x80\x3c\x00\x00\xff\x2f\x00"  # one note of half a second
head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x00\x00\x01\x01\xe0"
open("note.mid", "wb").write(head + b"MTrk" + len(track).to_bytes(4, "big") + track)
PY
level() {  # the largest sample of a WAV of 16 bits
  "${PYTHON:-python3}" -c "
import array, sys, wave
with wave.open(sys.argv[1]) as file:
    samples = array.array('h', file.readframes(file.getnframes()))
print(max(map(abs, samples)))" "$1"
}
fluidsynth --version 2>/dev/null | head -1
code=0
fluidsynth -ni -q -R 0 -C 0 -f /dev/null -F with.wav -T wav none.sf2 note.mid 2>/dev/null || code=$?
echo "code $code, largest sample $(level with.wav)"
fluidsynth -ni -q -R 0 -C 0 -f /dev/null -o synth.default-soundfont= -F without.wav -T wav none.sf2 note.mid 2>/dev/null || code=$?
echo "without a default: code $code, largest sample $(level without.wav)"
if [ "$code" != 0 ] || [ "$(level with.wav)" = 0 ]; then echo "Changed: what cannot be loaded is no longer replaced."; exit 1; fi
