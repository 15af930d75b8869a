"""What is said of weights that are refused, by everything that hands a folder to transformers."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_clap import write_clap

from mudata.errors import ModelError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mudata.evaluation.models import untrained  # noqa: E402
from mudata.evaluation.models.clap import Clap  # noqa: E402
from mudata.evaluation.models.hf_audio import TransformersAudio  # noqa: E402
from mudata.evaluation.models.weights.tensors import whole  # noqa: E402
from mudata.evaluation.scoring.extras.bertscore import TokenEncoder  # noqa: E402
from mudata.evaluation.scoring.opinions.embedding import SentenceEncoder  # noqa: E402


class Payload:
    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


def archived(what: Any) -> bytes:
    file = io.BytesIO()
    torch.save(what, file)
    return file.getvalue()


RUNS = "holds more than tensors: it wants to run posix.mkdir. It was not read further."
ODD = "holds more than tensors: it is a pickle of a kind that only running reads. It was not read further."
CUT = "cannot be read: "
PICKLES = {
    "plain-0": (pickle.dumps({"a": 1}, 0), ODD),
    "plain-4": (pickle.dumps({"a": 1}, 4), ODD),
    "list-5": (pickle.dumps([1.5], 5), ODD),
    "payload-2": (pickle.dumps(Payload(), 2), RUNS),
    "payload-4": (
        pickle.dumps(Payload(), 4),
        ODD,
    ),  # of a newer protocol than torch's own, whose globals it cannot name
    "namespace": (pickle.dumps(argparse.Namespace(a=1), 2), "it wants to run argparse.Namespace."),
    "archive": (archived(Payload()), RUNS),
    "archive-inside": (archived({"a": Payload()}), RUNS),
    "no-magic-number": (pickle.dumps({"a": 1}, 2), CUT),
    "empty": (b"", CUT),
    "cut-short": (archived({"a": 1})[:300], CUT),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random checkpoints of the kinds that are read here."""
    made = {name: tmp_path_factory.mktemp(name) for name in ("audio", "clap", "bert", "whisper")}
    untrained.write(made["audio"])
    write_clap(made["clap"], fusion=False)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    transformers.BertModel(transformers.BertConfig(vocab_size=400, **sizes)).save_pretrained(made["bert"])
    untrained.byte_tokenizer().save_pretrained(made["bert"])
    ears = {"d_model": 8, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8}
    config = transformers.WhisperConfig(**ears, encoder_attention_heads=1, decoder_attention_heads=1, vocab_size=60000)
    transformers.WhisperForConditionalGeneration(config).save_pretrained(made["whisper"])
    return made


READERS: dict[str, Callable[[Path], Any]] = {
    "audio": lambda folder: TransformersAudio(str(folder), device="cpu").load(),
    "clap": lambda folder: Clap(str(folder), device="cpu").load(),
    "bert": lambda folder: TokenEncoder(str(folder), 1, device="cpu"),
    "whisper": lambda folder: whole(transformers.WhisperForConditionalGeneration, folder, torch.float32),
}


def refused(read: Callable[[], Any], said: str) -> str:
    """The message, once it is seen that nothing was warned of."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ModelError, match=said) as refusal:
            read()
    assert not [warning for warning in warned if "pickle" in str(warning.message)]
    return str(refusal.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reader", "name"),
    [
        *(("whisper", name) for name in PICKLES),
        *((reader, name) for reader in READERS for name in ("plain-4", "archive")),
    ],
)
def test_nobody_is_advised_to_run_a_pickle_that_is_refused(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content, said = PICKLES[name]
    folder = shutil.copytree(folders[reader], tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(content)
    told = refused(lambda: READERS[reader](folder), re.escape(said))
    assert "weights_only" not in told
    assert "\x1b" not in told
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize("reader", [*READERS, "sentences"])
def test_weights_that_are_cut_short_are_told_without_a_traceback(
    folders: dict[str, Path], tmp_path: Path, reader: str
) -> None:
    readers = READERS | {"sentences": lambda folder: list(SentenceEncoder(str(folder)).views([None]))}
    folder = shutil.copytree(folders["bert" if reader == "sentences" else reader], tmp_path / "model")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert "model" in refused(lambda: readers[reader](folder), r"cannot be (read|loaded): \w")
