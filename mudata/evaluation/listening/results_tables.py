"""Results of a listening test as tables for people: the same on the terminal and on the page of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mudata.evaluation.listening.mean_opinions import reach
from mudata.evaluation.listening.preferences import SHARE
from mudata.evaluation.metrics.scored import interval_text
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.listening.anchors import AnchorCheck, Retest
    from mudata.evaluation.listening.crossed_intervals import CrossedEstimate
    from mudata.evaluation.listening.listening_results import AspectResults, ListeningResults
    from mudata.evaluation.listening.score_correlations import ScoreCorrelation

PAIRS = ": differences between systems"
"""How the titles of tables of pairs end."""
_CLUSTERS = " Clips of one artist, album or recording are one cluster."
ABOUT_SCORES = {
    "mos": "Mean opinion score, with a 95 % interval over raters and clips. Systems with a letter in common cannot be"
    f" told apart (Holm over all pairs).{_CLUSTERS}",
    "texts": "Strength: log of the odds of being preferred to an average system, with a 95 % interval over raters and"
    " clips; no preference counts as half of one for each. Systems with a letter in common cannot be told"
    f" apart.{_CLUSTERS}",
}
ABOUT_PAIRS = "Intervals are of each pair by itself; told apart is by p with Holm's correction for all pairs."
ABOUT_SHARES = {
    "texts": "Choices turned towards the system, A strong and B weak for it, C none, E weak and D strong against it;"
    " preferred: A, B and half of C.",
    "pairwise": "How often people find the clip that the system described by its text: A strong and B weak for it, C"
    " none, E weak and D strong for the other; found: A, B and half of C, of which chance is 50 %."
    " p is Holm's over systems. Systems with a letter in common cannot be told apart.",
}
ABOUT_ANCHORS = (
    "People's own words of the clip (reference) must be above those of another clip (wrong clip): else do not believe"
    " the other numbers. Raters and clips by their means of what they have of both."
)
ABOUT_AGREEMENT = (
    "Krippendorff's alpha, ordinal: 1 where raters agree, 0 where as by chance; its interval is over clips, for these"
    " raters."
)
ABOUT_CORRELATIONS = (
    "Rank correlations of people's ratings with automatic scores, with 95 % intervals over clips. Between texts: within"
    " systems, whose means are taken away. Between systems: of their means."
)


def tables(results: ListeningResults, aspects: Sequence[str] = ()) -> list[Table]:
    """The tables that have rows: of several aspects one for all of them, with the pairs of the last, which is over all.

    Args:
        aspects: of these alone, with the pairs of each.
    """
    told = [one for one in results.aspects if not aspects or one.aspect in aspects]
    scored = [one for one in told if one.scores]
    found = []
    if results.kind != "pairwise":
        if len(scored) > 1 and not aspects:
            found.append(overview_table(results, scored))
        else:
            found += [scores_table(results, one) for one in scored]
    if results.shares:
        found.append(shares_table(results))
    found += [pairs_table(one) for one in (scored if aspects else scored[-1:]) if one.pairs]
    names = [one.aspect for one in told]
    if anchors := [one for one in results.anchors if one.aspect in names]:
        found.append(anchors_table(anchors))
    if again := [one for one in results.retest if one.aspect in names]:
        found.append(retest_table(again))
    if any(one.agreement for one in told):
        found.append(agreement_table(told))
    shown = [
        one for one in results.correlations if one.aspect in {each.aspect for each in (told if aspects else told[-1:])}
    ]
    if shown:
        found.append(correlations_table(shown))
    return found


def overview_table(results: ListeningResults, aspects: Sequence[AspectResults]) -> Table:
    """Every system with its score in every aspect, best first in the last."""
    cells = {}
    for one in aspects:
        letters = letters_of([score.system for score in one.scores], one.ties)
        for score in one.scores:
            cells[score.system, one.aspect] = f"{shown(score.score)} {letters[score.system]}"
    best_first = dict.fromkeys(score.system for one in reversed(aspects) for score in one.scores)
    rows = [
        {"system": system} | {one.aspect: cells.get((system, one.aspect), "–") for one in aspects}
        for system in best_first
    ]
    note = _notes(ABOUT_SCORES[results.kind], [score.score for one in aspects for score in one.scores])
    return Table(rows, title="mean opinion scores [95 %]", note=note)


def scores_table(results: ListeningResults, one: AspectResults) -> Table:
    """Of one aspect: each system, best first."""
    letters = letters_of([score.system for score in one.scores], one.ties)
    name = "MOS" if results.kind == "mos" else "strength"
    rows = [
        {
            "system": score.system,
            f"{name} [95 %]": shown(score.score),
            "group": letters[score.system],
            "ratings": score.score.n,
            "raters": score.score.raters,
            "clusters": score.score.clusters,
            "what": "" if score.role == "model" else score.role,
        }
        for score in one.scores
    ]
    return Table(rows, title=one.aspect, note=_notes(ABOUT_SCORES[results.kind], [s.score for s in one.scores]))


def pairs_table(one: AspectResults) -> Table:
    """Of one aspect: all pairs, the better system first."""
    rows = []
    for pair in one.pairs:
        swap = pair.difference.value < 0
        first, second = (pair.second, pair.first) if swap else (pair.first, pair.second)
        rows.append(
            {
                "better": first,
                "worse": second,
                "difference [95 %]": shown(pair.difference, sign=-1 if swap else 1),
                "p": _p(pair.p, pair.difference),
                "p, Holm": _p(pair.p_holm, pair.difference),
                "told apart": "yes" if pair.apart else "no",
            }
        )
    rows.sort(key=lambda row: str(row["told apart"]), reverse=True)
    differences = [pair.difference for pair in one.pairs]
    told = reach(differences)
    can = "" if told is None else f" These ratings tell apart what differs by about {told:.2f} (80 % power)."
    note = _notes(f"{ABOUT_PAIRS}{can}", differences)
    return Table(rows, title=f"{one.aspect}{PAIRS}", note=note)


def shares_table(results: ListeningResults) -> Table:
    """Choices of each system."""
    name = "found" if results.kind == "pairwise" else "preferred"
    (aspect,) = results.aspects
    letters = letters_of([score.system for score in aspect.scores], aspect.ties)
    rows: list[dict[str, Any]] = []
    for one in results.shares:
        n = sum(one.choices.values())
        row = {"system": one.system, f"{name} [95 %]": percent(one.preferred)}
        row |= {"group": letters[one.system]} if results.kind == "pairwise" else {}
        row |= {letter: f"{100 * count / n:.0f} %" for letter, count in one.choices.items()}
        row |= {"strength": f"{one.strength.value:+.2f}", "choices": str(n)}
        if one.p_holm is not None:
            row["p, Holm"] = _p(one.p_holm, one.preferred)
        rows.append(row)
    rows.sort(key=lambda row: -next(s.preferred.value for s in results.shares if s.system == row["system"]))
    note = _notes(ABOUT_SHARES[results.kind], [one.preferred for one in results.shares])
    if results.side:
        p = _p(results.side.p(0.5, SHARE), results.side)
        note += f" What is shown first is preferred in {percent(results.side)} (p {p})."
    return Table(rows, title="preferences", note=note)


def anchors_table(checks: Sequence[AnchorCheck]) -> Table:
    """People's own words of the clip beside those of another one."""
    rows = [
        {
            "aspect": one.aspect,
            "reference minus wrong clip [95 %]": shown(one.difference),
            "p": _p(one.p, one.difference),
            "raters who mark the wrong clip as high": _some(one.raters),
            "clips marked so": len(one.items),
        }
        for one in checks
    ]
    return Table(rows, title="hidden anchors", note=_notes(ABOUT_ANCHORS, [one.difference for one in checks]))


