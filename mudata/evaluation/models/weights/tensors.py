"""Published weights as one mapping from names to tensors,
whatever files they come in, with every tensor accounted for.

Nothing is executed: safetensors are mapped into memory, and pickles are read by torch's
weights-only loader, which refuses any global that is not on its list. Tensors are loaded when they
are taken, so that host memory holds one at a time beyond what the model keeps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from mudata.errors import ModelError, some
from mudata.evaluation.models.weights import convert
from mudata.evaluation.models.weights.file_kinds import INDEXES, SINGLES
from mudata.evaluation.models.weights.safe_load import CUT_SHORT, reading, unpickled
from mudata.json_files import read_object

_SHOWN = 8
"""Names of tensors in a message."""


class Weights:
    """Tensors by name. `take` hands each out once;
    `finish` refuses if any is left over that was not let go.

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
        tensor = self._tensors[name]
        return tuple(tensor.get_shape() if hasattr(tensor, "get_shape") else tensor.shape)

    def take(self, name: str) -> torch.Tensor:
        """A tensor, which counts as used. Raises ModelError if it is not there."""
        self.shape(name)
        self._left.discard(name)
        tensor = self._tensors[name]
        return tensor if isinstance(tensor, torch.Tensor) else tensor[:]

    def under(self, prefix: str, rename: Mapping[str, str] | None = None) -> Iterator[tuple[str, torch.Tensor]]:
        """All tensors whose names begin with `prefix`, taken one by one, without it. `rename` has
        regular expressions and what their matches become."""
        for name in [name for name in self._tensors if name.startswith(prefix)]:
            new = name[len(prefix) :]
            for pattern, replacement in (rename or {}).items():
                new = re.sub(pattern, replacement, new)
            yield new, self.take(name)

    def without_prefix(self, prefix: str) -> Weights:
        """The same tensors, names cut of a prefix that
        some or all have (a wrapper's, such as 'module.')."""
        return Weights({name.removeprefix(prefix): tensor for name, tensor in self._tensors.items()}, self.where)

    def over(self, bases: Mapping[str, Path], skip: Iterable[str] = ()) -> Weights:
        """These tensors, and from other files those that are lacking: `bases` has the prefix under
        which each file's tensors count. A file that is not there is nothing, nor is a folder
        without weights. `skip` are names (regular expressions) never wanted."""
        tensors = dict(self._tensors)
        for prefix, path in bases.items():
            if path.is_file() or any((path / name).is_file() for name in (*INDEXES, *SINGLES)):
                base = {prefix + name: tensor for name, tensor in read(path)._tensors.items()}
                base = {n: t for n, t in base.items() if not any(re.fullmatch(p, n) for p in skip)}
                tensors = base | tensors
        return Weights(tensors, self.where)

    def count(self, pattern: str) -> int:
        """How many different numbers the group of a regular
        expression has among the names: layers, blocks."""
        return len({match[1] for name in self._tensors if (match := re.fullmatch(pattern, name))})

    def expect(self, names: Iterable[str], *, among: str) -> None:
        """Check that exactly these are the tensors
        whose names match `among` (a regular expression)."""
        wanted, there = set(names), {name for name in self._tensors if re.fullmatch(among, name)}
        if problems := _problems({"missing": wanted - there, "unexpected": there - wanted}):
            raise ModelError(f"{self.where} does not fit the model. {problems}.", "Check the checkpoint.")

    def let_go(self, *patterns: str) -> None:
        """Name tensors (regular expressions, whole names) that the model does not need."""
        self._left = {name for name in self._left if not any(re.fullmatch(p, name) for p in patterns)}

    def finish(self) -> None:
        """Raises ModelError with the list of tensors that nobody took."""
        if self._left:
            raise ModelError(
                f"{self.where} has {len(self._left)} tensors that this model does not know: "
                f"{some(sorted(self._left), _SHOWN)}.",
                "It is another model, or another revision of it.",
            )


def fill(module: torch.nn.Module, tensors: Iterable[tuple[str, torch.Tensor]], where: str, device: str = "cpu") -> None:
    """Put tensors into a module that may lie on the meta device, each cast to the dtype that the
    module has there and moved to `device` before the next is read. Raises ModelError with the lists
    of what is missing, unexpected or of another shape.
    """
    wanted = module.state_dict()
    fitting: dict[str, torch.Tensor] = {}
    unexpected, misshapen = [], []
    for name, tensor in tensors:
        if name not in wanted:
            unexpected.append(name)
        elif wanted[name].shape != tensor.shape:
            misshapen.append(f"{name} {tuple(tensor.shape)} instead of {tuple(wanted[name].shape)}")
        else:
            fitting[name] = tensor.to(device, wanted[name].dtype)
    misfits = {"missing": wanted.keys() - fitting.keys(), "unexpected": unexpected, "of another shape": misshapen}
    if problems := _problems(misfits):
        raise ModelError(f"{where} does not fit the model. {problems}.", "Check the checkpoint's revision.")
    module.load_state_dict(fitting, assign=True)


