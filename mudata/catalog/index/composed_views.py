"""Views of the index that are made of more than one of its tables: the clips of one dataset with the
columns of `--where`, clips by the purposes that they may be used for, and splits, published ones and those of the home.
"""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

from collections.abc import Mapping, Sequence

from mudata.catalog.cards.licence_terms import PURPOSES
from mudata.catalog.read.label_lists import with_labels
from mudata.catalog.read.sql_literals import empty_select, quote
from mudata.catalog.tables import CLIP_ID, DATASET, TABLES, Column

MANIFESTS = "splits/*.json"
"""Where the splits of a home are, below MUDATA_HOME; their shape is that of `splits.manifest`."""

_OF_SPLIT = (
    CLIP_ID,
    DATASET,
    Column("split", "VARCHAR", "name of the split"),
    Column("part", "VARCHAR", "train, validation, test, ..."),
    Column("origin", "VARCHAR", "published (with the dataset), or own (drawn here: `mudata split`)"),
)

COMPOSED: dict[str, tuple[Column, ...]] = {
    "permitted_clips": (
        *TABLES["clips"],
        Column(
            "purpose",
            "VARCHAR",
            "what the clip may be used for by its licence: commercial, noncommercial or research; a row for each, and"
            " none of a clip whose licence is unknown",
        ),
    ),
    "official_splits": TABLES["splits"],
    "splits": (
        *_OF_SPLIT,
        Column("seed", "BIGINT", "of an own split: its seed"),
        Column("sha256", "VARCHAR", "of an own split: the hash of its manifest"),
        Column("created_at", "TIMESTAMPTZ", "of an own split: when it was drawn"),
    ),
    "split_members": (
        *_OF_SPLIT,
        Column("pcm_sha256", "VARCHAR", "of an own split: the clip's samples when it was drawn, as in clips"),
        Column("source_sha256", "VARCHAR", "of an own split: the clip's file when it was drawn; only of MIDI"),
    ),
}
"""Columns of these views but those of single datasets; `official_splits` has the published ones alone."""

_MEMBER = '"MAP(VARCHAR, STRUCT(clip_id VARCHAR, pcm_sha256 VARCHAR, source_sha256 VARCHAR)[])"'


def permitted_view() -> dict[str, str]:
    """A SELECT for the view of clips by purpose."""
    pairs = ", ".join(f"({quote(purpose)}, {quote(usage)})" for purpose, all_ in PURPOSES.items() for usage in all_)
    return {
        "permitted_clips": "SELECT clips.*, permitted.purpose FROM clips"
        f" JOIN (VALUES {pairs}) AS permitted (purpose, class) ON clips.usage = permitted.class"
    }


def split_views(published: str, manifests: str | None) -> dict[str, str]:
    """A SELECT for each of COMPOSED that is about splits. `published` is one with the columns of the table `splits`;
    `manifests` are files as DuckDB's readers take them, None for none."""
    own = _own_members(manifests)
    shapes = {name: [(c.name, c.type) for c in columns] for name, columns in COMPOSED.items()}
    views = {"official_splits": published}
    for name in ("splits", "split_members"):
        columns = [column for column, _ in shapes[name]]
        nothing = empty_select(shapes[name])
        mine = f" UNION ALL BY NAME SELECT {', '.join(columns)} FROM ({own})" if own else ""
        views[name] = f"{nothing} UNION ALL BY NAME SELECT *, 'published' AS origin FROM ({published}){mine}"
    return views


def _own_members(manifests: str | None) -> str | None:
    """Clips of the manifests with the facts of each; what is no manifest has none."""
    if manifests is None:
        return None
    said = f"SELECT try_cast(try(decode(content)) AS JSON) AS said FROM read_blob({manifests})"
    parts = f"SELECT said, unnest(map_entries(json_transform(said->'parts', {quote(_MEMBER)}))) AS dealt FROM ({said})"
    members = f"SELECT said, dealt.key AS part, unnest(dealt.value) AS member FROM ({parts})"
    return (
        "SELECT member.clip_id AS clip_id, split_part(member.clip_id, '/', 1) AS dataset, said->>'name' AS split, part,"
        " 'own' AS origin, try_cast(said->>'seed' AS BIGINT) AS seed, said->>'sha256' AS sha256,"
        " try_cast(said->>'created_at' AS TIMESTAMPTZ) AS created_at,"
        f" member.pcm_sha256 AS pcm_sha256, member.source_sha256 AS source_sha256 FROM ({members})"
        " WHERE member.clip_id IS NOT NULL"
    )


def dataset_view(dataset: str) -> str:
    """The name of the view of one dataset."""
    return f"dataset_{dataset}"


def dataset_views(namespaces: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A SELECT for each dataset, by the name of its view: what `--where` is about."""
    return {
        dataset_view(name): with_labels(
            f"(SELECT * FROM clips WHERE dataset = {quote(name)})",
            f"(SELECT * FROM labels WHERE dataset = {quote(name)})",
            label_columns(spaces),
            key="clip_id",
        )
        for name, spaces in namespaces.items()
    }


def label_columns(namespaces: Sequence[str]) -> list[str]:
    """The namespaces that are columns beside those of `clips`: a column of that name wins."""
    taken = {column.name for column in TABLES["clips"]}
    return [name for name in sorted(namespaces) if name not in taken]
