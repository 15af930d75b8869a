"""The words of tasks whose items have a truth of their own: the kind's, or a text of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.kinds.kind_card import KindPrompt, kind_card, kind_prompts
from mudata.evaluation.tasks.prompts import KINDS_OWN, OWN, prompt_file

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import CardTask
    from mudata.catalog.cards.exam import TaskPrompt
    from mudata.evaluation.protocol import Kind


def kind_wordings(
    wanted: CardTask, prompt: str | None, own: Mapping[Kind, str] | None = None
) -> dict[bool, KindPrompt]:
    """The words of a task by whether an item has options: both where the kind has both.

    Args:
        wanted: the card's task.
        prompt: id of one of the card's prompts or of the kind's, a text file with {question}, {noun}, {options} and
            {unit} in it, 'own' for the words of a model's card, 'mudata' for the kind's default, or None for the first
            of the card's, or the kind's default where it has none.
        own: those words by kind of question.

    Raises:
        UnknownName, EvaluationError: as `prompts.find_prompt`; a prompt of another kind.
    """
    defaults = _defaults(wanted)
    authors = {words.id: words for words in wanted.prompts}
    if prompt is None and authors:
        prompt = wanted.prompts[0].id
    if prompt is None or prompt == KINDS_OWN:
        return defaults
    if prompt in authors:
        return {options: _of_authors(words, authors[prompt]) for options, words in defaults.items()}
    if prompt == OWN:
        if not own or wanted.kind not in own:
            raise EvaluationError(
                f"The model's card has no prompt of its own for questions of kind {wanted.kind}.",
                "Leave out --prompt, or give a text file.",
            )
        return {options: _in_words(words, OWN, own[wanted.kind]) for options, words in defaults.items()}
    known = kind_prompts()
    if prompt in known:
        if prompt not in {words.id for words in kind_card(wanted.kind).prompts}:
            raise EvaluationError(
                f"The prompt {prompt!r} is none for questions of kind {wanted.kind}.",
                f"It has: {', '.join([*authors, *(words.id for words in kind_card(wanted.kind).prompts)])}.",
            )
        chosen = known[prompt]
        return {**defaults, chosen.options: chosen}
    found = prompt_file(prompt, [*authors, *known, KINDS_OWN, OWN], "{question}, {noun}, {options} and {unit}")
    return {options: _in_words(words, found.id, found.template) for options, words in defaults.items()}


def _defaults(wanted: CardTask) -> dict[bool, KindPrompt]:
    card, found = kind_card(wanted.kind), {}
    integer = bool(wanted.scale and wanted.scale.integer)
    for options in (False, True):
        try:
            found[options] = card.prompt(asks=wanted.asks, options=options, integer=integer)
        except UnknownName:  # a pair always has options, boundaries never
            continue
    return found


def _of_authors(default: KindPrompt, words: TaskPrompt) -> KindPrompt:
    """The words of an exam's authors in place of a kind's, with their way to show options."""
    style = {"option": words.option, "join": words.join, "numbered": "{number}" in words.option, "unmarked": None}
    return default.model_copy(update={"id": words.id, "template": words.template, **style})


def _in_words(default: KindPrompt, prompt_id: str, template: str) -> KindPrompt:
    """Words of one's own in place of a kind's; they may lack {question}, which is warned of."""
    unmarked = template if default.unmarked and "{options}" in template else None
    return default.model_copy(update={"id": prompt_id, "template": template, "unmarked": unmarked})
