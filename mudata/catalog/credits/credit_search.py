"""The credits of a split or a dataset, from the index and the cards: title, author, source, licence and changes of
every clip, as Creative Commons recommends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.licence_terms import read_licence, terms_of
from mudata.catalog.credits.clip_credits import ClipCredit, DatasetCredit
from mudata.catalog.credits.credit_pages import Credits
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.catalog.splits.candidates import datasets_of
from mudata.errors import CardError, UnknownName
from mudata.safe_text import printable

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

CUT_S = 0.05
"""A clip that is shorter than its source by more than this is an excerpt, seconds. Chosen here: decoders of MP3 differ
by a frame or two (26 ms each at 44.1 kHz) at the ends of a whole file."""

_ATTRIBUTES = ("artist_name", "album_name", "url")
"""Attributes of clips that say more than the columns of `clips`: where `artist` and `album` are numbers, their names;
the address of the work."""


def credits_of(
    con: duckdb.DuckDBPyConnection,
    name: str,
    *,
    datasets: Sequence[str],
    parts: Mapping[str, str] | None = None,
    repaired: bool = False,
) -> Credits:
    """The credits of the usable clips of `datasets`, or of the clips in `parts` (part by clip id) alone.

    repaired: by the names that are known to be right, as splits with --faults repair have them. Clips of a split that
    are not in the index any more are credited by what is left: their id and dataset. A dataset whose card is gone is
    credited with what its rows say.
    """
    cards = {dataset: _card(dataset) for dataset in datasets}
    told = _attributes(con, datasets)
    found = _rows(con, "clips", datasets) | (_rows(con, "repaired_clips", datasets) if repaired else {})
    wanted = sorted(parts) if parts is not None else sorted(i for i, row in found.items() if row["status"] == "ok")
    clips = tuple(
        _credit(
            found.get(clip_id, {"clip_id": clip_id, "dataset": clip_id.partition("/")[0]}), cards, told, parts or {}
        )
        for clip_id in wanted
    )
    counts = Counter(clip.dataset for clip in clips)
    titles = dict(con.execute("SELECT dataset, coalesce(title, dataset) FROM datasets").fetchall())
    return Credits(
        name, tuple(_dataset(d, cards[d], titles.get(d, d), counts[d]) for d in sorted(set(datasets))), clips
    )


def named_credits(home: Home, name: str, part: str | None = None) -> Credits:
    """The credits of a split, by name or the path of its manifest, or of one of its parts; else of a dataset's clips.

    Raises UnknownName (neither a split nor a dataset; a part), SplitError, HomeError (the dataset is not indexed).
    """
    known = manifest.names(home)
    if name.endswith(".json") or name in known:
        split = manifest.load(home, name)
        if part is not None and part not in split.parts:
            raise UnknownName("part", part, split.parts)
        wanted = {clip_id: of for clip_id, of in split.part_of().items() if part in (None, of)}
        datasets = sorted({clip_id.partition("/")[0] for clip_id in wanted})
        with database.snapshot(home) as con:
            return credits_of(con, split.name, datasets=datasets, parts=wanted, repaired=split.is_repaired)
    with database.snapshot(home) as con:
        try:
            (dataset,) = datasets_of(con, (name,))
        except UnknownName as error:
            if name in card_files.files():  # that it is to be fetched is said by this error
                raise
            raise UnknownName("split or dataset", name, (*known, *card_files.files())) from error
        if part is not None:
            raise UnknownName("split", name, known, f"{name} is a dataset, which has no parts.")
        return credits_of(con, dataset, datasets=(dataset,))


def _rows(con: duckdb.DuckDBPyConnection, clips: str, datasets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of a table of clips by clip id."""
    result = con.execute(f"SELECT * FROM {clips} WHERE list_contains(?, dataset)", [list(datasets)])  # noqa: S608 - our own name
    names = [column[0] for column in result.description or ()]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return {row["clip_id"]: row for row in rows}


