"""What a model thinks aloud before it answers, told from its answer by the marks that models write.

`<think>` and `</think>` (Qwen, Music Flamingo, Nemotron), `<thinking>`, and Gemma 4's `<|channel>`
and `<channel|>`. A thought whose beginning is not there ends at its mark; one without an end never ends.
"""

from __future__ import annotations

import re

BEGINS = ("<think>", "<thinking>", "<|channel>")
ENDS = ("</think>", "</thinking>", "<channel|>")
MARKS = (*BEGINS, *ENDS)

_END = "|".join(map(re.escape, ENDS))
THOUGHT = rf"(?:{'|'.join(map(re.escape, BEGINS))}).*?(?:{_END}|\Z)"
"""A thought with its marks, as a regular expression (IGNORECASE, DOTALL)."""
THOUGHT_ENDS = re.compile(_END, re.IGNORECASE)
_THOUGHT = re.compile(THOUGHT, re.IGNORECASE | re.DOTALL)


def without_thoughts(answer: str) -> str:
    """What is said beside thoughts.

    >>> without_thoughts("<think>Drums, so rock?</think> A slow song.")
    'A slow song.'
    >>> without_thoughts("A slow song.")
    'A slow song.'
    """
    said = THOUGHT_ENDS.split(_THOUGHT.sub(" ", answer))[-1]
    return answer if said == answer else said.strip()


def left_open(prompt: str) -> str:
    """The mark of the thought that a prompt's end begins, which what is written then goes on with;
    '' where it begins none.

    >>> left_open("<|im_start|>assistant\\n<think>\\n"), left_open("assistant\\n<think></think>")
    ('<think>', '')
    """
    end = prompt.rstrip()
    return next((mark for mark in BEGINS if end.endswith(mark)), "")
