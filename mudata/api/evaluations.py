"""Evaluation as functions: asking, scoring, answers made elsewhere, a person's reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, overload

from mudata.api.arguments import checked, many, one_of, paths
from mudata.api.eval_options import eval_request
from mudata.api.scored_run import Runs, ScoredRun, ScoredRuns, named_runs
from mudata.deprecations import hide_deprecations
from mudata.errors import ArgumentError
from mudata.evaluation.run import Run
from mudata.home import Home
from mudata.json_files import read_text
from mudata.narration import Progress, chosen

hide_deprecations()


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
    options_order: Literal["published", "shuffled", "rotations", "leave-one-out"] | None = None,
    silence: bool = False,
    swap_audio: bool = False,
    control: Literal["silence", "noise", "no-audio", "swap-audio"] | None = None,
    rank: bool = False,
    timeout: float | None = None,
    shard: str | None = None,
    on: str | None = None,
    replicas: int | None = None,
    gpus_per_replica: float | None = None,
    force: bool = False,
    offline: bool = False,
    seed: int = 0,
    faults: Literal["drop", "keep", "repair"] | None = None,
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
        options_order: 'published', 'shuffled' by `seed`, or in several passes: 'rotations', 'leave-one-out'
            [default: as the card says; labels published, items' own options shuffled].
        silence: control: play silence instead of every clip.
        swap_audio: control: play other clips instead of each item's.
        control: any control by its name: 'silence', 'noise' (white, as loud), 'no-audio' (the words alone) or
            'swap-audio'.
        rank: also keep how likely the model finds every option.
        timeout: seconds after which a batch is given up [default: wait].
        shard: ask only every n-th item, from the i-th on: 'i/n'. A run of its own, without scores; `merge_runs` joins
            all n.
        on: where the model is: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        replicas: on a cluster, copies of the model [default: as many as there is room for].
        gpus_per_replica: on a cluster, GPUs of each copy, also a share of one [default: 1 where it has any].
        force: load the model even if its weights are larger than the memory.
        offline: take weights from this machine only; never ask Hugging Face.
        seed: of everything that is drawn.
        faults: clips with known faults: 'drop' leaves out those that are to be dropped, 'keep' asks all as published,
            'repair' asks with what is known to be right (labels, names, crops) and leaves out what cannot be
            repaired [default: as the split was drawn: repaired if it was, else as published].
        options: any other option of the model, by name.
        command: what run.json keeps as the command that repeats the run.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName, MissingExtra, ModelError, EvaluationError, ClusterError, HomeError.
    """
    given = dict(locals())
    from mudata.evaluation.inference.runner import evaluate as ask

    reporter = chosen(given.pop("progress"))
    return ScoredRun(ask(Home.default(), eval_request(given), reporter).folder)


