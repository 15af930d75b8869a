"""The whole way as functions, on a card of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mudata
from mudata.errors import SplitError

CARD = """
name: tones
title: Tones
summary: Twelve tones of two genres by four artists.
tags: [genre]
format: wav
duration: {min: 0.5, max: 2}
licence: {text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: do-it-yourself
sources:
  audio: {what: the tones, mirrors: [{kind: local, how: Make them yourself.}]}
clips:
  - {files: "**/{genre}/{artist}_{stem}.wav", id: "{genre}.{artist}.{stem}", groups: {artist: "{artist}"}}
labels:
  genre: {part: genre, vocabulary: [high, low]}
tasks:
  genre: {kind: classify, namespace: genre, noun: genre}
"""


@pytest.fixture
def tones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone) -> Path:  # type: ignore[no-untyped-def]
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "tones.yaml").write_text(CARD)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    for n in range(12):
        genre, hz = ("high", 1500) if n % 2 else ("low", 150)
        tone(tmp_path / "own" / genre / f"a{n % 4}_{n:02}.wav", hz=hz + 10 * n)
    return tmp_path / "own"


def test_the_whole_way(tones: Path) -> None:
    assert "tones" in {card.name for card in mudata.cards("genre")}
    assert "tones" not in {card.name for card in mudata.cards("caption")}

    got = mudata.fetch("tones", origin=(tones,))
    assert (got.fetched, got.usable, got.unchanged) == (12, 12, False)
    assert mudata.fetch("tones").unchanged

    counts = mudata.sql("SELECT canonical, count(*) AS n FROM labels GROUP BY 1 ORDER BY 1")
    assert counts.fetchall() == [("high", 6), ("low", 6)]
    assert counts.arrow().column_names == ["canonical", "n"]
    assert list(counts.df()["n"]) == [6, 6]
    assert [f for f in mudata.verify("tones", deep=True) if f.severity == "error"] == []

    parts = {"train": 0.5, "test": 0.5}
    drawn = mudata.split("halves", datasets=("tones",), stratify=("genre",), group=("artist",), parts=parts)
    assert (
        mudata.split("halves", datasets=("tones",), stratify=("genre",), group=("artist",), parts=parts).sha256
        == drawn.sha256
    )
    thirds = {"train": 0.4, "validation": 0.3, "test": 0.3}
    with pytest.raises(SplitError, match="2 artists"):
        mudata.split("thirds", datasets=("tones",), stratify=("genre",), group=("artist",), parts=thirds)

    run = mudata.evaluate("majority", "halves", task="genre")
    assert run.scores["n"] == 6
    assert {m["metric"]: m["value"] for m in run.scores["metrics"]}["accuracy"] == 0.5
    assert mudata.sql("SELECT count(*) FROM answers").fetchall() == [(6,)]
    assert mudata.score(run.id) == run.scores

    lines = mudata.sql("SELECT clip_id, 'surely ' || canonical AS answer FROM labels ORDER BY 1").fetchall()
    file = tones.parent / "answers.jsonl"
    file.write_text("".join(json.dumps({"clip_id": clip, "answer": text}) + "\n" for clip, text in lines))
    brought = mudata.import_answers(file, format="jsonl", model="oracle", split="halves", task="genre")
    assert {m["metric"]: m["value"] for m in brought.scores["metrics"]}["accuracy"] == 1.0


def test_the_rate_that_is_asked_for_is_that_of_the_clips(tones: Path) -> None:
    mudata.fetch("tones", origin=(tones,), rate=16_000, limit=3)
    assert mudata.sql("SELECT DISTINCT sample_rate, flavour FROM clips").fetchall() == [(16_000, "16000")]
