"""The report of a suite with blind conditions as text: for every exam what is wrong with it, then tables of its models.

model    verdict      official              ours                  chance  strongest blind floor  lift ...
hearer   heard        71.2 % [66.1, 75.8]   70.4 % [65.3, 75.0]   25.0 %  always B 40.1 %        +30.2 [24.9, 35.3]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mudata.evaluation.metrics.scored import interval_text
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.suites.heard_report import HeardReport, HeardRow
    from mudata.evaluation.suites.sat_exam import HeardScore

NOTE = (
    "ours: our reading of the answers with the clips, mean over an item's passes; official: by the authors' rule. "
    "Intervals: 95 %, items of one clip counted together. Strongest blind floor: whatever needs no ears and is "
    "worth most on these items: a rule about the options, the model's own answers without the clips, a language "
    "model on the words alone. lift: ours minus that floor on the same items, in points; p: of both being as "
    "good, Holm over exams and models. all rotations: items right in every order of their options. without ears: "
    "items right under the best blind condition, and in brackets the share that guessing does not explain. "
    "Verdicts: docs/heard.md."
)


@dataclass(frozen=True)
class HeardTables:
    """A report as it is shown."""

    report: HeardReport

    def __str__(self) -> str:
        return text(self.report)

    def markdown(self) -> str:
        """GitHub's Markdown."""
        return markdown(self.report)

    def plain(self) -> dict[str, Any]:
        """As data: every row with what it rests on."""
        report = self.report
        exams = {exam: {"warnings": list(found)} for exam, found in report.warnings.items()}
        readers = {exam: {name: asdict(score) for name, score in some.items()} for exam, some in report.readers.items()}
        return {"rows": [asdict(row) for row in report.rows], "exams": exams, "readers": readers}


def text(report: HeardReport) -> str:
    """As it is printed."""
    parts: list[str] = []
    for exam, rows in _by_exam(report):
        parts += ["\n".join([heading(exam, rows), *(f"! {warning}" for warning in _warnings(report, exam))])]
        parts += [repr(table) for table in tables(report, rows)]
        parts += ["\n".join(f"{row.model}: {row.verdict}: {row.why}." for row in rows)]
    if not parts:
        return "(no exam was asked yet)"
    return "\n\n".join([*parts, NOTE])


def markdown(report: HeardReport) -> str:
    """The same in GitHub's Markdown."""
    parts: list[str] = []
    for exam, rows in _by_exam(report):
        parts += [f"### {heading(exam, rows)}", ""]
        parts += [f"- ⚠ {_escaped(warning)}" for warning in _warnings(report, exam)]
        for table in tables(report, rows):
            lines = [list(table.columns), ["---"] * len(table.columns), *table.cells]
            parts += ["", *(["**" + table.title + "**", ""] if table.title else [])]
            parts += [f"| {' | '.join(map(_escaped, cells))} |" for cells in lines]
        parts += ["", *(f"- {_escaped(row.model)}: **{row.verdict}**: {_escaped(row.why)}." for row in rows), ""]
    return "\n".join([*parts, NOTE, ""]) if parts else "(no exam was asked yet)\n"


def tables(report: HeardReport, rows: Sequence[HeardRow]) -> Iterator[Table]:
    """Those of one exam: verdicts, scores under each condition, places, and groups."""
    yield Table([_verdict_line(row) for row in rows])
    names = [name for name in report.conditions if any(name in row.conditions for row in rows)]
    readers = report.readers.get(rows[0].exam, {})
    lines = [{"model": row.model} | {name: score_text(row.conditions.get(name)) for name in names} for row in rows] + [
        {"model": reader, "no-audio": score_text(score)} for reader, score in readers.items()
    ]
    yield Table(lines, ("model", *names), title="Under each condition")
    if any(row.positions for row in rows):
        yield Table(
            [line for row in rows for line in _place_lines(row)], title="Places chosen, and where the right ones stand"
        )
    for by in ("category", "difficulty"):
        if grouped := [row for row in rows if any(group.by == by for group in row.groups)]:
            yield Table([*_group_lines(grouped, by)], title=f"By {by}: ours / strongest blind floor: lift")


def _verdict_line(row: HeardRow) -> dict[str, str]:
    blind = row.blind
    return {
        "model": row.model,
        "verdict": row.verdict,
        "official": score_text(row.official),
        "ours": score_text(row.score),
        "chance": "" if row.chance is None else percent(row.chance),
        "strongest blind floor": f"{row.lift.title} {percent(row.lift.floor_value)}",
        "lift": lift_text(row.lift.value, row.lift.low, row.lift.high),
        "p": f"{row.p:.2g}",
        "all rotations": score_text(row.all_right),
        "without ears": "" if blind is None else f"{percent(blind.right)} ({percent(blind.known)})",
    }


def _place_lines(row: HeardRow) -> Iterator[dict[str, str]]:
    if not row.positions:
        return
    for title, key in (("chosen", "chosen"), ("right", "gold")):
        counts = row.positions[key]
        shares = {
            at: percent(n / sum(counts)) for at, n in zip(row.positions["places"], counts, strict=True) if sum(counts)
        }
        yield {
            "model": row.model if key == "chosen" else "",
            "": title,
            **shares,
            "p": _bias(row) if key == "chosen" else "",
        }


def _bias(row: HeardRow) -> str:
    """The p of places being chosen without a favourite, where it was tested."""
    p = ((row.positions or {}).get("test") or {}).get("p")
    return "" if p is None else f"{p:.2g}"


def _group_lines(rows: Sequence[HeardRow], by: str) -> Iterator[dict[str, str]]:
    names = dict.fromkeys(group.name for row in rows for group in row.groups if group.by == by)
    for name in names:
        line = {by: name}
        for row in rows:
            for group in row.groups:
                if (group.by, group.name) == (by, name):
                    line |= {"n": f"{group.score.n}{' (few)' if group.few else ''}"}
                    lift = lift_text(group.lift, group.low, group.high)
                    line[row.model] = f"{score_text(group.score)} / {percent(group.floor)}: {lift}"
        yield line


def score_text(score: HeardScore | None) -> str:
    """A share with its interval; '' of none."""
    if score is None:
        return ""
    return f"{percent(score.value)} {interval_text(score.low, score.high, lambda end: f'{100 * end:.1f}')}"


def lift_text(value: float, low: float | None, high: float | None) -> str:
    """In points, with its interval."""
    return f"{100 * value:+.1f} {interval_text(low, high, lambda end: f'{100 * end:.1f}')}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _by_exam(report: HeardReport) -> Iterator[tuple[str, list[HeardRow]]]:
    for exam in dict.fromkeys(row.exam for row in report.rows):
        yield exam, [row for row in report.rows if row.exam == exam]


def heading(exam: str, rows: Sequence[HeardRow]) -> str:
    """What stands above an exam."""
    first = max(rows, key=lambda row: row.score.n)
    return f"{first.title} ({exam}): {first.score.n} items in {first.clusters} independent groups"


def _warnings(report: HeardReport, exam: str) -> Sequence[str]:
    return report.warnings.get(exam, ())


def _escaped(words: str) -> str:
    return words.replace("|", "\\|").replace("*", "\\*")
