"""What CONTRIBUTING shows works as it stands there: the smallest card is asked about by the smallest model."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mudata

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def test_the_smallest_card_and_the_smallest_model_go_the_whole_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tone,  # type: ignore[no-untyped-def]
) -> None:
    (card, _), (code,) = (re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL) for kind in ("yaml", "python"))
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "tones.yaml").write_text(card)
    (tmp_path / "my_model.py").write_text(code)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    monkeypatch.syspath_prepend(str(tmp_path))
    for n in range(8):
        tone(tmp_path / "own" / ("high", "low")[n % 2] / f"a{n // 2}_{n:02}.wav", hz=150 + 10 * n)

    assert mudata.fetch("tones", source=tmp_path / "own").usable == 8
    assert [finding for finding in mudata.verify("tones") if finding.severity == "error"] == []
    mudata.split("halves", dataset="tones", stratify="genre", group="artist", parts={"train": 0.5, "test": 0.5})
    run = mudata.evaluate("my_model:Loud", "halves", task="genre")
    sys.modules.pop("my_model", None)
    assert (run.scores["n"], run.accuracy) == (4, 0.5)


def test_the_smallest_exam_goes_the_whole_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tone,  # type: ignore[no-untyped-def]
) -> None:
    _, card = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "cards" / "exams").mkdir(parents=True)
    (tmp_path / "cards" / "exams" / "quiz.yaml").write_text(card)
    (tmp_path / "my_model.py").write_text(code)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    monkeypatch.syspath_prepend(str(tmp_path))
    (row,) = re.findall(r"rows like `(\{.*?\})`", TEXT)
    rows = [json.loads(row) | {"id": n, "file": f"{n}.wav", "key": "AB"[n % 2]} for n in range(6)]
    for n in range(6):
        tone(tmp_path / "own" / "any" / f"{n}.wav", hz=150 + 10 * n)
    (tmp_path / "own" / "quiz.json").write_text(json.dumps(rows))

    assert mudata.fetch("quiz", source=tmp_path / "own").usable == 6
    assert mudata.verify("quiz") == []
    mudata.split("quizzed", dataset="quiz", parts={"test": 1})
    run = mudata.evaluate("my_model:Loud", "quizzed", task="choose")
    sys.modules.pop("my_model", None)
    assert (run.scores["n"], run.accuracy) == (6, 0.5)
