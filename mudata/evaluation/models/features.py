"""What classic music information retrieval reaches:
handmade features and a classifier, fitted on the train part.

Features are those of `clip_features`. To classify, a support vector machine or a logistic regression is chosen by
cross-validation inside the train part; to tag, one logistic regression per label with the threshold
that gave the best F1 there. Where artists are known, all clips of one are in one fold, or the
choice would fall on what recognises artists. Everything is seeded.
"""

from __future__ import annotations

import getpass
import hashlib
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.errors import ModelError
from mudata.evaluation.models import clip_features
from mudata.evaluation.models.clip_features import RATE, SHORTEST, Vector
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities
from mudata.home import write_atomic

if TYPE_CHECKING:
    from filelock import FileLock
    from numpy.typing import NDArray

RECIPE = "features-1"
"""Changes with the numbers that `extract` gives, if by more than 1e-4 of the standard deviation that a number has over
clips; part of where they are cached."""
LONGEST_S = 120.0
"""Seconds of a clip that are heard: full tracks would fill the memory."""
ALONE_S = 60.0
"""Seconds of audio up to which worker processes would take longer to start than they save."""
FOLDS, CHOICE_CLIPS = 5, 3000
"""Folds of the choice of a classifier, and how many clips it looks at."""


def extract(audio: Vector) -> Vector:
    """The features of one clip: mono at RATE in, one vector out."""
    _compile()
    return clip_features.extract(audio)


class Features:
    """See the module. `cache`:
    folder that keeps the features of every clip ever heard; None keeps none."""

    needs_fit = ("classify", "tag")

    def __init__(self, seed: int = 0, cache: str | Path | None = None, batch: int = 16) -> None:
        self.seed = seed
        self.capabilities = ModelCapabilities(RATE, LONGEST_S, batch, forced_choice=True)
        self._cache = Path(cache) / RECIPE if cache else None
        self._extracted_s = 0.0
        self._fitted: Any = None
        self._chosen: dict[str, object] = {}

    def load(self) -> None:
        """Nothing to load: librosa and scikit-learn are imported where they are used."""

    def fit(self, train: Iterable[tuple[Item, tuple[str, ...]]]) -> None:
        """Extract features, choose a classifier, and fit it. Raises ModelError without any clip."""
        vectors: list[Vector] = []
        labels: list[tuple[str, ...]] = []
        groups: list[str] = []
        lessons = iter(train)
        while chunk := list(islice(lessons, 4 * workers())):
            clips = [item.clip for item, _ in chunk]
            vectors += self._features(clips)
            labels += [references for _, references in chunk]
            groups += [f"artist {clip.group}" if clip.group else f"clip {clip.clip_id}" for clip in clips]
        if not vectors:
            raise ModelError("There is not one clip to learn from.", "Check the train part of the split.")
        if all(len(references) == 1 for references in labels):
            first = [references[0] for references in labels]
            self._fitted, self._chosen = _classifier(np.stack(vectors), first, groups, self.seed)
        else:
            self._fitted, self._chosen = _tagger(np.stack(vectors), labels, groups, self.seed)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if others := [item.question.kind for item in items if item.question.kind not in self.needs_fit]:
            what = "writes no captions" if others[0] == "caption" else f"answers no question of kind {others[0]}"
            raise ModelError(f"The model 'features' {what}.", "Choose another model, or a task with labels.")
        if self._fitted is None:
            raise ModelError("The model 'features' has learned nothing yet.", "Call `fit` with clips and labels first.")
        predicted = self._fitted.predict(np.stack(self._features([item.clip for item in items])))
        return [Answer(label if isinstance(label, str) else ", ".join(label)) for label in predicted]

    def describe(self) -> dict[str, object]:
        from importlib.metadata import version

        packages = {name: version(name) for name in ("librosa", "scikit-learn", "numpy", "scipy")}
        return {"recipe": RECIPE, "seed": self.seed, "device": "cpu", **self._chosen, **packages}

    def _features(self, clips: Sequence[Clip]) -> list[Vector]:
        keys = [hashlib.sha256(clip.audio.tobytes()).hexdigest() for clip in clips]
        vectors = {key: vector for key in keys if (vector := self._remembered(key)) is not None}
        new = {key: clip.audio for key, clip in zip(keys, clips, strict=True) if key not in vectors}
        self._extracted_s += sum(audio.size for audio in new.values()) / RATE
        extracted = extract_all(list(new.values()), alone=self._extracted_s <= ALONE_S)
        for key, vector in zip(new, extracted, strict=True):
            vectors[key] = vector
            if self._cache:
                file = io.BytesIO()
                np.save(file, vector, allow_pickle=False)
                write_atomic(self._cache / key[:2] / f"{key}.npy", file.getvalue(), shared=True)
        return [vectors[key] for key in keys]

    def _remembered(self, key: str) -> Vector | None:
        path = self._cache / key[:2] / f"{key}.npy" if self._cache else None
        return np.load(path, allow_pickle=False) if path and path.exists() else None


def workers() -> int:
    return min(8, os.cpu_count() or 1)


@cache
def _compile() -> None:
    """Let librosa's functions be compiled once, by one process at a time.

    Numba keeps them in files beside librosa, and processes that write these together leave some
    that crash every later reader (seen with numba 0.68: two cold workers, then a segmentation fault
    in each run).
    """
    with librosa_lock():
        clip_features.extract(np.zeros(SHORTEST, np.float32))


