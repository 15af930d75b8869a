"""Checkpoints of the Hub: what is cached, and that nobody waits for a network that is not there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from shell import typed

from mudata.errors import ModelError
from mudata.evaluation.models import registry
from mudata.evaluation.models.weights.hub_checkpoint import cached, loading_options

CLAP = "laion/clap-htsat-unfused"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a Hub where nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    return f"127.0.0.1:{port}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache: Path, *names: str, checkpoint: str = CLAP, revision: str = "abc", ref: str | None = "main") -> None:
    folder = cache / f"models--{checkpoint.replace('/', '--')}"
    for name in names:
        (folder / "snapshots" / revision).mkdir(parents=True, exist_ok=True)
        (folder / "snapshots" / revision / name).write_bytes(b"{}")
    if ref:
        (folder / "refs").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / ref).write_text(revision)


@pytest.mark.parametrize(
    ("names", "is_cached"),
    [
        (("config.json", "model.safetensors"), True),
        (("config.json", "pytorch_model.bin"), True),
        (("config.json",), False),  # what a stopped download leaves
        (("model.safetensors",), False),
        ((), False),
    ],
)
def test_a_checkpoint_is_cached_with_its_weights(cache: Path, names: tuple[str, ...], *, is_cached: bool) -> None:
    put(cache, *names)
    assert cached(CLAP) is is_cached
    assert cached(CLAP, "abc") is is_cached
    assert not cached(CLAP, "def")


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "MUDATA_OFFLINE", None])
def test_where_the_network_is_forbidden_only_the_cache_is_asked(
    cache: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://the.hub.is.not.asked.invalid")
    if variable:
        monkeypatch.setenv(variable, "1")
    with pytest.raises(
        ModelError, match=r"laion/clap-htsat-unfused are neither .* and the network is forbidden"
    ) as told:
        loading_options(CLAP, offline=variable is None)
    assert "mudata models fetch clap-htsat-unfused\n" in str(told.value)
    put(cache, "config.json", "model.safetensors")
    assert loading_options(CLAP, offline=variable is None) == {"local_files_only": True}


def test_where_nobody_answers_the_cache_has_to_do(cache: Path, nobody: str) -> None:
    with pytest.raises(ModelError, match=r"nobody/nothing are neither .* Hugging Face cannot be reached") as told:
        loading_options("nobody/nothing")
    assert "Run where there is a network: the same command" in str(told.value)
    put(cache, "config.json", "model.safetensors")
    assert loading_options(CLAP) == {"local_files_only": True}


def test_a_folder_asks_nobody(tmp_path: Path, nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert loading_options("a/b") == loading_options(str(tmp_path)) == {}


def test_models_tell_weights_packages_and_readiness_apart(cache: Path) -> None:
    put(cache, "config.json", "model.safetensors", ref="8fa0f1c6d0433df6e97c127f64b2a1d6c0dcda8a")
    rows = {row["name"]: row for row in registry_rows()}
    assert rows["random"] == {
        "name": "random",
        "packages": "yes",
        "ready": "yes",
        "needs": "nothing",
        "installed": "yes",
    }
    assert (rows["clap"]["needs"], rows["served"]["needs"]) == ("a checkpoint", "a server")
    assert (rows["kimi-audio"]["ready"], rows["kimi-audio"]["needs"]) == ("no", "a server")
    assert (rows["salmonn-7b"]["weights"], rows["salmonn-7b"]["needs"]) == ("no", "weights")
    revision = registry.card_of(registry.find("clap-htsat-unfused")).revision  # type: ignore[union-attr]
    put(cache, "config.json", "model.safetensors", revision=str(revision), ref=None)
    row = {row["name"]: row for row in registry_rows()}["clap-htsat-unfused"]
    assert (row["weights"], row["ready"]) == ("cached", "yes" if row["packages"] == "yes" else "no")
    shown = typed("models").out.splitlines()
    assert shown[0].split()[-3:] == ["weights", "fits", "needs"]
    assert next(line for line in shown if line.startswith("random ")).split() == ["random", "nothing"]


def registry_rows() -> list[dict[str, object]]:
    import mudata

    return [dict(row) for row in mudata.models()]


@pytest.mark.slow
def test_a_model_whose_weights_cannot_be_had_is_refused_at_once(cache: Path, nobody: str) -> None:
    pytest.importorskip("transformers")
    from mudata.evaluation.models.clap import Clap
    from mudata.evaluation.models.hf_audio import TransformersAudio

    for model in (
        Clap(),
        Clap(offline=True),
        TransformersAudio("some/model"),
        TransformersAudio("some/model", offline=True),
    ):
        with pytest.raises(ModelError, match="are neither in MUDATA_HOME nor in the cache"):
            model.load()
