"""Names of clips and of their files."""

from __future__ import annotations

_ENDINGS = frozenset(
    ("wav", "mp3", "flac", "ogg", "opus", "m4a", "mp4", "aac", "aif", "aiff", "au", "wma", "webm", "mid", "midi", "npy")
)


def without_ending(path: str) -> str:
    """A path without the ending of an audio file."""
    head, dot, ending = path.rpartition(".")
    return head if dot and ending.casefold() in _ENDINGS else path


def tails(path: str) -> list[str]:
    """a/b/c, b/c, c."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ["/".join(parts[i:]) for i in range(len(parts))]


def file_stem(path: str) -> str:
    """The name of a file alone, without its ending, in small letters.

    Example:
        >>> file_stem("stimuli/Beat_1.wav")
        'beat_1'
    """
    return without_ending(path.strip().replace("\\", "/").rpartition("/")[2]).casefold()
