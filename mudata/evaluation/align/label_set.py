"""Label sets: all that is known of the labels of one question, ready for reading answers.

A card's namespace says what its labels are; `cards/words/*.yaml` says what words mean in music at
large. A label set is both together, resolved: the aligner reads nothing else, and its hash is part
of every score.

How they are joined. A label takes every concept whose name is the label's id, name or an alias of
it (a label with a slash may take two). A spelling belongs to one label only, and goes to the first
in this order:

    1  id, name, aliases and translations of the card       two labels with one spelling: CardError
    2  synonyms, then hyponyms of the card
    3  names, aliases and translations of concepts           from here on a spelling of two labels is dropped
    4  synonyms of concepts
    5  hyponyms of concepts, and what a hyponym is called that is a concept itself, unless a label takes that

So what a card says wins, strict wins over lenient, a synonym over a hyponym, and doubt means
nothing. A guard that holds no spelling of the set is left out, and so is a guard or compound that
is itself a strict spelling of a label. A compound of concepts means those that the set has; if it
has none of them, the compound is a guard. A guard of one words file does not hide labels that
another file knows: of genres and instruments together, 'rock guitar' is a guitar.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mudata.catalog.cards.vocabulary import fold
from mudata.errors import CardError
from mudata.evaluation.align.numbers import number_spellings, numbered, numbered_pairs
from mudata.evaluation.align.spellings import LabelDraft, SpellingNote, Spellings, folded, plain, within

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import LabelSpace
    from mudata.catalog.cards.lexicon import Lexicon


@dataclass(frozen=True)
class LabelEntry:
    """One label: its id, how it is written for people, and every spelling that means it.

    `strict` (id, name, aliases, translations) counts in the headline; `synonyms` and `hyponyms` are
    lenient. `foreign` are those of `strict` that are translations.
    """

    id: str
    display: str
    strict: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    hyponyms: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelSet:
    """Labels in published order, with what must not be taken for them.

    `guards` are phrases that mean no label;
    `compounds` are phrases that mean the labels (ids) listed.
    """

    kind: Literal["single", "multi"]
    entries: tuple[LabelEntry, ...]
    guards: tuple[str, ...] = ()
    compounds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    topics: tuple[str, ...] = ()
    """What the labels are about, by `language.Language.nouns`: 'genre', 'mood'; empty where it is not known."""

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(entry.id for entry in self.entries)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def record(self) -> dict[str, Any]:
        """As JSON keeps it; `restore` is the way back."""
        record = asdict(self)
        if not self.topics:  # as records of old runs are
            del record["topics"]
        return record

    @classmethod
    def restore(cls, record: dict[str, Any]) -> LabelSet:
        lists = ("strict", "synonyms", "hyponyms", "foreign")
        entries = tuple(LabelEntry(e["id"], e["display"], *(tuple(e[key]) for key in lists)) for e in record["entries"])
        compounds = tuple((phrase, tuple(ids)) for phrase, ids in record["compounds"])
        return cls(record["kind"], entries, tuple(record["guards"]), compounds, tuple(record.get("topics", ())))


def resolve(space: LabelSpace) -> LabelSet:
    """The label set of a namespace.

    Raises CardError where two labels have one strict spelling or a spelling is nothing,
    UnknownName for words files.
    """
    label_set, findings = _join(space)
    if errors := [finding.what for finding in findings if finding.level == "error"]:
        raise CardError(
            f"Labels of {space.title or space.part or 'this namespace'} cannot be told apart in answers: "
            f"{'; '.join(errors)}.",
            "Correct ids, names, aliases and translations of the card; `mudata cards check` shows all that is found.",
        )
    return label_set


def lint(space: LabelSpace) -> tuple[SpellingNote, ...]:
    """What is wrong or worth knowing:
    shared, dropped and nested spellings, guards of nothing. Raises UnknownName."""
    label_set, findings = _join(space)
    return (*findings, *_nested(label_set.entries))


Takers = dict[tuple[str, str], list[LabelDraft]]
"""The labels that take each concept, by words file and name of the concept."""
Compounds = tuple[tuple[str, tuple[str, ...]], ...]


def _join(space: LabelSpace) -> tuple[LabelSet, list[SpellingNote]]:
    from mudata.catalog.cards.lexicon import load

    names = [label.name or label.id for label in space.vocabulary]
    tell_apart = len(set(names)) == len(names)  # else they are neither shown nor read
    drafts = [LabelDraft(label, (label.name or label.id) if tell_apart else label.id) for label in space.vocabulary]
    files = {name: load(name) for name in space.words}
    takers = _takers(drafts, files)
    concepts = [(draft, name, files[file].concepts[name]) for file, name in takers for draft in takers[file, name]]
    spellings = Spellings()
    spellings.give("strict", [(d, (d.label.id, d.display, *d.label.aliases)) for d in drafts], of_card=True)
    spellings.give("foreign", [(d, _all(d.label.translations)) for d in drafts], of_card=True)
    numbers = numbered([draft.label.id for draft in drafts])
    spellings.give(
        "strict", [(d, said) for d, said in zip(drafts, map(number_spellings, numbers), strict=False)], of_card=False
    )
    spellings.give("synonyms", [(d, d.label.synonyms) for d in drafts], of_card=True)
    spellings.give("hyponyms", [(d, d.label.hyponyms) for d in drafts], of_card=True)
    spellings.give("strict", [(d, (name, *concept.aliases)) for d, name, concept in concepts], of_card=False)
    spellings.give("foreign", [(d, _all(concept.translations)) for d, _, concept in concepts], of_card=False)
    spellings.give("synonyms", [(d, concept.synonyms) for d, _, concept in concepts], of_card=False)
    spellings.give("hyponyms", [(d, _kinds(d, files, takers)) for d in drafts], of_card=False)
    guards, compounds, findings = _phrases(space, drafts, files, takers)
    label_set = LabelSet(space.kind, tuple(map(_entry, drafts)), guards, compounds, _topics(space))
    return label_set, [*spellings.findings, *findings]


_TOPICS = {"genre": "genre", "mood": "mood", "theme": "theme", "instrument": "instrument", "key": "key"}


def _topics(space: LabelSpace) -> tuple[str, ...]:
    """What a namespace is about, by its words files and title."""
    told = " ".join((*space.words, space.title or "")).casefold()
    return tuple(topic for topic, sign in _TOPICS.items() if sign in told)


def _entry(draft: LabelDraft) -> LabelEntry:
    lists = (draft.strict, draft.synonyms, draft.hyponyms, draft.foreign)
    return LabelEntry(draft.label.id, draft.display, *(tuple(dict.fromkeys(spellings)) for spellings in lists))


def _all(translations: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for spellings in translations.values():
        yield from spellings


def _takers(drafts: Sequence[LabelDraft], files: dict[str, Lexicon]) -> Takers:
    named = [(draft, {fold(s) for s in (draft.label.id, draft.display, *draft.label.aliases)}) for draft in drafts]
    return {
        (file, name): [draft for draft, spellings in named if fold(name) in spellings]
        for file, words in files.items()
        for name in words.concepts
    }


def _kinds(draft: LabelDraft, files: dict[str, Lexicon], takers: Takers) -> Iterator[str]:
    """The hyponyms of a label's concepts and all that these are called,
    if they are concepts which no label takes.

    Of the latter, what holds a strict spelling of the label
    as a word of its own is left out: 'punk rock' says rock.
    """
    strict = [plain(spelling) for spelling in draft.strict]
    named = {fold(name): (file, name) for file, name in takers}
    mine = [files[file].concepts[name] for (file, name), taken in takers.items() if draft in taken]
    listed = [*draft.label.hyponyms, *(hyponym for concept in mine for hyponym in concept.hyponyms)]
    waiting, seen = list(dict.fromkeys(listed)), set()
    while waiting:
        hyponym = waiting.pop(0)
        called = [hyponym]
        if (key := named.get(fold(hyponym))) and key not in seen:
            seen.add(key)
            if takers[key]:
                continue
            kind = files[key[0]].concepts[key[1]]
            called += [*kind.aliases, *_all(kind.translations), *kind.synonyms]
            waiting += kind.hyponyms
        for spelling in called:
            if spelling in listed or not any(phrase in plain(spelling) for phrase in strict):
                yield spelling


def _phrases(
    space: LabelSpace, drafts: Sequence[LabelDraft], files: dict[str, Lexicon], takers: Takers
) -> tuple[tuple[str, ...], Compounds, list[SpellingNote]]:
    """Guards and compounds as this set needs them, the card's own first."""
    strict = [(plain(s), draft.label.id) for draft in drafts for s in draft.strict]
    lenient = [(plain(s), draft.label.id) for draft in drafts for s in (*draft.synonyms, *draft.hyponyms)]
    order = [draft.label.id for draft in drafts]
    taken = {folded(spelling) for draft in drafts for spelling in draft.strict}
    leaning = {folded(spelling) for draft in drafts for spelling in (*draft.synonyms, *draft.hyponyms)}
    guards: list[str] = []
    compounds: list[tuple[str, tuple[str, ...]]] = []
    findings = []

    def add(phrase: str, labels: Iterable[str]) -> None:
        if folded(phrase) not in taken:
            taken.add(folded(phrase))
            if ids := set(labels):
                compounds.append((phrase, tuple(i for i in order if i in ids)))
            else:
                guards.append(phrase)

    for phrase, ids in (*space.compounds.items(), *numbered_pairs(order)):
        add(phrase, ids)
    for phrase in space.guards:
        if not within(phrase, [*strict, *lenient]):
            findings.append(SpellingNote("note", f"the guard {phrase!r} holds no spelling of the set"))
        add(phrase, ())
    for file, words in files.items():
        named = {fold(name): {draft.label.id for draft in takers[file, name]} for name in words.concepts}
        here = set().union(*named.values())
        elsewhere = {d.label.id for (other, _), some in takers.items() if other != file for d in some} - here
        for phrase, concepts in words.compounds.items():
            meant = set().union(*(named[fold(concept)] for concept in concepts))
            others = [s for s in (*strict, *lenient) if not any(fold(concept) in fold(s[0]) for concept in concepts)]
            if meant or (within(phrase, others) and folded(phrase) not in leaning):
                add(phrase, meant)
        for phrase in words.guards:
            meant = elsewhere & within(phrase, strict)
            if meant or (within(phrase, [*strict, *lenient]) and folded(phrase) not in leaning):
                add(phrase, meant)
    return tuple(guards), tuple(compounds), findings


def _nested(entries: Sequence[LabelEntry]) -> Iterator[SpellingNote]:
    """Labels whose strict spelling lies within that of another, which the longest match must
    hide."""
    shown = [(entry, plain(spelling)) for entry in entries for spelling in dict.fromkeys((entry.id, entry.display))]
    pairs = {
        (inner.id, outer.id): None
        for inner, short in shown
        for outer, long in shown
        if inner is not outer and short in long and short != long
    }
    for inner, outer in pairs:
        yield SpellingNote("note", f"{inner!r} lies within {outer!r}")
