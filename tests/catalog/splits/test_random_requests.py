"""Splits of random datasets, asked for at random: drawn where clips lie as they were when all were gathered first."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import shelf

from mudata.catalog.splits import draw, stratify
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import MudataError

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


def _shelve(home: Home, dataset: str, chance: random.Random) -> None:
    clips = chance.choice([5, 30, 120])
    artists = [None, "AC/DC", "ACDC", "The X", "12", "Various Artists", *(f"a {i}" for i in range(clips // 6 + 2))]
    rows = [
        {
            "id": f"{chance.randrange(10**6):06}{i}",
            "artist": chance.choice(artists),
            "album": chance.choice([None, "Live", "B", "b ", f"al{i // 4}"]),
            "title": chance.choice([None, "T", f"t{i // 3}"]),
            "track": chance.choice([None, f"tr{i // 2}"]),
            "status": chance.choice(["ok"] * 9 + ["quarantined"]),
            "pcm_sha256": chance.choice([None, f"pcm{i // 2}", f"x{i}"]),
        }
        for i in range(clips)
    ]
    labels = {}
    for row in rows:
        for _ in range(chance.choice([0, 1, 2, 4])):
            name = f"l{min(int(chance.paretovariate(0.7)), 12)}"
            canonical = chance.choice([name] * 12 + [None])
            spelled = name + chance.choice(["", "", " "])
            labels[row["id"], chance.choice(["genre", "mood"]), spelled] = canonical
    shelf.shelve(
        home,
        dataset,
        clips=rows,
        labels=[{"id": i, "namespace": n, "label": s, "canonical": c} for (i, n, s), c in labels.items()],
        faults=[{"id": chance.choice(rows)["id"], "action": chance.choice(["drop", "warn"])} for _ in range(3)],
        items=[{"id": "pair", "clips": [rows[i]["id"] for i in (0, 1)], "truth": "1"}],
    )


def _wishes(dataset: str, chance: random.Random) -> dict[str, Any]:
    stratified = chance.choice([(), ("genre",), ("mood",), ("genre", "mood")])
    wishes: dict[str, Any] = {
        "datasets": (dataset,),
        "seed": chance.randrange(9),
        "best_effort": chance.random() < 0.7,
        "faults": chance.choice(["drop", "keep", "warn"]),
        "parts": chance.choice([{}, {"train": 0.7, "test": 0.3}, {"train": 0.5, "validation": 0.2, "test": 0.3}]),
        "where": chance.choice([None, None, "artist is not null", "list_contains(genre, 'l1')", "clip_id < 'r/5'"]),
    }
    kind = chance.random()
    if kind < 0.5:
        wishes |= {"per_label": chance.choice([1, 2, 5, 20]), "stratify": stratified or ("genre",)}
    elif kind < 0.8:
        wishes |= {"n": chance.choice([1, 3, 20, 100]), "stratify": stratified}
    if wishes["parts"] and chance.random() < 0.7:
        wishes["group"] = chance.choice([("artist",), ("album",), ("track",), ("artist", "album")])
    return wishes


def _drawn(home: Home, seed: int, requests: int = 16) -> Iterator[tuple[str, str]]:
    """What becomes of random requests: the hash of the manifest, or nothing where it is refused; and what is said."""
    chance = random.Random(seed)
    _shelve(home, "r", chance)
    for _ in range(requests):
        wishes = _wishes("r", chance)
        try:
            made = draw.make(home, SplitRequest(name="s", **wishes))
        except MudataError as error:
            yield "", str(error)
        else:
            yield made.sha256, "\n".join(made.warnings)


PUBLISHED = {
    0: "26344b3b45dfd252",
    2: "e2c27f709a2207f4",
    5: "7d151ecd13fbf229",
    6: "d62ef533e244365b",
    7: "a89c442f9fd4530a",
}
"""What the mudata that gathered all clips first, and drew then, made of them: a hash of hashes by the seed."""


@pytest.mark.parametrize("seed", PUBLISHED)
def test_manifests_are_those_of_drawing_from_all(home: Home, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratify, "MANY", 0)  # looks at the beginning of the order first, as of many
    drawn = list(_drawn(home, seed))
    assert sum(bool(made) for made, _ in drawn) > 4
    assert hashlib.sha256(" ".join(made for made, _ in drawn).encode()).hexdigest()[:16] == PUBLISHED[seed]
    monkeypatch.setattr(draw, "wanted", lambda con, request: None)
    monkeypatch.setattr(stratify, "MANY", 1 << 60)
    assert list(_drawn(home, seed)) == drawn
