"""The application that serves a home's collection. It takes GET and HEAD alone: nothing can be changed by it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.errors import ArgumentError, AudioError, HomeError, MudataError, SplitError, UnknownName
from mudata.safe_text import safe
from mudata.web import security
from mudata.web.collection_pages import clip_facts, clip_listing, run_page, split_facts
from mudata.web.collection_pages.clip_search import ClipSearch
from mudata.web.collection_pages.live_index import LIMIT_S, LiveIndex, TooSlow
from mudata.web.collection_pages.page_links import PageLinks
from mudata.web.collection_pages.page_maker import PageMaker, style
from mudata.web.collection_pages.sound_answer import BytesKept, sound_answer
from mudata.web.collection_pages.start_facts import DiskSizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from mudata.home import Home

SOUND_KEPT = 96 * 2**20
"""Bytes of sound that was encoded for players, kept. Chosen here: some dozens of clips."""

DRAWN_KEPT = 32 * 2**20
"""Bytes of figures that are kept: some hundreds."""

REPORTS_KEPT = 64 * 2**20

_FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""Of a figure, which has its own colours inside and no script."""

_REPORT_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Of a report, which says by itself that its own script alone may run, and that it asks nobody for anything."""

_STATUS: tuple[tuple[type[MudataError], int, str], ...] = (
    (TooSlow, 503, "This takes too long"),
    (clip_facts.NoSuchClip, 404, "There is no such clip"),
    (UnknownName, 404, "There is no such page"),
    (ArgumentError, 400, "This cannot be looked for"),
    (AudioError, 404, "There is nothing to hear"),
    (SplitError, 422, "This split cannot be shown"),
    (HomeError, 500, "The index cannot be read"),
    (MudataError, 422, "This cannot be shown"),
)


def application(home: Home, hosts: Sequence[str], limit_s: float = LIMIT_S, *, warm: bool = False) -> Starlette:
    """Everything about a home as pages; `state.close()` ends all that it does by itself.

    `hosts`: names it is asked by (`security.middleware`). `warm`: make what every reader looks at first before anybody
    asks.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    site = _Site(home, limit_s)
    if warm:
        site.warm()
    routes = {
        "/": site.start,
        "/clips": site.clips,
        "/clip": site.clip,
        "/sound": site.sound,
        "/dataset/{name}": site.dataset,
        "/split/{name}": site.split,
        "/published": site.published,
        "/run/{name}": site.run,
        "/run/{name}/report.html": site.report,
        "/figure/{name}.svg": site.figure,
        "/balance.svg": site.balance,
        "/files/style.css": site.style,
        "/robots.txt": site.robots,
    }
    app = Starlette(
        routes=[Route(path, site.told(answer), methods=["GET"]) for path, answer in routes.items()],
        middleware=security.middleware(hosts),
        exception_handlers={404: site.not_found, 405: site.not_allowed},
    )
    app.state.close = site.close
    return app


