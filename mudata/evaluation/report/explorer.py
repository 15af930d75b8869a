"""The data that the page's sample explorer reads:
clips, answers, waveforms and, where wanted, the audio itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.evaluation.report.sound_address import data_uri, linked_to
from mudata.evaluation.report.waveforms import Sound, affordable, draw
from mudata.evaluation.report.wording import FATES, METRICS, ROLES, role
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Panel, Report
    from mudata.evaluation.report.report_run import ReportAnswer
    from mudata.home import Home

EMBED_LIMIT = 100 * 2**20
"""Most bytes of audio that a page carries: browsers load that from a file in a second or two."""


@dataclass(frozen=True)
class Audio:
    """Where the page finds each clip:
    `sources` by clip id (relative addresses or data URIs), and how it looks there.

    `embedded` clips are in the page; `left` would be, but for EMBED_LIMIT. `waveforms` are as
    `waveforms.draw` gives them, of `sounds`; those of `undrawn` clips would be there, but for the
    budget.
    """

    sources: Mapping[str, str]
    embedded: int
    left: int
    sounds: Mapping[str, Sound]
    waveforms: Mapping[str, str]
    undrawn: int
    served: bool = False
    """Whether addresses are of clips by themselves, also of those that are part of a file."""


def find_audio(
    home: Home,
    report: Report,
    page: Path,
    *,
    embed: bool = False,
    waveforms: bool = True,
    progress: Progress = SILENT,
    address: Callable[[str], str | None] | None = None,
) -> Audio:
    """Look clips up in the index, and draw their waveforms. Where not all can be taken into the
    page (`embed`) or drawn, those on which runs disagree come first. `address`: where the clip of an id is found
    by itself, None where it is not to be heard, for a page of a server or a site."""
    sounds = _sounds(home, report)
    linked = {clip_id: found for clip_id in sounds if address and (found := address(clip_id))}
    if address:
        sounds = {clip_id: sound for clip_id, sound in sounds.items() if clip_id in linked}
    worth = _disagreements(report)
    order = sorted(sounds, key=lambda clip_id: (-worth.get(clip_id, 0.0), clip_id))
    inside = _embedded(sounds, order) if embed else {}
    if not address:
        linked = {clip_id: linked_to(sounds[clip_id].door, page) for clip_id in sounds if clip_id not in inside}
    wanted = affordable(sounds, order) if waveforms else {}
    return Audio(
        inside | linked,
        embedded=len(inside),
        left=len(linked) if embed else 0,
        sounds=sounds,
        waveforms=draw(wanted, progress),
        undrawn=len(sounds) - len(wanted) if waveforms else 0,
        served=address is not None,
    )


def _embedded(sounds: Mapping[str, Sound], order: Sequence[str]) -> dict[str, str]:
    """Data URIs of the clips that fit below EMBED_LIMIT, the first first."""
    uris, room = {}, EMBED_LIMIT
    for clip_id in order:
        if found := data_uri(sounds[clip_id].door, room):
            uris[clip_id], size = found
            room -= size
    return uris


def _sounds(home: Home, report: Report) -> dict[str, Sound]:
    """What was heard, by clip id. A clip that one run heard as published and another cropped is there as published,
    which holds what either heard."""
    from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
    from mudata.catalog.index import database as index

    asked: dict[bool, set[str]] = {False: set(), True: set()}
    for run in report.runs:
        asked[run.settings.faults == "repair"].update(c for a in run.answers for c in a.clips or (a.clip_id,))
    found = {}
    with index.connect(home) as connection:
        for repaired, clip_ids in ((False, asked[False]), (True, asked[True] - asked[False])):
            rows = connection.execute(
                f"SELECT clip_id, {', '.join(COLUMNS)} FROM {clips_as(repaired=repaired)}"  # noqa: S608
                " WHERE path IS NOT NULL AND kind = 'audio' AND list_contains(?, dataset)",
                [sorted({clip_id.partition("/")[0] for clip_id in clip_ids})],
            ).fetchall()
            for clip_id, *values in rows:
                row = dict(zip(COLUMNS, values, strict=True))
                door = StoredClip.of_row(home, row) if clip_id in clip_ids else None
                if door and door.is_here():
                    found[clip_id] = Sound(door, row["duration_s"] or 0.0)
    return found


def explorer(report: Report, audio: Audio) -> dict[str, Any]:
    """What the page's script shows. Spans count UTF-16 units, as JavaScript does."""
    panels = [panel for panel in report.panels if panel.whole]
    runs = [run.id for run in report.runs]
    clips: list[dict[str, Any]] = []
    for number, panel in enumerate(panels):
        clips += _clips(number, panel, runs)
    return {
        "panels": [
            {
                "title": f"{panel.title} ({panel.split})",
                "kind": panel.kind,
                "labels": _labels(panel),
                **({"exact": True} if panel.is_exact else {}),
            }
            for panel in panels
        ],
        "runs": [{"id": run.id, "name": run.name} for run in report.runs],
        "measures": {name: METRICS[name].title for panel in panels for name in panel.measures},
        "fates": {name: title for name, (title, _) in FATES.items()},
        "roles": {name: {"sign": sign, "meaning": meaning} for name, (sign, meaning) in ROLES.items()},
        "clips": clips,
        "sounds": {clip_id: _sound(clip_id, audio) for clip_id in sorted(audio.sources)},
    }


