"""What numbers of ratings tell apart, held against ratings drawn with known deviations by a real design."""

import numpy as np
import pytest

from mudata.evaluation.listening.balanced_plan import balanced_plan
from mudata.evaluation.listening.rating_power import (
    MarkDeviations,
    clips_to_tell,
    detectable_mos,
    detectable_share,
    difference_variance,
    raters_to_tell,
)


@pytest.mark.slow
def test_the_variance_of_a_difference_is_what_designs_show() -> None:
    clips, systems, raters, per_rater, draws = 12, 3, 9, 8, 4000
    random = np.random.default_rng(3)
    plan = balanced_plan(clips=clips, treatments=systems, raters=raters, per_rater=per_rater, random=random)
    trials = [trial for own in plan for trial in own]
    rater, clip, system = (
        np.array([getattr(trial, name) for trial in trials]) for name in ("rater", "clip", "treatment")
    )
    assumed = MarkDeviations(system_by_clip=0.5, system_by_rater=0.3, residual=0.8)
    marks = (
        assumed.system_by_clip * random.standard_normal((draws, clips, systems))[:, clip, system]
        + assumed.system_by_rater * random.standard_normal((draws, raters, systems))[:, rater, system]
        + assumed.residual * random.standard_normal((draws, len(trials)))
    )
    difference = marks[:, system == 0].mean(axis=1) - marks[:, system == 1].mean(axis=1)
    variance, freedom = difference_variance(clips, raters, len(trials) / systems, assumed)
    assert float(difference.var()) == pytest.approx(variance, rel=0.08)
    assert clips - 1 < freedom < len(trials)


def test_numbers_needed_are_the_fewest_that_do() -> None:
    raters = raters_to_tell(0.5, 40, 4)
    assert raters is not None
    assert detectable_mos(40, raters, 4 * raters) <= 0.5 < detectable_mos(40, raters - 1, 4 * (raters - 1))
    clips = clips_to_tell(0.5, 20, 2)
    assert clips is not None
    assert detectable_mos(clips, 20, 2 * clips) <= 0.5 < detectable_mos(clips - 1, 20, 2 * (clips - 1))
    share = detectable_share(80)
    assert share is not None
    shown = np.random.default_rng(0).binomial(80, share, 20_000)
    told = np.abs(shown / 80 - 0.5) * np.sqrt(80) / 0.5 > 1.959964
    assert told.mean() == pytest.approx(0.8, abs=0.03)
