"""Runs as tables of the index:
`runs`, `questions`, `answers`, `alignments` and `scores`, over the files of every run.

What is known by `item_id` in one of them is known by it in all; where an item is one clip under the
clip's id, `clip_id` has it as well. Views, so that an answer can be asked for as soon as it is on
disk; what a kill tore is left out.
`mudata/__init__.py` registers VIEWS with the index (see `catalog.index.registered_views`).
"""

# ruff: noqa: S608 - names come from RUN_TABLES, values go through `quote`
from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mudata.catalog.index.registered_views import RegisteredView
from mudata.catalog.read.sql_literals import empty_select, files_literal, identifier, quote
from mudata.catalog.tables import CLIP_ID, DATASET, Column

_ITEM_ID = Column("item_id", "VARCHAR", "item that was asked about; a clip's id where it is one clip alone")
_CLIP = Column(CLIP_ID.name, CLIP_ID.type, "the same, of an item that is one clip under the clip's id; else NULL")

RUN_TABLES: dict[str, tuple[Column, ...]] = {
    "runs": (
        Column("run", "VARCHAR", "name of the folder under runs/"),
        Column("model", "VARCHAR", "model asked"),
        Column("split", "VARCHAR", "split manifest"),
        Column("task", "VARCHAR", "task of the card"),
        Column("created_at", "TIMESTAMPTZ", "when it began"),
        Column("settings", "JSON", "the whole run.json"),
    ),
    "questions": (
        Column("run", "VARCHAR", "as in runs"),
        _ITEM_ID,
        _CLIP,
        DATASET,
        Column("clips", "VARCHAR[]", "the clips that it is about, in the order asked"),
        Column("gold", "VARCHAR[]", "what is right: canonical ids, captions, or the one true value"),
        Column("prompt", "VARCHAR", "what the model was asked; NULL where that is the task's prompt (see runs)"),
        Column("options", "VARCHAR[]", "options of the item's own in the order shown; NULL if there are none"),
        Column("category", "VARCHAR", "group of items that scores are also told of"),
        Column("cluster", "VARCHAR", "the piece, as the dataset says it"),
        Column("difficulty", "VARCHAR", "how hard the item is meant to be"),
        Column("of", "VARCHAR", "the item that this is one pass of; NULL where items are asked once"),
        Column("pass_number", "BIGINT", "which of its passes, from 0"),
        Column("marks", "VARCHAR", "numbers, letters or none, with which its options were shown; NULL: the task's"),
    ),
    "answers": (
        Column("run", "VARCHAR", "as in runs"),
        _CLIP,
        Column("answer", "VARCHAR", "what the model said; NULL when it failed"),
        Column("error", "VARCHAR", "why it failed; NULL when it answered"),
        Column("seconds", "DOUBLE", "time per answer within its batch"),
        Column("given", "VARCHAR", "text that the model got in place of the sound (ABC notation), if it did"),
        _ITEM_ID,
        Column("joined", "DOUBLE", "silence in seconds between clips that were played as one; NULL if none were"),
    ),
    "alignments": (
        Column("run", "VARCHAR", "as in runs"),
        _CLIP,
        DATASET,
        Column("status", "VARCHAR", "how the answer was read: ALIGNED, SET, MULTI, OOV, REFUSAL, ERROR, ..."),
        Column("label", "VARCHAR", "the one label that it means strictly; NULL if there is none"),
        Column("labels", "VARCHAR[]", "the labels that it means: one, or several if SET or MULTI"),
        Column("gold", "VARCHAR[]", "what is right: canonical ids, or captions"),
        Column("is_right", "BOOLEAN", "whether that is what it means, exactly; NULL for captions"),
        Column("rule_id", "VARCHAR", "the aligner's rule that decided; 'override' if a person did"),
        Column("positives", "VARCHAR[]", "labels named anywhere in the answer"),
        Column("negatives", "VARCHAR[]", "labels denied anywhere in the answer"),
        Column("oov_terms", "VARCHAR[]", "words that might have been labels"),
        Column("flags", "VARCHAR[]", "what else the aligner noticed"),
        Column("rouge1_f", "DOUBLE", "ROUGE-1 F of a caption, without stemmer"),
        Column("rougeL_f", "DOUBLE", "ROUGE-L F of a caption, without stemmer"),
        _ITEM_ID,
        Column(
            "worth", "JSON", "what a value is worth by each measure of its kind, 0 to 1; NULL for labels and captions"
        ),
        Column(
            "official", "DOUBLE", "credit of an exam's own rule, 0 to 1; NULL without one, or where it leaves it out"
        ),
        Column("official_chosen", "VARCHAR", "option that this rule takes the answer for; NULL where it chooses none"),
        Column("official_evidence", "VARCHAR", "what in the answer decided, by this rule"),
    ),
    "scores": (
        Column("run", "VARCHAR", "as in runs"),
        Column("metric", "VARCHAR", "accuracy, rouge1_f, ..."),
        Column("value", "DOUBLE", "the score"),
        Column("low", "DOUBLE", "lower end of its 95 % interval; NULL where nothing can be said"),
        Column("high", "DOUBLE", "upper end"),
        Column("n", "BIGINT", "clips in the denominator"),
        Column("recipe", "VARCHAR", "exactly how it was computed"),
        Column("clusters", "BIGINT", "clusters of clips that the interval is over"),
        Column("interval", "VARCHAR", "how the interval was found, or why there is none"),
    ),
    "floors": (
        Column("run", "VARCHAR", "as in runs"),
        Column(
            "floor",
            "VARCHAR",
            "chance, constant, majority, ... (of further measures chance_macro_f1, ...); longest, ...",
        ),
        Column("value", "DOUBLE", "what it is worth on the items of the run, without listening"),
        Column("n", "BIGINT", "items that it is counted on"),
        Column("recipe", "VARCHAR", "exactly what it is"),
    ),
}

