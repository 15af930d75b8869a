"""Code of others, where it could end the whole program without a word."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mudata.errors import ModelError
from mudata.safe_text import text_of


@contextlib.contextmanager
def contained(doing: str) -> Iterator[None]:
    """What is no Exception (SystemExit of `sys.exit`, a cancelled task) becomes a ModelError; an interrupt stays one.

    Args:
        doing: what the model does in here: 'while loading'.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ModelError(
            f"The model wanted to end the program {doing} ({type(error).__name__}: {text_of(error)}).",
            "Have its code, or the library that it calls, raise an error instead of exiting.",
        ) from error
