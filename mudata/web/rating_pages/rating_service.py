"""Serves a listening test to its raters, until it is told to stop."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mudata.errors import Busy, EvaluationError
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.evaluation.listening.stimuli import require_sounds
from mudata.narration import SILENT, Progress
from mudata.web.page_server import is_loopback, require_extra, serve
from mudata.web.rating_pages.rater_desk import RaterDesk
from mudata.web.rating_pages.rating_app import rating_app
from mudata.web.security import LOOPBACK

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.home import Home
    from mudata.narration import Advance

_ANY = ("0.0.0.0", "::")  # noqa: S104 - what a user may type
HTTP_IS_READ = (
    "Raters reach this over plain HTTP: whoever sees the traffic reads links and answers. Put a proxy with TLS before"
    " it, and give its name with --allow-host. A link is the only key: whoever has one rates in that rater's place."
)


@dataclass(frozen=True, kw_only=True)
class ServedRatings:
    """What came in of a test so far: raters who consented and who are done, trials that are rated."""

    raters: int
    came: int
    finished: int
    trials: int
    rated: int

    def __str__(self) -> str:
        came = f"{self.came} of {self.raters} raters came, {self.finished} are done"
        return f"{came}; {self.rated} of {self.trials} trials are rated."


@dataclass(kw_only=True)
class _Told:
    """Says on stderr who came how far."""

    progress: Progress
    advance: Advance
    raters: int
    finished: int
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def rated(self, rater: str, finished: bool) -> None:
        with self._turn:
            self.advance(1)
            if finished:
                self.finished += 1
                self.progress.say(f"{rater} is done: {self.finished} of {self.raters} raters.")


def serve_test(
    home: Home,
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    allow_hosts: Sequence[str] = (),
    ready: Callable[[str, Mapping[str, str]], None] = lambda address, links: None,
    progress: Progress = SILENT,
) -> ServedRatings:
    """Serve a test until SIGINT or SIGTERM; what came in.

    Args:
        home: where the test is.
        name: of the test.
        host: address of this machine that is listened at.
        port: 0: any that is free.
        allow_hosts: names by which raters reach it through a proxy; links have the first, with https.
        ready: told the address, and the links by rater, once connections are taken.
        progress: told who came how far.

    Raises:
        UnknownName: there is no such test.
        Busy: it is served already.
        EvaluationError: a file of it is missing or damaged; nothing can be served at this address.
        MissingExtra: the extra `listen` is not installed.
    """
    require_extra("Serving a listening test", "listen", "python_multipart", "pyloudnorm", "soundfile")
    test, folder = listening_test.read(home, name), listening_test.folder_of(home, name)
    tokens = rater_links.read(folder, test)
    require_sounds(test, folder)
    if host in _ANY and not allow_hosts:
        raise EvaluationError(
            f"--host {host} listens at every address, and says not by which name raters ask.",
            "Give the name or address that is in their links with --allow-host.",
        )
    with _alone(home, name), RatingStore(folder) as store:
        before = ratings_so_far(test, store)
        with progress.bar(f"Ratings of {name}", total=before.trials, unit="trials") as advance:
            advance(before.rated)
            told = _Told(progress=progress, advance=advance, raters=before.raters, finished=before.finished)
            desk = RaterDesk(test, folder, tokens, store, rated=told.rated)
            if not is_loopback(host):
                progress.say(HTTP_IS_READ)

            def is_ready(address: str) -> None:
                base = f"https://{allow_hosts[0]}" if allow_hosts else address
                ready(base, {rater: f"{base}/r/{token}" for rater, token in tokens.items()})

            serve(rating_app(desk, [*LOOPBACK, *_names(host), *allow_hosts], progress.say), host, port, is_ready)
        return ratings_so_far(test, store)


def ratings_so_far(test: ListeningTest, store: RatingStore) -> ServedRatings:
    """Counts of a test and its store. A trial counts when all of its aspects are rated."""
    aspects: dict[tuple[str, str], set[str]] = {}
    for rating in store.ratings():
        aspects.setdefault((rating.rater, rating.trial), set()).add(rating.aspect)
    raters = store.raters()
    return ServedRatings(
        raters=len(test.raters),
        came=sum(rater.consented_at is not None for rater in raters),
        finished=sum(rater.finished_at is not None for rater in raters),
        trials=len(test.trials),
        rated=sum(len(said) == len(test.aspects) for key, said in aspects.items() if key in test.trials),
    )


def _names(host: str) -> list[str]:
    return [] if host in _ANY else [f"[{host}]" if ":" in host else host]


@contextlib.contextmanager
def _alone(home: Home, name: str) -> Iterator[None]:
    """Two servers would each let a rater ask as often as one may, and tell half of what comes."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(home.lock(f"listening-{name}", wait_s=0))
        except Busy as error:
            raise Busy(f"The listening test {name!r} is being served already.", "End that server first.") from error
        yield
