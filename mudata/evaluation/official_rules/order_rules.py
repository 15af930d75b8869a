"""BASS's pairs and rankings of attributes: minjang10/bass_music_benchmark@a401ccf."""

from __future__ import annotations

from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, wrong
from mudata.evaluation.official_rules.structured_answer import literal, truth_list

_SOURCE = "minjang10/bass_music_benchmark@a401ccf src/metrics/musicological_analysis_evaluation.py"


def _decide_pair(answer: str, item: JudgedItem) -> Verdict:
    right, said = _texts(truth_list(item.gold)), literal(answer)
    if isinstance(said, list) and len(said) == len(right):
        if not all(isinstance(name, str) for name in said):
            return wrong("a list of other things than texts")
        return judged(sorted(_texts(said)) == sorted(right), "the list, in any order")
    if not isinstance(said, str):
        return wrong(f"neither {len(right)} in a list nor a text")
    spoken = said.lower().strip()
    missing = [name for name in right if name not in spoken]
    others = [
        name for name in _texts(item.settings.get("options", item.options)) if name not in right and name in spoken
    ]
    decided = f"lacks {missing}" if missing else f"has {others} too" if others else "contains them and no other option"
    return judged(not missing and not others, decided)


def _decide_ranking(answer: str, item: JudgedItem) -> Verdict:
    right, said = _texts(truth_list(item.gold)), literal(answer)
    if isinstance(said, list) and len(said) == len(right):
        return judged(_texts(name for name in said if isinstance(name, str)) == right, "the list as it stands")
    if not isinstance(said, str):
        return wrong(f"neither {len(right)} in a list nor a text")
    spoken, last = said.lower().strip(), -1
    for name in right:
        place = spoken.find(name)
        if place < max(last, 0):
            return wrong(f"{name!r} is missing or first named too early")
        last = place
    return judged(True, "each is first named behind the one before")


def _texts(names: object) -> list[str]:
    return [str(name).lower().strip() for name in names]  # type: ignore[attr-defined]


PAIR_EXACT = WrittenRule(
    name="pair_exact",
    title="BASS's pairs",
    source=_SOURCE,
    recipe="a list of as many texts as are right, equal in any order; a text that contains them all and no other "
    "option (settings: options, where the item is asked without)",
    misreads="an option within another ('pop' in 'pop rock') makes its text wrong; a list in a sentence is a text",
    decide=_decide_pair,
)
RANK_EXACT = WrittenRule(
    name="rank_exact",
    title="BASS's rankings",
    source=_SOURCE,
    recipe="a list equal to the right order; of a text the places where each is first named, which must not fall",
    misreads="'b is least, a is most' ranks b before a; a name within another word or name counts as named",
    decide=_decide_ranking,
)
