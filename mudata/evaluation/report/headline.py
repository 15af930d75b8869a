"""What a panel shows, in one sentence: who is ahead of what needs no listening, and who of whom.

Every claim is one of a test: `comparison.floors` for the former, `comparison.compare` for the
latter, both at 5 % over all runs of the panel. What no test shows is said not to be shown. Control
runs are no models and take no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mudata.errors import number
from mudata.evaluation.comparison.comparison_result import ends, shown
from mudata.evaluation.comparison.floors import TESTS
from mudata.evaluation.metrics.intervals import ALPHA
from mudata.evaluation.report.wording import METRICS

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import PairComparison
    from mudata.evaluation.comparison.floors import FloorContrast
    from mudata.evaluation.report.data import Panel, PanelEntry, Report

NAMED = 3
"""So many runs are named; of more, the number is told."""

_FLOORS = {
    "chance": ("chance", "chance"),
    "constant": ("the best constant answer",) * 2,
    "rougeL_f_wrong_clip": ("its own captions on other clips", "their own captions on other clips"),
}
"""What needs no listening, beside one run and beside several."""


def headline(panel: Panel) -> str:
    """The sentence."""
    runs = [entry for entry in panel.entries if not entry.run.settings.control]
    if not runs:
        return "Only control runs are here: they say nothing of a model by themselves."
    answered = [run for run in runs if set(run.fates) != {"error"}]
    clauses = [_failed(runs), _floors(panel, answered), _pairs(panel, runs) if answered else "", _constant(runs)]
    clauses.append(_unheard(runs))
    return "; ".join(clause for clause in clauses if clause) + "."


def tests(report: Report) -> str:
    """How the claims of `headline` were tested, for all panels."""
    known = any(len(set(clusters)) < len(clusters) for panel in report.panels for clusters in _clusters(panel))
    grouped = (
        "clips that share an artist or track count as one"
        if known
        else "no two clips are known to share an artist or track"
    )
    return (
        "Of each question by itself: what is called ahead, behind, told apart or best is so by tests that err in at "
        f"most 5 % of cases over all its runs (Holm); {grouped}; in brackets 95 % intervals, which for differences "
        "between runs hold over all pairs at once."
    )


def floor_test(panel: Panel) -> str:
    """How the runs of a panel were held against what needs no listening; "" where none were."""
    found = list(panel.floors.values())
    if not found:
        return ""
    corrected = f", Holm over {len(found)} runs" if len(found) > 1 else ""
    return f"Ahead of {_FLOORS[found[0].floor][1]}, or behind: {TESTS[found[0].floor]}{corrected}, told below {ALPHA}"


def _clusters(panel: Panel) -> Iterator[list[str]]:
    for entry in panel.entries:
        yield [answer.scored.cluster for answer in entry.answers]


def _failed(runs: Sequence[PanelEntry]) -> str:
    """Who answered nothing: a score of 0 that says nothing of what a model hears."""
    failed = [run for run in runs if set(run.fates) == {"error"}]
    if len(failed) > NAMED:
        return f"{len(failed)} of the {len(runs)} {_kind(runs)} failed on every clip"
    return f"{_listed([run.name for run in failed])} failed on every clip" if failed else ""


def _floors(panel: Panel, runs: Sequence[PanelEntry]) -> str:
    """Who is ahead of the floor, who behind, who neither."""
    found = [(run, panel.floors[run.run.id]) for run in runs if run.run.id in panel.floors]
    if not found:
        return _value(panel, runs)
    one, many = _FLOORS[found[0][1].floor]
    by_verdict = {
        verdict: [(run, contrast) for run, contrast in found if contrast.verdict == verdict]
        for verdict in ("ahead", "behind", "not told", "too few")
    }
    ahead, behind = by_verdict["ahead"], by_verdict["behind"]
    clauses = []
    if len(ahead) > NAMED:
        all_of = "all" if len(ahead) == len(runs) else f"{len(ahead)} of the"
        run, contrast = ahead[0]
        size = _size(panel, contrast.difference, contrast.low, contrast.high)
        clauses.append(f"{all_of} {len(runs)} {_kind(runs)} are ahead of {many}, {run.name} by {size}")
    elif ahead:
        sizes = _listed([_size(panel, contrast.difference, contrast.low, contrast.high) for _, contrast in ahead])
        beside = f"is ahead of {one} by" if len(ahead) == 1 else f"are ahead of {many}, by"
        clauses.append(f"{_listed([run.name for run, _ in ahead])} {beside} {sizes}")
    if behind:
        verb = "is" if len(behind) == 1 else "are"
        clauses.append(f"{_who(behind, runs)} {verb} behind {_it(clauses, one, many, len(behind))}")
    if unsure := by_verdict["not told"]:
        rest = (
            f"the other {len(unsure)}"
            if ahead and len(ahead) + len(unsure) == len(runs) and len(unsure) > NAMED
            else ""
        )
        clauses.append(f"{rest or _who(unsure, runs)} cannot be told from {_it(clauses, one, many, len(unsure))}")
    if few := by_verdict["too few"]:
        by_size: dict[str, list[tuple[PanelEntry, FloorContrast]]] = {}
        for run, contrast in few:
            by_size.setdefault(_worth(run.n, contrast.independent), []).append((run, contrast))
        if len(by_size) > NAMED:
            by_size = {"their clips are": few}
        clauses += [
            f"{worth} too few to tell {_who(of, runs)} from {one if len(of) == 1 else many}"
            for worth, of in by_size.items()
        ]
    return ", ".join(clauses)


def _it(said: Sequence[str], one: str, many: str, runs: int) -> str:
    """The floor, by name where nothing was said of it yet."""
    return "it" if said and one == many else one if runs == 1 else many


def _value(panel: Panel, runs: Sequence[PanelEntry]) -> str:
    """Of one run without a floor, what it reached."""
    if len(runs) != 1:
        return ""
    metric = runs[0].metrics[panel.headline]
    unit = " %" if panel.headline == "accuracy" else ""
    value, interval = shown(panel.headline, metric["value"]), ends(panel.headline, metric["low"], metric["high"])
    return f"{runs[0].name} has {METRICS[panel.headline].title} {value}{unit} {interval}"


def _pairs(panel: Panel, runs: Sequence[PanelEntry]) -> str:
    """Who is told apart from whom, and who may be the best."""
    if len(runs) < 2:
        return ""
    if panel.comparison is None or panel.measured is None:
        return "the runs cannot be compared"
    n, independent = panel.comparison.n, panel.comparison.independent
    if panel.comparison.no_verdict:
        few = _few(independent, "clip" if independent == n else "artist or track")
        return f"{few} too few to tell any two {_kind(runs)} apart"
    compared = [run for run in runs if run.run.id in panel.groups]
    ids = {run.run.id for run in compared}
    pairs = [pair for pair in panel.measured.pairs if {pair.a, pair.b} <= ids]
    if len(compared) < 2:
        return f"the {_kind(runs)}, asked about different items, are not compared"
    said = _two(panel, pairs[0]) if len(compared) == 2 else _best(compared, pairs, _kind(runs))
    if len(compared) == len(runs):
        return said + (f" on the {number(n, 'clip')} that all have" if panel.unequal else "")
    others = [run.name for run in runs if run not in compared]
    names = _listed(others) if len(others) <= NAMED else f"{len(others)} others"
    return f"{said}; {names}, asked about other clips, {'is' if len(others) == 1 else 'are'} not compared"


def _two(panel: Panel, pair: PairComparison) -> str:
    first, second = panel.name_of(pair.a), panel.name_of(pair.b)
    if pair.p_holm < ALPHA:
        size = _size(panel, pair.difference, pair.low, pair.high)
        return f"{first} is ahead of {second} by {size}"
    return f"{first} and {second} cannot be told apart"


def _best(runs: Sequence[PanelEntry], pairs: Sequence[PairComparison], kind: str) -> str:
    """Of three and more: who is told to be behind nobody."""
    apart = {(pair.a, pair.b) for pair in pairs if pair.p_holm < ALPHA}
    models = f"the {len(runs)} {kind}"
    if not apart:
        return f"no two of {models} can be told apart"
    behind = {worse for _, worse in apart}
    best = [run for run in runs if run.run.id not in behind]
    if len(best) > NAMED:
        return f"the best may be any of {len(best)} of {models}"
    if len(best) > 1:
        return f"the best is {_listed([run.name for run in best], 'or')}, which cannot be told apart"
    below = sum(better == best[0].run.id for better, _ in apart)
    if below < len(runs) - 1:
        return f"{best[0].name} is the best of {models}"
    return f"{best[0].name} is ahead of {'both' if below == 2 else f'all {below}'} others"


def _constant(runs: Sequence[PanelEntry]) -> str:
    """That one sentence for every clip does as well, where it does."""
    gains = [
        run.metrics["rougeL_f_constant"]["value"] - run.metrics["rougeL_f"]["value"]
        for run in runs
        if "rougeL_f_constant" in run.metrics
    ]
    if len(gains) < len(runs) or min(gains) < 0:
        return ""
    whom = runs[0].name if len(runs) == 1 else "any of them"
    value = min(run.metrics["rougeL_f_constant"]["value"] for run in runs)
    return f"one constant caption for all clips scores no less than {whom} (ROUGE-L F {value:.3f})"


def _unheard(runs: Sequence[PanelEntry]) -> str:
    """Whose audio made no difference, as their control runs show."""
    deaf = [run.name for run in runs if run.run.audio_use and run.run.audio_use.verdict == "not heard"]
    return f"by the control runs, {_listed(deaf)} did not use the audio" if deaf else ""


def _size(panel: Panel, value: float, low: float | None, high: float | None) -> str:
    unit = "points" if panel.headline == "accuracy" else METRICS[panel.headline].title
    return f"{shown(panel.headline, value)} {unit} {ends(panel.headline, low, high)}"


def _worth(clips: int, independent: int) -> str:
    if clips == independent:
        return _few(clips, "clip")
    return f"{clips} clips worth {independent} independent {'one' if independent == 1 else 'ones'} are"


def _who(of: Sequence[tuple[PanelEntry, FloorContrast]], runs: Sequence[PanelEntry]) -> str:
    """Names, or how many where they are too many."""
    if len(of) <= NAMED:
        return _listed([run.name for run, _ in of])
    return f"{'all' if len(of) == len(runs) else f'{len(of)} of the'} {len(runs)} {_kind(runs)}"


def _kind(runs: Sequence[PanelEntry]) -> str:
    return "models" if len({run.run.model for run in runs}) == len(runs) else "runs"


def _few(n: int, what: str) -> str:
    return (
        f"1 {what} is"
        if n == 1
        else f"{n} {what.replace('clip', 'clips').replace('artist or track', 'artists or tracks')} are"
    )


def _listed(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
