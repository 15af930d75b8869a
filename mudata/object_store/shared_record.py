"""The small record that says what the store has of a dataset. Written last, replaced as a whole."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from mudata import json_files
from mudata.json_files import WRONG_SHAPE, NotJson
from mudata.object_store.location import StoreError

VERSION = 1
FILES = "files.parquet"
FOLDER = "records"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class SharedRecord:
    """What the store has of a dataset."""

    dataset: str
    index: str
    """Key of the folder with its tables: its name is made of their hashes."""
    tables: Mapping[str, tuple[str, int]]
    """File in that folder -> sha256, bytes; FILES, and about.json, among them."""
    recipes: tuple[int, ...]
    """Versions of what normalises clips and of the index: where they are the same, so would be what they make."""
    files: int
    size: int
    """How many files of originals and clips, and their bytes together."""
    published: str
    version: int = VERSION

    @property
    def key(self) -> str:
        return key_of(self.dataset)

    def packed(self) -> bytes:
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def key_of(dataset: str) -> str:
    return f"{FOLDER}/{dataset}.json"


def dataset_of(key: str) -> str | None:
    """The dataset that a key is the record of; None for a file of others."""
    folder, _, name = key.rpartition("/")
    stem = name.removesuffix(".json")
    return stem if folder == FOLDER and name.endswith(".json") and _NAME.fullmatch(stem) else None


def index_key(dataset: str, tables: Mapping[str, tuple[str, int]]) -> str:
    """The folder of these tables: other tables have another one."""
    digest = hashlib.sha256(json.dumps(sorted((name, sha) for name, (sha, _) in tables.items())).encode()).hexdigest()
    return f"index/{dataset}/{digest[:32]}"


def unpacked(data: bytes, dataset: str, where: str) -> SharedRecord:
    """A record that was read. Raises StoreError for what is none, is of a newer version, or of another dataset: a store
    is written by others, so that names in it lead nowhere but below its own folders."""
    hint = f"Remove it, and run `mudata fetch {dataset}` on a machine that has the dataset: it is published again."
    try:
        value = json_files.parse(data)
        if isinstance(value, dict) and isinstance(value.get("version"), int) and value["version"] > VERSION:
            raise StoreError(f"{where} was written by a newer mudata.", "Update mudata.")
        record = json_files.as_type(value, SharedRecord)
        sound = (
            record.dataset == dataset
            and all(_NAME.fullmatch(name) and _SHA256.fullmatch(sha) and size >= 0
                    for name, (sha, size) in record.tables.items())
            and {FILES, "about.json"} <= set(record.tables)
            and record.index == index_key(dataset, record.tables)
        )  # fmt: skip
    except (NotJson, *WRONG_SHAPE) as error:
        raise StoreError(f"{where} is damaged: {error}.", hint) from error
    if not sound:
        raise StoreError(f"{where} is damaged, or of something else.", hint)
    return record
