"""What the codes of scores.json mean in words, and how each number is written.

Every metric that a report can show is in METRICS;
what is not there is kept in the downloads and left out of tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.scored import interval_text


class Wording(NamedTuple):
    """A metric's title, how it is written, and what it is."""

    title: str
    style: Literal["percent", "number", "count"]
    meaning: str


METRICS: dict[str, Wording] = {
    "accuracy": Wording("accuracy", "percent", "answers that give what is right and nothing else, of all"),
    "coverage": Wording("coverage", "percent", "answers that could be read, of all"),
    "selective_accuracy": Wording("selective", "percent", "right answers, of those that give one label or value"),
    "lenient_accuracy": Wording("lenient", "percent", "as accuracy, near-synonyms and kinds of it accepted"),
    "any_mention_accuracy": Wording("any-mention accuracy", "percent", "answers with the right label anywhere in them"),
    "partial_credit": Wording("partial credit", "percent", "a right label among k named counts 1/k"),
    "macro_f1": Wording("macro F1", "number", "F1 of each label, averaged over the labels"),
    "centred_accuracy": Wording("centred accuracy", "number", "(accuracy - chance) / (1 - chance)"),
    "chance": Wording("chance", "percent", "accuracy of a blind guess"),
    "constant": Wording("constant", "percent", "the best constant answer to these items"),
    "commonest_share": Wording("commonest", "percent", "answers that give the commonest value, of all"),
    "distinct_answers": Wording("distinct", "count", "how many different values were given"),
    "official": Wording("official", "percent", "by the exam's own rule, of the items that it counts"),
    "lenient_mention": Wording("any mention", "percent", "as accuracy, any mention of the right option counted"),
    "consistency": Wording("consistent", "percent", "items whose passes all choose the same option"),
    "all_passes_right": Wording("right in all passes", "percent", "items right in every pass"),
    "item_accuracy": Wording("by item", "percent", "as accuracy, every item counted once however often it is asked"),
    "aggregate": Wording("aggregate", "percent", "by the exam's own rule, put together as its authors do"),
    "majority": Wording("majority", "percent", "accuracy of always saying the most frequent label"),
    "micro_f1": Wording("micro F1", "number", "F1 over all labels of all clips"),
    "micro_precision": Wording("precision", "number", "of the labels said, those that are right"),
    "micro_recall": Wording("recall", "number", "of the labels in the references, those that were said"),
    "jaccard": Wording("Jaccard", "number", "overlap of the labels said with those in the reference, per clip"),
    "majority_micro_f1": Wording("majority", "number", "micro F1 of always saying the most frequent label"),
    "rouge1_f": Wording("ROUGE-1 F", "number", "words shared with the reference"),
    "rouge2_f": Wording("ROUGE-2 F", "number", "pairs of words shared with the reference"),
    "rougeL_f": Wording("ROUGE-L F", "number", "longest common subsequence with the reference"),
    "rouge1_f_wrong_clip": Wording(
        "ROUGE-1 F, wrong clip", "number", "the same captions against other clips' references"
    ),
    "rougeL_f_wrong_clip": Wording(
        "ROUGE-L F, wrong clip", "number", "the same captions against other clips' references"
    ),
    "rouge1_f_lift": Wording("ROUGE-1 lift", "number", "right clip minus wrong clip: what is due to listening"),
    "rougeL_f_lift": Wording("ROUGE-L lift", "number", "right clip minus wrong clip: what is due to listening"),
    "rouge1_f_constant": Wording("ROUGE-1 F, constant", "number", "one fixed caption for every clip"),
    "rougeL_f_constant": Wording("ROUGE-L F, constant", "number", "one fixed caption for every clip"),
    "rouge1_f_random_human": Wording("ROUGE-1 F, random human", "number", "a person's caption of another clip"),
    "rougeL_f_random_human": Wording("ROUGE-L F, random human", "number", "a person's caption of another clip"),
    "refusals": Wording("refusals", "percent", "captions that decline to describe"),
    "distinct_ratio": Wording("distinct", "percent", "different captions, of all"),
    "length_ratio": Wording("length ratio", "number", "words in the captions per word in the references"),
    "aspect_recall": Wording("aspect recall", "number", "of the phrases people gave the clip, those in the caption"),
    "aspect_recall_lift": Wording("aspect lift", "number", "aspect recall minus that against other clips"),
    "bertscore_f": Wording("BERTScore F", "number", "similarity of contextual word vectors"),
    "meteor": Wording("METEOR", "number", "aligned words, stems and synonyms"),
    "clap_score": Wording("CLAP score", "number", "cosine of caption and audio embeddings"),
}

