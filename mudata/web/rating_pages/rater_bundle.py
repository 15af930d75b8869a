"""A test for raters without a network: a folder for each of them, zipped, whose one page works from a file.

The pages are those that are served. Answers stay in the rater's browser until the rater saves them as a file and sends
it back (`mudata.evaluation.listening.answers_file`).
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.credits.clip_credits import attribution
from mudata.catalog.credits.credit_search import credits_of
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, SplitError, UnknownName, number, some
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.answers_file import FORMAT, answers_key
from mudata.evaluation.listening.stimuli import require_sounds
from mudata.evaluation.report.page import safe_json, visible
from mudata.home import replacing, writing_to
from mudata.narration import SILENT, Progress
from mudata.web.page_server import require_extra
from mudata.web.rating_pages import rater_screens as screens
from mudata.web.rating_pages.answer_fields import seconds_needed
from mudata.web.rating_pages.rater_texts import RaterTexts, languages, rater_texts
from mudata.web.rating_pages.volume_sound import LOUDNESS, volume_sound

if TYPE_CHECKING:
    from mudata.catalog.credits.clip_credits import ClipCredit
    from mudata.evaluation.listening.listening_test import ListeningTest, RaterPlan, Trial
    from mudata.home import Home

_WORDS = ("title", "skip", "languages", "practice_over", "told_elsewhere")
"""What bundle.js says."""
_CHANGED = ("excerpt", "loudness matched", "mono")
"""What was done to every clip."""
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of all members of a zip, so that the same test gives the same bytes."""


@dataclass(frozen=True, kw_only=True)
class LanguageScreens:
    """All screens of a language as HTML, by name."""

    t: RaterTexts
    bodies: Mapping[str, Any]


def write_bundles(
    home: Home, name: str, folder: Path, *, i_have_rights: bool = False, progress: Progress = SILENT
) -> list[Path]:
    """Write a zip for each rater; the paths. Each appears whole; the same call again writes the same.

    Args:
        home: where the test is.
        name: of the test.
        folder: where zips are put; made where it is not there.
        i_have_rights: pass on clips whose licence does not allow it.

    Raises:
        UnknownName: there is no such test.
        EvaluationError: a file of it is missing or damaged, or clips may not be passed on.
        HomeError: the folder cannot be written, or its disk is full.
        MissingExtra: the extra `listen` is not installed.
    """
    require_extra("A listening test as files", "listen", "pyloudnorm", "soundfile")
    test, at = listening_test.read(home, name), listening_test.folder_of(home, name)
    tokens = rater_links.read(at, test)
    require_sounds(test, at)
    credited = _credits(home, test)
    if not i_have_rights:
        _require_rights(credited)
    written = []
    with writing_to(folder), progress.bar("Writing bundles", len(test.raters), "raters") as advance:
        folder.mkdir(parents=True, exist_ok=True)
        for plan in test.raters:
            path = folder / f"listening-{plan.rater}.zip"
            with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for member, content in _members(test, at, plan, tokens[plan.rater], credited):
                    method = zipfile.ZIP_STORED if member.endswith(".flac") else zipfile.ZIP_DEFLATED
                    packed.writestr(_entry(f"listening-{plan.rater}/{member}"), content, method)
            written.append(path)
            advance(1)
    return written


def bundle_page(test: ListeningTest, plan: RaterPlan, token: str) -> str:
    """The one page of a rater's bundle; sounds lie in sounds/ beside it."""
    made = [_screens(test, plan, rater_texts(language)) for language in languages()]
    assets = {key: content.decode() for key, content in screens.asset_files().items()}
    scripts = [screens.bundle_script(), assets["rating.js"]]
    return screens.bundle(
        first=made[0],
        languages=made,
        style=assets["rating.css"],
        data=_data(test, plan, token),
        scripts=scripts,
        hashes=[base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts],
    )


def _members(
    test: ListeningTest, at: Path, plan: RaterPlan, token: str, credited: Mapping[str, ClipCredit]
) -> list[tuple[str, bytes]]:
    """What a rater's folder has, by name."""
    own = {stimulus for trial in plan.trials for stimulus in trial.stimuli}
    sounds = [stimulus for stimulus in test.stimuli if stimulus.name in own]
    members = [("index.html", bundle_page(test, plan, token).encode())]
    lines = [texts("offline_unpack") for texts in map(rater_texts, languages())]
    members.append(("READ ME.txt", "\r\n\r\n".join(lines).encode("utf-8-sig")))  # as Notepad reads it
    named = {
        attribution(credited[one.clip_id], name="A clip", changes=_CHANGED)
        for one in sounds
        if one.clip_id in credited and credited[one.clip_id].licence.attribution
    }
    if named:
        members.append(("CREDITS.txt", "".join(f"{line}\n" for line in sorted(named)).encode()))
    loudness = float(test.design.get("loudness_lufs", LOUDNESS))
    members.append(("sounds/volume.flac", volume_sound(loudness)))
    for sound in sounds:
        content = (at / "stimuli" / sound.name).read_bytes()
        members.append((f"sounds/{sound.name}", content))
    return members


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.external_attr = 0o644 << 16
    return entry


