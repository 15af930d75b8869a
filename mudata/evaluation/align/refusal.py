"""Phrases by which an answer says that it cannot tell.

Patterns read the text that `clean` makes: lower case, hyphens and slashes as spaces. Every
repetition in them is bounded, so that a megabyte takes linear time.
"""

from __future__ import annotations

import re

_WORDS = """
not no never neither nor none nothing without than instead unlike except opposed anything everything cannot cant unable
impossible difficult hard challenging tough insufficient unspecified unknown unclear unsure uncertain undetermined sorry
lack lacks lacking absence devoid far opposite contrast excluding exclude excludes excluded rule rules ruled ruling
unlikely hardly barely scarcely non anti less any language ai isnt doesnt dont didnt wasnt arent wont couldnt wouldnt
shouldnt n/a idk null nil undefined isn't doesn't don't didn't wasn't aren't won't can't couldn't wouldn't shouldn't
hasn't haven't weren't ain't pas nicht kein keine keinen
"""
TRIGGERS = tuple(_WORDS.split())
"""Words without which nothing is denied or refused;
answers without any of them need no second look."""

CLAUSE_END = re.compile(r"[.;!?\n]")

_ABOUT = (
    r"(?:genre|style|mood|emotion|feeling|theme|instrument|tag|label|categor(?:y|ie)|class|option|answer|key|caption"
    r"|choice|type|kind)s?"
)
_TELL = (
    r"(?:determin|identif|classif|categori[sz]|specif|recogni[sz]|distinguish|discern|ascertain|provid|assign|infer"
    r"|decid|choos|select|conclud|confirm|assess|analy[sz]|process|access|listen|play|assist|tell|say|guess|label|pinpoint"
    r"|answer|hear\ (?:the\ |any\ |this\ )?(?:audio|music|sound|clip|file)|help\ (?:you|with))"
)
_STRONG = re.compile(
    rf"""
    \b(?=[acdhilnsuw])(?:
        (?:can\ ?not|can't|cant|could\ not|couldn't|unable\ to|not\ able\ to
          |(?:not\ possible|impossible|difficult|hard|challenging|tough|not\ easy)\ to)\b(?!\ help\ but)
        (?:\ \w+){{0,2}}?\ (?:be\ )?(?:\w+ly\ )?{_TELL}
      | (?:does|do|did)(?:\ not|n't)(?:\ \w+){{0,2}}?\ (?:contain|have|provide|include|specify|mention|give|offer
          |indicate|belong|fit|match|correspond|fall)\b
        (?=[^.;!?\n]{{0,80}}\b(?:any|enough|sufficient|specific|given|listed|mentioned)\b)
        (?=[^.;!?\n]{{0,120}}\b(?:{_ABOUT}|information|context|details?|evidence|above)\b)
      | (?:not\ enough|insufficient|no|lack\ of|lacks|without)(?:\ \w+){{0,2}}?\ (?:information|context|evidence)\b
      | no\ (?:(?:specific|clear|particular|discernible|identifiable|distinct|given|single|obvious)\ ){{0,3}}
        (?:genre|style|mood|emotion|tag|label|category|answer)s?\b(?!\ (?:but|other))
      | none\ of\ (?:the\ (?:\w+\ )?(?:above|given|listed|options|genres|labels|choices|categories|moods|emotions|tags)
          |these|them|those)\b
      | (?:i'?m|am|is)\ (?:not\ (?:\w+ly\ )?(?:sure|certain)|unsure|uncertain)\b | not\ (?:\w+ly\ )?sure\b
      | no\ (?:idea|audio)\b
      | (?:do\ not|don't|dont)\ know\b
        (?=\W*(?:[.,;!?\n]|\Z)|\ (?:(?:which|what|the|its|this)\ )?{_ABOUT}\b|\ whether|\ if\ it)
      | as\ an?\ (?:\w+\ ){{0,2}}(?:ai|language\ model)\b
      | (?:i'm|i\ am|we\ are|we're)\ (?:\w+\ )?sorry\b | could\ be\ any\ (?:{_ABOUT}|of\ the|of\ these)\b
      | not\ specific\ to\ any\b | not\ (?:\w+ly\ )?(?:possible\ to|clear\ (?:which|what|whether))\b
    )
  | (?:\A|[.;!?\n,])[\ "']{{0,3}}sorry\b
  | 无法|不能确定|不能判断|不知道|不确定|抱歉|对不起|没有足够|わかりません|分かりません
    """,
    re.VERBOSE,
)
"""Says outright that it cannot tell."""