def librosa_lock() -> FileLock:
    """Held while librosa's functions are compiled: of all processes that use this environment one at a time."""
    from filelock import FileLock

    environment = hashlib.sha256(sys.prefix.encode()).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"mudata-librosa-{getpass.getuser()}-{environment}.lock")


def extract_all(audio: Sequence[Vector], *, alone: bool) -> list[Vector]:
    """Features of many clips, in order, on all cores;
    librosa holds the interpreter's lock, so by processes.

    Linear algebra gets one thread either way:
    its last digits depend on that, and workers would fight for the cores.
    """
    from joblib import Parallel, delayed, parallel_config  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if alone or len(audio) < 2 or workers() == 1:
        with threadpool_limits(1):
            return [extract(a) for a in audio]
    with parallel_config("loky", inner_max_num_threads=1):
        vectors: list[Vector] = Parallel(n_jobs=workers(), max_nbytes=None)(delayed(extract)(a) for a in audio)
    return vectors


def group_folds(y: Sequence[object], groups: Sequence[str], most: int, seed: int) -> list[tuple[Any, Any]]:
    """Indices to learn from and to test on, fold by fold: stratified, with groups kept whole, and
    every label to learn from in each. As many folds as that allows up to `most`; none where it
    allows only one."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels = set(y)
    rarest = min(len({g for g, other in zip(groups, y, strict=True) if other == label}) for label in labels)
    grouped = len(set(groups)) < len(groups)
    for count in range(min(most, rarest), 1, -1):
        kind = StratifiedGroupKFold if grouped else StratifiedKFold
        cv = kind(count, shuffle=True, random_state=seed)
        folds = list(cv.split(np.zeros(len(y)), y, groups if grouped else None))
        if all(len(test) and {y[i] for i in train} == labels for train, test in folds):
            return folds
    return []


def _classifier(
    x: NDArray[np.float32], y: Sequence[str], groups: Sequence[str], seed: int
) -> tuple[Any, dict[str, object]]:
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, train_test_split
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    about: dict[str, object] = {"train_clips": len(y), "features": x.shape[1]}
    if len(set(y)) == 1:
        return DummyClassifier().fit(x, y), about | {"classifier": "the only label of the train part"}
    model = Pipeline([("scale", StandardScaler()), ("classify", SVC(C=10.0))])
    some_x, some_y, some_groups = x, list(y), list(groups)
    if len(some_y) > CHOICE_CLIPS and min(Counter(some_y).values()) > 1:
        some_x, _, some_y, _, some_groups, _ = train_test_split(
            x, y, groups, train_size=CHOICE_CLIPS, stratify=y, random_state=seed
        )
    if folds := group_folds(some_y, some_groups, FOLDS, seed):
        grid = [
            {"classify": [SVC()], "classify__C": [1.0, 10.0, 100.0]},
            {"classify": [LogisticRegression(max_iter=5000)], "classify__C": [0.01, 0.1, 1.0]},
        ]
        search = GridSearchCV(model, grid, cv=folds, refit=False).fit(some_x, some_y)
        model.set_params(**search.best_params_)
        about |= {"cross_validated_accuracy": round(float(search.best_score_), 4), "folds": len(folds)}
        about |= {"folds_by_artist": len(set(some_groups)) < len(some_groups)}
    return model.fit(x, y), about | {"classifier": repr(model.named_steps["classify"])}


class _Tagger:
    """One scaler, and per label a logistic regression with its threshold.
    No label reached: the likeliest one."""

    def __init__(self, scaler: Any, parts: dict[str, tuple[Any, float]], order: Sequence[str]) -> None:
        self.scaler, self.parts, self.order = scaler, parts, order

    def predict(self, x: NDArray[np.float32]) -> list[tuple[str, ...]]:
        scaled = self.scaler.transform(x)
        if not self.parts:
            return [(self.order[0],)] * len(x)
        margins = {tag: model.predict_proba(scaled)[:, 1] - least for tag, (model, least) in self.parts.items()}
        tags, table = list(margins), np.stack(list(margins.values()), axis=1)
        return [
            tuple(t for t, m in zip(tags, row, strict=True) if m >= 0) or (tags[int(row.argmax())],) for row in table
        ]


def _tagger(
    x: NDArray[np.float32], y: Sequence[tuple[str, ...]], groups: Sequence[str], seed: int
) -> tuple[_Tagger, dict[str, object]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.preprocessing import StandardScaler

    counts = Counter(tag for tags in y for tag in tags)
    order = [tag for tag, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)
    parts: dict[str, tuple[Any, float]] = {}
    for tag in order:
        truth = np.array([tag in tags for tags in y])
        folds = [] if truth.all() else group_folds(truth.tolist(), groups, 3, seed)
        if not folds:  # nothing to tell apart, or too rare
            continue
        model = LogisticRegression(C=0.1, max_iter=5000)
        likely = cross_val_predict(model, scaled, truth, cv=folds, method="predict_proba")[:, 1]
        parts[tag] = (model.fit(scaled, truth), _best_threshold(likely, truth))
    about = {"train_clips": len(y), "features": x.shape[1], "classifier": "LogisticRegression(C=0.1) per label"}
    return _Tagger(scaler, parts, order), about | {"labels_learned": len(parts), "labels_seen": len(order)}


def _best_threshold(likely: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The probability from which saying yes gives the best F1:
    half-way from the last yes to the first no."""
    order = np.argsort(-likely, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    last = int(f1.argmax())
    return float(likely[order[last : last + 2]].mean())