def _problems(names: Mapping[str, Collection[str]]) -> str:
    """How many tensors have a problem, and some of them, for each kind of problem that any has."""
    return "; ".join(f"{len(n)} {problem}: {some(sorted(n), _SHOWN)}" for problem, n in names.items() if n)


def read(path: Path, *, inside: str | None = None, allow: Iterable[Any] = ()) -> Weights:
    """The weights of a file (.safetensors, .bin, .pt, .pth)
    or of a folder in the layout of the Hugging Face Hub.

    `inside` names the entry of a pickled dictionary that holds them ('model'); `allow` are further
    classes that a pickle may name. Raises ModelError: nothing there, cut short, or a pickle with
    anything but tensors in it.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise ModelError(f"The weights {path.name} are not in {path.parent}.", "Fetch the model, or check its folder.")
    return Weights(_file(path, inside, tuple(allow)), path.name)


def _folder(folder: Path) -> Weights:
    for name in INDEXES:
        if (index := folder / name).is_file():
            shard_of = _shard_of_tensors(index)
            tensors: dict[str, Any] = {}
            for shard in sorted(set(shard_of.values())):
                if not (folder / shard).is_file():
                    raise ModelError(f"The shard {shard} is not in {folder}.", "Fetch the model again; it goes on.")
                tensors |= _file(folder / shard, None, ())
            if missing := shard_of.keys() - tensors.keys():
                names = some(sorted(missing), _SHOWN)
                raise ModelError(f"{folder.name} lacks tensors of its index: {names}.", "Fetch it again.")
            return Weights(tensors, folder.name)
    for name in SINGLES:
        if (folder / name).is_file():
            return Weights(_file(folder / name, None, ()), folder.name)
    raise ModelError(f"{folder} holds no weights.", f"Expected one of: {', '.join((*INDEXES, *SINGLES))}.")


def _shard_of_tensors(index: Path) -> dict[str, str]:
    """The shard of every tensor, by an index."""
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index.name} has no weight_map.", "It is no index of weights: fetch the model again.")
    for shard in weight_map.values():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise ModelError(f"{index.name} names the shard {shard!r}, which is no file beside it.", "Do not use it.")
    return weight_map


def whole(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A model whose folder transformers reads by itself,
    which makes up what is missing: here that is refused.

    Raises ModelError: not there, cut short, or tensors missing, unexpected or of another shape.
    """
    with reading(folder.name, CUT_SHORT):
        model, info = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True, local_files_only=True)
    problems = [
        f"{kind.replace('_', ' ')}: {some(sorted(map(str, keys)), _SHOWN)}"
        for kind, keys in sorted(info.items())
        if keys
    ]
    if problems:
        raise ModelError(f"{folder.name} does not fit the model. {'; '.join(problems)}.", "Fetch the model again.")
    return model.eval().requires_grad_(False)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object beside the weights. Raises ModelError."""
    return read_object(path, hint="Fetch the model again.", error=ModelError)


def read_entry(path: Path, name: str) -> Any:
    """What a pickled dictionary holds under a name beside its tensors,
    such as its own settings. Raises ModelError."""
    return _entry(path, unpickled(path), name)


def _entry(path: Path, content: Any, name: str) -> Any:
    if not isinstance(content, dict) or name not in content:
        raise ModelError(f"{path.name} has no entry {name!r}.", "It is another model's file.")
    return content[name]


def _file(path: Path, inside: str | None, allow: tuple[Any, ...]) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        with reading(path.name, CUT_SHORT):
            opened: Any = safe_open(path, framework="pt")
        return {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 - not a mapping
    if (converted := convert.opened(path)) and (slices := convert.slices(converted, inside)) is not None:
        return slices
    content = unpickled(path, allow)
    entry = content if inside is None else _entry(path, content, inside)
    if not isinstance(entry, dict):
        raise ModelError(
            f"{path.name} holds {_kind(entry)} where tensors by their names are expected.",
            "It is another model's file.",
        )
    return {
        name: tensor for name, tensor in entry.items() if isinstance(tensor, torch.Tensor) and isinstance(name, str)
    }


def _kind(value: object) -> str:
    names = {type(None): "nothing", list: "a list", tuple: "a list", torch.Tensor: "one tensor"}
    return names.get(type(value), f"a {type(value).__name__}")
