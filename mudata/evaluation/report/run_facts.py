"""What a reader needs to know to judge a run and to repeat it: run.json as terms and values."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.errors import number
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS

if TYPE_CHECKING:
    from mudata.evaluation.report.data import PanelEntry, Report
    from mudata.evaluation.report.report_run import ReportRun
    from mudata.evaluation.run_settings import RunSettings


class Fact(NamedTuple):
    """`code` is for hashes, ids and prompts, which are set as they are."""

    term: str
    value: str
    code: bool = False


def facts(run: ReportRun) -> dict[str, list[Fact]]:
    """Facts by heading; what run.json does not say is left out."""
    settings, scores = run.settings, run.scores
    groups = {
        "Model": _model(settings),
        "Clips": _clips(settings, scores),
        "Question": _question(settings),
        "Import": [
            Fact(key.replace("_", " "), str(value))
            for key, value in (settings.imported.record() if settings.imported else {}).items()
        ],
        "Reading": _reading(settings, scores),
        "Machine": _machine(settings),
        "Time": _time(run),
    }
    kept = {name: [fact for fact in entries if fact.value not in ("", "None")] for name, entries in groups.items()}
    return {name: entries for name, entries in kept.items() if entries}


def command(run: ReportRun) -> str | None:
    """The one line that repeats the run."""
    return run.settings.last_command


def things(run: ReportRun) -> str:
    """What a run was asked about: clips, or items."""
    return "items" if run.scores["kind"] in EXACT_KINDS else "clips"


def asked_things(report: Report) -> str:
    """The same of all runs."""
    return " and ".join(sorted({things(run) for run in report.runs})) or "clips"


def groups(entry: PanelEntry) -> list[Mapping[str, Any]]:
    """The rows of scores by category and by difficulty, where items differ in it: one group of all says it again."""
    rows = entry.exact.get("groups", ())
    several = {by for by in ("category", "difficulty") if len({row["name"] for row in rows if row["by"] == by}) > 1}
    return [row for row in rows if row["by"] in several or row["n"] < entry.n]


def _model(settings: RunSettings) -> list[Fact]:
    identity = settings.model_identity
    options = identity.get("options") or {}
    listed = [Fact("name", settings.model)]
    kinds = ("family", "recipe", "code", "package")  # runs of version 0.1.0 have the latter two
    listed += [Fact(key, str(identity[key]), code=key in ("family", "code")) for key in kinds if key in identity]
    listed += [Fact(str(key), str(value)) for key, value in options.items() if value is not None]
    details = settings.sessions[-1].model or {} if settings.sessions else {}
    listed += [
        Fact(_term(k), plain(v), code=k in ("revision", "checkpoint")) for k, v in details.items() if k not in _SUMMED
    ]
    if control := settings.control:
        listed.append(Fact("control", f"{control}: the audio was replaced on purpose"))
    return listed


def _clips(settings: RunSettings, scores: Mapping[str, Any]) -> list[Fact]:
    listed = [
        Fact("split", settings.split),
        Fact("part", settings.part or ""),
        Fact("split SHA-256", settings.split_sha256 or "", code=True),
    ]
    listed += [Fact(f"index SHA-256, {name}", sha, code=True) for name, sha in settings.index_sha256.items()]
    if settings.faults:
        how = {"drop": "left out", "repair": "repaired or left out"}.get(settings.faults, settings.faults)
        listed.append(Fact("clips with known faults", f"{how} ({settings.clips_faulty} left out)"))
    listed.append(Fact("clips asked", str(scores["n"])))
    if limit := settings.limit:
        listed.append(Fact("limit", str(limit)))
    without_audio = 0 if settings.imported else settings.clips_without_audio  # imported answers need none
    for clips, term in (
        (settings.clips_without_reference, "without reference, not asked"),
        (without_audio, "without audio, counted as wrong"),
        (settings.clips_with_other_audio, "audio changed since the split"),
    ):
        if clips:
            listed.append(Fact(term, str(clips)))
    return listed


def _question(settings: RunSettings) -> list[Fact]:
    listed = []
    for task in settings.tasks:
        where = f", {task.dataset}" if len(settings.tasks) > 1 else ""
        listed += [
            Fact(f"prompt{where}", task.prompt, code=True),
            Fact(f"prompt id{where}", task.prompt_id),
            Fact(f"prompt SHA-256{where}", str(task.prompt_sha256), code=True),
        ]
    return listed


def _reading(settings: RunSettings, scores: Mapping[str, Any]) -> list[Fact]:
    listed = [Fact("rules", str(scores.get("aligner") or ""), code=True)]
    listed += [
        Fact(f"label set SHA-256, {name}", str(sha), code=True)
        for name, sha in (scores.get("labels_sha256") or {}).items()
        if sha
    ]
    listed.append(Fact("overrides SHA-256", str(scores.get("overrides_sha256") or ""), code=True))
    listed.append(Fact("forced choice", "yes: the model can only name options" if scores["forced_choice"] else "no"))
    listed.append(Fact("scored by", f"mudata {scores.get('mudata_version') or settings.mudata_version or ''}"))
    return listed


def _machine(settings: RunSettings) -> list[Fact]:
    last = settings.sessions[-1].record() if settings.sessions else {}
    batches = sorted({str(session.batch) for session in settings.sessions if session.batch})
    listed = [Fact("seed", str(settings.seed)), Fact("batch", ", ".join(batches))]
    if halvings := sum(session.halvings for session in settings.sessions):
        listed.append(Fact("batch halved", f"{number(halvings, 'time')}, memory was short"))
    tried = [f"{size} {'fits' if fits else 'does not fit'}" for size, fits in last.get("batch_search") or ()]
    listed.append(Fact("batch sizes tried", ", ".join(tried)))
    listed += [Fact(_term(key), plain(value)) for key, value in last.items() if key not in _ELSEWHERE]
    versions = last.get("versions") or {}
    listed.append(Fact("platform", str(versions.get("platform", ""))))
    listed.append(Fact("versions", ", ".join(f"{k} {v}" for k, v in versions.items() if k != "platform")))
    return listed


def _time(run: ReportRun) -> list[Fact]:
    sessions = run.settings.sessions
    listed = [Fact("begun", run.settings.created_at)]
    if sessions:
        wall = sum(float(session.wall_s) for session in sessions)
        asked = sum(session.asked for session in sessions)
        cut = sum(session.ended is False for session in sessions)
        listed.append(Fact("sessions", f"{len(sessions)}{f', {cut} of them not ended' if cut else ''}"))
        listed.append(Fact("wall time", f"{wall:.1f} s"))
        if wall and asked:
            listed.append(Fact("speed", f"{asked / wall:.2f} clips/s, loading included"))
        if seconds := [answer.seconds for answer in run.answers if answer.answer is not None]:
            slowest = max(seconds)
            listed.append(Fact("time per answer", f"median {median(seconds):.3g} s, longest {slowest:.3g} s"))
        listed.append(Fact("last session", sessions[-1].started_at or ""))
    for key in _SUMMED:
        values = [(session.model or {}).get(key) for session in sessions]
        if any(values):
            listed.append(Fact(_term(key), f"{sum(value or 0 for value in values):.6g}"))
    return listed


_SUMMED = ("cost", "requests", "retries", "prompt_tokens", "completion_tokens", "replies_without_usage")
"""What models tell of one session (see `models.served`), and adds up over all."""

_ELSEWHERE = (
    "command",
    "asked",
    "batch",
    "batch_search",
    "ended",
    "halvings",
    "model",
    "started_at",
    "versions",
    "wall_s",
)
"""What sessions tell that other facts are made of."""


def _term(key: str) -> str:
    return key.replace("_", " ")


def plain(value: object) -> str:
    """Any value of run.json as people read it:
    'commit 1af5765, dirty no'; nothing where it says nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        parts = {key: plain(part) for key, part in value.items()}
        return ", ".join(f"{_term(str(key))} {part}" for key, part in parts.items() if part)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(plain, value)))
    return "" if value is None else str(value)


def caption_facts(entry: PanelEntry) -> list[Fact]:
    """How a run's captions are:
    repeats, refusals, lengths, and which constant caption they were held against."""
    captions = entry.run.scores.get("captions")
    if not captions:
        return []
    refused, words, frequent = captions["refusals"], captions["answer_words"], captions["most_frequent"]
    listed = [
        Fact("words per caption", f"mean {words['mean']:.1f}, median {words['median']:.0f}"),
        Fact("words per reference", f"mean {captions['reference_words']['mean']:.1f}"),
        Fact("refusals", f"{refused['count']} ({100 * refused['share']:.1f} %)"),
    ]
    if frequent:
        listed.append(Fact("most frequent caption", f"{number(frequent['count'], 'time')}: {frequent['answer']}"))
    listed += [
        Fact("refuses like this", f"{example['answer']} ({number(example['count'], 'time')})")
        for example in refused["examples"]
    ]
    for dataset, constant in captions["constants"].items():
        text = f"{constant['text']} (from the {constant['source']}: {constant['recipe']})"
        listed.append(Fact(f"constant caption, {dataset}", text))
    return listed
