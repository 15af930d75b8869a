"""Known faults as tables: the card's and the user's own, and clips and labels as they would be without them.

`clips` and `labels` are as published; `repaired_clips` and `repaired_labels` have what is right instead, and leave out
the clips that nobody can repair: those that a fault says to drop without a repair, and copies of clips that are here.
"""

# ruff: noqa: S608 - names are our own, values go through `quote`
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.fault_overlays import load_overlay, overlay_files
from mudata.catalog.read.sql_literals import quote
from mudata.catalog.tables import TABLES, Column

if TYPE_CHECKING:
    from mudata.home import Home

FAULT_VIEWS: dict[str, tuple[Column, ...]] = {
    "published_faults": TABLES["faults"],
    "faults": (
        *TABLES["faults"],
        Column(
            "origin",
            "VARCHAR",
            "published (by the card), or own (faults/<dataset>.yaml), which replaces the card's of that clip and kind",
        ),
    ),
    "repaired_clips": (
        *TABLES["clips"],
        Column(
            "repaired", "VARCHAR[]", "what is not as in clips: artist, album, track, title, crop, labels.<namespace>"
        ),
        Column("crop_start_s", "DOUBLE", "of a cropped clip: where it starts within the clip as indexed, seconds"),
        Column("crop_end_s", "DOUBLE", "where it ends; hashes and levels stay those of the clip as indexed"),
    ),
    "repaired_labels": TABLES["labels"],
}
"""Columns of the views; the clips of the last two are those that `--faults repair` lets in."""

_OWN = tuple(column.name for column in TABLES["faults"])
_REPAIR = """'{"labels": "MAP(VARCHAR, VARCHAR[])", "artist": "VARCHAR", "album": "VARCHAR", "track": "VARCHAR",
 "title": "VARCHAR", "start_s": "DOUBLE", "end_s": "DOUBLE", "duplicate_of": "VARCHAR"}'"""

_SAID = (
    f"SELECT clip_id, dataset, kind, action, origin, json_transform(repair, {_REPAIR}) AS fix FROM faults"
    " WHERE repair IS NOT NULL"
)

_FIRST = "first(fix.{0} ORDER BY origin, kind) FILTER (fix.{0} IS NOT NULL) AS {0}"
"""Of several repairs of one clip the user's own counts; 'own' sorts before 'published'."""

_RELABELLED = (
    "SELECT DISTINCT ON (clip_id, namespace) clip_id, dataset, namespace, labels FROM (SELECT clip_id, dataset, kind,"
    f" origin, unnest(map_keys(fix.labels)) AS namespace, unnest(map_values(fix.labels)) AS labels FROM ({_SAID}))"
    " ORDER BY clip_id, namespace, origin, kind"
)

