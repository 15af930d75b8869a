"""Every official rule by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.errors import UnknownName
from mudata.evaluation.official_rules.canonical_lines import LAST_CANONICAL, LAST_CANONICAL_DROPS
from mudata.evaluation.official_rules.cmi_rules import CMI_KEY, CMI_UNIQUE_SUBSTRING
from mudata.evaluation.official_rules.letter_rules import ANSWER_LINE, MUCHO_CHARS, RUL_BRACKETS
from mudata.evaluation.official_rules.mmmu_rules import MMMU_LETTERS, MMMU_LETTERS_MMAR
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
        CMI_UNIQUE_SUBSTRING,
        CMI_KEY,
    )
}


def find_rule(name: str) -> OfficialRule:
    """Raises UnknownName."""
    if name not in RULES:
        raise UnknownName("official rule", name, RULES)
    return RULES[name]
