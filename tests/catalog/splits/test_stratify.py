"""Order, shares and dealing: pure functions, tested by what must always hold and by worked examples."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from mudata.catalog import clusters
from mudata.catalog.splits import stratify

UNEVEN = [[0.5, 0.5], [0.9, 0.1], [0.7, 0.1, 0.2], [1 / 3, 1 / 3, 1 / 3]]
SHARES = st.lists(st.floats(0.01, 1), min_size=1, max_size=5)


def test_order_is_by_md5_of_seed_and_id() -> None:
    ids = [f"toy/{i}" for i in range(50)]
    by_hand = sorted(ids, key=lambda i: hashlib.md5(f"7:{i}".encode()).hexdigest())
    assert [ids[i] for i in stratify.shuffled(ids, 7)] == by_hand
    assert by_hand[:3] == ["toy/40", "toy/14", "toy/7"]  # for ever, or published splits cannot be drawn again


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), unique=True, max_size=20), st.integers(), st.randoms(use_true_random=False))
@pytest.mark.slow
def test_order_does_not_depend_on_the_rows(ids: list[str], seed: int, chance: random.Random) -> None:
    mixed = ids[:]
    chance.shuffle(mixed)
    assert [ids[i] for i in stratify.shuffled(ids, seed)] == [mixed[i] for i in stratify.shuffled(mixed, seed)]


@pytest.mark.parametrize(
    ("total", "shares", "sizes"),
    [
        (1000, [0.7, 0.1, 0.2], [700, 100, 200]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (100, [0.29, 0.71], [29, 71]),
        (7, [0.5, 0.25, 0.25], [3, 2, 2]),
        (0, [0.5, 0.5], [0, 0]),
        (5, [3.0, 2.0], [3, 2]),
    ],
)
def test_whole_numbers_are_apportioned_by_largest_remainder(total: int, shares: list[float], sizes: list[int]) -> None:
    assert stratify.apportion(total, shares) == sizes


@settings(deadline=None)
@given(st.integers(0, 10_000), SHARES)
def test_apportioned_numbers_sum_up_and_are_off_by_less_than_one(total: int, shares: list[float]) -> None:
    sizes = stratify.apportion(total, shares)
    assert sum(sizes) == total
    assert all(abs(size - total * share / sum(shares)) < 1.000001 for size, share in zip(sizes, shares, strict=True))


# ------------------------------------------------------------------------------- drawing per label


def _labels(rows: list[tuple[str, str, str]]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE TABLE labels (clip_id VARCHAR, namespace VARCHAR, label VARCHAR)")
    if rows:
        con.execute(f"INSERT INTO labels VALUES {', '.join(map(str, rows))}")
    return con


ROWS = [(f"c{i:03}", space, f"{space}{i * k % 7}") for i in range(200) for space, k in (("genre", 1), ("mood", 3))]


@pytest.mark.parametrize("seed", [0, 1, -5])
def test_per_label_draws_the_first_of_the_seeds_order(seed: int) -> None:
    with _labels(ROWS) as con:
        drawn = stratify.per_label(con, "labels", "genre", 4, seed).to_pylist()
    expected = []
    for label in sorted({label for _, space, label in ROWS if space == "genre"}):
        ids = [clip for clip, _, own in ROWS if own == label]
        expected += [
            {"clip_id": ids[i], "namespace": "genre", "label": label} for i in stratify.shuffled(ids, seed)[:4]
        ]
    assert drawn == sorted(expected, key=lambda row: (row["label"], row["clip_id"]))


def test_per_label_depends_neither_on_row_order_nor_on_threads() -> None:
    mixed = ROWS[:]
    random.Random(1).shuffle(mixed)
    with _labels(ROWS) as con, _labels(mixed) as other:
        other.execute("SET threads = 1")
        assert stratify.per_label(con, "labels", None, 3, 0) == stratify.per_label(other, "labels", None, 3, 0)


def test_per_label_takes_what_there_is_from_any_relation() -> None:
    with _labels(ROWS) as con:
        drawn = stratify.per_label(con, "(SELECT * FROM labels WHERE clip_id < 'c007')", None, 100, 0)
        assert Counter(drawn["label"].to_pylist()) == Counter(label for clip, _, label in ROWS if clip < "c007")
        assert stratify.per_label(con, "labels", "theme", 5, 0).num_rows == 0


@pytest.mark.parametrize("clips", [150, 60, 3])
def test_per_label_of_many_looks_at_the_beginning_of_the_order_and_finds_the_same(
    clips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"c{i:04}", "genre", label) for i in range(3000) for label in ("all", *(["rare"] if i % 100 == 0 else []))]
    rows += [(f"c{i:04}", "mood", "all") for i in range(0, 3000, 2)]
    with _labels(rows) as con:
        con.execute("INSERT INTO labels SELECT clip_id, 'mood', NULL FROM labels WHERE label = 'rare'")
        con.execute(f"CREATE VIEW few AS SELECT DISTINCT clip_id FROM labels WHERE clip_id < 'c{clips:04}'")
        for among in (None, "few"):
            gathered = stratify.per_label(con, "labels", None, 5, 1, among=among)
            monkeypatch.setattr(stratify, "MANY", 0)
            assert stratify.per_label(con, "labels", None, 5, 1, among=among) == gathered
            monkeypatch.undo()
        doubled = "(FROM labels UNION ALL FROM labels)"
        assert stratify.per_label(con, doubled, None, 5, 1, among="few") == gathered
    found = Counter(zip(*(gathered[name].to_pylist() for name in ("namespace", "label")), strict=True))
    assert found["genre", "all"] == min(5, clips)
    assert found["genre", "rare"] == found["mood", None] == min(5, -(-clips // 100))


def test_the_first_clips_are_those_of_the_order() -> None:
    ids = [f"c{i}" for i in range(50)]
    with _labels([(i, "genre", "x") for i in ids]) as con:
        found = stratify.first(con, "labels", 7, 3)["clip_id"].to_pylist()
    assert sorted(found) == sorted(ids[i] for i in stratify.shuffled(ids, 3)[:7])


# -------------------------------------------------------------------------------------- dealing


@st.composite
def _deals(draw: st.DrawFn) -> tuple[list[int], list[list[int]], list[int]]:
    clips = draw(st.integers(0, 60))
    raw = [draw(st.integers(0, max(clips // 3, 1))) for _ in range(clips)]
    number: dict[int, int] = {}
    groups = [number.setdefault(group, len(number)) for group in raw]
    labels = [sorted(draw(st.sets(st.integers(0, 5), max_size=3))) for _ in range(clips)]
    return groups, labels, stratify.apportion(clips, draw(SHARES))


@settings(deadline=None)
@given(_deals(), st.booleans())
@pytest.mark.slow
def test_every_clip_gets_one_part_and_no_group_is_torn(
    deal: tuple[list[int], list[list[int]], list[int]], everywhere: bool
) -> None:
    groups, labels, sizes = deal
    parts = stratify.assign(groups, labels, sizes, everywhere=everywhere)
    assert len(parts) == len(groups)
    assert set(parts) <= set(range(len(sizes)))
    assert len(set(zip(groups, parts, strict=True))) == len(set(groups))


@example(([0, 0, 1, 2, 3, 3], [[0], [], [0, 1], [0, 1], [1], [1]], [2, 2, 2]))  # where evening out would overdo it
@settings(deadline=None)
@given(_deals())
@pytest.mark.slow
def test_sizes_are_off_by_less_than_the_largest_group_per_part(
    deal: tuple[list[int], list[list[int]], list[int]],
) -> None:
    groups, labels, sizes = deal
    got = Counter(stratify.assign(groups, labels, sizes, everywhere=False))
    largest = max(Counter(groups).values(), default=1)
    for part, size in enumerate(sizes):
        assert size - (largest - 1) * max(len(sizes) - 1, 1) <= got[part] <= size + largest - 1


@settings(deadline=None)
@given(_deals())
@pytest.mark.slow
def test_single_clips_fill_the_parts_exactly(deal: tuple[list[int], list[list[int]], list[int]]) -> None:
    _, labels, sizes = deal
    got = Counter(stratify.assign(range(len(labels)), labels, sizes, everywhere=False))
    assert [got[part] for part in range(len(sizes))] == sizes


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=8), min_size=1, max_size=6), st.sampled_from(UNEVEN))
def test_a_label_with_enough_groups_is_in_every_part(group_sizes: list[list[int]], shares: list[float]) -> None:
    groups, labels = [], []
    for label, own in enumerate(group_sizes):
        for size in own:
            groups += [max(groups, default=-1) + 1] * size
            labels += [[label]] * size
    dealt = stratify.assign(groups, labels, stratify.apportion(len(groups), shares))
    for label in range(len(group_sizes)):
        assert {p for p, own in zip(dealt, labels, strict=True) if own == [label]} == set(range(len(shares)))


def test_evening_out_takes_no_label_away_from_a_part() -> None:
    labels: list[list[int]] = [[1], [1], [], [0, 1, 2]]
    dealt = stratify.assign([0, 0, 1, 2], labels, [3, 1])  # sizes would be met without label 1 in one part
    assert {part for part, own in zip(dealt, labels, strict=True) if 1 in own} == {0, 1}


def test_single_labels_are_spread_exactly_where_that_is_possible() -> None:
    labels = [[i % 10] for i in range(1000)]
    dealt = stratify.assign(range(1000), labels, [700, 100, 200])
    assert set(Counter(zip((own[0] for own in labels), dealt, strict=True)).values()) == {70, 10, 20}


def test_many_labels_are_spread_far_better_than_by_chance() -> None:
    chance = random.Random(0)
    weights = [1 / (rank + 1) for rank in range(40)]
    labels = [sorted(set(chance.choices(range(40), weights, k=4))) for _ in range(4000)]
    sizes = [2800, 400, 800]
    dealt = stratify.assign(range(4000), labels, sizes)
    total = Counter(label for own in labels for label in own)
    got = Counter((label, part) for own, part in zip(labels, dealt, strict=True) for label in own)
    off = [abs(got[label, part] / total[label] - sizes[part] / 4000) for label in total for part in range(3)]
    assert max(off) < 0.01  # by chance, the rarest of 100 clips is off by 0.05
    assert Counter(dealt) == Counter({0: 2800, 1: 400, 2: 800})


# ------------------------------------------------------------------ rounding, of which no label gets more than its part


def _spread(labels: list[list[int]], dealt: Sequence[int], parts: int) -> list[list[int]]:
    """Clips by label and part."""
    got = Counter((label, part) for own, part in zip(labels, dealt, strict=True) for label in own)
    return [[got[label, part] for part in range(parts)] for label in sorted({i for own in labels for i in own})]


def _drawn(labels: list[list[int]], n: int, seed: int) -> list[int]:
    """The clips of `labels` that a seed draws."""
    order = stratify.shuffled([f"toy/{i}" for i in range(len(labels))], seed)
    sizes = [n, len(labels) - n]
    dealt = stratify.assign(range(len(order)), [labels[i] for i in order], sizes, everywhere=False)
    assert Counter(dealt)[0] == n
    return [i for i, part in zip(order, dealt, strict=True) if part == 0]


@pytest.mark.parametrize(("names", "clips", "shares"), [(8, 12, UNEVEN[2]), (30, 25, UNEVEN[2]), (10, 100, UNEVEN[1])])
def test_rounding_falls_on_all_labels_alike(names: int, clips: int, shares: list[float]) -> None:
    labels = [[i % names] for i in range(names * clips)]
    sizes = stratify.apportion(len(labels), shares)
    dealt = stratify.assign(range(len(labels)), labels, sizes)
    assert [dealt.count(part) for part in range(len(sizes))] == sizes
    for counts in _spread(labels, dealt, len(sizes)):
        assert all(abs(count - clips * size / len(labels)) < 1 for count, size in zip(counts, sizes, strict=True))


@pytest.mark.parametrize(("names", "clips"), [(8, 12), (10, 100), (40, 25)])
@pytest.mark.parametrize("n", [4, 5, 15, 19, 95])
def test_a_drawn_clip_is_of_each_label_in_turn(names: int, clips: int, n: int) -> None:
    labels = [[i // clips] for i in range(names * clips)]
    for seed in range(3):
        counts = Counter(labels[i][0] for i in _drawn(labels, n, seed))
        assert {counts[label] for label in range(names)} <= {n // names, -(-n // names)}


def test_labels_of_unequal_size_get_their_share_rounded_up_or_down() -> None:
    clips = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]
    labels = [[label] for label, own in enumerate(clips) for _ in range(own)]
    for n in (1, 10, 77, 230, len(labels) - 1, len(labels)):
        counts = Counter(labels[i][0] for i in _drawn(labels, n, 0))
        assert all(abs(counts[label] - own * n / len(labels)) < 1 for label, own in enumerate(clips))


def _several() -> list[list[int]]:
    """Labels of 300 clips: one to four each of 25, the rarest of a clip or two."""
    chance = random.Random(5)
    weights = [1 / (rank + 1) ** 1.3 for rank in range(25)]
    return [sorted(set(chance.choices(range(25), weights, k=chance.randint(1, 4)))) for _ in range(300)]


ONE_RARE = [[label] for label, own in enumerate([1, 2, 3, 6, 12, 24, 52]) for _ in range(own)]


@pytest.mark.parametrize("labels", [ONE_RARE, _several()], ids=["one label", "several labels"])
@pytest.mark.slow
def test_every_clip_is_drawn_equally_often_those_of_rare_labels_too(labels: list[list[int]]) -> None:
    seeds, n = 500, 10
    times = Counter(i for seed in range(seeds) for i in _drawn(labels, n, seed))
    share = n / len(labels)
    bearers = Counter(label for own in labels for label in own)
    rare = [i for i, own in enumerate(labels) if any(bearers[label] * share < 0.5 for label in own)]
    assert len(rare) >= 6
    for clips in (range(len(labels)), rare):
        spread = sum((times[i] - seeds * share) ** 2 for i in clips) / (seeds * share * (1 - share))
        assert chi2.sf(spread, len(clips)) > 0.01


def test_several_labels_are_drawn_within_a_clip_or_two_of_their_share() -> None:
    labels = _several()
    bearers = Counter(label for own in labels for label in own)
    for n in (30, 100, 150):
        got = Counter(label for i in _drawn(labels, n, 1) for label in labels[i])
        off = [abs(got[label] - clips * n / len(labels)) for label, clips in bearers.items()]
        assert max(off) < 1.5
        assert sum(off) / len(off) < 0.6


def test_exact_copies_among_single_clips_leave_rounding_to_all_labels_too() -> None:
    labels = [[i // 12] for i in range(96)]
    groups = [*range(95), 94]  # one clip is there twice
    sizes = stratify.apportion(96, [0.7, 0.1, 0.2])
    for counts in _spread(labels, stratify.assign(groups, labels, sizes), 3):
        assert all(abs(count - 12 * size / 96) < 1 for count, size in zip(counts, sizes, strict=True))


def test_a_label_of_fewer_clips_than_parts_is_in_each_part_at_times() -> None:
    labels = [[0]] + [[1]] * 39
    found = set()
    for seed in range(60):
        order = stratify.shuffled([str(i) for i in range(40)], seed)
        dealt = stratify.assign(range(40), [labels[i] for i in order], [28, 4, 8])
        assert Counter(dealt) == {0: 28, 1: 4, 2: 8}
        found.add(dealt[order.index(0)])
    assert found == {0, 1, 2}


@pytest.mark.parametrize(
    ("labels", "sizes"),
    [
        ([], [0, 0]),
        ([[]], [0, 1]),
        ([[3]], [1, 0]),
        ([[0]] * 7, [7]),
        ([[0]] * 7, [2, 2, 3]),
        ([[]] * 7, [2, 2, 3]),
        ([[5], [], [2, 5]], [1, 1, 1]),
        ([[i] for i in range(5000)], [3500, 500, 1000]),
        ([[0, i] for i in range(1, 5001)], [3500, 500, 1000]),
        ([list(range(500))] * 6, [3, 3]),
    ],
)
@pytest.mark.parametrize("everywhere", [True, False])
def test_odd_labels_and_sizes(labels: list[list[int]], sizes: list[int], everywhere: bool) -> None:
    dealt = stratify.assign(range(len(labels)), labels, sizes, everywhere=everywhere)
    assert [dealt.count(part) for part in range(len(sizes))] == sizes


@pytest.mark.parametrize(("clips", "sizes"), [(3, [1, 1, 1]), (4, [2, 1, 1]), (7, [5, 1, 1]), (2, [1, 0, 1])])
def test_no_part_is_empty_while_another_has_two_clips(clips: int, sizes: list[int]) -> None:
    dealt = stratify.assign(range(clips), [[]] * clips, stratify.apportion(clips, UNEVEN[2]))
    assert [dealt.count(part) for part in range(3)] == sizes


def test_every_label_gets_into_every_part_where_only_dealing_rare_ones_first_finds_a_way() -> None:
    labels = [[i % 100, 100 + i // 3] for i in range(300)]
    dealt = stratify.assign(range(300), labels, [210, 30, 60])
    assert _spread(labels, dealt, 3) == [[1, 1, 1]] * 200


def test_where_parts_are_too_small_for_every_label_sizes_give_way() -> None:
    labels = [[label] for label in range(6) for _ in range(3)]
    dealt = stratify.assign(range(18), labels, [13, 2, 3])
    assert _spread(labels, dealt, 3) == [[1, 1, 1]] * 6


def test_groups_of_many_labels_are_spread_better_than_by_chance() -> None:
    chance = random.Random(1)
    groups, labels = [], []
    for group in range(600):
        taste = chance.sample(range(60), 6)
        for _ in range(chance.choice([1, 2, 5, 12, 40])):
            groups.append(group)
            labels.append(sorted(chance.sample(taste, 3)))
    sizes = stratify.apportion(len(groups), [0.8, 0.1, 0.1])

    def worst(dealt: list[int]) -> float:
        total = Counter(label for own in labels for label in own)
        got = Counter((label, part) for own, part in zip(labels, dealt, strict=True) for label in own)
        return max(abs(got[i, part] / total[i] - sizes[part] / len(groups)) for i in total for part in range(3))

    at_random = {group: chance.choices(range(3), sizes)[0] for group in range(600)}
    assert worst(stratify.assign(groups, labels, sizes)) < 0.05
    assert worst([at_random[group] for group in groups]) > 0.15


@pytest.mark.slow
def test_jamendo_is_spread_better_by_artist_than_in_its_published_split(shared: Path) -> None:
    tracks: dict[str, tuple[str, str, set[str]]] = {}
    folder = shared / "data" / "jamendo" / "splits" / "split-0"
    for path in sorted(folder.glob("autotagging_*.tsv")):
        if "top50" in path.name:
            continue
        with path.open(encoding="utf-8") as file:
            for line in list(file)[1:]:
                track, artist, _, _, _, *tags = line.rstrip("\n").split("\t")
                tracks.setdefault(track, (artist, path.stem.rpartition("-")[2], set()))[2].update(tags)
    ids = sorted(tracks)
    ids = [ids[i] for i in stratify.shuffled(ids, 0)]
    names = sorted({tag for _, _, tags in tracks.values() for tag in tags})
    assert (len(ids), len(names)) == (55_525, 183)
    number = {name: i for i, name in enumerate(names)}
    labels = [sorted(number[tag] for tag in tracks[track][2]) for track in ids]
    artists = clusters.union(len(ids), [[tracks[track][0] for track in ids]])
    published = [("train", "validation", "test").index(tracks[track][1]) for track in ids]
    sizes = [published.count(part) for part in range(3)]
    total = Counter(label for own in labels for label in own)

    def off(dealt: list[int]) -> list[float]:
        got = Counter((label, part) for own, part in zip(labels, dealt, strict=True) for label in own)
        return [abs(got[label, part] / total[label] - sizes[part] / len(ids)) for label in total for part in range(3)]

    ours, theirs = off(stratify.assign(artists, labels, sizes)), off(published)
    assert (round(max(theirs), 3), round(sum(theirs) / len(theirs), 3)) == (0.479, 0.074)
    assert max(ours) < 0.2
    assert sum(ours) / len(ours) < 0.02
