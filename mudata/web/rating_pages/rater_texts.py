"""What raters read, in their language: cards/listening/texts/*.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Strict

FALLBACK = "en"


class RaterTexts(Strict):
    """All texts of one language by key; called with a key, and with what fills the {places} of that text."""

    language: str
    """ISO 639-1, also of the page."""
    name: str
    """As speakers of the language call it."""
    texts: dict[str, str]

    def __call__(self, key: str, /, **places: object) -> str:
        """Raises KeyError for a text or a place that is not there: a fault of the program, which a test looks for."""
        return self.texts[key].format(**places)

    def said(self, words: Mapping[str, str]) -> str:
        """Words that are given by language: in this one, else in English, else in the first that there is."""
        return words[self.language_of(words)]

    def language_of(self, words: Mapping[str, object]) -> str:
        """The language that `said` takes."""
        return next((one for one in (self.language, FALLBACK) if one in words), next(iter(words), self.language))


@cache
def rater_texts(language: str) -> RaterTexts:
    """The texts of one of `languages()`. Raises CardError for a file that cannot be read."""
    return loader.parse(card_files.BUILT_IN / "listening" / "texts" / f"{language}.yaml", RaterTexts)


@cache
def languages() -> dict[str, str]:
    """Languages of the pages with their own names, English first."""
    stems = [path.stem for path in (card_files.BUILT_IN / "listening" / "texts").glob("*.yaml")]
    return {stem: rater_texts(stem).name for stem in sorted(stems, key=lambda stem: (stem != FALLBACK, stem))}


def wanted_language(accepted: str) -> str:
    """The language of ours that an Accept-Language header (RFC 9110, 12.5.4) likes best; English where it names none.

    Example:
        >>> wanted_language("fr, de-AT;q=0.8, en;q=0.3"), wanted_language("*"), wanted_language("zh-TW")
        ('de', 'en', 'zh')
    """
    liked: dict[str, float] = {}
    for one in accepted[:1000].split(","):
        tag, _, weight = one.partition(";")
        language = tag.strip().casefold().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if language in languages() and quality > liked.get(language, 0.0):
            liked[language] = quality
    return max(liked, key=lambda language: liked[language], default=FALLBACK)
