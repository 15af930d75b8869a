"""What raters are asked, as data: `cards/listening/aspects.yaml`, or a file of the same grammar that a user wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from mudata.catalog.cards import loader
from mudata.catalog.cards.strict_model import Strict
from mudata.errors import CardError
from mudata.evaluation.listening.listening_test import PREFERENCE, Aspect

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import TestKind

BUILT_IN = Path(__file__).parents[2] / "cards" / "listening" / "aspects.yaml"

Text = Annotated[str, Field(min_length=1, max_length=500)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Words = Annotated[dict[Language, Text], Field(min_length=1)]


class AspectWords(Strict):
    """An aspect as YAML has it: all of its words in the same languages."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Words
    question: Words
    ends: Annotated[dict[Language, tuple[Text, Text]], Field(min_length=1)]

    @model_validator(mode="after")
    def _same_languages(self) -> Self:
        said = {"title": set(self.title), "question": set(self.question), "ends": set(self.ends)}
        everywhere = set.union(*said.values())
        for what, languages in said.items():
            if lacking := sorted(everywhere - languages):
                raise ValueError(f"{what} has no words in {', '.join(lacking)}, which others of {self.name} have")
        return self


class AspectSheet(Strict):
    """Aspects by kind of test. Preferences are one aspect, of that name."""

    mos: tuple[AspectWords, ...] = ()
    pairwise: tuple[AspectWords, ...] = ()
    texts: tuple[AspectWords, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [aspect.name for aspect in self.mos]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"mos has {', '.join(sorted(twice))} twice")
        for kind, aspects in (("pairwise", self.pairwise), ("texts", self.texts)):
            if aspects and [aspect.name for aspect in aspects] != [PREFERENCE]:
                raise ValueError(f"{kind} has one aspect, named {PREFERENCE}")
        return self


def read_aspects(kind: TestKind, path: Path | None = None) -> tuple[Aspect, ...]:
    """The aspects of a kind of test, of a file or those that mudata has.

    Raises CardError, with file and line, for a file that does not have the grammar or nothing of this kind.
    """
    file = path or BUILT_IN
    sheet = loader.parse(file, AspectSheet)
    aspects: tuple[AspectWords, ...] = getattr(sheet, kind)
    if not aspects:
        raise CardError(f"{file}:1: there are no aspects of {kind}.", f"Write them as {BUILT_IN} has them.")
    return tuple(
        Aspect(name=one.name, title=dict(one.title), question=dict(one.question), ends=dict(one.ends))
        for one in aspects
    )
