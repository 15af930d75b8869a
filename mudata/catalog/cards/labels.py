"""Labels as a card says them: namespaces with ordered vocabularies, and what answers may call
them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator

from mudata.catalog.cards.strict_model import Extended, Select, Strict, Texts


class Label(Strict):
    """One word of a vocabulary. `id` is the canonical spelling; `code` is the number or code raw files use.

    `aliases` mean exactly the label, in raw files and in answers. The rest is for reading answers only: `synonyms`
    mean nearly the same and `hyponyms` are kinds of it (both count as right only where scores are lenient);
    `translations` are strict spellings by language code, such as {zh: [摇滚]}.
    """

    id: str
    name: str | None = None
    code: str | None = None
    parent: str | None = None
    aliases: Texts = ()
    synonyms: Texts = ()
    hyponyms: Texts = ()
    translations: dict[str, Texts] = {}


def _label(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


class LabelSpace(Extended):
    """A namespace of labels: its ordered vocabulary, and where a clip's labels come from.

    `part` names a named part of the clip pattern; `select` gives (id, label), one row per label; `attribute` names an
    attribute that lists labels with commas between, such as clip_families of MIDI (a condition on clips, which is
    answered before they are measured, knows no such labels).
    Labels are matched to the vocabulary after case folding and removal of everything that is
    not a letter or a digit, by id, name, code and alias. An `open` namespace has no vocabulary
    (MusicCaps aspects).

    For reading answers: `words` names the files of `cards/words` whose knowledge of the labels is used, `guards` are
    collocations that hold a label's spelling and do not mean it ('classical guitar'), `compounds` are phrases that
    mean the labels listed, several or one ('hardcore techno': [Hardcore]).
    """

    LATER = frozenset({"attribute"})

    kind: Literal["single", "multi"] = "single"
    title: str | None = None
    open: bool = False
    part: str | None = None
    select: Select | None = None
    attribute: str | None = None
    vocabulary: tuple[Annotated[Label, BeforeValidator(_label)], ...] = ()
    words: Texts = ()
    guards: Texts = ()
    compounds: dict[str, Texts] = {}
    note: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(source is not None for source in (self.part, self.select, self.attribute)) != 1:
            raise ValueError("a label namespace wants exactly one of: part, select, attribute")
        if self.open == bool(self.vocabulary):
            raise ValueError("a label namespace wants a vocabulary, or open: true")
        ids = [label.id for label in self.vocabulary]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"labels listed twice: {', '.join(twice)}")
        if lost := sorted({v.parent for v in self.vocabulary if v.parent} - set(ids)):
            raise ValueError(f"parents that are no labels: {', '.join(lost)}")
        if lost := sorted({i for meant in self.compounds.values() for i in meant} - set(ids)):
            raise ValueError(f"compounds of what is no label: {', '.join(lost)}")
        return self

    def only(self, ids: tuple[str, ...]) -> LabelSpace:
        """The same namespace with no labels but these, in its own order;
        compounds of others are left out."""
        labels = tuple(label for label in self.vocabulary if label.id in ids)
        kept = tuple(v if v.parent in ids else v.model_copy(update={"parent": None}) for v in labels)
        compounds = {phrase: meant for phrase, meant in self.compounds.items() if set(meant) <= set(ids)}
        return self.model_copy(update={"vocabulary": kept, "compounds": compounds})
