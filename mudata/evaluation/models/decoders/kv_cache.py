"""The cache of keys and values, under the name that the installed transformers gives it.

`forward` takes it and its output holds it as `past_key_values` up to transformers 5.23, and as
`cache` from 5.24 on, where the old name warns (5.40 is to remove it). Nothing else here says either
name.
"""

from __future__ import annotations

import inspect
from typing import Any


def cache_name(model: Any) -> str:
    """What `model` calls its cache: an argument of its `forward`, and a key of what that
    returns."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
