#!/usr/bin/env bash
# Expected: ROUGE of a caption against itself is 1, and a caption in another key scores less.
# Happens: rouge-score keeps the letters a to z and digits only. "F# minor" and "F minor" are the
#   same text to it, so are "C♯" and "C"; a caption in Chinese, Cyrillic or Greek has no words at
#   all and scores 0 against itself.
# Seen on 2026-11-29 with rouge-score 0.1.2, ROUGE-1 F:
#   'a waltz in F# minor' against 'a waltz in F minor': 1.0
#   '悲伤的钢琴曲' against '悲伤的钢琴曲': 0.0
#   'Dvořák' against 'Dvořák': 1.0, against 'Dvo Ák': 1.0
# Matters: captions of music name keys; a wrong accidental costs nothing. A model that answers in
#   Chinese gets 0, which reads like a bad caption and is a missing tokenizer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq rouge-score==0.1.2
venv/bin/python - <<'EOF'
import sys
from importlib.metadata import version

from rouge_score.rouge_scorer import RougeScorer

scorer = RougeScorer(["rouge1"])


def rouge(reference, answer):
    return scorer.score(reference, answer)["rouge1"].fmeasure


PAIRS = {
    ("a waltz in F# minor", "a waltz in F minor"): 1.0,
    ("悲伤的钢琴曲", "悲伤的钢琴曲"): 0.0,
    ("Dvořák", "Dvořák"): 1.0,
    ("Dvořák", "Dvo Ák"): 1.0,
}
print(f"rouge-score {version('rouge-score')}")
seen = {pair: rouge(*pair) for pair in PAIRS}
for (reference, answer), value in seen.items():
    print(f"{reference!r} against {answer!r}: {value}")
if seen != PAIRS:
    sys.exit("Changed: rouge-score now sees accidentals or other scripts.")
EOF
