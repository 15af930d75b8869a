"""What the first page tells: datasets, splits, runs and exams of the home."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWeighing
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.index.holdings import holdings
from mudata.catalog.splits import manifest
from mudata.errors import CardError, EvaluationError, MudataError, UnknownName
from mudata.evaluation import run
from mudata.storage import inventory
from mudata.storage.disk_size import Scale, readable
from mudata.web.collection_pages import run_page

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.web.collection_pages.live_index import LiveIndex, Row

_WAIT_S = 0.15
"""How long a page waits for the size of a dataset, seconds. Chosen here: it has half a second in all."""

_DATASETS = """
SELECT dataset, title, licence, usage, tags, declared, usable, coalesce(hours, 0) AS hours, coalesce(ok, 0) AS ok,
    coalesce(quarantined, 0) AS quarantined, coalesce(missing, 0) AS missing
FROM datasets
LEFT JOIN (
    SELECT dataset, sum(duration_s) FILTER (status = 'ok') / 3600 AS hours, count(*) FILTER (status = 'ok') AS ok,
        count(*) FILTER (status = 'quarantined') AS quarantined, count(*) FILTER (status = 'missing') AS missing
    FROM clips GROUP BY dataset) USING (dataset)
ORDER BY dataset
"""

_COUNTED = {
    "labels": "SELECT dataset, count(*) AS n FROM labels GROUP BY dataset",
    "faults": "SELECT dataset, count(DISTINCT clip_id) AS n FROM faults GROUP BY dataset",
    "items": "SELECT dataset, count(*) AS n FROM items GROUP BY dataset",
}


class DiskSizes:
    """Bytes of each dataset on disk, weighed in the background: a million files take seconds."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._weighing = ThreadPoolExecutor(1, thread_name_prefix="weighing")
        self._is_closed = False
        self._sizes: dict[tuple[str, object], Future[int]] = {}

    def of(self, dataset: str, mark: object, wait_s: float = _WAIT_S) -> str | None:
        """As people write it; None while it is being weighed, or where it cannot be. `mark` changes when the dataset
        does."""
        key = (dataset, mark)
        if key not in self._sizes:
            for old in [one for one in self._sizes if one[0] == dataset]:
                del self._sizes[old]
            self._sizes[key] = self._weighing.submit(self._weigh, dataset)
        try:
            return readable(self._sizes[key].result(wait_s)) or "0 B"
        except (StillWeighing, OSError):
            return None

    def _weigh(self, dataset: str) -> int:
        scale = Scale()
        found = [item for item in inventory.stored(self._home, "dataset") if item.name == dataset]
        places = [path for item in found for path in item.places.values()]
        return sum(scale.weigh(path).bytes for path in places if not self._is_closed)

    def close(self) -> None:
        self._is_closed = True
        self._weighing.shutdown(wait=False, cancel_futures=True)


def datasets(index: LiveIndex, sizes: DiskSizes | None) -> list[Row]:
    """A row for each dataset of the index, with its size where it is known at once."""

    def make() -> list[Row]:
        counted = {name: {row["dataset"]: row["n"] for row in index.rows(query)} for name, query in _COUNTED.items()}
        held = holdings(index.home)
        return [
            row
            | {name: own.get(row["dataset"], 0) for name, own in counted.items()}
            | {"state": held[row["dataset"]].state if row["dataset"] in held else None}
            for row in index.rows(_DATASETS)
        ]

    rows = index.kept("datasets", make)
    if sizes is None:
        return rows
    wait = [_WAIT_S]

    def size(name: str) -> str | None:
        found = sizes.of(name, index.generation_of(name), wait[0])
        wait[0] = 0.01 if found is None else wait[0]  # one dataset is waited for, and no other after it
        return found

    return [row | {"size": size(row["dataset"])} for row in rows]


def damaged(home: Home) -> list[str]:
    """Datasets whose tables cannot be read as they were written."""
    return database.damaged(home)


def own_splits(home: Home) -> list[str]:
    """Names of splits. Their manifests are not read: one of a million clips takes seconds."""
    return manifest.names(home)


def published_splits(index: LiveIndex) -> list[Row]:
    """dataset, split, clips and parts of the splits that came with datasets."""
    return index.kept(
        "published",
        lambda: index.rows(
            "SELECT dataset, split, count(*) AS clips, list(DISTINCT part ORDER BY part) AS parts FROM official_splits"
            " GROUP BY ALL ORDER BY ALL"
        ),
    )


def runs(home: Home) -> list[dict[str, Any]]:
    """A row for each run, the newest first: id, model, split, task, created_at, score (a `RunScore`; None before it is
    scored), and `fault` of what cannot be read."""
    found = []
    for one in run.all_runs(home):
        row = dict.fromkeys(("model", "split", "task", "created_at", "fault")) | {"id": one.id, "score": None}
        try:
            settings = one.settings
            row |= {
                "model": settings.model,
                "split": settings.split,
                "task": settings.task,
                "created_at": settings.created_at,
                "score": run_page.run_score(one),
            }
        except (EvaluationError, CardError, UnknownName) as error:
            row["fault"] = error.what
        found.append(row)
    return found[::-1]


def title_of(dataset: str) -> str | None:
    """What the card calls a dataset; None where it has none, or one that cannot be read."""
    try:
        return loader.load(dataset).title
    except MudataError:
        return None
