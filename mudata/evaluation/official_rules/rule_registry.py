"""Every official rule by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.errors import UnknownName
from mudata.evaluation.official_rules.bass_rules import INTERVAL_IOU, SECTION_WER
from mudata.evaluation.official_rules.canonical_lines import LAST_CANONICAL, LAST_CANONICAL_DROPS
from mudata.evaluation.official_rules.cmi_rules import CMI_KEY, CMI_UNIQUE_SUBSTRING
from mudata.evaluation.official_rules.cmi_sequences import CMI_BEATS, CMI_CER, CMI_WER
from mudata.evaluation.official_rules.letter_rules import ANSWER_LINE, MUCHO_CHARS, RUL_BRACKETS
from mudata.evaluation.official_rules.mmmu_rules import MMMU_LETTERS, MMMU_LETTERS_MMAR
from mudata.evaluation.official_rules.note_rules import NOTE_SET, ORDERED_NOTE_F1
from mudata.evaluation.official_rules.number_rules import ALPHA_EQUAL, CONTAINS_GOLD, LAST_NUMBER
from mudata.evaluation.official_rules.order_rules import PAIR_EXACT, RANK_EXACT
from mudata.evaluation.official_rules.pitch_rules import PITCH, PITCH_HZ, PITCH_MIDI, PITCH_SPN, TIMES
from mudata.evaluation.official_rules.pitch_words import (
    CHORD_QUALITY,
    CONTOUR_WORDS,
    FIRST_INTEGER,
    FIRST_OR_SECOND,
    INTERVAL_SAID,
    RANKS_SAID,
)
from mudata.evaluation.official_rules.ranking_rules import JUDGE, NVEMBED_ARGMAX, PPL_OPTIONS
from mudata.evaluation.official_rules.text_checks import TEXT_CHECKS
from mudata.evaluation.official_rules.token_rule import MMAU_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata.evaluation.official_rules.official_rule import OfficialRule

RULES: Mapping[str, OfficialRule] = {
    rule.name: rule
    for rule in (
        MMAU_TOKENS,
        MUCHO_CHARS,
        RUL_BRACKETS,
        LAST_CANONICAL,
        LAST_CANONICAL_DROPS,
        MMMU_LETTERS,
        MMMU_LETTERS_MMAR,
        ANSWER_LINE,
        PPL_OPTIONS,
        LAST_NUMBER,
        ALPHA_EQUAL,
        CONTAINS_GOLD,
        PAIR_EXACT,
        RANK_EXACT,
        INTERVAL_IOU,
        SECTION_WER,
        PITCH_MIDI,
        PITCH_SPN,
        PITCH_HZ,
        PITCH,
        TIMES,
        NOTE_SET,
        ORDERED_NOTE_F1,
        FIRST_INTEGER,
        INTERVAL_SAID,
        CHORD_QUALITY,
        FIRST_OR_SECOND,
        CONTOUR_WORDS,
        RANKS_SAID,
        CMI_UNIQUE_SUBSTRING,
        CMI_KEY,
        CMI_BEATS,
        CMI_WER,
        CMI_CER,
        TEXT_CHECKS,
        NVEMBED_ARGMAX,
        JUDGE,
    )
}


def find_rule(name: str) -> OfficialRule:
    """Raises UnknownName."""
    if name not in RULES:
        raise UnknownName("official rule", name, RULES)
    return RULES[name]
