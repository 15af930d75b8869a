"""What of a split goes into an export: a row for each clip, its name, its sound, and whether that may go along."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.catalog.cards.licence_terms import PURPOSES
from mudata.catalog.credits.clip_credits import attribution
from mudata.catalog.credits.credit_search import credits_of
from mudata.catalog.export.clip_sound import ClipSound
from mudata.catalog.export.portable_names import portable_names
from mudata.catalog.index import database
from mudata.catalog.splits.split_clips import load_parts
from mudata.catalog.training.split_part import column
from mudata.errors import AudioError, SplitError, UnknownName
from mudata.object_store.local_cache import bring, is_here_or_shared

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import LicenceTerms
    from mudata.catalog.credits.clip_credits import ClipCredit, DatasetCredit
    from mudata.catalog.credits.credit_pages import Credits
    from mudata.catalog.export.export_options import ExportOptions
    from mudata.catalog.splits.manifest import Manifest
    from mudata.catalog.training.label_classes import LabelClasses
    from mudata.catalog.training.split_part import SplitPart
    from mudata.home import Home

FOLDER = "audio"
"""Where in an export copies of the sound lie."""

_TEXTS = ("licence_url", "usage", "attribution", "pcm_sha256", "source_sha256")


@dataclass(frozen=True, kw_only=True)
class ExportClip:
    """A clip of an export.

    row: what is told of it, by column. name: of its files, without folder and suffix. sound: where it lies now. inside:
    whether its sound goes into the export. terms: of its licence.
    """

    row: Mapping[str, Any]
    name: str
    sound: ClipSound
    inside: bool
    terms: LicenceTerms

    @property
    def clip_id(self) -> str:
        return str(self.row["clip_id"])

    @property
    def whole(self) -> bool:
        """Whether the file that `row` names has nothing else in it."""
        return self.sound.whole or (self.inside and self.sound.cut_from is not None)

    @property
    def pcm_bytes(self) -> int:
        """About how large its sound is at most: 16 bits a sample; what the index knows no length of counts as 1 MB."""
        if not (self.row["rate"] and self.row["duration_s"]):
            return 1 << 20
        return int(self.row["rate"] * self.row["duration_s"] * 2)


@dataclass
class ExportPlan:
    """An export: clips by part, and by id those left out and those whose sound stays where it is, with the reason."""

    split: Manifest
    options: ExportOptions
    credits: Mapping[str, ClipCredit]
    """By clip id."""
    sources: tuple[DatasetCredit, ...]
    classes: Mapping[str, LabelClasses]
    """By column the labels of each namespace among the split's clips."""
    planned: dict[str, list[ExportClip]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """What turns out not to be had while it is written joins it."""
    references: dict[str, str] = field(default_factory=dict)
    not_permitted: dict[str, str] = field(default_factory=dict)
    """What is not for the purpose that was asked for."""

    @property
    def parts(self) -> dict[str, list[ExportClip]]:
        """The clips of each part, less those left out."""
        return {part: [clip for clip in own if clip.clip_id not in self.left_out] for part, own in self.planned.items()}

    def clips(self) -> Iterator[ExportClip]:
        for own in self.parts.values():
            yield from own

    @cached_property
    def files(self) -> dict[str, str]:
        """By part how its files are called."""
        return portable_names(self.planned, dots=False, folders=False)

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns of a row in their order: 'text', 'number', 'count' or 'texts' (a list)."""
        numbers = dict.fromkeys(("duration_s", "path_start_s", "path_end_s", "start_s", "end_s"), "number")
        heads = ("part", "clip_id", "dataset", "kind", "path", "path_start_s", "path_end_s", "rate", "duration_s")
        names = (*heads, "source", "start_s", "end_s", "artist", "album", "track", "title", "licence", *_TEXTS)
        kinds = {name: numbers.get(name, "count" if name == "rate" else "text") for name in names}
        labels = {name: "text" if own.single else "texts" for name, own in self.classes.items()}
        return kinds | labels | {"captions": "texts"}

    @cached_property
    def digest(self) -> str:
        """Hash over what was planned: an unfinished export with another one is not gone on with."""
        rows = hashlib.sha256(json.dumps(sorted(self.left_out.items())).encode())
        for clip in self.clips():
            rows.update(json.dumps([clip.row, clip.name, clip.inside], ensure_ascii=False).encode("utf-8", "replace"))
        return rows.hexdigest()


def plan_export(home: Home, split: Manifest, options: ExportOptions) -> ExportPlan:
    """Look up a split's clips in the index as it is now.

    Raises UnknownName for parts that the split does not have, SplitError for a manifest that was changed by hand or
    where no clip can be had.
    """
    for name in options.parts:
        if name not in split.parts:
            raise UnknownName("part of this split", name, split.parts)
    parts = load_parts(home, split)
    wanted = [part for name, part in parts.items() if name in options.parts or not options.parts]
    columns = _label_columns(wanted[0]) if wanted else {}
    classes = dict(zip(columns.values(), wanted[0].classes.values(), strict=True)) if wanted else {}
    stored, credited = _looked_up(home, split)
    plan = ExportPlan(split, options, {one.clip_id: one for one in credited.clips}, credited.datasets, classes)
    names = portable_names(split.part_of(), dots=options.to != "webdataset")
    for part in wanted:
        plan.planned[part.name] = []
        plan.left_out |= part.left_out
        for told in part.table("arrow").to_pylist():
            row = {columns.get(name, name): value for name, value in told.items()}
            usage = stored[row["clip_id"]]["usage"] or "unknown"
            if options.usage and usage not in PURPOSES[options.usage]:
                plan.not_permitted[row["clip_id"]] = f"usage: {usage}, which is not for {options.usage} use"
                continue
            clip, why = _clip(home, plan, row, stored[row["clip_id"]], names[row["clip_id"]])
            if clip is None:
                plan.left_out[row["clip_id"]] = why
                continue
            plan.planned[part.name].append(clip)
            if why:
                plan.references[row["clip_id"]] = why
    if not any(plan.planned.values()):
        why = next(iter((plan.left_out | plan.not_permitted).values()), "it has none")
        raise SplitError(f"No clip of split {split.name} can be exported: {why}.", _way_out(plan))
    return plan


def _way_out(plan: ExportPlan) -> str:
    """What to do where nothing can be exported."""
    if plan.not_permitted and not plan.left_out:
        return "Ask for another purpose (--usage), or for none."
    if plan.left_out and all(why.startswith("licence:") for why in plan.left_out.values()):
        return "Give --i-have-rights where you have them, or take a format that refers to the sound, such as parquet."
    return f"Run: mudata fetch {' '.join(plan.split.datasets)}"


def _label_columns(part: SplitPart) -> dict[str, str]:
    """The columns of labels of a part, as an export calls them, which has columns of its own."""
    ours = {*_TEXTS, "path_start_s", "path_end_s"}
    names = [column(space) for space in part.classes]
    return {name: f"{name}_label" if name in ours else name for name in names}


def _looked_up(home: Home, split: Manifest) -> tuple[dict[str, dict[str, Any]], Credits]:
    """By clip id what the index knows of its sound, and the credits of all clips."""
    columns = ("clip_id", "usage", "pcm_sha256", *COLUMNS)
    known = clips_as(repaired=split.is_repaired)
    with database.snapshot(home) as connection:
        rows = connection.execute(
            f"SELECT {', '.join(columns)} FROM {known} WHERE list_contains(?, dataset)",  # noqa: S608 - names of ours
            [list(split.datasets)],
        ).fetchall()
        parts, repaired = split.part_of(), split.is_repaired
        credited = credits_of(connection, split.name, datasets=split.datasets, parts=parts, repaired=repaired)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}, credited


def _clip(
    home: Home, plan: ExportPlan, row: dict[str, Any], facts: dict[str, Any], name: str
) -> tuple[ExportClip | None, str]:
    """A clip of the export, with why its sound stays where it is (or ''); or None, with why it is left out."""
    options, credit = plan.options, plan.credits[row["clip_id"]]
    terms = credit.licence
    stored = StoredClip.of_row(home, facts)
    pcm_sha256 = None if stored and stored.crop else facts["pcm_sha256"]  # which no hash is of
    sound = _sound(home, options, facts, stored, pcm_sha256)
    if sound is None:
        return None, "the index does not say which file it was cut from"
    if not is_here_or_shared(sound.path):
        return None, f"gone: there is no file {sound.path}"
    if sound.cut_from or options.audio == "source":
        try:
            if stored and stored.original and sound.path == stored.original.path:
                stored.original.require_unchanged()
        except AudioError as error:
            return None, f"{error.reason}: {error.what}"
    kept = _kept(options, terms, unchanged=options.audio == "source" or facts["kind"] != "audio")
    inside = (options.copy or options.packs) and not kept
    try:
        if not inside:  # whoever opens the export opens this file
            bring(sound.path)
    except AudioError as error:
        return None, f"{error.reason}: {error.what}"
    if kept and options.to == "webdataset":
        return None, kept
    if options.audio == "source" and not options.packs:
        name = _source_name(facts)
    file = f"{name}{sound.suffix}" if options.packs else f"{FOLDER}/{name}{sound.suffix}"
    told = {
        "path": file if inside else str(sound.path),
        "path_start_s": 0.0 if inside and sound.cut_from else sound.start_s,
        "path_end_s": facts["duration_s"] if inside and sound.cut_from else sound.end_s,
        "licence_url": terms.url,
        "usage": facts["usage"],
        "attribution": attribution(
            credit, name=credit.clip_id, changes=credit.changes if options.audio == "clip" else ()
        ),
        "pcm_sha256": pcm_sha256,
        "source_sha256": facts["source_sha256"],
    }
    if inside:  # paths of this machine mean nothing elsewhere
        told["source"] = facts["source_path"]
    full = row | told
    return ExportClip(
        row={column: full[column] for column in plan.columns}, name=name, sound=sound, inside=inside, terms=terms
    ), kept if options.copy else ""


def _sound(
    home: Home, options: ExportOptions, facts: dict[str, Any], stored: StoredClip | None, pcm_sha256: str | None
) -> ClipSound | None:
    start_s, seconds = facts["start_s"] or 0.0, facts["duration_s"]
    end_s = None if seconds is None else start_s + seconds
    if options.audio == "source":
        if not facts["source_path"]:
            return None
        return ClipSound(path=home.raw(facts["dataset"]) / "files" / facts["source_path"], start_s=start_s, end_s=end_s)
    if stored is None:  # notes: the file as it is
        return ClipSound(path=home.root / facts["path"], start_s=start_s, end_s=end_s)
    if (cut := stored.cut_from) is None:
        return ClipSound(path=stored.path, end_s=seconds, whole=True)
    end_s = cut.start_s + cut.duration_s
    return ClipSound(
        path=cut.path, start_s=cut.start_s, end_s=end_s, cut_from=cut, rate=stored.rate, pcm_sha256=pcm_sha256
    )


def _kept(options: ExportOptions, terms: LicenceTerms, *, unchanged: bool) -> str:
    """Why the sound of a clip may not be passed on; '' where it may."""
    if options.i_have_rights or terms.may_pass_on(unchanged=unchanged):
        return ""
    if terms.may_share:
        return f"licence: {terms.title} lets only unchanged copies be passed on (--audio source)"
    return f"licence: {terms.title} does not let copies of the sound be passed on"


def _source_name(facts: Mapping[str, Any]) -> str:
    """Of a whole original, which several clips may be cut from: its path as published, told apart by its hash."""
    path = Path(facts["source_path"])
    whole = f"{facts['dataset']}/{path.with_suffix('').as_posix()}"
    return f"{portable_names([whole])[whole]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
