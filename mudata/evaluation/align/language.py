"""Languages as answers use them, one file each in `cards/languages`: words by what they do to the labels beside them.

The grammar (`grammar`) knows the classes below and no words; a file fills them. Phrases are written as people write
them and folded as answers are. `*` at a phrase's end stands for any letters that go on with its last word
(`kein*`), `*` as a word of its own for one word (`too * for`). Where several phrases could begin, the longest counts.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Strict, Texts
from mudata.evaluation.align.clean import clean

Script = Literal["latin", "han", "kana", "hangul", "cyrillic", "arabic"]

CLASSES: dict[str, str] = {
    "modifier": "joined to the label before it, which then only colours the label behind it: 'blues-inspired rock'",
    "no": "answers a question with no; before a comma it corrects; else it denies, if it is a denial too",
    "yes": "answers a question with yes",
    "no_denial": "holds a negator and denies nothing: 'not only', 'no doubt'",
    "denial_back": "denies the labels of the clause before: 'they are wrong'",
    "denial_after": "denies the labels before it in its clause: 'is not the genre'",
    "lack": "with a quantity and a noun of the question, or with facts, a refusal: 'does not contain'",
    "denial": "denies the labels after it in its clause",
    "next": "denies the very next label: 'non'",
    "instead": "so too, but at the head of a clause only to the comma: 'unlike', 'rather than'",
    "cannot": "with a verb of telling soon after it a refusal: 'cannot', 'unable to'",
    "refusal": "says outright that it cannot tell",
    "untold": "says that something is not given: a refusal where that is what was asked for",
    "no_tell": "what need not be told: 'identify the song'",
    "tell": "verbs of telling: 'determine', 'identify'",
    "quantity": "'any', 'enough'",
    "facts": "'information', 'evidence'",
    "correction": "takes back what was said; what follows counts",
    "conclusion": "the answer follows: 'therefore'",
    "final": "of an answer that is final: 'final', 'correct', 'chosen'",
    "primary": "of an answer that comes first: 'main', 'best'",
    "secondary": "of what does not come first: 'secondary', 'runner-up'",
    "wrong": "of what is wrong: 'wrong', 'rejected'",
    "guess": "commits to what follows, as one's own choice: 'I would say'",
    "hedge": "leaves it open: 'could be', 'maybe'",
    "weak": "likens: 'sounds like', 'described as'",
    "soft": "a new statement goes on, as far as denials are concerned: 'just'",
    "ranked": "labels follow in the order of their likelihood: 'top three'",
    "ascending": "labels in the order of their likelihood, the least likely first: 'from least to most probable'",
    "weak_after": "likens the labels before it",
    "is": "between a noun of the question and the answer, or before the answer: 'is', 'it is'",
    "in_fact": "between what seems to be and what is: 'is really'",
    "answer": "nouns for an answer: 'answer', 'choice'",
    "also": "adds one more: 'also'",
    "either": "keeps several: 'or', 'blend'",
    "mixed": "several without a name: 'multi-genre'",
    "contrast": "ends a clause; what follows counts for itself: 'but'",
    "concession": "its clause gives way to the main one: 'although'",
    "reason": "its clause says why: 'because', 'which'",
    "colour": "what follows only colours: 'elements of'",
    "colour_after": "what stands right before it only colours: 'influences'",
    "with": "where the colours begin that a later word of colour closes: 'with jazz influences'",
    "more": "with `than` a comparison",
    "than": "denies after `more`",
    "as": "ends 'not so much ... as'",
    "history": "what follows came before or after: 'gave rise to'",
    "condition": "its clause does not hold: 'if'",
    "otherwise": "behind a condition, the other case: 'if not'; neither is stated",
    "agrees": "takes over the view of others that was told before: 'I agree'",
    "others": "what others say, or what was thought at first",
    "other_things": "what is not asked for: 'artist', 'tempo', 'drums'",
}
"""What the words of each class do. A phrase of several classes does all that they say, in this order."""


class Language(Strict):
    """One language: its words by class, and those by which a text in it is known."""

    title: str
    spaced: bool = True
    """Whether blanks stand between words; else phrases are found anywhere."""
    scripts: tuple[Script, ...]
    markers: Texts
    """Frequent words; the language of a text is the one with most of them."""
    nouns: dict[str, Texts] = {}  # noqa: RUF012 - pydantic copies defaults
    """Names of questions by topic: genre, mood, theme, instrument, cluster, key."""
    heads: Texts = ()
    """Nouns for music that are written together with a label before them: 'låt' of 'countrylåt'."""
    near: Texts = ()
    """Words that are one letter away from labels, and are not misspelt."""
    words: dict[str, Texts]

    @model_validator(mode="before")
    @classmethod
    def _by_class(cls, data: Any) -> Any:
        if isinstance(data, dict) and "words" not in data:
            data = {str(key): value for key, value in data.items()}
            words = {key: data.pop(key) for key in CLASSES if key in data}
            return {**data, "words": words}
        return data

    @model_validator(mode="after")
    def _says_the_least(self) -> Self:
        if lost := [name for name in ("is", "answer") if not self.words.get(name)]:
            raise ValueError(f"words of these classes are needed: {', '.join(lost)}")
        if not (self.words.get("denial") or self.words.get("denial_after")):
            raise ValueError("words of denial or of denial_after are needed")
        return self

    def cues(self) -> dict[str, tuple[str, ...]]:
        """Folded phrases with their classes, in the order of CLASSES; nouns have the class `noun:TOPIC`."""
        found: dict[str, list[str]] = {}
        for name in CLASSES:
            for phrase in self.words.get(name, ()):
                found.setdefault(folded(phrase), []).append(name)
        for topic, nouns in self.nouns.items():
            for noun in nouns:
                found.setdefault(folded(noun), []).append(f"noun:{topic}")
        found.pop("", None)
        return {phrase: tuple(dict.fromkeys(classes)) for phrase, classes in found.items()}


def folded(phrase: str) -> str:
    """A phrase as `clean` makes answers; stars stay."""
    kept = clean(phrase.replace("*", "\u2606")).text.replace("\u2606", "*")
    return " ".join(kept.split())


@cache
def languages() -> dict[str, Language]:
    """All languages by code. Raises CardError for a file that is wrong, with its line."""
    return {path.stem: load(path) for path in sorted((card_files.BUILT_IN / "languages").glob("*.yaml"))}


def load(path: Path) -> Language:
    return loader.parse(path, Language)


# ------------------------------------------------------------------------------- which language a text is in

ENGLISH = "en"
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SCRIPTS = re.compile(
    r"(?P<kana>[\u3040-\u30ff])|(?P<hangul>[\uac00-\ud7af])|(?P<han>[\u3400-\u9fff])"
    r"|(?P<cyrillic>[\u0400-\u04ff])|(?P<arabic>[\u0600-\u06ff])|(?P<other>[\u0370-\u03ff\u0590-\u05ff\u0900-\u0fff])"
)
_READ = 2000
_NO_SIGNS = "".join(" " if chr(c) in '.,;:!?"()[]{}' else chr(c) for c in range(128))
_LEAST_WORDS = 4


@cache
def _tells() -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """What each word of latin letters tells: its share by language; and a language by its first script.

    A marker or a cue of one word weighs one in its language, a word of a longer cue half; shares add up to one.
    """
    weights: dict[str, dict[str, float]] = {}
    by_script: dict[str, str] = {}
    for code, language in languages().items():
        by_script.setdefault(language.scripts[0], code)
        if "latin" in language.scripts:
            for phrase in (*language.cues(), *map(folded, language.markers)):
                words = _WORD.findall(phrase)
                for word in words:
                    held = weights.setdefault(word, {})
                    held[code] = max(held.get(code, 0.0), 1.0 if len(words) == 1 else 0.5)
    shares = {word: {code: held[code] / sum(held.values()) for code in held} for word, held in weights.items()}
    return shares, by_script


@cache
def _telling() -> tuple[frozenset[str], frozenset[str]]:
    """Words of English, and words of other languages in latin letters that no English cue has."""
    held = _tells()[0].items()
    return (
        frozenset(word for word, codes in held if ENGLISH in codes),
        frozenset(word for word, codes in held if ENGLISH not in codes),
    )


def words_of(text: str) -> list[str]:
    """Words of an ASCII text, fast."""
    return text.translate(_NO_SIGNS).split()


def may_be_foreign(words: list[str]) -> bool:
    """Whether an ASCII text has to be looked at for its language; fast, for most are English."""
    english, foreign = _telling()
    return not foreign.isdisjoint(words) or (len(words) >= _LEAST_WORDS and english.isdisjoint(words))


def language_of(text: str) -> str | None:
    """The code of the language of a clean text without its labels; None where no file covers it.

    A text of a few words that tell nothing, such as a bare label, is English.
    """
    tells, by_script = _tells()
    head = text[:_READ]
    if not text.isascii():
        scripts = {match.lastgroup or "" for match in _SCRIPTS.finditer(head)}
        for script in ("kana", "hangul", "han", "cyrillic", "arabic"):
            if script in scripts:
                return by_script.get(script)
        if "other" in scripts:
            return None
    votes = {ENGLISH: 0.0}
    words = _WORD.findall(head)
    for word in words:
        for code, share in tells.get(word, {}).items():
            votes[code] = votes.get(code, 0.0) + share
    most = max(votes.values())
    if not most and len(words) >= _LEAST_WORDS:
        return None
    return ENGLISH if votes[ENGLISH] == most else min(code for code, n in votes.items() if n == most)
