"""Whether an answer refuses to describe a clip.

Cues were taken from published answers to MusicCaps: they catch all 1,370 refusals of MU-LLaMA ("...
is not provided") and 98 of Qwen2-Audio, but none of 5,521 captions by people, and no song whose
words are quoted.
"""

from __future__ import annotations

import re

_WE = r"\b(?:i|we) ?(?:'m|'re|am|are)? (?:\w+ )?"
_CANNOT = (
    r"(?:can(?:no|')t|can not|could(?:n't| not)|unable to|not able to"
    r"|do(?:n't| not)(?: have (?:the (?:ability|capability|means)|access) to)?)"
)
_TO_HEAR = (
    r"(?:listen|hear|access|process|play|analy[sz]e|describe(?! how)|provide|caption|assist|help|fulfil|determine"
    r"|identify|generate|create|answer|tell)"
)
_SOUND = r"(?:audio|sound|music|file|clip|recording|song|link)"
_GIVEN = r"(?:provided|attached|uploaded|available|given)"
_REFUSALS = re.compile(
    "|".join(
        (
            rf"\b(?:caption|description|transcript\w*)\b[^.]{{0,60}} (?:is|was|are|were) not (?:been )?{_GIVEN}",
            rf"\bno (?:caption|description) (?:(?:is |was |has been |can be )?{_GIVEN}|for\b)",
            r"\bnot (?:require|need|have|contain|include) an? (?:caption|description)",
            r"^\W*(?:(?:i'm|i am|we are|we're) )?(?:so |very )?sorry(?:[,.!]| but\b| i\b| we\b|$)",
            r"\bi apologi[sz]e\b|^\W*(?:my )?apologies\b",
            rf"{_WE}{_CANNOT} (?:\w+ )?{_TO_HEAR}",
            r"\bas an? (?:\w+ )?(?:ai|(?:language )?model|assistant)\b",
            rf"\bplease (?:provide|upload|share|attach|send)\b[^.]{{0,40}}\b{_SOUND}",
            rf"\bno {_SOUND}(?: file| clip)? (?:was |is |has been )?{_GIVEN}",
            rf"\b{_SOUND} (?:is|was|has) not (?:been )?{_GIVEN}",
            r"\b(?:is|was|be) an empty (?:audio )?(?:file|clip|recording)\b",
        )
    )
)
_QUOTED = re.compile(r'"[^"]*"?|(?<!\w)\'.{0,4000}\'(?!\w)', re.DOTALL)
"""Lyrics and repeated speech, which say 'sorry' and 'I can't hear you' without meaning us."""
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


def refuses(answer: str) -> bool:
    """Whether an answer says that it will not or cannot describe the clip, instead of describing
    it.

    An answer about what is not in the clip ("no speech") is no refusal; one that is quoted as a
    whole is read.

    Example:
        >>> refuses("Sorry, I cannot listen to audio."), refuses("A singer repeats 'sorry'.")
        (True, False)
    """
    text = answer.casefold().translate(_STRAIGHT).strip()
    plain = _QUOTED.sub(" ", text)
    return _REFUSALS.search(plain if plain.strip(" .") else text.strip("\"'")) is not None
