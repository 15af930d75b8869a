"""The worked numbers in docstrings are true."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

from mudata.evaluation import comparison, metrics

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (metrics, comparison)
    for module in pkgutil.iter_modules(package.__path__)
]
WITHOUT = {
    "mudata.evaluation.metrics.scored",
    "mudata.evaluation.metrics.summary",
    "mudata.evaluation.comparison.clip_view",
    "mudata.evaluation.comparison.comparable",
    "mudata.evaluation.comparison.comparison_result",
    "mudata.evaluation.comparison.score_table",
}
"""Modules that compute no number of their own."""


@pytest.mark.parametrize("name", MODULES)
def test_worked_numbers_are_true(name: str) -> None:
    done = doctest.testmod(import_module(name))
    assert done.failed == 0
    assert done.attempted or name in WITHOUT
