"""What stands round the name of a key, and what the name then is: the key, a chord, a scale, a relative, a key passed
through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.readers.said_values import Sort

_CHORD_AFTER = re.compile(
    r"[\"'*]{0,2}[ -]?(?:(?:7th|seventh|9th|ninth|11th|13th|sus\d?|add\d)\b|\d|\(?(?:chord|triad|arpeggio"
    r"|power chord|broken chord|accord|akkord|acorde|accordo|third|"
    r"sixth|second|6th|3rd|inversion|barre|note\b|to [A-G](?:#|b)? (?:major|minor) chord|аккорд|和弦|コード|和音|화음"
    r"|코드))|(?:,? (?:and|or|then|to)? ?[A-G][#b]?(?: (?:major|minor|flat|sharp)){0,2}){1,8} chords\b",
    re.IGNORECASE,
)
_CHORD_BEFORE = re.compile(
    r"(?:\b(?:chords?|triads?|progression|arpeggio|harmony|harmonies|akkord\w*|accords?|acordes?|accordi)\b(?: "
    r"(?:of|is|are|include|includes|like|such as|between|being|from|de|di|with))?"
    r"|\b(?:chords?|progression)\b[^.!?\n]{0,24}?[:(])[ \"'*]{0,3}\Z",
    re.IGNORECASE,
)
_CHORD_LIST = re.compile(
    r"\b(?:chords?|triads?|progressions?|chord sequence|akkorde|accords|acordes|accordi|turnaround|vamp)\b",
    re.IGNORECASE,
)
_IN = re.compile(r"\b(?:in|in the key of)[ \"'*]{1,3}\Z", re.IGNORECASE)
_STATEMENT = re.compile(r"[.!?;\n]|\b(?:key|tonality|tonart|tonalité|tonalidad|answer)\b", re.IGNORECASE)
_SOLO = re.compile(
    r"\b(?:solo|soloist|lick|licks|lead line|run|runs|riff|fill|fills|ornaments?|improvis\w+|noodl\w+|melod(?:y"
    r"|ic) (?:uses|borrows|line))\b[^.!?;\n]{0,48}\Z",
    re.IGNORECASE,
)
_SCALE_AFTER = re.compile(
    r"[ -](?:pentatonic|blues|bebop)?[ -]?(?:scale|scales|pentatonic|lick|run|riff|solo|skala|tonleiter|gamme"
    r"|escala|scala)\b",
    re.IGNORECASE,
)
_RELATIVE_BEFORE = re.compile(
    r"(?:\b(?:relative|relativ\w*|paralle\w*|dominant\w*|subdominant|tonic minor|enharmonic\w*|borrow\w*"
    r"|tonici[sz]\w*|modulat\w*|modula[cçz]\w*|modula|modulier\w*|shifts?|shifting|pivot\w*|moves?|moving|transition\w*|"
    r"detours?|excursions?|hints?|touch(?:es)?|transpos\w*|similar|compared|same (?:key )?signature|same notes"
    r"|neighbou?r\w*|closely related)\b(?: (?:key|major|minor|majeur|mineur|to|of|is|would|be|briefly|into|with"
    r"|the|from"
    r"|as|at|in|a|an|its|being|temporarily|down|up|from|de|du|von|zu|"
    r"keys|pasajera|passagère|passageira|passeggera|breve|brève|vers|hacia|para|verso|nach"
    r"|equivalent|relative|towards?|on|section|bridge|passage|chorus|by|for)){0,5})[ ,:=(\"'*]{0,4}\Z",
    re.IGNORECASE,
)
_RELATIVE_AFTER = re.compile(
    r"[\"'*]{0,2},? ?(?:(?:(?:which |being )?(?:is|being|as) (?:the|its)|, its|\(its) (?:relative|parallel)(?: "
    r"key| major| minor)?"
    r"(?! (?:of|to|key|major|minor|is|being|would)\b)\b|\((?:the )?(?:relative|parallel)(?: key| major| minor)?\))",
    re.IGNORECASE,
)
_OR_RELATIVE = re.compile(
    r"\b(?:or|oder|ou|o)(?: (?:possibly|perhaps|maybe|rather))?,? (?:its|the|the closely related|seine|sa|su"
    r"|la sua) (?:relative|parallel)(?: (?:key|major|minor))*(?: (?:of|is))?[ ,:(\"'*]{1,4}\Z",
    re.IGNORECASE,
)
_MOVES_FROM = re.compile(
    r"\b(?:modulat|mov|shift|transition|chang|go)\w*(?: (?:briefly|temporarily|later|then|key|keys|up|down)){0,2}"
    r" from (?:the key of )?(?:an? )?[\"'*]{0,2}\Z",
    re.IGNORECASE,
)
_OR_TONIC = re.compile(
    r" ?(?:/|or|oder|ou|o|eller) ?[A-G][#b]?(?![A-Za-z0-9#:]|[ -](?:flat|sharp|maj|min|Maj|Min"
    r"|dur|moll|major|minor))"
)
"""A tonic alone that the key is left open with."""


def key_sort(text: str, start: int, end: int) -> Sort:
    """What a key by its form is beside its neighbours."""
    head = max(0, start - 90)
    statement = head + max((match.end() for match in _STATEMENT.finditer(text[head:start])), default=0)
    if _OR_TONIC.match(text, end):
        return "bound"  # 'Cm or Eb'
    if _is_chord(text, statement, start, end) or _SOLO.search(text, statement, start):
        return "guard"
    if _SCALE_AFTER.match(text, end, end + 40):
        return "guard" if _SOLO.search(text, head, start) else "aside"
    if _OR_RELATIVE.search(text, head, start) or _MOVES_FROM.search(text, head, start):
        return "value"  # left open, or one of two keys that the piece has
    if _RELATIVE_BEFORE.search(text, head, start) or _RELATIVE_AFTER.match(text, end, end + 60):
        return "guard" if _RELATIVE.search(text, max(0, start - 50), end + 30) else "aside"
    return "value"


def _is_chord(text: str, statement: int, start: int, end: int) -> bool:
    """Whether a name is a chord's, alone or in a list that its statement calls chords."""
    if _CHORD_AFTER.match(text, end, end + 160) or _CHORD_BEFORE.search(text, max(0, start - 60), start):
        return True
    return _CHORD_LIST.search(text, statement, start) is not None and not _IN.search(text, statement, start)


_RELATIVE = re.compile(r"relativ|paralle", re.IGNORECASE)
_CHORD_NEIGHBOUR = re.compile(
    r"[ ,|>-]{1,4}(?:and )?[A-G][#b]?(?:m|maj|min|dim|sus|aug)?\d?(?![A-Za-z#:]| "
    r"(?:maj|min|flat|sharp))"
)
_CHORD_NEIGHBOUR_BEFORE = re.compile(r"(?<![A-Za-z])[A-G][#b]?(?:m|maj|min|dim|sus|aug)?\d?[ ,|>-]{1,4}(?:and )?\Z")


def among_chords(text: str, start: int, end: int) -> bool:
    return bool(_CHORD_NEIGHBOUR.match(text, end) or _CHORD_NEIGHBOUR_BEFORE.search(text, max(0, start - 14), start))
