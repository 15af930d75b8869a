"""Where a dataset lives, as a card says it: components, each with mirrors in order of
preference."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    field_validator,
    model_validator,
)

from mudata.catalog.cards.strict_model import (
    Extended,
    PathPatterns,
    PathTemplate,
    RelativePath,
    Strict,
    Template,
    Texts,
)

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Sha1 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Md5 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Rows(Strict):
    """How to turn rows of Parquet or Arrow shards into files (read with `datasets`, undecoded).

    `audio` names the column that holds encoded audio bytes; each row is written to
    `path`, a template over the row's columns, `{index}` (row number in its shard), `{row}`
    (row number over all shards of one split), `{shard}`, `{split}`, and `{name}` and `{stem}` of the file
    name that is embedded beside the bytes (else of `<split>-<row>`). ClassLabel columns give their names. All
    other columns but images go, with `path` (NULL where a row has no audio) and `split`, to the Parquet file `table`;
    with `{split}` in its name there is one for each, whose columns may be others.
    """

    audio: str
    path: PathTemplate
    table: PathTemplate
    split: str = r"(train|validation|valid|test)"
    """Regular expression that finds the split's name in a shard's path: its first group, or all of it."""

    @field_validator("table")
    @classmethod
    def _of_splits(cls, table: str) -> str:
        if set(re.findall(r"\{(.*?)\}", table)) - {"split"}:
            raise ValueError("braces in the name of a table hold `split` alone")
        return table


class RemoteFile(Strict):
    """One file of a source: its address (`path` in a repository or Kaggle set, or `url`),
    what is known of its bytes, and what to do with it."""

    path: RelativePath
    """Where it goes below `files/` (plain files), or its name in the host's repository; a
    glob for hosts that can list (Hugging Face, Kaggle)."""
    url: str | None = None
    """Plain HTTP(S) only; hosts with an API derive it."""
    size: PositiveInt | None = None
    sha256: Sha256 | None = None
    sha1: Sha1 | None = None
    md5: Md5 | None = None
    also: tuple[Sha256, ...] = ()
    """Other sha256 sums of the same content (line endings), equally good."""
    unpack: Literal["none", "archive", "rows"] = "none"
    keep: PathPatterns = ()
    """For archives: globs of members to extract; empty means all."""
    max_unpacked: PositiveInt | None = None
    """Cap on the extracted bytes; default 20 times the archive, at least 64 MiB."""
    subset: str | None = None
    """Only needed when this subset is fetched; None: always."""


class Mirror(Strict):
    status: Literal["live", "dead", "unverified"] = "unverified"
    checked: str | None = None
    """When `status` was last seen to be so (YYYY-MM-DD)."""
    note: str | None = None


class HttpMirror(Mirror):
    kind: Literal["http"]
    files: tuple[RemoteFile, ...]

    @model_validator(mode="after")
    def _has_urls(self) -> Self:
        for file in self.files:
            if not file.url:
                raise ValueError(f"http file {file.path!r} has no url")
            if file.unpack == "rows":
                raise ValueError(f"http file {file.path!r}: only huggingface mirrors have rows")
        return self


class HubMirror(Mirror):
    """A Hugging Face dataset (or model) repository at a fixed revision."""

    kind: Literal["huggingface"]
    repo: str
    revision: str
    repo_type: Literal["dataset", "model"] = "dataset"
    gated: bool = False
    files: tuple[RemoteFile, ...]
    rows: Rows | None = None


class KaggleMirror(Mirror):
    kind: Literal["kaggle"]
    dataset: str
    """owner/slug"""
    version: PositiveInt | None = None
    files: tuple[RemoteFile, ...] = ()
    """Empty: the whole set, as the host's one archive."""
    size: PositiveInt | None = None
    sha256: Sha256 | None = None


class ClipwiseMirror(Mirror):
    """One HTTP file per clip: can fetch exactly the clips that were asked for.

    `url` and `path` are templates over the columns of the clip SELECT; `sha256` names the
    column that holds the expected sum, if any.
    """

    kind: Literal["http-clips"]
    url: Template
    path: PathTemplate
    sha256: str | None = None
    subset: str | None = None


class YoutubeMirror(Mirror):
    """Segments of YouTube videos, cut by yt-dlp; `video`, `start`, `end` name columns of the clip SELECT. Without an
    `end` (null) a clip lasts as long as its video."""

    kind: Literal["youtube"]
    video: str = "ytid"
    start: str = "start_s"
    end: str | None = "end_s"
    path: PathTemplate
    tolerance_s: PositiveFloat = 0.1


class LocalMirror(Mirror):
    """Nothing can be downloaded: `how` tells the user how to come by the data."""

    kind: Literal["local"]
    how: str


class ComposedMirror(Mirror, Extended):
    """Written by mudata itself (the demo, exams): `composer` names the function, `settings` say what it writes."""

    LATER = frozenset({"settings", "subsets"})

    kind: Literal["composed"]
    composer: str
    settings: dict[str, int | str] = Field(default_factory=dict)
    subsets: Texts = ()
    """Only needed when one of these subsets is fetched; none: always."""


AnyMirror = Annotated[
    HttpMirror | HubMirror | KaggleMirror | ClipwiseMirror | YoutubeMirror | LocalMirror | ComposedMirror,
    Field(discriminator="kind"),
]


class Component(Strict):
    """Something that the dataset consists of (audio, an index of artists, metadata), with
    mirrors in order of preference. An optional component that cannot be had is noted, not fatal."""

    what: str
    optional: bool = False
    mirrors: Annotated[tuple[AnyMirror, ...], Field(min_length=1)]