_TOLD = (
    r"(?: \w+){0,2}? (?:specified|mentioned|provided|stated|given|discernible|known|clear|determinable|identifiable"
    r"|available|indicated|disclosed|defined|recogni[sz]able|possible|apparent)\b"
)
_WEAK = re.compile(rf"\b(?=[nu])(?:not{_TOLD}|un(?:specified|known|determined|clear|certain)\b)|n't{_TOLD}|未知|不明")
"""Says that something is not told: a refusal only where that something is what was asked for."""

_NOTHING_ELSE = re.compile(r"[^\w]*(?:none|n a|unknown|null|nil|undefined|idk|no|not applicable)[^\w]*")
_ASKED_FOR = re.compile(rf"\b(?:{_ABOUT}|it)\b")
_OTHER_THING = re.compile(
    r" (?:artist|singer|song|track|composer|performer|band|author|source|title|name|origin|album|era|year|tempo|key"
    r"|instrument|language|speaker|location|place|vocal|voice|drum|lyric)"
)
_NEW_START = re.compile(r"\b(?:but|while|although|though)\b|,(?= (?:but|it|and|the|i|we)\b)")
_ELSE_ASKED = re.compile(r" (?:what|who|where|when|how|why|if|whether)\b")
_TARGET = re.compile(r"\b(?:genre|style|mood|emotion|feeling|theme|tag|label|categor(?:y|ie)|answer|caption)s?\b")
_SUBJECT = re.compile(
    r"\b(?=[abcdiklmnoprstvwy])(?:artist|singer|composer|performer|band|author|title|name|album|year|date|tempo|bpm|key|lyrics?|vocals?"
    r"|language|instruments?|speaker|location|origin|melody|rhythm|beat|drums?|voice|words|recording)\b"
)


def refusals(text: str, prompt: str = "") -> list[tuple[int, int]]:
    """Where the answer says that it cannot tell, as [start, end), sorted.

    What the prompt speaks of is what was asked for;
    without a prompt it may be instruments, but no artist or tempo.
    """
    spans = [span for cue in _STRONG.finditer(text) if not _is_about_another(text, *(span := cue.span()), prompt)]
    spans += [span for cue in _WEAK.finditer(text) if _is_about_the_question(text, *(span := cue.span()), prompt)]
    if len(text) < 40 and (whole := _NOTHING_ELSE.fullmatch(text)):
        spans.append(whole.span())
    return sorted(spans)


def _clause_before(text: str, start: int) -> str:
    before = CLAUSE_END.split(text[max(0, start - 160) : start])[-1]
    return _NEW_START.split(before)[-1]


def _is_about_another(text: str, start: int, end: int, prompt: str) -> bool:
    """Whether 'cannot be identified' is said of the instruments, and not of what was asked for."""
    if not _SUBJECT.search(text, max(0, start - 160), end + 40):
        return False
    around = _clause_before(text, start) + text[start:end] + CLAUSE_END.split(text[end : end + 40])[0]
    other = _SUBJECT.search(around)
    return other is not None and not _TARGET.search(around) and not _asks_for(prompt, other.group())


def _asks_for(prompt: str, what: str) -> bool:
    return what.rstrip("s") in (prompt.casefold() or "instrument")


def _is_about_the_question(text: str, start: int, end: int, prompt: str) -> bool:
    """Whether 'not specified' is said of the genre (or of nothing), and not of the artist."""
    if (other := _OTHER_THING.match(text, end)) and other.end() - end < 20:
        return False
    if _ELSE_ASKED.match(text, end) and not _TARGET.search(text, end, end + 40):
        return False
    before = _clause_before(text, start)
    after = CLAUSE_END.split(text[end : end + 80])[0]
    if _TARGET.search(before) or re.match(rf" (?:\w+ ){{0,2}}?{_TARGET.pattern}", after):
        return True
    if other := _SUBJECT.search(before):
        return _asks_for(prompt, other.group())
    return not re.search(r"\w", before) or bool(_ASKED_FOR.search(before))
