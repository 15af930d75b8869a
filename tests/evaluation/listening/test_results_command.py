"""`mudata listen results`, `import` and `export` as they are typed, the tables of SQL, and the same in Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from simulated_ratings import answer, listening_test_of

import mudata
from mudata.cli.cmd_listen import listen
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.listening.listening_test import folder_of
from mudata.evaluation.listening.rating_store import RatingStore

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def answered(home: Home) -> Path:
    """The folder of a test that 9 of 10 raters have answered."""
    test = listening_test_of("ears", "mos", raters=10, clips=10)
    (folder := folder_of(home, "ears")).mkdir(parents=True)
    test.write(folder)
    with RatingStore(folder) as store:
        answer(test, store, only=9)
    return folder


def said(*words: str) -> tuple[str, str]:
    result = CliRunner().invoke(listen, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


@pytest.mark.slow
def test_results_are_printed_kept_and_asked_for_by_sql(answered: Path, tmp_path: Path) -> None:
    out, err = said("results", "ears", "--csv", str(tmp_path / "csv"))
    assert "overall: differences between systems" in out
    assert "agreement of raters" in out
    assert "20 of 200 ratings are missing; 1 of 10 raters has not come" in err
    with (tmp_path / "csv" / "scores.csv").open(newline="") as file:
        scores = list(csv.DictReader(file))
    saved = json.loads((answered / "results.json").read_text())
    assert [float(row["value"]) for row in scores[:5]] == [s["score"]["value"] for s in saved["aspects"][0]["scores"]]
    assert json.loads(said("results", "ears", "--json")[0]) == saved
    only = said("results", "ears", "--aspect", "usefulness", "-q")[0]
    assert "usefulness: differences between systems" in only
    assert "correctness" not in only
    mean = mudata.sql(
        "SELECT avg(number) FROM ratings JOIN raters USING (test, rater) WHERE ratings.counted AND raters.counted"
        " AND aspect = 'correctness' AND system = 'm4'"
    ).fetchall()
    assert mean[0][0] == pytest.approx(saved["aspects"][0]["scores"][0]["score"]["value"])
    assert mudata.sql("SELECT count(*), count(DISTINCT role) FROM ratings").fetchall() == [(2 * 13 * 9, 3)]
    assert {"system_2", "heard_s", "excluded"} <= {row["column"] for row in mudata.schema()}
    everything = "".join(path.read_text() for path in answered.glob("*.json*"))
    assert "token" not in everything


@pytest.mark.usefixtures("answered")
def test_the_same_in_python(tmp_path: Path) -> None:
    found = mudata.listening_results("ears", aspect="usefulness", csv=tmp_path)
    assert "usefulness" in repr(found)
    assert "<table>" in found._repr_html_()
    assert found.results.missing == 20
    assert (tmp_path / "pairs.csv").is_file()
    with pytest.raises(UnknownName, match="usefulnes"):
        mudata.listening_results("ears", aspect="usefulnes")
    (ratings,) = mudata.export_ratings("ears", output=tmp_path / "out")
    header = ratings.read_text().splitlines()[0]
    assert header.startswith("test,rater,trial,role,counted,item_id")
    (wide := tmp_path / "wide.csv").write_text("rater,item,system,fit\n" + "ann,c1,a,3\nbob,c1,a,4\n")
    assert mudata.import_ratings("more", wide, new=True).raters == 2


@pytest.mark.usefixtures("answered")
def test_export_for_r_and_import_are_typed(tmp_path: Path) -> None:
    out, _ = said("export", "ears", "--to", "r", "-o", str(tmp_path / "r"))
    assert out.split() == [str(tmp_path / "r" / "ratings.csv"), str(tmp_path / "r" / "analysis.R")]
    script = (tmp_path / "r" / "analysis.R").read_text()
    assert "lmer(" in script
    (path := tmp_path / "x.csv").write_text("rater,item,system_1,system_2,choice\nann,c1,a,b,B\n")
    out, err = said("import", "pairs", str(path), "--new", "--kind", "texts")
    assert "Made the test pairs" in out
    assert "1 rating of 1 rater" in err
    for way in (["serve", "pairs"], ["show", "pairs", "--links"]):
        none = CliRunner().invoke(listen, way)
        assert "made of ratings from elsewhere" in str(none.exception)
    wrong = CliRunner().invoke(listen, ["import", "q", str(path), "--new", "--scale", "five"])
    assert isinstance(wrong.exception, EvaluationError)
    assert "as in 1-5" in str(wrong.exception)
