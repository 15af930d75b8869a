"""Tasks: from what a card wants asked to the words that a model is asked with.

A card says `genre: {kind: classify, namespace: genre, noun: genre}`; a prompt turns that into a question. Prompts
have an id and a hash, and both are part of every run. They follow the one published protocol there is (survey
arXiv 2409.09601, section 4: a standardised prompt, options listed) and avoid what is known to leak: no example
labels, no dataset name, options always in their published order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mudata.catalog import cards
from mudata.catalog.schema import Card, LabelSpace
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.protocol import Kind, Question


@dataclass(frozen=True)
class Prompt:
    """Words with the places {noun} and {options}."""

    id: str
    template: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.template.encode()).hexdigest()

    def write(self, noun: str, options: Sequence[str]) -> str:
        return self.template.replace("{noun}", noun).replace("{options}", ", ".join(options))


PROMPTS: dict[str, Prompt] = {
    prompt.id: prompt
    for prompt in (
        Prompt(
            "classify-1",
            "Listen to the music. Which {noun} is it? Choose exactly one of these: {options}. "
            "Answer with the chosen {noun} only.",
        ),
        Prompt(
            "tag-1",
            "Listen to the music. Which of these describe its {noun}: {options}? "
            "Answer only with all that apply, separated by commas.",
        ),
        Prompt(
            "caption-1",
            "Listen to the music and describe what you hear in one paragraph: genre, mood, tempo, instruments, "
            "voices and how it sounds. Answer with the description only.",
        ),
    )
}
"""Never change a template: add one with a new id, or old runs can no longer be compared with new ones."""

DEFAULT_PROMPT: dict[Kind, str] = {"classify": "classify-1", "tag": "tag-1", "caption": "caption-1"}


def find_prompt(name: str | None, kind: Kind) -> Prompt:
    """A prompt of the registry, or the text of a file; None is the default of this kind of task.

    Raises UnknownName, EvaluationError for a file that is empty or not UTF-8.
    """
    if name is None:
        return PROMPTS[DEFAULT_PROMPT[kind]]
    if name in PROMPTS:
        return PROMPTS[name]
    if not (path := Path(name)).is_file():
        raise UnknownName("prompt", name, PROMPTS, "Or give the path of a text file with {noun} and {options} in it.")
    try:
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise EvaluationError(f"The prompt file {name} is not UTF-8 text: {error}.", "Save it as UTF-8.") from error
    if not text:
        raise EvaluationError(f"The prompt file {name} is empty.", "Write the question into it.")
    return Prompt(f"file:{path.stem}", text)


@dataclass(frozen=True)
class Task:
    """One dataset's task with its prompt: everything that decides what is asked and what counts as right.

    `space` is the label namespace as the task reads it: kind 'single' to classify, 'multi' to tag, None for captions.
    """

    dataset: str
    name: str
    kind: Kind
    noun: str
    namespace: str | None
    space: LabelSpace | None
    prompt: Prompt
    card_sha256: str

    @cached_property
    def written(self) -> dict[str, str]:
        """How each label is written for a model, by canonical id, in published order."""
        labels = self.space.vocabulary if self.space else ()
        named = {label.id: label.name or label.id for label in labels}
        return named if len(set(named.values())) == len(named) else {label.id: label.id for label in labels}

    @cached_property
    def question(self) -> Question:
        options = tuple(self.written.values())
        return Question(self.kind, self.prompt.write(self.noun, options), options, self.noun)

    @cached_property
    def labels_sha256(self) -> str | None:
        return hashlib.sha256(self.space.model_dump_json().encode()).hexdigest() if self.space else None

    def record(self) -> dict[str, object]:
        """As run.json keeps it; `restore` is the way back."""
        return {
            "dataset": self.dataset,
            "name": self.name,
            "kind": self.kind,
            "noun": self.noun,
            "namespace": self.namespace,
            "prompt_id": self.prompt.id,
            "prompt_template": self.prompt.template,
            "prompt_sha256": self.prompt.sha256,
            "prompt": self.question.prompt,
            "labels": self.space.model_dump(mode="json", exclude_defaults=True) if self.space else None,
            "labels_sha256": self.labels_sha256,
            "card_sha256": self.card_sha256,
        }

    @classmethod
    def restore(cls, said: dict[str, object]) -> Task:
        """The task that `record` wrote down."""
        plain = {key: said[key] for key in ("dataset", "name", "kind", "noun", "namespace", "card_sha256")}
        space = LabelSpace.model_validate(said["labels"]) if said["labels"] else None
        prompt = Prompt(str(said["prompt_id"]), str(said["prompt_template"]))
        return cls(space=space, prompt=prompt, **plain)  # type: ignore[arg-type]


def bind(card: Card, name: str, prompt: str | None = None) -> Task:
    """The task of that name on a card. Raises UnknownName, EvaluationError when it has no labels to choose from."""
    if name not in card.tasks:
        raise UnknownName(f"task of {card.name}", name, card.tasks, "Tasks are listed by `mudata info`.")
    said = card.tasks[name]
    space = card.labels[said.namespace] if said.namespace else None
    if space is not None:
        if space.open:
            raise EvaluationError(
                f"Task {name!r} of {card.name} asks for {said.namespace}, which has no list of labels.",
                "Give the namespace a vocabulary in the card, or ask another task.",
            )
        space = space.model_copy(update={"kind": "single" if said.kind == "classify" else "multi"})
    found = find_prompt(prompt, said.kind)
    return Task(card.name, name, said.kind, said.noun, said.namespace, space, found, cards.sha256(card))


def bind_all(
    of: Sequence[Card], name: str | None, *, stratify: Sequence[str] = (), prompt: str | None = None
) -> list[Task]:
    """The task `name` of every card. Without a name: the only one that all cards have, or among several the one that
    the split was stratified by.

    Raises EvaluationError when that leaves a choice or none, or when the cards mean different kinds of task.
    """
    chosen = name or _only_task(of, stratify)
    tasks = [bind(card, chosen, prompt) for card in of]
    if len({task.kind for task in tasks}) > 1:
        kinds = ", ".join(f"{task.dataset}: {task.kind}" for task in tasks)
        raise EvaluationError(
            f"Task {chosen!r} is not the same kind of question everywhere ({kinds}).",
            "Evaluate the datasets one by one.",
        )
    return tasks


def _only_task(of: Sequence[Card], stratify: Sequence[str]) -> str:
    common = [name for name in of[0].tasks if all(name in card.tasks for card in of)]
    drawn_for = [n for n in common if n in stratify or of[0].tasks[n].namespace in stratify]
    for candidates in (common, drawn_for):
        if len(candidates) == 1:
            return candidates[0]
    have = "; ".join(f"{card.name}: {', '.join(card.tasks) or 'no task'}" for card in of)
    raise EvaluationError(f"It is not clear what to ask. Tasks are {have}.", "Choose one with --task.")
