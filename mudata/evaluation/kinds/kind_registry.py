"""The kinds of questions with exact truth, by name; each is loaded when it is asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.evaluation.kinds.question_kind import QuestionKind

EXACT_KINDS = {
    "number": "NumberKind",
    "key": "KeyKind",
    "metre": "MetreKind",
    "choose": "ChooseKind",
    "pair": "PairKind",
    "order": "OrderKind",
    "structure": "StructureKind",
    "open": "OpenKind",
}
"""Class by name; it is in the module `<name>_kind` beside this one."""


@cache
def kind_of(name: str) -> QuestionKind:
    """A kind by its name.

    Raises:
        UnknownName: it is none of these; classify, tag and caption have label sets or captions in place of values.

    Example:
        >>> [measure.name for measure in kind_of("key").measures]
        ['accuracy', 'mirex', 'tonic_accuracy']
    """
    if name not in EXACT_KINDS:
        raise UnknownName("kind of question with exact truth", name, EXACT_KINDS, "See mudata/evaluation/kinds.")
    module = import_module(f"mudata.evaluation.kinds.{name}_kind")
    return cast("QuestionKind", getattr(module, EXACT_KINDS[name])())
