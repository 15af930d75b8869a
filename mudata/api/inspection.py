"""Looking at what is there as functions:
comparing runs, seeing answers beside clips, reports, reading one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mudata.api.arguments import checked, many, within
from mudata.api.scored_run import Runs, named_runs
from mudata.deprecations import hide_deprecations
from mudata.errors import ArgumentError
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.comparison.clip_view import ClipView
    from mudata.evaluation.comparison.comparison_result import Comparison

hide_deprecations()


class ShownClips(list["ClipView"]):
    """Clips with every answer about them, shown as `mudata show` prints them."""

    def __repr__(self) -> str:
        from mudata.evaluation.comparison.clip_text import lines

        return "\n\n".join("\n".join(lines(view)) for view in self)

    def _repr_markdown_(self) -> str:
        from mudata.evaluation.comparison.clip_text import markdown

        return "\n\n".join("\n".join(markdown(view)) for view in self)


@checked()
def compare(*runs: Runs | Iterable[Runs]) -> Comparison:
    """Which runs differ on the clips that all of them have: `print` it, or take its fields.

    Each pair has its difference, a p value (both runs exchanged at random, artist by artist; for accuracy of clips that
    share none McNemar's exact test) corrected for the number of pairs (Holm), an interval that holds 95 % over all
    pairs and agrees with that p, the smallest difference that could be told (80 % power), and how many clips are better
    in the first (n10) and in the second (n01).

    Raises:
        UnknownName, EvaluationError: the runs cannot be compared.
    """
    from mudata.evaluation.comparison.compare import compare as compared
    from mudata.evaluation.scoring.score import read_answers

    chosen_runs = [run for named in runs for run in named_runs(named)]
    return compared([(run.scores, read_answers(run)) for run in chosen_runs])


@checked()
def show(
    clips: str | Iterable[str] = (),
    *,
    runs: Runs | Iterable[Runs] = (),
    sample: int | None = None,
    seed: int = 0,
    disagree: bool = False,
) -> ShownClips:
    """Clips with everything that models said of them.

    Args:
        clips: clip ids, one or several; or none, with `sample`.
        runs: only answers of these runs [default: all that are scored].
        sample: so many clips of the runs, drawn by `seed`.
        disagree: with `sample`: those that the runs disagree about most.

    Returns:
        A list of `ClipView`, which shows itself as text, or as a table in a notebook.

    Raises:
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.comparison import clip_view

    within(1, sample=sample)
    wanted = list(dict.fromkeys(many(clips)))
    if bool(wanted) == bool(sample) or (disagree and not sample):
        raise ArgumentError("It is not clear which clips are meant.", "Name clips, or give sample= (and disagree=).")
    home = Home.default()
    considered = clip_view.runs_to_show(home, [str(run.folder) for run in named_runs(runs)])
    wanted = wanted or clip_view.draw_clips(home, considered, sample or 1, seed, disagree=disagree)
    return ShownClips(clip_view.clip_views(home, wanted, considered))


@checked(narrator="progress")
def report(
    runs: Runs | Iterable[Runs] = (),
    *,
    output: str | Path = "report.html",
    title: str | None = None,
    embed_audio: bool = False,
    markdown: str | Path | None = None,
    latex: str | Path | None = None,
    plots: str | Path | None = None,
    data: str | Path | None = None,
    waveforms: bool = True,
    progress: Progress | bool | None = None,
) -> dict[Path, str]:
    """Make one page of scored runs, and the tables, figures and data that are wanted.

    Args:
        runs: one run or several [default: all that are scored].
        output: the page; clips are linked from where it lies.
        title: heading of the page.
        embed_audio: put the clips into the page (up to 100 MiB) instead of linking them.
        markdown: file for the scores as a Markdown table.
        latex: file for the scores as a LaTeX table.
        plots: folder for the figures, PNG and SVG.
        data: folder for answers (Parquet), all tables (DuckDB), results (JSON) and badges (SVG).
        waveforms: decode the clips to show their waveforms.

    Returns:
        What each file is, by its path.

    Raises:
        MissingExtra: the extra `report` is not installed.
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.report.build import write

    def path(given: str | Path | None) -> Path | None:
        return None if given is None else Path(given).expanduser()

    return write(
        Home.default(),
        [str(run.folder) for run in named_runs(runs)],
        Path(output).expanduser(),
        title=title,
        embed_audio=embed_audio,
        markdown=path(markdown),
        latex=path(latex),
        plots=path(plots),
        data=path(data),
        waveforms=waveforms,
        progress=chosen(progress),
    )


@overload
def align(
    text: str,
    labels: str | Path | None = None,
    prompt: str | None = None,
    letters: bool = False,
    *,
    kind: str | None = None,
    options: Sequence[str] = (),
    numbered: bool = False,
    unit: str = "",
) -> Alignment: ...
@overload
def align(
    text: list[str] | tuple[str, ...],
    labels: str | Path | None = None,
    prompt: str | None = None,
    letters: bool = False,
    *,
    kind: str | None = None,
    options: Sequence[str] = (),
    numbered: bool = False,
    unit: str = "",
) -> list[Alignment]: ...
@checked()
def align(
    text: str | Iterable[str],
    labels: str | Path | None = None,
    prompt: str | None = None,
    letters: bool = False,
    *,
    kind: str | None = None,
    options: Sequence[str] = (),
    numbered: bool = False,
    unit: str = "",
) -> Alignment | list[Alignment]:
    """What an answer means: `.status`, `.label`, `.labels`, `.rule`, `.spans`, and more.

    Args:
        text: an answer, or several.
        labels: whose labels: 'dataset', 'dataset:namespace', or a card's path.
        prompt: what the model was asked; what it reads back is then no answer.
        letters: the options had letters (A, B, ... in the order of the labels).
        kind: instead of labels what value was asked for: 'key', 'tempo', 'metre', 'number', 'choose', 'pair', 'order',
            'structure' (its form), 'boundaries', 'segments'.
        options: to choose from, or to be put in order, as they were shown; without any one of two clips is chosen.
        numbered: the options had numbers: '(1)', '(2)'.
        unit: of a number, such as 'semitones' [default: that of a count of parts, voices or instruments].

    Raises:
        UnknownName, CardError, EvaluationError: it is not clear which labels or values are meant.
        ArgumentError: both labels and a kind, or none; a unit of what is no number.
    """
    from mudata.evaluation.align.alignment import Shown

    if (labels is None) == (kind is None):
        raise ArgumentError("align() takes labels or a kind.", "Give one: labels='gtzan', or kind='key'.")
    if unit and kind is None:
        raise ArgumentError("A unit goes with kind='number'.", "Leave the unit out.")
    shown = Shown(prompt or "", tuple(options), letters=letters, numbered=numbered)

    if kind is not None:
        from mudata.evaluation.readers.reading import read as read_kind

        read = partial(read_kind, kind, shown=shown, unit=unit)
    else:
        from mudata.evaluation.align.aligner import align as read_labels
        from mudata.evaluation.align.named_labels import label_set

        read = partial(read_labels, label_set=label_set(str(labels)), shown=shown)
    return read(text) if isinstance(text, str) else [read(answer) for answer in text]


@checked()
def lint_labels(*labels: str | Path) -> list[dict[str, Any]]:
    """What is wrong or worth knowing of label sets: rows of `labels`, `level` (error, note) and `what`.

    Args:
        labels: 'dataset', 'dataset:namespace', or a card's path; without any, every label set there is.

    Raises:
        UnknownName, CardError, EvaluationError: it is not clear which labels are meant.
    """
    from mudata.evaluation.align.label_lint import lint
    from mudata.evaluation.align.named_labels import label_spaces

    return [
        {"labels": name, "level": note.level, "what": note.what}
        for name, space in label_spaces(*map(str, labels)).items()
        for note in lint(space)
    ]


@checked()
def audit_labels(file: str | Path, labels: str | Path, *, format: str = "jsonl") -> list[dict[str, Any]]:  # noqa: A002
    """How often answers use each spelling of a label set, and how often it is right.

    Args:
        file: answers that were made elsewhere, with references if there are any.
        labels: whose labels: 'dataset', 'dataset:namespace', or a card's path.
        format: of the file, as in `import_answers`.

    Returns:
        Rows of `label`, `spelling`, `said`, `counted` (where the label is meant), `gold` (the share of
        these where it is right), `base` (the share of all answers where it is) and `uninformative`.

    Raises:
        UnknownName, CardError, EvaluationError: the labels or the format are not known, or the file is not of it.
    """
    from mudata.evaluation.align.label_audit import audit
    from mudata.evaluation.align.named_labels import label_set
    from mudata.evaluation.answer_import import formats

    known = label_set(str(labels))
    given = (
        (one.answer, tuple(tag for said in one.references for tag in said.split(", ")), one.prompt or "")
        for one in formats.read(Path(file), format)
        if one.answer is not None
    )
    return [use._asdict() for use in audit(given, known)]


@checked()
def list_runs() -> Table:
    """All runs, scored or not, the oldest first, then shards: what `mudata runs list --json` prints. `answered` of the
    `planned` items have an answer, `failures` were asked and have none, the rest was not asked."""
    from mudata.evaluation import run_listing

    return Table(run_listing.rows(Home.default()), run_listing.COLUMNS)
