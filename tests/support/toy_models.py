"""Two models that share a language model, with hosts on 127.0.0.1: cards, parts, bytes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import yaml
from fake_hub import sha256
from misbehaving import Answer, Server

SHARD, ADAPTER, ENCODER = (random.Random(seed).randbytes(300_000) for seed in (1, 2, 3))
INDEX = json.dumps({"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}}).encode()
BASE = {
    "config.json": b'{"model_type": "llama"}',
    "pytorch_model.bin.index.json": INDEX,
    "pytorch_model-00001-of-00001.bin": SHARD,
    "tokenizer.model": b"words",
}
WHOLE = {
    "config.json": b'{"model_type": "clap"}',
    "model.safetensors": SHARD[::-1],
    "pytorch_model.bin": SHARD,
    "tf_model.h5": SHARD,
    ".gitattributes": b"x",
    "README.md": b"# whole",
}
REPOS = {"somebody/base": BASE, "somebody/whole": WHOLE}
BASE_LISTING = ["config.json", "pytorch_model.bin.index.json", "pytorch_model-*.bin", "tokenizer.model"]


def part(name: str, *mirrors: dict[str, Any], **more: Any) -> dict[str, Any]:
    licence = {"text": f"terms of {name}", "usage": "unrestricted"}
    return {"name": name, "what": f"what {name} is", "licence": licence, "size": "1 kB", "mirrors": mirrors} | more


def hub(repo: str, *paths: str, **more: Any) -> dict[str, Any]:
    files = [{"path": path} for path in paths]
    return {"kind": "huggingface", "repo": repo, "repo_type": "model", "revision": "main", "files": files} | more


def http(server: Server, path: str, data: bytes, **known: Any) -> dict[str, Any]:
    """A file of the misbehaving server; its answer has been set before, or is set here."""
    url = server.url(f"/{path}")
    if f"/{path}" not in server.answers:
        server.serve(f"/{path}", Answer(data, etag='"1"'))
    return {"kind": "http", "files": [{"path": path, "url": url, "size": len(data), "sha256": sha256(data)} | known]}


def model(name: str, **more: Any) -> dict[str, Any]:
    licence = {"text": "for research", "usage": "research"}
    return {"name": name, "title": f"Model {name}", "family": "ltu", "licence": licence} | more


def write(folder: Path, models: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    """Cards below `folder`, which MUDATA_CARDS names."""
    (folder / "models" / "parts").mkdir(parents=True, exist_ok=True)
    for card in models:
        (folder / "models" / f"{card['name']}.yaml").write_text(yaml.safe_dump(card, sort_keys=False))
    for card in parts:
        (folder / "models" / "parts" / f"{card['name']}.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(card))))


def usual(folder: Path, server: Server) -> None:
    """toy-a and toy-b, each an adapter of its own on one base."""
    base = part("toy-base", hub("somebody/base", *BASE_LISTING))
    a, b = part("toy-a", http(server, "a.bin", ADAPTER)), part("toy-b", http(server, "b.bin", ENCODER))
    layouts = {name: {".": name, "base": "toy-base"} for name in ("toy-a", "toy-b")}
    write(folder, [model(name, layout=layout) for name, layout in layouts.items()], [base, a, b])
