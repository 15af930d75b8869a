"""One vocabulary for the labels of all datasets: the grammar of `cards/vocabularies/*.yaml`.

It lies apart from the cards, as words do: the hash of a card is part of every split, and a better mapping must not
change a split. A user's own files lie in a folder `vocabularies` within the folders that MUDATA_CARDS names; they add
to those of the same `namespace`, and one of the same name stands in its place.
"""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, model_validator

from mudata.catalog.cards.strict_model import Name, Strict, Texts
from mudata.catalog.cards.vocabulary import fold


class AdoptedLabels(Strict):
    """Labels of a dataset's card that are concepts, where they are none yet. Those with a parent lie below it, unless
    `parents` is false; `aliases` are spellings of it elsewhere too, which few are."""

    dataset: Name
    namespace: Name
    source: str
    """Who says so."""
    parents: bool = True
    aliases: bool = False


class LabelMeaning(Strict):
    """A label of one dataset whose word alone does not say what it means, or says something else."""

    dataset: Name
    label: str
    concept: str | None
    """None: it is no concept here."""
    source: str
    """Who says so, or why."""


class ConceptsBelow(Strict):
    """Concepts that lie below one."""

    concepts: Texts
    source: str


class SharedVocabulary(Strict):
    """Concepts of one namespace, such as genre: what labels of many datasets mean.

    A label means the concept that it spells, by id or name, whatever its case, spaces and signs; nothing else is
    taken for the same. `covers` names the namespaces of labels that are read with it, beside those adopted.
    `concepts` are concepts with other spellings; `above` says what lies below a concept.
    """

    model_config = ConfigDict(title="Vocabulary")

    title: str
    namespace: Name
    covers: Texts = ()
    concepts: dict[str, Texts] = {}
    adopts: tuple[AdoptedLabels, ...] = ()
    above: dict[str, ConceptsBelow] = {}
    means: tuple[LabelMeaning, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        spelled = [text for concept, others in self.concepts.items() for text in {*map(fold, (concept, *others))}]
        if twice := sorted({text for text in spelled if spelled.count(text) > 1}):
            raise ValueError(f"spelled by two concepts: {', '.join(twice)}")
        told = [(one.dataset, fold(one.label)) for one in self.means]
        if twice := sorted({f"{dataset}: {label}" for dataset, label in told if told.count((dataset, label)) > 1}):
            raise ValueError(f"labels listed twice under means: {', '.join(twice)}")
        return self
