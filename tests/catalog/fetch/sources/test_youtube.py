"""YouTube mirrors: yt-dlp itself, with its generic extractor, against a video site on 127.0.0.1."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pytest
import soundfile
import yt_dlp
from fake_host import Answer, Asked, Host

from mudata.catalog.cards.mirrors import YoutubeMirror
from mudata.catalog.fetch.sources import youtube
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import CardError, MissingExtra, Offline
from mudata.narration import SILENT

RATE = 8000
MIRROR = YoutubeMirror(kind="youtube", path="audio/{ytid}.wav")


def track(seconds: float, kind: str = "wav") -> bytes:
    """Sample n of the track is n / 2**15 (mod 1): every segment tells where it was cut."""
    counted = (np.arange(round(seconds * RATE)) % 30_000).astype(np.int16)
    buffer = io.BytesIO()
    if kind == "wav":
        soundfile.write(buffer, counted, RATE, format="WAV", subtype="PCM_16")
        return buffer.getvalue()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("alac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(counted[None], format="s16p", layout="mono")
        frame.rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return buffer.getvalue()


class Site(Host):
    """Serves every video's sound track at its watch page; those that are not in `videos` are gone."""

    def __init__(self) -> None:
        super().__init__()
        self.videos: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Answer:
        data = self.videos.get(asked.query["v"][0])
        if data is None:
            return Answer(404)
        kind = "audio/wav" if data[:4] == b"RIFF" else "audio/mp4"
        return Answer(200, data, {"Content-Type": kind, "ETag": '"it"', "Accept-Ranges": "bytes"})

    def asked_for(self) -> set[str]:
        return {asked.query["v"][0] for asked in self.asked}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with Site() as host:
        monkeypatch.setattr(youtube, "WATCH_URL", host.url + "/watch?v={video}")
        monkeypatch.setattr(youtube, "PAUSE_S", 0)
        yield host


def clips(*videos: str, start: float = 2, end: float = 5) -> pa.Table:
    rows = [
        {"id": v, "ytid": v, "start_s": float(start), "end_s": float(end), "path": f"audio/{v}.wav"} for v in videos
    ]
    return pa.Table.from_pylist(rows)


def get(tmp_path: Path, of: pa.Table | None, mirror: YoutubeMirror = MIRROR, **other: Any) -> FetchResult:
    usual = {
        "dataset": "songs", "files": tmp_path / "files", "downloads": tmp_path / "downloads", "subset": None,
        "wanted": lambda path: True, "limit": None, "clips": of, "offline": False, "jobs": 2,
    }  # fmt: skip
    return youtube.fetch(mirror, Target(**usual | other), SILENT)


