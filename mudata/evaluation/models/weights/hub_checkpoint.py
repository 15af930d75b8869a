"""Checkpoints that transformers takes from the Hugging Face Hub by itself: whether they are in its
client's cache, and whether the Hub can be asked.

The client asks for each of a dozen files, and five times, with pauses, where nobody answers: minutes
without the network. One question with a time limit tells the same.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mudata.catalog.cards import loader
from mudata.catalog.fetch.sources.hub_client import hub_cache
from mudata.errors import ModelError
from mudata.evaluation.models import model_card
from mudata.evaluation.models.weights.weight_store import provenance
from mudata.home import flag, is_file
from mudata.safe_text import text_of

PATIENCE_S = 10.0
"""How long the Hub may take to answer the one question. Chosen here: it takes less than a second."""

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")


def loading_options(checkpoint: str, revision: str | None = None, *, offline: bool = False) -> dict[str, Any]:
    """What `from_pretrained` has to be told, so that it asks nobody who may not or cannot be asked.

    A folder is read as it is. The Hub is not asked where the network is forbidden (`offline`,
    MUDATA_OFFLINE, HF_HUB_OFFLINE); where it does not answer, the cache has to do. Raises
    ModelError if the checkpoint is not in the cache then.
    """
    if not _REPOSITORY.fullmatch(checkpoint) or Path(checkpoint).exists():
        return {}
    if offline or flag("MUDATA_OFFLINE") or flag("HF_HUB_OFFLINE"):
        why, how = "the network is forbidden", "without --offline, MUDATA_OFFLINE and HF_HUB_OFFLINE: "
    elif (silent := _unreachable(checkpoint, revision)) is not None:
        why, how = f"Hugging Face cannot be reached ({silent})", "where there is a network: "
    else:
        return {}
    if cached(checkpoint, revision):
        return {"local_files_only": True}
    named = _card_of(checkpoint)
    fetch = f"mudata models fetch {named}" if named else "the same command"
    raise ModelError(
        f"The weights of {checkpoint} are neither in MUDATA_HOME nor in the cache of Hugging Face, and {why}.",
        f"Run {how}{fetch}\nOr give --checkpoint FOLDER, with a copy of them.",
    )


def checkpoint_facts(
    checkpoint: str, revision: str | None, *, model: Any, dtype: object, device: str
) -> dict[str, object]:
    """What a run keeps of a checkpoint that transformers has loaded as `model`."""
    import torch
    import transformers

    return {
        "checkpoint": checkpoint if not Path(checkpoint).exists() else Path(checkpoint).name,
        "revision": getattr(model.config, "_commit_hash", None) or revision,
        **provenance(Path(checkpoint)),
        "class": type(model).__name__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "dtype": str(dtype).removeprefix("torch."),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def cached(checkpoint: str, revision: str | None = None) -> bool:
    """Whether the cache of Hugging Face's client has a configuration and weights of a repository.
    Asks nobody, and imports nothing."""
    folder = hub_cache() / f"models--{checkpoint.replace('/', '--')}"
    wanted = revision or "main"
    if is_file(ref := folder / "refs" / wanted):
        wanted = ref.read_text("utf-8").strip()
    snapshot = folder / "snapshots" / wanted
    return (snapshot / "config.json").is_file() and any(
        file.is_file() for file in snapshot.iterdir() if file.suffix in _WEIGHTS
    )


def _unreachable(checkpoint: str, revision: str | None) -> str | None:
    """Why the Hub does not answer; None if it does, be it that it refuses."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        endpoint = os.environ.get("HF_ENDPOINT") or None
        HfApi(endpoint=endpoint).model_info(checkpoint, revision=revision, timeout=PATIENCE_S)
    except HfHubHTTPError as error:
        status = error.response.status_code
        return f"it answers {status}" if status >= 500 else None
    except OfflineModeIsEnabled:
        return "its client is switched to offline"
    except (httpx2.HTTPError, OSError) as error:
        return text_of(error) or type(error).__name__
    except ValueError:  # no answer of the Hub's, such as the page on which a hotel asks for a room number
        return "something else answers in its place"
    return None


def _card_of(checkpoint: str) -> str | None:
    """The model whose card names the checkpoint."""
    for name, path in model_card.files().items():
        with loader.passing_over(path):
            if model_card.load(path).checkpoint == checkpoint:
                return name
    return None
