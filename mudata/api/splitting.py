"""Splits as functions: drawn, kept, checked against what is there now, and what their parts
share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, overload

from mudata.api.arguments import checked, many, one_of, within
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.catalog.export.export_options import Exported
    from mudata.catalog.splits.leaks import Leaks
    from mudata.catalog.splits.manifest import Manifest, ManifestFinding
    from mudata.catalog.training.split_part import SplitPart

hide_deprecations()


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
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    best_effort: bool = False,
    no_group: bool = False,
    near: bool = True,
    force: bool = False,
    progress: Progress | bool | None = None,
) -> Manifest:
    """Draw a split and keep its manifest.
    The same request on the same index gives the same split everywhere.

    Args:
        name: what it is called from then on.
        dataset: whose clips; a name or several.
        where: SQL condition on clips (columns of clips, one list per label namespace).
        official: take the parts of this published split instead of drawing.
        stratify: label namespaces to spread evenly: each label as near to its share in each part as whole clips
            (or groups) allow.
        group: never tear these apart: 'artist', 'album', 'track'.
        parts: share of the clips by part
            [default: train .7, validation .1, test .2; with `n` or `per_label` all is test].
        per_label: draw so many clips of every label.
        n: draw so many clips, each with the same chance; with `stratify`, labels in proportion.
        seed: another seed, another draw.
        faults: clips with known faults (see `faults`): 'drop' leaves out those that are to be dropped, 'keep' lets all
            in, 'repair' takes what is known to be right (labels, names, crops) and leaves out what cannot be
            repaired, 'warn' lets all in, with a word.
        usage: only clips that may be used for this purpose, by their own licence where they have one; how many are
            left out is told [default: whatever their licence].
        best_effort: accept absent or rare labels instead of refusing.
        no_group: tear apart even clips that one item (a pair of clips) is about; how many is told.
        near: keep near copies together, as far as `duplicates` found them in this home; the manifest records them.
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
        usage=usage,
        best_effort=best_effort,
        no_group=no_group,
        near=None if near else (),
    )
    with reporter.bar("Drawing", unit=""):
        made = draw.make(home, request)
    manifest.save(home, made, force=force)
    for warning in made.warnings:
        reporter.say(warning)
    return made


@checked()
def leaks(split: str | Path | None = None, *, official: str | None = None, dataset: str | Iterable[str] = ()) -> Leaks:
    """What a split's parts share: artists, albums, tracks, songs, exact copies, cuts of one file, and near copies, as
    far as `duplicates` found them.

    Args:
        split: a name from `mudata split list`, or a manifest's path.
        official: a published split of `dataset` instead.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.duplicates import near_copies
    from mudata.catalog.index import database
    from mudata.catalog.splits import leaks as sharing
    from mudata.catalog.splits import manifest
    from mudata.catalog.splits.candidates import datasets_of
    from mudata.errors import ArgumentError

    if (split is None) == (official is None) or bool(many(dataset)) != bool(official):
        raise ArgumentError("It is not clear which split is meant.", "Give a split, or official= and dataset=.")
    home = Home.default()
    with database.snapshot(home) as connection:
        if official:
            part_of = sharing.official(connection, datasets_of(connection, many(dataset)), official)
        else:
            part_of = (drawn := manifest.load(home, str(split))).part_of()
        near = near_copies.of_clips(home, connection, part_of)
        return sharing.find(connection, part_of, near, repaired=not official and drawn.is_repaired)


@checked()
def check_split(split: str | Path) -> list[ManifestFinding]:
    """What has changed since a split was made, and what leaks between its parts; faults and notes.

    Args:
        split: a name, or a manifest's path.

    Returns:
        What was found; an empty list where nothing is wrong.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.splits import check, manifest

    home = Home.default()
    return check.check(home, manifest.load(home, split))


