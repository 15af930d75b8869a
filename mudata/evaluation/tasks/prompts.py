"""Prompts: the words that a model is asked with, and what is wrong with words of one's own.

Every prompt has an id and a hash, and both are part of every run. Those here follow the one
published protocol there is (survey arXiv 2409.09601, section 4: a standardised prompt, options
listed) and avoid what is known to leak: no example labels, no dataset name, nothing that reads like
a look-up of text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, UnknownName, some
from mudata.home import is_file
from mudata.json_files import read_text

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Kind

LETTERS = ascii_uppercase


@dataclass(frozen=True)
class Prompt:
    """Words with the places {noun} and {options}. `letters`: it asks for the letter of an
    option."""

    id: str
    template: str
    letters: bool = False
    lists_options: bool = False
    """Questions list their options themselves."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.template.encode()).hexdigest()

    def write(self, noun: str, options: Sequence[str], *, letters: bool = False) -> str:
        """The words with both places filled; with letters the options read '(A) blues, (B)
        rock'."""
        marked = [f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False)]
        return self.template.replace("{noun}", noun).replace("{options}", ", ".join(marked if letters else options))


PROMPTS: dict[str, Prompt] = {
    prompt.id: prompt
    for prompt in (
        Prompt(
            "classify-1",
            "Listen to the music. Which {noun} is it? Choose exactly one of these: {options}. "
            "Answer with the chosen {noun} only.",
        ),
        Prompt(
            "classify-letters-1",
            "Listen to the music. Which {noun} is it? Choose exactly one of these: {options}. "
            "Answer with the letter of the chosen {noun} only.",
            letters=True,
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
"""Never change a template:
add one with a new id, or old runs can no longer be compared with new ones."""

DEFAULT_PROMPT: dict[Kind, str] = {"classify": "classify-1", "tag": "tag-1", "caption": "caption-1"}
LETTERS_PROMPT = "classify-letters-1"
TO_LISTENERS = "Listen to the music"
"""How the prompts here begin; a model that reads notation may put them otherwise."""
KINDS_OWN = "mudata"
"""Asks for the words of the question's kind, where an exam's card has those of its authors."""
OWN = "own"
"""Asks for the words that a model's authors ask it with, as its card has them."""


def find_prompt(
    name: str | None, kind: Kind, *, letters: bool = False, own: Mapping[Kind, str] | None = None
) -> Prompt:
    """A prompt of the registry, or the text of a file;
    None is the default of this kind of task, and 'own' the model's own for it.

    Raises UnknownName, EvaluationError for a file that is empty or not UTF-8,
    and for a model without such a prompt.
    """
    if name == OWN:
        if not own or kind not in own:
            raise EvaluationError(
                f"The model's card has no prompt of its own to {kind}.",
                f"It has them to {', '.join(own)}." if own else "Leave out --prompt, or give a text file.",
            )
        return Prompt(OWN, own[kind])
    if name is None:
        return PROMPTS[LETTERS_PROMPT if letters and kind == "classify" else DEFAULT_PROMPT[kind]]
    if name in PROMPTS:
        return PROMPTS[name]
    return prompt_file(name, [*PROMPTS, OWN], "{noun} and {options}")


def prompt_file(name: str, known: Sequence[str], places: str) -> Prompt:
    """The text of a file. Raises UnknownName with what is `known` where there is none,
    EvaluationError for a file that is empty or not UTF-8."""
    if not is_file(path := Path(name)):
        raise UnknownName("prompt", name, known, f"Or give the path of a text file with {places} in it.")
    if not (text := read_text(path, "The prompt file")):
        raise EvaluationError(f"The prompt file {name} is empty.", "Write the question into it.")
    return Prompt(f"file:{path.stem}", text)


def joined_cue(clips: int, gap_s: float) -> str:
    """What is said before a question to a model that hears several clips as one.

    Example:
        >>> joined_cue(2, 1.0)
        'You hear 2 clips one after the other, with 1 second of silence between them.'
    """
    seconds = f"{gap_s:g} second{'' if gap_s == 1 else 's'}"
    return f"You hear {clips} clips one after the other, with {seconds} of silence between them."


def lint(prompt: Prompt, kind: Kind, dataset: str, labels: Sequence[str]) -> list[str]:
    """What may spoil an evaluation with this prompt, a sentence each; `labels` are their spellings.

    Each of these was seen to happen: models read back the labels of an example ("Example 1: blues",
    22 times) and take "the caption of the given audio" for a text that was not given to them (1,370
    of 2,813 answers of one model).
    """
    exact = kind not in DEFAULT_PROMPT
    places = ("question", "noun", "options", "unit") if exact else ("noun", "options")
    own = re.sub(rf"\{{({'|'.join(places)})\}}", " ", prompt.template)
    warnings = []
    if named := [label for label in dict.fromkeys(labels) if len(label) > 1 and _has_words(own, re.escape(label))]:
        warnings.append(
            f"it names {some(map(repr, named), 3)} outside of {{options}}, which models read back as answers."
        )
    if _has_words(own, "[-_]?".join(map(re.escape, re.split("[-_]", dataset)))):
        warnings.append(f"it names the dataset {dataset}, whose labels a model may have memorised.")
    chosen = kind == "choose" and not prompt.lists_options
    if (chosen or (kind != "caption" and not exact)) and "{options}" not in prompt.template:
        warnings.append("it has no {options}: the model is not told what it may choose from.")
    if exact and "{question}" not in prompt.template:
        warnings.append("it has no {question}: items are not asked what they ask themselves.")
    if re.search(r"\bcaption\S* (of|for) (the |this )?(given|provided) ", own, re.IGNORECASE):
        warnings.append("it asks for the caption of a given audio, which models take for a text that they should have.")
    if unknown := re.findall(r"\{\w+\}", own):
        filled = " and ".join(filter(None, [", ".join(f"{{{p}}}" for p in places[:-1]), f"{{{places[-1]}}}"]))
        warnings.append(f"{some(map(repr, unknown), 3)} in it stays as it is: only {filled} are filled in.")
    return warnings


def _has_words(text: str, pattern: str) -> bool:
    return re.search(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", text, re.IGNORECASE) is not None
