#!/usr/bin/env bash
# Expected: the weighted key score gives half a point for a fifth's difference, up or down: C for
#   G is as near a miss as G for C. And it takes every key that a MIDI key signature can name.
# Happens: mir_eval credits the fifth above the truth only; the fifth below scores 0, as any
#   distant key does. Cb major (seven flats) is refused.
# Seen on 2026-11-29 with mir_eval 0.8.2, truth and answer:
#   C major, G major 0.5; C major, F major 0.0; A minor, E minor 0.5; A minor, D minor 0.0; Cb
#     major ValueError
# Matters: two models that err as often and as far score differently if one leans to the dominant
#   and the other to the subdominant. Say which rule was used beside every key score; map keys to
#   pitch classes first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq mir_eval==0.8.2
venv/bin/python - <<'EOF'
import sys
from importlib.metadata import version

from mir_eval.key import weighted_score

PAIRS = {
    ("C major", "G major"): 0.5,
    ("C major", "F major"): 0.0,
    ("A minor", "E minor"): 0.5,
    ("A minor", "D minor"): 0.0,
}
seen = {pair: weighted_score(*pair) for pair in PAIRS}
try:
    weighted_score("Cb major", "Cb major")
    flats = "accepted"
except ValueError:
    flats = "ValueError"
print(f"mir_eval {version('mir_eval')}")
for (truth, answer), score in seen.items():
    print(f"{truth}, {answer} {score}", end="; ")
print(f"Cb major {flats}")
if seen != PAIRS or flats != "ValueError":
    sys.exit("Changed: mir_eval scores fifths, or takes Cb major, in another way.")
EOF
