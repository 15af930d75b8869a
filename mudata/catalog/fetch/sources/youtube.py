"""Segments of YouTube videos:
yt-dlp gets a video's sound track, and the segment is cut from it to the sample.

Videos vanish, so nothing here fails as a whole: every video's outcome stands in a ledger,
`youtube.jsonl` beside the files, and a later run tries again only what may have passed. yt-dlp
could cut too, but only with ffmpeg, and at key frames unless told otherwise: published clips made
so are up to twice too long.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mudata.catalog.audio.audio_source import shortfall
from mudata.catalog.audio.decode import read
from mudata.catalog.audio.encode import replacing
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.templates import fill
from mudata.errors import AudioError, CardError, MissingExtra, Offline
from mudata.home import now
from mudata.json_files import parse
from mudata.jsonl import mend

if TYPE_CHECKING:
    from mudata.catalog.audio.audio_source import Source
    from mudata.catalog.cards.mirrors import YoutubeMirror
    from mudata.narration import Progress

WATCH_URL = "https://www.youtube.com/watch?v={video}"
"""Always an address: a bare id may begin with '-'."""
PAUSE_S = 0.75
"""Between the requests of one worker, which YouTube would otherwise soon take for a robot."""
JOBS = 4
"""At most so many videos at a time, for the same reason."""
MOST_REFUSALS = 12
"""After so many videos in a row that could not be asked for, the rest wait for another day."""

_STATUS_PATTERNS = (
    ("refused", r"not a bot|error 429|too many requests|rate.?limit|try again later|captcha|being blocked|error 403"),
    ("private", r"private"),
    ("age", r"confirm your age|age.restricted|inappropriate"),
    ("blocked", r"your country|your location|geo.?restrict"),
    ("removed", r"removed|terminated|no longer|not exist|unavailable|not available|copyright|members|error 4(04|10)"),
)
"""What yt-dlp's message says (the first that matches); anything else is trouble of the network."""
_UNFINISHED = re.compile(r"\.(part|ytdl|temp)(-Frag\d+)?(\.|$)")
"""Names of files that yt-dlp goes on with."""
_TEMPORARY = frozenset({"refused", "network", "broken"})


@dataclass(frozen=True)
class _Clip:
    id: str
    video: str
    start_s: float
    end_s: float | None
    """None: where the video ends."""
    path: Path


@dataclass(frozen=True)
class _Outcome:
    """What became of a clip."""

    status: str
    """ok; private, age, blocked, removed, short; or, to be tried again, refused, network,
    broken."""
    reason: str = ""


def fetch(mirror: YoutubeMirror, target: Target, progress: Progress) -> FetchResult:
    """Write each clip of `target.clips` as 16-bit WAV at its native rate;
    what cannot be had is a failure of that clip.

    Clips without video, start and end are not of YouTube. A file that is there and has the right length (within the
    mirror's tolerance) is kept. Raises MissingExtra without yt-dlp, or without PyAV and ffmpeg; Offline if all is
    missing; CardError for a wrong column; HomeError.
    """
    clips = list(_clips(mirror, target))
    ledger = _Ledger(target.files.parent / "youtube.jsonl")
    outcomes = {clip: _Outcome("ok") for clip in clips if _is_right(clip, mirror.tolerance_s)}
    outcomes |= {clip: outcome for clip in clips if clip not in outcomes and (outcome := ledger.final(clip.id))}
    remaining = [clip for clip in clips if clip not in outcomes]
    new = 0
    notes: list[str] = []
    if remaining and target.offline:
        if len(remaining) == len(clips):
            raise Offline(
                "The segments of YouTube videos are not here, and the network is forbidden.",
                "Run the same command without --offline and MUDATA_OFFLINE.",
            )
        outcomes |= dict.fromkeys(remaining, _Outcome("network", "not tried: it is forbidden"))
    elif remaining:
        _check_tools()
        new, notes = _get_all(
            remaining, outcomes, ledger, tolerance_s=mirror.tolerance_s, target=target, progress=progress
        )
    failed = {clip: outcomes[clip] for clip in clips if outcomes[clip].status != "ok"}
    failures = {clip.id: f"{outcome.status}: {outcome.reason}" for clip, outcome in failed.items()}
    if gone := sum(outcome.status not in _TEMPORARY | {"ok"} for outcome in outcomes.values()):
        notes.append(f"{gone} segments are gone for good; to ask for them once more, delete {ledger.path}.")
    return FetchResult(tuple(clip.path for clip in clips if clip.id not in failures), new, failures, tuple(notes))


