"""The card `composed`: every exam that needs no soundfont, of one seed, so that results of all who fetch it compare.

python -m mudata.catalog.compose.standard_edition > mudata/cards/datasets/composed.yaml
"""

from __future__ import annotations

import sys

import yaml

from mudata.catalog.compose.exam_card import exam_card
from mudata.catalog.compose.exam_plan import ExamRequest
from mudata.catalog.compose.exams import EXAMS

SEED = 2409_09601
"""The survey's arXiv number; any would do."""

_HEAD = """\
# Composed by mudata itself (mudata/catalog/compose), truth by construction. Written by
# python -m mudata.catalog.compose.standard_edition: a change there is written here, and nothing is edited by hand.
"""


def text() -> str:
    """The card as it stands in its file."""
    requests = [
        ExamRequest(exam=exam.name, seed=SEED, n=exam.standard) for exam in EXAMS.values() if not exam.needs_soundfont
    ]
    summary = f"{len(requests)} exams of tempo, metre, key, harmony, rhythm and form: composed, with exact truth."
    card = exam_card("composed", "mudata composed exams, standard edition", summary, requests, subsets=True)
    return _HEAD + yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    sys.stdout.write(text())
