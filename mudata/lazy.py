"""Names of a package that are imported when they are first asked for (PEP 562),
so that its face costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    modules: public name -> the module that has it, below `package`. No name may be that of a module
    of the package, which would hide it once imported. Raises AttributeError for a name that the
    package does not hand on.
    """

    def getattr_(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    def dir_() -> list[str]:
        return sorted(modules)

    return getattr_, dir_
