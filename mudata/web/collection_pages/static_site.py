"""The pages as a folder of files, for any host of files and for reading without one.

SITE/site.json   says that the folder is one of these; what was written and what was left out
SITE/index.html  the first page; all others are in folders by kind
SITE/sound/      sound that may be passed on

Every file is written whole or not at all, and pages that are as they were are not written again: stopped at any moment,
the same command goes on. What a former run wrote and this one did not is removed at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.licence_terms import read_licence, terms_of
from mudata.catalog.cards.loader import card_of
from mudata.catalog.credits.clip_credits import attribution
from mudata.catalog.credits.credit_search import credits_of
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import AudioError, EvaluationError, MudataError, number
from mudata.evaluation import run
from mudata.evaluation.report.sound_address import playable_kind, whole_as_flac
from mudata.home import now, write_atomic, writing_to
from mudata.narration import SILENT, Progress
from mudata.object_store.local_cache import at_hand
from mudata.version import __version__
from mudata.web.collection_pages import clip_facts, clip_listing, run_page, start_facts
from mudata.web.collection_pages.clip_search import ClipSearch
from mudata.web.collection_pages.live_index import LiveIndex
from mudata.web.collection_pages.page_maker import PageMaker, style
from mudata.web.collection_pages.site_links import SiteFiles, SiteLinks, file_name
from mudata.web.collection_pages.sound_picture import LONGEST_S

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.home import Home

RECORD = "site.json"
FOLDERS = ("clip", "clips", "dataset", "figure", "files", "published", "run", "sound", "split")
CLIPS = 500
"""Clips of each dataset that have a page of their own, unless told otherwise. Chosen here: some minutes of work."""


@dataclass(kw_only=True, repr=False)
class WrittenSite:
    """What was written: files by kind; clips without a page; reasons why sound was left out; files that were removed;
    pages that could not be made, with the reason."""

    folder: Path
    pages: int = 0
    sounds: int = 0
    withheld: dict[str, int] = field(default_factory=dict)
    clips: int = 0
    clips_left_out: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    removed: int = 0

    def __repr__(self) -> str:
        lines = [f"{number(self.pages, 'page')} and {number(self.sounds, 'sound')} in {self.folder}"]
        if self.clips_left_out:
            left = number(self.clips_left_out, "clip has", "clips have")
            lines.append(f"{left} no page: {self.clips:,} have one (--clips)")
        lines += [f"{number(n, 'clip')} without sound: {why}" for why, n in self.withheld.items()]
        lines += [f"{file}: {why}" for file, why in list(self.failed.items())[:20]]
        if self.removed:
            lines.append(f"{number(self.removed, 'file')} of a former run removed")
        return "\n".join(lines)


def write_site(
    home: Home, folder: Path, *, clips: int = CLIPS, i_have_rights: bool = False, progress: Progress = SILENT
) -> WrittenSite:
    """Write the pages of a home into a folder that is empty, not there, or was written so before.

    clips: of each dataset, the first by id, that have a page. i_have_rights: sound goes along whatever its licence.

    Raises EvaluationError for a folder with other things, HomeError (the disk is full, the index is damaged).
    """
    folder = folder.expanduser().absolute()
    _require_free(folder)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / RECORD, json.dumps({"mudata_site": __version__, "finished": None}) + "\n")
        return _SiteWriter(home, folder, clips, i_have_rights, progress).write()


def _require_free(folder: Path) -> None:
    if folder.is_dir():
        if (folder / RECORD).is_file() or not any(not path.name.startswith(".") for path in folder.iterdir()):
            return
        what = f"{folder} holds other things."
    elif folder.exists():
        what = f"{folder} is a file."
    else:
        return
    raise EvaluationError(what, "Give a folder that is empty, not there yet, or was written by this command.")


class _SiteWriter:
    def __init__(self, home: Home, folder: Path, clips: int, rights: bool, progress: Progress) -> None:
        self._home, self._folder, self._most, self._rights, self._progress = home, folder, clips, rights, progress
        self._index = LiveIndex(home, limit_s=600)
        self._files = SiteFiles()
        self._below = PageMaker(self._index, SiteLinks("../", self._files))
        self._first = PageMaker(self._index, SiteLinks("", self._files))
        self._done = WrittenSite(folder=folder)
        self._kept: set[str] = {RECORD}

    def write(self) -> WrittenSite:
        datasets = clip_listing.dataset_names(self._index)
        splits, runs = manifest.names(self._home), run.all_runs(self._home)
        published = start_facts.published_splits(self._index)
        lists = {name: self._lists(name) for name in datasets}
        ids = [row["clip_id"] for pages in lists.values() for page in pages for row in page.clips]
        below = self._below.links
        self._look_at_sounds(ids)
        self._files.pages |= {f"clip/{file_name(clip_id)}.html" for clip_id in ids}
        self._files.pages |= {f"dataset/{file_name(name)}.html" for name in datasets}
        self._files.pages |= {f"split/{file_name(name)}.html" for name in splits}
        self._files.pages |= {f"published/{file_name(row['dataset'], row['split'])}.html" for row in published}
        self._files.pages |= {f"run/{file_name(one.id)}{end}.html" for one in runs for end in ("", "-report")}
        self._put("files/style.css", style().encode())
        total = len(ids) + len(datasets) + len(splits) + len(published) + 2 * len(runs)
        with self._progress.bar("Writing pages", total, unit="pages") as advance:
            for one in runs:
                self._run(one)
                advance(2)
            answers = clip_facts.answers_of_many(self._index, ids)
            for clip_id in ids:
                self._page(below.clip(clip_id), partial(self._below.clip, clip_id, answers=answers.get(clip_id)))
                self._sound(clip_id)
                advance(1)
            for name in datasets:
                self._page(below.dataset(name), partial(self._below.dataset, name))
                self._write_lists(lists[name])
                advance(1)
            for split in splits:
                self._page(below.split(split), partial(self._below.split, split))
                advance(1)
            for row in published:
                of = (row["dataset"], row["split"])
                self._page(below.published(*of), partial(self._below.published, *of))
                advance(1)
            self._page(self._first.links.start(), self._first.start)
        self._done.clips = len(ids)
        self._remove_stale()
        told = {"mudata_site": __version__, "finished": now(), "pages": self._done.pages, "sounds": self._done.sounds}
        told |= {"sound withheld": self._done.withheld, "clips left out": self._done.clips_left_out}
        self._put(
            RECORD, (json.dumps(told | {"failed": self._done.failed}, indent=1, ensure_ascii=False) + "\n").encode()
        )
        return self._done

    # ---------------------------------------------------------------------------------------- pages

    def _lists(self, dataset: str) -> list[clip_listing.ClipPage]:
        """The lists of a dataset's clips, up to the number that have pages."""
        search: ClipSearch | None = ClipSearch(dataset=dataset)
        pages: list[clip_listing.ClipPage] = []
        room = self._most
        while search and room > 0:
            page = clip_listing.clip_page(self._index, search)
            if len(page.clips) >= room:
                page = replace(page, clips=page.clips[:room], older=None)
            room -= len(page.clips)
            pages.append(page)
            search = page.older
        for n, page in enumerate(pages):
            file = f"clips/{file_name(dataset)}-{n + 1:04}.html"
            self._files.pages.add(file)
            self._files.lists[page.search] = file
            if n + 1 < len(pages) and (following := pages[n + 1].newer):
                self._files.lists[following] = file
        if pages:
            self._done.clips_left_out += pages[0].total - sum(len(page.clips) for page in pages)
        return pages

    def _write_lists(self, pages: list[clip_listing.ClipPage]) -> None:
        for page in pages:
            self._page(f"../{self._files.lists[page.search]}", partial(self._below.clip_list, page))

    def _run(self, one: run.Run) -> None:
        links = self._below.links
        report = links.report(one.id).removeprefix("../")
        try:
            self._put(report, run_page.report_of(self._home, one.id, self._heard))
            self._done.pages += 1
        except MudataError:  # its own page says why
            self._files.pages.discard(report)
        self._page(links.run(one.id), lambda: self._below.run(one.id))

    def _heard(self, clip_id: str) -> str | None:
        return self._below.links.sound(clip_id) if clip_id in self._files.sounds else None

    def _page(self, address: str, make: Callable[[], str]) -> None:
        """Write a page and the figures that it shows; of one that cannot be made, what is wrong."""
        file = address.removeprefix("../")
        maker = self._below if "/" in file else self._first
        try:
            text = make()
        except MudataError as error:
            self._done.failed[file] = error.what
            text = maker.error(error, "This cannot be shown")
        self._put(file, text.encode("utf-8", "replace"))
        self._done.pages += 1
        for figure, (name, of, narrow) in self._files.wanted.items():
            self._figure(figure, lambda: self._below.figure(name, of, narrow=narrow), fixed=name == "sound")  # noqa: B023
        for figure, (facts, namespace, narrow) in self._files.balances.items():
            self._figure(figure, lambda: self._below.balance(facts, namespace, narrow=narrow), fixed=False)  # noqa: B023
        self._files.wanted.clear()
        self._files.balances.clear()

    def _figure(self, file: str, draw: Callable[[], bytes], *, fixed: bool) -> None:
        """`fixed`: named by its content, so that it need not be drawn again."""
        self._kept.add(file)
        if fixed and (self._folder / file).is_file():
            return
        try:
            self._put(file, draw())
        except MudataError as error:
            self._done.failed[file] = error.what

    # ---------------------------------------------------------------------------------------- sound

    def _look_at_sounds(self, ids: list[str]) -> None:
        """Which clips may be heard, and in which file their sound will be."""
        facts = {
            row["clip_id"]: row
            for begin in range(0, len(ids), 1000)
            for row in self._index.rows(
                "SELECT clip_id, dataset, kind, licence, pcm_sha256 FROM clips"
                " WHERE clip_id IN (SELECT unnest(?::VARCHAR[]))",
                [ids[begin : begin + 1000]],
            )
        }
        self._files.content = {clip_id: row["pcm_sha256"] or "" for clip_id, row in facts.items()}
        for clip_id, row in facts.items():
            sound = clip_facts.door(self._index, clip_id)
            if sound is None:
                continue
            card = card_of(row["dataset"])
            terms = terms_of(row["licence"], card) if card else read_licence(row["licence"] or "")
            whole = playable_kind(sound)
            unchanged = sound.store == "reference" and whole is not None
            if not (self._rights or terms.may_pass_on(unchanged=unchanged)):
                why = f"The licence ({terms.title}) does not let its sound be passed on."
            elif not sound.is_here():
                why = "Its sound is gone."
            else:
                suffix = sound.path.suffix.lower() if whole else ".flac"
                self._files.sounds[clip_id] = f"sound/{file_name(row['pcm_sha256'] or '', clip_id)}{suffix}"
                continue
            self._files.withheld[clip_id] = why
            self._done.withheld[why] = self._done.withheld.get(why, 0) + 1
        self._files.credits = credit_lines(self._home, list(self._files.sounds))

    def _sound(self, clip_id: str) -> None:
        file = self._files.sounds.get(clip_id)
        sound = clip_facts.door(self._index, clip_id) if file else None
        if file is None or sound is None:
            return
        try:
            if not (self._folder / file).is_file():
                self._put(file, _bytes_of(sound))
            self._kept.add(file)
            self._done.sounds += 1
        except AudioError as error:
            self._done.failed[file] = f"{error.reason}: {error.what}"

    # ---------------------------------------------------------------------------------------- files

    def _put(self, file: str, data: bytes) -> None:
        path = self._folder / file
        self._kept.add(file)
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            if path.stat().st_size == len(data) and path.read_bytes() == data:
                return
        write_atomic(path, data)

    def _remove_stale(self) -> None:
        for file in _written(self._folder):
            if file not in self._kept:
                (self._folder / file).unlink(missing_ok=True)
                self._done.removed += 1


