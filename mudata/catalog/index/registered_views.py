"""Tables of the index over files that the catalog does not know, such as the runs of evaluations.

Whoever keeps such files registers views of them. `mudata/__init__.py` does so for evaluation: every
process that imports anything of mudata passes there, so that none answers SQL, or writes
mudata.duckdb, without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # every start of mudata passes here
    from mudata.catalog.tables import Column


class RegisteredView(NamedTuple):
    """One table that the index shows and does not own."""

    columns: tuple[Column, ...]
    files: str
    """Which files it is made of: a pattern below MUDATA_HOME, such as 'runs/*/run.json'."""
    select: Callable[[str], str]
    """A SELECT with these columns, over one or more files given as DuckDB's readers take them."""


Provider = Callable[[], Mapping[str, RegisteredView]]
"""Gives views by the name of their table; called when the index is used."""

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add views to every index that this process opens or writes from now on."""
    _providers.append(provider)


def registered() -> dict[str, RegisteredView]:
    """All registered views by the name of their table, in the order of their registration."""
    return {name: view for provider in _providers for name, view in provider().items()}


def all_tables() -> dict[str, tuple[Column, ...]]:
    """The columns of every table that SQL can ask for: those of datasets, those over splits and
    faults, then registered ones. Each dataset has a view of its own besides: see `composed_views`."""
    from mudata.catalog.index.composed_views import COMPOSED
    from mudata.catalog.index.concept_views import CONCEPT_VIEWS
    from mudata.catalog.index.fault_views import FAULT_VIEWS
    from mudata.catalog.tables import TABLES

    return TABLES | COMPOSED | FAULT_VIEWS | CONCEPT_VIEWS | {name: view.columns for name, view in registered().items()}
