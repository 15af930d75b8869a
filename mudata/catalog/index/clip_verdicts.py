"""Who reads the raw file of one clip, how much of it, and what is wrong with that: `mudata verify --deep CLIP`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mudata.catalog.index import database
from mudata.errors import AudioError, HomeError
from mudata.object_store.local_cache import at_hand

if TYPE_CHECKING:
    from mudata.catalog.audio.decode import DecoderVerdict
    from mudata.home import Home


@dataclass(frozen=True, kw_only=True)
class ClipVerdicts:
    """One clip, and how each decoder at hand fares with its whole raw file."""

    clip_id: str
    source: str
    """The raw file."""
    status: str
    """In the index: ok, quarantined or missing."""
    reason: str | None
    """Why it is not ok, in the index."""
    verdicts: tuple[DecoderVerdict, ...]
    problem: str | None = None
    """Why nobody could be asked: a machine word, then ': ' and the details."""

    @property
    def ok(self) -> bool:
        """Whether the clip is usable, and its file still read to the end by the decoder that is chosen."""
        return self.status == "ok" and any(verdict.chosen and not verdict.problem for verdict in self.verdicts)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each decoder."""
        return [asdict(verdict) for verdict in self.verdicts]

    def __str__(self) -> str:
        said = self.status if self.reason is None else f"{self.status}: {self.reason}"
        lines = [f"{self.clip_id} ({self.source}): {said}", *([self.problem] if self.problem else [])]
        for verdict in self.verdicts:
            chosen = " (chosen)" if verdict.chosen else ""
            got = f"{verdict.samples:,} samples, {verdict.duration_s:.6g} s"
            lines.append(f"  {verdict.decoder}{chosen}: {got}; {verdict.problem or 'all of the file'}")
        return "\n".join(lines)


def verify_clip(home: Home, clip_id: str) -> ClipVerdicts:
    """Decode the whole raw file of a clip with each decoder.

    Raises HomeError where no clip has that id, or where it is MIDI, which is not decoded.
    """
    from mudata.catalog.audio.decode import verdicts

    with database.connect(home) as connection:
        query = "SELECT dataset, kind, source_path, status, reason FROM clips WHERE clip_id = ?"
        row = connection.execute(query, [clip_id]).fetchone()
    if row is None:
        raise HomeError(
            f"No clip named {clip_id!r} in the index.", 'Ids of clips: mudata sql "SELECT clip_id FROM clips"'
        )
    dataset, kind, source, status, reason = row
    if kind != "audio":
        raise HomeError(f"{clip_id!r} is {kind}, which no decoder reads.", "Its reading is tested by `mudata fetch`.")
    path = home.raw(dataset) / "files" / source
    found: tuple[DecoderVerdict, ...] = ()
    problem = None
    try:
        with at_hand(path):
            found = tuple(verdicts(path))
    except AudioError as error:
        problem = f"{error.reason}: {error.what}"
    return ClipVerdicts(
        clip_id=clip_id, source=str(path), status=status, reason=reason, verdicts=found, problem=problem
    )
