"""Weights on disk: every format read safely, old pickles converted, damage told."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mudata.errors import ModelError

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import save_file  # noqa: E402

from mudata.evaluation.models.weights import convert  # noqa: E402
from mudata.evaluation.models.weights.tensors import read, read_entry  # noqa: E402

TENSORS = {"a": torch.arange(12.0).reshape(3, 4), "b": torch.arange(5).half()}


def old(path: Path, what: Any) -> Path:
    """As torch.save wrote before 1.6."""
    torch.save(what, path, _use_new_zipfile_serialization=False)
    return path


def taken(path: Path, **how: Any) -> dict[str, Any]:
    return dict(read(path, **how).under(""))


def same(got: dict[str, Any], want: dict[str, Any]) -> bool:
    return got.keys() == want.keys() and all(torch.equal(got[key], want[key]) for key in want)


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
def test_every_format_gives_the_same_tensors(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.bin")
    {"zip": torch.save, "safetensors": save_file, "old": lambda what, path: old(path, what)}[kind](TENSORS, path)
    assert same(taken(path), TENSORS)


def test_an_old_pickle_is_read_from_its_conversion(tmp_path: Path) -> None:
    tied = TENSORS["a"].T
    path = old(tmp_path / "w.pt", {"cfg": {"layers": 2}, "model": TENSORS | {"tied": tied, "again": tied}, "step": 3})
    made = convert.convert(path)
    assert made == tmp_path / "w.pt.mapped.safetensors"
    assert convert.convert(path) is None, "once is enough"
    stamp = path.stat().st_mtime_ns
    path.write_bytes(b"\x80\x02" + bytes(path.stat().st_size - 2))  # of the same size, and nothing in it
    os.utime(path, ns=(stamp, stamp))
    assert same(taken(path, inside="model"), TENSORS | {"tied": tied, "again": tied})


def test_what_an_old_pickle_says_beside_its_tensors_is_read_from_itself(tmp_path: Path) -> None:
    path = old(tmp_path / "w.pt", {"cfg": {"layers": 2}, "model": TENSORS})
    convert.convert(path)
    assert read_entry(path, "cfg") == {"layers": 2}
    with pytest.raises(ModelError, match=r"w\.pt has no entry 'ema'"):
        read(path, inside="ema")


@pytest.mark.parametrize("how", ["older", "of another size", "cut short"])
def test_a_conversion_that_is_not_of_this_file_is_not_read(tmp_path: Path, how: str) -> None:
    path = old(tmp_path / "w.pt", {"model": TENSORS})
    made = convert.convert(path)
    assert made
    if how == "older":
        os.utime(made, ns=(1, 1))
    elif how == "cut short":
        made.write_bytes(made.read_bytes()[:-8])
    other = {"a": torch.zeros(2) if how == "of another size" else TENSORS["a"] + 1, "b": TENSORS["b"]}
    old(path, {"model": other})
    if how != "older":
        os.utime(path, ns=(1, 1))
    assert same(taken(path, inside="model"), other)


@pytest.mark.parametrize("write", [torch.save, lambda what, path: old(path, what)], ids=["zip", "old"])
def test_a_pickle_that_names_anything_but_tensors_is_refused_and_the_name_told(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "w.pth"
    write({"args": argparse.Namespace(lr=1), "model": TENSORS}, path)
    with pytest.raises(ModelError, match=r"w\.pth holds more than tensors: it wants to run argparse\.Namespace"):
        read(path, inside="model")
    assert convert.convert(path) is None
    assert same(taken(path, inside="model", allow=[argparse.Namespace]), TENSORS)


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("write", [torch.save, lambda what, path: old(path, what)], ids=["zip", "old"])
def test_code_in_a_pickle_does_not_run(tmp_path: Path, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write({"x": Evil()}, tmp_path / "w.bin")
    with pytest.raises(ModelError, match=r"wants to run posix\.mkdir|wants to run nt\.mkdir"):
        read(tmp_path / "w.bin")
    assert convert.convert(tmp_path / "w.bin") is None
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors", "noise"])
@pytest.mark.parametrize("left", [0.0, 0.5, 0.95])
def test_a_file_that_was_cut_short_is_told(tmp_path: Path, kind: str, left: float) -> None:
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.bin")
    tensors = {"a": torch.rand(50, 50), "b": torch.rand(50)}
    {"zip": torch.save, "safetensors": save_file, "old": lambda what, p: old(p, what)}.get(
        kind, lambda _, p: p.write_bytes(bytes(range(256)) * 40)
    )(tensors, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    with pytest.raises(ModelError, match=r"cannot be read: .*\n.*fetch it again|holds more than tensors"):
        read(path)


def shards(folder: Path, places: dict[str, str]) -> Path:
    folder.mkdir()
    for shard in ("s1.bin", "s2.bin"):
        torch.save({"a" if shard == "s1.bin" else "b": torch.ones(2)}, folder / shard)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": places}))
    return folder


def test_an_index_that_names_an_absent_tensor_is_told(tmp_path: Path) -> None:
    folder = shards(tmp_path / "m", {"a": "s1.bin", "b": "s2.bin", "c": "s2.bin"})
    with pytest.raises(ModelError, match=r"m lacks tensors of its index: c\."):
        read(folder)


def test_a_shard_that_is_not_there_is_told(tmp_path: Path) -> None:
    folder = shards(tmp_path / "m", {"a": "s1.bin", "b": "s3.bin"})
    with pytest.raises(ModelError, match=r"The shard s3\.bin is not in "):
        read(folder)


def test_a_shard_that_was_cut_short_is_told_by_name(tmp_path: Path) -> None:
    folder = shards(tmp_path / "m", {"a": "s1.bin", "b": "s2.bin"})
    (folder / "s2.bin").write_bytes((folder / "s2.bin").read_bytes()[:-200])
    with pytest.raises(ModelError, match=r"s2\.bin cannot be read: "):
        read(folder)


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
@pytest.mark.slow
def test_taking_tensors_one_by_one_keeps_one_in_memory(tmp_path: Path, kind: str) -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("the system does not tell")

    def anonymous() -> int:
        return next(int(line.split()[1]) << 10 for line in status.read_text().splitlines() if "RssAnon" in line)

    each = 16 << 20
    tensors = {str(n): torch.full((each,), n, dtype=torch.uint8) for n in range(24)}
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.bin")
    {"zip": torch.save, "safetensors": save_file, "old": lambda what, p: old(p, what)}[kind](tensors, path)
    del tensors
    if kind == "old":
        assert convert.convert(path)
    before, most = anonymous(), 0
    for name, tensor in read(path).under(""):
        moved = tensor.to(torch.float16)  # as to a GPU: cast, counted, dropped
        assert moved[0] == int(name)
        most = max(most, anonymous() - before)
    assert most < 8 * each, "far less than the 24 that the file has"


@pytest.mark.parametrize("write", [torch.save, lambda what, path: old(path, what)], ids=["zip", "old"])
@pytest.mark.parametrize(
    ("saved", "what"),
    [
        ([torch.ones(2)], "holds a list where tensors by their names are expected"),
        ((torch.ones(2),), "holds a list where"),
        (torch.ones(2), "holds one tensor where"),
        (None, "holds nothing where"),
        (7, "holds a int where"),
        ("text", "holds a str where"),
    ],
)
def test_what_was_saved_without_names_is_told(tmp_path: Path, write: Any, saved: Any, what: str) -> None:
    path = tmp_path / "w.bin"
    write(saved, path)
    assert convert.convert(path) is None
    with pytest.raises(ModelError, match=rf"w\.bin {what}"):
        read(path)
    write({"model": saved}, path)
    with pytest.raises(ModelError, match=rf"w\.bin {what}"):
        read(path, inside="model")


def test_names_that_are_none_are_passed_over(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2), 3: torch.ones(2), None: torch.ones(1)}, tmp_path / "w.bin")
    assert list(read(tmp_path / "w.bin")) == ["a"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"weight_map": {"a": 5}}', "names the shard 5"),
        ('{"weight_map": {"a": ["s1.bin"]}}', r"names the shard \['s1\.bin'\]"),
        ('{"weight_map": {"a": null}}', "names the shard None"),
        ('{"weight_map": ["s1.bin"]}', "has no weight_map"),
        ('{"weight_map": 3}', "has no weight_map"),
        ("[1]", "cannot be read: it is no JSON object but a list"),
        ("[" * 100_000, "cannot be read: .*nested more than 100 deep"),
        ('{"weight_map": {"a": ' + "7" * 5000 + "}}", "cannot be read: .*a number of 5,000 digits"),
        ("\0\0", "cannot be read: .*zero bytes"),
    ],
)
def test_an_index_of_something_else_is_told(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "pytorch_model.bin.index.json").write_text(text)
    with pytest.raises(ModelError, match=rf"(?s)index\.json {what}"):
        read(tmp_path)
