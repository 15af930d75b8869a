"""`mudata align`: how one answer is read, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, emit, emit_json, json_option
from mudata.safe_text import escaped

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment, Shown

_MARKS = {
    "positive": ("+", "bold green"),
    "negative": ("-", "red strike"),
    "lenient": ("?", "yellow"),
    "guard": ("~", "dim"),
    "cue": ("!", "magenta"),
    "anchor": (">", "cyan"),
    "letter": ("#", "bold blue"),
    "echo": ("=", "dim italic"),
}
"""Sign and style of each role of a span."""


@click.command()
@click.argument("answer", required=False)
@click.option(
    "--labels",
    metavar="DATASET[:NAMESPACE]",
    shell_complete=name_completion.label_sets,
    help="Whose labels: a dataset or a card's path.",
)
@click.option(
    "--kind",
    metavar="KIND",
    help="Read a value instead of labels: key, tempo, metre, number, choose, pair, order, structure (its form),"
    " boundaries, segments.",
)
@click.option("--unit", default="", help="Of --kind number: its unit, such as semitones [default: parts or the like].")
@click.option(
    "--option", "options", multiple=True, help="An option as it was shown, in order; for --kind choose, pair, order."
)
@click.option("--numbers", is_flag=True, help="The options had numbers: (1), (2), ...")
@click.option("--prompt", default="", help="What the model was asked; what it reads back is then no answer.")
@click.option("--letters", is_flag=True, help="The options had letters (A, B, ... in the order of the labels).")
@click.option("--file", "lines", type=click.File("rb"), help="Read every line of a file (-: stdin).")
@click.option("--explain", is_flag=True, help="Show every clause of ANSWER; without ANSWER all rules, on a page.")
@json_option
def align(
    answer: str | None,
    *,
    labels: str | None,
    kind: str | None,
    unit: str,
    prompt: str,
    letters: bool,
    options: tuple[str, ...],
    numbers: bool,
    lines: BinaryIO | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Explain how ANSWER is read: what it means, by which rule, and which words say so.

    Without ANSWER every line of --file or of stdin is read; --json then prints one document a line.

    \b
    mudata align --labels gtzan "It's not rock, it is metal"
    mudata align --labels music_classification:mood --file answers.txt --json
    mudata align --kind key "Not C major: a-Moll"
    mudata align --kind choose --option slow --option fast "The second one, not slow"
    mudata align --explain
    mudata align --labels gtzan --explain "Some say rock. It is metal."
    """
    from mudata.evaluation.align.alignment import Shown

    if explain and answer is None and lines is None:
        echo(_rules(kind))
        return
    if options and kind is None:
        raise click.UsageError("--option goes with --kind: the options of --labels are its labels.")
    if unit and kind is None:
        raise click.UsageError("--unit goes with --kind number.")
    reader = _reader(labels, kind, unit, Shown(prompt, options, letters=letters, numbered=numbers))
    if (answer is not None) == (lines is not None) and (answer is not None or sys.stdin.isatty()):
        raise click.UsageError("Give an ANSWER, or lines of answers with --file or on stdin.")
    if answer is not None:
        read = reader.read(answer)
        if as_json:
            more = {"clauses": reader.clauses(answer)} if explain else {}
            emit_json(_record(answer, read, reader) | more)
        else:
            if explain:
                _clauses(reader.clauses(answer))
            _explain(answer, read)
        return
    each = ((line, reader.read(line)) for line in map(_line, lines or sys.stdin.buffer))
    if as_json:
        for line, read in each:
            echo(escaped(json.dumps(_record(line, read, reader), ensure_ascii=False)))
    else:
        emit([_row(line, read) for line, read in each], as_json=False)


class _Reader(NamedTuple):
    """How answers are read: by the labels of a set, or as values of a kind; `names` tells by which rules."""

    read: Callable[[str], Alignment]
    clauses: Callable[[str], list[dict[str, Any]]]
    names: dict[str, str]


