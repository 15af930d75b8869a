"""What keys are called: tonics and modes in the languages whose cues mudata has, and the one spelling of each.

A tonic is a pitch class: Gb is F#, Cb is B, and E# is F. German, Scandinavian and Polish names (H, B-Dur, Fis, As) are
read as such only before their own words of mode; 'B major' is B and 'B-Dur' Bb.
"""

from __future__ import annotations

import re

from mudata.catalog.read.truth_spelling import TONICS

KEYS = tuple(f"{tonic} {mode}" for tonic in TONICS for mode in ("major", "minor"))

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_SYLLABLES: dict[str, int] = {
    "do": 0, "dó": 0, "dò": 0, "ut": 0, "re": 2, "ré": 2, "rè": 2, "mi": 4, "fa": 5, "fá": 5, "sol": 7, "so": 7,
    "la": 9, "lá": 9, "là": 9, "si": 11, "đô": 0, "đồ": 0, "rê": 2, "pha": 5, "xon": 7, "до": 0, "ре": 2, "ми": 4,
    "фа": 5, "соль": 7, "ля": 9, "си": 11, "دو": 0, "ري": 2, "ره": 2, "مي": 4, "فا": 5, "صول": 7, "سول": 7, "لا": 9,
    "سي": 11,
    "도": 0, "레": 2, "미": 4, "파": 5, "솔": 7, "라": 9, "시": 11, "ド": 0, "レ": 2, "ミ": 4, "ファ": 5, "ソ": 7,
    "ラ": 9, "シ": 11,
}  # fmt: skip
_IROHA = {"ハ": 0, "ニ": 2, "ホ": 4, "ヘ": 5, "ト": 7, "イ": 9, "ロ": 11}
_GANADA = {"다": 0, "라": 2, "마": 4, "바": 5, "사": 7, "가": 9, "나": 11}

_SHARP = (
    r"\#|#|sharp|sostenidos?|dièse|diese|diesis|diez|diyez|dieze|диез|sustenido|thăng|دييز|دييس|샵|올림|シャープ|嬰|升"
)
_FLAT = r"b|flat|bemoll?|bémol|bemolle|bemol|бемоль|giáng|بيمول|플랫|내림|フラット|変|降"
_DOUBLE = r"double|doble|doppio|duplo|doppel|дубль"
ACCIDENTAL = re.compile(rf"(?P<double>{_DOUBLE})|(?P<sharp>{_SHARP}|x)|(?P<flat>{_FLAT})", re.IGNORECASE)

_GERMAN = {
    "as": 8, "es": 3, "his": 0, "hes": 10, "bes": 10, "b": 10, "h": 11, "heses": 9, "ases": 7, "eses": 2, "ass": 8,
    "ess": 3,
}  # fmt: skip


def pitch_class(letter: str, accidentals: str) -> int:
    """Of a letter or syllable and what is written behind it ('#', '##', ' flat', '-sharp').

    >>> pitch_class("G", "b"), pitch_class("si", " bémol"), pitch_class("F", "##")
    (6, 10, 7)
    """
    step = _SYLLABLES.get(letter.casefold(), -1)
    if step < 0:
        step = _STEPS[letter.casefold()]
    return (step + shift(accidentals)) % 12


def shift(accidentals: str) -> int:
    """Semitones that accidentals add.

    >>> shift("##"), shift(" double flat"), shift(""), shift("-sharp")
    (2, -2, 0, 1)
    """
    total, factor = 0, 1
    for match in ACCIDENTAL.finditer(accidentals):
        if match["double"]:
            factor = 2
        elif match["sharp"]:
            total += 2 if match.group() == "x" else factor
            factor = 1
        else:
            total -= factor
            factor = 1
    return total


def german_pitch_class(name: str) -> int | None:
    """Of a German, Dutch, Scandinavian or Polish name; None where it is none.

    >>> german_pitch_class("Fis"), german_pitch_class("B"), german_pitch_class("H"), german_pitch_class("As")
    (6, 10, 11, 8)
    """
    low = name.casefold()
    if low in _GERMAN:
        return _GERMAN[low]
    step = _STEPS.get(low[:1])
    rest = low[1:]
    if step is None:
        return None
    shifts = {"": 0, "is": 1, "iss": 1, "isis": 2, "es": -1, "ess": -1, "eses": -2}
    return (step + shifts[rest]) % 12 if rest in shifts else None


def eastern_pitch_class(name: str, accidental: str) -> int:
    """Of a Japanese (ハ) or Korean (다) letter, with 嬰 or 変, 올림 or 내림."""
    step = _IROHA.get(name)
    step = _GANADA[name] if step is None else step
    return (step + shift(accidental)) % 12


def spelled(pitch: int, mode: str) -> str:
    """The one spelling of a key."""
    return f"{TONICS[pitch % 12]} {mode}"


# ------------------------------------------------------------------------------------- modes

_MAJOR = (
    r"major|majour|majeur|mayor|maggiore|maior|majör|мажор\w{0,3}|мажорн\w{2,3}|trưởng|ماجور|الكبير|كبير|메이저|장조"
    r"|大调|大調|長調|メジャー|メイジャー"
    r"|dur|groot|grote terts|maj|ionian|ionisch|ionien|jónico"
)
_MINOR = (
    r"minor|mineur|menor|minore|minör|минор\w{0,3}|минорн\w{2,3}|thứ|مينور|الصغير|صغير|마이너|단조|小调|小調|短調|マイナー"
    r"|moll|mol|klein|kleine terts|min|aeolian|äolisch|éolien|eólico"
)
_OTHER = (
    r"dorian|dorisch|dorien|dórico|dorico|дорийский|phrygian|phrygisch|phrygien|frigio|frígio|lydian|lydisch"
    r"|lydien|lidio|lídio|mixolydian|mixolydisch"
    r"|mixolydien|mixolidio|mixolídio|locrian|lokrisch|locrien|locrio|lócrio|whole[- ]tone|chromatic|blues(?= "
    r"(?:scale|key|mode)|\W*\Z)"
    r"|ドリア旋法|ドリアン|ミクソリディアン|多利亚|도리안"
)
MODE = rf"(?P<major>{_MAJOR})|(?P<minor>{_MINOR})|(?P<other>{_OTHER})"
GERMANIC = re.compile(r"dur|moll?|groot|klein|(?:grote|kleine) terts", re.IGNORECASE)
