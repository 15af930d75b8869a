"""What is to be done for each clip of a card, from what was read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.normalise import Job

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.schema import Card

_COLUMNS = (
    "id", "kind", "path", "crop_mode", "crop_s", "channel_mix", "window_s", "window_at", "start_s", "end_s", "hash",
)  # fmt: skip


def jobs(card: Card, clips: pa.Table) -> list[Job]:
    """A job for each row of `DatasetContents.clips`, in their order."""
    return [_job(card, row) for row in clips.select(list(_COLUMNS)).to_pylist()]


def _job(card: Card, row: dict[str, Any]) -> Job:
    is_midi = row["kind"] == "midi"
    has_segment = row["start_s"] is not None and row["end_s"] is not None
    return Job(
        id=row["id"],
        kind=row["kind"],
        source=row["path"],
        crop=(row["crop_mode"], row["crop_s"]) if row["crop_mode"] else None,
        segment=(row["start_s"], row["end_s"]) if has_segment else None,
        bounds=card.expected.duration if row["kind"] == "audio" else None,
        mix=row["channel_mix"] or "mean",
        expected_hash=row["hash"],
        window=(row["window_s"], row["window_at"]) if is_midi and row["window_s"] else None,
    )
