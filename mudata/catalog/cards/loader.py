"""Reading and checking cards, and other YAML files that lie beside them,
by name or by the path of a file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mudata import yaml_files
from mudata.catalog.cards import card_files
from mudata.errors import CardError, MudataError, UnknownName, UnreadableFileWarning
from mudata.home import is_file

if TYPE_CHECKING:  # building the schema costs 0.1 s, which `--help` need not pay
    from pydantic_core import ErrorDetails

    from mudata.catalog.cards.schema import Card
    from mudata.catalog.cards.strict_model import Strict

Model = TypeVar("Model", bound="Strict")


def find(name: str) -> Path:
    """The file of a card, by name, alias, or path. Raises UnknownName."""
    if name.endswith((".yaml", ".yml")):
        return _file(Path(name))
    known = card_files.files()
    wanted = name.casefold().replace("-", "_").replace(" ", "_")
    if wanted in known:
        return known[wanted]
    for card in load_all():
        if wanted in [a.casefold().replace("-", "_") for a in card.aliases]:
            return known[card.name]
    raise UnknownName(
        "dataset", name, known, "See `mudata list`, or put your own card into a folder named by MUDATA_CARDS."
    )


def _file(path: Path) -> Path:
    if is_file(found := path.expanduser()):
        return found
    raise CardError(f"{path}: no such file.", "Give the path of a card, or a name from `mudata list`.")


def load(card: str | Path) -> Card:
    """Read one card by name, alias or path.

    Raises UnknownName, or CardError with file, line and what was expected.
    """
    path = find(card) if isinstance(card, str) else _file(card)
    from mudata.catalog.cards.schema import Card

    loaded = parse(path, Card)
    if path.stem != loaded.name:
        raise CardError(
            f"{path}:{yaml_files.line_of(path, ('name',))}: the card is named {loaded.name!r}, its file {path.stem!r}.",
            f"Rename the file to {loaded.name}.yaml, or correct `name`.",
        )
    return loaded


def card_of(dataset: str) -> Card | None:
    """The card of an indexed dataset; None where it is gone or cannot be read. It is looked for by its name alone: for
    aliases all cards would be read."""
    with contextlib.suppress(MudataError):
        return load(dataset) if dataset in card_files.files() else None
    return None


def load_all() -> Iterator[Card]:
    """Every card that is found, by name; those that cannot be read are passed over."""
    for path in card_files.files().values():
        with passing_over(path):
            yield load(path)


_told: dict[str | tuple[str, type[Warning], int], int] = {}
"""What `warnings` keeps of what was told, so that it is told once."""


@contextlib.contextmanager
def passing_over(path: Path) -> Iterator[None]:
    """Whoever looks through many files goes on where one cannot be read: an error of mudata in
    here becomes an UnreadableFileWarning, which is told once.

    Whoever asks for a file by name does without this, and gets the error.
    """
    try:
        yield
    except MudataError as error:
        first, *more = error.what.split("\n")
        at = re.match(r".+\.ya?ml:(\d+): ", first)
        text = first if at or first.startswith(str(path)) else f"{path}: {first}"
        text = text.rstrip(".") + (f" (and {len(more)} more)" if more else "")
        warnings.warn_explicit(
            f"{text}. It is passed over.", UnreadableFileWarning, str(path), int(at[1]) if at else 1, registry=_told
        )


def parse(path: Path, model: type[Model]) -> Model:
    """One YAML file as a pydantic model; every problem is told with its line."""
    from pydantic import ValidationError

    data = yaml_files.read(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors()
        inner = {e["loc"][:length] for e in problems for length in range(len(e["loc"]))}  # these have said it better
        raise CardError(
            "\n".join(_problem(path, e) for e in [e for e in problems if e["loc"] not in inner][:20]),
            "The grammar is printed by `mudata cards schema`.",
        ) from None


def sha256(card: Card) -> str:
    """Hash of what the card says, whatever its comments and spacing."""
    text = json.dumps(card.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


_PLAINLY = {
    "extra_forbidden": "there is no such key",
    "missing": "this key is missing",
    "model_type": "keys with values are expected here",
    "dict_type": "keys with values are expected here",
    "tuple_type": "a list is expected here",
    "string_type": "a text is expected here; put it into quotes",
}
"""What pydantic says in words of Python, by its type of error."""


def _problem(path: Path, error: ErrorDetails) -> str:
    # pydantic puts the chosen kind of a source and the names of unions into the path; YAML has no such keys
    where, got = error["loc"], error.get("input")
    shown = ".".join(str(w) for w in where) or "the card"
    value = "" if isinstance(got, dict | list | type(None)) else f" (got {str(got)[:60]!r})"
    message = _PLAINLY.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{path}:{yaml_files.line_of(path, where)}: {shown}: {message}{value}"
