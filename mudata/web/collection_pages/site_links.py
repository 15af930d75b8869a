"""Addresses in a folder of pages: each relative to the page that has it, so that they hold on any host and from a file.

What is asked of it is kept: figures are drawn that a page shows, and no others.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from mudata.web.collection_pages.page_links import PageLinks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata.web.collection_pages.clip_search import ClipSearch
    from mudata.web.collection_pages.split_facts import SplitFacts


def file_name(*told: str) -> str:
    """A name that every file system takes and none takes for another: what it is of, and a hash of that."""
    digest = hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", told[-1])[:60].strip(".-")
    return f"{plain}-{digest}" if plain else digest


class SiteLinks(PageLinks):
    """Of pages in a folder of the site (`up` is '../') or beside its first page ('')."""

    is_static = True

    def __init__(self, up: str, site: SiteFiles) -> None:
        self._up, self._site = up, site

    def start(self) -> str:
        return f"{self._up}index.html"

    def file(self, name: str) -> str:
        return f"{self._up}files/{name}"

    def dataset(self, name: str) -> str:
        return self._there(f"dataset/{file_name(name)}.html")

    def clips(self, search: ClipSearch) -> str:
        """The list of a dataset's clips; nothing else is looked for in a folder."""
        return self._there(self._site.lists.get(search, ""))

    def clip(self, clip_id: str) -> str:
        return self._there(f"clip/{file_name(clip_id)}.html")

    def answers(self, clip_id: str) -> str:
        return self.clip(clip_id)

    def sound(self, clip_id: str) -> str:
        return f"{self._up}{self._site.sounds[clip_id]}"

    def may_hear(self, clip_id: str) -> bool:
        return clip_id in self._site.sounds

    def credit(self, clip_id: str) -> str:
        return self._site.credits.get(clip_id, "")

    def why_not_heard(self, clip_id: str) -> str:
        return self._site.withheld.get(clip_id, "It has no sound of its own.")

    def figure(self, name: str, of: str, *, narrow: bool = False) -> str:
        file = f"figure/{name}-{file_name(self._site.content.get(of, ''), of)}{'-narrow' if narrow else ''}.svg"
        self._site.wanted[file] = (name, of, narrow)
        return f"{self._up}{file}"

    def balance(self, facts: SplitFacts, namespace: str, *, narrow: bool = False) -> str:
        of = (facts.dataset or "", facts.name, namespace)
        file = f"figure/balance-{file_name(*of)}{'-narrow' if narrow else ''}.svg"
        self._site.balances[file] = (facts, namespace, narrow)
        return f"{self._up}{file}"

    def split(self, name: str) -> str:
        return self._there(f"split/{file_name(name)}.html")

    def published(self, dataset: str, name: str) -> str:
        return self._there(f"published/{file_name(dataset, name)}.html")

    def run(self, name: str) -> str:
        return self._there(f"run/{file_name(name)}.html")

    def report(self, name: str) -> str:
        return self._there(f"run/{file_name(name)}-report.html")

    def _there(self, file: str) -> str:
        """The address of a page that the site has; '' of one that it has not."""
        return f"{self._up}{file}" if file in self._site.pages else ""


class SiteFiles:
    """What a site has, and what its pages asked for."""

    def __init__(self) -> None:
        self.pages: set[str] = set()
        self.lists: dict[ClipSearch, str] = {}
        self.sounds: dict[str, str] = {}
        """By clip id the file of its sound, of clips whose sound may be given."""
        self.credits: dict[str, str] = {}
        """By clip id the line by which it is credited, of clips whose sound is there."""
        self.withheld: dict[str, str] = {}
        """By clip id why its sound is not there."""
        self.content: Mapping[str, str] = {}
        """By clip id a hash of its sound: a figure of other sound is another file."""
        self.wanted: dict[str, tuple[str, str, bool]] = {}
        self.balances: dict[str, tuple[SplitFacts, str, bool]] = {}