def ledger(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "youtube.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("kind", "video"), [("wav", "-2Vn2jQ6_hA"), ("m4a", "_0-0aB7c8dE")])
@pytest.mark.slow
def test_the_segment_is_cut_to_the_sample_and_the_track_is_not_kept(
    kind: str, video: str, site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site.videos[video] = track(8, kind)
    got = get(tmp_path, clips(video, start=1.5, end=4.25))
    assert got.files == (tmp_path / f"files/audio/{video}.wav",)
    samples, rate = soundfile.read(got.files[0], dtype="int16")
    assert rate == RATE
    assert samples.tolist() == [n % 30_000 for n in range(round(1.5 * RATE), round(4.25 * RATE))]
    assert soundfile.info(str(got.files[0])).subtype == "PCM_16"
    assert got.bytes == len(site.videos[video])
    assert not [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]
    assert capfd.readouterr() == ("", "")
    assert [(line["id"], line["status"]) for line in ledger(tmp_path)] == [(video, "ok")]


@pytest.mark.slow
def test_without_an_end_the_whole_video_is_the_clip(site: Site, tmp_path: Path) -> None:
    site.videos |= {"long": track(8), "cut": track(8, "m4a")[:9000], "brief": track(1, "m4a")}
    whole = YoutubeMirror(kind="youtube", end=None, path="audio/{ytid}.wav")
    of = clips("long", "cut", "brief", start=1.5).drop_columns("end_s")
    got = get(tmp_path, of, whole)
    assert [path.name for path in got.files] == ["long.wav"]
    samples, _ = soundfile.read(got.files[0], dtype="int16")
    assert samples.tolist() == [n % 30_000 for n in range(round(1.5 * RATE), 8 * RATE)]
    assert got.failures["cut"].startswith("broken: ")
    assert got.failures["brief"] == "short: the video ends before second 1.5"
    asked = len(site.asked)
    again = get(tmp_path, clips("long", start=1.5).drop_columns("end_s"), whole)
    assert (again.files, len(site.asked)) == (got.files, asked)


@pytest.mark.slow
def test_several_clips_of_one_video_want_it_once(site: Site, tmp_path: Path) -> None:
    site.videos["v"] = track(8)
    both = pa.concat_tables([clips("v"), clips("v", start=5, end=8)])
    both = both.set_column(0, "id", pa.array(["v1", "v2"]))
    got = get(tmp_path, both, YoutubeMirror(kind="youtube", path="{id}.wav"))
    assert [path.name for path in got.files] == ["v1.wav", "v2.wav"]
    assert got.bytes == len(site.videos["v"])


@pytest.mark.slow
def test_what_cannot_be_had_is_a_failure_of_that_clip_alone(site: Site, tmp_path: Path) -> None:
    site.videos |= {"good": track(8), "brief": track(4), "broken": b"RIFF" + bytes(2000)}
    site.trouble["/watch"] = []
    got = get(tmp_path, clips("good", "gone", "brief", "broken"))
    assert [path.name for path in got.files] == ["good.wav"]
    assert got.failures["brief"] == "short: the video ends 1.00 s before the segment does"
    assert got.failures["gone"].startswith("removed: ")
    assert "404" in got.failures["gone"]
    assert got.failures["broken"].startswith("broken: ")
    assert not (tmp_path / "files/audio/brief.wav").exists()
    assert got.notes == (
        f"2 segments are gone for good; to ask for them once more, delete {tmp_path / 'youtube.jsonl'}.",
    )


def moved(info: dict[str, Any], to: str) -> None:
    track = Path(info["requested_downloads"][0]["filepath"])
    (target := track.parent / to).parent.mkdir(exist_ok=True)
    track.replace(target)


def beside_the_rest_of_a_try(info: dict[str, Any]) -> None:
    folder = Path(info["requested_downloads"][0]["filepath"]).parent
    moved(info, "a.wav")
    for rest in ("track.wav.part", "track.wav.ytdl", "track.wav.part-Frag3", "track.temp.wav"):
        (folder / rest).write_bytes(b"unfinished")


LEFT: dict[str, Callable[[dict[str, Any]], object]] = {
    "under another name": lambda info: moved(info, "track.f140.m4a"),
    "in a folder": lambda info: moved(info, "done/track.wav"),
    "and says nothing of it": lambda info: info.pop("requested_downloads"),
    "beside the rest of a try": beside_the_rest_of_a_try,
}


@pytest.mark.slow
@pytest.mark.parametrize("how", LEFT)
def test_a_track_is_found_wherever_yt_dlp_leaves_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    site.videos = {"v": track(8)}
    really = yt_dlp.YoutubeDL.extract_info

    def leave(downloader: Any, url: str) -> Any:
        info = really(downloader, url)
        LEFT[how](info)
        return info

    monkeypatch.setattr(yt_dlp.YoutubeDL, "extract_info", leave)
    got = get(tmp_path, clips("v"))
    assert (got.failures, [path.name for path in got.files]) == ({}, ["v.wav"])
    assert not [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_a_track_that_yt_dlp_did_not_leave_is_a_failure_that_may_pass(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.videos = {"v": track(8), "w": track(8)}
    really = yt_dlp.YoutubeDL.extract_info

    def lose(downloader: Any, url: str) -> Any:
        info = really(downloader, url)
        if url.endswith("v"):
            Path(info["requested_downloads"][0]["filepath"]).unlink()
        return info

    with monkeypatch.context() as losing:
        losing.setattr(yt_dlp.YoutubeDL, "extract_info", lose)
        got = get(tmp_path, clips("v", "w"))
    assert got.failures == {"v": "network: yt-dlp ended well and left no sound track"}
    assert not get(tmp_path, clips("v", "w")).failures


@pytest.mark.slow
def test_a_later_run_tries_again_only_what_may_have_passed(site: Site, tmp_path: Path) -> None:
    site.videos |= {"good": track(8), "shy": track(8), "brief": track(4)}
    asked = clips("good", "gone", "brief", "shy")
    site.trouble["/watch"] = []
    refused = {"shy": Answer(403)}
    usual = site.answer
    site.answer = lambda asked: refused.get(asked.query["v"][0]) or usual(asked)  # type: ignore[method-assign]
    assert get(tmp_path, asked).failures.keys() == {"gone", "brief", "shy"}
    assert {line["id"]: line["status"] for line in ledger(tmp_path)} == {
        "good": "ok", "gone": "removed", "brief": "short", "shy": "refused",
    }  # fmt: skip
    refused.clear()
    site.asked.clear()
    again = get(tmp_path, asked)
    assert site.asked_for() == {"shy"}
    assert again.failures.keys() == {"gone", "brief"}
    assert len(again.files) == 2


def test_a_file_of_the_wrong_length_is_cut_anew_and_a_right_one_is_kept(
    site: Site, tmp_path: Path, tone: Callable[..., Path]
) -> None:
    site.videos |= {"long": track(8), "right": track(8)}
    long = tone(tmp_path / "files/audio/long.wav", seconds=6, rate=RATE)
    right = tone(tmp_path / "files/audio/right.wav", seconds=3.05, rate=RATE)
    before = right.read_bytes()
    assert not get(tmp_path, clips("long", "right")).failures
    assert soundfile.info(str(long)).frames == 3 * RATE
    assert right.read_bytes() == before
    assert site.asked_for() == {"long"}


def test_a_cut_connection_and_a_busy_site_are_tried_again(site: Site, tmp_path: Path) -> None:
    site.videos["v"] = track(60)
    etag = {"Content-Type": "audio/wav", "ETag": '"it"', "Accept-Ranges": "bytes"}
    site.trouble["/watch"] = [None, Answer(200, site.videos["v"], etag, cut=500_000)]
    got = get(tmp_path, clips("v", start=50, end=53))
    assert not got.failures
    assert soundfile.read(got.files[0], dtype="int16")[0][0] == 50 * RATE % 30_000


@pytest.mark.slow
def test_when_the_site_refuses_again_and_again_the_rest_is_left_for_later(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(youtube, "MOST_REFUSALS", 3)
    site.answer = lambda asked: Answer(403)  # type: ignore[method-assign]
    got = get(tmp_path, clips(*(f"v{n:02d}" for n in range(20))))
    tried = [line["id"] for line in ledger(tmp_path)]
    assert 3 <= len(tried) <= 6
    assert len(got.failures) == 20
    assert sum(reason.startswith("refused: not tried") for reason in got.failures.values()) == 20 - len(tried)
    assert f"{20 - len(tried)} segments were not tried, because YouTube refuses" in got.notes[-1]


def test_without_the_network_what_is_there_serves(site: Site, tmp_path: Path) -> None:
    site.videos["v"] = track(8)
    with pytest.raises(Offline, match="segments of YouTube videos are not here"):
        get(tmp_path, clips("v"), offline=True)
    get(tmp_path, clips("v"))
    site.asked.clear()
    got = get(tmp_path, clips("v", "w"), offline=True)
    assert got.failures == {"w": "network: not tried: it is forbidden"}
    assert not site.asked


def test_a_ledger_that_was_cut_short_is_read_as_far_as_it_goes(site: Site, tmp_path: Path) -> None:
    site.videos["v"] = track(8)
    lines = [
        {"id": "w", "status": "private", "reason": "Private video"},
        {"id": "v", "status": "removed", "reason": ""},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "youtube.jsonl").write_text(text[:-10])
    got = get(tmp_path, clips("v", "w"))
    assert got.failures == {"w": "private: Private video"}


@pytest.mark.parametrize(
    ("of", "says"),
    [
        (None, "has no clips to fetch"),
        (clips("v").drop_columns("end_s"), "wants columns that clips lack: end_s"),
        (clips("v").set_column(1, "ytid", pa.array([None], pa.string())), "clip 'v' has no ytid"),
    ],
)
def test_clips_without_times_are_the_fault_of_the_card(of: pa.Table | None, says: str, tmp_path: Path) -> None:
    with pytest.raises(CardError, match=says):
        get(tmp_path, of)


def test_clips_of_another_set_are_nothing_to_youtube(site: Site, tmp_path: Path) -> None:
    columns = {"ytid": pa.string(), "start_s": pa.float64(), "end_s": pa.float64()}
    others = clips("v")
    for column, type_ in columns.items():
        others = others.set_column(others.schema.get_field_index(column), column, pa.nulls(1, type_))
    assert get(tmp_path, others) == FetchResult((), 0, {}, ())
    assert not site.asked


@pytest.mark.parametrize(("module", "extra"), [("yt_dlp", "youtube"), ("av", "formats")])
def test_what_is_not_installed_is_said_before_anything_is_fetched(
    module: str, extra: str, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra, match=rf"pip install 'mudata-music\[{extra}\]'"):
        get(tmp_path, clips("v"))
    assert not site.asked


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access to this video", "private"),
        ("ERROR: [youtube] x: Sign in to confirm your age. This video may be inappropriate for some users.", "age"),
        ("ERROR: [youtube] x: Sign in to confirm you’re not a bot. Use --cookies-from-browser", "refused"),
        ("ERROR: [youtube] x: Video unavailable. This content isn't available, try again later.", "refused"),
        (
            "ERROR: [youtube] x: Video unavailable. The uploader has not made this video available in your country",
            "blocked",
        ),
        ("ERROR: [youtube] x: Video unavailable. This video has been removed by the uploader", "removed"),
        (
            "ERROR: [youtube] x: Video unavailable. This video is no longer available because the YouTube account "
            "associated with this video has been terminated.",
            "removed",
        ),
        (
            "ERROR: [youtube] x: Video unavailable. This video contains content from SME, who has blocked it in your "
            "country on copyright grounds",
            "blocked",
        ),
        ("ERROR: [youtube] x: This video is not available", "removed"),
        ("ERROR: unable to download video data: HTTP Error 403: Forbidden", "refused"),
        ("ERROR: [youtube] x: Unable to download API page: HTTP Error 429: Too Many Requests", "refused"),
        ("ERROR: [youtube] x: Unable to download API page: <urlopen error timed out>", "network"),
        ("ERROR: [youtube] x: Failed to extract any player response; please report this issue on  x", "network"),
    ],
)
def test_what_yt_dlp_says_tells_whether_to_ask_again(message: str, status: str) -> None:
    assert youtube.status_of(message)[0] == status
    assert "please report" not in youtube.status_of(message)[1]
