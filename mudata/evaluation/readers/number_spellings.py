"""How numbers from 0 to 399 are spelled in words, in the languages whose cues mudata has and that write with letters.

Each language says how it counts, and all spellings follow. Sources: the Unicode CLDR rules of spelled-out numbers, and
for what people write besides (inflected forms up to twelve, 'one twenty' for 120) usage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+")


def key_of(phrase: str) -> str:
    """Its words in one case between single spaces."""
    return " ".join(_TOKEN.findall(phrase.casefold()))


class CountingWords(NamedTuple):
    """How a language counts. `below` are its words for 0, 1, ... (at least to 19), `tens` those for 20, 30 ... 90;
    `tens_and` joins a ten and a unit, `hundreds` are the words for 100, 200, 300 and `and_` what may stand behind."""

    below: tuple[str, ...]
    tens: tuple[str, ...]
    tens_and: Callable[[str, str], tuple[str, ...]]
    hundreds: tuple[tuple[str, ...], ...]
    and_: tuple[str, ...] = ("",)
    more: dict[str, int] = {}  # noqa: RUF012 - a NamedTuple's default
    """Other forms: genders, cases, short forms."""
    glued: bool = False
    """Whether hundreds and what follows are one word too."""


def _spaced(ten: str, unit: str) -> tuple[str, ...]:
    return (f"{ten} {unit}",)


def _joined_by(*words: str) -> Callable[[str, str], tuple[str, ...]]:
    return lambda ten, unit: tuple(f"{ten} {word} {unit}".replace("  ", " ") for word in words)


def _unit_first(und: str) -> Callable[[str, str], tuple[str, ...]]:
    return lambda ten, unit: (f"{unit}{und}{ten}", f"{unit} {und} {ten}")


def _written_together(ten: str, unit: str) -> tuple[str, ...]:
    cut = ten[:-1] if ten[-1] in "aio" and unit[0] in "uoö" else ten
    return (f"{cut}{unit}", f"{ten} {unit}")


def _list(words: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in words.split())


COUNTING: dict[str, CountingWords] = {
    "en": CountingWords(
        _list(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
            " seventeen eighteen nineteen"
        ),
        _list("twenty thirty forty fifty sixty seventy eighty ninety"),
        _spaced,
        (("one hundred", "a hundred", "hundred"), ("two hundred",), ("three hundred",)),
        ("", "and "),
        {"fourty": 40, "ninty": 90},
    ),
    "de": CountingWords(
        _list(
            "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
            " siebzehn achtzehn neunzehn"
        ),
        _list("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"),
        _unit_first("und"),
        (("hundert", "einhundert"), ("zweihundert",), ("dreihundert",)),
        ("", "und "),
        {"eins": 1, "eine": 1, "einer": 1, "einen": 1, "zwo": 2, "dreissig": 30},
        glued=True,
    ),
    "nl": CountingWords(
        _list(
            "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
            "zestien zeventien"
            " achttien negentien"
        ),
        _list("twintig dertig veertig vijftig zestig zeventig tachtig negentig"),
        lambda ten, unit: (f"{unit}{'ën' if unit.endswith('e') else 'en'}{ten}",),
        (("honderd", "éénhonderd"), ("tweehonderd",), ("driehonderd",)),
        ("", "en "),
        {"één": 1},
        glued=True,
    ),
    "fr": CountingWords(
        _list(
            "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix_sept"
            " dix_huit dix_neuf"
        ),
        _list("vingt trente quarante cinquante soixante septante quatre_vingt nonante"),
        lambda ten, unit: (f"{ten} {unit}", f"{ten} et {unit}") if unit == "un" else (f"{ten} {unit}",),
        (("cent",), ("deux cent", "deux cents"), ("trois cent", "trois cents")),
        ("",),
        {"une": 1, "quatre vingts": 80, "quatre vingt dix": 90, "soixante dix": 70, "soixante et onze": 71}
        | {f"soixante {w}": 70 + i for i, w in enumerate(_list("douze treize quatorze quinze seize dix_sept "
            "dix_huit dix_neuf"), 2)}
        | {f"quatre vingt {w}": 90 + i for i, w in enumerate(_list("onze douze treize quatorze quinze seize "
            "dix_sept dix_huit dix_neuf"), 1)},
    ),
    "es": CountingWords(
        _list(
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
            " diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco"
            " veintiséis veintisiete veintiocho veintinueve"
        ),
        _list("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
        _joined_by("y"),
        (("cien", "ciento"), ("doscientos", "doscientas"), ("trescientos", "trescientas")),
        ("",),
        {"un": 1, "una": 1},
    ),
    "pt": CountingWords(
        _list(
            "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete"
            " dezoito dezenove"
        ),
        _list("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa"),
        _joined_by("e"),
        (("cem", "cento"), ("duzentos", "duzentas"), ("trezentos", "trezentas")),
        ("", "e "),
        {"uma": 1, "duas": 2, "quatorze": 14},
    ),
    "it": CountingWords(
        _list(
            "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici"
            " sedici diciassette diciotto diciannove"
        ),
        _list("venti trenta quaranta cinquanta sessanta settanta ottanta novanta"),
        _written_together,
        (("cento",), ("duecento",), ("trecento",)),
        ("",),
        {"un": 1, "una": 1},
        glued=True,
    ),
    "sv": CountingWords(
        _list(
            "noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton "
            "arton nitton"
        ),
        _list("tjugo trettio fyrtio femtio sextio sjuttio åttio nittio"),
        lambda ten, unit: (f"{ten}{unit}", f"{ten} {unit}"),
        (("hundra", "etthundra", "ett hundra"), ("tvåhundra",), ("trehundra",)),
        ("", "och "),
        {"en": 1},
        glued=True,
    ),
    "no": CountingWords(
        _list("null en to tre fire fem seks sju åtte ni ti elleve tolv tretten fjorten femten seksten sytten "
            "atten nitten"),
        _list("tjue tretti førti femti seksti sytti åtti nitti"),
        lambda ten, unit: (f"{ten}{unit}", f"{ten} {unit}"),
        (("hundre", "ett hundre", "etthundre"), ("to hundre",), ("tre hundre",)),
        ("", "og "),
        {"ett": 1, "én": 1, "syv": 7, "tyve": 20},
        glued=True,
    ),
    "pl": CountingWords(
        _list(
            "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście"
            " czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście"
        ),
        _list(
            "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt"
            " dziewięćdziesiąt"
        ),
        _spaced,
        (("sto",), ("dwieście",), ("trzysta",)),
        ("",),
        {"jedna": 1, "jedno": 1, "dwie": 2, "dwóch": 2, "trzech": 3, "czterech": 4, "pięciu": 5, "sześciu": 6},
    ),
    "ru": CountingWords(
        _list(
            "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать"
            " четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
        ),
        _list("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто"),
        _spaced,
        (("сто",), ("двести",), ("триста",)),
        ("",),
        {"одна": 1, "одно": 1, "две": 2, "двух": 2, "трёх": 3, "трех": 3, "четырёх": 4, "четырех": 4, "пяти": 5,
         "шести": 6},
    ),
    "tr": CountingWords(
        _list("sıfır bir iki üç dört beş altı yedi sekiz dokuz on")
        + tuple(f"on {unit}" for unit in _list("bir iki üç dört beş altı yedi sekiz dokuz")),
        _list("yirmi otuz kırk elli altmış yetmiş seksen doksan"),
        _spaced,
        (("yüz",), ("iki yüz",), ("üç yüz",)),
    ),
    "vi": CountingWords(
        _list("không một hai ba bốn năm sáu bảy tám chín mười")
        + tuple(f"mười {unit}" for unit in _list("một hai ba bốn lăm sáu bảy tám chín")),
        tuple(f"{unit} mươi" for unit in _list("hai ba bốn năm sáu bảy tám chín")),
        lambda ten, unit: (f"{ten} {({'một': 'mốt', 'năm': 'lăm'}).get(unit, unit)}", f"{ten} {unit}"),
        (("một trăm",), ("hai trăm",), ("ba trăm",)),
        ("", "linh ", "lẻ "),
    ),
    "ar": CountingWords(
        _list("صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة")
        + tuple(f"{unit} عشر" for unit in _list("أحد اثنا ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة")),
        _list("عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون"),
        lambda ten, unit: (f"{unit} و{ten}", f"{unit} و {ten}"),
        (("مئة", "مائة"), ("مئتان", "مائتان"), ("ثلاثمئة", "ثلاثمائة")),
        ("و", "و "),
        {"واحدة": 1, "اثنين": 2, "ثلاث": 3, "أربع": 4, "خمس": 5, "ست": 6, "سبع": 7, "ثماني": 8, "ثمان": 8, "تسع": 9,
         "عشر": 10},
    ),
}  # fmt: skip


@cache
def forms_of(language: str) -> dict[str, int]:
    """Every spelling of a language's numbers (of an unknown one: of English) by its words between single spaces."""
    how = COUNTING.get(language, COUNTING["en"])
    under = _below_hundred(how)
    forms: dict[str, int] = {}
    for value, phrases in under.items():
        for phrase in phrases:
            forms.setdefault(key_of(phrase), value)
    for i, hundreds in enumerate(how.hundreds, 1):
        for hundred in hundreds:
            forms.setdefault(key_of(hundred), 100 * i)
            for value, phrases in under.items():
                for phrase in phrases if value else ():
                    for spelling in _behind(hundred, phrase, how):
                        forms.setdefault(key_of(spelling), 100 * i + value)
    if language == "en":  # 'one twenty', 'one oh five'
        for i, said in enumerate(how.below[1:4], 1):
            for value, phrases in under.items():
                if value:
                    forms.setdefault(f"{said} {'oh ' if value < _TEENS else ''}{phrases[0]}", 100 * i + value)
    return forms


_TEENS = 10


def _below_hundred(how: CountingWords) -> dict[int, list[str]]:
    under: dict[int, list[str]] = {value: [word] for value, word in enumerate(how.below)}
    for i, ten in enumerate(how.tens, 2):
        under.setdefault(10 * i, [ten])
        for unit in range(1, 10):
            if 10 * i + unit >= len(how.below):
                under[10 * i + unit] = list(how.tens_and(ten, how.below[unit]))
    for phrase, value in how.more.items():
        under.setdefault(value, []).append(phrase)
    return under


def _behind(hundred: str, phrase: str, how: CountingWords) -> Iterator[str]:
    """A hundred and what is below it: 'hundred twenty', 'hundred and twenty', 'hundertzwanzig'."""
    for and_ in how.and_:
        yield f"{hundred} {and_}{phrase}"
        if how.glued:
            yield f"{hundred}{and_.strip()}{phrase}"
            yield f"{hundred} {and_.strip()}{phrase}"
