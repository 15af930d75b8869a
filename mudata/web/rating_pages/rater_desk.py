"""Answers what raters ask: where they are, and what becomes of what they send. It knows no server."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mudata.evaluation.listening.rating_store import AnsweredMeanwhile, NotKept, RaterRecord, Rating
from mudata.home import now
from mudata.web.rating_pages.answer_fields import (
    MissingAnswer,
    answer_fields,
    is_heard,
    read_answers,
    read_heard,
    seconds_needed,
)
from mudata.web.rating_pages.form_seals import FormSeals
from mudata.web.rating_pages.rater_pages import Asker, RaterPages, Reply
from mudata.web.rating_pages.rater_progress import RaterProgress
from mudata.web.rating_pages.rater_screens import TrialForm
from mudata.web.rating_pages.rater_texts import languages, rater_texts, wanted_language
from mudata.web.rating_pages.volume_sound import LOUDNESS

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.evaluation.listening.listening_test import ListeningTest, Trial
    from mudata.evaluation.listening.rating_store import RatingStore


@dataclass(frozen=True, kw_only=True)
class RaterRequest:
    """What a rater asks: `language` was chosen for the page, `accepted` are those of the browser (Accept-Language),
    `told` see `rater_pages.TOLD`; a trial's id, the name of a sound, the fields of a form, where there are some."""

    rater: str
    language: str = ""
    accepted: str = ""
    told: str = ""
    trial: str = ""
    sound: str = ""
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The value of a field that comes once; empty otherwise."""
        values = self.form.get(name, ())
        return values[0] if len(values) == 1 else ""


class RaterDesk:
    """One test that is being rated.

    Args:
        test: what is asked.
        folder: of the test, with its sounds.
        tokens: of each rater.
        store: where answers go.
        rated: told the rater's name, and whether that was the last answer, once the answers to a trial that was not
            rated before are on the disk.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        test: ListeningTest,
        folder: Path,
        tokens: Mapping[str, str],
        store: RatingStore,
        *,
        rated: Callable[[str, bool], None] = lambda rater, finished: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.test, self._folder, self._tokens, self._store, self._rated = test, folder, tokens, store, rated
        self._seals = FormSeals(tokens.values(), clock)
        self._pages = RaterPages(test, self._seals)
        self._plans = {plan.rater: plan for plan in test.raters}
        self._raters = {_hashed(token): rater for rater, token in tokens.items()}

    @cached_property
    def loudness(self) -> float:
        """LUFS of the stimuli, as far as the test says."""
        said = self.test.design.get("loudness_lufs")
        return float(said) if isinstance(said, int | float) else LOUDNESS

    def rater_of(self, token: str) -> str | None:
        """Whose token this is. It is looked up by its hash: how long that takes tells nothing of other tokens."""
        rater = self._raters.get(_hashed(token), "")
        same = hmac.compare_digest(self._tokens.get(rater, "").encode(), token.encode("utf-8", "replace"))
        return rater if rater and same else None

    def refusal(self, status: int, language: str, accepted: str) -> Reply:
        return self._pages.refusal(status, language, accepted)

    def start(self, asked: RaterRequest) -> Reply:
        """Where the rater is."""
        asker = self._asker(asked)
        if not asker.consented:
            return self._pages.consent(asker)
        if not asker.progress.is_begun():
            return self._pages.instructions(asker)
        if (trial := asker.progress.next_trial) is None:
            return self._pages.thanks(asker)
        return self._trial(asker, trial, asked.told)

    def instructions(self, asked: RaterRequest) -> Reply:
        asker = self._asker(asked)
        return self._pages.instructions(asker) if asker.consented else self._pages.consent(asker)

    def rest(self, asked: RaterRequest) -> Reply:
        return self._pages.rest(self._asker(asked))

    def trial(self, asked: RaterRequest) -> Reply:
        """A trial that may be rated now; else where the rater is."""
        asker = self._asker(asked)
        if (trial := self.test.trials.get((asked.rater, asked.trial))) is None:
            return self.refusal(404, asked.language, asked.accepted)
        if not asker.consented or not asker.progress.is_open(trial):
            return Reply(next=asker.address(told=asked.told))
        return self._trial(asker, trial, asked.told)

    def sound(self, asked: RaterRequest) -> Reply:
        """A stimulus of one of the rater's own trials. Nothing of a path comes from the request: names are compared."""
        own = {stimulus for trial in self._plans[asked.rater].trials for stimulus in trial.stimuli}
        path = next((self._folder / "stimuli" / one for one in own if one == asked.sound), None)
        if path is None or not path.is_file():
            return self.refusal(404, asked.language, asked.accepted)
        return Reply(sound=path)

    def agree(self, asked: RaterRequest) -> Reply:
        """Consent is given. Raises NotKept."""
        asker = self._asker(asked)
        if self._seals.opened(asked.one("seal"), asked.rater, "consent") is None or asked.one("agree") != "yes":
            return self._pages.consent(asker, problem=asker.texts("consent_missing"))
        self._store.meet(RaterRecord(rater=asked.rater, language=asker.texts.language, consented_at=now()))
        return self._following(asker)

    def rate(self, asked: RaterRequest) -> Reply:
        """Answers to a trial: kept whole and once, or told why not."""
        asker = self._asker(asked)
        if (trial := self.test.trials.get((asked.rater, asked.trial))) is None:
            return self.refusal(404, asked.language, asked.accepted)
        opened = self._seals.opened(asked.one("seal"), asked.rater, asked.trial)
        if not asker.consented or opened is None:
            return Reply(next=asker.address("trial", trial.id, told="old"))
        revision, seconds = opened
        try:
            answers = read_answers(answer_fields(self.test, asker.texts), asked.form)
        except MissingAnswer as missing:
            said = asker.texts("missing_answer", question=missing.field.name)
            return self._again(asker, trial, asked, said)
        if asker.progress.answers.get(trial.id) == answers:  # the same form again: its reply was lost on the way
            return self._following(asker)
        return self._first_or_corrected(asker, trial, asked, answers, revision=revision, seconds=seconds)

    def _first_or_corrected(
        self,
        asker: Asker,
        trial: Trial,
        asked: RaterRequest,
        answers: Mapping[str, str],
        *,
        revision: int,
        seconds: float,
    ) -> Reply:
        """Answers that differ from what counts so far."""
        if not asker.progress.is_open(trial):
            return Reply(next=asker.address(told="late"))
        if problem := self._unheard(asker, trial, asked, seconds):
            return self._again(asker, trial, asked, problem)
        return self._keep(asker, trial, asked, answers, revision=revision)

    def _unheard(self, asker: Asker, trial: Trial, asked: RaterRequest, seconds: float) -> str:
        """Why a trial cannot have been heard; empty where it can.

        What was played is what the page says, and a page can be forged. That the form was there for as long as the
        sounds last is known here.
        """
        if trial.id in asker.progress.answers:  # heard before it was rated first
            return ""
        needed = seconds_needed(self.test, trial)
        if not is_heard(needed, read_heard(trial, asked.form)):
            names = ("clip",) if len(needed) == 1 else ("clip_1", "clip_2")
            return asker.texts("missing_sound", what=", ".join(map(asker.texts, names)))
        return asker.texts("missing_time") if seconds < sum(needed) else ""

    def _keep(
        self, asker: Asker, trial: Trial, asked: RaterRequest, answers: Mapping[str, str], *, revision: int
    ) -> Reply:
        first, finished = trial.id not in asker.progress.answers, asker.progress.finishes(trial)
        lengths = {stimulus.name: stimulus.seconds for stimulus in self.test.stimuli}
        played = zip(read_heard(trial, asked.form), trial.stimuli, strict=True)
        heard = sum(min(seconds, lengths[name]) for seconds, name in played)
        if not first:
            heard = max([heard, *(r.heard_s or 0.0 for r in self._store.ratings(asked.rater) if r.trial == trial.id)])
        ratings = [
            Rating(rater=asked.rater, trial=trial.id, aspect=aspect, value=value, heard_s=round(heard, 2))
            for aspect, value in answers.items()
        ]
        try:
            if asker.chosen:
                self._store.meet(RaterRecord(rater=asked.rater, language=asker.texts.language))
            self._store.add(ratings, after=revision, finished_at=now() if finished else None)
        except AnsweredMeanwhile:
            return Reply(next=asker.address("trial", trial.id, told="elsewhere"))
        except NotKept:
            return self._again(asker, trial, asked, asker.texts("not_kept"), status=503)
        if first:
            self._rated(asked.rater, finished)
        return self._following(asker)

    def _asker(self, asked: RaterRequest) -> Asker:
        record = next((one for one in self._store.raters() if one.rater == asked.rater), None)
        consented = record is not None and record.consented_at is not None
        stored = record.language if record and record.language in languages() else None
        chosen = asked.language if asked.language in languages() else None
        said = self._store.ratings(asked.rater) if consented else ()
        return Asker(
            rater=asked.rater,
            token=self._tokens[asked.rater],
            texts=rater_texts(chosen or stored or wanted_language(asked.accepted)),
            chosen=chosen is not None and chosen != stored,
            consented=consented,
            progress=RaterProgress.of(self._plans[asked.rater], [one.name for one in self.test.aspects], said),
        )

    def _trial(self, asker: Asker, trial: Trial, told: str) -> Reply:
        return self._pages.trial(asker, trial, self._store.revision(asker.rater, trial.id), told)

    def _again(self, asker: Asker, trial: Trial, asked: RaterRequest, told: str, status: int = 422) -> Reply:
        """The form as it was sent, to be sent again."""
        chosen = {one.name: asked.one(f"answer-{one.name}") for one in self.test.aspects}
        heard, seal = read_heard(trial, asked.form), asked.one("seal")
        return self._pages.again(
            asker, trial, TrialForm(action="", seal=seal, chosen=chosen, heard=heard, told=told), status
        )

    def _following(self, asker: Asker) -> Reply:
        """The next page, in the language that is stored by now."""
        return Reply(next=f"/r/{asker.token}")


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
