"""Tricky answers, each with the verdict that a careful reader gives."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from mudata.catalog.cards import loader
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import RULES, Alignment, Shown
from mudata.evaluation.align.label_set import LabelSet, resolve

SETS = {
    "GTZAN": ("gtzan", "genre"),
    "FMA": ("fma", "genre_top"),
    "MC": ("music_classification", "mood"),
    "MIREX": ("mirex_emotion", "mood"),
    "MTG": ("mtg_jamendo", "mood"),
    "EDM": ("edm", "genre"),
}
PLAIN = Shown()
LETTERS = Shown(letters=True)
ALL = "blues, classical, country, disco, hip-hop, jazz, metal, pop, reggae, rock"


class Row(NamedTuple):
    """`means` is what the alignment's labels are; `right` is whether the strict score counts it against `gold`."""

    of: str
    answer: str
    gold: str
    status: str
    means: tuple[str, ...] = ()
    right: bool = False
    shown: Shown = PLAIN


def yes(of: str, answer: str, label: str, shown: Shown = PLAIN) -> Row:
    return Row(of, answer, label, "ALIGNED", (label,), True, shown)


ROWS = [
    yes("GTZAN", "Hip hop", "hiphop"),
    yes("GTZAN", "hip-hop/rap", "hiphop"),
    yes("GTZAN", "It's a rap track.", "hiphop"),
    yes("GTZAN", "The genre of the given music is reggae - dub.", "reggae"),
    Row("GTZAN", "A popular song with a strong beat.", "pop", "OOV"),
    yes("GTZAN", "hip-hop/popular", "hiphop"),
    Row("GTZAN", "Rocksteady", "rock", "HYPONYM", ("reggae",)),
    Row("GTZAN", "punk", "rock", "HYPONYM", ("rock",)),
    yes("GTZAN", "black metal", "metal"),
    Row("GTZAN", "synth-pop", "pop", "HYPONYM", ("pop",)),
    Row("GTZAN", "pop rock", "rock", "MULTI", ("pop", "rock")),
    Row("GTZAN", "The given music is a blues rock song.", "rock", "MULTI", ("blues", "rock")),
    yes("GTZAN", "This is not rock, it is metal.", "metal"),
    Row("GTZAN", "This is not rock, it is metal.", "rock", "ALIGNED", ("metal",)),
    yes("GTZAN", "It sounds more like jazz than blues.", "jazz"),
    Row("GTZAN", "Anything but country.", "country", "NEGATED_ONLY"),
    Row("GTZAN", "Either disco or pop.", "disco", "MULTI", ("disco", "pop")),
    Row("GTZAN", ALL.capitalize(), "jazz", "ECHO_ALL"),
    Row(
        "GTZAN",
        f"This audio clip does not contain any of the given genres: {ALL}. The genre is not specified in the clip.",
        "blues",
        "REFUSAL",
    ),
    Row(
        "GTZAN",
        "This audio clip does not contain sounds of any of the genres listed. Sounds in it: Singing; Psychedelic rock.",
        "rock",
        "REFUSAL_WITH_MENTION",
    ),
    Row("GTZAN", "<s> Example 1: blues</s>", "blues", "ECHO_PROMPT"),
    Row("GTZAN", "", "rock", "EMPTY"),
    yes("GTZAN", "金属", "metal"),
    yes("GTZAN", "Le genre est le rock.", "rock"),
    Row("GTZAN", "a classical guitar is plucked. this clip contains sound events: guitar.", "classical", "OOV"),
    Row("GTZAN", "a metal guitar riff with drums", "metal", "OOV"),
    yes("GTZAN", "The given music is a classical piece with elements of blues and jazz.", "classical"),
    Row("GTZAN", "Music Genre: Blues, Funk, Soul-RnB, Rock, Reggae", "blues", "MULTI", ("blues", "reggae", "rock")),
    yes("GTZAN", "I first thought rock, but the final answer is: metal", "metal"),
    yes("GTZAN", "Classical", "classical"),
    yes("GTZAN", "Blues", "blues"),
    yes("GTZAN", "Disco", "disco"),
    yes("GTZAN", "C", "country", LETTERS),
    Row("GTZAN", "C", "country", "OOV"),
    Row("GTZAN", "(C) jazz", "country", "CONFLICT", shown=LETTERS),
    Row("GTZAN", "A guitar plays a slow melody.", "blues", "OOV", shown=LETTERS),
    yes("GTZAN", "**Answer:** Jazz", "jazz"),
    yes("GTZAN", '{"genre": "Country"}', "country"),
    Row("GTZAN", "jazzy", "jazz", "OOV"),
    Row("GTZAN", "electronic, breakbeat", "disco", "OOV"),
    Row("GTZAN", "The genre is not specified, so it could be any of the above.", "rock", "REFUSAL"),
    yes("FMA", "It's an instrumental folk tune.", "Folk"),  # a compound of the card
    Row("FMA", "Techno", "Electronic", "HYPONYM", ("Electronic",)),
    Row("FMA", "experimental pop", "Pop", "MULTI", ("Experimental", "Pop")),
    yes("FMA", "hiphop", "Hip-Hop"),
    yes("MC", "The mood is not sad but happy.", "happy"),
    Row("MC", "unhappy", "happy", "OOV"),
    Row("MC", "Joyful and upbeat", "happy", "SYNONYM", ("happy",)),
    Row("MC", "It feels melodramatic.", "dramatic", "OOV"),
    yes("MC", "The song isn't aggressive at all; it is romantic.", "romantic"),
    yes("MC", "It was written in the Romantic era style, and it is sad.", "sad"),
    yes("MIREX", "Brooding and wistful", "Cluster 3"),
    yes("MIREX", "Cluster 3", "Cluster 3"),
    Row("MIREX", "witty, silly and fun", "Cluster 4", "MULTI", ("Cluster 2", "Cluster 4")),
    Row("MTG", "happy, uplifting; not sad", "happy", "SET", ("happy", "uplifting")),
    yes("EDM", "Future Garage", "Future Garage/Wave Trap"),
    yes("EDM", "Future Garage/Wave Trap", "Future Garage/Wave Trap"),
    yes("EDM", "Psytrance", "Psytrance"),
    yes("EDM", "Big Room House", "Big Room House"),
    Row("EDM", "Psytrance", "Trance", "ALIGNED", ("Psytrance",)),
    Row("EDM", "Big Room House", "House", "ALIGNED", ("Big Room House",)),
    yes("EDM", "hardcore techno", "Hardcore"),  # a compound of the card
    Row("EDM", "warehouse party", "House", "OOV"),
    yes("EDM", "DnB", "Drum and Bass"),
    yes("EDM", "Drum & Bass", "Drum and Bass"),
    yes("EDM", "lo fi", "Lo-fi"),
]


@cache
def label_set(name: str) -> LabelSet:
    dataset, namespace = SETS[name]
    return resolve(loader.load(dataset).labels[namespace])


def read(row: Row) -> Alignment:
    return align(row.answer, label_set(row.of), row.shown)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.of}: {row.answer[:40]}")
def test_an_answer_gets_its_verdict(row: Row) -> None:
    found = read(row)
    assert (found.status, set(found.labels)) == (row.status, set(row.means))
    assert (found.label == row.gold) is row.right
    assert found.rule_id in RULES
