"""The whole way as functions, on a card of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import mudata
from mudata.errors import ArgumentError, CardError, ModelError, MudataError, SplitError, UnknownName

pytestmark = pytest.mark.slow

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


def test_a_rate_that_is_no_number_leaves_the_clips_as_they_are(tones: Path) -> None:
    mudata.fetch("tones", source=tones)
    with pytest.raises(ArgumentError, match=r"rate is '16k' \(str\)\.\nIt takes int \| None: sample rate"):
        mudata.fetch("tones", rate="16k")  # type: ignore[call-overload]
    assert mudata.stats("tones")["usable"] == 12


def test_the_rate_that_is_asked_for_is_that_of_the_clips(tones: Path) -> None:
    mudata.fetch("tones", origin=(tones,), rate=16_000, limit=3)
    assert mudata.sql("SELECT DISTINCT sample_rate, flavour FROM clips").fetchall() == [(16_000, "16000")]


@pytest.fixture
def asked(tones: Path) -> list[str]:
    """Two runs on a split of the tones: majority and random."""
    mudata.fetch("tones", source=str(tones))
    mudata.split("halves", dataset="tones", stratify="genre", group="artist", parts={"train": 0.5, "test": 0.5})
    return [mudata.evaluate(model, "halves", task="genre").id for model in ("majority", "random")]


def test_cards_are_known_and_cited(tones: Path) -> None:
    assert mudata.info("tones").title == "Tones"
    assert repr(mudata.info("tones")) == "Card 'tones': Tones (genre; wav)"
    assert "licence:      CC0-1.0 (unrestricted)\n" in str(mudata.info("tones"))
    assert mudata.cite("tones") == "Nobody\n\n@misc{nobody}"
    assert mudata.cite("tones", bibtex=True) == "@misc{nobody}"
    assert {card.name for card in mudata.cards(usage="commercial")} >= {"tones", "demo"}
    assert mudata.cards("genre", audio="no", usage="commercial") == []
    assert [card.name for card in mudata.cards("genre", audio="no", usage="research")] == ["music_genre"]
    with pytest.raises(UnknownName, match=r"No tag named 'gener'\. Did you mean 'genre'"):
        mudata.cards("gener")


def test_one_or_many_datasets_labels_and_folders(tones: Path) -> None:
    (one,) = mudata.fetch(["tones"], source=[tones])
    assert repr(one) == "tones: 12 usable of 12 fetched of 12 declared clips, 0 quarantined, 0 missing (native)"
    assert one.flavour == one.audio_format == "native"
    drawn = mudata.split("a", dataset=["tones"], stratify=["genre"], parts={"train": 0.5, "test": 0.5})
    again = mudata.split("a", dataset="tones", stratify="genre", parts={"train": 0.5, "test": 0.5})
    assert drawn.sha256 == again.sha256
    assert repr(drawn).startswith("Split 'a' of tones: train 6, test 6 (sha256 ")


def test_a_split_is_replaced_only_by_force(tones: Path) -> None:
    mudata.fetch("tones", source=tones)
    mudata.split("a", dataset="tones", n=4, seed=1)
    with pytest.raises(SplitError, match="Another split is named 'a'"):
        mudata.split("a", dataset="tones", n=5, seed=1)
    assert len(mudata.split("a", dataset="tones", n=5, seed=1, force=True).parts["test"]) == 5
    with pytest.raises(ArgumentError, match=r"parts is 'train=0\.7'"):
        mudata.split("b", dataset="tones", parts="train=0.7")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match=r"No choice for faults named 'dropp'\. Did you mean 'drop'"):
        mudata.split("b", dataset="tones", faults="dropp")


@pytest.mark.parametrize("path", ["none.yaml", "none", "."])
def test_a_card_that_is_not_there_is_told(path: str) -> None:
    with pytest.raises(CardError, match=r"no such file\.\nGive the path of a card, or a name"):
        mudata.info(Path(path))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "../parts/demo"])
def test_a_name_that_is_none_is_told(tones: Path, name: str) -> None:
    with pytest.raises(UnknownName, match="No dataset named"):
        mudata.stats(name)


def test_numbers_of_a_dataset(tones: Path) -> None:
    mudata.fetch("tones", source=tones)
    assert mudata.stats("tones")["usable"] == 12
    assert "clips:        12 usable of 12 fetched of 12 declared\n" in repr(mudata.stats("tones"))
    assert "\ngenre\n  high         6   50.0%  ███" in repr(mudata.stats("tones"))
    assert "tones" in repr(mudata.stats())
    assert [row["usable"] for row in mudata.stats()] == [12]


def test_what_parts_share(tones: Path) -> None:
    mudata.fetch("tones", source=tones)
    mudata.split("apart", dataset="tones", group="artist", parts={"train": 0.5, "test": 0.5})
    assert mudata.leaks("apart").shared == ()
    mudata.split("mixed", dataset="tones", parts={"train": 0.5, "test": 0.5})
    assert repr(mudata.leaks("apart")).endswith("\n\nThe parts share nothing that is known.")
    assert {shared.kind for shared in mudata.leaks("mixed").shared} == {"artist"}
    assert "such as\n" in repr(mudata.leaks("mixed"))
    with pytest.raises(ArgumentError, match="not clear which split"):
        mudata.leaks()


def test_a_run_tells_its_numbers(asked: list[str]) -> None:
    first, second = mudata.runs()
    assert [first.id, second.id] == asked
    assert repr(mudata.runs()).count("accuracy") == 1
    assert all(run in mudata.runs()._repr_html_() for run in asked)
    assert first.accuracy == first.metric("accuracy").value == 0.5
    metric = first.metric("accuracy")
    assert (metric.low, metric.high, metric.clusters) == (None, None, 2)
    assert metric.interval == "none: 2 clusters are too few"
    assert [row["model"] for row in first.table()] == ["majority"]
    assert "50.0 %" in repr(first)
    assert "<td>majority</td>" in first._repr_html_()
    with pytest.raises(UnknownName, match=r"No metric of majority.* named 'accuracyy'\. Did you mean 'accuracy'"):
        first.metric("accuracyy")
    assert mudata.score(asked) == [first.scores, second.scores] == mudata.score()


def test_runs_are_compared_shown_and_reported(asked: list[str], tmp_path: Path) -> None:
    compared = mudata.compare(*asked)
    assert compared.n == 6
    assert "No verdict on" in repr(compared)
    assert repr(mudata.compare(mudata.runs())) == repr(compared)

    clip = compared.metrics[0].pairs[0].clips_10 or compared.metrics[0].pairs[0].clips_01
    (view,) = mudata.show(clip[0])
    assert {answer.model for answer in view.said} == {"majority", "random"}
    assert clip[0] in repr(mudata.show(list(clip)))
    assert len(mudata.show(sample=2, disagree=True, runs=asked)) == 2
    with pytest.raises(ArgumentError, match="not clear which clips"):
        mudata.show()

    pytest.importorskip("jinja2")
    written = mudata.report(asked, output=tmp_path / "page.html", markdown=str(tmp_path / "page.md"), waveforms=False)
    assert list(written) == [tmp_path / "page.html", tmp_path / "page.md"]
    assert all(file.stat().st_size for file in written)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mudata.score("x" * 5000), "No run named"),
        (lambda: mudata.evaluate("majority", "halves", task="genre", prompt="What? " * 200), "No prompt named"),
        (lambda: mudata.evaluate("majority", "halves", task="genre", control=""), r"control is '' \(str\)"),
        (lambda: mudata.evaluate("majority", "halves", task="genre", control=3), r"control is 3 \(int\)"),
        (lambda: mudata.import_answers("x", format="cmi", model="m", dataset="tones"), "No format named 'cmi'"),
        (
            lambda: mudata.import_answers("x", format="jsonl", model="m", prompt_text=Path("none")),
            "prompt_text none cannot be read: No such file",
        ),
        (lambda: mudata.import_answers("x", format="jsonl", model="m", fields={"id": "i"}), "fields is {'id': 'i'}"),
    ],
)
def test_values_that_make_no_sense_are_told(asked: list[str], call: Callable[[], object], said: str) -> None:
    with pytest.raises(MudataError, match=said):
        call()


def test_controls_are_asked_one_at_a_time(asked: list[str]) -> None:
    with pytest.raises(ArgumentError, match="two controls, a run each"):
        mudata.evaluate("majority", "halves", task="genre", silence=True, swap_audio=True)


def test_an_answer_is_read() -> None:
    read = mudata.align("It's not rock, it is metal", labels="gtzan")
    assert (read.status, read.label, read.labels, read.rule_id) == ("ALIGNED", "metal", ("metal",), "single")
    assert read.rule == "one label is meant, however often it is said"
    assert repr(read) == f"Alignment(ALIGNED; metal; not rock; rule single: {read.rule})"
    assert [(span.role, span.label) for span in read.spans] == [("negative", "rock"), ("positive", "metal")]
    assert [one.label for one in mudata.align(["blues", "no idea"], labels="gtzan:genre")] == ["blues", None]
    assert mudata.align("B", labels="gtzan:genre", letters=True).label == "classical"
    prompt = "Which genre? blues, classical, country, disco, hiphop, jazz, metal, pop, reggae, rock"
    assert mudata.align(prompt, labels="gtzan:genre", prompt=prompt).status == "ECHO_PROMPT"


def test_models_are_a_table() -> None:
    table = mudata.models()
    assert {"qwen-audio", "majority"} <= {row["name"] for row in table}
    assert "language model" in repr(table)


def test_no_runs_say_so(tones: Path) -> None:
    assert mudata.runs() == []
    assert repr(mudata.runs()) == "(no runs)"


def test_splits_are_listed_and_checked(tones: Path) -> None:
    mudata.fetch("tones", source=tones)
    drawn = mudata.split("apart", dataset="tones", group="artist", parts={"train": 0.5, "test": 0.5})
    assert mudata.splits() == [drawn]
    assert mudata.check_split("apart") == []


def test_a_person_outranks_the_aligner(asked: list[str]) -> None:
    clip = next(iter(mudata.runs()[0].answers()))
    run = mudata.override(asked[0], clip, None, author="somebody", reason="it names nothing")
    assert run.metric("accuracy").value in (0.5, 2 / 6)
    (view,) = mudata.show(clip, runs=asked[0])
    assert view.said[0].labels == ()


def test_models_without_weights_have_none_to_fetch() -> None:
    with pytest.raises(ModelError, match="majority has no weights to fetch"):
        mudata.fetch_model("majority")
    with pytest.raises(UnknownName, match="No model named 'majorty'"):
        mudata.fetch_model("majorty")