_FILES = {
    "runs": "run.json",
    "questions": "questions.jsonl",
    "answers": "answers.jsonl",
    "alignments": "alignments.jsonl",
    "scores": "scores.json",
    "floors": "scores.json",
}
"""The file in a run's folder that each of RUN_TABLES is made of."""

_RENAMED = {
    "is_right": ('"right"', {"right": "BOOLEAN"}),
    "item_id": ("coalesce(item_id, clip_id)", {"item_id": "VARCHAR", "clip_id": "VARCHAR"}),
    "clips": (
        "coalesce([clip.clip_id for clip in clips], [clip_id])",
        {"clips": "STRUCT(clip_id VARCHAR)[]", "clip_id": "VARCHAR"},
    ),
} | {
    name: (f"rouge.{name}", {"rouge": "STRUCT(rouge1_f DOUBLE, rougeL_f DOUBLE)"}) for name in ("rouge1_f", "rougeL_f")
}
"""Columns that files have under another name:
expression, and the fields of a line that it is made of."""

_SCORE = json.dumps([{c.name: c.type for c in RUN_TABLES["scores"][1:]}])
_FLOOR = json.dumps(
    [
        {
            "metric": "VARCHAR",
            "name": "VARCHAR",
            "value": "DOUBLE",
            "n": "BIGINT",
            "recipe": "VARCHAR",
            "title": "VARCHAR",
        }
    ]
)
_NO_LISTENING = "^(chance|constant|majority)(_|$)|_wrong_clip$"
"""Names of the metrics that are floors."""


def run_selects(folders: Sequence[Path]) -> dict[str, str]:
    """A SELECT for each of RUN_TABLES over the files of the runs in these folders alone."""
    selects = {}
    for table, name in _FILES.items():
        files = [folder / name for folder in folders if (folder / name).is_file()]
        nothing = empty_select((c.name, c.type) for c in RUN_TABLES[table])
        selects[table] = _select(table, files_literal(files)) if files else nothing
    return selects


def _select(table: str, files: str) -> str:
    """A SELECT with the columns of a table over files given as DuckDB's readers take them."""
    run = "parse_path(filename)[-2] AS run"
    whole = f"(SELECT {run}, try_cast(content AS JSON) AS content FROM read_text({files}))"
    if table == "runs":
        return (
            "SELECT run, content->>'model' AS model, content->>'split' AS split, content->>'task' AS task,"
            " try_cast(content->>'created_at' AS TIMESTAMPTZ) AS created_at, content AS settings"
            f" FROM {whole} WHERE content IS NOT NULL"
        )
    if table == "scores":
        scored = ", ".join(f"score.{c.name}" for c in RUN_TABLES["scores"][1:])
        return (
            f"SELECT run, {scored} FROM (SELECT run,"
            f" unnest(from_json(content->'metrics', {quote(_SCORE)})) AS score FROM {whole})"
        )
    if table == "floors":  # beside the scores of exact truth and captions, of labels, and of published exams
        places = ("metrics", "$.floors.metrics", "$.exam.floors")
        lists = ", ".join(f"coalesce(from_json(content->'{place}', {quote(_FLOOR)}), [])" for place in places)
        return (
            "SELECT run, coalesce(floor.metric, floor.name) AS floor, floor.value, floor.n,"
            " coalesce(floor.recipe, floor.title) AS recipe FROM"
            f" (SELECT run, unnest(list_concat({lists})) AS floor FROM {whole})"
            f" WHERE floor.name IS NOT NULL OR regexp_matches(floor.metric, {quote(_NO_LISTENING)})"
        )
    columns = [(c.name, *_RENAMED.get(c.name, (identifier(c.name), {c.name: c.type}))) for c in RUN_TABLES[table][1:]]
    fields = {name: type_ for _, _, made_of in columns for name, type_ in made_of.items()}
    lines = (
        f"SELECT {run}, {', '.join(f'{source} AS {identifier(name)}' for name, source, _ in columns)},"
        f" row_number() OVER () AS line FROM read_json({files}, format = 'newline_delimited',"
        " ignore_errors = true, filename = true,"
        f" columns = {{{', '.join(f'{identifier(name)}: {quote(type_)}' for name, type_ in fields.items())}}})"
    )
    return (  # an item that failed may have been asked again: its last line counts
        f"SELECT * EXCLUDE (line) FROM ({lines}) WHERE item_id IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY run, item_id ORDER BY line DESC) = 1"
    )


VIEWS = {
    table: RegisteredView(columns=RUN_TABLES[table], files=f"runs/*/{name}", select=partial(_select, table))
    for table, name in _FILES.items()
}
"""The views over all runs of a home."""
