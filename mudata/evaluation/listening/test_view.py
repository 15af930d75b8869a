"""A listening test in words and as a record, for whoever runs it; raters see nothing of this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mudata.errors import number

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ExclusionRule, ListeningTest, System, TestKind

_KINDS: Mapping[str, str] = {
    "mos": "one clip and one text, a mark for each aspect",
    "pairwise": "two clips and one text: which clip it describes better",
    "texts": "one clip and two texts: which describes it better",
}


def design_lines(
    kind: TestKind, systems: Sequence[System], minutes: float, design: Mapping[str, Any], power: Mapping[str, Any]
) -> Iterator[str]:
    """The design in sentences."""
    d = design
    names = ", ".join(system.name for system in systems if system.role == "model")
    anchors = ", ".join(system.name for system in systems if system.role != "model")
    yield f"Asked: {_KINDS[kind]}."
    if "ratings" not in d:
        yield f"Systems: {names}; anchors among them: {anchors or 'none'}."
        yield "Its ratings were made elsewhere: it has no design."
        return
    hidden = f"{anchors} (reference: {d['reference']})" if anchors else "nothing"
    yield f"Systems: {names}; hidden among them: {hidden}."
    each = _range(d["ratings_per_clip_and_each"])
    yield (
        f"{number(d['ratings'], 'rating')}: {number(d['raters'], 'rater')} x {number(d['trials_per_rater'], 'trial')};"
        f" {d['clips']} clips, each rated {number(d['ratings_per_clip'], 'time')}, with each of the {d['compared']}"
        f" {each}; each of these {number(d['ratings_of_each'], 'time')}, by each rater"
        f" {_range(d['trials_per_rater_of_each'])}."
    )
    besides = f"{number(d['practice'], 'practice trial')}, {number(d['checks'], 'check')}"
    yield f"Besides: {besides}. About {number(round(minutes), 'minute')} a rater."
    if "loudness_lufs" in d:
        yield f"Sound: at most {d['seconds_of_a_clip']:g} s of a clip, {d['loudness_lufs']:g} LUFS (ITU-R BS.1770)."
    for what, why in (("left out", d["left_out"]), ("without a text", d["no_text"])):
        for name, told in why.items():
            yield f"Clips {what}: {name}: {_counts(told)}"
    if unheard := d.get("not_decoded"):
        yield f"Not to be heard, others drawn instead: {_counts(unheard)}"
    if licences := d.get("licences"):
        yield f"Licences of the clips: {_counts(licences)}. They are played to raters, as their terms let you."
    if d.get("alike"):
        yield f"{d['alike']} of the trials compare a text with one that is the same."
    if named := d.get("named"):
        yield f"Texts have names of models in them, by which raters may know who wrote: trials {_counts(named)}."
    if d.get("kin"):
        yield f"{d['kin']} of the clips are of one artist, album, track or recording with another."
    yield _power(kind, power)


def _power(kind: TestKind, power: Mapping[str, Any]) -> str:
    if kind != "mos":
        share = power["detectable_share"]
        told = f"a share of preferences of {share:.0%}" if share else "no preference"
        return (
            f"{power['ratings_of_each']:g} ratings of each tell {told} from one half (95 %, power 80 %), taken as"
            " independent."
        )
    assumed = power["assumed_deviations"]
    ways = [
        f"{power[key]} {what}"
        for key, what in (("raters_needed", "raters"), ("clips_needed", "independent clips"))
        if power[key]
    ]
    needed = " or ".join(ways) or "more raters and more clips"
    return (
        f"{power['ratings_of_each']:g} ratings of each system, {power['independent_clips']} independent clips:"
        f" {power['detectable_mos']:.2f} marks are told apart (95 %, power 80 %); {power['difference']:g} need"
        f" {needed}, all else alike. Assumed deviations: {assumed['system_by_clip']:g} by clip,"
        f" {assumed['system_by_rater']:g} by rater, {assumed['residual']:g} else."
    )


def rule_line(rule: ExclusionRule) -> str:
    return (
        f"Does not count: who fails more than {number(rule.failed_checks, 'check')}, or rates less than"
        f" {100 * rule.least_share:.0f} % of their trials."
    )


def design_record(test: ListeningTest) -> dict[str, Any]:
    """What machines are told: all but texts, trials and names of files."""
    return {
        "test": test.name,
        "kind": test.kind,
        "split": test.split,
        "part": test.part,
        "seed": test.seed,
        "sha256": test.sha256,
        "systems": [asdict(system) for system in test.systems],
        "aspects": [aspect.name for aspect in test.aspects],
        "scale": test.scale,
        "raters": [plan.rater for plan in test.raters],
        "minutes": test.minutes,
        "rule": asdict(test.rule),
        "design": dict(test.design),
        "power": dict(test.power),
        "made": test.created_at,
    }


def _range(ends: Sequence[int]) -> str:
    low, high = ends
    times = f"{low}" if low == high else f"{low} or {high}"
    return f"{times} time{'' if times == '1' else 's'}"


def _counts(told: object) -> str:
    return ", ".join(f"{key} ({value})" for key, value in told.items()) if isinstance(told, Mapping) else str(told)
