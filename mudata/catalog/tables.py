"""The index's tables: names, DuckDB types and what each column means.

One place: `index` writes Parquet parts of exactly these shapes, `mudata sql --schema`
prints them, and the reader checks a card's output against them.
"""

from __future__ import annotations

from typing import NamedTuple

INDEX_VERSION = 1
"""Raised when a column changes its meaning; an index of a newer version is refused."""


class Column(NamedTuple):
    name: str
    type: str
    doc: str


_ID = Column("clip_id", "VARCHAR", "'<dataset>/<id>', unique over the whole index")
_DATASET = Column("dataset", "VARCHAR", "name of the dataset's card")

TABLES: dict[str, tuple[Column, ...]] = {
    "datasets": (
        _DATASET,
        Column("title", "VARCHAR", "full name"),
        Column("tags", "VARCHAR[]", "what it is about: genre, mood, instrument, caption, ..."),
        Column("licence", "VARCHAR", "licence of the dataset"),
        Column("usage", "VARCHAR", "unrestricted, noncommercial, research or unknown"),
        Column("card_sha256", "VARCHAR", "hash of the card that the rows were read with"),
        Column("flavour", "VARCHAR", "form of the normalised clips, as in their path"),
        Column("subset", "VARCHAR", "subset(s) fetched, comma-separated; NULL if the card has none"),
        Column("declared", "BIGINT", "clips the card expects"),
        Column("fetched", "BIGINT", "clips whose raw file is present"),
        Column("usable", "BIGINT", "clips with status ok"),
        Column("indexed_at", "TIMESTAMPTZ", "when these rows were written"),
        Column("mudata_version", "VARCHAR", "version that wrote them"),
    ),
    "clips": (
        _ID,
        _DATASET,
        Column("kind", "VARCHAR", "audio or midi"),
        Column("path", "VARCHAR", "normalised clip (MIDI: the source), relative to MUDATA_HOME; NULL unless ok"),
        Column("source_path", "VARCHAR", "raw file, relative to raw/<dataset>/files"),
        Column("source_sha256", "VARCHAR", "SHA-256 of the raw file"),
        Column("source_size", "BIGINT", "bytes of the raw file"),
        Column("pcm_sha256", "VARCHAR", "SHA-256 of the decoded clip: mono float32 LE at native rate, after the crop"),
        Column("start_s", "DOUBLE", "where the clip starts in its source, seconds"),
        Column("duration_s", "DOUBLE", "length of the clip, seconds"),
        Column("sample_rate", "INTEGER", "of the normalised clip, Hz"),
        Column("peak", "DOUBLE", "largest absolute sample of the mono clip, full scale = 1"),
        Column("rms", "DOUBLE", "root mean square of the mono clip, full scale = 1"),
        Column("source_format", "VARCHAR", "container and coding of the source, such as WAV/PCM_16"),
        Column("source_rate", "INTEGER", "sample rate of the source, Hz"),
        Column("source_channels", "INTEGER", "channels of the source"),
        Column("source_duration_s", "DOUBLE", "length of the source, seconds"),
        Column("licence", "VARCHAR", "the clip's own licence as published, else the dataset's"),
        Column("usage", "VARCHAR", "usage class of that licence"),
        Column("artist", "VARCHAR", "artist, as published"),
        Column("album", "VARCHAR", "album, as published"),
        Column("track", "VARCHAR", "piece that the clip belongs to: one source recording or video"),
        Column("title", "VARCHAR", "title, as published"),
        Column("flavour", "VARCHAR", "form of the normalised clip"),
        Column("status", "VARCHAR", "ok, quarantined (present but unusable) or missing (could not be had)"),
        Column("reason", "VARCHAR", "why not ok: a machine word, then ': ' and the details"),
    ),
    "labels": (
        _ID,
        _DATASET,
        Column("namespace", "VARCHAR", "which question the label answers: genre, mood, instrument, ..."),
        Column("label", "VARCHAR", "as the raw data writes it"),
        Column("canonical", "VARCHAR", "id in the card's vocabulary; NULL if it is not in there"),
    ),
    "vocabulary": (
        _DATASET,
        Column("namespace", "VARCHAR", "as in labels"),
        Column("ordinal", "INTEGER", "position in the published order, from 0"),
        Column("label", "VARCHAR", "canonical id"),
        Column("name", "VARCHAR", "how it is written for people"),
        Column("parent", "VARCHAR", "canonical id one level up, NULL at the top"),
        Column("aliases", "VARCHAR[]", "other spellings"),
    ),
    "captions": (
        _ID,
        _DATASET,
        Column("kind", "VARCHAR", "caption or lyrics"),
        Column("text", "VARCHAR", "as published"),
    ),
    "attributes": (
        _ID,
        _DATASET,
        Column("name", "VARCHAR", "tempo_bpm, time_signature, key, instruments, ..."),
        Column("value", "VARCHAR", "value as text; cast to compare numbers"),
    ),
    "splits": (
        _ID,
        _DATASET,
        Column("split", "VARCHAR", "name of a published split"),
        Column("part", "VARCHAR", "train, validation, test, ..."),
    ),
    "faults": (
        _ID,
        _DATASET,
        Column("kind", "VARCHAR", "corrupt, duplicate, mislabelled, ..."),
        Column("action", "VARCHAR", "what a split does with the clip: drop or warn"),
        Column("note", "VARCHAR", "what is wrong"),
        Column("source", "VARCHAR", "who found it"),
    ),
}
"""Tables that `fetch` writes per dataset. Evaluation adds those of RUN_TABLES from its own files."""

RUN_TABLES: dict[str, tuple[Column, ...]] = {
    "runs": (
        Column("run", "VARCHAR", "name of the folder under runs/"),
        Column("model", "VARCHAR", "model asked"),
        Column("split", "VARCHAR", "split manifest"),
        Column("task", "VARCHAR", "task of the card"),
        Column("created_at", "TIMESTAMPTZ", "when it began"),
        Column("settings", "JSON", "the whole run.json"),
    ),
    "answers": (
        Column("run", "VARCHAR", "as in runs"),
        _ID,
        Column("answer", "VARCHAR", "what the model said; NULL when it failed"),
        Column("error", "VARCHAR", "why it failed; NULL when it answered"),
        Column("seconds", "DOUBLE", "time per answer within its batch"),
        Column("given", "VARCHAR", "text that the model got in place of the sound (ABC notation), if it did"),
    ),
    "alignments": (
        Column("run", "VARCHAR", "as in runs"),
        _ID,
        _DATASET,
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
    ),
    "scores": (
        Column("run", "VARCHAR", "as in runs"),
        Column("metric", "VARCHAR", "accuracy, rouge1_f, ..."),
        Column("value", "DOUBLE", "the score"),
        Column("low", "DOUBLE", "lower end of its 95 % interval"),
        Column("high", "DOUBLE", "upper end"),
        Column("n", "BIGINT", "clips in the denominator"),
        Column("recipe", "VARCHAR", "exactly how it was computed"),
    ),
}


def ddl(table: str) -> str:
    """The column list of a table, as DuckDB writes it in CREATE TABLE."""
    return ", ".join(f'"{c.name}" {c.type}' for c in (TABLES | RUN_TABLES)[table])