@overload
def score(
    run: Runs,
    *,
    reference_scorer: bool = False,
    extra: str | Iterable[str] = (),
    opinion: str | Iterable[str] = (),
    embedding_model: str | Path | None = None,
    embedding_revision: str | None = None,
    judge_url: str | None = None,
    judge_model: str | None = None,
    rule: str | Iterable[str] = (),
    on: str | None = None,
    progress: Progress | bool | None = None,
) -> dict[str, Any]: ...
@overload
def score(
    run: list[Runs] | tuple[Runs, ...] | None = None,
    *,
    reference_scorer: bool = False,
    extra: str | Iterable[str] = (),
    opinion: str | Iterable[str] = (),
    embedding_model: str | Path | None = None,
    embedding_revision: str | None = None,
    judge_url: str | None = None,
    judge_model: str | None = None,
    rule: str | Iterable[str] = (),
    on: str | None = None,
    progress: Progress | bool | None = None,
) -> list[dict[str, Any]]: ...
@checked(narrator="progress")
def score(
    run: Runs | Iterable[Runs] | None = None,
    *,
    reference_scorer: bool = False,
    extra: str | Iterable[str] = (),
    opinion: str | Iterable[str] = (),
    embedding_model: str | Path | None = None,
    embedding_revision: str | None = None,
    judge_url: str | None = None,
    judge_model: str | None = None,
    rule: str | Iterable[str] = (),
    on: str | None = None,
    progress: Progress | bool | None = None,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Score runs again, offline; former scores are kept, and what changed is told with its cause.

    Args:
        run: one run, several, or None for all that can be scored.
        reference_scorer: have the package rouge-score count captions: the same numbers, slowly.
        extra: also score captions by 'meteor', 'bertscore' or 'clap', with options as in 'NAME:OPTION=VALUE';
            kept from then on.
        opinion: have the answers read by 'embedding' or 'judge' as well; kept from then on, and never the headline.
        embedding_model: sentence encoder of 'embedding': Hugging Face id or folder.
        embedding_revision: revision of the sentence encoder.
        judge_url: server that speaks OpenAI's chat protocol, such as 'https://host/v1'.
        judge_model: model to ask there; the key is read from MUDATA_JUDGE_KEY.
        rule: official rules, such as 'mmau_tokens', that judge an exam's answers beside its own; kept from then on.
        on: where it is done: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        progress: True, False, or None for what `show_progress` says.

    Returns:
        What scores.json says, of one run or of each.

    Raises:
        UnknownName, MissingExtra, ModelError, ClusterError.
        EvaluationError: a run that was named cannot be scored.
    """
    from mudata.evaluation.scoring.opinions.named_opinion import named_opinion
    from mudata.evaluation.scoring.score_runs import score_runs
    from mudata.execution.executor_choice import executor_on

    for name in many(opinion):
        one_of("opinion", name, ("embedding", "judge"))
    home, reporter = Home.default(), chosen(progress)
    encoder = None if embedding_model is None else str(embedding_model)
    opinions = [
        named_opinion(
            name,
            embedding_model=encoder,
            embedding_revision=embedding_revision,
            judge_url=judge_url,
            judge_model=judge_model,
        )
        for name in many(opinion)
    ]

    scores = score_runs(
        home,
        None if run is None else named_runs(run),
        reporter,
        executor=executor_on(on, home, progress=reporter),
        opinions=opinions,
        extras=many(extra),
        reference_scorer=reference_scorer,
        rules=many(rule),
    )
    return scores[0] if isinstance(run, str | Path | Run) else scores


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
    file: str | Path | Iterable[str | Path],
    *,
    format: str,  # noqa: A002 - as the command line calls it
    model: str,
    split: str | Path | None = None,
    dataset: str | None = None,
    part: str | None = None,
    task: str | None = None,
    references: Literal["index", "file"] = "index",
    prompt_text: str | Path | None = None,
    letters: bool = False,
    id_field: str | None = None,
    answer_field: str | None = None,
    fields: Any = None,
    command: str | None = None,
    progress: Progress | bool | None = None,
) -> ScoredRun:
    """Make a run of answers made elsewhere, and score it. Needs no audio and no model.

    Args:
        file: the answers; several files (logs of several seeds) become one run.
        format: which program wrote it: 'cmi-bench', 'evalscope', 'inspect', 'jsonl', 'lmms-eval', 'mmau', 'muse' or
            'openai-evals'.
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
        letters: options were shown as (A), (B), ...: a letter is an answer. So it is where prompt_text has such marks.
        id_field: field that names the clip; dots lead into nested objects.
        answer_field: field with the answer.
        fields: both of them as `answer_import.file_answer.Fields`.
        command: what run.json keeps as the command that repeats the import.

    Raises:
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.answer_import import importer
    from mudata.evaluation.answer_import.file_answer import Fields
    from mudata.evaluation.answer_import.import_request import ImportRequest

    if not isinstance(fields, Fields | None):
        raise ArgumentError(f"fields is {fields!r}.", "Give id_field and answer_field instead.")
    if isinstance(prompt_text, Path):
        prompt_text = read_text(prompt_text.expanduser(), "prompt_text", error=ArgumentError)
    request = ImportRequest(
        file=paths(file),
        format=format,
        model=model,
        split=None if split is None else str(split),
        dataset=dataset,
        part=part,
        task=task,
        references=references,
        prompt_text=prompt_text,
        letters=letters,
        fields=fields or Fields(id_field, answer_field),
        command=command,
    )
    return ScoredRun(importer.import_answers(Home.default(), request, chosen(progress)).folder)


@checked()
def export_run(
    run: Runs,
    *,
    to: Literal["hf-eval-results", "inspect", "lmms-eval", "mteb", "csv"],
    output: str | Path = ".",
    with_answers: bool = False,
    hub_dataset: str | None = None,
    hub_task: str = "default",
) -> list[Path]:
    """Write a scored run for another program, and give the files.

    Answers are hashes (SHA-256) unless `with_answers`; questions, options and golds that a licence does not let others
    pass on are hashes in any case.

    Args:
        run: its id, the beginning of it, its folder, or a run.
        to: 'hf-eval-results' (`.eval_results/*.yaml` of a model's repository), 'inspect' (a log), 'lmms-eval' (samples
            and results), 'mteb' (a task's results) or 'csv' (a row for each answer).
        output: the folder for the files.
        with_answers: answers in clear.
        hub_dataset: of 'hf-eval-results': the benchmark, 'owner/name' [default: the card's].
        hub_task: of 'hf-eval-results': its task, as its eval.yaml has it.

    Raises:
        UnknownName, EvaluationError.
    """
    from mudata.evaluation.result_export import exporter

    (chosen_run,) = named_runs(run)
    request = exporter.ExportRequest(
        to=to, folder=Path(output).expanduser(), with_answers=with_answers, hub_dataset=hub_dataset, hub_task=hub_task
    )
    return exporter.export_run(chosen_run, request)
