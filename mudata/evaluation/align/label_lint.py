"""What is wrong or worth knowing of a label set before answers are read with it: spellings, guards, homonyms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.cards import lexicon
from mudata.catalog.cards.vocabulary import fold
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.label_set import lint as lint_spellings
from mudata.evaluation.align.label_set import resolve
from mudata.evaluation.align.spellings import SpellingNote, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata.catalog.cards.labels import LabelSpace
    from mudata.evaluation.align.label_set import LabelSet

PROBES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The music expresses a tender emotion.", ("emotional",)),
    ("A man speaks over background music.", ("background",)),
    ("a plucked string instrument", ("strings",)),
    ("a bowed string instrument", ("strings",)),
    ("a six string bass", ("strings", "doublebass")),
    ("The song has a steady beat.", ("beat",)),
    ("It is drum and bass music.", ("drums", "bass")),
    ("sounds of the natural world", ("world",)),
    ("background noise", ("experimental", "noise")),
    ("People talk about the weather.", ("spoken",)),
    ("a country road", ("country",)),
    ("a guitar with metal strings", ("metal", "strings")),
    ("in the Romantic era", ("romantic",)),
)
"""Phrases that hold a word of a label and do not mean it (ours, by reading published answers), and those labels."""


def lint(space: LabelSpace) -> list[SpellingNote]:
    """Everything worth knowing of a namespace's labels.

    Returns:
        Spellings that are shared, dropped or nested; phrases that every careful reader takes otherwise
        and that are read as a label for want of a guard; spellings that mean something else in the
        words of another namespace (homonyms), and longer terms of theirs that hold one.

    Raises:
        CardError, UnknownName: the label set cannot be made.
    """
    label_set = resolve(space)
    return [*lint_spellings(space), *_unguarded(label_set), *_homonyms(space, label_set)]


def _unguarded(label_set: LabelSet) -> Iterator[SpellingNote]:
    for phrase, wrong in PROBES:
        read = align(phrase, label_set)
        if found := [label for label in read.labels if fold(label) in wrong]:
            yield SpellingNote("error", f"{phrase!r} is read as {', '.join(map(repr, found))}: a guard is missing")


def _homonyms(space: LabelSpace, label_set: LabelSet) -> Iterator[SpellingNote]:
    mine = {plain(spelling): entry.id for entry in label_set.entries for spelling in entry.strict}
    kept = {plain(phrase) for phrase in (*label_set.guards, *(phrase for phrase, _ in label_set.compounds))}
    for name in lexicon.files():
        if name in space.words or (name.endswith("instrument") and any(w.endswith("instrument") for w in space.words)):
            continue
        for concept, words in lexicon.load(name).concepts.items():
            for spelling in (concept, *words.aliases):
                said = plain(spelling)
                if said in mine:
                    yield SpellingNote("note", f"{spelling!r} means {mine[said]!r} here, and is a word of {name} too")
                elif held := sorted({mine[own] for own in mine if own in said and said not in kept}):
                    yield SpellingNote("note", f"{spelling!r} of {name} holds {', '.join(map(repr, held))}: no guard")