METRICS |= {
    measure.name: Wording(measure.title, measure.style, measure.recipe)
    for kind in EXACT_KINDS
    for measure in kind_of(kind).measures
    if measure.name not in METRICS
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "classify": ("accuracy", "coverage", "selective_accuracy", "lenient_accuracy", "macro_f1"),
    "tag": ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "jaccard", "coverage"),
    "caption": (
        "rougeL_f",
        "rougeL_f_lift",
        "rouge1_f",
        "rouge1_f_lift",
        "refusals",
        "distinct_ratio",
        "aspect_recall_lift",
        "bertscore_f",
        "meteor",
        "clap_score",
    ),
} | {
    kind: (
        *(measure.name for measure in kind_of(kind).measures),
        *("official", "lenient_mention", "consistency", "all_passes_right"),
        *("coverage", "selective_accuracy", "distinct_answers", "commonest_share"),
    )
    for kind in EXACT_KINDS
}
"""The metrics that tables show, headline first."""

WITH_INTERVAL = frozenset({columns[0] for columns in COLUMNS.values()} | {"rougeL_f_lift", "boundary_f_500ms"})
"""Those that tables show with their intervals: the others have theirs in scores.json."""

FATES: dict[str, tuple[str, str]] = {
    "right": ("right", "names the right label and no other"),
    "wrong": ("wrong", "gives one label or value, not the right one"),
    "set": ("labels named", "names the labels of a task with many"),
    "answered": ("answered", "a caption that is not empty"),
    "lenient": ("near miss in words", "a synonym or a kind of a label: not counted as right"),
    "several": ("several", "more than one label or value where one was asked for"),
    "refused": ("refused", "says that it cannot tell"),
    "echo": ("echo", "repeats the prompt or all options"),
    "outside": ("outside", "a value that may not be answered"),
    "unparsed": ("no value", "no value of the kind that was asked for"),
    "oov": ("no label", "words outside the vocabulary, or a loop"),
    "empty": ("empty", "an empty answer"),
    "error": ("failed", "the model or the clip failed: counted as wrong"),
}
"""Where an answer can end, in the order of the outcome bar: title and meaning."""

_FATE_OF_STATUS = {
    "SET": "set",
    "ANSWERED": "answered",
    "SYNONYM": "lenient",
    "HYPONYM": "lenient",
    "MULTI": "several",
    "CONFLICT": "several",
    "NEGATED_ONLY": "oov",
    "ECHO_ALL": "echo",
    "ECHO_PROMPT": "echo",
    "REFUSAL": "refused",
    "REFUSAL_WITH_MENTION": "refused",
    "DEGENERATE": "oov",
    "OOV": "oov",
    "OUTSIDE": "outside",
    "UNPARSED": "unparsed",
    "EMPTY": "empty",
    "ERROR": "error",
}

ROLES: dict[str, tuple[str, str]] = {
    "right": ("✓", "counts for a label that is right"),
    "off": ("✗", "counts for a label that is not right"),
    "beside": ("•", "a right label in an answer that does not count as right"),
    "lenient": ("≈", "means nearly the label"),
    "negative": ("−", "denies the label"),
    "guard": ("○", "looks like a label and is none"),
    "cue": ("?", "steers the reading"),
    "anchor": ("»", "announces the answer"),
    "echo": ('"', "read back from the prompt"),
}
"""Sign and meaning of each kind of span in an answer;
the sign carries the meaning where colour does not."""


def role(kind: str, *, counts: bool, right: bool) -> str:
    """A kind of span as a key of ROLES: what names a label is told by whether the label is right,
    and whether the answer counts as right for it."""
    if kind not in ("positive", "letter"):
        return kind
    return "off" if not right else "right" if counts else "beside"


def fate(status: str, *, right: bool) -> str:
    """Where an answer ended, as a key of FATES."""
    if status == "ALIGNED":
        return "right" if right else "wrong"
    return _FATE_OF_STATUS.get(status, "oov")


def written(name: str, metric: Mapping[str, Any], *, interval: bool = True) -> str:
    """A metric as people read it: '73.8 % [68.4, 78.5]' or '0.215 [0.210, 0.220]'."""
    value, low, high = metric["value"], metric["low"], metric["high"]
    if METRICS[name].style == "count":
        return f"{value:.0f}"
    if METRICS[name].style == "percent":
        text, ends = f"{100 * value:.1f} %", percents(low, high)
    else:
        text, ends = f"{value:.3f}", interval_text(low, high, "{:.3f}".format)
    return f"{text} {ends}" if interval and not value == low == high else text


def percents(low: float | None, high: float | None) -> str:
    """An interval of shares in points of a hundred."""
    return interval_text(low, high, lambda end: f"{100 * end:.1f}")
