"""The whole way on one screen: card -> fetch -> read -> normalise -> index -> split -> ask -> score -> report.

    import mudata

    mudata.fetch("gtzan", accept_licence=True)
    mudata.sql("SELECT canonical, count(*) FROM labels GROUP BY 1").df()
    mudata.split("gtzan-artists", datasets=("gtzan",), stratify=("genre",), group=("artist",))
    mudata.evaluate("features", "gtzan-artists", task="genre").scores

Every function works in `Home.default()` (MUDATA_HOME), takes values and returns a value; the command line is these
functions and text. Errors are those of `mudata.errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.index.query import Relation
    from mudata.catalog.index.verify import Finding
    from mudata.catalog.ingest import Ingested
    from mudata.catalog.splits.manifest import Manifest
    from mudata.evaluation.run import Run

hide_deprecations()


def cards(tag: str | None = None) -> list[Card]:
    """Every dataset card, or those with a tag such as 'genre'."""
    from mudata.catalog.cards.loader import load_all

    return [card for card in load_all() if tag is None or tag in card.tags]


def fetch(
    dataset: str, *, rate: int | None = None, workers: int | None = None, progress: Progress = SILENT, **request: Any
) -> Ingested:
    """Get a dataset (a name, or the path of a card), normalise its clips, index them.

    rate: sample rate of the normalised clips in Hz; None keeps each source's own. `request` are the fields of
    `mudata.catalog.fetch.request.FetchRequest`: subset, where, limit, origin, offline, accept_licence, ...
    """
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.loader import load
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import get

    return get(
        load(dataset),
        Home.default(),
        FetchRequest(**request),
        flavour=AudioFormat(rate),
        workers=workers,
        progress=progress,
    )


def sql(query: str) -> Relation:
    """Ask the index, read-only: a relation with .df(), .arrow(), .fetchall(). Tables: `mudata sql --schema`."""
    from mudata.catalog.index.query import run

    return run(Home.default(), query)


def verify(dataset: str, *, deep: bool = False) -> list[Finding]:
    """Compare what is on disk with the card and the index; deep reads and decodes every byte."""
    from mudata.catalog.cards.loader import load
    from mudata.catalog.index.verify import verify as check

    return check(load(dataset), Home.default(), deep=deep)


def split(name: str, **request: Any) -> Manifest:
    """Draw a split and keep its manifest; `request` are the fields of `mudata.catalog.splits.draw.SplitRequest`."""
    from mudata.catalog.splits import draw, manifest

    home = Home.default()
    made = draw.make(home, draw.SplitRequest(name=name, **request))
    manifest.save(home, made)
    return made


def evaluate(model: str, split: str, *, progress: Progress = SILENT, **request: Any) -> Run:
    """Ask a model about a split's clips and score its answers.

    `request` are the fields of `mudata.evaluation.inference.runner.EvalRequest`: task, part, limit, seed, options, ...
    """
    from mudata.evaluation.inference import runner

    return runner.evaluate(Home.default(), runner.EvalRequest(model, split, **request), progress)


def score(run: str, *, progress: Progress = SILENT) -> dict[str, Any]:
    """Score a run (its id, the beginning of it, or its folder) again, offline; what scores.json says."""
    from mudata.evaluation.run import find
    from mudata.evaluation.scoring import score as scoring

    return scoring.score(find(Home.default(), run), progress)


def import_answers(file: str | Path, *, progress: Progress = SILENT, **request: Any) -> Run:
    """Make a run of answers made elsewhere, and score it.

    `request` are the fields of `mudata.evaluation.answer_import.request.ImportRequest`: format, model,
    split or dataset, task, ...
    """
    from mudata.evaluation.answer_import import importer
    from mudata.evaluation.answer_import.request import ImportRequest

    return importer.import_answers(Home.default(), ImportRequest(file=Path(file), **request), progress)
