"""How other harnesses would count the same answers: one number of a paper can hide a wide choice of
rules.

The rules are written anew from the sources named. A harness looks for labels as the dataset writes
them (their ids); a label whose id is a code that nobody would say is looked for as it was shown to
the model.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.cards.vocabulary import fold
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.metrics.classification import any_mention
from mudata.evaluation.metrics.estimates import clustered, share
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.official_rules.cmi_rules import unique_substring
from mudata.evaluation.official_rules.letter_rules import mucho_choice
from mudata.evaluation.official_rules.token_rule import tokens_agree

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

Accepts = Callable[[str, str, Sequence[str]], bool]
"""(answer, reference, all labels in the order shown), labels as the dataset writes them."""

_NO_SHOWN = Shown()


@dataclass(frozen=True)
class ParsingRule:
    """One way to decide whether an answer is right. `accepts` is None where our own aligner
    decides."""

    name: str
    note: str
    """What it does, whose it is (repository@commit), and what it gets wrong."""
    accepts: Accepts | None = None

    def right(self, answer: str, references: Sequence[str], label_set: LabelSet, shown: Shown = _NO_SHOWN) -> bool:
        """Whether an answer counts as right when any of the references does.

        Args:
            answer: as the model gave it.
            references: ids of the labels that are right.
            label_set: the labels that could be named.
            shown: what the model had before it: the order of the options, and whether they had
                letters.

        Example:
            >>> from mudata.evaluation.align.label_set import LabelEntry, LabelSet
            >>> genres = LabelSet("single", tuple(LabelEntry(i, i, (i,)) for i in ("pop", "rock")))
            >>> answer = "a popular rock song"
            >>> [name for name, rule in PARSING_RULES.items() if rule.right(answer, ("pop",), genres)]
            ['substring', 'mucho']
        """
        if self.accepts is None:
            return self.ours(ScoredAnswer("", "", tuple(references), answer, align(answer, label_set, shown)))
        spelled = spellings(label_set)
        options = [spelled[label] for label in shown.options or label_set.ids]
        return any(self.accepts(answer, spelled[label], options) for label in references)

    def ours(self, scored: ScoredAnswer) -> bool:
        """Whether an answer that our aligner has read counts as right, by one of our own two
        rules."""
        return scored.right if self.name == "strict" else any_mention(scored.alignment, scored.references)


def spellings(label_set: LabelSet) -> dict[str, str]:
    """How a dataset writes each label, by id: the id, but the name shown where that is another
    word."""
    return {
        entry.id: entry.id if fold(entry.id) == fold(entry.display) else entry.display for entry in label_set.entries
    }


def sensitivity(
    scored: Sequence[ScoredAnswer], label_sets: Mapping[str, LabelSet], shown: Mapping[str, Shown]
) -> list[dict[str, object]]:
    """Accuracy of the same answers under every rule, over all clips; a failure is wrong under each.

    Our own two rules use the alignment of the scored answers, so human overrides count there.

    Args:
        scored: the answers with their references.
        label_sets: by dataset.
        shown: by dataset, what the model had before it.

    Returns:
        Rows of policy (the rule's name), accuracy with its 95 % interval and what that is over, n,
        and the rule's note.

    Raises:
        EvaluationError: there is nothing to score.
    """
    rows: list[dict[str, object]] = []
    clips = clustered(scored)
    for rule in PARSING_RULES.values():
        right = [_right(rule, item, label_sets[item.dataset], shown[item.dataset]) for item in scored]
        accuracy = share(rule.name, right, rule.note, clips)
        row = {"policy": rule.name, "accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high}
        row |= {"n": accuracy.n, "clusters": accuracy.clusters, "interval": accuracy.interval}
        rows.append(row | {"note": rule.note})
    return rows


def _right(rule: ParsingRule, item: ScoredAnswer, label_set: LabelSet, shown: Shown) -> bool:
    if rule.accepts is None:
        return rule.ours(item)
    return item.answer is not None and rule.right(item.answer, item.references, label_set, shown)


def _exact(answer: str, reference: str, _: Sequence[str]) -> bool:
    return _bare(answer) == _bare(reference)


def _bare(text: str) -> str:
    return text.lower().translate(str.maketrans("", "", string.punctuation)).strip()


def _prefix(answer: str, reference: str, _: Sequence[str]) -> bool:
    return answer.strip().lower().startswith(reference.lower())


def _substring(answer: str, reference: str, _: Sequence[str]) -> bool:
    return reference.lower() in answer.lower()


def _mucho(answer: str, reference: str, options: Sequence[str]) -> bool:
    return mucho_choice(answer, options) == reference


PARSING_RULES: Mapping[str, ParsingRule] = {
    rule.name: rule
    for rule in (
        ParsingRule(
            "exact",
            "equal to the reference in lower case without punctuation; any sentence fails",
            _exact,
        ),
        ParsingRule(
            "prefix",
            "begins with the reference (OpenBMB/UltraEval-Audio@9b69da6, its GTZAN); any lead-in fails",
            _prefix,
        ),
        ParsingRule(
            "substring",
            "contains the reference (OpenBMB/UltraEval-Audio@9b69da6, 'exist'); 'popular' is pop, denials and lists of "
            "all options are right",
            _substring,
        ),
        ParsingRule(
            "cmi",
            "contains the reference and no other label, spaces and hyphens dropped (nicolaus625/CMI-bench@4c15f41); "
            "'popular' is pop, labels that hold another are always wrong",
            unique_substring,
        ),
        ParsingRule(
            "mmau",
            "has the words of the reference and none of another label's (Sakshi113/MMAU@110127f); denials of others "
            "fail, 'hip hop' is not hiphop",
            tokens_agree,
        ),
        ParsingRule(
            "mucho",
            "the one capital letter of an option anywhere in the answer, else the first option that it contains "
            "(muchomusic@d3c9a42); the B of 'Blues' is option B",
            _mucho,
        ),
        ParsingRule("any_mention", "ours, upper bound: the reference is meant or named affirmatively anywhere"),
        ParsingRule("strict", "ours: the one label meant is the reference; the headline"),
    )
}
"""In the order shown. Letters of `mucho`: four in the original, here one per option; more than 26
options have none past Z. Of the others that are known, AIR-Bench's drops answers from the
denominator, MMMU's draws lots, LTU's and LLark's ask a retired embedding service: none can be
repeated on all answers."""
