"""Asking a split's clips, one flushed batch after another.

    select -> plan: the run's id -> session: what is open, asked and appended -> score

`plan` has all that is decided before anything is asked, `session` the asking itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.render import soundfonts
from mudata.catalog.render.renderer import player
from mudata.errors import EvaluationError, ModelError, UnknownName
from mudata.evaluation.inference.controls import Control
from mudata.evaluation.inference.local_replica import LocalReplica, create
from mudata.evaluation.inference.playback import AudioSource
from mudata.evaluation.inference.run_plan import EvalRequest, Plan
from mudata.evaluation.inference.session import Session
from mudata.evaluation.models import registry
from mudata.evaluation.run import Run
from mudata.evaluation.scoring import score
from mudata.evaluation.tasks.known_faults import FaultTreatment
from mudata.evaluation.tasks.option_order import OptionsOrder
from mudata.evaluation.tasks.sample_selection import SampleRequest, select
from mudata.narration import SILENT, Progress
from mudata.object_store.local_cache import is_here_or_shared

if TYPE_CHECKING:
    from mudata.evaluation.inference.replicas import Replicas
    from mudata.evaluation.protocol import Model
    from mudata.evaluation.tasks.samples import Sample
    from mudata.home import Home

__all__ = ["EvalRequest", "evaluate", "preview"]


def hold(home: Home, request: EvalRequest, progress: Progress = SILENT) -> Replicas:
    """Who answers a request, not yet loaded; several runs may ask it one after the other, so that its weights are
    loaded once. Raises UnknownName, MissingExtra, ModelError, EvaluationError (replicas here, or of no number of GPUs),
    and ClusterError where it is to be a cluster's."""
    gpus = request.gpus_per_replica
    if request.on in (None, "local"):
        if request.replicas or gpus is not None:
            raise EvaluationError("Replicas are copies of a model on a cluster.", "Say which: --on ray.")
        return LocalReplica(create(home, request), request)
    if gpus is not None and not (0 <= gpus <= 1 or gpus % 1 == 0 < gpus):  # nor does Ray take another one
        raise EvaluationError(
            f"{gpus:g} is no number of GPUs for a replica.", "Give a share of one, such as 0.5, or a whole number."
        )
    from mudata.evaluation.inference.ray_replicas import RayReplicas  # ray: half a second

    return RayReplicas(home, request, create(home, request), progress)


def evaluate(home: Home, request: EvalRequest, progress: Progress = SILENT, *, held: Replicas | None = None) -> Run:
    """Ask all that is still open, then score the run; a shard is not scored, which `merging` does for all of them.
    `held` answers, where it is asked more. Killed at any moment, it loses at most the batch in the
    making.

    Raises UnknownName, MissingExtra, ModelError, EvaluationError;
    HomeError if the same run is going on elsewhere.
    """
    if held is None:
        with contextlib.closing(hold(home, request, progress)) as once:
            return evaluate(home, request, progress, held=once)
    plan = _planned(home, request, held.model)
    run = Run((home.shards if request.shard else home.runs) / plan.run_id)
    with run.writing(home):
        Session(plan, run, progress, held).ask()
        if request.shard:
            return run
        with progress.bar("Scoring", unit=""):
            score.score(run)
    database.rebuild(home)  # the views of a home's first run
    return run


def preview(home: Home, request: EvalRequest) -> dict[str, Any]:
    """What `evaluate` would ask, as run.json would say it, with the first question;
    nothing is loaded or written.

    `first` has an item, its references, the prompt and the options. Raises as `evaluate` does.
    """
    plan = _planned(home, request, create(home, request))
    item = plan.items[0]
    task = plan.selection.tasks[item.dataset]
    first: dict[str, Any] = {"clip_id": item.item_id} if item.is_clip else {"item_id": item.item_id}
    if not item.is_clip:
        first["clips"] = item.clip_ids
    question = plan.selection.question_of(item)
    options = question.options if task.is_exact else task.order
    first |= {"gold": item.references, "prompt": question.prompt, "options": options}
    return plan.settings().record() | {"first": first}