def _screens(test: ListeningTest, plan: RaterPlan, t: RaterTexts) -> LanguageScreens:
    """The screens of a rater in one language; of trials one of each sort, which bundle.js fills."""
    assets = screens.PageAssets(style="", script="", volume="sounds/volume.flac")
    form = screens.TrialForm(action="#", back="#/back", help="#/instructions")
    again = screens.TrialForm(action="#", corrects=True, leave="#/trial")
    bodies = {
        "consent": screens.consent(test, plan.rater, t, action="#", offline=True),
        "instructions": screens.instructions(test, plan, t, "#/trial", assets, begun=False, offline=True),
        "instructions-again": screens.instructions(test, plan, t, "#/trial", assets, begun=True, offline=True),
        "end": screens.bundle_end(test, plan.rater, t, file=_file_name(plan)),
        "foot": screens.bundle_foot(t),
    }
    for name, of_role in (("trial", "rated"), ("check", "check")):
        for one in [trial for trial in plan.trials if trial.role == of_role][:1]:
            blank = replace(one, texts=tuple("" for _ in one.texts))  # no screen has what is of another trial
            for suffix, sent in (("", form), ("-again", again)):
                bodies[name + suffix] = screens.rating_trial(test, plan, blank, t, form=sent, sound_address=_no_sound)
    return LanguageScreens(t=t, bodies={name: screens.markup(body) for name, body in bodies.items()})


def _no_sound(_: str) -> str:
    """bundle.js gives the address."""
    return ""


def _file_name(plan: RaterPlan) -> str:
    return f"listening-{plan.rater}-answers.json"


def _data(test: ListeningTest, plan: RaterPlan, token: str) -> str:
    """What bundle.js knows, as JSON that cannot end its script element."""
    counted = [trial.id for trial in plan.trials if trial.role != "practice"]
    practised = len(counted) < len(plan.trials)
    told = {
        "format": FORMAT,
        "test": test.sha256,
        "rater": plan.rater,
        "key": answers_key(test, plan.rater, token),
        "file": _file_name(plan),
        "aspects": [aspect.name for aspect in test.aspects],
        "words": {one.language: {key: one.texts[key] for key in _WORDS} for one in map(rater_texts, languages())},
        "trials": [
            _trial(test, plan, trial) | {"practice_over": practised and counted[:1] == [trial.id]}
            for trial in plan.trials
        ],
    }
    return safe_json(told)


def _trial(test: ListeningTest, plan: RaterPlan, trial: Trial) -> dict[str, Any]:
    """A trial without what a rater may not know: systems, clips, roles, which of two clips is described."""
    seconds = {stimulus.name: stimulus.seconds for stimulus in test.stimuli}
    spoken = [rater_texts(language) for language in languages()]
    place = screens.trial_place(plan, trial)
    return place | {
        "id": trial.id,
        "heading": {t.language: screens.trial_heading(plan, trial, t) for t in spoken},
        "sounds": [
            {"address": f"sounds/{name}", "seconds": seconds[name], "needed": round(needed, 3)}
            for name, needed in zip(trial.stimuli, seconds_needed(test, trial), strict=True)
        ],
        "texts": [visible(text) for text in trial.texts],
        "check": {t.language: screens.check_lines(test, trial, t) for t in spoken} if trial.role == "check" else None,
    }


def _credits(home: Home, test: ListeningTest) -> dict[str, ClipCredit]:
    """By clip id who made it, and what may be done with it."""
    clips = {stimulus.clip_id: test.part for stimulus in test.stimuli}
    datasets = sorted({clip_id.partition("/")[0] for clip_id in clips})
    try:
        repaired = manifest.load(home, test.split).is_repaired
    except (UnknownName, SplitError):  # it went since
        repaired = False
    with database.snapshot(home) as connection:
        found = credits_of(connection, test.split, datasets=datasets, parts=clips, repaired=repaired)
    return {credit.clip_id: credit for credit in found.clips}


def _require_rights(credited: Mapping[str, ClipCredit]) -> None:
    """Raises EvaluationError where a clip may not be passed on as it is played: cut, and made louder or quieter."""
    kept = {
        clip_id: credit.licence.title
        for clip_id, credit in credited.items()
        if not (credit.licence.may_share and credit.licence.may_change)
    }
    if kept:
        titles = some(dict.fromkeys(kept.values()), 3)
        raise EvaluationError(
            f"{number(len(kept), 'clip')} of {len(credited)} may not be passed on, cut and with another loudness:"
            f" {titles}.",
            "Give --i-have-rights where you have them, or serve the test: raters hear it then, and get no copies.",
        )
