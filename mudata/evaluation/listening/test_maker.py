"""A listening test is made: texts read, numbers balanced, clips drawn and made equally loud, trials planned, sealed.

test.json comes last, by a rename: a folder without it is none, and is made again from scratch.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mudata.catalog.credits.credit_search import credits_of
from mudata.catalog.index import database
from mudata.errors import AudioError, EvaluationError
from mudata.evaluation import run
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.balanced_plan import balanced_plan
from mudata.evaluation.listening.clip_order import clip_order
from mudata.evaluation.listening.clip_pairs import compared_clips, wrong_for_both
from mudata.evaluation.listening.listening_test import ExclusionRule, ListeningTest
from mudata.evaluation.listening.planned_test import PlannedTest, mean_words, plan_test
from mudata.evaluation.listening.stimuli import common_loudness, measured, stored_sounds, write_stimuli
from mudata.evaluation.listening.trial_maker import TrialMaker
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.evaluation.listening.balanced_plan import Placement
    from mudata.evaluation.listening.listening_request import ListeningRequest
    from mudata.evaluation.listening.listening_test import RaterPlan
    from mudata.evaluation.listening.rated_texts import RatedTexts
    from mudata.evaluation.listening.stimuli import Excerpt
    from mudata.home import Home


def make_test(home: Home, request: ListeningRequest, progress: Progress = SILENT) -> ListeningTest:
    """Make a test, sealed and ready to be served. Stopped at any moment, the same call makes it again.

    Raises as `plan_test` does; EvaluationError where a test of that name is there (its ratings would be lost) or too
    few clips can be heard; MissingExtra; Busy.
    """
    folder = listening_test.folder_of(home, request.name)
    home.make(home.listening)
    with home.lock(f"listening-{request.name}", wait_s=0):
        _require_new(folder, request.name)
        planned = plan_test(home, request)
        if folder.exists():  # of one who was stopped
            shutil.rmtree(folder)
        try:
            folder.mkdir()
            return _made(home, planned, folder, progress)
        except BaseException:
            if not (folder / "test.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _made(home: Home, planned: PlannedTest, folder: Path, progress: Progress) -> ListeningTest:
    import numpy as np

    request, rated = planned.request, planned.rated
    heard = _heard(home, planned, progress)
    items, spare = heard.items[: request.n], heard.items[request.n :]
    foils, texts = {}, {item: dict(of) for item, of in rated.texts.items()}
    if request.kind == "pairwise":
        foils = compared_clips(rated, heard.items)
        if "wrong clip" in request.anchors:
            for item, other in wrong_for_both(rated, foils).items():
                texts[item]["wrong clip"] = rated.references[other]
    loudness = common_loudness(heard.excerpts.values())
    by_clip = write_stimuli(folder / "stimuli", list(heard.excerpts.values()), loudness)
    stimuli = {item: by_clip[rated.clip_of(item)] for item in heard.items}
    maker = TrialMaker(
        kind=request.kind,
        aspects=planned.aspects,
        scale=request.scale,
        treatments=planned.treatments,
        items=items,
        spare=spare,
        texts=texts,
        stimuli=stimuli,
        foils=foils,
    )
    numbers = planned.numbers
    placed = balanced_plan(
        clips=numbers.clips,
        treatments=numbers.treatments,
        raters=numbers.raters,
        per_rater=planned.per_rater,
        random=np.random.default_rng([request.seed, 1]),
    )
    raters = _rater_plans(maker, placed, request)
    clip_s = sum(stimulus.seconds for stimulus in by_clip.values()) / len(by_clip)
    trial_s = request.trial_s(planned.aspects, clip_s, mean_words(rated))
    more = {"loudness_lufs": round(loudness, 2), "not_decoded": heard.unheard, "kin": _kin(rated, items)}
    more["alike"] = _alike(raters)
    more["named"] = _named(raters, [system.name for system in rated.systems if system.role == "model"])
    more["licences"] = _licences(home, planned, [rated.clip_of(item) for item in heard.items])
    test = ListeningTest(
        name=request.name,
        kind=request.kind,
        seed=request.seed,
        split=request.split,
        part=rated.part,
        scale=request.scale if request.kind == "mos" else None,
        aspects=planned.aspects,
        systems=rated.systems,
        stimuli=tuple(sorted(by_clip.values(), key=lambda stimulus: stimulus.name)),
        raters=raters,
        rule=ExclusionRule(failed_checks=request.failed_checks, least_share=request.least_share),
        minutes=round(request.minutes_of(planned.per_rater, trial_s), 1),
        design=planned.design() | more,
        power=planned.power(),
        consent=dict(request.consent),
        contact=request.contact,
        scores_sha256=_scores(home, rated),
    ).sealed()
    rater_links.write(folder, test)
    test.write(folder)
    return test


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """Items in the order drawn whose clips can be heard, those for practice last, and why others cannot."""

    items: list[str] = field(default_factory=list)
    excerpts: dict[str, Excerpt] = field(default_factory=dict)
    unheard: dict[str, str] = field(default_factory=dict)


def _heard(home: Home, planned: PlannedTest, progress: Progress) -> _Heard:
    """Clips that can be heard, in the order drawn: those that are rated, and as many as there are for practice."""
    import numpy as np

    request, rated, heard = planned.request, planned.rated, _Heard()
    wanted = request.n + request.practice
    strata = {item: _stratum(rated, item) for item in rated.texts}
    drawn = clip_order(list(rated.texts), rated.clusters, strata, np.random.default_rng([request.seed, 0]))
    sounds = stored_sounds(home, map(rated.clip_of, drawn), repaired=planned.repaired)
    with progress.bar("Measuring loudness", wanted) as advance:
        for item in drawn:
            if len(heard.items) == wanted:
                break
            clip_id = rated.clip_of(item)
            try:
                heard.excerpts[clip_id] = measured(clip_id, sounds.get(clip_id), request.longest_s)
            except AudioError as error:
                heard.unheard[clip_id] = f"{error.reason}: {error.what}"
                progress.say(f"Not taken: {clip_id} ({error.reason}: {error.what})")
                continue
            heard.items.append(item)
            advance(1)
    if len(heard.items) < request.n:
        reasons = Counter(why.partition(":")[0] for why in heard.unheard.values())
        told = ", ".join(f"{count} {why}" for why, count in reasons.most_common())
        raise EvaluationError(
            f"{request.n} clips are asked for, and {len(heard.items)} of {len(drawn)} can be heard ({told}).",
            f"Give --n {len(heard.items)} or less, or fetch the dataset again: mudata verify tells what is gone.",
        )
    return heard


def _rater_plans(
    maker: TrialMaker, placed: Sequence[Sequence[Placement]], request: ListeningRequest
) -> tuple[RaterPlan, ...]:
    import numpy as np

    width = max(2, len(str(len(placed))))
    return tuple(
        maker.plan(
            f"r{at + 1:0{width}}",
            own,
            practice=request.practice,
            checks=request.checks,
            random=np.random.default_rng([request.seed, 2, at]),
        )
        for at, own in enumerate(placed)
    )


def _require_new(folder: Path, name: str) -> None:
    """Raises EvaluationError where there is a test of that name, or ratings of one."""
    if (folder / "test.json").exists():
        raise EvaluationError(
            f"There is a listening test {name!r} already, in {folder}: its ratings belong to its design.",
            f"Choose another name; or look at it (mudata listen show {name}), or remove it with its ratings"
            f" (mudata rm {name}).",
        )
    if (folder / "ratings.sqlite").exists():
        raise EvaluationError(
            f"{folder} has ratings, and no test.json that they belong to.",
            "Bring test.json back, or choose another name.",
        )


def _stratum(rated: RatedTexts, item: str) -> str:
    """What clips are spread over: labels, where these are asked for; captions are of datasets."""
    question = rated.questions[item]
    return question.dataset if rated.reference == "captions" else f"{question.dataset} {question.references[:1]}"


def _alike(raters: Sequence[RaterPlan]) -> int:
    """How many trials compare a text with itself: labels are often the same."""
    trials = [trial for plan in raters for trial in plan.trials if trial.role == "rated"]
    return sum(len(trial.texts) == 2 and len(set(trial.texts)) == 1 for trial in trials)


def _named(raters: Sequence[RaterPlan], models: Sequence[str]) -> dict[str, int]:
    """In how many trials raters read the name of a model in a text: who says who they are is not hidden."""
    shown = [" ".join(trial.texts).casefold() for plan in raters for trial in plan.trials if trial.role == "rated"]
    words = {name: re.compile(rf"(?<!\w){re.escape(name.casefold())}(?!\w)") for name in models}
    counts = {name: sum(bool(word.search(text)) for text in shown) for name, word in words.items()}
    return {name: count for name, count in counts.items() if count}


def _licences(home: Home, planned: PlannedTest, clip_ids: Sequence[str]) -> dict[str, int]:
    """Licences of the clips that are played, by title."""
    parts = dict.fromkeys(clip_ids, planned.rated.part)
    datasets = sorted({planned.rated.questions[item].dataset for item in planned.rated.texts})
    with database.snapshot(home) as connection:
        credited = credits_of(
            connection, planned.request.split, datasets=datasets, parts=parts, repaired=planned.repaired
        )
    return dict(Counter(clip.licence.title for clip in credited.clips).most_common())


def _kin(rated: RatedTexts, items: Sequence[str]) -> int:
    """How many of the clips that are rated are of one artist, album, track or recording with another."""
    counts = Counter(rated.clusters[item] for item in items)
    return sum(count for count in counts.values() if count > 1)


def _scores(home: Home, rated: RatedTexts) -> dict[str, str]:
    found = {}
    for system in rated.systems:
        if system.run and (path := run.find(home, system.run).folder / "scores.json").exists():
            found[system.run] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
