"""The application that raters talk to: /r/TOKEN is where a rater is, whatever was sent before.

    GET  /r/TOKEN                     consent, instructions, the next trial, or thanks
    POST /r/TOKEN                     consent is given
    GET  /r/TOKEN/instructions        once more
    GET  /r/TOKEN/break               nothing is lost
    GET  /r/TOKEN/trial/ID            the next trial, or the last one, to be corrected
    POST /r/TOKEN/trial/ID            answers
    GET  /r/TOKEN/sound/NAME          a stimulus of one of the rater's own trials
    GET  /assets/NAME                 style, script, the sound for the volume

What a rater knows of a test is in these answers: no system, clip, label or run. Nothing is kept before consent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.safe_text import safe
from mudata.web.rating_pages.rater_desk import RaterDesk, RaterRequest
from mudata.web.rating_pages.rater_screens import asset_files
from mudata.web.rating_pages.request_limits import RequestLimit
from mudata.web.rating_pages.volume_sound import volume_sound
from mudata.web.security import middleware

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from mudata.web.rating_pages.rater_pages import Reply

REQUESTS_A_MINUTE = 600
"""Of one rater; a trial takes about ten, its sounds in pieces included. Ours."""
MISSES_A_MINUTE = 30
"""Of one address that asks for links that are not there; links that are there always answer. Ours."""
FIELDS = 100
"""Of a form; trials have some ten."""
_TYPES = {"rating.css": "text/css", "rating.js": "text/javascript"}
_FORM = "application/x-www-form-urlencoded"
"""What browsers make of the forms here (HTML Living Standard, 4.10.22)."""
Answer = Callable[[RaterRequest], "Reply"]


def rating_app(desk: RaterDesk, hosts: Sequence[str], say: Callable[[str], None] = lambda text: None) -> Starlette:
    """The application.

    Args:
        desk: answers what is asked.
        hosts: names by which it is asked; '*': any.
        say: told of what goes wrong, without addresses, which have tokens in them.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    asked = _Asked(desk, say)

    def route(path: str, answer: Answer, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            return await asked.by_rater(request, answer)

        return Route(f"/r/{{token}}{path}", endpoint, methods=[method])

    app = Starlette(
        routes=[
            route("", desk.start),
            route("/", desk.start),
            route("", desk.agree, "POST"),
            route("/instructions", desk.instructions),
            route("/break", desk.rest),
            route("/trial/{trial}", desk.trial),
            route("/trial/{trial}", desk.rate, "POST"),
            route("/sound/{name}", desk.sound),
            Route("/assets/{name}", asked.asset),
        ],
        middleware=middleware(hosts),
        exception_handlers={HTTPException: asked.refuse, Exception: asked.fail},
    )
    app.router.redirect_slashes = False  # it would send a rater behind a proxy, with the token, to plain HTTP
    return app


class _Asked:
    """Between requests of HTTP and the desk."""

    def __init__(self, desk: RaterDesk, say: Callable[[str], None]) -> None:
        self._desk, self._say = desk, say
        self._requests, self._misses = RequestLimit(REQUESTS_A_MINUTE), RequestLimit(MISSES_A_MINUTE)

    async def by_rater(self, request: Request, answer: Answer) -> Response:
        """Who asks, how often, and from where; then the answer, in a thread, since it may wait for the disk."""
        from starlette.concurrency import run_in_threadpool

        rater = self._desk.rater_of(request.path_params["token"])
        if rater is None:
            is_few = self._misses.take(request.client.host if request.client else "")
            return self._refusal(request, 404 if is_few else 429)
        if not self._requests.take(rater):
            return self._refusal(request, 429)
        form = await _sent(request) if request.method == "POST" else {}
        asked = RaterRequest(
            rater=rater,
            language=next(iter(form.get("language", ())), _language(request)),
            accepted=request.headers.get("accept-language", ""),
            told=request.query_params.get("told", ""),
            trial=request.path_params.get("trial", ""),
            sound=request.path_params.get("name", ""),
            form=form,
        )
        try:
            return _written(request, await run_in_threadpool(answer, asked))
        except EvaluationError as error:  # of the store: answers to trials that are not kept are told on their page
            self._say(safe(error.what))
            return self._refusal(request, 503)

    async def asset(self, request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        name = request.path_params["name"]
        if name == "volume.flac":
            content, kind = await run_in_threadpool(volume_sound, self._desk.loudness), "audio/flac"
        elif name in asset_files():
            content, kind = asset_files()[name], _TYPES[name]
        else:
            return self._refusal(request, 404)
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})

    async def refuse(self, request: Request, error: Exception) -> Response:
        return self._refusal(request, getattr(error, "status_code", 500))

    async def fail(self, request: Request, error: Exception) -> Response:
        self._say(f"A page failed: {type(error).__name__}. The rater was told to load it again.")
        return self._refusal(request, 500)

    def _refusal(self, request: Request, status: int) -> Response:
        accepted = request.headers.get("accept-language", "")
        return _written(request, self._desk.refusal(status, _language(request), accepted))


async def _sent(request: Request) -> dict[str, list[str]]:
    """The fields of a form. Raises HTTPException for what another site sends, and for what is no form of ours."""
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect

    if _is_from_elsewhere(request):
        raise HTTPException(403)
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != _FORM:
        raise HTTPException(400)
    try:
        sent = await request.form(max_fields=FIELDS)
    except ClientDisconnect as error:  # gone in the middle of a form, which was not acknowledged
        raise HTTPException(400) from error
    return {key: [one for one in sent.getlist(key) if isinstance(one, str)] for key in sent}


def _written(request: Request, reply: Reply) -> Response:
    from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse

    headers = {"Cache-Control": "no-store"}
    if reply.sound is not None:
        headers = {"Cache-Control": "private, max-age=3600"}
        return FileResponse(reply.sound, media_type="audio/flac", headers=headers)
    if request.method == "POST" and "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"next": reply.next} if reply.next else {"problem": reply.problem}, reply.status, headers)
    if reply.next:
        return RedirectResponse(reply.next, 303, headers)
    return HTMLResponse(reply.page, reply.status, headers)


def _language(request: Request) -> str:
    return str(request.query_params.get("language", ""))


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sends this (Fetch Metadata; Origin, RFC 6454). Pages of ours have
    no referrer, so that a form's Origin may be 'null'; the seal of the form decides then."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return True
    origin: str = request.headers.get("origin", "null")
    return origin != "null" and origin.partition("://")[2] != request.headers.get("host", "")
