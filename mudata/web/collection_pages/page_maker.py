"""Pages as HTML: what is told by the modules of facts, put into templates. A server and a folder of files make the same
pages, with other addresses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.licence_terms import read_licence, terms_of
from mudata.catalog.cards.loader import card_of
from mudata.catalog.splits import manifest
from mudata.errors import AudioError, number
from mudata.storage.disk_size import readable
from mudata.version import __version__
from mudata.web.collection_pages import (
    answer_pieces,
    clip_facts,
    clip_listing,
    collection_figures,
    dataset_facts,
    run_page,
    sound_picture,
    split_facts,
    start_facts,
)
from mudata.web.collection_pages.clip_search import SORTS, STATUSES, ClipSearch
from mudata.web.page_templates import environment, stylesheet

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.errors import MudataError
    from mudata.web.collection_pages.live_index import LiveIndex
    from mudata.web.collection_pages.page_links import PageLinks
    from mudata.web.collection_pages.start_facts import DiskSizes

PACKAGE = "mudata.web.collection_pages"


class PageMaker:
    """Makes every page of a home. Each method raises what the facts that it shows do."""

    def __init__(self, index: LiveIndex, links: PageLinks, sizes: DiskSizes | None = None) -> None:
        self.index, self.links, self._sizes = index, links, sizes
        self._last: tuple[str, sound_picture.SoundPicture] | None = None
        self._templates = environment(PACKAGE)
        self._templates.globals.update(
            links=links,
            number=number,
            day=_day,
            seconds=_seconds,
            hours=_hours,
            search=ClipSearch,
            readable=readable,
            version=__version__,
            pieces=answer_pieces.pieces,
            ended=answer_pieces.ended,
        )

    def render(self, template: str, **facts: Any) -> str:
        return self._templates.get_template(template).render(**facts)

    def start(self) -> str:
        home = self.index.home
        datasets = start_facts.datasets(self.index, self._sizes)
        return self.render(
            "start.html",
            datasets=datasets,
            damaged=start_facts.damaged(home),
            splits=start_facts.own_splits(home),
            published=start_facts.published_splits(self.index),
            runs=start_facts.runs(home),
        )

    def dataset(self, name: str) -> str:
        facts = dataset_facts.dataset_facts(self.index, name)
        card = facts.card
        texts = [row["licence"] for row in facts.tables["licences"]]
        terms = [(text, terms_of(text, card) if card else read_licence(text or "")) for text in texts]
        counts, low, high = dataset_facts.durations(self.index, name)
        return self.render(
            "dataset.html",
            facts=facts,
            terms=terms,
            lasting=(low, high) if counts else None,
            splits=self._splits_of(name),
        )

    def _splits_of(self, dataset: str) -> list[str]:
        """Splits of the home that draw from a dataset; those that cannot be read are told where they are opened."""
        found = self.index.kept(
            "own splits", lambda: [(one.name, one.datasets) for one in manifest.load_all(self.index.home)]
        )
        return [name for name, of in found if dataset in of]

    def clips(self, search: ClipSearch) -> str:
        return self.clip_list(clip_listing.clip_page(self.index, search))

    def clip_list(self, page: clip_listing.ClipPage) -> str:
        """A page of clips that were found before."""
        search = page.search
        return self.render(
            "clips.html",
            page=page,
            datasets=clip_listing.dataset_names(self.index),
            facets=clip_listing.facets(self.index, search.dataset),
            sorts={name: told for name, (told, *_) in SORTS.items()},
            statuses=STATUSES,
        )

    def clip(self, clip_id: str, *, every: bool = False, answers: clip_facts.ClipAnswers | None = None) -> str:
        """`every`: with the answers of all runs; `answers`: with those that are known."""
        facts = clip_facts.clip_facts(self.index, clip_id)
        sound, why = self._sound(clip_id)
        card = card_of(facts.row["dataset"])
        licence = facts.row["licence"]
        return self.render(
            "clip.html",
            facts=facts,
            sound=sound,
            silent=why,
            terms=terms_of(licence, card) if card else read_licence(licence or ""),
            answers=answers or clip_facts.clip_answers(self.index, clip_id, every=every),
            longest=sound_picture.LONGEST_S,
        )

    def _sound(self, clip_id: str) -> tuple[StoredClip | None, str | None]:
        """A clip's sound, or why there is none."""
        sound = clip_facts.door(self.index, clip_id)
        if sound is None:
            return None, None
        if not sound.is_here():
            return None, f"Its file is gone, or is another than was indexed: {sound.path.name}."
        return sound, None

    def split(self, name: str, *, every: bool = False) -> str:
        return self.render("split.html", facts=split_facts.split_facts(self.index, name, every=every))

    def published(self, dataset: str, name: str, *, every: bool = False) -> str:
        facts = split_facts.published_facts(self.index, dataset, name, every=every)
        return self.render("split.html", facts=facts)

    def run(self, name: str) -> str:
        """A run, with the way to its report."""

        return self.render("run.html", facts=run_page.run_page_facts(self.index.home, name))

    def error(self, error: MudataError, title: str) -> str:
        return self.render("error.html", title=title, what=error.what, hint=error.hint)

    def figure(self, name: str, of: str, *, narrow: bool) -> bytes:
        """An SVG: `sound` of a clip, `durations` of a dataset. Raises AudioError where there is nothing to draw."""
        if name == "sound":
            seen = self._seen(of)
            title = f"Waveform and mel spectrogram of {of}"
            return collection_figures.picture(lambda width: sound_picture.draw(seen, width), title, narrow=narrow)
        counts, low, high = dataset_facts.durations(self.index, of)
        if not counts:
            raise AudioError("silent", "no clip has a duration")
        title = f"Clips of {of} by duration"
        return collection_figures.picture(
            lambda width: collection_figures.durations(counts, low, high, width), title, narrow=narrow
        )

    def _seen(self, clip_id: str) -> sound_picture.SoundPicture:
        """What is drawn of a clip; that of the last one is kept, since it is drawn wide and narrow."""
        last = self._last
        if last is None or last[0] != clip_id:
            sound = clip_facts.door(self.index, clip_id)
            if sound is None:
                raise AudioError("silent", "it has no sound")
            self._last = last = clip_id, sound_picture.of_sound(sound)
        return last[1]

    def balance(self, facts: split_facts.SplitFacts, namespace: str, *, narrow: bool) -> bytes:
        """An SVG of how a namespace's labels lie in the parts."""
        parts = facts.balance.get(namespace)
        if not parts:
            raise AudioError("silent", "no label is known")
        title = f"{namespace}: share of each label's clips by part"
        return collection_figures.picture(lambda width: collection_figures.balance(parts, width), title, narrow=narrow)


def style() -> str:
    return stylesheet(PACKAGE, "browse.css")


def _seconds(value: float | None) -> str:
    """'29.9 s', '3:05' from a minute on, '1:02:03' from an hour on."""
    if value is None:
        return "–"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _hours(value: float | None) -> str:
    if not value:
        return "–"
    return f"{value:,.0f} h" if value >= 10 else f"{value:.1f} h" if value >= 1 else f"{60 * value:.1f} min"


def _day(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)[:10] if value else "–"
