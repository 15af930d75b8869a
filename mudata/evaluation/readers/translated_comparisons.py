"""Comparisons of two clips in German, French, Spanish, Italian, Portuguese and Dutch: 'der zweite klingt heller als der
erste', 'el más rápido es el segundo'.

As `comparisons` has it of English, only the quality that the prompt asks for speaks for a clip; of another one,
opposites too, nothing is inferred. Qualities are given by the English words that prompts ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mudata.evaluation.readers.translated_labels import CLIP, ORDINALS


class _Grammar(NamedTuple):
    """How a language compares; patterns of a lower-case text.

    `verbs` tell something of a clip, `no` denies it, `links` begin another clause. `more` and `less` stand before
    `adjectives`, which go by the English word, without their endings; `forms` are comparatives of one word.
    """

    verbs: str
    no: str
    links: str
    than: str
    more: str
    less: str
    adjectives: dict[str, str]
    forms: dict[str, str]
    article: str
    verb_last: bool = False


_GRAMMARS = {
    "de": _Grammar(
        verbs=r"ist|klingt|wirkt|scheint|war|hat|wäre|spielt|beginnt",
        no=r"nicht|kein(?:e[nrsm]?)?|nie",
        links=r"und|aber|weil|da|denn|oder|während|wobei|als",
        than=r"als|verglichen mit",
        more=r"mehr|stärker|am meisten",
        less=r"weniger|am wenigsten",
        adjectives={
            "bright": "hell|brillant|strahlend", "dark": "dunkel|dumpf", "loud": "laut", "quiet": "leise",
            "soft": "leise|sanft", "fast": "schnell", "slow": "langsam", "syncopated": "synkopiert",
            "complex": "komplex|kompliziert", "high": "hoch", "low": "tief",
        },
        forms={
            "bright": "heller|brillanter|strahlender|hellst", "dark": "dunkler|dumpfer|dunkelst",
            "loud": "lauter|lautest", "quiet": "leiser|leisest", "soft": "leiser|sanfter",
            "fast": "schneller|rascher|schnellst", "slow": "langsamer|langsamst", "syncopated": "synkopierter",
            "complex": "komplexer|komplizierter|komplexest", "high": "höher|höchst", "low": "tiefer|tiefst",
        },
        article=r"de[rmnsi]|die|das|im|am",
        verb_last=True,
    ),
    "nl": _Grammar(
        verbs=r"is|klinkt|lijkt|was|heeft|begint",
        no=r"niet|geen|nooit",
        links=r"en|maar|omdat|want|of|terwijl|dan",
        than=r"dan|vergeleken met",
        more=r"meer|sterker|het meest",
        less=r"minder|het minst",
        adjectives={
            "bright": "helder", "dark": "donker", "loud": "luid", "quiet": "zacht|stil", "soft": "zacht",
            "fast": "snel", "slow": "langzaam|traag", "syncopated": "gesyncopeerd|syncopisch", "complex": "complex",
            "high": "hoog", "low": "laag",
        },
        forms={
            "bright": "helderder|helderst", "dark": "donkerder|donkerst", "loud": "luider|luidst",
            "quiet": "zachter|stiller", "soft": "zachter|zachtst", "fast": "sneller|snelst",
            "slow": "langzamer|trager|langzaamst", "syncopated": "syncopischer", "complex": "complexer|complexst",
            "high": "hoger|hoogst", "low": "lager|laagst",
        },
        article=r"de|het|een",
        verb_last=True,
    ),
    "fr": _Grammar(
        verbs=r"est|sonne|semble|paraît|parait|était|a|possède|commence|joue",
        no=r"pas|ne|jamais|non",
        links=r"et|mais|car|parce|ou|tandis|alors|que",
        than=r"que|par rapport (?:à|au)|comparé (?:à|au)",
        more=r"plus|davantage",
        less=r"moins",
        adjectives={
            "bright": "brillant|lumineu|clair", "dark": "sombre", "loud": "fort|bruyant",
            "quiet": "doux|douce|silencieu",
            "soft": "doux|douce", "fast": "rapide|vite", "slow": "lent", "syncopated": "syncopé", "complex": "complexe",
            "high": "aigu|haut", "low": "grave|bas",
        },
        forms={},
        article=r"l[ea]|l['’]|au|dans l[ea]|c['’]est l[ea]",
    ),
    "es": _Grammar(
        verbs=r"es|suena|parece|era|tiene|empieza|comienza",
        no=r"no|nunca|tampoco",
        links=r"y|pero|porque|o|mientras|que",
        than=r"que|en comparación con",
        more=r"más",
        less=r"menos",
        adjectives={
            "bright": "brillante|luminos|claro|clara", "dark": "oscur", "loud": "fuerte|ruidos|alto|alta",
            "quiet": "suave|silencios|bajo|baja", "soft": "suave", "fast": "rápid|veloz|veloces", "slow": "lent",
            "syncopated": "sincopad", "complex": "complej", "high": "agud|alto|alta", "low": "grave|bajo|baja",
        },
        forms={},
        article=r"el|la|lo|en el|en la",
    ),
    "it": _Grammar(
        verbs=r"è|suona|sembra|pare|era|ha|inizia|comincia",
        no=r"non|mai|né",
        links=r"e|ma|perché|o|mentre|che",
        than=r"d(?:i|el|ello|ella|ell['’])|rispetto a(?:l|llo|lla)?|che",
        more=r"più",
        less=r"meno",
        adjectives={
            "bright": "brillant|luminos|chiar", "dark": "scur|cup", "loud": "forte|rumoros", "quiet": "silenzios|pian",
            "soft": "morbid|dolce", "fast": "veloc|rapid", "slow": "lent", "syncopated": "sincopat",
            "complex": "compless", "high": "acut|alto|alta", "low": "grave|basso|bassa",
        },
        forms={},
        article=r"il|lo|la|l['’]|nel|nella",
    ),
    "pt": _Grammar(
        verbs=r"é|soa|parece|era|tem|começa",
        no=r"não|nunca|nem",
        links=r"e|mas|porque|pois|ou|enquanto|que",
        than=r"(?:do )?que|em comparação com|comparado (?:com|ao?)",
        more=r"mais",
        less=r"menos",
        adjectives={
            "bright": "brilhante|luminos|claro|clara", "dark": "escur", "loud": "alto|alta|forte|barulhent",
            "quiet": "baixo|baixa|silencios", "soft": "suave", "fast": "rápid|veloz", "slow": "lent",
            "syncopated": "sincopad", "complex": "complex", "high": "agud|alto|alta", "low": "grave|baixo|baixa",
        },
        forms={},
        article=r"o|a|no|na",
    ),
}  # fmt: skip


class ComparedClip(NamedTuple):
    """A clip [start, end) that a comparison tells of, its number, the English words of the quality that it has, whether
    it has less of it, and whether that is denied; `behind`: it is the one that the other is compared with."""

    start: int
    end: int
    number: int
    stems: frozenset[str]
    less: bool
    denied: bool
    behind: bool = False


class _Said(NamedTuple):
    """Patterns of one language, between a clip and a quality and the other way round."""

    quality: re.Pattern[str]
    told: re.Pattern[str]
    told_last: tuple[re.Pattern[str], re.Pattern[str]] | None
    """Where verbs may stand last, what is before and behind the quality: 'dass der zweite heller klingt'."""
    denied: re.Pattern[str]
    than: re.Pattern[str]
    best: re.Pattern[str]
    best_is: re.Pattern[str]


_A_CLIP = re.compile(
    "(?<!\\w)(?:"
    + "|".join(f"(?P<ordinal{k}>{words})(?: (?:{CLIP}))?" for k, words in enumerate(ORDINALS[:2], 1))
    + rf"|(?:{CLIP}) (?:n[ro]\.? ?|n[º°] ?|nummer |num[ée]ro |número )?(?P<number>[12])(?![\d/.,]\d))(?!\w)"
)
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)?"


@lru_cache(maxsize=1)
def _languages() -> tuple[_Said, ...]:
    return tuple(map(_said, _GRAMMARS.values()))


def _said(grammar: _Grammar) -> _Said:
    names = list(grammar.adjectives)
    adjectives = "|".join(rf"(?P<a_{name}>(?:{grammar.adjectives[name]})\w{{0,4}})" for name in names)
    forms = "".join(rf"|(?P<f_{name}>(?:{of})(?:e[nrsm]?|en?)?)" for name, of in grammar.forms.items())
    free = rf"(?: (?!(?:{grammar.links})(?!\w)){_WORD}){{0,4}}?"
    return _Said(
        re.compile(rf"(?<!\w)(?:(?:(?P<less>{grammar.less})|{grammar.more}) (?:{adjectives}){forms})(?!\w)"),
        re.compile(rf"(?:,? (?:{grammar.no}))?,? ?(?:n['’])?(?:{grammar.verbs}){free} "),
        (re.compile(rf"{free} "), re.compile(rf" (?:{grammar.verbs})(?!\w)")) if grammar.verb_last else None,
        re.compile(rf"(?<!\w)(?:{grammar.no})(?!\w)"),
        re.compile(
            rf"(?: {_WORD}){{0,2}}? (?:{grammar.than})(?:(?: |(?<=['’]))(?:{grammar.article})?)?(?: |(?<=['’]))"
        ),
        re.compile(rf"(?:\A|(?<!\w))(?:{grammar.article}) ?(?:(?:{CLIP}) )?\Z"),
        re.compile(rf"{free} (?:{grammar.verbs})(?: (?:{grammar.article}))?(?: |(?<=['’]))"),
    )


def compared_clips(text: str) -> Iterator[ComparedClip]:
    """Clips of a lower-case text that are compared in one of the languages; not sorted, some twice."""
    clips = [(*match.span(), int(match["number"] or 2 - bool(match["ordinal1"]))) for match in _A_CLIP.finditer(text)]
    for said in _languages() if clips else ():
        for quality in said.quality.finditer(text):
            stems, less = _stems(quality), quality["less"] is not None
            before = next((clip for clip in reversed(clips) if clip[1] <= quality.start()), None)
            after = next((clip for clip in clips if clip[0] >= quality.end()), None)
            if before and _is_told(said, text, before[1], quality):
                denied = said.denied.search(text, before[1], quality.start()) is not None
                yield ComparedClip(*before, stems, less, denied)
                if after and said.than.fullmatch(text, quality.end(), after[0]):
                    yield ComparedClip(*after, stems, less, denied, behind=True)
            elif after and said.best_is.fullmatch(text, quality.end(), after[0]) and _is_best(said, text, quality):
                yield ComparedClip(*after, stems, less, denied=False)


def _is_told(said: _Said, text: str, start: int, quality: re.Match[str]) -> bool:
    """Whether a quality is told of the clip that ends at `start`."""
    if said.told.fullmatch(text, start, quality.start()):
        return True
    if said.told_last is None:
        return False
    between, behind = said.told_last
    return bool(between.fullmatch(text, start, quality.start()) and behind.match(text, quality.end()))


def _is_best(said: _Said, text: str, quality: re.Match[str]) -> bool:
    """Whether 'the' stands before it: 'der hellere'."""
    return said.best.search(text, max(0, quality.start() - 30), quality.start()) is not None


def _stems(quality: re.Match[str]) -> frozenset[str]:
    """Every quality that the word may mean: 'alto' is loud and high."""
    word = next(text for name, text in quality.groupdict().items() if text and name != "less")
    known = [words for grammar in _GRAMMARS.values() for words in (grammar.adjectives, grammar.forms)]
    return frozenset(name for words in known for name, of in words.items() if re.fullmatch(rf"(?:{of})\w{{0,4}}", word))
