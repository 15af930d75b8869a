"""Whether what is on disk is still what was indexed, and whether that is what the card promises.

Quick: every file is looked at, and read again only if it was written since: raw files by the time that the index
remembers, copies and the raw files of older versions by when the index was written. Deep: every file is read and every
clip decoded, from its copy or where there is none from its source. Of files that are not here but in the store that
machines share, quick asks whether they are there with the right size; deep has them come. Sizes and hashes are those in
the index; counts, durations, rates and labels come from the card's `expected`. What the card lists as a known fault is
a note, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database, item_findings
from mudata.catalog.index.file_findings import file_findings
from mudata.catalog.index.finding import Finding, Severity
from mudata.catalog.read.files import JUNK, match_all, table_files, walk, wanted
from mudata.catalog.read.reader import NO_TABLE
from mudata.errors import HomeError, some
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

_SHOWN = 5
_OF_RAW_FILES: dict[str, Severity] = {
    "bad-record": "warning",
    "bad-name": "warning",
    "unmatched": "warning",
    "not-had": "warning",
    "bad-item": "warning",
    "exam-item": "note",
    "other-edition": "warning",
    "not-asked": "note",
    "not-permitted": "note",
    "no-value": "note",
    "no-length": "note",
}
"""Kinds of `read.dataset_contents.Issue` that the index cannot tell by itself."""


def verify(card: Card, home: Home, *, deep: bool = False, progress: Progress = SILENT) -> list[Finding]:
    """Compare disk, index and card; errors first. Raises HomeError if the dataset is not
    indexed."""
    generation = database.current_generations(home).get(card.name)
    if generation is None:
        raise HomeError(f"{card.name!r} is not in the index.", f"Run: {fetch_command(card.name, home)}")
    selection, issues = generation.about["selection"], generation.about.get("issues", ())  # 0.1.0 kept none
    with database.snapshot(home) as connection:
        for table in ("datasets", "clips", "labels", "official_splits", "faults", "items"):
            connection.execute(f'CREATE TEMP TABLE "{table}" AS FROM main.{table} WHERE dataset = ?', [card.name])
        findings = [
            *file_findings(card.name, home, connection, deep=deep, progress=progress),
            *_unexpected(card, home, connection, whole=not selection),
            *_unusable(connection),
            *_facts(card, connection),
            *_counts(card, connection, selection, without=[i["where"] for i in issues if i["kind"] == NO_TABLE]),
            *_duplicates(connection),
            *item_findings.findings(card, connection),
            *_issues(issues),
        ]
    return sorted(findings, key=lambda finding: get_args(Severity).index(finding.severity))


def missing_and_invalid(findings: Iterable[Finding]) -> tuple[list[str], list[str]]:
    """Raw files that are not there, and raw files that are not what was indexed."""
    files: dict[str, list[str]] = {"missing": [], "changed": []}
    for finding in findings:
        files.get(finding.check, []).append(finding.where)
    return files["missing"], files["changed"]


# ------------------------------------------------------------------------------------- disk


def _unexpected(card: Card, home: Home, connection: duckdb.DuckDBPyConnection, *, whole: bool) -> Iterator[Finding]:
    """Files that no pattern knows, and files that would be clips and are not in the index."""
    known = {path for (path,) in connection.execute("SELECT source_path FROM clips").fetchall()}
    entries = walk(home.raw(card.name) / "files")
    known |= {path for path, _, _ in match_all(entries, [table.path for table in table_files(card).values()])}
    ignored = (*JUNK, *(pattern for rule in card.clips for pattern in rule.ignore))
    others = [path for path, _, _ in match_all(entries, ("**",), ignored) if path not in known]
    is_wanted = wanted(card)
    strangers = [path for path in others if not is_wanted(path)]
    # a SELECT may leave files out on purpose, and so may the items of an exam
    templated = whole and card.exam is None and not any(rule.select for rule in card.clips)
    clips = [path for path in others if is_wanted(path)] if templated else []
    if clips:
        yield Finding("not-indexed", _first(clips), "in the index", f"{len(clips)} files", "warning")
    if strangers:
        yield Finding("unexpected", _first(strangers), "no such file", f"{len(strangers)} files", "note")


# ------------------------------------------------------------------------------------ index


def _unusable(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT clip_id, status, reason, clip_id IN (SELECT clip_id FROM faults) FROM clips"
        " WHERE status <> 'ok' ORDER BY clip_id"
    ).fetchall()
    for clip_id, status, reason, known in rows:
        if status == "missing":
            yield Finding("not-had", clip_id, "a clip", reason, "note" if known else "warning")
        else:
            yield Finding("quarantined", clip_id, "a usable clip", reason, "note" if known else "error")


def _facts(card: Card, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """The card's identity, and what it expects of every clip."""
    sha256 = loader.sha256(card)
    for (indexed,) in connection.execute("SELECT card_sha256 FROM datasets").fetchall():
        if indexed != sha256:
            yield Finding("card", card.name, sha256[:12], f"{indexed}"[:12], "note")
    if expected := card.expected.duration:
        rows = connection.execute(
            "SELECT clip_id, duration_s FROM clips WHERE status = 'ok' AND kind = 'audio'"
            " AND NOT round(duration_s, 3) BETWEEN ? AND ? ORDER BY clip_id",
            list(expected),
        ).fetchall()
        for clip_id, seconds in rows:
            yield Finding("duration", clip_id, f"{expected[0]:g} to {expected[1]:g} s", f"{seconds:.4g} s", "error")
    if rates := card.expected.sample_rate:
        rows = connection.execute(
            "SELECT source_rate, list(clip_id ORDER BY clip_id) FROM clips WHERE status = 'ok' AND kind = 'audio'"
            " GROUP BY source_rate HAVING NOT list_contains(?, source_rate) ORDER BY source_rate",
            [list(rates)],
        ).fetchall()
        for rate, ids in rows:
            got = f"{rate} Hz in {len(ids)} clips"
            yield Finding("sample-rate", _first(ids), f"{' or '.join(map(str, rates))} Hz", got, "error")


