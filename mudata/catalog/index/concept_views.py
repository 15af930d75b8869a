"""What labels mean across datasets: the concepts of the shared vocabularies, and every label with its concept.

`labels.canonical` stays the id in the dataset's own vocabulary, and hashes know nothing of concepts: a better mapping
changes what SQL says and no split.
"""

# ruff: noqa: S608 - names are our own, values go through `quote`
from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mudata.catalog.cards import concepts
from mudata.catalog.read.sql_literals import quote
from mudata.catalog.tables import CLIP_ID, DATASET, Column

_NAMESPACE = Column(
    "namespace", "VARCHAR", "what the label is about, whichever dataset has it: genre, mood or instrument"
)
_BROADER = Column("broader", "VARCHAR", "the concept above it, where a source says so; else NULL")
_PATH = Column(
    "path", "VARCHAR[]", "from the top down to the concept itself: list_contains(path, 'rock') finds metal too"
)

CONCEPT_VIEWS: dict[str, tuple[Column, ...]] = {
    "concepts": (
        _NAMESPACE,
        Column("concept", "VARCHAR", "what labels of many datasets mean"),
        _BROADER,
        _PATH,
        Column("spellings", "VARCHAR[]", "labels that mean it; case, spaces and signs do not count"),
        Column("source", "VARCHAR", "who has it"),
        Column("broader_source", "VARCHAR", "who says what lies above it"),
    ),
    "harmonised_labels": (
        CLIP_ID,
        DATASET,
        _NAMESPACE,
        Column("label_namespace", "VARCHAR", "namespace of the dataset's own label, as in labels"),
        Column("label", "VARCHAR", "canonical id, or as the raw data writes it where that is not in the vocabulary"),
        Column("concept", "VARCHAR", "what it means; NULL where nobody says so: `mudata labels unmapped`"),
        _BROADER,
        _PATH,
        Column("basis", "VARCHAR", "why: same word, or the source of the mapping"),
    ),
}
"""Columns of the views. Labels of namespaces that no vocabulary covers are not in the second."""

_SHAPE = '\'[{"n":"VARCHAR","c":"VARCHAR","b":"VARCHAR","p":["VARCHAR"],"s":["VARCHAR"],"w":"INTEGER","v":"INTEGER"}]\''


def folded(column: str) -> str:
    """What `vocabulary.fold` does, in SQL."""
    return rf"regexp_replace(lower({column}), '[^\p{{L}}\p{{N}}]', '', 'g')"


def concept_views(compiled: Mapping[str, Any] | None = None) -> dict[str, str]:
    """A SELECT for each of CONCEPT_VIEWS."""
    if compiled is None and (sha256 := concepts.ready_sha256()):
        return dict(_ready_views(sha256))
    return _views(concepts.compiled() if compiled is None else compiled)


@functools.lru_cache(maxsize=1)
def _ready_views(sha256: str) -> dict[str, str]:  # noqa: ARG001 - what decides the result
    return _views(concepts.compiled())


def _views(tables: Mapping[str, Any]) -> dict[str, str]:
    sources = sorted({row[key] for row in tables["concepts"] for key in ("source", "broader_source") if row[key]})
    number = {text: place + 1 for place, text in enumerate(sources)}
    rows = [
        {
            "n": row["namespace"],
            "c": row["concept"],
            "b": row["broader"],
            "p": row["path"],
            "s": row["spellings"],
            "w": number[row["source"]],
            "v": number.get(row["broader_source"]),
        }
        for row in tables["concepts"]
    ]
    said = quote(
        json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    )  # one literal: as VALUES it takes 5 times as long
    texts = f"[{', '.join(map(quote, sources))}]::VARCHAR[]"
    listed = (
        "SELECT r.n AS namespace, r.c AS concept, r.b AS broader, r.p AS path, r.s AS spellings,"
        f" ({texts})[r.w] AS source, ({texts})[r.v] AS broader_source"
        f" FROM (SELECT unnest(from_json({said}, {_SHAPE})) AS r)"
    )
    covers = _values(tables["covers"], 2)
    means = _values(([m["namespace"], m["dataset"], m["label"], m["concept"], m["source"]] for m in tables["means"]), 5)
    told = (
        "SELECT told.*, vocabulary.name FROM (SELECT DISTINCT dataset, namespace, coalesce(canonical, label) AS label"
        " FROM labels) AS told LEFT JOIN vocabulary USING (dataset, namespace, label)"
    )
    keyed = (  # a mapping counts before the id's word, that before the name's
        "SELECT told.* EXCLUDE (name), covered.vocabulary, apart.source,"
        f" {folded('coalesce(apart.concept, told.label)')} AS spelling,"
        f" if(apart.label IS NULL, {folded('told.name')}, NULL) AS other,"
        " apart.label IS NOT NULL AND apart.concept IS NULL AS is_none"
        f" FROM ({told}) AS told"
        f" JOIN ({covers}) AS covered (vocabulary, namespace) ON told.namespace = covered.namespace"
        f" LEFT JOIN ({means}) AS apart (vocabulary, dataset, label, concept, source) ON apart.dataset = told.dataset"
        f" AND apart.vocabulary = covered.vocabulary AND apart.label = {folded('told.label')}"
    )
    spelled = "SELECT namespace, concept, broader, path, unnest(spellings) AS spelling FROM concepts"
    found = (
        "SELECT DISTINCT ON (keyed.dataset, keyed.namespace, keyed.label, keyed.vocabulary) keyed.*, spelled.concept,"
        " spelled.broader, spelled.path,"
        " coalesce(keyed.source, if(spelled.concept IS NULL, NULL, 'same word')) AS basis"
        f" FROM ({keyed}) AS keyed LEFT JOIN (SELECT * REPLACE ({folded('spelling')} AS spelling) FROM ({spelled})) AS"
        " spelled ON spelled.namespace = keyed.vocabulary AND NOT keyed.is_none"
        " AND spelled.spelling IN (keyed.spelling, keyed.other)"
        " ORDER BY keyed.dataset, keyed.namespace, keyed.label, keyed.vocabulary,"
        " spelled.spelling = keyed.spelling DESC"
    )
    meant = (
        "SELECT labels.clip_id, labels.dataset, found.vocabulary AS namespace, labels.namespace AS label_namespace,"
        f" found.label, found.concept, found.broader, found.path, found.basis FROM labels JOIN ({found}) AS found"
        " ON found.dataset = labels.dataset AND found.namespace = labels.namespace"
        " AND found.label = coalesce(labels.canonical, labels.label)"
    )
    return {"concepts": listed, "harmonised_labels": meant}


def _values(rows: Iterable[Sequence[str | None]], width: int) -> str:
    """Rows of texts as a subquery; none as one that has no rows."""
    listed = ", ".join(f"({', '.join('NULL' if v is None else quote(v) for v in row)})" for row in rows)
    if not listed:
        return f"SELECT {', '.join(['NULL::VARCHAR'] * width)} WHERE false"
    return f"VALUES {listed}"
