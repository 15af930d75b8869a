"""Words of an answer that might have been labels, told from those that mean nothing here."""

from __future__ import annotations

import re

_IDLE_WORDS = """
a an the this that these those it its is are was were be been being am i you we they he she my your our their there
here of in on at to for from by with and or but so as if then than not no nor do does did has have had having can
could may might must shall should will would about into over under up down out off very quite rather really too also
just only more most less least much many some any all each every both either neither one two three several various
which who whom whose what when where why how because since while although though however therefore thus hence such
like likely probably possibly perhaps maybe seems seem appears appear sounds sound feels feel let me think believe say
based given following described describes describe called considered belongs belong contains contain includes include
including features feature featuring characterized classified identified genre genres style styles mood moods emotion
emotions tag tags label labels category class theme themes answer final option options choice list music musical audio
clip song songs track tracks piece pieces sample recording excerpt example kind type types different specific
particular main primary overall general s t re ve ll m d le la les un une est el es der die das ist blend mix mixture
combination element elements influence influences touch hint hints can't don't
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_OOV_PHRASE = re.compile(r"[^,.;:!?()\[\]{}\"\n|]+")
_OOV_WORD = re.compile(r"[^\W_]+(?:['&][^\W_]+)*")
_OOV_LONGEST, _OOV_MOST, _OOV_READ = 3, 12, 4000


def oov_terms(text: str) -> tuple[str, ...]:
    """Runs of at most three words between signs and words that mean nothing here;
    twelve of them, in order, once each.

    Only the first 4,000 characters are read.
    """
    terms: dict[str, None] = {}
    for phrase in _OOV_PHRASE.finditer(text[:_OOV_READ]):
        run: list[str] = []
        for word in (*_OOV_WORD.findall(phrase.group()), "the"):
            if word not in _IDLE and not word.isdigit():
                run.append(word)
            elif run:
                terms[" ".join(run[:_OOV_LONGEST])] = None
                run = []
        if len(terms) >= _OOV_MOST:
            break
    return tuple(terms)[:_OOV_MOST]
