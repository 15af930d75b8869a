"""Datasets as functions: their cards, their files, their clips in the index, and splits of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args, overload

from mudata.api.arguments import checked, many, one_of, paths
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.index.query import Relation
    from mudata.catalog.index.stats import Stats
    from mudata.catalog.index.verify import Finding
    from mudata.catalog.ingest import Ingested
    from mudata.catalog.splits.leaks import Leaks
    from mudata.catalog.splits.manifest import Manifest, ManifestFinding

hide_deprecations()


@checked()
def cards(tag: str | None = None, *, usage: str | None = None, audio: str | None = None) -> list[Card]:
    """Every dataset card, or those that fit.

    Args:
        tag: such as 'genre', 'mood', 'caption'.
        usage: 'unrestricted', 'noncommercial', 'research' or 'unknown'.
        audio: whether the host has audio: 'yes', 'no' or 'unverified'.
    """
    from mudata.catalog.cards.loader import load_all

    return [
        card
        for card in load_all()
        if tag in (None, *card.tags) and usage in (None, card.licence.usage) and audio in (None, card.audio)
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
    """How to cite a dataset: a sentence and its BibTeX entry, or with `bibtex` the entry alone."""
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
    rate: int | None = None,
    workers: int | None = None,
    jobs: int = 4,
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
    rate: int | None = None,
    workers: int | None = None,
    jobs: int = 4,
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
    rate: int | None = None,
    workers: int | None = None,
    jobs: int = 4,
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
        rate: sample rate of the normalised clips in Hz [default: each source's own].
        workers: processes that decode [default: all cores].
        jobs: downloads at a time.
        offline: never touch the network.
        accept_licence: accept the dataset's terms; needed once where use is restricted.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        What is in the index now; a list if several datasets were named.

    Raises:
        UnknownName, CardError, NeedsLicence, FetchError, ReadError, HomeError.
    """
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.loader import load
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import get

    request = FetchRequest(
        subset=",".join(many(subset)) or None,
        where=where,
        limit=limit,
        offline=offline,
        origin=paths(source),
        copy=copy,
        accept_licence=accept_licence,
        jobs=jobs,
    )
    audio_format, reporter = AudioFormat(rate), chosen(progress)
    ingested = [
        get(load(name), Home.default(), request, audio_format=audio_format, workers=workers, progress=reporter)
        for name in ((dataset,) if isinstance(dataset, str | Path) else dataset)
    ]
    return ingested[0] if isinstance(dataset, str | Path) else ingested


@checked(narrator="progress")
def verify(dataset: str | Path, *, deep: bool = False, progress: Progress | bool | None = None) -> list[Finding]:
    """Compare what is on disk with the card and the index; errors first.

    Args:
        dataset: a name, or the path of a card.
        deep: read every file and decode every clip; else sizes, and whatever was written since.

    Raises:
        HomeError: the dataset is not indexed.
    """
    from mudata.catalog.cards.loader import load
    from mudata.catalog.index.verify import verify as check

    return check(load(dataset), Home.default(), deep=deep, progress=chosen(progress))


@checked()
def sql(query: str) -> Relation:
    """Ask the index anything, read-only: a relation with `.df()`, `.pl()`, `.arrow()`, `.fetchall()`.

    Args:
        query: one SELECT; tables and columns are told by `mudata sql --schema`.

    Raises:
        QueryError: the SQL is wrong, or wants more than to read.
    """
    from mudata.catalog.index.query import run

    return run(Home.default(), query)


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


@checked(datasets="dataset", narrator="progress")
def split(
    name: str,
    *,
    dataset: str | Iterable[str] = (),
    where: str | None = None,
    official: str | None = None,
    stratify: str | Iterable[str] = (),
    group: str | Iterable[str] = (),
    parts: Mapping[str, float] | None = None,
    per_label: int | None = None,
    n: int | None = None,
    seed: int = 0,
    faults: str = "drop",
    best_effort: bool = False,
    force: bool = False,
    progress: Progress | bool | None = None,
) -> Manifest:
    """Draw a split and keep its manifest. The same request on the same index gives the same split everywhere.

    Args:
        name: what it is called from then on.
        dataset: whose clips; a name or several.
        where: SQL condition on clips (columns of clips, one list per label namespace).
        official: take the parts of this published split instead of drawing.
        stratify: label namespaces to spread evenly.
        group: never tear these apart: 'artist', 'album', 'track'.
        parts: share of the clips by part [default: train .7, validation .1, test .2; with `n` or `per_label`
            all is test].
        per_label: draw so many clips of every label.
        n: draw so many clips.
        seed: another seed, another draw.
        faults: clips with known faults that the card says to drop: 'drop' leaves them out, 'warn' lets them in
            with a word, 'keep' lets them in.
        best_effort: accept absent or rare labels instead of refusing.
        force: replace another split of the same name.

    Raises:
        SplitError: it cannot be made; the numbers are told.
    """
    from mudata.catalog.splits import draw, manifest
    from mudata.catalog.splits.candidates import Faults
    from mudata.catalog.splits.split_request import SplitRequest
    from mudata.errors import ArgumentError

    one_of("choice for faults", faults, get_args(Faults))
    if parts is not None and not isinstance(parts, Mapping):
        raise ArgumentError(f"parts is {parts!r}.", "Give the share of each part: {'train': 0.7, 'test': 0.3}.")
    home, reporter = Home.default(), chosen(progress)
    request = SplitRequest(
        name=name,
        datasets=many(dataset),
        where=where,
        official=official,
        stratify=many(stratify),
        group=many(group),
        parts=dict(parts or {}),
        per_label=per_label,
        n=n,
        seed=seed,
        faults=faults,  # type: ignore[arg-type]  # checked above
        best_effort=best_effort,
    )
    made = draw.make(home, request)
    manifest.save(home, made, force=force)
    for warning in made.warnings:
        reporter.say(warning)
    return made


@checked()
def leaks(split: str | Path | None = None, *, official: str | None = None, dataset: str | Iterable[str] = ()) -> Leaks:
    """What a split's parts share: artists, albums, tracks, songs, exact copies.

    Args:
        split: a name from `mudata split list`, or a manifest's path.
        official: a published split of `dataset` instead.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.index import database
    from mudata.catalog.splits import leaks as sharing
    from mudata.catalog.splits import manifest
    from mudata.catalog.splits.candidates import datasets_of
    from mudata.errors import ArgumentError

    if (split is None) == (official is None) or bool(many(dataset)) != bool(official):
        raise ArgumentError("It is not clear which split is meant.", "Give a split, or official= and dataset=.")
    home = Home.default()
    with database.connect(home) as connection:
        if official:
            part_of = sharing.official(connection, datasets_of(connection, many(dataset)), official)
        else:
            part_of = manifest.load(home, str(split)).part_of()
        return sharing.find(connection, part_of)


@checked()
def check_split(split: str | Path) -> list[ManifestFinding]:
    """What has changed since a split was made, and what leaks between its parts; faults and notes.

    Args:
        split: a name, or a manifest's path.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.splits import check, manifest

    home = Home.default()
    return check.check(home, manifest.load(home, split))


@checked()
def splits() -> list[Manifest]:
    """The splits in the home, by name."""
    from mudata.catalog.splits import manifest

    home = Home.default()
    return [manifest.load(home, name) for name in manifest.names(home)]
