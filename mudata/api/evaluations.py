"""Evaluation as functions: who can be asked, asking, scoring, comparing, looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from mudata.api.arguments import checked, many
from mudata.api.scored_run import ScoredRun
from mudata.deprecations import hide_deprecations
from mudata.errors import ArgumentError, EvaluationError
from mudata.evaluation.run import Run
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.comparison.clip_view import ClipView
    from mudata.evaluation.comparison.comparison_result import Comparison
    from mudata.evaluation.inference.controls import Control

hide_deprecations()

Runs = str | Path | Run
"""A run as a user names it: its id, the beginning of it, its folder, or a run that a function gave back."""


@checked()
def models() -> Table:
    """The models that can be asked, those of the survey first: what `mudata models` prints, with more columns."""
    from mudata.evaluation.models import model_facts

    return Table(model_facts.rows(Home.default()), model_facts.COLUMNS)


@checked(narrator="progress", timeout_s="timeout")
def evaluate(
    model: str,
    split: str | Path,
    *,
    task: str | None = None,
    part: str | None = None,
    limit: int | None = None,
    checkpoint: str | Path | None = None,
    revision: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    batch: int | Literal["auto"] | None = None,
    max_new_tokens: int | None = None,
    sampling: Literal["greedy", "paper"] | None = None,
    audio: Literal["clip", "source"] = "clip",
    prompt: str | Path | None = None,
    letters: bool = False,
    options_order: Literal["published", "shuffled"] = "published",
    silence: bool = False,
    swap_audio: bool = False,
    control: Control | None = None,
    rank: bool = False,
    timeout: float | None = None,
    force: bool = False,
    seed: int = 0,
    options: Mapping[str, object] | None = None,
    command: str | None = None,
    progress: Progress | bool | None = None,
) -> ScoredRun:
    """Ask a model about a split's clips and score its answers. Stopped or killed, the same call goes on.

    Args:
        model: a name from `models()`, or 'package.module:Class'.
        split: a name, or a manifest's path.
        task: what is asked, such as 'genre'; needed when the card has several tasks.
        part: part of the split [default: test, or the only one].
        limit: ask only so many clips, drawn by `seed`.
        checkpoint: Hugging Face id or folder of the weights.
        revision: of the checkpoint.
        device: 'cpu', 'cuda', 'cuda:1' [default: the best there is].
        dtype: 'bf16', 'fp16', 'fp32' [default: the model's choice].
        batch: clips per batch; 'auto': as many as fit [default: the model's choice].
        max_new_tokens: longest answer, in tokens.
        sampling: 'greedy', or 'paper' as the model's authors do.
        audio: 'clip' plays the normalised clips, 'source' the original files.
        prompt: id of a prompt, a text file with {noun} and {options} in it, or 'own' for its authors' words.
        letters: show the options as (A) ..., (B) ...; a letter is then an answer.
        options_order: 'published', or 'shuffled' by `seed`.
        silence: control: play silence instead of every clip.
        swap_audio: control: play another clip instead of every clip.
        control: the same as one word: 'silence' or 'swap-audio'.
        rank: also keep how likely the model finds every option.
        timeout: seconds after which a batch is given up [default: wait].
        force: load the model even if its weights are larger than the memory.
        seed: of everything that is drawn.
        options: any other option of the model, by name.
        command: what run.json keeps as the command that repeats the run.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName, MissingExtra, ModelError, EvaluationError, HomeError.
    """
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.inference.runner import evaluate as ask

    if sum([silence, swap_audio, control is not None]) > 1:
        raise ArgumentError("silence and swap_audio are two controls, a run each.", "Ask for one at a time.")
    of_model = {
        "checkpoint": None if checkpoint is None else str(checkpoint),
        "revision": revision,
        "device": device,
        "dtype": dtype,
        "max_new_tokens": max_new_tokens,
        "sampling": sampling,
    }
    request = EvalRequest(
        model=model,
        split=str(split),
        task=task,
        part=part,
        limit=limit,
        prompt=None if prompt is None else str(prompt),
        batch=batch,
        seed=seed,
        options=of_model | dict(options or {}),
        command=command,
        letters=letters,
        options_order=options_order,
        control="silence" if silence else "swap-audio" if swap_audio else control,
        timeout_s=timeout,
        rank=rank,
        audio=audio,
        force=force,
    )
    return ScoredRun(ask(Home.default(), request, chosen(progress)).folder)


@overload
def score(run: Runs, *, reference_scorer: bool = False, progress: Progress | bool | None = None) -> dict[str, Any]: ...
@overload
def score(
    run: list[Runs] | tuple[Runs, ...] | None = None,
    *,
    reference_scorer: bool = False,
    progress: Progress | bool | None = None,
) -> list[dict[str, Any]]: ...
@checked(narrator="progress")
def score(
    run: Runs | Iterable[Runs] | None = None,
    *,
    reference_scorer: bool = False,
    progress: Progress | bool | None = None,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Score runs again, offline; former scores are kept, and what changed is told with its cause.

    Args:
        run: one run, several, or None for all that can be scored.
        reference_scorer: have the package rouge-score count captions: the same numbers, slowly.

    Returns:
        What scores.json says, of one run or of each.

    Raises:
        UnknownName, EvaluationError: a run that was named cannot be scored.
    """
    from mudata.evaluation.run import all_runs
    from mudata.evaluation.scoring.score import score as again

    told = chosen(progress)
    if run is not None:
        scores = [again(one, told, reference_scorer=reference_scorer) for one in _runs(run)]
        return scores[0] if isinstance(run, str | Path | Run) else scores
    scores = []
    for one in all_runs(Home.default()):
        try:
            scores.append(again(one, told, reference_scorer=reference_scorer))
        except EvaluationError as error:
            told.say(f"Left out: {error.what}")
    return scores


@checked()
def runs() -> list[ScoredRun]:
    """Every run in the home that is scored, oldest first."""
    from mudata.evaluation.run import readable_runs

    return [ScoredRun(run.folder) for run, _ in readable_runs(Home.default(), lambda run: run.scores)]


@checked(narrator="progress")
def import_answers(
    file: str | Path,
    *,
    format: str,  # noqa: A002 - as the command line calls it
    model: str,
    split: str | Path | None = None,
    dataset: str | None = None,
    part: str | None = None,
    task: str | None = None,
    references: Literal["index", "file"] = "index",
    prompt_text: str | Path | None = None,
    id_field: str | None = None,
    answer_field: str | None = None,
    fields: Any = None,
    command: str | None = None,
    progress: Progress | bool | None = None,
) -> ScoredRun:
    """Make a run of answers made elsewhere, and score it. Needs no audio and no model.

    Args:
        file: the answers.
        format: which program wrote it: 'cmi-bench', 'lmms-eval' or 'jsonl'.
        model: who answered: any name.
        split: whose clips: a name, or a manifest's path.
        dataset: instead of a split: this dataset's clips that the file names.
        part: part of the split; with `dataset` of a published one, as in 'test' or 'fault-filtered/test'.
        task: what was asked; needed when the card has several tasks.
        references: what is right: as indexed, or as the file says (with `dataset`; nothing need be fetched).
        prompt_text: what the model was asked, or the path of a text file with it [default: as in the file].
        id_field: field that names the clip; dots lead into nested objects.
        answer_field: field with the answer.
        fields: both of them as `answer_import.formats.Fields`.
        command: what run.json keeps as the command that repeats the import.

    Raises:
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.answer_import import importer
    from mudata.evaluation.answer_import.formats import Fields
    from mudata.evaluation.answer_import.import_request import ImportRequest

    if isinstance(prompt_text, Path):
        prompt_text = prompt_text.read_text("utf-8-sig").strip()
    request = ImportRequest(
        file=Path(file).expanduser(),
        format=format,
        model=model,
        split=None if split is None else str(split),
        dataset=dataset,
        part=part,
        task=task,
        references=references,
        prompt_text=prompt_text,
        fields=fields or Fields(id_field, answer_field),
        command=command,
    )
    return ScoredRun(importer.import_answers(Home.default(), request, chosen(progress)).folder)


@checked()
def compare(*runs: Runs | Iterable[Runs]) -> Comparison:
    """Which runs differ on the clips that all of them have: `print` it, or take its fields.

    Each pair has its difference with a 95 % interval (paired bootstrap, by artist or track where clips share
    them), a p value (McNemar's exact test for accuracy, else the bootstrap's) corrected for the number of pairs
    (Holm), and how many clips are better in the first (n10) and in the second (n01).

    Raises:
        UnknownName, EvaluationError: the runs cannot be compared.
    """
    from mudata.evaluation.comparison.compare import compare as compared
    from mudata.evaluation.scoring.score import read_answers

    chosen_runs = [run for named in runs for run in _runs(named)]
    return compared([(run.scores, read_answers(run)) for run in chosen_runs])


@checked()
def show(
    clips: str | Iterable[str] = (),
    *,
    runs: Runs | Iterable[Runs] = (),
    sample: int | None = None,
    seed: int = 0,
    disagree: bool = False,
) -> list[ClipView]:
    """Clips with everything that models said of them.

    Args:
        clips: clip ids, one or several; or none, with `sample`.
        runs: only answers of these runs [default: all that are scored].
        sample: so many clips of the runs, drawn by `seed`.
        disagree: with `sample`: those that the runs disagree about most.

    Raises:
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.comparison import clip_view

    wanted = list(dict.fromkeys(many(clips)))
    if bool(wanted) == bool(sample) or (disagree and not sample):
        raise ArgumentError("It is not clear which clips are meant.", "Name clips, or give sample= (and disagree=).")
    home = Home.default()
    considered = clip_view.runs_to_show(home, [str(run.folder) for run in _runs(runs)])
    wanted = wanted or clip_view.draw_clips(home, considered, sample or 1, seed, disagree=disagree)
    return clip_view.clip_views(home, wanted, considered)


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
        [str(run.folder) for run in _runs(runs)],
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
def align(text: str, labels: str | Path, prompt: str | None = None, letters: bool = False) -> Alignment: ...
@overload
def align(
    text: list[str] | tuple[str, ...], labels: str | Path, prompt: str | None = None, letters: bool = False
) -> list[Alignment]: ...
@checked()
def align(
    text: str | Iterable[str], labels: str | Path, prompt: str | None = None, letters: bool = False
) -> Alignment | list[Alignment]:
    """What an answer means: `.status`, `.label`, `.labels`, `.rule`, `.spans`, and more.

    Args:
        text: an answer, or several.
        labels: whose labels: 'dataset', 'dataset:namespace', or a card's path.
        prompt: what the model was asked; what it reads back is then no answer.
        letters: the options had letters (A, B, ... in the order of the labels).

    Raises:
        UnknownName, CardError, EvaluationError: it is not clear which labels are meant.
    """
    from mudata.evaluation.align.aligner import align as read
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.align.named_labels import label_set

    of, shown = label_set(str(labels)), Shown(prompt or "", letters=letters)
    return read(text, of, shown) if isinstance(text, str) else [read(one, of, shown) for one in text]


def _runs(named: Runs | Iterable[Runs]) -> list[ScoredRun]:
    """Runs as they are named. Raises UnknownName."""
    from mudata.evaluation.run import find

    each = (named,) if isinstance(named, str | Path | Run) else named
    return [ScoredRun(one.folder if isinstance(one, Run) else find(Home.default(), str(one)).folder) for one in each]
