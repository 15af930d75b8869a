"""Where pages are: addresses on the server, and what of them a template asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from mudata.web.collection_pages.clip_search import ClipSearch
    from mudata.web.collection_pages.split_facts import SplitFacts


class PageLinks:
    """Addresses of a server's pages. Ids of clips stand in the query: a browser would take '..' in a path away."""

    is_static = False

    def start(self) -> str:
        return "/"

    def file(self, name: str) -> str:
        """Of a file that comes with the pages."""
        return f"/files/{quote(name)}"

    def dataset(self, name: str) -> str:
        return f"/dataset/{quote(name, safe='')}"

    def clips(self, search: ClipSearch) -> str:
        return "/clips" + (f"?{urlencode(pairs)}" if (pairs := search.pairs()) else "")

    def clip(self, clip_id: str) -> str:
        return f"/clip?{urlencode({'id': clip_id})}"

    def answers(self, clip_id: str) -> str:
        """The clip with the answers of all runs, however many those are."""
        return f"/clip?{urlencode({'id': clip_id, 'answers': 'all'})}#answers"

    def sound(self, clip_id: str) -> str:
        return f"/sound?{urlencode({'id': clip_id})}"

    def figure(self, name: str, of: str, *, narrow: bool = False) -> str:
        """A figure by its name: of a clip, a dataset or a split."""
        return f"/figure/{name}.svg?{urlencode({'of': of} | ({'narrow': '1'} if narrow else {}))}"

    def split(self, name: str) -> str:
        return f"/split/{quote(name, safe='')}"

    def published(self, dataset: str, name: str) -> str:
        return f"/published?{urlencode({'dataset': dataset, 'split': name})}"

    def leaks(self, facts: SplitFacts) -> str:
        """The page of a split with all that can be looked for."""
        page = self.split(facts.name) if facts.dataset is None else self.published(facts.dataset, facts.name)
        return f"{page}{'&' if '?' in page else '?'}leaks=all#leaks"

    def balance(self, facts: SplitFacts, namespace: str, *, narrow: bool = False) -> str:
        """The figure of how a namespace's labels lie in the parts of a split."""
        of = {"dataset": facts.dataset or "", "split": facts.name, "namespace": namespace}
        asked = {"leaks": "all"} if facts.is_whole else {}
        return f"/balance.svg?{urlencode(of | asked | ({'narrow': '1'} if narrow else {}))}"

    def may_hear(self, clip_id: str) -> bool:
        """Whether pages have the clip's sound: who asks this server has the file."""
        return True

    def credit(self, clip_id: str) -> str:
        """The line by which a clip is credited where its sound is passed on; '' where it is not."""
        return ""

    def run(self, name: str) -> str:
        return f"/run/{quote(name, safe='')}"

    def report(self, name: str) -> str:
        return f"/run/{quote(name, safe='')}/report.html"