def _counts(
    card: Card, connection: duckdb.DuckDBPyConnection, selection: dict[str, Any], *, without: Sequence[str]
) -> Iterator[Finding]:
    """Numbers of clips and labels; they mean something only if a whole subset is indexed, `without` no table."""
    closed = [namespace for namespace, space in card.labels.items() if not space.open]
    unknown = connection.execute(
        "SELECT namespace || '/' || label, count(*) FROM labels WHERE canonical IS NULL"
        " AND list_contains(?, namespace) GROUP BY namespace, label ORDER BY ALL",
        [closed],
    ).fetchall()
    for label, clips in unknown:
        yield Finding("unknown-label", label, "a label of the vocabulary", f"{clips} clips", "warning")
    if selection.get("partial"):
        ((clips, declared),) = connection.execute(
            "SELECT (SELECT count(*) FROM clips), (SELECT any_value(declared) FROM datasets)"
        ).fetchall()
        yield Finding("partial", card.name, f"{declared:,} clips", f"{clips:,} clips, partial on purpose", "note")
        return
    if chosen := [f"{key} {value}" for key, value in selection.items() if key != "subset"]:
        yield Finding("selection", ", ".join(chosen), "all clips", "a part; counts are not compared", "note")
        return
    ((clips, subset),) = connection.execute(
        "SELECT (SELECT count(*) FROM clips), (SELECT any_value(subset) FROM datasets)"
    ).fetchall()
    expected = card.expected.clips.get(subset or "all")
    if expected is not None and clips != expected:
        yield Finding("count", f"clips of {subset or 'all'}", str(expected), str(clips), "error")
    if without:
        yield from (Finding("missing", table, "a table, which tells of clips", "none", "error") for table in without)
        return
    if subset == card.default_subset:
        counts = dict(
            connection.execute(
                "SELECT namespace || '/' || canonical, count(DISTINCT clip_id) FROM labels GROUP BY 1"
            ).fetchall()
        )
        for namespace, labels in card.expected.labels.items():
            for label, number in labels.items():
                if (got := counts.get(f"{namespace}/{label}", 0)) != number:
                    yield Finding("label-count", f"{namespace}/{label}", f"{number} clips", f"{got} clips", "error")
    parts = dict(
        connection.execute("SELECT split || '/' || part, count(*) FROM official_splits GROUP BY split, part").fetchall()
    )
    for split, declared in card.splits.items():
        for part in declared.parts:
            number = parts.get(f"{split}/{part}", 0)
            where, got = f"{split}/{part}", f"{number} clips"
            yield (
                Finding("split", where, None, got, "note")
                if number
                else Finding("split", where, "clips", got, "warning")
            )


def _duplicates(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Different clips with the same samples; labels that differ between them are told apart."""
    rows = connection.execute(
        """
        WITH labelled AS (
            SELECT clip_id, pcm_sha256, coalesce(string_agg(DISTINCT namespace || '/' || coalesce(canonical, label),
                ', ' ORDER BY namespace || '/' || coalesce(canonical, label)), '') AS labels
            FROM clips LEFT JOIN labels USING (clip_id)
            WHERE status = 'ok' AND pcm_sha256 IS NOT NULL GROUP BY ALL)
        SELECT list(clip_id ORDER BY clip_id), list(DISTINCT labels ORDER BY labels),
            bool_or(clip_id IN (SELECT clip_id FROM faults WHERE kind IN ('duplicate', 'mislabelled')))
        FROM labelled GROUP BY pcm_sha256 HAVING count(*) > 1 ORDER BY 1
        """
    ).fetchall()
    for ids, labels, known in rows:
        where = _first(ids)
        severity: Severity = "note" if known else "warning"
        if len(labels) > 1:
            got = "the same samples, labelled " + " against ".join(label or "nothing" for label in labels)
            yield Finding("label-conflict", where, "the same labels", got, severity)
        else:
            yield Finding("duplicate", where, "different samples", f"the same in {len(ids)} clips", severity)


def _issues(issues: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    """What the reading of the raw files left out or did not understand, as it was told then."""
    for issue in issues:
        if issue["kind"] in _OF_RAW_FILES:
            yield Finding(issue["kind"], issue["where"], None, issue["what"], _OF_RAW_FILES[issue["kind"]])


def _first(names: Sequence[str]) -> str:
    return some(names, _SHOWN, counted=False)
