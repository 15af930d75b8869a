"""Every rule can be found, says whose it is, and is never at a loss for a verdict."""

from __future__ import annotations

import re

import pytest

from mudata.errors import UnknownName
from mudata.evaluation.official_rules.rule_registry import RULES, find_rule


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_does_and_whose_it_is(name: str) -> None:
    rule = find_rule(name)
    assert rule.name == name
    assert re.fullmatch(r"[\w.-]+/[\w.-]+@[\w.]+ .+", rule.source)
    assert all((rule.title, rule.recipe, rule.misreads))
    assert "\n" not in rule.recipe + rule.misreads + rule.title


def test_an_unknown_rule_suggests_its_neighbours() -> None:
    with pytest.raises(UnknownName, match="mmau_tokens"):
        find_rule("mmau_token")
