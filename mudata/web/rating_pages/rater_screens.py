"""The pages of raters as HTML: pure functions of a test, a rater's place in it, and a language.

They know no server: addresses are given, so that the same pages are served and written as files. Each function gives
the inside of <main>; `whole_page` puts it into a document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mudata.web.page_templates import environment, stylesheet
from mudata.web.rating_pages.answer_fields import answer_fields, seconds_needed
from mudata.web.rating_pages.rater_texts import RaterTexts, languages
from mudata.web.rating_pages.volume_sound import SECONDS

if TYPE_CHECKING:
    from jinja2 import Environment

    from mudata.evaluation.listening.listening_test import ListeningTest, RaterPlan, Trial

_SCRIPT_WORDS = (
    *("play", "pause", "heard", "not_heard", "missing_sound", "missing_answer", "sending"),
    *("playing", "paused", "ended", "not_sent", "sound_fails"),
)
"""What rating.js says."""


@dataclass(frozen=True, kw_only=True)
class PageAssets:
    """Addresses of what every page needs."""

    style: str
    script: str
    volume: str


@dataclass(frozen=True, kw_only=True)
class TrialForm:
    """What a trial's page has beside the trial itself; all addresses may be empty.

    action: where it is sent. seal: see `form_seals`. chosen: what is ticked, by aspect. heard: seconds of each stimulus
    that were heard already. corrects: it was rated before. told: what went wrong. back, leave, pause, help: where the
    links lead.
    """

    action: str
    seal: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    heard: Sequence[float] = ()
    corrects: bool = False
    told: str = ""
    back: str = ""
    leave: str = ""
    pause: str = ""
    help: str = ""


def whole_page(
    texts: RaterTexts, heading: str, body: str, assets: PageAssets, *, language_links: Mapping[str, str] | None = None
) -> str:
    """A document. `language_links`: where the same page is in each language."""
    choices = [
        {"language": one, "name": languages()[one], "href": href} for one, href in (language_links or {}).items()
    ]
    return _render("layout.html", texts, heading=heading, body=markup(body), assets=assets, choices=choices)


def consent(
    test: ListeningTest,
    rater: str,
    texts: RaterTexts,
    *,
    action: str,
    seal: str = "",
    problem: str = "",
    offline: bool = False,
) -> str:
    """What is asked before anything else: the experimenter's own words if there are some, and what is stored (in the
    rater's own browser, where the pages are files)."""
    own_language = texts.language_of(test.consent)
    own = [part.strip() for part in _lines(test.consent.get(own_language, "")).split("\n\n") if part.strip()]
    minutes = max(1, round(test.minutes))
    values: dict[str, Any] = {"rater": rater, "action": action, "seal": seal, "problem": problem, "minutes": minutes}
    values |= {"own": own, "own_language": own_language, "offline": offline}
    return _render("consent.html", texts, test=test, **values)


def instructions(
    test: ListeningTest,
    plan: RaterPlan,
    texts: RaterTexts,
    following: str,
    assets: PageAssets,
    *,
    begun: bool,
    offline: bool = False,
) -> str:
    """How it works, the volume, the keys. `following`: where the first trial, or the next one, is."""
    roles = {trial.role for trial in plan.trials}
    low, high = test.scale or (0, 0)
    return _render(
        "instructions.html",
        texts,
        test=test,
        low=low,
        high=high,
        begun=begun,
        offline=offline,
        next=following,
        practice="practice" in roles,
        checks="check" in roles,
        words=_script_words(texts),
        volume_address=assets.volume,
        volume_seconds=SECONDS,
    )


def trial_heading(plan: RaterPlan, trial: Trial, texts: RaterTexts) -> str:
    """'Practice 1 of 2', '3 of 40'."""
    place = trial_place(plan, trial)
    return texts("practice_of" if trial.role == "practice" else "number_of", **place)


def rating_trial(
    test: ListeningTest,
    plan: RaterPlan,
    trial: Trial,
    texts: RaterTexts,
    *,
    form: TrialForm,
    sound_address: Callable[[str], str],
) -> str:
    """One trial: its sounds, its texts, its questions. `sound_address` of a stimulus by its name."""
    lengths = {stimulus.name: stimulus.seconds for stimulus in test.stimuli}
    heard = form.heard or (0.0,) * len(trial.stimuli)
    sounds = [
        {
            "address": sound_address(name),
            "title": texts("clip" if len(trial.stimuli) == 1 else f"clip_{i + 1}"),
            "seconds": lengths[name],
            "needed": None if form.corrects else needed,
            "heard": heard[i],
        }
        for i, (name, needed) in enumerate(zip(trial.stimuli, seconds_needed(test, trial), strict=True))
    ]
    shown = [
        {"title": texts("text" if len(trial.texts) == 1 else f"text_{i + 1}"), "words": _lines(words)}
        for i, words in enumerate(trial.texts)
    ]
    return _render(
        "trial.html",
        texts,
        heading=trial_heading(plan, trial, texts),
        place=trial_place(plan, trial),
        note=_note(plan, trial, texts, corrects=form.corrects),
        kind=test.kind,
        sounds=sounds,
        said=shown,
        check=check_lines(test, trial, texts),
        fields=answer_fields(test, texts),
        words=_script_words(texts),
        **{name: getattr(form, name) for name in TrialForm.__dataclass_fields__ if name != "heard"},
    )


