"""Datasets as functions: their cards, their files, and their clips in the index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, overload

from mudata.api.arguments import checked, many, one_of, paths, within
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.index.clip_verdicts import ClipVerdicts
    from mudata.catalog.index.dataset_faults import DatasetFaults
    from mudata.catalog.index.finding import Finding
    from mudata.catalog.index.query import Relation
    from mudata.catalog.index.stats import Stats
    from mudata.catalog.ingested import Ingested

hide_deprecations()


@checked()
def cards(
    tag: str | None = None,
    *,
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    audio: Literal["yes", "no", "unverified"] | None = None,
) -> list[Card]:
    """Every dataset card, or those that fit.

    Args:
        tag: such as 'genre', 'mood', 'caption'.
        usage: 'commercial', 'noncommercial' or 'research': those of which clips may be used for that.
        audio: whether the host has audio: 'yes', 'no' or 'unverified'.
    """
    from mudata.catalog.cards.licence_terms import may_serve
    from mudata.catalog.cards.loader import load_all
    from mudata.catalog.cards.schema import Tag

    if tag is not None:
        one_of("tag", tag, get_args(Tag))
    return [
        card
        for card in load_all()
        if tag in (None, *card.tags)
        and audio in (None, card.audio)
        and may_serve(usage, card.licence.usage, per_clip=card.licence.per_clip)
    ]


@checked()
def info(dataset: str | Path) -> Card:
    """A dataset's card: `print` it to read it, or take its fields.

    Args:
        dataset: a name or an alias, or the path of a card.

    Raises:
        UnknownName: no card has that name.
        CardError: the card cannot be read.
    """
    from mudata.catalog.cards.loader import load

    return load(dataset)


@checked()
def cite(dataset: str | Path, *, bibtex: bool = False) -> str:
    """How to cite a dataset: a sentence and its BibTeX entry, or with `bibtex` the entry alone.

    `print` it.
    """
    citation = info(dataset).citation
    entry = citation.bibtex.strip()
    return entry if bibtex else f"{citation.text}\n\n{entry}"


@overload
def fetch(
    dataset: str | Path,
    *,
    source: str | Path | Iterable[str | Path] | None = None,
    copy: bool = False,
    subset: str | Iterable[str] | None = None,
    limit: int | None = None,
    where: str | None = None,
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    rate: int | None = None,
    store: Literal["flac", "reference"] | None = None,
    workers: int | None = None,
    on: str | None = None,
    jobs: int = 4,
    partial: bool | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    progress: Progress | bool | None = None,
) -> Ingested: ...
@overload
def fetch(
    dataset: list[str | Path] | tuple[str | Path, ...],
    *,
    source: str | Path | Iterable[str | Path] | None = None,
    copy: bool = False,
    subset: str | Iterable[str] | None = None,
    limit: int | None = None,
    where: str | None = None,
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    rate: int | None = None,
    store: Literal["flac", "reference"] | None = None,
    workers: int | None = None,
    on: str | None = None,
    jobs: int = 4,
    partial: bool | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    progress: Progress | bool | None = None,
) -> list[Ingested]: ...
@checked(origin="source", narrator="progress")
def fetch(
    dataset: str | Path | Iterable[str | Path],
    *,
    source: str | Path | Iterable[str | Path] | None = None,
    copy: bool = False,
    subset: str | Iterable[str] | None = None,
    limit: int | None = None,
    where: str | None = None,
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    rate: int | None = None,
    store: Literal["flac", "reference"] | None = None,
    workers: int | None = None,
    on: str | None = None,
    jobs: int = 4,
    partial: bool | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    progress: Progress | bool | None = None,
) -> Ingested | list[Ingested]:
    """Get a dataset, normalise its clips, index them. Stopped at any moment, the same call goes on.

    Args:
        dataset: a name, the path of a card, or several.
        source: files you have, in place of downloads: folders, archives, caches of other tools.
        copy: copy the files of `source`; else they are linked.
        subset: of the card's subsets, one or several [default: the card's].
        limit: so many clips, always the same ones.
        where: SQL condition that chooses clips, as in "list_contains(genre, 'rock')".
        usage: only clips that may be used for this purpose ('commercial', 'noncommercial', 'research'), by their own
            licence where they have one [default: whatever their licence].
        rate: sample rate of the normalised clips in Hz [default: each source's own].
        store: flac: a normalised copy of every clip; reference: none, files are decoded when they are heard [default:
            as it was, and flac for a dataset that was not fetched before].
        workers: processes that decode [default: all cores].
        on: where it is done: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        jobs: downloads at a time.
        partial: True: the copy is partial on purpose, and what it lacks is no fault; it is kept with
            the dataset, and False takes it back [default: as it was].
        offline: never touch the network.
        accept_licence: accept the dataset's terms; needed once where use is restricted.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        What is in the index now; a list if several datasets were named.

    Raises:
        UnknownName, CardError, NeedsLicence, FetchError, ReadError, HomeError, ClusterError.
    """
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.loader import load
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import get
    from mudata.execution.executor_choice import executor_on

    within(1, limit=limit, workers=workers, jobs=jobs)
    within(1_000, 655_350, rate=rate)
    home, audio_format, reporter = Home.default(), AudioFormat(rate), chosen(progress)
    request = FetchRequest(
        subset=",".join(many(subset)) or None,
        where=where,
        limit=limit,
        usage=usage,
        offline=offline,
        origin=paths(source),
        copy=copy,
        accept_licence=accept_licence,
        jobs=jobs,
        partial=partial,
        store=store,
        executor=executor_on(on, home, workers=workers, progress=reporter),
    )
    ingested = [
        get(load(name), home, request, audio_format=audio_format, progress=reporter)
        for name in ((dataset,) if isinstance(dataset, str | Path) else dataset)
    ]
    return ingested[0] if isinstance(dataset, str | Path) else ingested


@checked()
def faults(dataset: str | Path, *, check: str | Path | None = None) -> DatasetFaults:
    """What is known to be wrong with a dataset's clips: by its card, and by your own file faults/NAME.yaml in the home.

    Args:
        dataset: a name or an alias, or the path of a card.
        check: look at this file of your own, in place of the home's.

    Returns:
        Its `.faults`, one for each clip and fault (clip_id, kind, action, note, source, repair, origin, here, usable),
        as a `.table()` by kind; `.findings` about clips that your own file names and that are not here.

    Raises:
        UnknownName: no card has that name.
        CardError: the file cannot be read, or does not fit the card; with file and line.
    """
    from mudata.catalog.cards.loader import load
    from mudata.catalog.index.dataset_faults import faults_of

    return faults_of(load(dataset), Home.default(), None if check is None else Path(check).expanduser())


@checked(narrator="progress")
def verify(dataset: str | Path, *, deep: bool = False, progress: Progress | bool | None = None) -> list[Finding]:
    """Compare what is on disk with the card and the index; errors first.

    Args:
        dataset: a name, or the path of a card.
        deep: read every file and decode every clip; else sizes, and whatever was written since.

    Returns:
        What disagrees; an empty list where nothing does.

    Raises:
        HomeError: the dataset is not indexed.
    """
    from mudata.catalog.cards.loader import load
    from mudata.catalog.index.verify import verify as check

    return check(load(dataset), Home.default(), deep=deep, progress=chosen(progress))


@checked()
def verify_clip(clip_id: str) -> ClipVerdicts:
    """Decode the raw file of a clip with every decoder at hand: who reads how much of it, and what is wrong.

    Args:
        clip_id: '<dataset>/<id>', as in the index.

    Returns:
        Its `verdicts`, one a decoder; `print` it, or take `rows()`.

    Raises:
        HomeError: no clip has that id.
    """
    from mudata.catalog.index.clip_verdicts import verify_clip as read

    return read(Home.default(), clip_id)


@checked()
def sql(query: str) -> Relation:
    """Ask the index anything, read-only:
    a relation with `.df()`, `.pl()`, `.arrow()`, `.fetchall()`.

    Args:
        query: one SELECT; tables and columns are told by `schema()`.

    Raises:
        QueryError: the SQL is wrong, or wants more than to read.
    """
    from mudata.catalog.index.query import run

    return run(Home.default(), query)


@checked()
def schema(table: str | None = None) -> Table:
    """The tables that `sql` can ask and what their columns mean: table, column, type, doc.

    Args:
        table: only the columns of this one.

    Raises:
        UnknownName.
    """
    from mudata.catalog.index import query as asking

    rows = asking.schema(Home.default())
    if table is not None:
        one_of("table", table, {row["table"]: None for row in rows})
    return Table([row for row in rows if table in (None, row["table"])])


@checked()
def unmapped_labels(dataset: str | Iterable[str] = ()) -> Table:
    """Labels in the index of which no shared vocabulary says what they mean; nothing is guessed.

    Args:
        dataset: a name or several [default: all that are indexed].

    Returns:
        Rows of dataset, namespace, label, clips and why; label is None where no vocabulary covers the namespace.

    Raises:
        UnknownName.
    """
    from mudata.catalog.index.unmapped_labels import unmapped_labels as find

    columns = ("dataset", "namespace", "label", "clips", "why")
    return Table(find(Home.default(), many(dataset)), columns)


@overload
def stats(dataset: None = None) -> Table: ...
@overload
def stats(dataset: str) -> Stats: ...
@checked()
def stats(dataset: str | None = None) -> Table | Stats:
    """Counts, durations and labels of a dataset; without a name, a row for each that is indexed."""
    from mudata.catalog.index import stats as statistics

    if dataset is None:
        return Table(statistics.overview(Home.default()))
    return statistics.stats(Home.default(), dataset)
