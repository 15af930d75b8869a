"""The pages of a test that is served, with the addresses of /r/TOKEN in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.web.rating_pages import rater_screens as screens
from mudata.web.rating_pages.rater_texts import RaterTexts, languages, rater_texts, wanted_language

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest, Trial
    from mudata.web.rating_pages.form_seals import FormSeals
    from mudata.web.rating_pages.rater_progress import RaterProgress

TOLD = {"elsewhere": "told_elsewhere", "late": "told_too_late", "old": "told_old_form"}
"""What a page says that comes instead of another: by the word in its address."""
_REFUSALS = {404: "not_found", 405: "refused", 429: "too_many", 403: "refused", 400: "refused"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A page; where to go `next`; what is wrong with what was sent, with a page that says so; or a file of sound."""

    status: int = 200
    page: str = ""
    next: str = ""
    problem: str = ""
    sound: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks. `chosen`: the language was chosen for this page, and is not stored."""

    rater: str
    token: str
    texts: RaterTexts
    chosen: bool
    consented: bool
    progress: RaterProgress

    def address(self, *parts: str, told: str = "") -> str:
        asked = [f"told={told}"] if told else []
        if self.chosen:
            asked.append(f"language={self.texts.language}")
        return "/".join(["", "r", self.token, *parts]) + (f"?{'&'.join(asked)}" if asked else "")


class RaterPages:
    """Writes the pages of one test."""

    def __init__(self, test: ListeningTest, seals: FormSeals) -> None:
        self._test, self._seals = test, seals
        version = screens.asset_version()
        style, script, volume = (f"/assets/{one}?{version}" for one in ("rating.css", "rating.js", "volume.flac"))
        self._assets = screens.PageAssets(style=style, script=script, volume=volume)

    def consent(self, asker: Asker, problem: str = "") -> Reply:
        seal = self._seals.seal(asker.rater, "consent")
        body = screens.consent(
            self._test, asker.rater, asker.texts, action=f"/r/{asker.token}", seal=seal, problem=problem
        )
        reply = self._page(asker, asker.texts("consent_heading"), body)
        return replace(reply, status=422, problem=problem) if problem else reply

    def instructions(self, asker: Asker) -> Reply:
        plan, begun, trial = asker.progress.plan, asker.progress.is_begun(), asker.progress.next_trial
        following = asker.address() if begun or trial is None else asker.address("trial", trial.id)
        body = screens.instructions(self._test, plan, asker.texts, following, self._assets, begun=begun)
        return self._page(asker, asker.texts("instructions_heading"), body, "instructions")

    def rest(self, asker: Asker) -> Reply:
        heading, lines = asker.texts("break_heading"), [asker.texts("break_text")]
        body = screens.message(asker.texts, heading, lines, [(asker.texts("go_on"), asker.address())])
        return self._page(asker, heading, body, "break")

    def thanks(self, asker: Asker) -> Reply:
        last = asker.progress.last_trial
        body = screens.thanks(asker.rater, asker.texts, asker.address("trial", last.id) if last else "")
        return self._page(asker, asker.texts("thanks_heading"), body)

    def trial(self, asker: Asker, trial: Trial, revision: int, told: str = "") -> Reply:
        """A trial as it counts now. `revision` is the store's; `told`: one of TOLD."""
        seal = self._seals.seal(asker.rater, trial.id, revision)
        chosen = asker.progress.answers.get(trial.id, {})
        words = asker.texts(TOLD[told]) if told in TOLD else ""
        return self._trial(asker, trial, screens.TrialForm(action="", seal=seal, chosen=chosen, told=words))

    def again(self, asker: Asker, trial: Trial, form: screens.TrialForm, status: int) -> Reply:
        """A trial with what was sent, to be sent again: `form.told` says why."""
        return replace(self._trial(asker, trial, form), status=status, problem=form.told)

    def refusal(self, status: int, language: str, accepted: str) -> Reply:
        """For whoever cannot have what was asked for; it says nothing of anybody's link."""
        texts = rater_texts(language if language in languages() else wanted_language(accepted))
        kind = _REFUSALS.get(status, "failed")
        body = screens.message(texts, texts(f"{kind}_heading"), [texts(f"{kind}_text")])
        page = screens.whole_page(texts, texts(f"{kind}_heading"), body, self._assets)
        return Reply(status=status, page=page, problem=texts(f"{kind}_text"))

    def _trial(self, asker: Asker, trial: Trial, form: screens.TrialForm) -> Reply:
        last, corrects = asker.progress.last_trial, trial.id in asker.progress.answers
        form = replace(
            form,
            action=f"/r/{asker.token}/trial/{trial.id}",
            corrects=corrects,
            back=asker.address("trial", last.id) if last and not corrects else "",
            leave=asker.address() if corrects else "",
            pause="" if corrects else asker.address("break"),
            help="" if corrects else asker.address("instructions"),
        )
        plan = asker.progress.plan
        body = screens.rating_trial(
            self._test, plan, trial, asker.texts, form=form, sound_address=lambda name: f"/r/{asker.token}/sound/{name}"
        )
        return self._page(asker, screens.trial_heading(plan, trial, asker.texts), body, "trial", trial.id)

    def _page(self, asker: Asker, heading: str, body: str, *place: str) -> Reply:
        here = "/".join(["", "r", asker.token, *place])
        links = {one: f"{here}?language={one}" for one in languages()}
        return Reply(page=screens.whole_page(asker.texts, heading, body, self._assets, language_links=links))
