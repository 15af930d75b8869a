"""What people said of runs, on the page of the report about these runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from answered import GOLD, IDS, Notes, answered
from simulated_ratings import answer, listening_test_of

from mudata.evaluation.listening.listening_results import listening_results
from mudata.evaluation.listening.listening_test import folder_of
from mudata.evaluation.listening.rated_rows import rated_test
from mudata.evaluation.listening.rating_import import import_file
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.evaluation.listening.results_files import write_results
from mudata.evaluation.listening.results_of_test import results_of
from mudata.evaluation.report.build import write
from mudata.evaluation.report.listening_section import listening_sections

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.home import Home


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mos", "texts", "pairwise"])
def test_a_test_of_these_runs_has_figures_and_tables(kind, home: Home) -> None:
    test = listening_test_of(kind, kind, raters=8, clips=10)
    (folder := folder_of(home, kind)).mkdir(parents=True)
    test.write(folder)
    with RatingStore(folder) as store:
        answer(test, store)
    report = SimpleNamespace(runs=[SimpleNamespace(id="run-m3")])
    assert listening_sections(home, report) == ()  # no results yet
    rated = rated_test(home, test, folder)
    write_results(listening_results(rated), rated, folder)
    (section,) = listening_sections(home, report)
    assert section.about.startswith(f"{rated.planned} ratings of 8 raters: ")
    assert len(section.figures) == (1 if kind == "mos" else 2)
    for figure in section.figures:
        for drawn in figure.pair:
            assert "m4" in drawn
            assert "var(--accent)" in drawn or "var(--fate-right)" in drawn
    assert section.more[0].title.endswith(": differences between systems")
    assert listening_sections(home, SimpleNamespace(runs=[SimpleNamespace(id="other")])) == ()
    (folder / "results.json").write_text("{}")
    assert listening_sections(home, report, notes := Notes()) == ()
    assert "results.json" in notes.text


@pytest.mark.slow
def test_the_page_has_it_and_nobody_writes_into_the_page(corpus: Corpus, tmp_path: Path) -> None:
    run = answered(corpus.home, tmp_path, dict(zip(IDS, GOLD, strict=True)))
    rows = [
        f"ann{rater},{clip},{system},{1 + (rater + i) % 5}"
        for rater in range(9)
        for i, clip in enumerate(IDS)
        for system in (run.id, "<script>alert(1)</script>")
    ]
    (path := tmp_path / "r.csv").write_text("\n".join(["rater,clip,system,<b>mood</b>", *rows]))
    import_file(corpus.home, "ears", path, new=True)
    results_of(corpus.home, "ears")
    write(corpus.home, [run.id], page := tmp_path / "report.html", waveforms=False)
    text = page.read_text()
    assert 'id="listening"' in text
    assert "6 clips are too few" in text or "too few to say" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text
    assert "<b>mood" not in text
