"""Ratings made elsewhere, as a test of their own or into one that was designed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from simulated_ratings import answer, listening_test_of

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.listening.listening_results import ListeningResults, listening_results
from mudata.evaluation.listening.listening_test import ListeningTest, folder_of, names, read
from mudata.evaluation.listening.rated_rows import RatedTest, rated_test
from mudata.evaluation.listening.rating_import import import_file
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.evaluation.listening.results_of_test import rated_test_of
from mudata.evaluation.listening.results_tables import tables

if TYPE_CHECKING:
    from mudata.home import Home


def answered(home: Home, kind: str) -> RatedTest:
    test = listening_test_of(kind, kind, raters=8, clips=10)
    (folder := folder_of(home, kind)).mkdir(parents=True)
    test.write(folder)
    with RatingStore(folder) as store:
        answer(test, store)
    return rated_test(home, test, folder)


def table(path: Path, rows: list[dict[str, object]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_file(rated: RatedTest, path: Path, *, names_too: bool = True) -> Path:
    """Its ratings as somebody else would keep them, choices in the other order half of the time."""
    rows = []
    for i, row in enumerate(rated.rows):
        one: dict[str, object] = {"rater": f"{row.rater}@example.org" if names_too else row.rater, "item": row.item_id}
        if rated.test.kind == "mos":
            one |= {"system": row.systems[0], "aspect": row.aspect, "rating": row.value}
        else:
            turned = i % 2 == 1
            value = {"A": "D", "B": "E", "C": "C", "D": "A", "E": "B"}[row.value] if turned else row.value
            if rated.test.kind == "texts":
                one |= dict(zip(("system_1", "system_2"), row.systems[:: -1 if turned else 1], strict=True))
            else:
                one |= {"system": row.systems[0], "described": 1 + (row.described != turned)}
            one |= {"choice": value}
        rows.append(one)
    return table(path, rows)


def scores(results: ListeningResults) -> dict[tuple[str, str, str], float]:
    """Every number of every system, by aspect, system and name."""
    return {
        (one.aspect, score.system, name): getattr(score.score, name)
        for one in results.aspects
        for score in one.scores
        for name in ("value", "low", "high", "n")
    }


@pytest.mark.parametrize("kind", ["mos", "texts", "pairwise"])
def test_the_same_ratings_give_the_same_results_by_either_way(kind: str, home: Home, tmp_path: Path) -> None:
    rated = answered(home, kind)
    wanted = listening_results(rated)
    named = as_file(rated, tmp_path / "named.csv")
    made = import_file(home, "elsewhere", named, new=True, kind=kind)  # type: ignore[arg-type]
    assert (made.ratings, made.raters, made.made) == (len(rated.rows), 8, True)
    alone = listening_results(rated_test_of(home, "elsewhere"))
    assert scores(alone) == pytest.approx(scores(wanted))
    shares = {one.system: (one.choices, one.preferred) for one in wanted.shares}
    assert {one.system: (one.choices, one.preferred) for one in alone.shares} == shares
    assert "example.org" not in (folder_of(home, "elsewhere") / "test.json").read_text()
    assert {one.source for one in alone.raters} == {"named.csv"}
    twice = import_file(home, "elsewhere", named, new=True, kind=kind)  # type: ignore[arg-type]
    assert (twice.made, twice.ratings, twice.known) == (False, 0, wanted.counted), "nothing is stored twice"
    assert scores(listening_results(rated_test_of(home, "elsewhere"))) == pytest.approx(scores(wanted))
    (fewer := tmp_path / "fewer.csv").write_text("".join(named.read_text().splitlines(keepends=True)[:-9]))
    with pytest.raises(EvaluationError, match="made of other ratings"):
        import_file(home, "elsewhere", fewer, new=True, kind=kind)  # type: ignore[arg-type]
    # into the design: what is there already counts once
    again = import_file(home, kind, as_file(rated, tmp_path / "plain.csv", names_too=False))
    assert not again.made
    into = listening_results(rated_test_of(home, kind))
    assert scores(into) == pytest.approx(scores(wanted))
    assert into.counted == wanted.counted


def test_a_column_for_each_aspect_will_do_and_a_semicolon_too(home: Home, tmp_path: Path) -> None:
    rows = [
        {"Rater": f"p{r}", "clip_id": f"d/{c}", "system": s, "mood": (r + c) % 6, "tempo": "" if r == 0 else c % 6}
        for r in range(9)
        for c in range(9)
        for s in ("reference", "one")
    ]
    import_file(home, "wide", table(tmp_path / "w.csv", rows, ";"), new=True, scale=(0, 5))
    test = read(home, "wide")
    assert test.scale == (0, 5)
    assert [(one.name, one.role) for one in test.systems] == [("reference", "reference"), ("one", "model")]
    results = listening_results(rated_test_of(home, "wide"))
    assert {one.aspect: one.scores[0].score.n for one in results.aspects} == {"mood": 81, "tempo": 72, "overall": 72}


def test_an_aspect_named_overall_is_what_people_said_overall(home: Home, tmp_path: Path) -> None:
    rows = [
        {"rater": f"p{r}", "item": f"c{c}", "system": "a", "mood": 1 + c % 2, "overall": 4 + r % 2}
        for r in range(8)
        for c in range(8)
    ]
    import_file(home, "t", table(tmp_path / "t.csv", rows), new=True)
    results = listening_results(rated_test_of(home, "t"))
    assert {one.aspect: one.scores[0].score.value for one in results.aspects} == {"mood": 1.5, "overall": 4.5}
    assert results.aspects[1].agreement is not None
    assert [table.title for table in tables(results)] == ["mean opinion scores [95 %]", "agreement of raters"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rater,item,system,aspect,rating\nr01,c0,m0,correctness,9\n", r"line 2: '9' is no mark from 1 to 5"),
        ("rater,item,system,aspect,rating\nr01,c0,,correctness,3\n", r"line 2: system is empty"),
        ("rater,item,system,aspect\nr01,c0,m0,correctness\n", r"no column rating"),
        ("rater,rater,item,system,aspect,rating\n", r"two columns 'rater'"),
        ("rater,item,system,aspect,rating\n", r"it has no line"),
        ("", r"no column item, rater, system"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_lines(text: str, wrong: str, home: Home, tmp_path: Path) -> None:
    (path := tmp_path / "f.csv").write_text(text)
    with pytest.raises(EvaluationError, match=wrong):
        import_file(home, "new", path, new=True)
    assert names(home) == []


def test_what_is_not_of_the_design_is_refused_whole(home: Home, tmp_path: Path) -> None:
    rated = answered(home, "mos")
    row = rated.rows[0]
    good = {"rater": row.rater, "item": row.item_id, "system": row.systems[0], "aspect": row.aspect, "rating": "1"}
    other = next(name for name in ("m0", "m1") if name != row.systems[0])
    path = table(tmp_path / "f.csv", [good, good | {"system": other}, good | {"aspect": "beauty"}])
    with pytest.raises(
        EvaluationError, match=f"line 3: {row.rater} was not asked about {row.item_id} by {other}; line 4"
    ):
        import_file(home, "mos", path)
    assert rated_test_of(home, "mos").rows == rated.rows
    with pytest.raises(EvaluationError, match="those of the test"):
        import_file(home, "mos", path, scale=(0, 5))
    with pytest.raises(EvaluationError, match="There is a listening test mos already"):
        import_file(home, "mos", path, new=True)
    with pytest.raises(UnknownName, match="moss"):
        import_file(home, "moss", path)
    (tmp_path / "f.xlsx").write_bytes(b"PK")
    with pytest.raises(EvaluationError, match=r"named \.csv or \.tsv"):
        import_file(home, "mos", tmp_path / "f.xlsx")


def test_a_kill_on_the_way_leaves_nothing_that_the_same_command_cannot_do(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(test: object, folder: Path) -> None:
        raise KeyboardInterrupt

    many = table(tmp_path / "m.csv", [{"rater": f"p{i}", "item": "c", "system": "a", "fit": 3} for i in range(5)])
    one = table(tmp_path / "o.csv", [{"rater": "ann", "item": "c", "system": "a", "fit": 2}])
    with monkeypatch.context() as patch:
        patch.setattr(ListeningTest, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            import_file(home, "t", many, new=True)
    assert names(home) == []
    import_file(home, "t", one, new=True)
    rated = rated_test_of(home, "t")
    assert [(row.rater, row.value) for row in rated.ratings] == [("r01", "2")]
    assert not [path for path in home.listening.iterdir() if path.name != "t"]
