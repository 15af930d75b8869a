"""The lock: it fits pyproject.toml for every Python, and an environment made from it holds nothing else."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "constraints.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OURS = PROJECT["project"]["name"]
PYTHONS = ("3.11", "3.12", "3.13")


def pins(**environment: str) -> dict[str, str]:
    """Names and versions that the lock gives for an environment (packaging's markers; by default this one)."""
    given: dict[str, str] = {}
    for line in LOCK.splitlines():
        if line.startswith("#"):
            continue
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in given, f"{name} twice"
            given[name] = str(pin.specifier).removeprefix("==")
    return given


def wanted() -> list[Requirement]:
    """What the Makefile installs by name: the package with its extras, and what builds and completes it."""
    extras = re.search(r"^EXTRAS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert extras
    queue = [f"{OURS}[{','.join(extras[1].split())}]"]
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    asked += PROJECT["dependency-groups"]["environment"]
    while queue:
        for extra in Requirement(queue.pop()).extras:
            for line in PROJECT["project"]["optional-dependencies"][extra]:
                (queue if Requirement(line).name == OURS else asked).append(line)
    return [Requirement(line) for line in asked]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_what_pyproject_asks_for(python: str) -> None:
    given = pins(python_version=python, python_full_version=f"{python}.0")
    wrong = [str(of) for of in wanted() if not of.specifier.contains(given.get(canonicalize_name(of.name), "0"))]
    assert wrong == [], "run: make lock"


def test_the_lock_follows_what_is_pinned_by_hand() -> None:
    by_hand = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert set(by_hand) <= set(LOCK.splitlines()), "run: make lock"


def test_the_lock_names_no_place() -> None:
    """Where packages come from is the matter of the machine: a mirror, a folder, the index."""
    assert [line for line in LOCK.splitlines() if not re.fullmatch(r"#.*|[\w.-]+==[\w.!+]+( ; .+)?", line)] == []
    assert "://" not in LOCK


def test_nothing_is_installed_that_is_not_locked() -> None:
    made_from = Path(sys.executable).parent / ".ready"  # which `make env` copies there
    if not made_from.is_file():
        pytest.skip("this environment was not made from the lock")
    assert made_from.read_text("utf-8") == LOCK, "run: make env"
    # of the environment itself: ray puts a folder of its own on sys.path, with packages that are part of it
    places = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    installed = {canonicalize_name(of.name): of.version for of in importlib.metadata.distributions(path=places)}
    del installed[canonicalize_name(OURS)]
    given = pins()
    unlocked = {name: found for name, found in installed.items() if Version(found).public != given.get(name)}
    assert unlocked == {}
