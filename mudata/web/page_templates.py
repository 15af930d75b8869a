"""Templates of pages, and the one stylesheet that they share with the report."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from mudata.evaluation.report.page import COLOURS, colour_variables, visible

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(package: str) -> Environment:
    """The templates that lie beside a package's modules: every text escaped, a name that is not there is an error, and
    what cannot be seen is told by its code."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )


def stylesheet(package: str, *names: str) -> str:
    """Colours in light and dark, the report's style, and the files of a package after it."""
    report = files("mudata.evaluation.report").joinpath("style.css").read_text("utf-8")
    own = [files(package).joinpath(name).read_text("utf-8") for name in names]
    return "\n".join((colour_variables(COLOURS), report, *own))