def credit_lines(home: Home, clip_ids: list[str]) -> dict[str, str]:
    """By clip id the line that credits it, as licences ask of who passes sound on."""
    if not clip_ids:
        return {}
    with database.snapshot(home) as connection:
        for table in ("clips", "attributes"):  # credits are looked up by dataset, which may have a million clips
            query = f"CREATE TEMP TABLE {table} AS FROM main.{table} WHERE list_contains(?, clip_id)"
            connection.execute(query, [clip_ids])
        datasets = sorted({clip_id.partition("/")[0] for clip_id in clip_ids})
        found = credits_of(connection, "site", datasets=datasets, parts=dict.fromkeys(clip_ids, "site"))
    return {one.clip_id: attribution(one, name=one.clip_id, changes=one.changes) for one in found.clips}


def _written(folder: Path) -> Iterator[str]:
    """The files of a site, those that a kill left unfinished too. No link is followed."""
    for name in FOLDERS:
        if not (folder / name).is_symlink() and (folder / name).is_dir():
            yield from (f"{name}/{entry.name}" for entry in os.scandir(folder / name) if not entry.is_dir())


def _bytes_of(sound: StoredClip) -> bytes:
    """A clip's sound as the server gives it. Raises AudioError."""
    if playable_kind(sound) is None:
        return whole_as_flac(sound, LONGEST_S)
    if sound.store == "reference" and sound.original:
        sound.original.require_unchanged()
    try:
        with at_hand(sound.path):
            return sound.path.read_bytes()
    except OSError as error:
        raise AudioError("vanished", f"{sound.path.name}: {error.strerror}") from error
