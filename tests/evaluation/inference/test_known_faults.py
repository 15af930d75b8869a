"""Clips with known faults: asked as published, left out, or with what is known to be right."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from shell import typed

import mudata
from mudata.catalog.index import database
from mudata.catalog.splits import check, draw, manifest
from mudata.catalog.splits.split_clips import load_parts
from mudata.catalog.splits.split_request import SplitRequest, request_of
from mudata.errors import CardError
from mudata.evaluation.inference.runner import EvalRequest, evaluate, preview
from mudata.evaluation.protocol import Answer, Item, ModelCapabilities
from mudata.evaluation.report.explorer import find_audio
from mudata.evaluation.report.gather import gather
from mudata.evaluation.scoring import score
from mudata.evaluation.tasks.sample_selection import SampleRequest, select

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from small_corpus import Corpus

    from mudata.catalog.splits.candidates import Faults
    from mudata.evaluation.run import Run
    from mudata.home import Home

OWN = """
faults:
  - {ids: "06", kind: mislabelled, action: drop, note: sounds high, source: me, repair: {labels: {genre: high}}}
  - {ids: "07", kind: distorted, action: drop, note: noise, source: me}
  - {ids: "08", kind: distorted, action: warn, note: noise at its end, source: me, repair: {start_s: 0.1, end_s: 0.3}}
  - {ids: "09", kind: wrong-metadata, action: warn, note: another, source: me, repair: {artist: Zoe}}
  - {ids: "10", kind: duplicate, action: drop, note: the same tune, source: me, repair: {duplicate_of: "11"}}
"""


def write(home: Home, text: str = OWN) -> Path:
    home.make(home.faults)
    path = home.faults / "tones.yaml"
    path.write_text(text)
    return path


class Ruler:
    """Answers how long the clip is that it hears; keeps what it was asked."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=4)
    heard: dict[str, int] = {}  # noqa: RUF012 - the test's notebook

    def load(self) -> None:
        pass

    def answer(self, items: Sequence[Item]) -> list[Answer]:
        type(self).heard |= {item.clip.clip_id: len(item.clip.audio) for item in items}
        assert all(item.clip.audio.dtype == np.float32 for item in items)
        return [Answer("low") for _ in items]

    def describe(self) -> dict[str, object]:
        return {}


def ask(home: Home, **more: Any) -> Any:
    Ruler.heard = {}
    return evaluate(home, EvalRequest(model=f"{__name__}:Ruler", split="half", task="genre", **more))


@pytest.mark.slow
def test_a_run_asks_as_published_without_what_is_to_be_dropped_or_what_is_right(corpus: Corpus) -> None:
    home = corpus.home
    plain = ask(home)
    assert "faults" not in plain.settings.record()
    write(home)
    again = ask(home)
    assert again.folder == plain.folder
    assert Ruler.heard == {}
    dropped = ask(home, faults="drop")
    assert sorted(Ruler.heard) == ["tones/08", "tones/09", "tones/11"]
    assert dropped.settings.record() | {"faults": "drop", "clips_faulty": 3} == dropped.settings.record()
    repaired = ask(home, faults="repair")
    assert Ruler.heard == {"tones/06": 5600, "tones/08": 1600, "tones/09": 4800, "tones/11": 6400}
    assert len({plain.folder, dropped.folder, repaired.folder}) == 3
    gold = {q.item_id: q for q in repaired.questions()}
    assert (gold["tones/06"].references, gold["tones/09"].references) == (("high",), ("low",))
    assert (gold["tones/09"].artist, gold["tones/06"].artist) == ("Zoe", "artist 3")
    assert {q.item_id: q.references for q in plain.questions()}["tones/06"] == ("low",)
    assert gold["tones/08"].pcm_sha256 != {q.item_id: q for q in plain.questions()}["tones/08"].pcm_sha256
    assert repaired.settings.clips_faulty == 2
    assert repaired.settings.clips_with_other_audio == 0
    what_is_heard_later(home, plain, repaired)
    write(home, OWN.replace("Zoe", "Yan"))
    assert ask(home, faults="repair").folder not in (repaired.folder, dropped.folder)


def what_is_heard_later(home: Home, plain: Run, repaired: Run) -> None:
    """Scores that listen, and pages: what the run heard, cropped where it was."""
    whole, cropped = (score.sounds_of(home, run)["tones/08"] for run in (plain, repaired))
    np.testing.assert_array_equal(cropped.samples(), whole.samples()[800:2400])
    for run in (plain, repaired):
        score.score(run)
    page = home.root / "page.html"
    for runs, within, seconds in (([repaired], "#t=0.1,0.3", 0.2), ([plain, repaired], "", 0.5)):
        audio = find_audio(home, gather(home, runs), page)
        assert audio.sources["tones/08"] == f"clips/tones/native/08.flac{within}"
        assert audio.sounds["tones/08"].seconds == pytest.approx(seconds)
    inside = find_audio(home, gather(home, [repaired]), page, embed=True).sources["tones/08"]
    heard, _ = soundfile.read(io.BytesIO(base64.b64decode(inside.partition(",")[2])), dtype="float32")
    np.testing.assert_array_equal(heard, cropped.samples())


