"""Labels of the index of which no shared vocabulary says what they mean: listed, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mudata.catalog.index import database
from mudata.errors import UnknownName
from mudata.home import Home

_QUERY = """
WITH told AS (
    SELECT dataset, namespace, coalesce(canonical, label) AS label, count(DISTINCT clip_id) AS clips
    FROM labels WHERE list_contains(?, dataset) GROUP BY ALL
), mapped AS (
    SELECT DISTINCT dataset, label_namespace AS namespace, label, concept, basis FROM harmonised_labels
    WHERE list_contains(?, dataset)
)
SELECT told.dataset, told.namespace, told.label, told.clips,
    coalesce(mapped.basis, 'no vocabulary has this word') AS why
FROM told JOIN mapped USING (dataset, namespace, label) WHERE mapped.concept IS NULL
UNION ALL
SELECT told.dataset, told.namespace, NULL, sum(told.clips)::BIGINT,
    'no vocabulary covers this namespace (' || count(*) || ' labels)'
FROM told WHERE (told.dataset, told.namespace) NOT IN (SELECT (dataset, namespace) FROM mapped)
GROUP BY ALL ORDER BY ALL NULLS LAST
"""


def unmapped_labels(home: Home, datasets: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of dataset, namespace, label, clips and why, of these datasets or all that are indexed; label is None where
    no vocabulary covers the whole namespace. Raises UnknownName."""
    known = sorted(database.current_generations(home))
    named = [_named(dataset, known) for dataset in datasets] or known
    with database.connect(home) as con:
        rows = con.execute(_QUERY, [named, named]).fetchall()
    return [dict(zip(("dataset", "namespace", "label", "clips", "why"), row, strict=True)) for row in rows]


def _named(dataset: str, known: Sequence[str]) -> str:
    """An indexed dataset by name or alias. Raises UnknownName."""
    if dataset in known:
        return dataset
    from mudata.catalog.cards import loader
    from mudata.catalog.cards.licences import fetch_command

    name = loader.load(dataset).name
    if name not in known:
        raise UnknownName("indexed dataset", dataset, known, f"Run: {fetch_command(name, Home.default())}")
    return name
