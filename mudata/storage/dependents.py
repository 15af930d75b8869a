"""What would lose something if something else went: splits and runs of a dataset, runs of a split, listening tests of a
run, models of a part. And which parts of weights no other model needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from mudata import json_files
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, MudataError, SplitError
from mudata.evaluation.listening import listening_test
from mudata.evaluation.models import model_card
from mudata.evaluation.models.weights import weight_store
from mudata.evaluation.run import Run
from mudata.storage import inventory

if TYPE_CHECKING:
    from mudata.evaluation.run_settings import RunSettings
    from mudata.home import Home
    from mudata.storage.inventory import Stored


def dependents(home: Home, item: Stored) -> list[Stored]:
    """What in the home needs this. Splits and runs that cannot be read are taken to need nothing."""
    match item.kind:
        case "dataset":
            asked = _runs(home, lambda settings: item.name in {task.dataset for task in settings.tasks})
            return [*_splits_of(home, item.name), *asked]
        case "split":
            return runs_of_split(home, item.name)
        case "run":
            return [test for test in inventory.stored(home, "listening-test") if item.name in _rated(home, test.name)]
        case "part":
            return [model for model in inventory.stored(home, "model") if item.name in _recorded(home, model.name)]
        case _:
            return []


def _splits_of(home: Home, dataset: str) -> Iterator[Stored]:
    for split in inventory.stored(home, "split"):
        with contextlib.suppress(MudataError):
            if dataset in manifest.load(home, split.name).datasets:
                yield split


def runs_of_split(home: Home, name: str) -> list[Stored]:
    """The runs that asked about a split in the home; not those of another split that had the same name."""
    try:
        sha256 = manifest.load(home, name).sha256
    except SplitError:  # damaged: whoever names it may mean it
        sha256 = None
    return list(_runs(home, lambda settings: settings.split == name and sha256 in (None, settings.split_sha256)))


def _runs(home: Home, needs: Callable[[RunSettings], bool]) -> Iterator[Stored]:
    for run in inventory.stored(home, "run", "shard"):
        with contextlib.suppress(EvaluationError):
            if needs(Run(run.places["run"]).settings):
                yield run


def _rated(home: Home, test: str) -> set[str]:
    """The runs whose answers a listening test has, with whose scores its results are compared."""
    with contextlib.suppress(MudataError):
        return {system.run for system in listening_test.read(home, test).systems if system.run}
    return set()


def parts_of(home: Home, models: Collection[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The parts in the home that models are put together from: those that only these need, and the others with the
    models that need them, too. A model needs its parts where its folder is there, or all of its parts are."""
    held = set(inventory.names(home, "part"))
    mine = {part for model in models for part in _recorded(home, model) | _of_card(home, model, whole=False)} & held
    users: dict[str, list[str]] = {}
    for other in sorted({*inventory.names(home, "model"), *model_card.files()} - set(models)) if mine else ():
        for part in (_recorded(home, other) or _of_card(home, other, whole=True)) & mine:
            users.setdefault(part, []).append(other)
    return sorted(mine - set(users)), users


def _recorded(home: Home, model: str) -> set[str]:
    """The parts that the model's folder says it is put together from."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        record = json_files.parse((home.models / model / weight_store.RECORD).read_bytes())
        return {str(part["part"]) for part in record["parts"]}
    return set()


def _of_card(home: Home, model: str, *, whole: bool) -> set[str]:
    """The parts that the model's card names; with `whole` only where all of them are here."""
    if model not in (cards := model_card.files()):
        return set()
    with contextlib.suppress(MudataError):
        parts = weight_store.look(model_card.load(cards[model]), home)
        if not whole or weight_store.downloaded(parts) == "yes":
            return {part.name for part in parts}
    return set()
