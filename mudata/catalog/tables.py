"""The tables of a dataset in the index: names, DuckDB types and what each column means.

One place: `index` writes Parquet parts of exactly these shapes, and `mudata sql --schema` prints
them. Tables over files of others, such as runs, are registered with `index.registered_views`.
"""

from __future__ import annotations

from typing import NamedTuple

INDEX_VERSION = 1
"""Raised when a column changes its meaning; an index of a newer version is refused."""


class Column(NamedTuple):
    """A column: its name, its type as DuckDB writes it, and what it means."""

    name: str
    type: str
    doc: str


CLIP_ID = Column("clip_id", "VARCHAR", "'<dataset>/<id>', unique over the whole index")
DATASET = Column("dataset", "VARCHAR", "name of the dataset's card")

TABLES: dict[str, tuple[Column, ...]] = {
    "datasets": (
        DATASET,
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
        CLIP_ID,
        DATASET,
        Column("kind", "VARCHAR", "audio, midi, or text (the clip of an item that is words alone)"),
        Column(
            "path",
            "VARCHAR",
            "file to decode, relative to MUDATA_HOME: the normalised clip, else the source (see store); NULL unless ok",
        ),
        Column("source_path", "VARCHAR", "raw file, relative to raw/<dataset>/files"),
        Column("source_sha256", "VARCHAR", "SHA-256 of the raw file"),
        Column("source_size", "BIGINT", "bytes of the raw file"),
        Column(
            "pcm_sha256",
            "VARCHAR",
            "SHA-256 of the decoded clip: mono float32 LE at native rate, after the crop; of a window of MIDI that of"
            " the file and the window",
        ),
        Column("start_s", "DOUBLE", "where the clip starts in its source, seconds"),
        Column("duration_s", "DOUBLE", "length of the clip, seconds"),
        Column("sample_rate", "INTEGER", "of the normalised clip, Hz"),
        Column("peak", "DOUBLE", "largest absolute sample of the mono clip, full scale = 1"),
        Column("rms", "DOUBLE", "root mean square of the mono clip, full scale = 1"),
        Column(
            "source_format",
            "VARCHAR",
            "container and coding of the source, such as WAV/PCM_16, or WAV WITHOUT LENGTH/PCM_16",
        ),
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
        Column("clipped", "BIGINT", "samples of the normalised clip that were cut off at full scale"),
        Column("decoder", "VARCHAR", "who decoded the source: libsndfile, PyAV or ffmpeg"),
        Column(
            "store",
            "VARCHAR",
            "how the sound is kept: flac (a normalised copy) or reference (none: the source is decoded when heard);"
            " NULL of MIDI and text, and unless ok",
        ),
        Column("mix", "VARCHAR", "what becomes of several channels: mean or first; NULL where store is"),
        Column("source_mtime_ns", "BIGINT", "when the source was last written, as it was read: ns since 1970, UTC"),
    ),
    "labels": (
        CLIP_ID,
        DATASET,
        Column("namespace", "VARCHAR", "which question the label answers: genre, mood, instrument, ..."),
        Column("label", "VARCHAR", "as the raw data writes it"),
        Column("canonical", "VARCHAR", "id in the card's vocabulary; NULL if it is not in there"),
    ),
    "vocabulary": (
        DATASET,
        Column("namespace", "VARCHAR", "as in labels"),
        Column("ordinal", "INTEGER", "position in the published order, from 0"),
        Column("label", "VARCHAR", "canonical id"),
        Column("name", "VARCHAR", "how it is written for people"),
        Column("parent", "VARCHAR", "canonical id one level up, NULL at the top"),
        Column("aliases", "VARCHAR[]", "other spellings"),
    ),
    "captions": (
        CLIP_ID,
        DATASET,
        Column("kind", "VARCHAR", "caption or lyrics"),
        Column("text", "VARCHAR", "as published"),
    ),
    "attributes": (
        CLIP_ID,
        DATASET,
        Column(
            "name",
            "VARCHAR",
            "of MIDI: tempo_bpm (quarter notes), time_signature and key (each the one in force longest from the first"
            " note to the end of the last), tempo_bpm_mean, ..._changes, ..._is_default (nobody set it), ..._reason"
            " (why what is written is no value), instruments, instrument_families, has_drums, parts, notes, polyphony,"
            " pitch_min, pitch_max, lyrics, markers; what of it can be taken for true, of the whole music as file_..."
            " and of a clip's window as clip_...: tempo_bpm, beat_bpm, time_signature, key, key_estimated, families,"
            " parts, sections, or ..._unknown with the reason; and what the dataset's own tables tell",
        ),
        Column("value", "VARCHAR", "value as text; cast to compare numbers"),
        Column(
            "source",
            "VARCHAR",
            "what the value rests on: event (written in the file), notes (computed from them) or construction (the"
            " music was made so); NULL where nothing is known of it",
        ),
    ),
    "items": (
        Column("item_id", "VARCHAR", "'<dataset>/<id>', unique within its task; of one clip's own fact the clip_id"),
        DATASET,
        Column("task", "VARCHAR", "task of the card that asks this"),
        Column("kind", "VARCHAR", "kind of the task: number, key, metre, choose, pair, order, structure or open"),
        Column("clips", "VARCHAR[]", "clip_ids that are heard, in the order asked"),
        Column("question", "VARCHAR", "the item's own question; NULL: the kind's"),
        Column("options", "VARCHAR[]", "what may be answered, in the order written; NULL where the kind says it"),
        Column("truth", "VARCHAR", "the right answer in canonical spelling: 120, F# minor, 6/8, an option, 2 1 3, ABA"),
        Column("category", "VARCHAR", "group of items that scores are also told of"),
        Column("cluster", "VARCHAR", "what items share that are no independent evidence, such as their piece"),
        Column("difficulty", "VARCHAR", "how hard the item is meant to be"),
        Column("semitones", "INTEGER[]", "by how many each clip, MIDI, is heard higher, drums not; NULL: none is"),
        Column("seconds", "DOUBLE", "how much of each clip is heard, from its start; NULL: all"),
        Column("categories", "VARCHAR[]", "all groups of a published item, of which category is the first"),
        Column("language", "VARCHAR", "of a published item's words, as its exam writes it"),
        Column("licence", "VARCHAR", "the published item's own licence; NULL: the dataset's"),
        Column("settings", "VARCHAR", "what the exam's official rule wants to know of the item: an object, as JSON"),
        Column("published", "BOOLEAN", "true: an exam's, asked as it was published, with its faults; NULL: mudata's"),
        Column("subsets", "VARCHAR[]", "subsets of the card that a published item is in; NULL: all"),
        Column("formats", "VARCHAR", "questions of an item asked in several formats, by format: an object, as JSON"),
    ),
    "splits": (
        CLIP_ID,
        DATASET,
        Column("split", "VARCHAR", "name of a published split"),
        Column("part", "VARCHAR", "train, validation, test, ..."),
    ),
    "faults": (
        CLIP_ID,
        DATASET,
        Column("kind", "VARCHAR", "corrupt, duplicate, mislabelled, ..."),
        Column("action", "VARCHAR", "what splits do with the clip: drop, or warn (let it in, with a word)"),
        Column("note", "VARCHAR", "what is wrong"),
        Column("source", "VARCHAR", "who found it"),
        Column(
            "repair",
            "VARCHAR",
            "what is right instead: an object, as JSON (labels by namespace, artist, album, track, title, start_s,"
            " end_s, duplicate_of); NULL: nobody says",
        ),
    ),
}
"""Tables that `fetch` writes per dataset."""

ADDED = {
    "clips": ("clipped", "decoder", "store", "mix", "source_mtime_ns"),
    "attributes": ("source",),
    "faults": ("repair",),
    "items": (
        *("semitones", "seconds"),
        *("categories", "language", "licence", "settings", "published", "subsets", "formats"),
    ),
}
"""Columns that files of older versions do not have; NULL there. They stand at the end of their table."""

ADDED_TABLES = ("items",)
"""Tables that generations of older versions do not have."""