def message(texts: RaterTexts, heading: str, lines: Sequence[str], moves: Sequence[tuple[str, str]] = ()) -> str:
    """Some sentences, and links (words, address); the first is what most people want next."""
    links = [{"words": words, "href": href} for words, href in moves]
    return _render("message.html", texts, heading=heading, lines=lines, moves=links, main_move=True)


def thanks(rater: str, texts: RaterTexts, back: str) -> str:
    """The end. `back`: where the last answer can be corrected."""
    body = {"heading": texts("thanks_heading"), "lines": [texts("thanks_text"), texts("thanks_code", rater=rater)]}
    moves = [{"words": texts("back"), "href": back}] if back else []
    return _render("message.html", texts, **body, moves=moves, main_move=False)


def bundle(**values: Any) -> str:
    """The one document of a bundle, of its screens and scripts: see `rater_bundle`."""
    plain = {name: markup(values.pop(name)) for name in ("style", "data")}
    scripts = [markup(script) for script in values.pop("scripts")]
    return _environment().get_template("bundle.html").render(scripts=scripts, **plain, **values)


def bundle_end(test: ListeningTest, rater: str, texts: RaterTexts, *, file: str) -> str:
    """All is answered: the file is saved, and sent to whom."""
    send = (
        texts("offline_send_contact", file=file, contact=test.contact)
        if test.contact
        else texts("offline_send", file=file)
    )
    return _render("bundle_end.html", texts, rater=rater, send=send)


def bundle_foot(texts: RaterTexts) -> str:
    """Below every other screen: what was answered so far can be saved."""
    return _render("bundle_foot.html", texts)


def bundle_script() -> str:
    return files(__package__).joinpath("bundle.js").read_text("utf-8")


@cache
def asset_files() -> dict[str, bytes]:
    """Style and script by the names of their files; the same on every page."""
    script = files(__package__).joinpath("rating.js").read_bytes()
    return {"rating.css": stylesheet(__package__, "rating.css").encode(), "rating.js": script}


def asset_version() -> str:
    """Changes when an asset does."""
    return hashlib.sha256(b"".join(asset_files().values())).hexdigest()[:12]


def check_lines(test: ListeningTest, trial: Trial, texts: RaterTexts) -> list[str]:
    """What a check asks for, a line for each aspect."""
    if test.kind == "mos":
        titles = {one.aspect: one.title for one in answer_fields(test, texts)}
        return [
            texts("check_mos", aspect=titles.get(aspect, aspect), choice=choice)
            for aspect, choice in trial.expected.items()
        ]
    return [f"{choice}: {texts(f'{test.kind}_{choice}')}" for choice in trial.expected.values()]


def _note(plan: RaterPlan, trial: Trial, texts: RaterTexts, *, corrects: bool) -> str:
    if corrects:
        return texts("correcting")
    counted = [one.id for one in plan.trials if one.role != "practice"]
    practised = len(counted) < len(plan.trials)
    return texts("practice_over") if practised and counted[:1] == [trial.id] else ""


def trial_place(plan: RaterPlan, trial: Trial) -> dict[str, int]:
    """Which of how many trials it is, practice counted for itself."""
    alike = [one.id for one in plan.trials if (one.role == "practice") == (trial.role == "practice")]
    return {"number": alike.index(trial.id) + 1, "total": len(alike)}


def _lines(text: str) -> str:
    """A text whose lines end as a page's do: of other ends it would show the codes."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _script_words(texts: RaterTexts) -> str:
    return json.dumps({key: texts.texts[key] for key in _SCRIPT_WORDS}, ensure_ascii=False)


@cache
def _environment() -> Environment:
    return environment(__package__)


def _render(template: str, texts: RaterTexts, **values: Any) -> str:
    return _environment().get_template(template).render(t=texts, **values)


def markup(html: str) -> Any:
    """HTML that was made by the functions here, to be put into a document."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - made by the templates above, which escape