def _clips(mirror: YoutubeMirror, target: Target) -> Iterator[_Clip]:
    table = target.clips
    if table is None:
        raise CardError(
            f"The YouTube mirror of {target.dataset} has no clips to fetch.",
            "Its metadata has to come from another source.",
        )
    columns = [column for column in (mirror.video, mirror.start, mirror.end) if column is not None]
    if missing := {*columns, "id"} - {*table.column_names}:
        raise CardError(
            f"The YouTube mirror of {target.dataset} wants columns that clips lack: {', '.join(sorted(missing))}.",
            f"There are: {', '.join(table.column_names)}.",
        )
    for row in table.to_pylist():
        if all(row[column] is None for column in columns):
            continue  # of a set that has clips from elsewhere too
        for column in columns:
            if row[column] is None:
                raise CardError(f"The clip {row['id']!r} has no {column}, which the YouTube mirror wants.")
        path = target.files / fill(mirror.path, {key: value for key, value in row.items() if value is not None})
        end_s = None if mirror.end is None else float(row[mirror.end])
        yield _Clip(row["id"], row[mirror.video], float(row[mirror.start]), end_s, path)


def _is_right(clip: _Clip, tolerance_s: float) -> bool:
    import soundfile

    try:
        info = soundfile.info(str(clip.path))
    except (OSError, soundfile.LibsndfileError):
        return False
    seconds: float = info.frames / info.samplerate
    if clip.end_s is None:
        return seconds > 0
    return abs(seconds - (clip.end_s - clip.start_s)) <= tolerance_s


def _check_tools() -> None:
    """Raise before the first of thousands of downloads rather than after each."""
    if importlib.util.find_spec("yt_dlp") is None:
        raise MissingExtra("Fetching from YouTube", "yt-dlp", "youtube")
    if importlib.util.find_spec("av") is None and not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        raise MissingExtra("Cutting sound tracks of YouTube (without the program ffmpeg)", "av", "formats")


