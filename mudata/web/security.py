"""What stands before every page: which hosts it is asked by, how much it is sent, and what a browser may do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.middleware import Middleware
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts by which a browser on this machine asks. Any other is a foreign page that had its name pointed here."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy: nothing from elsewhere, nothing inline, in no frame (W3C, CSP Level 3)."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Headers of every answer: OWASP, HTTP Security Response Headers Cheat Sheet."""

LARGEST_BODY = 64 * 1024
"""Bytes of a request's body; forms of these pages have some hundred."""


def middleware(hosts: Sequence[str], largest_body: int = LARGEST_BODY) -> list[Middleware]:
    """What every application has, outermost first. `hosts`: names, without ports, it is asked by; '*': any."""
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return [
        Middleware(SafeHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(BodyLimit, largest=largest_body),
    ]


class SafeHeaders:
    """Adds HEADERS to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import MutableHeaders

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, safely if scope["type"] == "http" else send)


class BodyLimit:
    """Answers 413 to a body of more than `largest` bytes, said or sent, before the application has all of it."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.exceptions import HTTPException
        from starlette.responses import PlainTextResponse

        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.largest:  # a body that came in pieces, of a length not told
                raise HTTPException(413, self._words)
            return message

        if said.isdigit() and int(said) > self.largest:
            await PlainTextResponse(self._words, 413)(scope, receive, send)
            return
        await self.app(scope, counted, send)

    @property
    def _words(self) -> str:
        return f"This is more than {self.largest:,} bytes, the most that is taken here.\n"