@overload
def load(split: str | Path, part: str, *, channels: int | None = 1) -> SplitPart: ...
@overload
def load(split: str | Path, part: None = None, *, channels: int | None = 1) -> dict[str, SplitPart]: ...
@checked()
def load(split: str | Path, part: str | None = None, *, channels: int | None = 1) -> SplitPart | dict[str, SplitPart]:
    """The clips of a split, to be heard or trained on: `load("exam", part="train")[0].waveform`.

    Args:
        split: a name, or a manifest's path.
        part: one of its parts [default: all of them, by name].
        channels: of the waveforms. 1: mono, as the clips were indexed and hashed and as models hear them; None: those
            of the source, as they are; 2 or more: exactly so many, a mono source in each.

    Returns:
        A sequence of clips. A clip has `waveform` ((channels, n) float32, decoded when asked for), `rate`, `labels`,
        `caption`, `captions`, `artist`, `album`, `track`, `title`, `licence`, `path`, `duration_s`, `clip_id`,
        `dataset`, `part`, `kind`, `source`, `start_s` and `end_s`; `read(rate, start_s=, duration_s=)` decodes no
        more than that. The sequence has `torch(rate, seconds, ...)`, `hf(rate)`, `table(kind)` of pandas, polars or
        Arrow, `classes` (its labels as numbers) and `left_out`, clips that have nothing to load, with the reason;
        docs/training.md tells of all.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.splits import manifest, split_clips
    from mudata.errors import UnknownName

    home = Home.default()
    within(1, channels=channels)
    parts = split_clips.load_parts(home, manifest.load(home, split), channels)
    if part is None:
        return parts
    if part not in parts:
        raise UnknownName("part of this split", part, parts)
    return parts[part]


@checked()
def export(
    split: str | Path,
    to: Literal["csv", "parquet", "jsonl", "hf", "webdataset", "croissant", "audformat", "jams", "mirdata-index"],
    folder: str | Path,
    *,
    part: str | Iterable[str] = (),
    audio: Literal["clip", "source"] = "clip",
    usage: Literal["commercial", "noncommercial", "research"] | None = None,
    copy: bool = False,
    i_have_rights: bool = False,
    force: bool = False,
    progress: Progress | bool | None = None,
) -> Exported:
    """Write a split's clips into a folder, for another program: docs/export.md has what goes into each format.

    Args:
        split: a name, or a manifest's path.
        to: 'csv', 'parquet' or 'jsonl': a table for each part; 'hf': a folder that `datasets.load_dataset` reads;
            'webdataset': shards with the sound in them; 'croissant', 'audformat', 'jams' or 'mirdata-index': for the
            library of that name.
        folder: empty, not there yet, or with the same export, which is gone on with.
        part: a part of the split, or several [default: all].
        audio: the clip, or 'source': the whole file that it was cut from.
        usage: only clips that may be used for this purpose; the others are in `not_permitted`.
        copy: put the sound into the folder [default: paths of this machine lead to it].
        i_have_rights: also sound whose licence does not let it be passed on; else rows refer to it with path, source,
            start, end and hashes.
        force: write although other things lie in the folder.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        The folder, clips by part, those left out since they cannot be had, and those whose sound stays where it is
        though `copy` was asked for (`references`), by clip id with the reason.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.export.export_options import ExportOptions
    from mudata.catalog.export.split_exporter import export_split
    from mudata.catalog.splits import manifest

    home = Home.default()
    options = ExportOptions(
        to=to,
        folder=Path(folder),
        parts=many(part),
        audio=audio,
        usage=usage,
        copy=copy,
        i_have_rights=i_have_rights,
        force=force,
    )
    return export_split(home, manifest.load(home, split), options, chosen(progress))


@checked()
def plan_split(
    *,
    margin: float = 0.05,
    p: float = 0.5,
    difference: float = 0.1,
    paired: bool = False,
    discordance: float | None = None,
    labels: int | None = None,
) -> Table:
    """How many clips a question needs, before any is drawn: what `mudata split plan` prints.

    Scores have Wilson's interval; runs are told apart at 5 % with 80 % power, those on the same clips by McNemar's
    exact test. All numbers are of independent clips: of clips that share artists more are needed. The last rows tell
    what 100 clips per dataset can show, the size of a published survey (arXiv 2409.09601).

    Args:
        margin: how far the 95 % interval of a score may reach from it, as a share.
        p: the accuracy expected; one half needs the most.
        difference: how far apart two runs are, as a share.
        paired: both runs get the same clips, as runs on one split do.
        discordance: share of clips that one run has right and the other wrong (with `paired`).
        labels: so many labels, each of whose recalls is to be as exact.

    Returns:
        Rows of question, points (of a hundred) and clips.

    Raises:
        ArgumentError, EvaluationError: numbers that cannot be.
    """
    from mudata.errors import ArgumentError
    from mudata.evaluation.metrics.power import plan

    within(1, labels=labels)
    if discordance is not None and not paired:
        raise ArgumentError("discordance is about two runs on the same clips.", "Give paired=True.")
    return Table(plan(margin, p, difference, paired=paired, discordance=discordance, labels=labels))


@checked()
def splits() -> list[Manifest]:
    """The splits in the home, by name; manifests that cannot be read are passed over with a warning."""
    from mudata.catalog.splits import manifest

    return list(manifest.load_all(Home.default()))
