"""Listening tests that cannot be made, or not of all that was asked for: what is told, what is recorded, what stays."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from answered import IDS, Notes, answered
from shell import spawned, typed
from stopper import stopping

from mudata.catalog.audio.encode import Flac
from mudata.catalog.audio.stored_clip import StoredClip
from mudata.catalog.splits import manifest
from mudata.errors import ArgumentError, AudioError, CardError, EvaluationError
from mudata.evaluation.listening import aspect_sheet, listening_test
from mudata.evaluation.listening.planned_test import plan_test
from mudata.evaluation.listening.stimuli import measured
from mudata.evaluation.listening.test_maker import make_test

if TYPE_CHECKING:
    from conftest import Asking
    from small_corpus import Corpus

    from mudata.evaluation.run import Run
    from mudata.home import Home

pytestmark = pytest.mark.slow


def test_numbers_that_cannot_be_balanced_are_refused_with_the_nearest_that_can(home: Home, asking: Asking) -> None:
    with pytest.raises(EvaluationError, match=r"4 raters of 3 trials give 12 ratings.*multiple of 16") as told:
        make_test(home, asking(per_rater=3))
    assert told.value.hint == "What can be balanced: --per-rater 4; --raters 16; --n 3."
    for way in ({"per_rater": 4}, {"per_rater": 3, "raters": 16}, {"per_rater": 3, "n": 3}):
        plan_test(home, asking(**way))
    for minutes in (0.5, float("nan"), float("inf")):
        with pytest.raises(ArgumentError, match="minutes is"):
            plan_test(home, asking(minutes=minutes))
    with pytest.raises(ArgumentError, match="The consent text in en is empty"):
        plan_test(home, asking(consent={"en": " \n"}))
    with pytest.raises(EvaluationError, match="7 clips are asked for, and 6 clips can be rated"):
        plan_test(home, asking(n=7))
    with pytest.raises(EvaluationError, match="balanced only if each rates 20 trials, which takes about") as told:
        plan_test(home, asking(n=5, raters=1, minutes=3))
    assert "--raters" in str(told.value.hint)
    assert listening_test.names(home) == []
    assert not listening_test.folder_of(home, "t").exists()


def test_what_a_model_failed_at_is_left_out_for_all_and_counted(corpus: Corpus, tmp_path: Path, asking: Asking) -> None:
    texts: dict[str, str | None] = {clip: f"<think>hm</think>gamma of {clip}" for clip in IDS}
    texts |= {IDS[0]: None, IDS[1]: "  ", IDS[2]: "long " * 2000}
    gamma = answered(corpus.home, tmp_path, texts, task="caption", model="gamma")
    (folder := tmp_path / "again").mkdir()
    twin = answered(corpus.home, folder, dict.fromkeys(IDS, "the same model"), task="caption", model="gamma")
    with pytest.raises(EvaluationError, match=r"3 clips can be rated .left out: 3 a system has no text"):
        plan_test(corpus.home, asking(runs=(gamma.id, twin.id)))
    made = make_test(corpus.home, asking(runs=(gamma.id, twin.id), n=3, raters=2, per_rater=6))
    names = [system.name for system in made.systems]
    assert names[:2] == [f"gamma [{gamma.id}]", f"gamma [{twin.id}]"]
    assert made.design["no_text"] == {names[0]: {"crash": 1, "empty": 1, "longer than 5000 characters": 1}}
    shown = {text for plan in made.raters for trial in plan.trials for text in trial.texts}
    assert {text for text in shown if text.startswith("gamma")} == {f"gamma of {clip}" for clip in IDS[3:]}
    assert not [text for text in shown if "think" in text or "long" in text]


def test_clips_that_cannot_be_heard_are_recorded_and_others_drawn(corpus: Corpus, asking: Asking) -> None:
    folder = corpus.home.clips("tones", "native")
    (folder / "06.flac").write_bytes(b"fLaC and then nothing")
    soundfile.write(folder / "07.flac", np.zeros(8000), 8000)
    notes = Notes()
    made = make_test(corpus.home, asking(), notes)
    heard = {stimulus.clip_id for stimulus in made.stimuli}
    assert heard == set(IDS[2:])  # nothing is left for practice
    unheard = made.design["not_decoded"]
    assert set(unheard) == {"tones/06", "tones/07"}
    assert unheard["tones/07"].startswith("silent: -inf LUFS")
    assert "Not taken: tones/06" in notes.text
    own = {plan.rater: {t.item_id for t in plan.trials if t.role == "rated"} for plan in made.raters}
    assert all(len(items) == 4 for items in own.values())
    soundfile.write(folder / "09.flac", np.ones(800) * 0.1, 8000)
    with pytest.raises(EvaluationError, match=r"4 clips are asked for, and 3 of 6 can be heard") as told:
        make_test(corpus.home, asking(name="u"))
    assert all(f"1 {why}" in told.value.what for why in ("too_short", "undecodable", "silent"))
    assert listening_test.names(corpus.home) == ["t"]
    assert not (corpus.home.listening / "u").exists()
    click = np.zeros(48_000)
    click[20_000] = 0.9
    soundfile.write(path := folder / "click.flac", click, 48_000)
    with pytest.raises(AudioError, match=r"its peaks are 4. dB above its loudness"):
        measured("click", StoredClip(path=path, rate=48_000), None)


def test_a_peak_makes_all_clips_quieter_and_equally_so(corpus: Corpus, asking: Asking) -> None:
    path = corpus.home.clips("tones", "native") / "06.flac"
    wave = 0.02 * np.sin(np.arange(8000) * 0.3)
    wave[3000:3010] += 0.9
    soundfile.write(path, wave, 8000)
    made = make_test(corpus.home, asking(n=6, raters=6, practice=0))
    loudness = made.design["loudness_lufs"]
    assert -36 < loudness < -24
    folder = listening_test.folder_of(corpus.home, "t") / "stimuli"
    peaks = {s.clip_id: np.abs(soundfile.read(folder / s.name)[0]).max() for s in made.stimuli}
    assert max(peaks, key=peaks.__getitem__) == "tones/06"
    assert peaks["tones/06"] == pytest.approx(10 ** (-1 / 20), abs=0.005)


def test_runs_that_cannot_be_rated_together_are_refused(
    corpus: Corpus, tmp_path: Path, asking: Asking, runs: list[Run]
) -> None:
    labels = answered(corpus.home, tmp_path, dict.fromkeys(IDS, "low"), model="genres")
    with pytest.raises(EvaluationError, match="cannot be rated together: task genre and caption"):
        plan_test(corpus.home, asking(runs=(runs[0].id, labels.id)))
    with pytest.raises(EvaluationError, match="is named twice"):
        plan_test(corpus.home, asking(runs=(runs[0].id, runs[0].id)))
    with pytest.raises(EvaluationError, match="asked about the part 'test', not 'train'"):
        plan_test(corpus.home, asking(part="train"))
    (tmp_path / "half.json").write_bytes((corpus.home.splits / "half.json").read_bytes())
    corpus.split("other", {"test": {IDS[0]: "0" * 64}})
    with pytest.raises(EvaluationError, match="asked about the split 'half', not 'other'"):
        plan_test(corpus.home, asking(split="other"))
    planned = plan_test(corpus.home, asking(runs=(labels.id,), n=3))
    assert planned.rated.reference == "the genre labels in words"
    by_item = planned.rated.texts
    assert by_item["tones/07"]["reference"] == "in-between"
    assert all(texts["reference"] != texts["wrong clip"] for texts in by_item.values())


def test_of_two_clips_the_wrong_words_are_true_of_neither(corpus: Corpus, tmp_path: Path, asking: Asking) -> None:
    labels = answered(corpus.home, tmp_path, dict.fromkeys(IDS, "low"), model="genres")
    made = make_test(corpus.home, asking(runs=(labels.id,), kind="pairwise", n=3, raters=3, per_rater=3, practice=0))
    clips = {stimulus.name: stimulus.clip_id for stimulus in made.stimuli}
    words = {clip: ("low", "in-between", "high")[int(clip[-2:]) % 3] for clip in IDS}
    rated = [trial for plan in made.raters for trial in plan.trials if trial.role == "rated"]
    for trial in rated:
        played = {words[clips[name]] for name in trial.stimuli}
        assert len(played) == 2
        assert trial.systems != ("reference",) or trial.texts == (words[trial.item_id],)
        assert trial.systems != ("wrong clip",) or played.isdisjoint(trial.texts)
    two = [clip for clip in IDS if words[clip] != "high"]
    corpus.split(
        "two",
        {
            "test": {
                member.clip_id: member.pcm_sha256
                for member in manifest.load(corpus.home, "half").parts["test"]
                if member.clip_id in two
            }
        },
    )
    (folder := tmp_path / "two").mkdir()
    labels = answered(corpus.home, folder, dict.fromkeys(two, "low"), model="genres", split="two")
    asked = {"runs": (labels.id,), "split": "two", "kind": "pairwise", "raters": 4, "practice": 0}
    with pytest.raises(EvaluationError, match="The words of every other clip are true of") as told:
        make_test(corpus.home, asking(name="u", per_rater=3, **asked))
    assert told.value.hint == "Leave the anchor out: --anchors reference."
    make_test(corpus.home, asking(name="u", per_rater=4, anchors=("reference",), **asked))


def test_a_full_disk_or_a_kill_leaves_nothing_and_the_same_command_makes_the_test(
    corpus: Corpus, asking: Asking, runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(Flac, "write", full)
        with pytest.raises(OSError, match="No space left"):
            make_test(corpus.home, asking())
    assert not listening_test.folder_of(corpus.home, "t").exists()
    command = ["listen", "new", "t", "--runs", ",".join(run.id for run in runs), "--split", "half", "--n", 4]
    command += ["--raters", 4, "--quiet"]
    for at, moment in enumerate(("open listening/t/.links.json.part 1", "os.rename listening/t/test.json 1")):
        (folder := tmp_path / f"stopper-{at}").mkdir()
        done = spawned(*command, env=stopping(folder, corpus.home.root, signal.SIGKILL, f"mudata {moment}"))
        assert done.code == -9, done.err
        assert len(list((corpus.home.listening / "t" / "stimuli").iterdir())) == 6
        assert listening_test.names(corpus.home) == []
        assert typed("listen", "show", "t").code == 2
    assert typed(*command).code == 0
    test = listening_test.read(corpus.home, "t")
    folder = listening_test.folder_of(corpus.home, "t")
    assert {path.name for path in folder.iterdir()} == {"test.json", "links.json", "stimuli"}
    assert {path.name for path in (folder / "stimuli").iterdir()} == {stimulus.name for stimulus in test.stimuli}
    (folder / "test.json").unlink()
    (folder / "ratings.sqlite").write_bytes(b"")
    with pytest.raises(EvaluationError, match=r"has ratings, and no test\.json"):
        make_test(corpus.home, asking())
    shutil.rmtree(folder)


def test_aspects_of_ones_own_are_complained_of_by_file_and_line(tmp_path: Path) -> None:
    good = "mos:\n  - name: groove\n    title: {en: Groove}\n    question: {en: Does it say so?}\n"
    good += "    ends: {en: [no, yes]}\n"
    (file := tmp_path / "mine.yaml").write_text(good)
    (aspect,) = aspect_sheet.read_aspects("mos", file)
    assert (aspect.name, aspect.ends["en"]) == ("groove", ("no", "yes"))
    with pytest.raises(CardError, match=r"mine\.yaml:1: there are no aspects of texts"):
        aspect_sheet.read_aspects("texts", file)
    for old, new, told in (
        ("question:", "query:", r":4: mos\.0\.query: there is no such key"),
        ("[no, yes]", "[no]", r":5: mos\.0\.ends\.en"),
        ("ends: {en", "ends: {de", r":2: mos\.0: title has no words in de"),
        ("name: groove", "name: Groove it", r":2: mos\.0\.name"),
        ("mos:", "pairwise:", r"pairwise has one aspect, named preference"),
    ):
        file.write_text(good.replace(old, new))
        with pytest.raises(CardError, match=told):
            aspect_sheet.read_aspects("mos", file)


def test_every_aspect_has_words_in_all_languages_that_pages_have() -> None:
    for kind in ("mos", "pairwise", "texts"):
        for aspect in aspect_sheet.read_aspects(kind):  # type: ignore[arg-type]
            assert set(aspect.title) == set(aspect.question) == set(aspect.ends) == {"en", "zh", "es", "de"}


def test_the_command_line_tells_the_design_and_keeps_links_to_those_who_ask(corpus: Corpus, runs: list[Run]) -> None:
    named = ",".join(run.id for run in runs)
    base = ("listen", "new", "t", "--runs", named, "--split", "half", "--n", 4, "--raters", 4)
    dry = typed(*base, "--dry-run")
    assert "16 ratings: 4 raters x 4 trials; 4 clips, each rated 4 times, with each of the systems 1 time;" in dry.out
    assert listening_test.names(corpus.home) == []
    assert "needs" not in dry.err
    made = typed(*base, "--json")
    assert (made.code, '"ratings": 16' in made.out) == (0, True)
    shown = typed("listen", "show", "t")
    assert "Does not count: who fails more than 1 check, or rates less than 50 % of their trials." in shown.out
    assert "by which raters may know who wrote: trials alpha (4), beta (4)." in shown.out
    assert "/r/" not in shown.out
    assert typed("listen", "show", "t", "--links").out.count("/r/") == 4
    assert typed(*base).code == 2
    file = Path(corpus.home.root.parent / "ratings.csv")
    file.write_text("rater,item,system,aspect,rating\nann,tones/06,alpha,fit,3\nbob,tones/06,beta,fit,4\n")
    assert typed("listen", "import", "theirs", file, "--new").code == 0
    assert "Its ratings were made elsewhere" in typed("listen", "show", "theirs").out
    (corpus.home.listening / "theirs" / "test.json").write_text("{")
    listed = typed("listen", "list")
    assert (listed.code, "theirs" in listed.out, "theirs" in listed.err) == (0, False, True)
    assert "mos " in listed.out
    for wrong in (("--anchors", "echo"), ("--consent", "consent.txt"), ("--checks", "1"), ("--n", "1")):
        assert typed("listen", "new", "u", *base[3:], *wrong).code == 2
