"""Each rater's secret token, by which the rater's pages are asked for: links.json, {"r01": "..."}, mode 0600.

Whoever has a token can rate in that rater's place. No log, no result and no other file has one.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.home import replacing
from mudata.json_files import as_type, read_object, reading

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest

FILE = "links.json"
BYTES = 24
"""Random bytes of a token: 192 bits, of which nobody guesses one (OWASP asks for 128 of a session's identifier)."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")


def write(folder: Path, test: ListeningTest) -> None:
    """Draw a new token for every rater of a test."""
    tokens = {plan.rater: secrets.token_urlsafe(BYTES) for plan in test.raters}
    with replacing(folder / FILE) as file:
        os.chmod(file.name, 0o600)  # noqa: PTH101 - before there is anything in it
        file.write(f"{json.dumps(tokens, indent=1)}\n".encode())


def read(folder: Path, test: ListeningTest) -> dict[str, str]:
    """Rater -> token, of all raters of a test.

    Raises EvaluationError: the test was made of ratings from elsewhere and has no links; or the file is not there, is
    damaged, has no token for a rater, or one token for two.
    """
    if test.is_imported:
        raise EvaluationError(
            f"The test {test.name} was made of ratings from elsewhere: it has no clips, and no raters to be asked.",
            f"What the ratings say: mudata listen results {test.name}. A test to be served: mudata listen new NAME ...",
        )
    path = folder / FILE
    hint = "Bring back the file as it was: without it, nobody can tell who is who."
    if not path.is_file():
        raise EvaluationError(f"{path} is not there; it has the links of the raters.", hint)
    with reading(path, hint=hint):
        found = as_type(read_object(path, hint=hint), dict[str, str])
    tokens = {plan.rater: found.get(plan.rater, "") for plan in test.raters}
    wrong = sorted(rater for rater, token in tokens.items() if not _TOKEN.fullmatch(token))
    if wrong or len(set(tokens.values())) < len(tokens):
        raise EvaluationError(
            f"{path} has no token of 20 letters, digits, '-' and '_' for {', '.join(wrong)}."
            if wrong
            else f"{path} has one token for two raters.",
            hint,
        )
    return tokens
