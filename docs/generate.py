"""What is made of the source and committed beside it: docs/api.md, of docstrings, docs/answers.md, of golden answers,
docs/official_rules.md, of the rules themselves, the overview of cards, and concepts.

`make docs` writes them (--write), `make check` compares (--check).
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import yaml

import mudata
from mudata.catalog.cards import concepts, overview
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES

PAGE = Path(__file__).parent / "api.md"
HEAD = """# mudata in Python

What the command line does, Python does, with the same names and defaults; `mudata eval` is `evaluate` here, and what
has two words there is one function: `split leaks` is `leaks`, `split check` is `check_split`,
`split plan` is `plan_split`, `models info` and `models fetch` are `model_info` and `fetch_model`,
`models serve` is `serving_command`,
`exams lint`, `labels lint` and `labels audit` are `lint_exam`, `lint_labels` and `audit_labels`,
`labels unmapped` is `unmapped_labels`,
`listen new` and `listen list` are `new_listening_test` and `listening_tests`,
`listen serve` is `serve_listening_test`, `listen withdraw` is `withdraw_rater`, `listen serve --static` is
`bundle_listening_test`, `listen results`, `import` and `export`
are `listening_results`, `import_ratings` and `export_ratings`, `runs merge` is `merge_runs`,
`fetch --locked` is `fetch_locked`, `eval --suite` is `evaluate_suite`, `suites show` and `suites table` are
`suite_tables`, `sql --schema` is `schema`; `rm` is `remove`, `du` is `disk_use`, and `mv` is `rename` or `move_home`;
`sweep` is `sweep_store`.
Only commands: `demo`, `completion`,
`cards check`, the schemas of cards and suites, `eval --dry-run`, `override --from` and `--list`; only here: `load`.
Everything happens in the home (`MUDATA_HOME`). Names of datasets and splits are text; paths are text or `Path`; a run
(`Runs` below) is named by its id, the beginning of it, its folder, or what `evaluate` gave back; where several things
make sense, give one or many.
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
RULES_PAGE = Path(__file__).parent / "official_rules.md"
RULES_HEAD = """# How the authors of exams judge answers

An exam's card names one of these rules; a score by it is comparable with the exam's published ones, and has its faults.
Beside it stands our own reading of the same answers. The rules are written anew from the sources named, and nothing of
an answer is ever run. Where an author draws at random (lmms-eval where it finds no letter, BASS where answers tie),
nothing is drawn: the credit is the expectation, between what the draw could make of it. They are in
`mudata.evaluation.official_rules`; `JudgedItem`, `Verdict` and `find_rule` are all there is to call.

`mudata score RUN --rule NAME` (`mudata.score(RUN, rule=...)`, several may be given) has the answers of an exam judged
by another rule as well: how much of a score is the rule. Items, what is taken off answers and how passes are combined
stay the exam's; settings of its own rule are not the other's. It stands below the table and in `other_rules` of the
exam in scores.json, and is kept from then on.

Answers that are right or wrong for reasons of form, as share of items judged right by MMAU's rule:

| answer | MMAU test-mini (1,000) | its music (334) | MMAR (1,000) | its music (206) | MuChoMusic (1,187) |
|---|---:|---:|---:|---:|---:|
| the right option's text | 100 % | 100 % | 100 % | 100 % | 100 % |
| its letter alone | 0.2 % | 0.6 % | 0 % | 0 % | 0 % |
| "(B) text" | 96.7 % | 96.7 % | 98.5 % | 95.6 % | 91.8 % |
| "The correct answer is text." | 90.7 % | 96.4 % | 91.0 % | 91.3 % | 53.1 % |
| "It is not text" | 97.7 % | 99.1 % | 94.7 % | 91.7 % | 67.9 % |
| "text, not another option" | 1.0 % | 0 % | 2.3 % | 3.9 % | 0.4 % |
| the question alone | 1.2 % | 0.9 % | 1.3 % | 0 % | |

By MuChoMusic's own rule, in the one order of options that is published whole (right, another option, none):
the letter 1187, 0, 0; "(L) text" 1186, 1, 0; the text 982, 205, 0; the text in lower case 1180, 7, 0;
"Answer: L" 281, 0, 906; "As an AI, I cannot listen." 281, 906, 0; nothing at all 0, 0, 1187.
CMI-Bench's rule of labels gives the truth itself 100 % on GTZAN and NSynth's instruments, 86.84 % on VocalSet and
76.86 % on NSynth's pitches. `pytest -m network tests/evaluation/official_rules` counts all of this again.

## Several answers to one item
`combine` makes one verdict of several passes: `none` (there is one), `mean`, `any`, `max`, `loo_vote` (the option
chosen most often; of equals the one seen first; RUListening asks four times and leaves out another wrong option each
time) and `majority_raw` (the answer given most often, letter by letter; equals are drawn, here an expectation).
`vote_chance` counts out what a uniform guesser gets: 25 % of RUListening's passes, 28.125 % of its votes.
`above_chance` is BASS's (accuracy - base) / (1 - base).

## The rules
"Leaves n": items for which no answer is there are not counted by the authors.

| rule | whose | what it credits | what it misreads | no answer |
|---|---|---|---|---|
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


def rules_page() -> str:
    """A rule a row, in its own words."""
    rows = []
    for rule in RULES.values():
        silent = "leaves n" if rule.judge(None, JudgedItem()).credit is None else "wrong"
        cells = (f"`{rule.name}`", f"{rule.title}: {rule.source}", rule.recipe, rule.misreads, silent)
        rows.append("| " + " | ".join(map(_cell, cells)) + " |")
    return RULES_HEAD + "\n".join(rows) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    data = ((overview.FILE, overview.made()), (concepts.FILE, concepts.made()))
    made = ((PAGE, page()), (ANSWERS, answers_page()), (RULES_PAGE, rules_page()), *data)
    for path, text_made in made:
        if "--write" in sys.argv:
            path.write_text(text_made, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text_made:
            sys.exit(f"{path.name} is not what the source says. Run: make docs")
