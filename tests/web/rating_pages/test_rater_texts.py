"""What raters read: the same in every language, used, and with the places that are filled."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
import yaml

from mudata.catalog.cards import card_files
from mudata.web.rating_pages import rater_texts
from mudata.web.rating_pages.rater_texts import languages, wanted_language

CODE = Path(rater_texts.__file__).parent


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_every_language_has_every_text_with_the_same_places() -> None:
    english = rater_texts.rater_texts("en").texts
    assert list(languages()) == ["en", "de", "es", "zh"]
    for language in languages():
        texts = rater_texts.rater_texts(language)
        assert texts.language == language
        assert list(texts.texts) == list(english), "in the same order, so that they can be read side by side"
        assert {key: places(text) for key, text in texts.texts.items()} == {k: places(t) for k, t in english.items()}
        assert all(text.strip() == text and text for text in texts.texts.values())
        raw = yaml.safe_load((card_files.BUILT_IN / "listening" / "texts" / f"{language}.yaml").read_text("utf-8"))
        assert raw["texts"] == texts.texts
        same = {key for key, text in texts.texts.items() if text == english[key]} if language != "en" else set()
        assert same <= {"check_mos", "text", "text_1", "text_2"}, "not translated"


def test_every_text_is_used_and_no_other() -> None:
    """Also those whose keys are put together: of a kind, a choice, a refusal."""
    code = "".join(path.read_text("utf-8") for path in CODE.iterdir() if path.suffix in (".py", ".html", ".js"))
    known = set(rater_texts.rater_texts("en").texts)
    quoted = set(re.findall(r'"([a-z]+(?:_[a-z0-9]+)*)"', code))
    kinds, choices = ("mos", "pairwise", "texts"), "ABCDE"
    composed = {f"{stem}_{kind}" for stem in ("consent", "do", "keys") for kind in kinds}
    composed |= {f"{kind}_{choice}" for kind in kinds[1:] for choice in choices}
    refusals = ("not_found", "refused", "too_many", "failed")
    composed |= {f"{kind}_{part}" for kind in refusals for part in ("heading", "text")}
    composed |= {f"{what}_{number}" for what in ("clip", "text") for number in "12"}
    assert known - quoted - composed == set()
    asked = set(re.findall(r'\b(?:t|texts)\("([a-z0-9_]+)"[,)]', code))
    assert (asked | composed) - known == set()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("fr,es;q=0.2,de;q=0.1", "es"),
        ("zh-Hant-TW", "zh"),
        ("de;q=x, es;q=0", "en"),
        ("é" * 9, "en"),
    ],
)
def test_the_language_is_what_the_browser_likes_best(accepted: str, language: str) -> None:
    assert wanted_language(accepted) == language
