"""Whether a split is still what it was, and what leaks between its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mudata.catalog.cards.fault_overlays import overlays_sha256
from mudata.catalog.cards.licence_terms import PURPOSES
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.duplicates import near_copies
from mudata.catalog.index import database
from mudata.catalog.splits import leaks
from mudata.catalog.splits.manifest import Manifest, ManifestFinding, Member

if TYPE_CHECKING:
    import duckdb

    from mudata.home import Home


def check(home: Home, manifest: Manifest) -> list[ManifestFinding]:
    """What has changed since the split was made, and what leaks between its parts."""
    findings = []
    if manifest.sha256 != manifest.digest():
        findings.append(
            ManifestFinding("fault", "edited", "The manifest was changed: its hash is not that of its content.")
        )
    with database.snapshot(home) as con:
        findings += _against_index(home, con, manifest)
        part_of = manifest.part_of()
        near = near_copies.of_clips(home, con, part_of)
        shared = leaks.find(con, part_of, near, repaired=manifest.is_repaired)
        kept = (*manifest.group, *(("item",) if manifest.group else ()))
        findings += leaks.findings(shared, kept, by_letter=manifest.recipe is None)  # of 0.1.0, and older
    return findings


def _against_index(home: Home, con: duckdb.DuckDBPyConnection, manifest: Manifest) -> list[ManifestFinding]:
    findings = []
    cards = {str(name): card for name, card in con.sql("SELECT dataset, card_sha256 FROM datasets").fetchall()}
    for dataset in manifest.datasets:
        if dataset not in cards:
            text = f"{dataset} is not in the index. Run: {fetch_command(dataset, home)}"
            findings.append(ManifestFinding("fault", "not-indexed", text))
            continue
        if cards[dataset] != manifest.card_sha256.get(dataset):
            findings.append(
                ManifestFinding("note", "card", f"The card of {dataset} has changed since the split was made.")
            )
        if database.index_sha256(home, dataset) != manifest.index_sha256.get(dataset):
            text = f"The index of {dataset} has changed: drawn again, the split could differ."
            findings.append(ManifestFinding("note", "index", text))
    counted = manifest.query.get("faults") in ("drop", "repair")
    if counted and overlays_sha256(home, manifest.datasets) != manifest.faults_sha256:
        text = (
            "Your own faults (folder faults) are not those that the split was drawn with: drawn again, it could differ."
        )
        findings.append(ManifestFinding("note", "faults", text))
    members = sorted((m for part in manifest.parts.values() for m in part), key=lambda m: m.clip_id)
    rows = con.sql(
        "SELECT clip_id, pcm_sha256, source_sha256 FROM clips"
        " SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id) WHERE status = 'ok'",
        params={"ids": [member.clip_id for member in members]},
    ).fetchall()
    content = {clip_id: (pcm, source) for clip_id, pcm, source in rows}
    gone = tuple(member.clip_id for member in members if member.clip_id not in content)
    if gone:
        text = f"{len(gone)} of {len(members)} clips are not in the index as usable."
        findings.append(ManifestFinding("fault", "missing", text, gone))
    findings += _no_longer_permitted(con, manifest, members)
    changed = tuple(m.clip_id for m in members if m.clip_id in content and not _same(m, *content[m.clip_id]))
    if changed:
        text = f"{len(changed)} of {len(members)} clips have another content than when the split was made."
        findings.append(ManifestFinding("fault", "changed", text, changed))
    return findings


def _no_longer_permitted(
    con: duckdb.DuckDBPyConnection, manifest: Manifest, members: Sequence[Member]
) -> list[ManifestFinding]:
    """Clips of a split for some purpose whose licence, as it is known now, does not permit that."""
    purpose = manifest.query.get("usage")
    if purpose not in PURPOSES:
        return []
    rows = con.sql(
        "SELECT clip_id FROM clips SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id)"
        " WHERE NOT list_contains($usages, usage) ORDER BY clip_id",
        params={"ids": [member.clip_id for member in members], "usages": list(PURPOSES[purpose])},
    ).fetchall()
    if not rows:
        return []
    text = f"{len(rows)} of {len(members)} clips may not be used for {purpose} purposes any more, by their licence."
    return [ManifestFinding("fault", "licence", text, tuple(row[0] for row in rows))]


def _same(member: Member, pcm: str | None, source: str | None) -> bool:
    if member.pcm_sha256 is None:
        return member.source_sha256 == source
    return member.pcm_sha256 == pcm