def _attributes(con: duckdb.DuckDBPyConnection, datasets: Sequence[str]) -> dict[tuple[str, str], str]:
    rows = con.execute(
        "SELECT clip_id, name, min(value) FROM attributes WHERE list_contains(?, dataset) AND list_contains(?, name)"
        " AND trim(value) <> '' GROUP BY ALL",
        [list(datasets), list(_ATTRIBUTES)],
    ).fetchall()
    return {(clip_id, name): value for clip_id, name, value in rows}


def _card(dataset: str) -> Card | None:
    try:
        return loader.load(dataset)
    except (UnknownName, CardError):  # indexed from a card file that is elsewhere, or was changed
        return None


def _dataset(name: str, card: Card | None, title: str, clips: int) -> DatasetCredit:
    if card is None:
        return DatasetCredit(name, title, f"{title}: its card is not here.", "", "", "not known", None, None, clips)
    licence = card.licence
    return DatasetCredit(
        name,
        card.title,
        " ".join(card.citation.text.split()),
        card.citation.bibtex.strip(),
        card.homepage,
        licence.text,
        licence.url,
        licence.note,
        clips,
    )


def _credit(
    row: Mapping[str, Any],
    cards: Mapping[str, Card | None],
    told: Mapping[tuple[str, str], str],
    parts: Mapping[str, str],
) -> ClipCredit:
    clip_id = str(row["clip_id"])
    card = cards.get(str(row["dataset"]))
    published = row.get("licence") or (card.licence.text if card else "")
    # a name that was set right stands in the row itself, one that is spelled out only in the dataset's own tables
    right = row.get("repaired") or ()
    artist, album = (None if key in right else told.get((clip_id, f"{key}_name")) for key in ("artist", "album"))
    page = _page(row, card, told)
    return ClipCredit(
        clip_id=clip_id,
        dataset=str(row["dataset"]),
        part=parts.get(clip_id),
        title=_said(row.get("title")),
        author=_said(artist or row.get("artist")),
        album=_said(album or row.get("album")),
        source=page or (card.homepage if card else None),
        is_own_page=page is not None,
        file=row.get("source_path"),
        published_licence=published,
        licence=terms_of(published, card) if card else read_licence(published or "not known"),
        changes=tuple(_changes(row)),
    )


def _said(text: Any) -> str | None:
    """Text in one line, without control characters; None for none."""
    return printable(" ".join(str(text).split())) or None if text is not None else None


def _page(row: Mapping[str, Any], card: Card | None, told: Mapping[tuple[str, str], str]) -> str | None:
    """The work's own page, if the dataset tells it or the clip is of YouTube."""
    url = told.get((str(row["clip_id"]), "url"))
    if url and re.fullmatch(r"https?://\S+", url.strip()):
        return url.strip()
    is_video = card is not None and any(m.kind == "youtube" for c in card.sources.values() for m in c.mirrors)
    if is_video and re.fullmatch(r"[\w-]{11}", row.get("track") or "", re.ASCII):
        return f"https://www.youtube.com/watch?v={row['track']}"
    return None


def _changes(row: Mapping[str, Any]) -> Iterable[str]:
    """What was done to the sound of a clip, from the index alone."""
    whole, length = row.get("source_duration_s"), row.get("duration_s")
    if (row.get("start_s") or 0) > CUT_S or (whole and length and whole - length > CUT_S):
        yield "excerpt"
    if row.get("kind") != "audio":
        return
    if (row.get("source_channels") or 1) > 1:
        yield "first channel alone" if row.get("mix") == "first" else "mixed down to mono"
    if row.get("store") == "reference":
        return
    rate, original = row.get("sample_rate"), row.get("source_rate")
    if rate and original and rate != original:
        yield f"resampled to {rate:,} Hz"
    if not str(row.get("source_format") or "FLAC").startswith("FLAC"):
        yield "converted to FLAC"
