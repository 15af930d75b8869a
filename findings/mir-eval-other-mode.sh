#!/usr/bin/env bash
# Expected: mir_eval.key.weighted_score gives .3 for the relative and .2 for the parallel "major/minor" key, as its
#   documentation has it, and 0 for a key in another mode.
# Happens: any mode that is not the reference's is taken for the opposite one. Beside C major, "A other" (A dorian) is its
#   relative and "C other" its parallel.
# Seen on 2026-11-30 with mir_eval 0.8.2:
#   C major, answer A other: 0.3
#   C major, answer C other: 0.2
#   A minor, answer C other: 0.3
# Matters: answers in church modes that are mapped to "other", as the format has it, earn a part of the score; a model
#   that says so of everything beats one that is wrong about the mode and honest.
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

PAIRS = {("C major", "A other"): 0.3, ("C major", "C other"): 0.2, ("A minor", "C other"): 0.3}
print(f"mir_eval {version('mir_eval')}")
seen = {pair: float(weighted_score(*pair)) for pair in PAIRS}
for (reference, answer), value in seen.items():
    print(f"{reference}, answer {answer}: {value}")
if seen != PAIRS:
    sys.exit("Changed: mir_eval now tells other modes from major and minor.")
EOF