def _planned(home: Home, request: EvalRequest, model: Model) -> Plan:
    _check(request, model)
    card = registry.card_of(registry.find(request.model))
    own = card.prompts if card else None
    samples = SampleRequest(
        task=request.task,
        part=request.part,
        limit=request.limit,
        prompt=request.prompt,
        letters=request.letters,
        options_order=request.options_order,
        seed=request.seed,
        own=own,
        heard=request.control != "no-audio",
        faults=request.faults,
    )
    plan = Plan(request, model, select(home, request.split, samples))
    _check_words(request, model, plan.selection.items)
    if request.audio == "source" and not any(
        clip.source and is_here_or_shared(clip.source) for item in plan.selection.items for clip in item.clips
    ):
        raise EvaluationError(
            f"None of the original files of {', '.join(plan.selection.tasks)} is here.",
            f"Run: {' && '.join(fetch_command(name, home) for name in plan.selection.tasks)};"
            " or leave out --audio source.",
        )
    heard = model.capabilities.needs_audio and request.control != "no-audio"
    if plan.playback.engine == "soundfont" and heard and not model.capabilities.takes_midi:
        player()
        soundfonts.find(None)
    if request.rank and plan.task.kind == "caption":
        raise EvaluationError("A caption has no options to rank.", "Leave out --rank, or ask a task that has labels.")
    if request.rank and plan.task.is_exact:
        without = [item.item_id for item in plan.selection.items if not item.options]
        if without:
            raise EvaluationError(
                f"{without[0]} has no options to rank: a {plan.task.noun} is asked for.",
                "Leave out --rank, or ask a task whose items have options.",
            )
    return plan


def _no_words_alone(request: EvalRequest) -> str:
    return (
        f"The model {request.model!r} cannot be asked without audio: its prompt has a place for a clip, and its "
        "authors say of none how it is left out."
    )


def _check_words(request: EvalRequest, model: Model, items: Sequence[Sample]) -> None:
    """Raises EvaluationError where a model of words alone is to listen, and where items of words alone are asked of
    one that always does, or with something else to hear."""
    capabilities = model.capabilities
    words = [item for item in items if item.is_words]
    if capabilities.reads_only and request.control != "no-audio" and len(words) < len(items):
        raise EvaluationError(
            f"The model {request.model!r} takes no audio: it can be asked by words alone.",
            "Ask it with --control no-audio; its answers are kept as those of a reader.",
        )
    if words and request.control not in (None, "no-audio"):
        raise EvaluationError(
            f"{words[0].item_id} is words alone: with {request.control} it would be asked the same.",
            "Ask it without a control.",
        )
    if words and capabilities.needs_audio and not capabilities.audio_optional:
        raise EvaluationError(
            _no_words_alone(request), f"Nothing of {words[0].item_id} is heard: choose another model."
        )


def _check(request: EvalRequest, model: Model) -> None:
    for what, value, known in (
        ("control", "silence" if request.control is None else request.control, get_args(Control)),
        ("order of options", request.options_order or "published", get_args(OptionsOrder)),
        ("audio to play", request.audio, get_args(AudioSource)),
        ("choice for faults", request.faults or "keep", get_args(FaultTreatment)),
    ):
        if value not in known:
            raise UnknownName(what, value, known)
    if request.timeout_s is not None and not request.timeout_s > 0:
        raise EvaluationError(f"A timeout of {request.timeout_s} s is none.", "Give seconds, or nothing to wait.")
    capabilities = model.capabilities
    if capabilities.reads_only:
        pass  # whether there is anything to hear is known when items are: `_check_words`
    elif not capabilities.needs_audio and not capabilities.control:
        raise EvaluationError(
            f"The model {request.model!r} takes no audio, and the task is to listen.", "Choose one that hears."
        )
    elif request.control and not capabilities.needs_audio:
        raise EvaluationError(
            f"The model {request.model!r} never listens: with {request.control} it would say the same.",
            "Ask it without a control.",
        )
    if request.control == "no-audio" and not capabilities.audio_optional:
        raise EvaluationError(
            _no_words_alone(request),
            "Use --control silence or --control noise; a class of your own that can says so: audio_optional=True.",
        )
    if request.audio == "source" and not capabilities.takes_source:
        raise ModelError(
            f"The model {request.model!r} takes clips as they are normalised, mono, and no original files.",
            "Leave out --audio source.",
        )
    if request.rank and not (capabilities.gives_logits and hasattr(model, "rank")):
        raise ModelError(
            f"The model {request.model!r} cannot tell how likely an option is.",
            "Leave out --rank; what a model needs for it is told in mudata.evaluation.protocol.",
        )
