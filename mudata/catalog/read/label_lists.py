"""Clips with their labels as lists, one column per namespace: what conditions (`--where`) are about.

One place for all of them: the raw files of a card, the index when a split is drawn, and the views
`dataset_<name>` of the index.
"""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

from collections.abc import Sequence

from mudata.catalog.read.sql_literals import identifier, quote


def with_labels(clips: str, labels: str, namespaces: Sequence[str], *, key: str) -> str:
    """A SELECT of all columns of `clips`, and of each namespace the canonical labels of the clip: a
    sorted list, empty where there are none.

    `clips` and `labels` stand behind FROM: a name, or a SELECT in brackets. `key` names the clip in
    both; `labels` has namespace and canonical beside it.
    """
    if not namespaces:
        return f"SELECT own.* FROM {clips} AS own"
    lists = ", ".join(
        f"list(DISTINCT canonical ORDER BY canonical) FILTER (namespace = {quote(n)} AND canonical IS NOT NULL)"
        f" AS {identifier(n)}"
        for n in namespaces
    )
    filled = ", ".join(f"coalesce(listed.{identifier(n)}, []) AS {identifier(n)}" for n in namespaces)
    return (
        f"SELECT own.*, {filled} FROM {clips} AS own"
        f" LEFT JOIN (SELECT {key}, {lists} FROM {labels} GROUP BY {key}) AS listed USING ({key})"
    )
