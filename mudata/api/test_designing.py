"""Listening tests as functions: designed, and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mudata.api.arguments import checked, many, one_of
from mudata.deprecations import hide_deprecations
from mudata.evaluation.run import Run
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.evaluation.listening.planned_test import PlannedTest

hide_deprecations()


@checked(narrator="progress")
def new_listening_test(
    name: str,
    *,
    runs: str | Path | Run | Sequence[str | Path | Run],
    split: str,
    kind: Literal["mos", "pairwise", "texts"] = "mos",
    part: str | None = None,
    n: int = 40,
    raters: int = 20,
    per_rater: int | None = None,
    minutes: float = 30.0,
    seed: int = 0,
    anchors: str | Sequence[str] = ("reference", "wrong-clip"),
    scale: Literal["1-5", "0-5"] = "1-5",
    practice: int = 2,
    checks: int = 3,
    failed_checks: int = 1,
    least_share: float = 0.5,
    seconds: float | None = None,
    aspects: str | Path | None = None,
    consent: Mapping[str, str] | None = None,
    contact: str = "",
    dry_run: bool = False,
    progress: Progress | bool | None = None,
) -> ListeningTest | PlannedTest:
    """Design a listening test of what models said, and seal it; `mudata listen serve` asks the raters.

    Every clip is rated with every system equally often, every rater has every system equally often and a clip once;
    places in the order and sides are shared alike. The same seed gives the same design. A test that is there is never
    overwritten. Stopped at any moment, the same call makes it again.

    Args:
        name: of the test.
        runs: whose answers are rated: of captions or labels, about one part of one split, with one task.
        split: that they were asked about.
        kind: 'mos' (marks for one text about one clip), 'pairwise' (two clips, one text) or 'texts' (one clip, two
            texts).
        part: of the split [default: that of the runs].
        n: clips that are rated.
        raters: people who rate.
        per_rater: trials that count, of each rater [default: what `minutes` allow].
        minutes: how long a rater may be kept.
        seed: draws clips, who hears what, orders and sides.
        anchors: hidden systems that are no models: 'reference', 'wrong-clip'; () for none.
        scale: lowest and highest mark.
        practice: trials before the first that counts.
        checks: trials that say what to choose.
        failed_checks: whoever fails more of them does not count.
        least_share: whoever rates a smaller share of their trials does not count.
        seconds: of a clip at most [default: 10 for pairwise, else 30].
        aspects: what is asked, a YAML file [default: mudata's own].
        consent: texts of your own that raters agree to, by language ('en').
        contact: whom raters may ask; they see it.
        dry_run: give the numbers of the design only (`design()`, `power()`, `minutes`), and make nothing.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName: no run or split has that name.
        ArgumentError: values that cannot be.
        CardError: aspects that cannot be read, with file and line.
        EvaluationError: what cannot be balanced, with the nearest numbers that can; a test that is there; runs that
            cannot be rated together; too few clips that can be heard.
        MissingExtra: mudata-music[listen] is not installed.
    """
    from mudata.evaluation.listening.listening_request import ANCHORS, SCALES, ListeningRequest
    from mudata.evaluation.listening.listening_test import TestKind
    from mudata.evaluation.listening.planned_test import plan_test
    from mudata.evaluation.listening.test_maker import make_test

    one_of("kind", kind, get_args(TestKind))
    one_of("scale", scale, SCALES)
    hidden = many(anchors)
    for anchor in hidden:
        one_of("anchor", anchor, ANCHORS)
    named = (runs,) if isinstance(runs, str | Path | Run) else tuple(runs)
    request = ListeningRequest(
        name=name,
        kind=kind,
        runs=tuple(str(one.folder) if isinstance(one, Run) else str(one) for one in named),
        split=split,
        part=part,
        n=n,
        raters=raters,
        per_rater=per_rater,
        minutes=minutes,
        seed=seed,
        anchors=tuple(anchor for name, anchor in ANCHORS.items() if name in hidden),
        scale=SCALES[scale],
        practice=practice,
        checks=checks,
        failed_checks=failed_checks,
        least_share=least_share,
        seconds=seconds,
        aspects=None if aspects is None else Path(aspects).expanduser(),
        consent=dict(consent or {}),
        contact=contact,
    )
    home = Home.default()
    return plan_test(home, request) if dry_run else make_test(home, request, chosen(progress))


@checked()
def listening_tests() -> dict[str, ListeningTest]:
    """The listening tests of the home, by name.

    Raises EvaluationError where one is damaged or was changed by hand.
    """
    from mudata.evaluation.listening import listening_test

    home = Home.default()
    return {name: listening_test.read(home, name) for name in listening_test.names(home)}
