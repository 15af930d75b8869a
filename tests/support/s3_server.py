"""A server of S3 on 127.0.0.1, and machines that share a store: each with a home of its own."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import tones_on_disk
from tones_on_disk import Tone

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.index import database, shared_index
from mudata.catalog.ingest import get
from mudata.execution.local_processes import LocalProcesses
from mudata.home import Home

if TYPE_CHECKING:
    import pytest

    from mudata.catalog.ingested import Ingested

ROWS: dict[str, dict[str, Any]] = {
    "a": {"genre": "low", "part": "train"},
    "b": {"genre": "middle", "part": "test"},
    "c": {"genre": "high", "part": "train"},
}

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDNOBODY",
    "AWS_SECRET_ACCESS_KEY": "secret-of-nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass
class Lab:
    """Machines that share a store. The one that works is `at`."""

    url: str
    folder: Path
    environment: pytest.MonkeyPatch

    def at(self, name: str) -> Home:
        """This machine from now on: its home, and nothing that was asked of the store before."""
        home = Home(self.folder / name)
        self.environment.setenv("MUDATA_HOME", str(home.root))
        self.environment.setenv("MUDATA_STORE", self.url)
        self.environment.setenv("MUDATA_CARDS", str(self.folder / "cards"))
        self.environment.setattr(shared_index, "EVERY_S", 0.0)  # as if each command were a process
        return home

    def lay(self, tone: Tone) -> Path:
        """The raw files as their host has them, and the card."""
        tones_on_disk.card(self.folder / "cards")
        host = Home(self.folder / "host")
        return host.raw("tones") if host.raw("tones").exists() else tones_on_disk.lay(host, tone, ROWS).parent

    def fetch(self, home: Home, origin: Path | None = None, **request: Any) -> Ingested:
        card = tones_on_disk.card(self.folder / "cards")
        own = {"origin": (origin / "files",), "copy": True} if origin else {}
        return get(
            card, home, FetchRequest(**own, executor=LocalProcesses(1), **request), audio_format=AudioFormat(None)
        )

    def clips(self, home: Home) -> dict[str, StoredClip]:
        """The sound of clips by id."""
        with database.snapshot(home) as connection:
            source = f"{clips_as(repaired=False)} ORDER BY clip_id"
            table = connection.sql(f"SELECT clip_id, {', '.join(COLUMNS)} FROM {source}").to_arrow_table()
        found = {row["clip_id"]: StoredClip.of_row(home, row) for row in table.to_pylist()}
        return {name: clip for name, clip in found.items() if clip}


def sound_in(home: Home) -> list[str]:
    """Names of the files of sound in a home."""
    return sorted(path.name for path in home.root.rglob("*") if path.suffix in (".wav", ".flac"))


@contextlib.contextmanager
def refusing(status: int, code: str, *, after_s: float = 0) -> Iterator[str]:
    """A server that answers every request with one error of S3 (or after a while, or when it is closed); its URL."""
    closed = Event()

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            closed.wait(after_s)
            body = f"<Error><Code>{code}</Code><Message>told {code}</Message></Error>".encode()
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _refuse

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        closed.set()
        server.shutdown()
        server.server_close()
        thread.join()


_numbers = itertools.count()


def new_prefix() -> str:
    return f"lab{next(_numbers)}"
