"""What words mean in music at large: the grammar of `cards/words/*.yaml`, and where they are found.

A card says which labels a dataset has; a words file says what people call them: other spellings,
near words, kinds, and the same in other languages. It lies apart from the cards because it is true
of all of them, and because the hash of a card is part of every split: a better translation must not
change a split.

A user's own files lie in a folder `words` within the folders that MUDATA_CARDS names,
and win over built-in ones of the same name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ConfigDict, model_validator

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Strict, Texts
from mudata.catalog.cards.vocabulary import fold
from mudata.errors import UnknownName


class Concept(Strict):
    """What one word means, under its plain English name.

    `aliases` and `translations` (by language code) mean exactly it; `synonyms` nearly; `hyponyms` are kinds of it. A
    hyponym that is a concept itself brings that concept's spellings along, where no label of the set takes it.
    """

    aliases: Texts = ()
    synonyms: Texts = ()
    hyponyms: Texts = ()
    translations: dict[str, Texts] = {}


class Lexicon(Strict):
    """Concepts by name, phrases that hold a spelling and do not mean it, and phrases that mean the concepts listed."""

    model_config = ConfigDict(title="Words")  # what the printed grammar calls it

    title: str
    concepts: dict[str, Concept]
    guards: Texts = ()
    compounds: dict[str, Texts] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [fold(name) for name in self.concepts]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"concepts listed twice: {', '.join(twice)}")
        if lost := sorted({c for meant in self.compounds.values() for c in meant if fold(c) not in names}):
            raise ValueError(f"compounds of what is no concept: {', '.join(lost)}")
        return self


def files() -> dict[str, Path]:
    """Words file by name (the file's stem), sorted by name."""
    return card_files.files("words")


def load(name: str) -> Lexicon:
    """Read one words file by name.
    Raises UnknownName, or CardError with file, line and what was expected."""
    known = files()
    if name not in known:
        raise UnknownName(
            "words file", name, known, "Put your own into a folder `words` within a folder of MUDATA_CARDS."
        )
    return loader.parse(known[name], Lexicon)
