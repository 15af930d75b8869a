"""Keys: 'F# minor', 'B-Dur', 'la mineur', 'イ短調', 'Am'; what only looks like one is told apart.

'a' before 'major' or 'minor' is the article unless nothing follows or 'key of' stands before it. Chords, scales of a
solo, relatives and keys modulated to are not the key. Dorian and its kin are the mode 'other'; Ionian is major and
Aeolian minor. A tonic without a mode is half a key: UNPARSED, flag 'half', the tonic in `positives`. Camelot codes
('8A') count as the whole answer or where the wheel is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.catalog.read.truth_spelling import TONICS
from mudata.evaluation.align.text_pieces import apart
from mudata.evaluation.readers.key_contexts import among_chords, key_sort
from mudata.evaluation.readers.key_names import (
    GERMANIC,
    KEYS,
    MODE,
    eastern_pitch_class,
    german_pitch_class,
    pitch_class,
    spelled,
)
from mudata.evaluation.readers.said_values import Said, Sort, ValueKind
from mudata.evaluation.readers.values import NOTHING_SHOWN, read_value, within_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata.evaluation.align.alignment import Alignment, Shown

_ACC = (
    r"(?:[ -]?(?:double|doble|doppio)?[ -]?(?:sharp|flat|natural)\b|\^?\{?\\?(?:\#|sharp|flat|natural)\}?"
    r"|[#]{1,2}|b{1,2}(?![a-z])|x(?![a-z]))?"
)
_ACC_WORD = (
    r"(?:[ -]?(?:doble |double |doppio )?(?:#|b(?!\w)|sostenido|dièse|diese|diesis|diyez|diez|sustenido|thăng"
    r"|диез|бемоль|bemolle|bemol|bémol|giáng"
    r"|دييز|بيمول|샵|플랫|シャープ|フラット))?"
)
_GAP = (
    r"(?:[ \n]{0,2}[-:_/]?[ \n]{0,2}|[\"'*}$, ]{1,6}(?:\\text\{ ?|\\,|\\ )?"
    r"|[\"'*,; ]{0,4}\(?(?:mode|scale|modo|tipo|type|key|quality)[\"'*]{0,3} ?(?::|=|is)? ?[\"'*]{0,3}"
    r"|, an? (?=(?:major|minor) (?:key|mode|tonality)\b))"
)
_QUALITY = (
    r"(?:(?:natural|harmonic|melodic|pure|relative|harmonisch(?:es)?|natürlich(?:es)?|harmonique"
    r"|naturelle?|armonica|naturale|armónica|natural|гармонический|натуральный)[ -])?"
)
_LETTER = re.compile(
    rf"(?<![A-Za-zÀ-ɏ0-9#])(?<![A-Za-z]')(?<!\\)(?P<letter>[A-Ga-gH])(?P<acc>{_ACC}){_GAP}{_QUALITY}(?:{MODE})(?![A-Za-zÀ-ɏ#]|(?<=maj)\d|(?<=min)\d)",
    re.IGNORECASE,
)
_GERMAN = re.compile(
    r"(?<![A-Za-zÀ-ɏ0-9#])(?<![A-Za-z]')(?:"
    r"(?P<name>[A-Ha-h](?:isis|iss?|eses|ess?)?|[AaEe]ss?|[Aa]ses)[ -]{0,2}"
    r"(?P<mode>(?i:dur|moll?|groot|klein|(?:grote|kleine) terts))"
    r"|(?P<name2>[A-H](?:is|es))[ -](?P<mode2>(?i:majeur|mineur|major|minor)))(?![a-zß-ɏ])"
)
_SYLLABLE = re.compile(
    r"(?<![A-Za-zÀ-ɏа-яёА-ЯЁء-ي가-힣])(?P<syllable>do|dó|dò|ut|re|ré|rè|mi|fa|fá|sol|la|lá|là|si|đô|đồ|rê|pha|xon"
    r"|до|ре|ми|фа|соль|ля|си|دو|ري|ره|مي|فا|صول|سول|لا|سي"
    r"|도|레|미|파|솔|라|시|ド|レ|ミ|ファ|ソ|ラ|シ)"
    rf"(?P<acc>{_ACC_WORD})[ -]{{0,2}}{_QUALITY}(?:{MODE})(?![A-Za-zÀ-ɏа-яё])",
    re.IGNORECASE,
)
_EASTERN = re.compile(
    r"(?P<acc>嬰|変|올림|내림)?(?P<name>[ハニホヘトイロ])(?P<mode>長調|短調)"
    r"|(?<![가-힣])(?P<acc2>올림|내림)? ?(?P<name2>[가나다라마바사]) "
    r"?(?P<mode2>장조|단조)"
)
_CHINESE = re.compile(
    r"(?P<acc>[升降]|#|b)(?P<letter>[A-Ga-g]) ?(?:自然|和声|旋律)?"
    r"(?P<mode>大调|大調|小调|小調|メジャー|マイナー|장조|단조)"
)
_MODE_FIRST = re.compile(
    rf"\b(?P<mode>(?i:major|minor)) key of (?P<letter>[A-G])(?P<acc>{_ACC})(?![A-Za-zÀ-ɏ0-9#])"
    rf"|\A\W*(?P<mode2>(?i:major|minor))[,: ]{{1,2}}(?P<letter2>[A-G])(?P<acc2>{_ACC})\W*\Z"
)
_SHORT = re.compile(
    r"(?<![A-Za-zÀ-ɏ0-9#./&-])(?<![A-Za-z]')(?P<letter>[A-G])(?P<acc>[#b]?)(?P<m>m|min|maj|M(?=[\s\"'.)*]*\Z)"
    r"|-)(?![A-Za-zÀ-ɏ0-9#/-]|'[a-z])"
)
_SHORT_ALONE = re.compile(r"[\s\"'*`(]*(?P<letter>[A-Ga-g])(?P<acc>[#b]?)(?P<m>m)[\s\"'*`).]*")
_HARTE = re.compile(r"(?<![A-Za-z0-9#])(?P<letter>[A-G])(?P<acc>[#b]{0,2}):(?P<m>maj|min)(?![A-Za-z0-9])")
_CAMELOT = re.compile(r"(?<![A-Za-z0-9])(1[0-2]|[1-9])([ABab])(?![A-Za-z0-9])")
_CAMELOT_NAMED = re.compile(r"camelot", re.IGNORECASE)
_CAMELOT_MINOR = (8, 3, 10, 5, 0, 7, 2, 9, 4, 11, 6, 1)
"""Pitch classes of 1A to 12A; the major key beside each ('B') lies three semitones higher (Mark Davis's Camelot
wheel)."""

_KEY_OF = re.compile(
    r"(?:\bkey(?: signature)?(?: of| is| was| would be|:| =|\W{1,4}:)|\bin|\banswer(?: is|:)|\bnot|\bis|\bto"
    r"|\bsay|\bor|[:=]|\A)[\s\"'*(`]{0,5}(?:\\text\{ ?)?\Z",
    re.IGNORECASE,
)
_KEY_OF_FIRMLY = re.compile(
    r"\bkey(?: signature)? (?:of|is:)[\s\"'*(]{0,4}\Z|\bkey(?: signature)?\W{0,3}[:=][\s\"'*(]{0,4}\Z|\bin the "
    r"key of\W{0,3}\Z",
    re.IGNORECASE,
)
_NOTHING_MORE = re.compile(
    r"[\s\"'*`)}$]*(?:\\\)|\\\]|\$)?\s*(?:[.,;!?(\n\u3000-\uffef]|- |\Z|(?:\b(?:and|or|but|not|because|with"
    r"|rather|since|as"
    r"|though|although|instead|i think|in my)\b))",
    re.IGNORECASE,
)
_OTHER_MODE = re.compile(r" (?:and|or|to|vs\.?) (?:a )?(?:major|minor)\b", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;\n])[\s\"'*#>-]*\Z")
_ROMANCE = re.compile(r"minore|menor|maggiore|maior|mayor|mineur|majeur", re.IGNORECASE)
_TONIC = re.compile(
    r"(?:(?i:\b(?:key(?: signature)?|tonality|tonic|tonal cent(?:er|re)|root|answer)(?: (?:of|is|note|seems to be"
    r"|would be|around|on|note is)){0,3}[\s:=\"'*(]{1,5})|\b[Ii]n |\A[\s\"'*`]*)"
    rf"(?P<letter>[A-G])(?P<acc>{_ACC})(?![A-Za-zÀ-ɏ0-9#+-]|'[a-z])(?=[\s\"'*`)]*(?:[.,;!(\n]|\Z|\b(?:key|but|and"
    rf"|with|as|I|though|because)\b))"
)

_TONIC_ALONE = re.compile(r"[\s\"'*`(]*(?P<letter>[a-g])(?P<acc>[#b]?)[\s\"'*`).]*")
"""The whole answer, in small letters."""
_TONIC_NOUN = (
    r"(?:tonic|key cent(?:er|re)|tonal cent(?:er|re)|root|home note|keynote|key)(?: note| pitch)?"
    r"(?: is| seems to be| =|[\"'*]{0,2}:)[\s\"'*(]{1,4}"
)
_MODE_NOUN = r"(?:mode|quality|tonality|modality|scale type)(?: is| seems| =|[\"'*]{0,2}:)[\s\"'*(]{1,4}(?:an? )?"
_NEXT = r"[\s\"'*).,;|]{1,6}(?:(?:and|with|while|but) )?(?:(?:the|its|a) )?[\s\"'*-]{0,4}"
_APART = re.compile(
    rf"\b{_TONIC_NOUN}(?P<letter>[A-G])(?P<acc>{_ACC})(?![A-Za-zÀ-ɏ0-9#]){_NEXT}{_MODE_NOUN}(?P<mode>major|minor)\b"
    rf"|\b{_MODE_NOUN}(?P<mode2>major|minor)\b{_NEXT}{_TONIC_NOUN}(?P<letter2>[A-G])(?P<acc2>{_ACC})(?![A-Za-zÀ-ɏ0-9#])",
    re.IGNORECASE,
)
"""'The tonic is C and the mode is major.'"""


def read_key(answer: str | None, shown: Shown) -> Alignment:
    """The key that an answer says: 'F# minor', 'C other'.

    >>> from mudata.evaluation.align.alignment import Shown
    >>> read_key("Ges-Dur", Shown()).label, read_key("in a minor key", Shown()).label
    ('F# major', None)
    """
    return within_options(read_value(answer, shown, KEY), shown, lambda option: read_key(option, NOTHING_SHOWN).label)


def _find(text: str) -> list[Said]:
    return apart(sorted(_all(text), key=lambda said: (said.start, -said.end)))


def _all(text: str) -> Iterator[Said]:
    for match in _GERMAN.finditer(text):
        pitch = german_pitch_class(match["name"] or match["name2"])
        mode = "minor" if (match["mode"] or match["mode2"]).casefold().startswith(("mo", "mi", "kl")) else "major"
        if pitch is not None:
            yield _placed(text, match, spelled(pitch, mode))
    for match in _LETTER.finditer(text):
        if not GERMANIC.fullmatch(match.group(match.lastgroup or 0)) and (said := _lettered(text, match)):
            yield said
    for match in _SYLLABLE.finditer(text):
        yield _placed(text, match, spelled(pitch_class(match["syllable"], match["acc"]), _mode(match)))
    for match in _EASTERN.finditer(text):
        name, acc, mode = (
            (match["name"], match["acc"], match["mode"])
            if match["name"]
            else (match["name2"], match["acc2"], match["mode2"])
        )
        yield _placed(
            text, match, spelled(eastern_pitch_class(name, acc or ""), "major" if mode in ("長調", "장조") else "minor")
        )
    for match in _CHINESE.finditer(text):
        mode = "major" if match["mode"] in ("大调", "大調", "メジャー", "장조") else "minor"
        yield _placed(text, match, spelled(pitch_class(match["letter"], match["acc"]), mode))
    for match in _MODE_FIRST.finditer(text):
        letter, acc, mode = (
            (match["letter"], match["acc"], match["mode"])
            if match["letter"]
            else (match["letter2"], match["acc2"], match["mode2"])
        )
        yield _placed(text, match, spelled(pitch_class(letter, acc), mode.casefold()))
    for match in _APART.finditer(text):
        second = "" if match["letter"] else "2"
        pitch = pitch_class(match["letter" + second], match["acc" + second])
        yield Said(*match.span(), (spelled(pitch, match["mode" + second].casefold()),))
    yield from _shortened(text)
    yield from _halves(text)


def _mode(match: re.Match[str]) -> str:
    return "major" if match["major"] else "minor" if match["minor"] else "other"


def _lettered(text: str, match: re.Match[str]) -> Said | None:
    """A letter and a word of mode, unless 'a' is the article or 'e' a word of a Romance language."""
    letter, mode = match["letter"], match.group(match.lastgroup or 0)
    if letter in ("H", "h"):
        return None
    start, end = match.span()
    if (
        letter in ("a", "A")
        and not match["acc"]
        and _is_article(text, start, end, capital=letter == "A", joined=text[start + 1] in "-:_")
    ):
        return None
    if (
        letter == "e"
        and not match["acc"]
        and _ROMANCE.fullmatch(mode)
        and not _KEY_OF.search(text, max(0, start - 40), start)
    ):
        return None
    return _placed(text, match, spelled(pitch_class(letter, match["acc"]), _mode(match)))


def _is_article(text: str, start: int, end: int, *, capital: bool, joined: bool) -> bool:
    head = max(0, start - 40)
    if joined or _KEY_OF_FIRMLY.search(text, head, start):
        return False
    before, after = text[:start].rpartition("\n")[2], text[end:].partition("\n")[0]
    if not before.strip(" \"'*`.(") and not after.strip(" \"'*`.)"):  # alone on its line
        return False
    ends = _NOTHING_MORE.match(text, end) is not None and _OTHER_MODE.match(text, end) is None
    if capital and not _SENTENCE_START.search(text, max(0, start - 12), start):
        return False
    if capital:
        return not (ends or re.compile(r"[\s\"'*]{1,3}(?:is|was|it)\b").match(text, end))
    return not (ends and _KEY_OF.search(text, head, start))


def _placed(text: str, match: re.Match[str], key: str) -> Said:
    return Said(*match.span(), (key,), key_sort(text, match.start(), match.end())).guarded()


def _shortened(text: str) -> Iterator[Said]:
    """'Am', 'F#m', 'C:min', '8A'; several short names in a row are chords."""
    short = list(_SHORT.finditer(text))
    for match in _HARTE.finditer(text):
        yield _placed(
            text,
            match,
            spelled(pitch_class(match["letter"], match["acc"]), "major" if match["m"] == "maj" else "minor"),
        )
    for match in short:
        if match["m"] == "-":
            continue
        mode = "minor" if match["m"] in ("m", "min") else "major"
        sort: Sort = "guard" if among_chords(text, *match.span()) else key_sort(text, *match.span())
        if match.group() == "Am" and re.compile(r" I\b").match(text, match.end()):
            continue
        key = spelled(pitch_class(match["letter"], match["acc"]), mode)
        yield Said(*match.span(), (key,), sort).guarded()
    if not short and (bare := _SHORT_ALONE.fullmatch(text)):
        pitch = pitch_class(bare["letter"], bare["acc"])
        yield Said(bare.start("letter"), bare.end("m"), (spelled(pitch, "minor"),))
    named = _CAMELOT_NAMED.search(text) is not None
    for match in _CAMELOT.finditer(text):
        whole = not text[: match.start()].strip(" \n\"'*`.(") and not text[match.end() :].strip(" \n\"'*`.)")
        if named or whole:
            pitch = _CAMELOT_MINOR[int(match[1]) - 1]
            minor = match[2] in "Aa"
            yield Said(*match.span(), (spelled(pitch if minor else pitch + 3, "minor" if minor else "major"),))


def _halves(text: str) -> Iterator[Said]:
    """Tonics without a mode, where something says that they are tonics."""
    alone = _TONIC_ALONE.fullmatch(text)
    for match in (*_TONIC.finditer(text), *([alone] if alone else [])):
        tonic = TONICS[pitch_class(match["letter"], match["acc"])]
        yield Said(match.start("letter"), match.end("acc"), (tonic,), "half")


KEY = ValueKind("key", lambda text, _: _find(text), all_values=len(KEYS))