class _Ledger:
    """Every clip's outcome, one line each time it was tried; the last line counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[str, _Outcome] = {}
        mend(path)
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                entry = parse(line)
                self._last[entry["id"]] = _Outcome(entry["status"], entry["reason"])
            except (ValueError, KeyError, TypeError):
                continue  # a hole that a power cut left

    def final(self, id_: str) -> _Outcome | None:
        """Why there is no use in asking again, if there is none."""
        outcome = self._last.get(id_)
        return outcome if outcome and outcome.status not in _TEMPORARY | {"ok"} else None

    def add(self, clip: _Clip, outcome: _Outcome) -> None:
        at = now()
        entry = {"id": clip.id, "video": clip.video, "status": outcome.status, "reason": outcome.reason, "at": at}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _get_all(
    remaining: Sequence[_Clip],
    outcomes: dict[_Clip, _Outcome],
    ledger: _Ledger,
    *,
    tolerance_s: float,
    target: Target,
    progress: Progress,
) -> tuple[int, list[str]]:
    """Fill in the outcomes; gives the bytes that came and what yt-dlp warned of."""
    videos: dict[str, list[_Clip]] = {}
    for clip in remaining:
        videos.setdefault(clip.video, []).append(clip)
    log, new, refusals = _YtdlpLog(), 0, 0
    with (
        progress.bar(f"{target.dataset}: videos", len(videos), "videos") as advance,
        ThreadPoolExecutor(min(target.jobs, JOBS)) as pool,
    ):
        tasks = [pool.submit(_get, clips, target.downloads, tolerance_s, log) for clips in videos.values()]
        try:
            for task in as_completed(tasks):
                if task.cancelled():
                    continue
                of_video, count = task.result()
                for clip, outcome in of_video.items():
                    ledger.add(clip, outcome)
                outcomes |= of_video
                new += count
                advance(1)
                refusals = refusals + 1 if any(outcome.status in _TEMPORARY for outcome in of_video.values()) else 0
                if refusals == MOST_REFUSALS:
                    for other in tasks:
                        other.cancel()
        finally:
            pool.shutdown(cancel_futures=True)
    left = [clip for clip in remaining if clip not in outcomes]
    reason = f"not tried: {MOST_REFUSALS} videos in a row could not be had"
    outcomes |= dict.fromkeys(left, _Outcome("refused", reason))
    if left:
        log.warnings.append(
            f"{len(left)} segments were not tried, because YouTube refuses; run it again in some hours."
        )
    return new, log.warnings


def _get(clips: Sequence[_Clip], folder: Path, tolerance_s: float, log: _YtdlpLog) -> tuple[dict[_Clip, _Outcome], int]:
    """All clips of one video, and the bytes that came."""
    from yt_dlp.utils import YoutubeDLError

    video = clips[0].video
    own = folder / "youtube" / fill("{video}", {"video": video})
    try:
        track = _download(video, own, log)
    except (YoutubeDLError, LookupError, TypeError, AttributeError, ValueError) as error:  # also yt-dlp's own mistakes
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        return dict.fromkeys(clips, _Outcome(*status_of(str(error)))), 0
    try:
        return {clip: _cut(track, clip, tolerance_s) for clip in clips}, track.stat().st_size
    finally:
        shutil.rmtree(own)


def _download(video: str, folder: Path, log: _YtdlpLog) -> Path:
    """The sound track in a folder of the video's own, where it is looked for: yt-dlp decides on its
    name. Of several (mudata was killed before it took one) it is the newest."""
    import yt_dlp

    options = {
        "format": "bestaudio/best",
        "outtmpl": {"default": str(folder).replace("%", "%%") + "/track.%(ext)s"},
        "noplaylist": True,
        "quiet": True,
        "noprogress": True,
        "logger": log,
        "fixup": "never",  # wants ffmpeg, and the segment is decoded anyway
        "cachedir": False,
        "updatetime": False,
        "retries": 3,
        "socket_timeout": 30,
        "sleep_interval_requests": PAUSE_S,
    }
    with yt_dlp.YoutubeDL(options) as downloader:
        downloader.extract_info(WATCH_URL.format(video=quote(video)))
    there = [path for path in folder.rglob("*") if path.is_file() and not _UNFINISHED.search(path.name)]
    if not there:
        raise LookupError("yt-dlp ended well and left no sound track")
    return max(there, key=lambda path: path.stat().st_mtime)


def _cut(track: Path, clip: _Clip, tolerance_s: float) -> _Outcome:
    try:
        _write(track, clip, tolerance_s)
    except AudioError as error:
        return _Outcome("short" if error.reason == "short" else "broken", error.what)
    return _Outcome("ok")


def _write(track: Path, clip: _Clip, tolerance_s: float) -> None:
    """Write the segment, to the sample. AudioError `short` if the track ends before it."""
    import soundfile

    def cut(source: Source) -> None:
        with replacing(clip.path) as part:
            first = round(clip.start_s * source.rate)
            last = None if clip.end_s is None else round(clip.end_s * source.rate)
            with soundfile.SoundFile(part, "w", source.rate, source.channels, "PCM_16", format="WAV") as out:
                for block in source.blocks(first, last):
                    out.write(block)
                written = out.frames
            if last is None:
                if error := shortfall(source, first, None, written):
                    raise error
                if not written:
                    raise AudioError("short", f"the video ends before second {clip.start_s:g}")
            elif (missing := (last - first - written) / source.rate) > tolerance_s:
                raise shortfall(source, first, last, written) or AudioError(
                    "short", f"the video ends {missing:.2f} s before the segment does"
                )

    read(track, cut)


def status_of(message: str) -> tuple[str, str]:
    """The status that a message of yt-dlp means, and its first line."""
    line = re.sub(r"\x1b\[[0-9;]*m|^ERROR: |; please report this issue .*", "", message.strip().split("\n")[0])
    statuses = (s for s, pattern in _STATUS_PATTERNS if re.search(pattern, line, re.IGNORECASE))
    return next(statuses, "network"), line


class _YtdlpLog:
    """Takes what yt-dlp would print; keeps its first warnings, which may say how to do better."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        """Progress and details."""

    info = error = debug  # errors are raised as well

    def warning(self, message: str) -> None:
        if len(self.warnings) < 3 and "generic" not in message:
            self.warnings.append(f"yt-dlp: {message}")
