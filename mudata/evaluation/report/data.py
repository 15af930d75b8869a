"""What a report is made of:
panels of entries, each a run with its scores and answers; plain data, derived views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.interval_notes import clips_and_clusters, formulas, methods
from mudata.evaluation.metrics.label_floors import FLOORED, constant_words
from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.report.wording import COLUMNS, FATES, WITH_INTERVAL

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import Comparison, MetricComparison
    from mudata.evaluation.comparison.floors import FloorContrast
    from mudata.evaluation.report.confusion import Confusion
    from mudata.evaluation.report.report_run import Flag, ReportAnswer, ReportRun
    from mudata.evaluation.suites.suite import Anchor
    from mudata.evaluation.suites.suite_table import Verdict

ALL = "all datasets"
REFERENCES = ("chance", "constant", "majority", "majority_micro_f1")


@dataclass(frozen=True, kw_only=True)
class PanelEntry:
    """One run in one panel."""

    run: ReportRun
    n: int
    clusters: Mapping[str, Any]
    """As `interval_notes.clusters_of` has them; found anew where scores of older versions have none."""
    metrics: Mapping[str, Mapping[str, Any]]
    answers: tuple[ReportAnswer, ...]
    confusion: Confusion | None
    per_label: Sequence[Mapping[str, Any]]
    exact: Mapping[str, Any]
    """What scores.json says of a kind with exact truth beside its metrics; nothing of other kinds."""
    label_floors: Mapping[str, Any]
    """What it says of labels beside their metrics; nothing of other kinds, and in scores of older versions."""
    flags: tuple[Flag, ...]

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def basis(self) -> str:
        """Of how many clips in how many clusters its scores are."""
        return clips_and_clusters(self.n, self.clusters, "item" if self.exact else "clip")

    @cached_property
    def asked(self) -> frozenset[str]:
        """The ids of its clips."""
        return frozenset(answer.clip_id for answer in self.answers)

    @cached_property
    def fates(self) -> dict[str, int]:
        """How many answers ended where, in the order of FATES."""
        counts = Counter(answer.fate for answer in self.answers)
        return {name: counts[name] for name in FATES if counts[name]}

    @cached_property
    def statuses(self) -> dict[str, int]:
        return dict(Counter(answer.status for answer in self.answers).most_common())

    @property
    def parser_interval(self) -> tuple[float, float] | None:
        """Accuracy if only unmistakable answers count, and if any mention of the right label
        does."""
        if "any_mention_accuracy" not in self.metrics:
            return None
        return self.metrics["accuracy"]["value"], self.metrics["any_mention_accuracy"]["value"]

    @property
    def parsing_rules(self) -> dict[str, Mapping[str, Any]]:
        """Accuracy under each parsing rule, by its name."""
        return {row["policy"]: row for row in self.run.scores.get("policies") or ()}

    def beside(self, kind: str, measure: str) -> Mapping[str, Any] | None:
        """What stands beside a measure of values or of labels: 'selective', 'chance' or 'constant'."""
        headline = measure == headline_of(str(self.run.scores["kind"]), self.metrics)
        name = kind if headline and kind != "selective" else f"{kind}_{measure}"
        floors = {metric["metric"]: metric for metric in self.label_floors.get("metrics", ())}
        return self.metrics.get(name, floors.get(name))

    def best_constant(self, measure: str) -> str | None:
        """Which constant answer is worth most by a measure, as it is shown."""
        labels = self.label_floors.get("constants", {}).get(measure)
        return constant_words(labels) if labels else self.exact.get("constants", {}).get(measure)

    @property
    def given(self) -> Sequence[tuple[str, int]]:
        """The answers given to questions of values and of labels, the commonest first, with how often."""
        return self.exact.get("answers") or self.label_floors.get("answers") or ()

    @property
    def ended(self) -> Mapping[str, int]:
        """How many answers ended how, over all items."""
        return self.exact.get("counts") or self.statuses

    @property
    def oov_terms(self) -> Sequence[tuple[str, int]]:
        return self.run.scores.get("oov_terms") or ()


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The runs that answered one question about the same part of a split, best first.

    `whole`: it covers all datasets of its runs; some facts of scores.json are of the whole only.
    `comparison` compares the runs; None, and `incomparable` tells why, where they cannot be.
    `floors` has each run that is no control beside what needs no listening, by run id.
    """

    key: str
    title: str
    task: str
    kind: str
    split: str
    part: str | None
    dataset: str
    whole: bool
    entries: tuple[PanelEntry, ...]
    comparison: Comparison | None
    floors: Mapping[str, FloorContrast]
    incomparable: str | None
    anchors: tuple[Anchor, ...]
    """What was published about this question by the headline metric."""
    verdicts: Mapping[Anchor, Mapping[str, Verdict | None]]
    """Those of `anchors` that are about a model here:
    whether they agree with what its entries, by name, have here."""

    @property
    def headline(self) -> str:
        return headline_of(self.kind, self.entries[0].metrics)

    @property
    def measured(self) -> MetricComparison | None:
        """The runs by the headline metric, on the clips that all have."""
        return self.comparison.metrics[0] if self.comparison else None

    @property
    def unequal(self) -> bool:
        """Whether the runs were asked about different clips."""
        return len({entry.asked for entry in self.entries}) > 1

    def is_other_clips(self, entry: PanelEntry) -> bool:
        """Whether a run was asked about other clips than most."""
        return entry.asked != usual_clips(self.entries)

    @property
    def columns(self) -> list[str]:
        """The metrics to show: those that any of the runs has."""
        return [name for name in COLUMNS[self.kind] if any(name in entry.metrics for entry in self.entries)]

    @property
    def basis(self) -> str:
        """Of how many clips in how many clusters the scores are, and how the intervals that tables show were found."""
        told = {entry.basis for entry in self.entries}
        each = [f"{entry.name}: {entry.basis}" for entry in self.entries] if len(told) > 1 else sorted(told)
        with_interval = [name for name in self.columns if name in WITH_INTERVAL]
        shown = [entry.metrics[name] for entry in self.entries for name in with_interval if name in entry.metrics]
        return "; ".join([*each, f"intervals: {methods(shown)}"])

    @property
    def compared(self) -> str:
        """Of how many clips in how many clusters the comparison of the runs is."""
        if self.comparison is None:
            return ""
        return clips_and_clusters(self.comparison.n, self.comparison.clusters, "item" if self.is_exact else "clip")

    @property
    def is_exact(self) -> bool:
        """Whether questions have values for answers, in place of labels and captions."""
        return self.kind in EXACT_KINDS

    @property
    def measures(self) -> list[str]:
        """The measures of a kind with exact truth that the runs have, or those of labels that have floors, the headline
        first."""
        if any(entry.label_floors for entry in self.entries):
            return list(FLOORED[self.kind])
        known = [measure.name for measure in kind_of(self.kind).measures] if self.is_exact else []
        return [name for name in known if any(name in entry.metrics for entry in self.entries)]

    @property
    def labels(self) -> Mapping[str, str]:
        """How each label is written; empty for captions and for several datasets together."""
        return self.entries[0].run.labels.get(self.dataset, {})

    @property
    def clips(self) -> int:
        return len({answer.clip_id for entry in self.entries for answer in entry.answers})

    @property
    def published_here(self) -> list[Anchor]:
        """What was published about the models that are here."""
        return [anchor for anchor in self.anchors if anchor in self.verdicts]

    @property
    def published_elsewhere(self) -> list[Anchor]:
        return [anchor for anchor in self.anchors if anchor not in self.verdicts]

    @property
    def references(self) -> dict[str, Mapping[str, Any]]:
        """Chance and majority of the clips that most runs were asked about: they do not hang on the run."""
        usual = next(entry for entry in self.entries if not self.is_other_clips(entry))
        return {name: usual.metrics[name] for name in REFERENCES if name in usual.metrics}

    @property
    def groups(self) -> dict[str, str]:
        """Letters of each run that is compared, by its id: runs with a letter in common are not told
        apart."""
        return {run.run: run.groups for run in self.measured.standings} if self.measured else {}

    @property
    def test(self) -> str:
        """How differences were tested, without how single values were (that goes with each
        metric)."""
        if self.measured is None or self.comparison is None:
            return ""
        refused = f"no verdict, {self.comparison.no_verdict}; " if self.comparison.no_verdict else ""
        return refused + self.measured.recipe.partition("; ")[2]

    @property
    def flags(self) -> dict[Flag, list[str]]:
        """Every flag with the names of those that carry it."""
        carriers: dict[Flag, list[str]] = {}
        for entry in self.entries:
            for flag in entry.flags:
                carriers.setdefault(flag, []).append(entry.name)
        return carriers

    @property
    def fates(self) -> list[str]:
        return [name for name in FATES if any(name in entry.fates for entry in self.entries)]

    @property
    def parsing_rules(self) -> dict[str, str]:
        """Parsing rules with their notes, in order; only of the whole."""
        notes = {
            rule["policy"]: rule.get("note") or "" for entry in self.entries for rule in entry.parsing_rules.values()
        }
        return notes if self.whole else {}

    def name_of(self, run_id: str) -> str:
        return next(entry.name for entry in self.entries if entry.run.id == run_id)