def _reader(labels: str | None, kind: str | None, unit: str, shown: Shown) -> _Reader:
    from mudata.evaluation.align.alignment import ALIGNER
    from mudata.evaluation.align.value_rules import READER

    if (labels is None) == (kind is None):
        raise click.UsageError(
            "Missing option '--labels' (whose labels, such as gtzan or music_classification:mood) or"
            " '--kind' (key, tempo, metre, number, choose, pair, order, structure, ...): one of both."
        )
    if kind is not None:
        from mudata.evaluation.readers import reading

        reading.known(kind, unit)
        return _Reader(
            lambda answer: reading.read(kind, answer, shown, unit),
            lambda answer: reading.clauses(kind, answer, shown, unit),
            {"kind": kind, "reader": READER},
        )
    from mudata.evaluation.align.aligner import align as read
    from mudata.evaluation.align.explain import clauses
    from mudata.evaluation.align.named_labels import label_set as of_name

    label_set = of_name(labels or "")
    return _Reader(
        lambda answer: read(answer, label_set, shown),
        lambda answer: clauses(answer, label_set, shown)[0],
        {"aligner": ALIGNER, "labels_sha256": label_set.sha256},
    )


def _rules(kind: str | None) -> str:
    if kind is not None:
        from mudata.evaluation.readers.reading import rules

        return rules()
    from mudata.evaluation.align.explain import decision_table

    return decision_table()


def _line(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").rstrip("\r\n")


def _record(answer: str, read: Alignment, reader: _Reader) -> dict[str, Any]:
    return {"answer": answer, **read.record(), "rule": read.rule, "marked": _marked(answer, read), **reader.names}


def _row(answer: str, read: Alignment) -> dict[str, str]:
    return {
        "status": read.status,
        "labels": ", ".join(read.labels),
        "rule": read.rule_id,
        "denied": ", ".join(read.negatives),
        "answer": _marked(answer, read),
    }


def _clauses(clauses: list[dict[str, Any]]) -> None:
    rows = [
        {
            "clause": row["clause"],
            "role": row["role"],
            "rank": row["rank"],
            "labels": ", ".join((*row["labels"], *(f"not {label}" for label in row["denied"]))),
        }
        for row in clauses
    ]
    emit(rows, as_json=False)
    echo()


def _explain(answer: str, read: Alignment) -> None:
    """The marked answer, then what was found, line by line."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        styled = ((text, _MARKS[role][1] if role else "") for text, role in _pieces(answer, read))
        Console(highlight=False).print(Text.assemble(*styled))
    else:
        echo(_marked(answer, read))
    echo(f"{'status:':9}{read.status}")
    for title, values in (
        ("label", read.labels),
        ("said", read.positives if read.positives != read.labels else ()),
        ("denied", read.negatives),
        ("unknown", read.oov_terms),
        ("flags", read.flags),
    ):
        if values:
            echo(f"{title + ('s:' if title == 'label' and len(values) > 1 else ':'):9}{', '.join(values)}")
    if read.clause:
        echo(f"{'clause:':9}{answer[slice(*read.clause)].strip()} ({read.clause_role})")
    echo(f"{'rule:':9}{read.rule} ({read.rule_id})")


def _marked(answer: str, read: Alignment) -> str:
    """The answer with brackets round what counts:
    [+said+] [-denied-] [?nearly?] [~guard~] [!refusal!] [>anchor>]."""
    pieces = ((text, _MARKS[role][0] if role else "") for text, role in _pieces(answer, read))
    return "".join(f"[{sign}{text}{sign}]" if sign else text for text, sign in pieces)


def _pieces(answer: str, read: Alignment) -> Iterator[tuple[str, str]]:
    """The answer cut at its spans, each piece with its role or '';
    of spans that overlap the first counts."""
    last = 0
    for span in sorted(read.spans, key=lambda span: (span.start, -span.end)):
        if span.start >= last:
            yield answer[last : span.start], ""
            yield answer[span.start : span.end], span.role
            last = span.end
    yield answer[last:], ""