class _Site:
    """Answers requests; each runs in a thread of its own."""

    def __init__(self, home: Home, limit_s: float) -> None:
        self._index = LiveIndex(home, limit_s)
        self._links = PageLinks()
        self._sizes = DiskSizes(home)
        self._pages = PageMaker(self._index, self._links, self._sizes)
        self._style = style().encode()
        self._sounds, self._drawn, self._reports = map(BytesKept, (SOUND_KEPT, DRAWN_KEPT, REPORTS_KEPT))

    def warm(self) -> None:
        """The first page now, and what is dear of the others in the background. What fails will be told when asked."""
        with contextlib.suppress(MudataError):
            self._pages.start()
        threading.Thread(target=self._warm_datasets, name="warming").start()

    def _warm_datasets(self) -> None:
        with contextlib.suppress(MudataError):
            self._pages.clips(ClipSearch())
            for name in clip_listing.dataset_names(self._index):
                with contextlib.suppress(MudataError):
                    self._pages.dataset(name)

    def close(self) -> None:
        """Stop what is still at work."""
        self._index.close()
        self._sizes.close()

    def told(self, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """An answer whose errors are pages with words."""

        def answered(request: Request) -> Response:
            try:
                return answer(request)
            except MudataError as error:
                return self._error(error)
            except Exception as error:  # whatever it is, it is told in words, and by the server too
                print(safe(f"{request.url.path}: {type(error).__name__}: {error}"), file=sys.stderr)  # noqa: T201
                what = f"This page could not be made ({type(error).__name__})."
                return self._error(MudataError(what, "The server's own output tells more."), 500)

        return answered

    def _error(self, error: MudataError, status: int | None = None) -> Response:
        found = next((code, title) for kind, code, title in _STATUS if isinstance(error, kind))
        return self._html(self._pages.error(error, found[1]), status or found[0])

    def _html(self, text: str, status: int = 200) -> Response:
        from starlette.responses import Response

        headers = {"Cache-Control": "no-cache"}
        return Response(text.encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8")

    async def not_found(self, request: Request, _: Exception) -> Response:
        return self._error(MudataError(f"Nothing is at {request.url.path[:200]}."), 404)

    async def not_allowed(self, request: Request, _: Exception) -> Response:
        what = "These pages can be read and not written to."
        return self._error(MudataError(what), 405)

    def start(self, _: Request) -> Response:
        return self._html(self._pages.start())

    def clips(self, request: Request) -> Response:
        return self._html(self._pages.clips(ClipSearch.of_query(request.query_params.multi_items())))

    def clip(self, request: Request) -> Response:
        every = request.query_params.get("answers") == "all"
        return self._html(self._pages.clip(_asked(request, "id"), every=every))

    def dataset(self, request: Request) -> Response:
        return self._html(self._pages.dataset(request.path_params["name"]))

    def split(self, request: Request) -> Response:
        return self._html(self._pages.split(_split_name(request.path_params["name"]), every=_every(request)))

    def published(self, request: Request) -> Response:
        dataset, name = _asked(request, "dataset"), _asked(request, "split")
        return self._html(self._pages.published(dataset, name, every=_every(request)))

    def run(self, request: Request) -> Response:
        return self._html(self._pages.run(_run_name(request)))

    def report(self, request: Request) -> Response:
        home, name = self._index.home, _run_name(request)
        mark = run_page.report_mark(home, name)
        made = self._reports.get(mark, lambda: run_page.report_of(home, name, self._links.sound))
        answer = self._html("")
        answer.body = made
        answer.init_headers({"Cache-Control": "no-cache", "Content-Security-Policy": _REPORT_POLICY})
        return answer

    def sound(self, request: Request) -> Response:
        clip_id = _asked(request, "id")
        sound = clip_facts.door(self._index, clip_id)
        if sound is None:
            raise AudioError("silent", f"{clip_id} has no sound")
        return sound_answer(sound, clip_id, self._sounds, request.headers.get("range"))

    def figure(self, request: Request) -> Response:
        name, of = request.path_params["name"], _asked(request, "of")
        if name not in ("sound", "durations"):
            raise UnknownName("figure", name, ("sound", "durations"))
        narrow = "narrow" in request.query_params
        key = (name, of, narrow, self._index.generation_of(of))
        return _svg(self._drawn.get(key, lambda: self._pages.figure(name, of, narrow=narrow)))

    def balance(self, request: Request) -> Response:
        name, namespace = _asked(request, "split"), _asked(request, "namespace")
        dataset, narrow = request.query_params.get("dataset"), "narrow" in request.query_params
        every = _every(request)
        if dataset:
            facts = split_facts.published_facts(self._index, dataset, name, every=every)
        else:
            facts = split_facts.split_facts(self._index, _split_name(name), every=every)
        return _svg(self._pages.balance(facts, namespace, narrow=narrow))

    def style(self, _: Request) -> Response:
        from starlette.responses import Response

        return Response(self._style, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    def robots(self, _: Request) -> Response:
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("User-agent: *\nDisallow: /\n")


def _svg(data: bytes) -> Response:
    from starlette.responses import Response

    headers = {"Content-Security-Policy": _FIGURE_POLICY, "Cache-Control": "private, max-age=60"}
    return Response(data, media_type="image/svg+xml", headers=headers)


def _asked(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value or len(value) > 2000:
        raise ArgumentError(f"The address does not say {name}, or says too much.", "Begin at the collection.")
    return value


def _every(request: Request) -> bool:
    return request.query_params.get("leaks") == "all"


def _split_name(name: str) -> str:
    """A name in the home, and no path of a file elsewhere, which the command line takes too."""
    if name.endswith(".json"):
        raise UnknownName("split", name, ())
    return name


def _run_name(request: Request) -> str:
    """As `_split_name`, of a run."""
    name = str(request.path_params["name"])
    if name in ("", ".", "..") or "\\" in name or "/" in name:
        raise UnknownName("run", name, ())
    return name
