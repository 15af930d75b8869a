"""Listening tests made of real runs: what raters hear and see, and what becomes of clips and texts that will not do."""

from __future__ import annotations

import stat
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyloudnorm
import pytest
import soundfile

from mudata.errors import EvaluationError
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.test_maker import make_test

if TYPE_CHECKING:
    from conftest import Asking

    from mudata.evaluation.run import Run
    from mudata.home import Home


@pytest.mark.slow
def test_a_mos_test_is_balanced_sealed_and_says_nothing(home: Home, asking: Asking, runs: list[Run]) -> None:
    made = make_test(home, asking())
    read = listening_test.read(home, "t")
    assert read.sha256 == made.sha256
    assert [system.name for system in read.systems] == ["alpha", "beta", "reference", "wrong clip"]
    rated = [trial for plan in read.raters for trial in plan.trials if trial.role == "rated"]
    assert set(Counter((t.item_id, t.systems) for t in rated).values()) == {1}
    assert len(Counter((t.item_id, t.systems) for t in rated)) == 16
    by_name = {stimulus.name: stimulus for stimulus in read.stimuli}
    for trial in rated:
        (text,), (system,) = trial.texts, trial.systems
        number = int(trial.item_id[-2:])
        assert by_name[trial.stimuli[0]].clip_id == trial.item_id
        if system in ("alpha", "beta"):
            assert text == f"{system} says {number:02}: a tone, <b>plain</b>."
        else:
            assert text.endswith(f"number {number}.") == (system == "reference")
            assert text.startswith("A ")
    assert read.design["named"] == {"alpha": 4, "beta": 4}, "they say who they are, and whoever makes a test is told"
    folder = listening_test.folder_of(home, "t")
    files = sorted(path.name for path in (folder / "stimuli").iterdir())
    assert files == sorted(by_name)
    loud = []
    for name in files:
        samples, rate = soundfile.read(folder / "stimuli" / name)
        assert (folder / "stimuli" / name).read_bytes().count(b"tones") == 0
        loud.append(pyloudnorm.Meter(rate).integrated_loudness(samples))
        assert np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-3
    assert np.ptp(loud) < 0.1
    assert loud[0] == pytest.approx(read.design["loudness_lufs"], abs=0.1)
    tokens = rater_links.read(folder, read)
    assert list(tokens) == ["r01", "r02", "r03", "r04"]
    assert len(set(tokens.values())) == 4
    assert stat.S_IMODE((folder / "links.json").stat().st_mode) == 0o600
    ids = [trial.id for plan in read.raters for trial in plan.trials]
    assert len(set(ids)) == len(ids)
    practice = {trial.item_id for plan in read.raters for trial in plan.trials if trial.role == "practice"}
    assert practice.isdisjoint(trial.item_id for trial in rated)
    checks = [trial for plan in read.raters for trial in plan.trials if trial.role == "check"]
    assert len(checks) == 12
    assert all(set(t.expected) == {a.name for a in read.aspects} and not t.texts for t in checks)

    again = make_test(home, asking(name="u"))

    def design(test: listening_test.ListeningTest) -> list[object]:
        return [(t.role, t.item_id, t.texts, dict(t.expected)) for plan in test.raters for t in plan.trials]

    assert design(again) == design(read)
    assert {s.name for s in again.stimuli}.isdisjoint(by_name)
    assert design(make_test(home, asking(name="v", seed=1))) != design(read)
    with pytest.raises(EvaluationError, match="There is a listening test 't' already"):
        make_test(home, asking(raters=8))
    assert listening_test.read(home, "t").sha256 == made.sha256


@pytest.mark.slow
def test_two_clips_or_two_texts(home: Home, asking: Asking) -> None:
    pairs = make_test(home, asking(name="p", kind="pairwise"))
    clips = {stimulus.name: stimulus.clip_id for stimulus in pairs.stimuli}
    rated = [trial for plan in pairs.raters for trial in plan.trials if trial.role == "rated"]
    for trial in rated:
        assert trial.described is not None
        own, other = clips[trial.stimuli[trial.described]], clips[trial.stimuli[1 - trial.described]]
        assert own == trial.item_id
        assert other != own
        if trial.systems == ("wrong clip",):
            assert not trial.texts[0].endswith((f"number {int(own[-2:])}.", f"number {int(other[-2:])}."))
    assert Counter(trial.described for trial in rated) == {0: 8, 1: 8}
    texts = make_test(home, asking(name="x", kind="texts", per_rater=3))
    rated = [trial for plan in texts.raters for trial in plan.trials if trial.role == "rated"]
    assert set(Counter(frozenset(trial.systems) for trial in rated).values()) == {2}
    assert all(len(trial.texts) == 2 and trial.texts[0] != trial.texts[1] for trial in rated)
    checks = [trial for plan in texts.raters for trial in plan.trials if trial.role == "check"]
    assert {value for trial in checks for value in trial.expected.values()} <= set("ABCDE")
