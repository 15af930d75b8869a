"""The file that a rater sends back who rated without a server: made by the pages of a bundle, and taken in here.

    {"format": "...", "test": hash, "rater": "r01", "language": "en", "consented_at": time, "finished_at": time or null,
     "answers": [{"trial": id, "values": {aspect: value}, "heard_s": seconds, "rated_at": time}, ...], "seal": hash}

The seal is a hash over the rater's own key, which the bundle has and no other rater's, and over all else: a file that
was changed, or made in another rater's name, does not have it. Whoever has a bundle can make any file in its rater's
name, as whoever has a link can rate in that rater's place.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import FiniteFloat  # noqa: TC002 - files are checked against the types

from mudata.errors import EvaluationError, some
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.listening_test import CHOICES
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore
from mudata.json_files import as_type, damaged, read_object, reading

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest, RaterPlan
    from mudata.home import Home

FORMAT = "mudata listening answers 1"
LARGEST = 5_000_000
"""Bytes; a thousand trials have half a million."""
_HINT = "Ask the rater to save the file once more, and to send it as it is."


@dataclass(frozen=True, kw_only=True)
class FiledAnswer:
    """One trial as it was rated. `heard_s`: seconds of sound that were played before."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    trial: str
    values: Mapping[str, str]
    heard_s: FiniteFloat
    rated_at: str


@dataclass(frozen=True, kw_only=True)
class AnswersFile:
    """What a rater sends back."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    format: str
    test: str
    rater: str
    language: str
    consented_at: str
    finished_at: str | None
    answers: tuple[FiledAnswer, ...]
    seal: str


@dataclass(frozen=True, kw_only=True)
class TakenAnswers:
    """What came of a file: ratings that are new, that were there already, and that a later one stands for."""

    file: str
    rater: str
    added: int
    known: int
    older: int
    finished: bool


def answers_key(test: ListeningTest, rater: str, token: str) -> str:
    """What a rater's files are sealed with: made of the token, which it does not tell."""
    return hmac.new(token.encode(), f"answers {test.sha256} {rater}".encode(), hashlib.sha256).hexdigest()


def seal_of(content: Mapping[str, object], key: str) -> str:
    """The seal of a file: SHA-256 of the key, a line feed, and the file as JSON without spaces and without its seal."""
    plain = {name: value for name, value in content.items() if name != "seal"}
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()


def take_answers(home: Home, name: str, path: Path) -> TakenAnswers:
    """Put the answers of a file into the store of its test, all or none. The same file again changes nothing, and of
    two files of a rater the later answer to a trial counts, whichever comes first.

    Raises:
        UnknownName: there is no such test.
        EvaluationError: the file cannot be read; is of another test or of nobody who was asked; was changed since it
            was saved; or has answers to what was not asked.
    """
    test, folder = listening_test.read(home, name), listening_test.folder_of(home, name)
    filed = _read(path, test, rater_links.read(folder, test))
    with RatingStore(folder) as store:
        known = {(rating.trial, rating.aspect): rating for rating in store.ratings(filed.rater)}
        new, counts = [], {"added": 0, "known": 0, "older": 0}
        for rating in _ratings(filed):
            before = known.get((rating.trial, rating.aspect))
            if before is None or (before.value != rating.value and _is_later(rating, before)):
                what = "added"
                new.append(rating)
            else:
                what = "known" if before.value == rating.value else "older"
            counts[what] += 1
        store.meet(
            RaterRecord(
                rater=filed.rater,
                language=filed.language,
                consented_at=filed.consented_at,
                finished_at=filed.finished_at,
                source=path.name,
            )
        )
        if new:
            store.add(new)
    return TakenAnswers(file=path.name, rater=filed.rater, finished=filed.finished_at is not None, **counts)


def is_answers_file(path: Path) -> bool:
    """Whether a file is one that a bundle made, or should be: it is called so, or begins as JSON does."""
    if path.suffix.casefold() == ".json":
        return True
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:
        return False