def retest_table(found: Sequence[Retest]) -> Table:
    """What raters said when they were asked the same again."""
    rows = [
        {
            "aspect": one.aspect,
            "rated twice": one.pairs,
            "raters": one.raters,
            "the same": f"{100 * one.equal:.0f} %",
            "mean distance": f"{one.distance:.2f}",
        }
        for one in found
    ]
    return Table(rows, title="asked again")


def agreement_table(aspects: Sequence[AspectResults]) -> Table:
    """How far raters agree, by aspect."""
    rows = [
        {
            "aspect": one.aspect,
            "alpha [95 %]": "–" if found.alpha is None else f"{found.alpha:.2f} {_ends(found.low, found.high)}",
            "texts": found.units,
            "raters": found.raters,
            "ratings": found.ratings,
            "interval": found.how,
        }
        for one in aspects
        if (found := one.agreement)
    ]
    return Table(rows, title="agreement of raters", note=ABOUT_AGREEMENT)


def correlations_table(found: Sequence[ScoreCorrelation]) -> Table:
    """Spearman and Kendall side by side."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in found:
        row = rows.setdefault(
            (one.aspect, one.score, one.level), {"aspect": one.aspect, "score": one.score, "between": one.level}
        )
        told = "–" if one.coefficient is None else f"{one.coefficient:+.2f} {_ends(one.low, one.high)}"
        row[f"{one.statistic.title()} [95 %]"] = told
        row |= {"n": one.n, "clusters": one.clusters, "interval": one.how}
    columns = ("aspect", "score", "between", "Spearman [95 %]", "Kendall [95 %]", "n", "clusters", "interval")
    return Table(list(rows.values()), columns, title="automatic scores beside people", note=ABOUT_CORRELATIONS)


def shown(found: CrossedEstimate, sign: int = 1) -> str:
    """A number with its interval, turned round where `sign` is -1."""
    low, high = found.low, found.high
    if sign < 0 and low is not None and high is not None:
        low, high = -high, -low
    return f"{sign * found.value:.2f} {_ends(low, high)}"


def percent(found: CrossedEstimate) -> str:
    """A share with its interval, in per cent."""
    return f"{100 * found.value:.0f} % {interval_text(found.low, found.high, lambda end: f'{100 * end:.0f}')}"


def letters_of(names: Sequence[str], ties: Sequence[Sequence[str]]) -> dict[str, str]:
    """Letters of the sets in which no two are told apart, a for the set of the best. `names`: best first.

    Example:
        >>> letters_of(["a", "b", "c"], [("c", "b"), ("a", "b")])
        {'a': 'a', 'b': 'ab', 'c': 'b'}
    """
    ordered = sorted(ties, key=lambda group: sorted(names.index(name) for name in group))
    return {name: "".join(_letter(i) for i, group in enumerate(ordered) if name in group) for name in names}


def _some(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "none"


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else f"({place + 1})"


def _ends(low: float | None, high: float | None) -> str:
    return interval_text(low, high, lambda end: f"{end:.2f}")


def _p(p: float, found: CrossedEstimate) -> str:
    if found.low is None:
        return "–"
    return "< .0001" if p < 0.0001 else f"{p:.4f}".replace("0.", ".", 1)


def _notes(about: str, estimates: Sequence[CrossedEstimate]) -> str:
    """With why there are no intervals, where there are none."""
    why = dict.fromkeys(one.how.removeprefix("none: ") for one in estimates if one.low is None)
    return " ".join(filter(None, [about, f"No interval: {'; '.join(why)}." if why else ""]))