def usual_clips(entries: Sequence[PanelEntry]) -> frozenset[str]:
    """The clips that most runs were asked about; where as many were asked about others, the larger
    set."""
    asked = Counter(entry.asked for entry in entries)
    return max(asked, key=lambda clips: (asked[clips], len(clips)))


@dataclass(frozen=True)
class Report:
    title: str
    runs: tuple[ReportRun, ...]
    panels: tuple[Panel, ...]

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each panel is called, by its key: with its split and part too, where others have the same without."""
        plain = Counter(panel.title for panel in self.panels)
        split = Counter((panel.title, panel.split) for panel in self.panels)
        return {
            panel.key: panel.title
            + (f" ({panel.split}" if plain[panel.title] > 1 else "")
            + (f", {panel.part or 'all parts'}" if split[panel.title, panel.split] > 1 else "")
            + (")" if plain[panel.title] > 1 else "")
            for panel in self.panels
        }

    @property
    def answer_count(self) -> int:
        return sum(len(run.answers) for run in self.runs)

    @property
    def failure_count(self) -> int:
        return sum(len(run.errors) for run in self.runs)

    @property
    def recipes(self) -> dict[str, str]:
        """How each metric that is shown was computed."""
        shown = [name for panel in self.panels for name in (*panel.columns, *panel.references)]
        metrics = [entry.metrics for panel in self.panels for entry in panel.entries]
        found = {name: [one[name] for one in metrics if name in one] for name in dict.fromkeys(shown)}
        return {name: "; ".join(filter(None, (formulas(of), methods(of)))) for name, of in found.items() if of}