JUDGED_CLIPS = f"""
SELECT clips.* REPLACE (
        coalesce(right_.artist, clips.artist) AS artist, coalesce(right_.album, clips.album) AS album,
        coalesce(right_.track, clips.track) AS track, coalesce(right_.title, clips.title) AS title,
        if(right_.start_s IS NULL, clips.start_s, coalesce(clips.start_s, 0) + right_.start_s) AS start_s,
        if(right_.start_s IS NULL AND right_.end_s IS NULL, clips.duration_s,
           greatest(least(coalesce(right_.end_s, clips.duration_s), clips.duration_s) - coalesce(right_.start_s, 0), 0)
        ) AS duration_s),
    list_filter([if(right_.artist IS NOT NULL, 'artist', NULL), if(right_.album IS NOT NULL, 'album', NULL),
        if(right_.track IS NOT NULL, 'track', NULL), if(right_.title IS NOT NULL, 'title', NULL),
        if(right_.start_s IS NOT NULL OR right_.end_s IS NOT NULL, 'crop', NULL)], lambda x: x IS NOT NULL)
        || coalesce(relabelled.named, []) AS repaired,
    right_.start_s AS crop_start_s, right_.end_s AS crop_end_s,
    CASE WHEN broken.clip_id IS NOT NULL THEN broken.kinds
         WHEN original.status = 'ok' THEN 'duplicate of ' || original.clip_id
         WHEN clips.kind <> 'audio' AND coalesce(right_.start_s, right_.end_s) IS NOT NULL
             THEN 'only audio can be cropped'
         WHEN coalesce(right_.start_s, 0) >= clips.duration_s THEN 'nothing is left of it' END AS unrepaired
FROM clips
LEFT JOIN (SELECT clip_id, {", ".join(map(_FIRST.format, ("artist", "album", "track", "title", "start_s", "end_s")))},
        any_value(dataset) || '/' || {_FIRST.format("duplicate_of").removesuffix(" AS duplicate_of")} AS original
    FROM ({_SAID}) GROUP BY clip_id) AS right_ ON right_.clip_id = clips.clip_id
LEFT JOIN (SELECT clip_id, status FROM clips SEMI JOIN (SELECT dataset || '/' || fix.duplicate_of AS clip_id
    FROM ({_SAID})) USING (clip_id)) AS original ON original.clip_id = right_.original
LEFT JOIN (SELECT clip_id, list('labels.' || namespace ORDER BY namespace) AS named FROM ({_RELABELLED})
    GROUP BY clip_id) AS relabelled ON relabelled.clip_id = clips.clip_id
LEFT JOIN (SELECT clip_id, string_agg(DISTINCT kind, ', ' ORDER BY kind) AS kinds FROM faults
    WHERE action = 'drop' AND repair IS NULL GROUP BY clip_id) AS broken ON broken.clip_id = clips.clip_id
"""
"""All clips with what is right of them, and why one cannot be repaired (`unrepaired`; NULL: it can, or need not)."""


def fault_views(published: str, own: Sequence[Mapping[str, str | None]]) -> dict[str, str]:
    """A SELECT for each of FAULT_VIEWS, in the order in which they build on each other.

    `published` is one with the columns of the table `faults`, `own` are such rows of the user's own.
    """
    mine = _literal(own)
    others = f" ANTI JOIN ({mine}) USING (clip_id, kind)" if mine else ""
    added = f" UNION ALL SELECT *, 'own' FROM ({mine})" if mine else ""
    return {
        "published_faults": published,
        "faults": f"SELECT *, 'published' AS origin FROM ({published}){others}{added}",
        "repaired_clips": f"SELECT * EXCLUDE (unrepaired) FROM ({JUDGED_CLIPS}) WHERE unrepaired IS NULL",
        "repaired_labels": (
            f"SELECT labels.* FROM labels ANTI JOIN ({_RELABELLED}) USING (clip_id, namespace)"
            f" UNION ALL SELECT clip_id, dataset, namespace, label, label FROM (SELECT clip_id, dataset, namespace,"
            f" unnest(labels) AS label FROM ({_RELABELLED}))"
        ),
    }


def own_faults(home: Home) -> list[dict[str, str | None]]:
    """The rows of the user's own files; one that cannot be read, or does not fit the card of its dataset, is passed
    over whole, with an UnreadableFileWarning."""
    found: list[dict[str, str | None]] = []
    for dataset, path in overlay_files(home).items():
        from mudata.catalog.cards.fault import rows

        with loader.passing_over(path):
            card = loader.load(dataset) if dataset in card_files.files() else None
            own = rows(load_overlay(path, card).faults, card.labels if card else {})
            found += [{"clip_id": f"{dataset}/{row['id']}", "dataset": dataset, **row} for row in own]
    return found


def _literal(rows: Sequence[Mapping[str, str | None]]) -> str | None:
    """Rows as a SELECT; None for none."""
    if not rows:
        return None
    shape = json.dumps([dict.fromkeys(_OWN, "VARCHAR")])
    text = json.dumps([{name: row[name] for name in _OWN} for row in rows], ensure_ascii=False)
    return (
        f"SELECT {', '.join(f'one.{name}' for name in _OWN)}"
        f" FROM (SELECT unnest(from_json({quote(text)}, {quote(shape)})) AS one)"
    )
