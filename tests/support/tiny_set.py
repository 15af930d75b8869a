"""A dataset of six short tones in two genres: a table, an archive, single files, and a card with loopback addresses."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from misbehaving import Answer, Server

from mudata.catalog.cards.schema import Card

IDS = [f"{genre}.{number:05}" for genre in ("rock", "jazz") for number in range(3)]


def tone(hz: float, seconds: float = 1.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, 0.4 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate), rate, format="WAV")
    return out.getvalue()


CLIPS = {f"tiny/{id_}.wav": tone(220 + 30 * n) for n, id_ in enumerate(IDS)}
TABLE = ("id,genre,artist\n" + "".join(f"{i},{i.split('.')[0]},artist {n % 3}\n" for n, i in enumerate(IDS))).encode()


def zipped(members: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in ({"tiny/README.txt": b"read me"} | CLIPS if members is None else members).items():
            archive.writestr(zipfile.ZipInfo(name), data)  # ZipInfo: without the time of day
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def card(server: Server, **changes: Any) -> Card:
    return built(as_dict(server) | changes)


def built(made: dict[str, Any]) -> Card:
    return Card.model_validate(made)


def as_dict(server: Server) -> dict[str, Any]:
    """The card; everything it names is served."""
    packed = zipped()
    return {
        "name": "tiny",
        "title": "Tiny Set",
        "summary": "Six tones.",
        "tags": ["genre"],
        "format": "wav",
        "duration": {"nominal": 1, "min": 1, "max": 1},
        "licence": {"text": "CC BY 4.0", "usage": "unrestricted", "redistributable": True},
        "citation": {"text": "Nobody.", "bibtex": "@misc{nobody}"},
        "homepage": "https://example.org",
        "availability": "open",
        "sources": {
            "metadata": {
                "what": "the table",
                "mirrors": [http(plain(server, "tiny.csv", TABLE))],
            },
            "audio": {
                "what": "the clips",
                "mirrors": [http(archive(server, "tiny.zip", packed))],
            },
        },
        "tables": {
            "listed": {
                "path": "**/tiny.csv",
                "select": "SELECT * FROM read_csv({path}, header = true, all_varchar = true)",
                "columns": {"id": "VARCHAR", "genre": "VARCHAR", "artist": "VARCHAR"},
            }
        },
        "clips": [
            {
                "files": "**/tiny/{stem}.wav",
                "select": "SELECT id, 'tiny/' || id || '.wav' AS path, artist, genre FROM listed",
            }
        ],
        "labels": {"genre": {"select": "SELECT id, genre AS label FROM listed", "vocabulary": ["rock", "jazz"]}},
        "expected": {"clips": {"all": 6}},
        "tasks": {"genre": {"kind": "classify", "namespace": "genre", "noun": "genre"}},
    }


def http(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "http", "files": list(files)} | more


def plain(server: Server, path: str, data: bytes, *answers: Answer) -> dict[str, Any]:
    url = server.serve(f"/{path}", *(answers or (Answer(data, etag='"1"'),)))
    return {"path": path, "url": url, "size": len(data), "sha256": sha256(data)}


def archive(server: Server, path: str, data: bytes, *answers: Answer) -> dict[str, Any]:
    return plain(server, path, data, *answers) | {"unpack": "archive"}


def clipwise(server: Server, *absent: str) -> dict[str, Any]:
    """Every clip at an address of its own."""
    for path, data in CLIPS.items():
        if Path(path).stem not in absent:
            server.serve(f"/clips/{Path(path).name}", Answer(data))
    return {"kind": "http-clips", "url": server.url("/clips/{id}.wav"), "path": "tiny/{id}.wav"}


def write(card: Card, folder: Path) -> Path:
    path = folder / f"{card.name}.yaml"
    path.write_text(yaml.safe_dump(card.model_dump(mode="json", exclude_defaults=True), sort_keys=False))
    return path
