"""What a reader needs to know to judge a run and to repeat it: run.json as terms and values."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mudata.evaluation.report.data import PanelEntry, ReportRun


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
        "Import": [Fact(key.replace("_", " "), str(value)) for key, value in (said.get("imported") or {}).items()],
        "Reading": _reading(said, scores),
        "Machine": _machine(said),
        "Time": _time(run),
    }
    kept = {name: [fact for fact in of if fact.value not in ("", "None")] for name, of in groups.items()}
    return {name: of for name, of in kept.items() if of}


def command(run: ReportRun) -> str | None:
    """The one line that repeats the run."""
    said = [session.get("command") for session in run.settings.get("sittings") or ()]
    return next((line for line in reversed(said) if line), run.settings.get("command"))


def _model(said: Mapping[str, Any]) -> list[Fact]:
    identity = said.get("model_identity") or {}
    options = identity.get("options") or {}
    found = [Fact("name", str(said["model"]))]
    kinds = ("family", "recipe", "code", "package")  # runs of version 0.1.0 have the latter two
    found += [Fact(key, str(identity[key]), code=key in ("family", "code")) for key in kinds if key in identity]
    found += [Fact(str(key), str(value)) for key, value in options.items() if value is not None]
    told = _last(said).get("model") or {}
    found += [
        Fact(_term(k), plain(v), code=k in ("revision", "checkpoint")) for k, v in told.items() if k not in _SUMMED
    ]
    if control := said.get("control"):
        found.append(Fact("control", f"{control}: the audio was replaced on purpose"))
    return found


def _clips(said: Mapping[str, Any], scores: Mapping[str, Any]) -> list[Fact]:
    found = [
        Fact("split", str(said["split"])),
        Fact("part", str(said.get("part") or "")),
        Fact("split SHA-256", str(said.get("split_sha256") or ""), code=True),
    ]
    found += [
        Fact(f"index SHA-256, {name}", str(sha), code=True) for name, sha in (said.get("index_sha256") or {}).items()
    ]
    found.append(Fact("clips asked", str(scores["n"])))
    if limit := said.get("limit"):
        found.append(Fact("limit", str(limit)))
    for key, term in (
        ("clips_without_reference", "without reference, not asked"),
        ("clips_without_audio", "without audio, counted as wrong"),
        ("clips_with_other_audio", "audio changed since the split"),
    ):
        if said.get(key) and not (said.get("imported") and key == "clips_without_audio"):
            found.append(Fact(term, str(said[key])))
    return found


def _question(said: Mapping[str, Any]) -> list[Fact]:
    found = []
    for task in said["tasks"]:
        of = f", {task['dataset']}" if len(said["tasks"]) > 1 else ""
        found += [
            Fact(f"prompt{of}", str(task["prompt"]), code=True),
            Fact(f"prompt id{of}", str(task["prompt_id"])),
            Fact(f"prompt SHA-256{of}", str(task["prompt_sha256"]), code=True),
        ]
    return found


def _reading(said: Mapping[str, Any], scores: Mapping[str, Any]) -> list[Fact]:
    found = [Fact("rules", str(scores.get("aligner") or ""), code=True)]
    found += [
        Fact(f"label set SHA-256, {name}", str(sha), code=True)
        for name, sha in (scores.get("labels_sha256") or {}).items()
        if sha
    ]
    found.append(Fact("overrides SHA-256", str(scores.get("overrides_sha256") or ""), code=True))
    found.append(Fact("forced choice", "yes: the model can only name options" if scores["forced_choice"] else "no"))
    found.append(Fact("scored by", f"mudata {scores.get('mudata_version') or said.get('mudata_version', '')}"))
    return found


def _machine(said: Mapping[str, Any]) -> list[Fact]:
    last = _last(said)
    batches = sorted({str(session["batch"]) for session in said.get("sittings") or () if session.get("batch")})
    found = [Fact("seed", str(said.get("seed", ""))), Fact("batch", ", ".join(batches))]
    if halvings := sum(session.get("halvings") or 0 for session in said.get("sittings") or ()):
        found.append(Fact("batch halved", f"{halvings} times, memory was short"))
    tried = [f"{size} {'fits' if fits else 'does not fit'}" for size, fits in last.get("batch_search") or ()]
    found.append(Fact("batch sizes tried", ", ".join(tried)))
    found += [Fact(_term(key), plain(value)) for key, value in last.items() if key not in _ELSEWHERE]
    versions = last.get("versions") or {}
    found.append(Fact("platform", str(versions.get("platform", ""))))
    found.append(Fact("versions", ", ".join(f"{k} {v}" for k, v in versions.items() if k != "platform")))
    return found


def _time(run: ReportRun) -> list[Fact]:
    sittings = run.settings.get("sittings") or []
    found = [Fact("begun", str(run.settings["created_at"]))]
    if sittings:
        wall = sum(float(session.get("wall_s") or 0) for session in sittings)
        asked = sum(int(session.get("asked") or 0) for session in sittings)
        found.append(Fact("sittings", str(len(sittings))))
        found.append(Fact("wall time", f"{wall:.1f} s"))
        if wall and asked:
            found.append(Fact("speed", f"{asked / wall:.2f} clips/s, loading included"))
        if seconds := [sample.seconds for sample in run.samples if sample.answer is not None]:
            slowest = max(seconds)
            found.append(Fact("time per answer", f"median {median(seconds):.3g} s, longest {slowest:.3g} s"))
        found.append(Fact("last sitting", str(sittings[-1].get("started_at", ""))))
    for key in _SUMMED:
        told = [(session.get("model") or {}).get(key) for session in sittings]
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


def _last(said: Mapping[str, Any]) -> Mapping[str, Any]:
    sittings = said.get("sittings") or [{}]
    return sittings[-1] or {}


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
