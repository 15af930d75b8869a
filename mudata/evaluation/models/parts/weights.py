"""Published weights as one mapping from names to tensors, whatever files they come in, with every tensor accounted for.

Nothing is executed: safetensors are mapped into memory, and pickles are read by torch's weights-only loader, which
refuses any global that is not on its list. Tensors are loaded when they are taken, so that host memory holds one at a
time beyond what the model keeps.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from mudata.errors import ModelError
from mudata.evaluation.models.parts import converted
from mudata.evaluation.models.parts.names import INDEXES, SINGLES, is_archive


class Weights:
    """Tensors by name. `take` hands each out once; `finish` refuses if any is left over that was not let go.

    `where` names the files in messages.
    """

    def __init__(self, tensors: Mapping[str, Any], where: str) -> None:
        self._tensors, self.where = dict(tensors), where
        self._left = set(self._tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a tensor without taking it. Raises ModelError if it is not there."""
        if name not in self._tensors:
            raise ModelError(
                f"{self.where} has no tensor {name!r}.", "It is another model, or an older layout: check the revision."
            )
        found = self._tensors[name]
        return tuple(found.get_shape() if hasattr(found, "get_shape") else found.shape)

    def take(self, name: str) -> torch.Tensor:
        """A tensor, which counts as used. Raises ModelError if it is not there."""
        self.shape(name)
        self._left.discard(name)
        found = self._tensors[name]
        return found if isinstance(found, torch.Tensor) else found[:]

    def under(self, prefix: str, rename: Mapping[str, str] | None = None) -> Iterator[tuple[str, torch.Tensor]]:
        """All tensors whose names begin with `prefix`, taken one by one, without it. `rename` has regular
        expressions and what their matches become."""
        for name in [name for name in self._tensors if name.startswith(prefix)]:
            new = name[len(prefix) :]
            for pattern, replacement in (rename or {}).items():
                new = re.sub(pattern, replacement, new)
            yield new, self.take(name)

    def without_prefix(self, prefix: str) -> Weights:
        """The same tensors, names cut of a prefix that some or all have (a wrapper's, such as 'module.')."""
        return Weights({name.removeprefix(prefix): tensor for name, tensor in self._tensors.items()}, self.where)

    def over(self, bases: Mapping[str, Path], skip: Iterable[str] = ()) -> Weights:
        """These tensors, and from other files those that are lacking: `bases` has the prefix under which each file's
        tensors count. A file that is not there is nothing, nor is a folder without weights. `skip` are names (regular
        expressions) never wanted."""
        found = dict(self._tensors)
        for prefix, path in bases.items():
            if path.is_file() or any((path / name).is_file() for name in (*INDEXES, *SINGLES)):
                base = {prefix + name: tensor for name, tensor in read(path)._tensors.items()}
                found = {n: t for n, t in base.items() if not any(re.fullmatch(p, n) for p in skip)} | found
        return Weights(found, self.where)

    def count(self, pattern: str) -> int:
        """How many different numbers the group of a regular expression has among the names: layers, blocks."""
        return len({match[1] for name in self._tensors if (match := re.fullmatch(pattern, name))})

    def expect(self, names: Iterable[str], *, among: str) -> None:
        """Check that exactly these are the tensors whose names match `among` (a regular expression)."""
        wanted, there = set(names), {name for name in self._tensors if re.fullmatch(among, name)}
        said = {"missing": wanted - there, "unexpected": there - wanted}
        if problems := [f"{len(found)} {title}: {_some(found)}" for title, found in said.items() if found]:
            raise ModelError(f"{self.where} does not fit the model. {'; '.join(problems)}.", "Check the checkpoint.")

    def let_go(self, *patterns: str) -> None:
        """Name tensors (regular expressions, whole names) that the model does not need."""
        self._left = {name for name in self._left if not any(re.fullmatch(p, name) for p in patterns)}

    def finish(self) -> None:
        """Raises ModelError with the list of tensors that nobody took."""
        if self._left:
            raise ModelError(
                f"{self.where} has {len(self._left)} tensors that this model does not know: {_some(self._left)}.",
                "It is another model, or another revision of it.",
            )


def fill(module: torch.nn.Module, tensors: Iterable[tuple[str, torch.Tensor]], where: str, device: str = "cpu") -> None:
    """Put tensors into a module that may lie on the meta device, each cast to the dtype that the module has there and
    moved to `device` before the next is read. Raises ModelError with the lists of what is missing, unexpected or of
    another shape.
    """
    wanted = module.state_dict()
    found: dict[str, torch.Tensor] = {}
    alien, odd = [], []
    for name, tensor in tensors:
        if name not in wanted:
            alien.append(name)
        elif wanted[name].shape != tensor.shape:
            odd.append(f"{name} {tuple(tensor.shape)} instead of {tuple(wanted[name].shape)}")
        else:
            found[name] = tensor.to(device, wanted[name].dtype)
    said = {"missing": wanted.keys() - found.keys(), "unexpected": alien, "of another shape": odd}
    if problems := [f"{len(names)} {title}: {_some(names)}" for title, names in said.items() if names]:
        raise ModelError(f"{where} does not fit the model. {'; '.join(problems)}.", "Check the checkpoint's revision.")
    module.load_state_dict(found, assign=True)