def _sound(clip_id: str, audio: Audio) -> dict[str, Any]:
    sound: dict[str, Any] = {"source": audio.sources[clip_id]}
    within = audio.sounds[clip_id].door.within
    if (
        within and not audio.served and not audio.sources[clip_id].startswith("data:")
    ):  # players count from the file's beginning
        sound["starts"] = round(within[0], 3)
    if clip_id not in audio.waveforms:
        return sound
    return sound | {"seconds": round(audio.sounds[clip_id].seconds, 3), "waveform": audio.waveforms[clip_id]}


def _labels(panel: Panel) -> dict[str, dict[str, str]]:
    return {dataset: dict(labels) for dataset, labels in panel.entries[0].run.labels.items()}


def _clips(number: int, panel: Panel, runs: list[str]) -> list[dict[str, Any]]:
    by_clip: dict[str, list[tuple[int, ReportAnswer]]] = {}
    for entry in panel.entries:
        for answer in entry.answers:
            by_clip.setdefault(answer.clip_id, []).append((runs.index(entry.run.id), answer))
    return [
        {
            "panel": number,
            "id": clip_id,
            "dataset": answers[0][1].dataset,
            "gold": answers[0][1].references,
            **_asked(clip_id, answers[0][1]),
            "apart": round(apart([answer for _, answer in answers]), 3),
            "answers": [_answer(run, answer) for run, answer in answers],
        }
        for clip_id, answers in sorted(by_clip.items())
    ]


def _asked(item_id: str, answer: ReportAnswer) -> dict[str, Any]:
    """What an item asks that is its own: of a kind with exact truth, and of which clips."""
    asked: dict[str, object] = {"clips": list(answer.clips)} if answer.clips not in ((), (item_id,)) else {}
    if answer.asked is None:
        return asked
    facts: dict[str, object] = {"question": answer.asked.shown.prompt, "options": list(answer.asked.shown.options)}
    facts |= {"category": answer.category, "difficulty": answer.difficulty}
    return asked | {name: fact for name, fact in facts.items() if fact}


def _answer(run: int, answer: ReportAnswer) -> dict[str, Any]:
    """One answer; what is empty is left out, for the size of the page."""
    read = answer.read
    row = {
        "run": run,
        "text": answer.answer,
        "error": answer.error,
        "status": answer.status,
        "fate": answer.fate,
        "verdict": answer.verdict,
        "label": read.get("label"),
        "labels": read.get("labels") or None,
        "rule": read.get("rule_id") or None,
        "spans": _spans(answer) or None,
        "flags": read.get("flags") or None,
        "override": read.get("override") or None,
        "given": answer.given,
        "score": (read.get("rouge") or {}).get("rougeL_f"),
        "worth": read.get("worth"),
    }
    return {key: value for key, value in row.items() if value is not None or key == "text"}


def _spans(answer: ReportAnswer) -> list[list[Any]]:
    text = answer.answer or ""
    plain = text.isascii()

    def place(index: int) -> int:
        return index if plain else len(text[:index].encode("utf-16-le", "surrogatepass")) // 2

    counts = answer.fate in ("right", "set")
    right = {
        *answer.references,
        *(answer.read["labels"] if answer.read.get("worth") and answer.fate == "right" else ()),
    }
    return [
        [place(start), place(end), role(kind, counts=counts, right=label in right), label]
        for start, end, kind, label in answer.read.get("spans") or ()
    ]


def apart(answers: Sequence[ReportAnswer]) -> float:
    """How far the answers to one clip lie apart, 0 to 1: the share that does not go with the
    most frequent reading (the labels that count, else the status), or for captions the range of
    ROUGE-L."""
    scores = [answer.read["rouge"]["rougeL_f"] for answer in answers if answer.read.get("rouge")]
    if scores:
        return float(max(scores) - min(scores))
    readings = Counter(answer.scored.counted_labels or answer.status for answer in answers)
    return 1 - max(readings.values()) / len(answers)


def _disagreements(report: Report) -> dict[str, float]:
    runs = [run.id for run in report.runs]
    disagreements: dict[str, float] = {}
    for panel in report.panels:
        if panel.whole:
            for clip in _clips(0, panel, runs):
                for clip_id in clip.get("clips", [clip["id"]]):
                    disagreements[clip_id] = max(clip["apart"], disagreements.get(clip_id, 0.0))
    return disagreements
