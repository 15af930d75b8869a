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
COMPUTING = {
    *("classification", "tagging", "captions", "caption_controls", "caption_refusals", "rouge"),
    *(
        "per_clip",
        "parsing_rules",
        "estimates",
        "intervals",
        "jackknife",
        "hypothesis_tests",
        "paired_power",
        "power",
        "compare",
        "pairwise",
        "audio_use",
    ),
}
"""Modules that compute numbers, and have to show some."""


@pytest.mark.parametrize("name", MODULES)
def test_worked_numbers_are_true(name: str) -> None:
    done = doctest.testmod(import_module(name))
    assert done.failed == 0
    assert done.attempted or name.rpartition(".")[2] not in COMPUTING
