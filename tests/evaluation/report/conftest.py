"""What report tests share: imported runs and two reports, each made once.

A test that changes something gets copies (`imports`); what only reads looks at the built reports.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile import HALF, HOSTILE, RIGHT
from report_fixtures import Built, Imports, Original
from report_page import report

from mudata.home import Home

if TYPE_CHECKING:
    from small_corpus import Corpus


@pytest.fixture
def imports(original: Original, corpus: Corpus) -> Imports:

    def copied(model: str, answers: Mapping[str, str | None], task: str = "genre") -> str:
        run = original.imported(model, answers, task)
        shutil.copytree(original.home / "runs" / run, corpus.home.runs / run)
        return run

    return copied


def build(original: Original, folder: Path, runs: tuple[str, ...], *words: object) -> Built:
    with pytest.MonkeyPatch.context() as patch:
        original.enter(patch)
        done = report(*runs, "-o", folder / "page.html", *words, "--json")
    return Built(folder, Home(original.home), runs, done.stdout)


@pytest.fixture(scope="session")
def two_models(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A model that is always right, with a name that Markdown, LaTeX and formulas would misread, and a poor one."""
    folder = tmp_path_factory.mktemp("two-models")
    runs = original.imported("50%_$x_1$|y", RIGHT, "genre"), original.imported("poor", HALF, "genre")
    tables = "--markdown", folder / "t.md", "--latex", folder / "t.tex"
    return build(original, folder, runs, *tables, "--plots", folder / "figures")


@pytest.fixture(scope="session")
def hostile(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A page whose answers, names and title try to break it, and its data."""
    folder = tmp_path_factory.mktemp("hostile")
    runs = original.imported("<i>sly</i> $x$", HOSTILE, "genre"), original.imported("good", RIGHT, "genre")
    title = "<script>document.title = 'owned'</script>"
    return build(original, folder, runs, "--title", title, "--data", folder / "data")
