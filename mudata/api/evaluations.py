"""Evaluation as functions: who can be asked, asking, scoring, comparing, looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, overload

from mudata.api.arguments import checked, within
from mudata.api.scored_run import Runs, ScoredRun, ScoredRuns, named_runs
from mudata.deprecations import hide_deprecations
from mudata.errors import ArgumentError
from mudata.evaluation.run import Run
from mudata.home import Home
from mudata.json_files import read_text
from mudata.narration import Progress, chosen
from mudata.table import Table

hide_deprecations()


@checked()
def models() -> Table:
    """The models that can be asked, those of the survey first:
    what `mudata models` prints, with more columns."""
    from mudata.evaluation.models import model_facts

    return Table(model_facts.rows(Home.default()), model_facts.COLUMNS)


@checked()
def fetch_model(
    name: str,
    *,
    source: str | Path | Iterable[str | Path] = (),
    jobs: int = 4,
    offline: bool = False,
    accept_licence: bool = False,
    progress: Progress | bool | None = None,
) -> Path:
    """Get a model's weights; parts that models share are fetched once.
    Stopped, the same call goes on.

    Args:
        name: a model from `models()` that has weights.
        source: files you have: the model's folder, a cache of Hugging Face,
            or 'PART=PATH' for a part's folder or file.
        jobs: downloads at a time.
        offline: never touch the network.
        accept_licence: accept the model's terms; needed once where use is restricted.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        The model's folder.

    Raises:
        UnknownName, ModelError, NeedsLicence, FetchError, HomeError.
    """
    from mudata.errors import ModelError
    from mudata.evaluation.models.registry import card_of, find
    from mudata.evaluation.models.weights import fetch_weights

    within(1, jobs=jobs)
    card = card_of(find(name))
    if card is None:
        raise ModelError(f"{name} has no weights to fetch.", "Models with weights are shown by mudata.models().")
    request = fetch_weights.WeightsRequest(
        origin=tuple(str(given) for given in ((source,) if isinstance(source, str | Path) else source)),
        accept_licence=accept_licence,
        offline=offline,
        jobs=jobs,
    )
    reporter = chosen(progress)
    fetched = fetch_weights.fetch(card, Home.default(), request, reporter)
    for note in fetched.notes:
        reporter.say(note)
    return fetched.folder


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
    control: Literal["silence", "swap-audio"] | None = None,
    rank: bool = False,
    timeout: float | None = None,
    force: bool = False,
    offline: bool = False,
    seed: int = 0,
    options: Mapping[str, object] | None = None,
    command: str | None = None,
    progress: Progress | bool | None = None,
) -> ScoredRun:
    """Ask a model about a split's clips and score its answers.
    Stopped or killed, the same call goes on.

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
        prompt: id of a prompt, a text file with {noun} and {options} in it,
            or 'own' for its authors' words.
        letters: show the options as (A) ..., (B) ...; a letter is then an answer.
        options_order: 'published', or 'shuffled' by `seed`.
        silence: control: play silence instead of every clip.
        swap_audio: control: play another clip instead of every clip.
        control: the same as one word: 'silence' or 'swap-audio'.
        rank: also keep how likely the model finds every option.
        timeout: seconds after which a batch is given up [default: wait].
        force: load the model even if its weights are larger than the memory.
        offline: take weights from this machine only; never ask Hugging Face.
        seed: of everything that is drawn.
        options: any other option of the model, by name.
        command: what run.json keeps as the command that repeats the run.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName, MissingExtra, ModelError, EvaluationError, HomeError.
    """
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.inference.runner import evaluate as ask

    within(1, limit=limit, max_new_tokens=max_new_tokens, batch=None if batch == "auto" else batch)
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
        offline=offline,
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
    from mudata.evaluation.run import readable_runs
    from mudata.evaluation.scoring.score import score as again

    reporter = chosen(progress)
    if run is not None:
        scores = [again(each, reporter, reference_scorer=reference_scorer) for each in named_runs(run)]
        return scores[0] if isinstance(run, str | Path | Run) else scores

    def scored(run: Run) -> dict[str, Any]:
        return again(run, reporter, reference_scorer=reference_scorer)

    return [scores for _, scores in readable_runs(Home.default(), scored, reporter)]


@checked()
def override(run: Runs, clip: str, label: str | Iterable[str] | None, *, author: str, reason: str) -> ScoredRun:
    """Say how a person reads an answer:
    it outranks the aligner, is kept for ever, and the run is scored again.

    Args:
        run: one run.
        clip: a clip id.
        label: what is meant: a label, several where an answer may name many, or None.
        author: who reads the answer so.
        reason: why.

    Raises:
        UnknownName, EvaluationError, Busy.
    """
    from mudata.evaluation.scoring import score as scoring

    (scored,) = named_runs(run)
    labels = label if label is None or isinstance(label, str) else list(label)
    line = {"clip_id": clip, "label": labels, "author": author, "reason": reason}
    scoring.override(Home.default(), scored, [line])
    scoring.score(scored)
    return scored


@checked()
def runs() -> ScoredRuns:
    """Every run in the home that is scored, oldest first: a list that shows itself as a table."""
    from mudata.evaluation.run import readable_runs

    return ScoredRuns(ScoredRun(run.folder) for run, _ in readable_runs(Home.default(), lambda run: run.scores))


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
        part: part of the split;
            with `dataset` of a published one, as in 'test' or 'fault-filtered/test'.
        task: what was asked; needed when the card has several tasks.
        references: what is right:
            as indexed, or as the file says (with `dataset`; nothing need be fetched).
        prompt_text: what the model was asked,
            or the path of a text file with it [default: as in the file].
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

    if not isinstance(fields, Fields | None):
        raise ArgumentError(f"fields is {fields!r}.", "Give id_field and answer_field instead.")
    if isinstance(prompt_text, Path):
        prompt_text = read_text(prompt_text.expanduser(), "prompt_text", error=ArgumentError)
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