def _read(path: Path, test: ListeningTest, tokens: Mapping[str, str]) -> AnswersFile:
    with reading(path, hint=_HINT):
        if (size := path.stat().st_size) > LARGEST:
            raise ValueError(f"it has {size:,} bytes; at most {LARGEST:,} are expected")
    content = read_object(path, hint=_HINT)
    if content.get("format") != FORMAT:
        raise damaged(path, f"its format is {str(content.get('format'))[:60]!r}, not {FORMAT!r}", _HINT)
    with reading(path, hint=_HINT):
        filed = as_type(content, AnswersFile)
    if filed.test != test.sha256:
        raise EvaluationError(
            f"{path} is of another test: of {filed.test[:12]!r}, and {test.name} is {test.sha256[:12]}.",
            "Name the test that the rater's folder was made of: mudata listen show TEST tells its hash.",
        )
    if filed.rater not in tokens:
        raise EvaluationError(f"{path} is of {filed.rater[:20]!r}, whom {test.name} does not ask.", _HINT)
    if not hmac.compare_digest(
        seal_of(content, answers_key(test, filed.rater, tokens[filed.rater])).encode(), filed.seal.encode()
    ):
        raise EvaluationError(
            f"{path} was changed after it was saved, or not saved by the pages of {filed.rater}: its seal is wrong.",
            _HINT,
        )
    if wrong := list(_faults(filed, test)):
        raise EvaluationError(f"{path} does not fit {test.name}: {some(wrong, 3)}.", _HINT)
    return filed


def _faults(filed: AnswersFile, test: ListeningTest) -> Iterator[str]:
    """What cannot have been answered so on the pages of a bundle."""
    plan = next(plan for plan in test.raters if plan.rater == filed.rater)
    asked, answered = [trial.id for trial in plan.trials], [answer.trial for answer in filed.answers]
    if answered != asked[: len(answered)]:
        yield f"its answers are not to the first {len(answered)} trials of {filed.rater}"
    if (filed.finished_at is not None) != (len(answered) == len(asked)):
        yield f"it is {'' if filed.finished_at else 'not '}finished with {len(answered)} of {len(asked)} trials"
    names = [aspect.name for aspect in test.aspects]
    low, high = test.scale or (0, -1)
    values = {str(mark) for mark in range(low, high + 1)} if test.kind == "mos" else set(CHOICES)
    longest = _longest(plan, test)
    for number, answer in enumerate(filed.answers, 1):
        if sorted(answer.values) != sorted(names):
            yield f"answer {number} is about {some(answer.values, 4)}, not {some(names, 4)}"
        elif wrong := [value for value in answer.values.values() if value not in values]:
            yield f"answer {number} is {wrong[0][:20]!r}"
        if not 0 <= answer.heard_s <= longest.get(answer.trial, 0.0) + 1:
            yield f"answer {number} was heard for {answer.heard_s:g} s"
    for time in (filed.consented_at, filed.finished_at, *(answer.rated_at for answer in filed.answers)):
        if time is not None and _time(time) is None:
            yield f"{time[:40]!r} is no time"


def _longest(plan: RaterPlan, test: ListeningTest) -> dict[str, float]:
    """Seconds of sound of each trial."""
    seconds = {stimulus.name: stimulus.seconds for stimulus in test.stimuli}
    return {trial.id: sum(seconds[name] for name in trial.stimuli) for trial in plan.trials}


def _ratings(filed: AnswersFile) -> Iterator[Rating]:
    for answer in filed.answers:
        for aspect, value in answer.values.items():
            yield Rating(
                rater=filed.rater,
                trial=answer.trial,
                aspect=aspect,
                value=value,
                heard_s=answer.heard_s,
                rated_at=answer.rated_at,
            )


def _is_later(rating: Rating, before: Rating) -> bool:
    one, other = _time(rating.rated_at), _time(before.rated_at)
    return one is not None and (other is None or one > other)


def _time(text: str) -> datetime | None:
    """A time with its zone; None for what is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None