def read(path: Path, *, inside: str | None = None, allow: Iterable[Any] = ()) -> Weights:
    """The weights of a file (.safetensors, .bin, .pt, .pth) or of a folder in the layout of the Hugging Face Hub.

    `inside` names the entry of a pickled dictionary that holds them ('model'); `allow` are further classes that a
    pickle may name. Raises ModelError: nothing there, cut short, or a pickle with anything but tensors in it.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise ModelError(f"The weights {path.name} are not in {path.parent}.", "Fetch the model, or check its folder.")
    return Weights(_file(path, inside, tuple(allow)), path.name)


def _folder(folder: Path) -> Weights:
    for name in INDEXES:
        if (index := folder / name).is_file():
            places = _places(index)
            found: dict[str, Any] = {}
            for shard in sorted(set(places.values())):
                if not (folder / shard).is_file():
                    raise ModelError(f"The shard {shard} is not in {folder}.", "Fetch the model again; it goes on.")
                found |= _file(folder / shard, None, ())
            if missing := places.keys() - found.keys():
                raise ModelError(f"{folder.name} lacks tensors of its index: {_some(missing)}.", "Fetch it again.")
            return Weights(found, folder.name)
    for name in SINGLES:
        if (folder / name).is_file():
            return Weights(_file(folder / name, None, ()), folder.name)
    raise ModelError(f"{folder} holds no weights.", f"Expected one of: {', '.join((*INDEXES, *SINGLES))}.")


def _places(index: Path) -> dict[str, str]:
    """The shard of every tensor, by an index."""
    said = read_json(index).get("weight_map")
    if not isinstance(said, dict) or not said:
        raise ModelError(f"{index.name} has no weight_map.", "It is no index of weights: fetch the model again.")
    for shard in said.values():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise ModelError(f"{index.name} names the shard {shard!r}, which is no file beside it.", "Do not use it.")
    return said


def whole(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A model whose folder transformers reads by itself, which makes up what is missing: here that is refused.

    Raises ModelError: not there, cut short, or tensors missing, unexpected or of another shape.
    """
    try:
        model, told = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True, local_files_only=True)
    except (OSError, ValueError, RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        raise _cut_short(folder, error) from error
    if problems := [f"{key.replace('_', ' ')}: {_some(map(str, told[key]))}" for key in sorted(told) if told[key]]:
        raise ModelError(f"{folder.name} does not fit the model. {'; '.join(problems)}.", "Fetch the model again.")
    return model.eval().requires_grad_(False)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object beside the weights. Raises ModelError."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.", "Fetch the model again.") from error
    if not isinstance(said, dict):
        raise ModelError(f"{path.name} holds no JSON object.", "Fetch the model again.")
    return said


def read_entry(path: Path, name: str) -> Any:
    """What a pickled dictionary holds under a name beside its tensors, such as its own settings. Raises ModelError."""
    said = _unpickled(path, ())
    if not isinstance(said, dict) or name not in said:
        raise ModelError(f"{path.name} has no entry {name!r}.", "It is another model's file.")
    return said[name]


def _file(path: Path, inside: str | None, allow: tuple[Any, ...]) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        try:
            shelf: Any = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise _cut_short(path, error) from error
        return {name: shelf.get_slice(name) for name in shelf.keys()}  # noqa: SIM118 - not a mapping
    if (shelf := converted.twin(path)) and (found := converted.tensors(shelf, inside)) is not None:
        return found
    said = _unpickled(path, allow)
    if inside is not None:
        if not isinstance(said, dict) or inside not in said:
            raise ModelError(f"{path.name} has no entry {inside!r}.", "It is another model's file.")
        said = said[inside]
    return {name: tensor for name, tensor in said.items() if isinstance(tensor, torch.Tensor)}


def _unpickled(path: Path, allow: tuple[Any, ...]) -> Any:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(list(allow)):
            # before it refuses a plain pickle, torch warns that it may not support one
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive(path))
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL (\S+)", str(error))
        what = f"wants to run {found[1]}" if found else "is a pickle of a kind that only running reads"
        raise ModelError(
            f"{path.name} holds more than tensors: it {what}. It was not read further.",
            "Get the weights from the publisher, or as safetensors.",
        ) from error
    except Exception as error:  # a damaged pickle fails in any way
        raise _cut_short(path, error) from error


def _cut_short(path: Path, error: Exception) -> ModelError:
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return ModelError(f"{path.name} cannot be read: {said}", "It may be cut short: fetch it again.")


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:8]) + (f" and {len(ordered) - 8} more" if len(ordered) > 8 else "")
