"""Answers that try to break what shows them, and runs of any answers one likes on the tones of `small_corpus`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from mudata.cli import cli

TEST = [f"tones/{i:02}" for i in range(6, 12)]
"""The test part of `Corpus.halves`; genres low, mid, high in turn."""

RIGHT = dict(zip(TEST, ["low", "mid", "high"] * 2, strict=True))
HALF = RIGHT | {"tones/06": "It is mid.", "tones/07": "either low or mid", "tones/08": "a waltz"}
"""What is right, and what is so for three of six."""

HOSTILE: dict[str, str | None] = {
    "tones/06": "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">. It is low.",
    "tones/07": "</script><!--<script> high & {{ 7 * 7 }} $x_1$ \\textbf{%}",
    "tones/08": "high \u202egnorw\u202c \u0000\u0007\u2028 and \ud83c\udfb5 then not mid",
    "tones/09": "I cannot tell what it is, \U0001f3b5 sorry.",
    "tones/10": "",
    "tones/11": None,
}
"""Markup, ends of scripts, codes of templates and of LaTeX, control and bidirectional characters, nothing at all."""


def imported(
    folder: Path, model: str, answers: Mapping[str, str | None], task: str = "genre", split: str = "half"
) -> str:
    """Import answers (None: a failure) as a user may, score them, and give the run's id."""
    lines = (
        {"clip_id": clip_id, "answer": answer}
        if answer is not None
        else {"clip_id": clip_id, "error": "boom: <b>out</b>"}
        for clip_id, answer in answers.items()
    )
    file = folder / f"{task}.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = ["import-answers", file, "--format", "jsonl", "--split", split, "--task", task, "--model", model, "--json"]
    done = CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["run"])
