"""alignments.jsonl: how each answer was read, a line for each item, known by `clip_id`, or by `item_id` where an item
is no clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mudata.json_files import damaged
from mudata.jsonl import LINE, numbered


def read_alignments(path: Path) -> dict[str, dict[str, Any]]:
    """The lines by their ids; none of a file that is not there.

    Raises EvaluationError with file and line for damage.
    """
    lines = {}
    for number, line in numbered(path, ("status",), appended=True):
        item_id = line.get("item_id", line.get("clip_id"))
        if item_id is None:
            raise damaged(path, f"line {number} lacks clip_id", LINE)
        lines[str(item_id)] = line
    return lines
