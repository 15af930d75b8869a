"""The dataset card of composed exams, as data: how their raw files are read, and which questions they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.compose.exam_tables import FACT_COLUMNS, ITEM_COLUMNS, PIECE_COLUMNS
from mudata.catalog.compose.exams import exam_of, planned
from mudata.catalog.compose.playing import engine_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.catalog.compose.exam_plan import ExamRequest

_CITATION = "The mudata maintainers, exams composed by mudata: pieces whose facts are known by construction."

_ITEMS = """\
SELECT id, task, string_split(clips, ' ') AS clips, nullif(question, '') AS question,
  CASE WHEN options <> '' THEN string_split(options, '|') END AS options, truth,
  nullif(category, '') AS category, cluster, difficulty
FROM items
"""

_OF_SUBSETS = "SELECT id, file AS path, track, title, string_split(file, '/')[1] || ',all' AS subset FROM pieces"

_TABLES = {"pieces": PIECE_COLUMNS, "facts": FACT_COLUMNS, "items": ITEM_COLUMNS}


def exam_card(
    name: str, title: str, summary: str, requests: Sequence[ExamRequest], *, subsets: bool = False
) -> dict[str, Any]:
    """A card of some exams; with `subsets` each can be fetched alone, and all of them are the default."""
    exams = [exam_of(request.exam) for request in requests]
    plans = {request.exam: planned(request) for request in requests}
    versions = ", ".join(f"{exam.name} {exam.version}" for exam in exams)
    seconds = [piece.duration_s for plan in plans.values() for piece in plan.pieces]
    counts = {exam: len(plan.pieces) for exam, plan in plans.items()}
    duration = {"min": int(min(seconds)), "max": int(max(seconds)) + 1}
    card: dict[str, Any] = {
        "name": name,
        "title": title,
        "summary": summary,
        "tags": ["exam", *dict.fromkeys(tag for exam in exams for tag in exam.tags)],
        "format": "wav",
        "duration": duration,
        "licence": {
            "text": "CC0 1.0 Universal",
            "spdx": "CC0-1.0",
            "usage": "unrestricted",
            "redistributable": True,
            "url": "https://creativecommons.org/publicdomain/zero/1.0/",
        },
        "citation": {
            "text": _CITATION,
            "bibtex": "@misc{mudata_composed,\n  title  = {Exams composed by mudata},\n"
            "  author = {{The mudata maintainers}},\n"
            f"  note   = {{Versions: {versions}; seed {requests[0].seed}; CC0 1.0}}\n}}\n",
        },
        "homepage": "https://github.com/mudata-music/mudata",
        "availability": "open",
        "sources": {
            exam.name: {
                "what": exam.title,
                "mirrors": [
                    {
                        "kind": "composed",
                        "composer": "exam",
                        "status": "live",
                        "settings": {
                            "exam": exam.name,
                            "version": exam.version,
                            "seed": request.seed,
                            "n": request.n,
                            "difficulty": request.level,
                        }
                        | {
                            name: value
                            for name, value in (
                                ("engine", request.engine),
                                ("soundfont_sha256", request.soundfont_sha256),
                            )
                            if request.soundfont_sha256
                        },
                    }
                    | ({"subsets": ["all", exam.name]} if subsets else {})
                ],
            }
            for exam, request in zip(exams, requests, strict=True)
        },
        "tables": {
            table: {
                "path": f"*/{table}.csv",
                "select": "SELECT * FROM read_csv({path}, header = true, all_varchar = true)",
                "columns": dict.fromkeys(columns, "VARCHAR"),
            }
            for table, columns in _TABLES.items()
        },
        "clips": [
            {
                "files": "*/audio/{stem}.wav",
                "select": _OF_SUBSETS if subsets else "SELECT id, file AS path, track, title FROM pieces",
            }
        ],
        "attributes": {"select": "SELECT id, name, value, nullif(source, '') AS source FROM facts"},
        "expected": {
            "clips": (counts | {"all": sum(counts.values())}) if subsets else {"all": sum(counts.values())},
            "duration": [duration["min"], duration["max"]],
            "sample_rate": sorted({engine_of(request).rate for request in requests}),
        },
        "tasks": {task: dict(asked) for exam in exams for task, asked in exam.tasks.items()},
    }
    labels = {
        namespace: {
            "kind": "multi",
            "select": "SELECT id, unnest(string_split(value, ' ')) AS label FROM facts WHERE name = 'families'",
            "vocabulary": [dict(label) for label in vocabulary],
        }
        for exam in exams
        for namespace, vocabulary in exam.labels.items()
    }
    if any(not exam.labels for exam in exams):
        card["items"] = {"select": _ITEMS}
    if labels:
        card["labels"] = labels
    if subsets:
        titles = {"all": {"title": "All exams"}} | {exam.name: {"title": exam.title} for exam in exams}
        card |= {"subsets": titles, "default_subset": "all"}
    return card
