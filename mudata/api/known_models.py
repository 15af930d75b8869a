"""Models as functions: who can be asked, what is known of each, and their weights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mudata.api.arguments import checked, within
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

hide_deprecations()


class ModelFacts(dict[str, Any]):
    """What is known of a model by name, shown as `mudata models info` prints it."""

    def __repr__(self) -> str:
        from mudata.evaluation.models.model_page import page

        return "\n".join(page(self))


@checked()
def models() -> Table:
    """The models that can be asked, those of the survey first:
    what `mudata models` prints, with more columns."""
    from mudata.evaluation.models import model_facts

    return Table(model_facts.rows(Home.default()), model_facts.COLUMNS)


@checked()
def model_info(name: str) -> ModelFacts:
    """Everything about one model: `print` it to read it, or take its fields by name.

    What it is, its terms, its weights and where they are, what it needs, its prompts and options.

    Args:
        name: a model from `models()`.

    Raises:
        UnknownName, CardError.
    """
    from mudata.evaluation.models import model_facts

    return ModelFacts(model_facts.named_facts(Home.default(), name))


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


@checked()
def serving_command(
    name: str,
    server: str,
    *,
    dtype: str = "bfloat16",
    context: int | None = None,
    port: int = 8000,
) -> dict[str, Any]:
    """The command by which a server serves a model; nothing is started.

    Args:
        name: a model from `models()`.
        server: vllm, sglang, llama.cpp or transformers.
        dtype: of the weights: auto, bfloat16, float16 or float32.
        context: tokens of prompt and answer at most; None is what the checkpoint says.
        port: where it listens.

    Returns:
        commands, to be typed one after the other (the last one serves), environment, ask (what asks
        it then), checked (the version whose options they are) and notes.

    Raises:
        UnknownName, CardError; ModelError for a model that the server does not have.
    """
    from dataclasses import asdict

    from mudata.evaluation.models import serving_commands

    within(1, context=context)
    within(1, 65535, port=port)
    return asdict(serving_commands.serving_command(name, server, dtype=dtype, context=context, port=port))
