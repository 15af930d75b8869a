"""Path templates of cards, filled with values that come from data and are not to be trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from mudata.errors import CardError, ReadError

_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
"""What no file name may hold on one of the common systems, and the separators."""


def fill(template: str, values: Mapping[str, object]) -> str:
    """The relative path that a template gives for one row.

    A text value stays within its path segment: separators and characters that file systems
    refuse become '_'. Raises CardError for a name that the row does not have, ReadError for a path
    that would leave its folder or has an empty part.
    """
    safe = {key: _UNFIT.sub("_", value) if isinstance(value, str) else value for key, value in values.items()}
    try:
        text = template.format_map(safe)
    except KeyError as error:
        raise CardError(
            f"The path template {template!r} wants {error.args[0]!r}, which a row does not have.",
            f"There are: {', '.join(sorted(values))}.",
        ) from error
    except (ValueError, IndexError, AttributeError) as error:
        raise CardError(f"The path template {template!r} cannot be filled: {error}.") from error
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.stem.strip("._ ") or len(path.name.encode()) > 255:
        raise ReadError(f"The path template {template!r} gave {text!r}, which is no usable file name.")
    return str(path)
