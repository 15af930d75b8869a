"""Every test gets an empty home of its own, no credentials and no proxies; shared real data where it is present."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from three_nodes import ThreeNodes, three_nodes

from mudata.deprecations import announced
from mudata.home import Home

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; threads of torch would fight over the cores

_CLEAN = (
    "HF_",
    "KAGGLE",
    "HUGGING_FACE",
    "MUDATA_",
    "RAY_",
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
SHARED = Path(os.environ.get("MUDATA_SHARED", Path(__file__).resolve().parents[2] / "shared"))


if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # in the background of a script; what tests start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

gc.disable()  # while tests are collected: what is imported stays


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs the open network is run only by `-m network`."""
    if "network" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("network")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Take what was imported (torch, transformers and all else) out of every later garbage collection."""
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes do not name a test: some hold the time or chance, and processes that share the tests must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes empty folders, counted: pytest's own look through all that there are for the next number, each time."""
    base, numbers = tmp_path_factory.mktemp("t"), itertools.count()

    def make(name: str) -> Path:
        folder = base / f"{next(numbers)}-{re.sub(r'[^A-Za-z0-9]+', '-', name)[:30]}"
        folder.mkdir()
        return folder

    return make


@pytest.fixture
def tmp_path(new_folder: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    """An empty folder of the test's own."""
    return new_folder(request.node.name)


@pytest.fixture(autouse=True)
def home(new_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty MUDATA_HOME; the user's own home, tokens and proxies are out of reach."""
    for name in list(os.environ):
        if name.startswith(_CLEAN):
            monkeypatch.delenv(name)
    root = new_folder("home")
    monkeypatch.setenv("MUDATA_HOME", str(root))
    monkeypatch.setenv("HOME", str(new_folder("user")))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    return Home(root)


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk() -> Iterator[None]:
    """No test cuts the power: what the system has not written to the disk yet is read all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        patch.setattr(os, "sync", lambda: None)
        yield


class _Raising(logging.Handler):
    """Makes an error of what transformers logs of deprecations, as is made of warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # transformers 5.24's Whisper gives both to itself when it writes down long audio: no call of ours can avoid it
        of_itself = text.startswith("Passing `generation_config` together") and "begin_suppress_tokens" in text
        if announced(text) and not of_itself:
            raise FutureWarning(text)


@pytest.fixture(autouse=True)
def logged_deprecations_are_errors() -> Iterator[None]:
    logger, raising = logging.getLogger("transformers"), _Raising(logging.WARNING)
    logger.addHandler(raising)
    yield
    logger.removeHandler(raising)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of licensed real data beside the repository; skips where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared real data is not here")
    return SHARED


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[ThreeNodes]:
    """A Ray cluster of three nodes; the first test that asks for it waits ten seconds. Skips without the extra."""
    pytest.importorskip("ray")
    with three_nodes() as nodes:
        yield nodes


@pytest.fixture
def ray_cluster(ray_nodes: ThreeNodes, monkeypatch: pytest.MonkeyPatch) -> ThreeNodes:
    """The same, as what `--on ray` means."""
    monkeypatch.setenv("RAY_ADDRESS", ray_nodes.address)
    return ray_nodes


@pytest.fixture
def tone() -> Callable[..., Path]:
    """Writes a short sine as an audio file: tone(path, seconds=1.0, rate=22050, channels=1, hz=440.0, **soundfile)."""
    import soundfile

    def write(
        path: Path, seconds: float = 1.0, rate: int = 22050, channels: int = 1, hz: float = 440.0, **options: str
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
        soundfile.write(path, np.repeat(wave[:, None], channels, 1), rate, **options)
        return path

    return write
