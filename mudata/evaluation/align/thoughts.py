"""What a model thinks aloud before it answers, told from its answer by the marks that models write.

The marks are those of chat templates and reasoning parsers: `<think>` (DeepSeek, Qwen, GLM, MiniMax, Nemotron, Step,
ERNIE and most others), `<thinking>`, `<thought>` (EXAONE), `<reasoning>`, `<analysis>` and the like that prompts ask
for, `<seed:think>` (Seed-OSS), `<longcat_think>`, `[THINK]` (Magistral), `◁think▷` (Kimi), `<|inner_prefix|>`
(Apertus), `<|begin_of_thought|>` (Sky-T1), `<|START_THINKING|>` (Command A), `<|channel>` (Gemma 4), `<unused94>`
(MedGemma), harmony's channels (gpt-oss; with and without their special tokens), `to=self` (Muse), and in words: Granite
3.2, Apriel, and what Ollama prints. A thought whose beginning is not there ends at its mark; one without an end never
ends.
"""

from __future__ import annotations

import re

_TAGS = (
    "think", "thinking", "thought", "thoughts", "reasoning", "reason", "analysis", "scratchpad", "reflection",
    "inner_monologue", "antthinking", "seed:think", "longcat_think", "mm:think", "internal", "rationale",
)  # fmt: skip
_PAIRS: tuple[tuple[str, str], ...] = (
    *((f"<{tag}>", f"</{tag}>") for tag in _TAGS),
    ("[think]", "[/think]"),
    ("[thinking]", "[/thinking]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel>", "<channel|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|think|>", "<|/think|>"),
    ("<unused94>", "<unused95>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<|channel|>commentary<|message|>", "<|end|>"),
    ("to=self<|message|>", "<|eom|>"),
    ("thinking...\n", "...done thinking."),
    ("here is my thought process:", "here is my response:"),
    ("here are my reasoning steps:", "[begin final response]"),
)
_HEADLESS = ("<|end|>", "<|eom|>", "here is my response:")
"""Ends that stand elsewhere too: without a beginning they end nothing."""
BEGINS = tuple(begin for begin, _ in _PAIRS)
ENDS = tuple(end for _, end in _PAIRS)
MARKS = (
    "<think>", "</think>", "<thinking>", "</thinking>", "<thought>", "</thought>", "<seed:think>", "</seed:think>",
    "<longcat_think>", "</longcat_think>", "[THINK]", "[/THINK]", "◁think▷", "◁/think▷", "<|channel>", "<channel|>",
    "<|inner_prefix|>", "<|inner_suffix|>", "<|START_THINKING|>", "<|END_THINKING|>", "<unused94>", "<unused95>",
)  # fmt: skip
"""Marks that tokenizers have as single tokens."""

_ENDED_BY = {begin: frozenset((end,)) for begin, end in _PAIRS} | {
    f"<{tag}>": frozenset(f"</{other}>" for other in _TAGS) for tag in _TAGS
}
_LONGEST_FIRST = sorted((*BEGINS, *ENDS), key=len, reverse=True)


def _opened_by(opener: str) -> str:
    rest = "|".join(re.escape(mark[1:]) for mark in _LONGEST_FIRST if mark[0] == opener)
    return rf"{re.escape(opener)}(?i:{rest})"


_MARK = re.compile("|".join(map(_opened_by, "<[◁")))
"""Marks in brackets; found fast, for each way begins with a character of its own."""
_WORDED = re.compile("|".join(map(re.escape, _LONGEST_FIRST)), re.IGNORECASE)
"""All marks, those in words too."""
_BARE_HARMONY = re.compile(r"\s*analysis(?=[A-Z\"'(])")
_BARE_FINAL = "assistantfinal"


def thoughts(answer: str) -> list[tuple[int, int]]:
    """Where an answer is thought aloud, marks included, as [start, end), sorted and apart."""
    worded = "hinking.." in answer or "ere is my" in answer or "ere are my" in answer or "to=self" in answer
    if not (worded or "<" in answer or "[" in answer or "◁" in answer or "nalysis" in answer):
        return []
    if _BARE_HARMONY.match(answer) and _BARE_FINAL in answer:
        return [(0, answer.rindex(_BARE_FINAL) + len(_BARE_FINAL))]
    found: list[tuple[int, int]] = []
    begun, ends = -1, frozenset[str]()
    for match in (_WORDED if worded else _MARK).finditer(answer):
        mark = match.group().lower()
        if begun >= 0:
            if mark in ends:
                found.append((begun, match.end()))
                begun = -1
        elif mark in _ENDED_BY:
            begun, ends = match.start(), _ENDED_BY[mark]
        elif mark not in _HEADLESS:
            found = [(0, match.end())]
    if begun >= 0:
        found.append((begun, len(answer)))
    return found


def without_thoughts(answer: str) -> str:
    """What is said beside thoughts.

    >>> without_thoughts("<think>Drums, so rock?</think> A slow song.")
    'A slow song.'
    >>> without_thoughts("A slow song.")
    'A slow song.'
    """
    found = thoughts(answer)
    if not found:
        return answer
    said, last = [], 0
    for start, end in found:
        said.append(answer[last:start])
        last = end
    return " ".join([*said, answer[last:]]).strip()


def left_open(prompt: str) -> str:
    """The mark of the thought that a prompt's end begins, which what is written then goes on with;
    '' where it begins none.

    >>> left_open("<|im_start|>assistant\\n<think>\\n"), left_open("assistant\\n<think></think>")
    ('<think>', '')
    """
    end = prompt.rstrip()
    low = end[-80:].lower()
    return next((end[len(end) - len(mark) :] for mark in BEGINS if low.endswith(mark)), "")
