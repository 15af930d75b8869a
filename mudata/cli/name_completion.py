"""Names that Tab completes in a shell: of datasets, models, splits, runs, suites, namespaces, tasks, parts.

Read off the names of files where that will do, and no table, schema or model is loaded for it: a shell waits.
What cannot be read (a broken card, a home that is not there) completes to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from mudata.catalog.cards import card_files
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.storage.inventory import Kind

_MOST = 200
"""Ids of clips that are offered before datasets are."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _to(names: Callable[[click.Context], Iterable[str]]) -> Completer:
    """Completes to those of the names that begin as what was typed; a path to files."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith((".", "/", "~")):
            return [CompletionItem(incomplete, type="file")]
        given = ctx.params.get(parameter.name or "")
        there = given if isinstance(given, tuple) else ()  # of what may be repeated, what is not typed yet
        try:
            return [CompletionItem(n) for n in names(ctx) if n.startswith(incomplete) and n not in there]
        except Exception:  # a traceback in the middle of a command line helps nobody
            return []

    return complete


def listed(one: Completer) -> Completer:
    """Completes the last of several names with commas between."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [CompletionItem(before + comma + i.value) for i in one(ctx, parameter, last) if i.value not in given]

    return complete


def _models() -> list[str]:
    from mudata.evaluation.models import listing

    return listing.names()


def _stored(kind: Kind | None = None) -> list[str]:
    from mudata.storage import inventory

    kinds = (kind,) if kind else inventory.KINDS
    return [name for each in kinds for name in inventory.names(Home.default(), each)]


def _named() -> list[str]:
    return sorted({*card_files.files(), *card_files.files("suites"), *_models(), *_stored()})


def _datasets_of(ctx: click.Context) -> list[str]:
    """Whose names are meant: the datasets that are named, those of the split, else all."""
    named = ctx.params.get("datasets") or ctx.params.get("dataset") or _manifest(ctx).get("datasets")
    return [named] if isinstance(named, str) else list(named or card_files.files())


def _manifest(ctx: click.Context) -> dict[str, Any]:
    from mudata.catalog.splits import manifest

    name = ctx.params.get("split")
    return dict(json.loads(manifest.path_of(Home.default(), name).read_bytes())) if name else {}


def _rules() -> Iterable[str]:
    from mudata.evaluation.official_rules.rule_registry import RULES

    return RULES


def _keys(field: str, names: Iterable[str]) -> list[str]:
    """The keys of a mapping in cards, sorted."""
    from mudata import yaml_files

    known = card_files.files()
    cards = [yaml_files.read(known[name]) for name in names if name in known]
    return sorted({key for card in cards for key in card.get(field, ())})


datasets = _to(lambda _: card_files.files())
suites = _to(lambda _: card_files.files("suites"))
models = _to(lambda _: _models())
splits = _to(lambda _: _stored("split"))
runs = _to(lambda _: _stored("run"))
shards = _to(lambda _: _stored("shard"))
listening_tests = _to(lambda _: _stored("listening-test"))
stored = _to(lambda ctx: _stored(ctx.params.get("kind")))
"""What is in the home, of the kind that --kind names."""
everything = _to(lambda _: _named())
"""What is in the home or has a card."""
namespaces = _to(lambda ctx: _keys("labels", _datasets_of(ctx)))
tasks = _to(lambda ctx: _keys("tasks", _datasets_of(ctx)))
rules = _to(lambda _: _rules())
parts = _to(lambda ctx: _manifest(ctx).get("parts", ()))


def clips(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of clips; where more of them begin so than a screen holds, their datasets."""

    def begin_so(_: click.Context) -> list[str]:
        from mudata.catalog.index import database

        with database.snapshot(Home.default()) as connection:
            query = "SELECT clip_id FROM clips WHERE starts_with(clip_id, ?) ORDER BY clip_id"
            ids = [str(row[0]) for row in connection.execute(query, [incomplete]).fetchall()]
        names = sorted({id_.partition("/")[0] for id_ in ids})
        return ids if len(ids) <= _MOST or len(names) == 1 else [f"{name}/" for name in names]

    return _to(begin_so)(ctx, parameter, incomplete)


def label_sets(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """DATASET, or behind a colon DATASET:NAMESPACE."""
    dataset, colon, _ = incomplete.partition(":")
    if not colon:
        return datasets(ctx, parameter, incomplete)
    return _to(lambda _: [f"{dataset}:{name}" for name in _keys("labels", [dataset])])(ctx, parameter, incomplete)
