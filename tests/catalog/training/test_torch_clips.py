"""A part as a dataset of torch: the same sound whoever loads it, labels as numbers, clips that cannot be read."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from small_corpus import Corpus

import mudata
from mudata.errors import ArgumentError, MissingExtra, SplitError, UnknownName, UnreadableClip

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture
def empty(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


@pytest.fixture
def corpus(empty: Corpus) -> Corpus:
    """Twelve tones of 8 kHz, 0.5 to 0.8 s long, halved: 00 to 05 train, 06 to 11 test."""
    empty.halves()
    return empty


def loaded(data: Any, epochs: tuple[int, ...] = (0,), **options: Any) -> list[Any]:
    """All batches of some epochs; all items, where there is no batch size."""
    loader = torch.utils.data.DataLoader(data, **{"batch_size": None} | options)
    found = []
    for epoch in epochs:
        data.set_epoch(epoch)
        found += list(loader)
    return found


def waveforms(items: list[Any]) -> Any:
    return torch.stack([item["waveform"] for item in items])


def test_an_item_has_sound_labels_as_numbers_and_its_clip(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    data = part.torch(rate=4000, seconds=0.25)
    item = data[1]
    assert (item["waveform"].shape, item["waveform"].dtype, item["length"]) == ((1, 1000), torch.float32, 1000)
    assert item["clip_id"] == "tones/01"
    assert data.classes == part.classes
    assert (item["labels"]["genre"], item["labels"]["mood"].tolist()) == (2, [0, 1, 0])
    assert len(data) == 6
    assert repr(data) == "6 clips, random 0.25 s at 4,000 Hz, seed 0"
    assert data[-1]["clip_id"] == data[torch.tensor(5)]["clip_id"] == "tones/05"
    with pytest.raises(IndexError):
        data[6]


def test_batches_are_what_a_loss_takes(corpus: Corpus) -> None:
    (batch,) = loaded(mudata.load("half", part="train").torch(seconds=0.25), batch_size=6)
    assert batch["waveform"].shape == (6, 1, 2000)
    assert batch["labels"]["genre"].tolist() == [1, 2, 0] * 2
    torch.nn.functional.cross_entropy(torch.zeros(6, 3), batch["labels"]["genre"])
    torch.nn.functional.binary_cross_entropy_with_logits(torch.zeros(6, 3), batch["labels"]["mood"])
    assert batch["length"].tolist() == [2000] * 6


def test_crops_lie_where_they_are_said_to(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    whole = torch.from_numpy(part[3].waveform)  # 0.8 s
    first, centre = (part.torch(seconds=0.5, crop=crop)[3]["waveform"] for crop in ("first", "centre"))
    assert torch.equal(first, whole[:, :4000])
    assert torch.equal(centre, whole[:, 1200:5200])
    found = part.torch(seconds=0.5)[3]["waveform"]
    begins = [n for n in range(2401) if torch.equal(whole[:, n : n + 4000], found)]
    assert begins
    assert begins != [0]


def test_random_crops_are_spread_over_the_clip(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    whole = part[3].waveform[0]
    data, begins = part.torch(seconds=0.5), []
    for epoch in range(40):
        data.set_epoch(epoch)
        found = data[3]["waveform"].numpy()[0]
        begins.append(int(np.argmin([np.abs(whole[n : n + 4000] - found).max() for n in range(2401)])))
    assert min(begins) < 400
    assert max(begins) > 2000


def test_a_short_clip_has_zeros_behind_its_end_and_says_so(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    item = part.torch(seconds=1.0)[0]  # of 0.5 s
    assert (item["waveform"].shape, item["length"]) == ((1, 8000), 4000)
    assert torch.equal(item["waveform"][:, :4000], torch.from_numpy(part[0].waveform))
    assert not item["waveform"][:, 4000:].any()


@pytest.mark.parametrize("rate", [8000, 11_025, 7_999])
@pytest.mark.parametrize("seconds", [0.25, 0.3333])
def test_no_rounding_of_rates_takes_a_sample(corpus: Corpus, rate: int, seconds: float) -> None:
    for item in loaded(mudata.load("half", part="train").torch(rate=rate, seconds=seconds)):
        assert item["length"] == item["waveform"].shape[1] == round(rate * seconds)


def test_whole_clips_are_made_equally_long_by_collate(corpus: Corpus) -> None:
    data = mudata.load("half", part="train").torch()
    (batch,) = loaded(data, batch_size=6, collate_fn=data.collate)
    assert batch["waveform"].shape == (6, 1, 6400)
    assert batch["length"].tolist() == [4000, 4800, 5600, 6400, 4000, 4800]
    assert not batch["waveform"][0, :, 4000:].any()
    assert repr(data) == "6 clips, whole clips at 8,000 Hz, seed 0"


def test_seed_epoch_and_clip_decide_the_crop(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    first = waveforms(loaded(part.torch(seconds=0.25)))
    assert torch.equal(first, waveforms(loaded(part.torch(seconds=0.25))))
    assert not torch.equal(first, waveforms(loaded(part.torch(seconds=0.25, seed=1))))
    assert not torch.equal(first, waveforms(loaded(part.torch(seconds=0.25), epochs=(1,))))
    assert torch.equal(first, waveforms(loaded(pickle.loads(pickle.dumps(part.torch(seconds=0.25))))))


@pytest.mark.slow
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_load_what_the_process_itself_would(corpus: Corpus, start: str) -> None:
    data = mudata.load("half", part="train").torch(seconds=0.25)
    alone = waveforms(loaded(data, epochs=(0, 1, 2)))
    for workers in (1, 2):
        for persistent in (False, True):
            options = {"num_workers": workers, "persistent_workers": persistent, "multiprocessing_context": start}
            assert torch.equal(waveforms(loaded(data, epochs=(0, 1, 2), **options)), alone)


def test_a_clip_that_cannot_be_read_is_told_by_its_name(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    part[2].path.unlink()
    data = part.torch(seconds=0.25)
    with pytest.raises(UnreadableClip, match=r"tones/02 cannot be read: no such file(?s:.*)on_error='skip'"):
        data[2]
    assert list(data.failures) == ["tones/02"]
    assert data.failures["tones/02"].startswith("vanished: tones/02 cannot be read: no such file")
    with pytest.raises(UnreadableClip, match="tones/02 cannot be read"):
        loaded(data, batch_size=2, num_workers=1)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:tones/0. cannot be read.*passed over")
def test_clips_that_cannot_be_read_are_skipped_and_recorded(corpus: Corpus, workers: int) -> None:
    part = mudata.load("half", part="train")
    part[2].path.unlink()
    part[3].path.write_bytes(b"fLaC and then nothing")
    data = part.torch(seconds=0.25, on_error="skip")
    batches = loaded(data, batch_size=2, num_workers=workers, collate_fn=data.collate)
    assert [batch["clip_id"] for batch in batches] == [["tones/00", "tones/01"], [], ["tones/04", "tones/05"]]
    assert [reason.partition(":")[0] for reason in data.failures.values()] == ["vanished", "undecodable"]
    empty = batches[1]
    assert (len(empty["waveform"]), len(empty["length"]), empty["labels"]["mood"].shape) == (0, 0, (0, 3))
    assert empty["labels"]["genre"].dtype == torch.int64


def test_a_skipped_clip_is_warned_of(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    part[2].path.unlink()
    data = part.torch(on_error="skip")
    with pytest.warns(UserWarning, match=r"tones/02 cannot be read: no such file.*; it is passed over"):
        assert data[2] is None


def test_clips_without_the_label_to_be_learned_are_left_out(empty: Corpus) -> None:
    empty.halves(unlabelled=("02",))
    part = mudata.load("half", part="train")
    data = part.torch(labels="genre")
    assert (len(data), data.left_out) == (5, {"tones/02": "no label of genre"})
    assert repr(data) == "5 clips, whole clips at 8,000 Hz, seed 0; 1 left out"
    assert list(data[0]["labels"]) == ["genre"]
    assert len(part.torch(labels=["genre", "mood"])) == 5
    item = part.torch()[2]
    assert item["labels"]["genre"] == -100
    assert item["labels"]["mood"].isnan().all()
    with pytest.raises(UnknownName, match=r"No namespace of labels in this split named 'gnre'\. Did you mean 'genre'"):
        part.torch(labels="gnre")


def test_notes_are_left_out(empty: Corpus) -> None:
    tones, notes = empty.publish(), empty.publish("notes", kind="midi")
    ids = {"tones/00": tones["tones/00"], "notes/00": notes["notes/00"]}
    empty.split("both", {"train": ids, "test": {"notes/01": notes["notes/01"]}})
    parts = mudata.load("both")
    data = parts["train"].torch()
    assert (len(data), data.left_out) == (1, {"notes/00": "notes, which have no samples"})
    with pytest.raises(SplitError, match="No clip of part test can be trained on: notes, which have no samples"):
        parts["test"].torch()


def test_clips_of_several_rates_want_one_to_be_named(empty: Corpus) -> None:
    low, high = empty.publish(), empty.publish("others", rate=16_000)
    empty.split("both", {"train": {"tones/00": low["tones/00"], "others/00": high["others/00"]}})
    part = mudata.load("both", part="train")
    with pytest.raises(ArgumentError, match=r"The clips have 2 rates: 8000, 16000 Hz\.\nGive a rate"):
        part.torch()
    assert [item["waveform"].shape for item in loaded(part.torch(rate=8000, seconds=0.25))] == [(1, 2000)] * 2


def test_as_many_channels_as_are_asked_for(corpus: Corpus) -> None:
    for part in (mudata.load("half", part="train", channels=2), mudata.load("half", part="train")):
        (batch,) = loaded(part.torch(seconds=0.25, crop="first"), batch_size=6)
        for waveform, clip in zip(batch["waveform"], part, strict=True):
            samples, _ = soundfile.read(clip.path, frames=2000, dtype="float32")
            for channel in waveform:
                np.testing.assert_array_equal(channel, samples)
    assert mudata.load("half", part="train", channels=2).torch()[0]["waveform"].shape == (2, 4000)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": 0}, "rate is 0"),
        ({"seconds": -1.0}, r"seconds is -1\.0"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": "10"}, "seconds is '10'"),
        ({"crop": "center"}, r"No choice for crop named 'center'\. Did you mean 'centre'"),
        ({"on_error": "ignore"}, "No choice for on_error named 'ignore'"),
    ],
)
def test_what_cannot_be_meant_is_refused(corpus: Corpus, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises((ArgumentError, UnknownName), match=said):
        mudata.load("half", part="train").torch(**wrong)


def test_without_torch_it_is_told_what_to_install(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mudata.catalog.training.torch_clips", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mudata-music\[training\]'"):
        mudata.load("half", part="train").torch()
