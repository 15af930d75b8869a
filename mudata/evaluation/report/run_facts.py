"""What a reader needs to know to judge a run and to repeat it: run.json as terms and values."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mudata.evaluation.report.data import PanelEntry, ReportRun
    from mudata.evaluation.run_settings import RunSettings


class Fact(NamedTuple):
    """`code` is for hashes, ids and prompts, which are set as they are."""

    term: str
    value: str
    code: bool = False


def facts(run: ReportRun) -> dict[str, list[Fact]]:
    """Facts by heading; what run.json does not say is left out."""
    said, scores = run.settings, run.scores
    groups = {
        "Model": _model(said),
        "Clips": _clips(said, scores),
        "Question": _question(said),
        "Import": [
            Fact(key.replace("_", " "), str(value))
            for key, value in (said.imported.record() if said.imported else {}).items()
        ],
        "Reading": _reading(said, scores),
        "Machine": _machine(said),
        "Time": _time(run),
    }
    kept = {name: [fact for fact in of if fact.value not in ("", "None")] for name, of in groups.items()}
    return {name: of for name, of in kept.items() if of}


def command(run: ReportRun) -> str | None:
    """The one line that repeats the run."""
    return run.settings.last_command


def _model(said: RunSettings) -> list[Fact]:
    identity = said.model_identity
    options = identity.get("options") or {}
    found = [Fact("name", said.model)]
    kinds = ("family", "recipe", "code", "package")  # runs of version 0.1.0 have the latter two
    found += [Fact(key, str(identity[key]), code=key in ("family", "code")) for key in kinds if key in identity]
    found += [Fact(str(key), str(value)) for key, value in options.items() if value is not None]
    told = said.sessions[-1].model or {} if said.sessions else {}
    found += [
        Fact(_term(k), plain(v), code=k in ("revision", "checkpoint")) for k, v in told.items() if k not in _SUMMED
    ]
    if control := said.control:
        found.append(Fact("control", f"{control}: the audio was replaced on purpose"))
    return found


def _clips(said: RunSettings, scores: Mapping[str, Any]) -> list[Fact]:
    found = [
        Fact("split", said.split),
        Fact("part", said.part or ""),
        Fact("split SHA-256", said.split_sha256 or "", code=True),
    ]
    found += [Fact(f"index SHA-256, {name}", sha, code=True) for name, sha in said.index_sha256.items()]
    found.append(Fact("clips asked", str(scores["n"])))
    if limit := said.limit:
        found.append(Fact("limit", str(limit)))
    without_audio = 0 if said.imported else said.clips_without_audio  # imported answers need none
    for number, term in (
        (said.clips_without_reference, "without reference, not asked"),
        (without_audio, "without audio, counted as wrong"),
        (said.clips_with_other_audio, "audio changed since the split"),
    ):
        if number:
            found.append(Fact(term, str(number)))
    return found


def _question(said: RunSettings) -> list[Fact]:
    found = []
    for task in said.tasks:
        of = f", {task.dataset}" if len(said.tasks) > 1 else ""
        found += [
            Fact(f"prompt{of}", task.prompt, code=True),
            Fact(f"prompt id{of}", task.prompt_id),
            Fact(f"prompt SHA-256{of}", str(task.prompt_sha256), code=True),
        ]
    return found


def _reading(said: RunSettings, scores: Mapping[str, Any]) -> list[Fact]:
    found = [Fact("rules", str(scores.get("aligner") or ""), code=True)]
    found += [
        Fact(f"label set SHA-256, {name}", str(sha), code=True)
        for name, sha in (scores.get("labels_sha256") or {}).items()
        if sha
    ]
    found.append(Fact("overrides SHA-256", str(scores.get("overrides_sha256") or ""), code=True))
    found.append(Fact("forced choice", "yes: the model can only name options" if scores["forced_choice"] else "no"))
    found.append(Fact("scored by", f"mudata {scores.get('mudata_version') or said.mudata_version or ''}"))
    return found


def _machine(said: RunSettings) -> list[Fact]:
    last = said.sessions[-1].record() if said.sessions else {}
    batches = sorted({str(session.batch) for session in said.sessions if session.batch})
    found = [Fact("seed", str(said.seed)), Fact("batch", ", ".join(batches))]
    if halvings := sum(session.halvings for session in said.sessions):
        found.append(Fact("batch halved", f"{halvings} times, memory was short"))
    tried = [f"{size} {'fits' if fits else 'does not fit'}" for size, fits in last.get("batch_search") or ()]
    found.append(Fact("batch sizes tried", ", ".join(tried)))
    found += [Fact(_term(key), plain(value)) for key, value in last.items() if key not in _ELSEWHERE]
    versions = last.get("versions") or {}
    found.append(Fact("platform", str(versions.get("platform", ""))))
    found.append(Fact("versions", ", ".join(f"{k} {v}" for k, v in versions.items() if k != "platform")))
    return found


def _time(run: ReportRun) -> list[Fact]:
    sessions = run.settings.sessions
    found = [Fact("begun", run.settings.created_at)]
    if sessions:
        wall = sum(float(session.wall_s) for session in sessions)
        asked = sum(session.asked for session in sessions)
        found.append(Fact("sittings", str(len(sessions))))
        found.append(Fact("wall time", f"{wall:.1f} s"))
        if wall and asked:
            found.append(Fact("speed", f"{asked / wall:.2f} clips/s, loading included"))
        if seconds := [answer.seconds for answer in run.answers if answer.answer is not None]:
            slowest = max(seconds)
            found.append(Fact("time per answer", f"median {median(seconds):.3g} s, longest {slowest:.3g} s"))
        found.append(Fact("last sitting", sessions[-1].started_at or ""))
    for key in _SUMMED:
        told = [(session.model or {}).get(key) for session in sessions]
        if any(told):
            found.append(Fact(_term(key), f"{sum(value or 0 for value in told):.6g}"))
    return found


_SUMMED = ("cost", "requests", "retries", "prompt_tokens", "completion_tokens", "replies_without_usage")
"""What models tell of one session (see `models.served`), and adds up over all."""

_ELSEWHERE = ("command", "asked", "batch", "batch_search", "halvings", "model", "started_at", "versions", "wall_s")
"""What sessions tell that other facts are made of."""


def _term(key: str) -> str:
    return key.replace("_", " ")


def plain(value: object) -> str:
    """Any value of run.json as people read it: 'commit 1af5765, dirty no'; nothing where it says nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        parts = {key: plain(part) for key, part in value.items()}
        return ", ".join(f"{_term(str(key))} {part}" for key, part in parts.items() if part)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(plain, value)))
    return "" if value is None else str(value)


def caption_facts(entry: PanelEntry) -> list[Fact]:
    """How a run's captions are: repeats, refusals, lengths, and which constant caption they were held against."""
    said = entry.run.scores.get("captions")
    if not said:
        return []
    refused, words, frequent = said["refusals"], said["answer_words"], said["most_frequent"]
    found = [
        Fact("words per caption", f"mean {words['mean']:.1f}, median {words['median']:.0f}"),
        Fact("words per reference", f"mean {said['reference_words']['mean']:.1f}"),
        Fact("refusals", f"{refused['count']} ({100 * refused['share']:.1f} %)"),
    ]
    if frequent:
        found.append(Fact("most frequent caption", f"{frequent['count']} times: {frequent['answer']}"))
    found += [Fact("refuses like this", f"{one['answer']} ({one['count']} times)") for one in refused["examples"]]
    for dataset, constant in said["constants"].items():
        told = f"{constant['text']} (from the {constant['source']}: {constant['recipe']})"
        found.append(Fact(f"constant caption, {dataset}", told))
    return found