def drawn(home: Home, faults: Faults, name: str = "exam", **more: Any) -> manifest.Manifest:
    made = draw.make(home, SplitRequest(name=name, datasets=("tones",), parts={"test": 1.0}, faults=faults, **more))
    manifest.save(home, made, force=True)
    return made


def ids(made: manifest.Manifest) -> list[str]:
    return [member.clip_id[-2:] for member in made.parts["test"]]


def test_a_split_takes_what_is_right_and_is_then_asked_so(corpus: Corpus) -> None:
    home = corpus.home
    before = {faults: drawn(home, faults) for faults in ("drop", "keep", "repair", "warn")}
    assert all(len(ids(made)) == 12 and not made.faults_sha256 for made in before.values())
    assert "faults_sha256" not in before["drop"].to_json()
    write(home)
    assert ids(drawn(home, "drop")) == ["00", "01", "02", "03", "04", "05", "08", "09", "11"]
    assert len(ids(drawn(home, "keep"))) == 12
    where = "artist = 'Zoe' OR list_contains(genre, 'high')"
    made = drawn(home, "repair", where=where)
    assert ids(made) == ["02", "05", "06", "08", "09", "11"]
    assert made.warnings == ("3 clips repaired: labels, names or crops are not as published.",)
    whole = drawn(home, "repair", stratify=("genre",))
    assert ids(whole) == ["00", "01", "02", "03", "04", "05", "06", "08", "09", "11"]
    assert "2 clips left out: known faults that cannot be repaired, or copies of clips that are here." in whole.warnings
    assert whole.is_repaired
    assert request_of(manifest.load(home, "exam")).faults == "repair"
    assert [f.kind for f in check.check(home, whole)] == []
    samples = {item.item_id: item.references for item in select(home, "exam", SampleRequest(task="genre")).items}
    assert samples["tones/06"] == ("high",)
    loaded = {clip.clip_id: clip for clip in load_parts(home, manifest.load(home, "exam"))["test"]}
    assert (loaded["tones/06"].labels["genre"], loaded["tones/09"].artist) == ("high", "Zoe")
    mudata.export("exam", "csv", home.root / "out", copy=True, progress=False)
    (heard,) = (home.root / "out").rglob("*08*.flac")
    assert soundfile.info(heard).frames == 1600
    kept = select(home, "exam", SampleRequest(task="genre", faults="keep"))
    assert {item.item_id: item.references for item in kept.items}["tones/06"] == ("low",)
    write(home, OWN.replace("sounds high", "sounds rather high"))
    assert [f.kind for f in check.check(home, whole)] == ["faults"]


def test_what_a_repaired_split_shares_goes_by_the_right_names(corpus: Corpus) -> None:
    write(corpus.home, OWN.replace("Zoe", "artist 0"))
    for faults, shared in (("keep", 0), ("repair", 1)):
        made = draw.make(corpus.home, SplitRequest(name="two", datasets=("tones",), parts={"a": 0.5, "b": 0.5}))
        members = {m.clip_id: m for own in made.parts.values() for m in own}
        parts = {"a": (members["tones/00"],), "b": (members["tones/09"],)}
        made = replace(made, parts=parts, query={**made.query, "faults": faults}).sealed()
        manifest.save(corpus.home, made, force=True)
        assert mudata.leaks("two").across["artist"] == shared
        assert typed("split", "leaks", "two").code == shared


@pytest.mark.filterwarnings("default::mudata.errors.UnreadableFileWarning")
def test_a_file_that_cannot_be_read_stops_what_would_mind_it(corpus: Corpus) -> None:
    write(corpus.home, OWN.replace("genre: high", "genre: loud"))
    with pytest.raises(CardError, match=r"tones.yaml:3: faults.0.repair.labels.genre: 'loud' is not in the vocabulary"):
        drawn(corpus.home, "drop")
    with pytest.raises(CardError, match=r"tones.yaml:3"):
        select(corpus.home, "half", SampleRequest(task="genre", faults="repair"))
    assert len(ids(drawn(corpus.home, "keep"))) == 12


def test_what_would_be_asked_says_so(corpus: Corpus) -> None:
    write(corpus.home)
    request = EvalRequest(model="majority", split="half", task="genre", faults="repair")
    plan = preview(corpus.home, request)
    assert (plan["faults"], plan["clips"], plan["clips_faulty"]) == ("repair", 4, 2)
    words = ("eval", "--model", "majority", "--split", "half", "--task", "genre", "--faults", "drop", "--json")
    done = typed(*words)
    assert done.code == 0, done.err
    run = json.loads(typed("sql", "SELECT settings FROM runs", "--json").out)[0]["settings"]
    told = json.loads(run) if isinstance(run, str) else run
    assert (told["faults"], "--faults drop" in told["sittings"][0]["command"]) == ("drop", True)
    assert typed("eval", "--suite", "heard", "--models", "majority", "--faults", "drop").code == 2
    assert database.damaged(corpus.home) == []
