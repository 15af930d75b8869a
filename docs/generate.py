"""What is made of the source and committed beside it: docs/api.md, of docstrings, docs/answers.md, of golden answers,
and the overview of cards.

`make docs` writes them (--write), `make check` compares (--check).
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import yaml

import mudata
from mudata.catalog.cards import overview

PAGE = Path(__file__).parent / "api.md"
HEAD = """# mudata in Python

What the command line does, Python does, with the same names and defaults; `mudata eval` is `evaluate` here, and what
has two words there is one function: `split leaks` is `leaks`, `split check` is `check_split`, `split export` is
`export_split`, `split plan` is `plan_split`, `models info` and `models fetch` are `model_info` and `fetch_model`,
`exams lint`, `labels lint` and `labels audit` are `lint_exam`, `lint_labels` and `audit_labels`,
`eval --suite` is `evaluate_suite`, `suites show` and `suites table` are `suite_tables`, `sql --schema` is `schema`;
`rm` is `remove`, `du` is `disk_use`, and `mv` is `rename` or `move_home`. Only commands: `demo`, `completion`,
`cards check`, the schemas of cards and suites, `eval --dry-run`, `override --from` and `--list`. Everything happens in
the home (`MUDATA_HOME`). Names of datasets and splits are text; paths are text or `Path`; a run (`Runs` below) is named
by its id, the beginning of it, its folder, or what `evaluate` gave back; where several things make sense, give one or
many.
Wrong arguments, like everything else that can go wrong, are a `mudata.errors.MudataError` that says what to do.
Progress shows in notebooks and at a prompt; `mudata.show_progress(False)` turns it off, `True` on everywhere.

```python
import mudata

mudata.fetch("demo")
mudata.sql("SELECT canonical, count(*) AS clips FROM labels WHERE namespace = 'genre' GROUP BY 1").df()
mudata.split("exam", dataset="demo", stratify="genre", group="artist", parts={"train": 0.5, "test": 0.5})
run = mudata.evaluate("majority", "exam", task="genre")
run.accuracy, run.table()
mudata.align("It's not rock, it is metal", labels="gtzan").label
```

This page is made of the docstrings (`make docs`).
"""
ANSWERS = Path(__file__).parent / "answers.md"
GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
ANSWERS_HEAD = """# How answers are read

Every answer gets a status and, where it commits to one, a label; `mudata align "..." --labels gtzan` shows how any
answer is read. What the aligner has to do is fixed by golden answers: sentences with the verdict of a careful reader.
They are kept by label set (`tests/golden/*.yaml`), by language (`tests/golden/languages`), and by the way of answering
(`tests/golden/kinds`). Below is what each way of answering asks for, with its first sentence. Beyond them,
`python tests/support/answer_grammar.py --n 20000` makes answers whose meaning is known by construction, and counts
those that are read otherwise.

| way of answering | what holds | for example | is read as |
|---|---|---|---|
"""
SECTION = re.compile(r"(Args|Returns|Raises|Source|Example|Note):\Z")


def page() -> str:
    """The whole page: one heading per public function, with its signature and its docstring."""
    parts = [HEAD]
    for name in sorted(mudata.__all__):
        value = getattr(mudata, name)
        if callable(value):
            parts.append(f"## mudata.{name}\n```python\n{signature(name, value)}\n```")
            parts.append(text(inspect.getdoc(value) or "") + "\n")
    return "\n".join(parts)


def signature(name: str, function: object) -> str:
    """As one writes it, a parameter a line where it is long."""
    told = inspect.signature(function)  # type: ignore[arg-type]
    words, starred = [], False
    for parameter in told.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            words.append("*")
            starred = True
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        words.append(f"{star}{parameter.name}: {parameter.annotation}{default}")
    returned = told.return_annotation
    line = f"mudata.{name}({', '.join(words)}) -> {returned}"
    return line if len(line) <= 100 else f"mudata.{name}(\n    " + ",\n    ".join(words) + f",\n) -> {returned}"


def text(doc: str) -> str:
    """A docstring as Markdown: its sections as bold words, what they list as lists."""
    lines: list[str] = []
    inside = False
    for line in doc.splitlines():
        if found := SECTION.match(line.strip()):
            lines += ["", f"**{found[1]}**", ""]
            inside = True
        elif inside and re.match(r" {4}\S", line):
            name, colon, rest = line.strip().partition(":")
            lines.append(f"- `{name}`:{rest}" if colon and re.fullmatch(r"[\w, ]+", name) else f"- {line.strip()}")
        elif inside and line.strip():
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def answers_page() -> str:
    """The ways of answering, one a row: the rule that heads its file of golden answers, and the first of these."""
    rows = []
    for path in sorted((GOLDEN / "kinds").glob("*.yaml")):
        rule, _, listed = path.read_text("utf-8").partition("\n")
        first = yaml.safe_load(listed)[0]
        meant = ", ".join((first["status"], *first.get("labels", ())))
        name = path.stem.replace("_", " ")
        link = f"[{name}](../tests/golden/kinds/{path.name})"
        rows.append(f"| {link} | {_cell(rule.removeprefix('# '))} | `{_cell(first['answer'])}` | {meant} |")
    return ANSWERS_HEAD + "\n".join(rows) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    for path, text_made in ((PAGE, page()), (ANSWERS, answers_page()), (overview.FILE, overview.made())):
        if "--write" in sys.argv:
            path.write_text(text_made, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text_made:
            sys.exit(f"{path.name} is not what the source says. Run: make docs")
