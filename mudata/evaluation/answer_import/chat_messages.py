"""Messages of a chat, as logs keep them: an object with role and content, which is a text or a list of parts.

In inspect's logs a text that is long or comes twice may be `attachment://` and its hash, a key of the sample's
attachments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ATTACHED = "attachment://"
_LONGEST_PATH = 1000
"""Characters of the name of a clip; what is longer is its sound, encoded."""


def last_of(messages: Any, role: str) -> Any:
    """The last message of a role, or None."""
    found = (
        [m for m in messages if isinstance(m, Mapping) and m.get("role") == role] if isinstance(messages, list) else ()
    )
    return found[-1] if found else None


def said(value: Any, attachments: Mapping[str, Any] | None = None) -> tuple[str | None, list[str]]:
    """The text of a message, of its parts, or of the last of several from the user; and the names of sounds in it."""
    if isinstance(value, Mapping):
        return said(value.get("content"), attachments)
    if isinstance(value, str):
        return _whole(value, attachments or {}), []
    if not isinstance(value, list):
        return None, []
    parts = [part for part in value if isinstance(part, Mapping)]
    if any("role" in part for part in parts):
        return said(last_of(parts, "user"), attachments)
    texts = [_whole(part["text"], attachments or {}) for part in parts if isinstance(part.get("text"), str)]
    named = [_whole(part["audio"], attachments or {}) for part in parts if isinstance(part.get("audio"), str)]
    return "\n".join(texts), [name for name in named if len(name) < _LONGEST_PATH and not name.startswith("data:")]


def _whole(text: str, attachments: Mapping[str, Any]) -> str:
    kept = attachments.get(text.removeprefix(_ATTACHED)) if text.startswith(_ATTACHED) else None
    return kept if isinstance(kept, str) else text
