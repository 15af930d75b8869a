"""Concepts: what labels of many datasets mean, from the vocabularies and the cards whose labels they adopt.

`compiled.json` beside the built-in vocabularies has them ready, keyed by the hash of all that they are made of (`make
docs`). It is never trusted further than the hash goes: with a user's own vocabulary, or a card that was changed, they
are made anew, which takes most of a second.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import card_files
from mudata.catalog.cards.vocabulary import fold
from mudata.errors import CardError
from mudata.json_files import read_object

if TYPE_CHECKING:
    from mudata.catalog.cards.shared_vocabulary import AdoptedLabels, SharedVocabulary

KIND = "vocabularies"
FILE = card_files.BUILT_IN / KIND / "compiled.json"

Compiled = dict[str, Any]
"""concepts: rows of namespace, concept, broader, path, spellings, source (of the concept), broader_source;
covers: pairs of vocabulary and namespace of labels; means: rows of namespace, dataset, label (folded), concept,
source."""


def compiled() -> Compiled:
    """All concepts as they are now. Raises CardError for a vocabulary that cannot be."""
    if ready_sha256() is not None:
        return _ready(_state())["tables"]  # type: ignore[no-any-return]
    return compile_files(card_files.files(KIND))[0]


def ready_sha256() -> str | None:
    """The hash of what `compiled.json` is made of, where it is that of the files as they are now."""
    ready = _ready(_state())
    adopted = ready.get("adopted", ())
    needed = [*card_files.files(KIND).values(), *(p for name, p in card_files.files().items() if name in adopted)]
    return known if (known := ready.get("sha256")) == _sha256(needed) else None


def _state() -> tuple[int, int] | None:
    try:
        return (FILE.stat().st_size, FILE.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=1)
def _ready(_: tuple[int, int] | None) -> dict[str, Any]:
    """What `compiled.json` says, read once in each of its states: every connection to the index asks for it."""
    return read_object(FILE, missing_ok=True, hint="Install mudata again.", error=CardError)


def check(path: Path) -> None:
    """Raises CardError for a vocabulary file that cannot be, alone or together with those that are found."""
    compile_files(card_files.files(KIND) | {path.stem: path}, strict=path)


def made() -> str:
    """What `compiled.json` should say."""
    built_in = {path.stem: path for path in sorted((card_files.BUILT_IN / KIND).glob("*.yaml"))}
    tables, adopted = compile_files(built_in)
    cards = card_files.files()
    key = _sha256([*built_in.values(), *(cards[name] for name in sorted(adopted))])
    document = {"sha256": key, "adopted": sorted(adopted), "tables": tables}
    return json.dumps(document, indent=0, ensure_ascii=False) + "\n"


def compile_files(paths: Mapping[str, Path], *, strict: Path | None = None) -> tuple[Compiled, set[str]]:
    """The concepts of vocabulary files, and the datasets whose labels they adopt. Files that cannot be read, or name
    what is not there, are passed over with a warning, but for `strict`."""
    from mudata.catalog.cards import loader
    from mudata.catalog.cards.shared_vocabulary import SharedVocabulary

    files: dict[Path, SharedVocabulary] = {}
    spaces: dict[str, _Namespace] = {}
    adopted: set[str] = set()

    def going_on(path: Path) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext() if path == strict else loader.passing_over(path)

    # words of all files first, so that no adopted label has one under another name
    for path in paths.values():
        with going_on(path):
            files[path] = vocabulary = loader.parse(path, SharedVocabulary)
            spaces.setdefault(vocabulary.namespace, _Namespace(vocabulary.namespace)).begin(vocabulary)
    for path, vocabulary in files.items():
        for one in vocabulary.adopts:
            with going_on(path):
                spaces[vocabulary.namespace].adopt(one)
                adopted.add(one.dataset)
    for path, vocabulary in files.items():
        with going_on(path):
            spaces[vocabulary.namespace].end(vocabulary)
    ordered = [spaces[name] for name in sorted(spaces)]
    return {
        "concepts": [row for space in ordered for row in space.rows()],
        "covers": [[space.name, name] for space in ordered for name in sorted(space.covers)],
        "means": [row for space in ordered for row in space.means],
    }, adopted


class _Namespace:
    """The concepts of one namespace while they are put together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.covers: set[str] = set()
        self.means: list[dict[str, Any]] = []
        self.source: dict[str, str] = {}
        """Who has a concept."""
        self.spelled: dict[str, str] = {}
        """Concept by folded spelling."""
        self.spellings: dict[str, list[str]] = {}
        self.broader: dict[str, tuple[str, str]] = {}
        """The concept above, and who says so."""
        self.apart: dict[tuple[str, str], str | None] = {}
        """What labels mean that do not mean what they spell: by dataset and folded label."""

    def begin(self, vocabulary: SharedVocabulary) -> None:
        self.covers |= {*vocabulary.covers, *(one.namespace for one in vocabulary.adopts)}
        self.apart |= {(one.dataset, fold(one.label)): one.concept for one in vocabulary.means}
        for concept, others in vocabulary.concepts.items():
            self._add(concept, (concept, *others))

    def adopt(self, adopted: AdoptedLabels) -> None:
        from mudata.catalog.cards import loader

        spaces = loader.load(adopted.dataset).labels
        if adopted.namespace not in spaces:
            raise CardError(
                f"adopts: {adopted.dataset} has no labels of the namespace {adopted.namespace!r}.",
                f"It has: {', '.join(spaces) or 'none'}.",
            )
        labels = spaces[adopted.namespace].vocabulary
        meant: dict[str, str] = {}
        for label in labels:
            if (own := (adopted.dataset, fold(label.id))) in self.apart:
                if concept := self.apart[own]:
                    meant[label.id] = self.spelled.get(fold(concept), concept)
                continue
            texts = [label.id, *([label.name] if label.name else []), *(label.aliases if adopted.aliases else ())]
            known = next((self.spelled[fold(text)] for text in texts if fold(text) in self.spelled), None)
            meant[label.id] = known or (label.name or label.id).casefold()
            self._add(meant[label.id], texts)
            self.source.setdefault(meant[label.id], adopted.source)
        for label in labels if adopted.parents else ():
            if label.parent and label.id in meant and label.parent in meant:
                self._put_below(meant[label.id], meant[label.parent], adopted.source)

    def end(self, vocabulary: SharedVocabulary) -> None:
        for concept in vocabulary.concepts:  # that no dataset has under this name
            self.source.setdefault(concept, f"mudata, {vocabulary.title}")
        for above, below in vocabulary.above.items():
            for concept in below.concepts:
                self._put_below(self._known(concept), self._known(above), below.source)
        for one in vocabulary.means:
            self.means.append(
                {
                    "namespace": self.name,
                    "dataset": one.dataset,
                    "label": fold(one.label),
                    "concept": None if one.concept is None else self._known(one.concept),
                    "source": one.source,
                }
            )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "namespace": self.name,
                "concept": concept,
                "broader": self.broader.get(concept, (None, None))[0],
                "path": self._path(concept),
                "spellings": self.spellings[concept],
                "source": self.source[concept],
                "broader_source": self.broader.get(concept, (None, None))[1],
            }
            for concept in sorted(self.spellings)
        ]

    def _add(self, concept: str, texts: Sequence[str]) -> None:
        mine = self.spellings.setdefault(concept, [])
        for text in texts:
            if fold(text) and fold(text) not in self.spelled:
                self.spelled[fold(text)] = concept
                mine.append(text)

    def _known(self, concept: str) -> str:
        if fold(concept) not in self.spelled:
            raise CardError(
                f"{concept!r} is no concept of {self.name}.", 'Concepts are listed by: mudata sql "FROM concepts"'
            )
        return self.spelled[fold(concept)]

    def _put_below(self, concept: str, above: str, source: str) -> None:
        """The first to say where a concept lies is believed; no circle arises."""
        if concept not in self._path(above):
            self.broader.setdefault(concept, (above, source))

    def _path(self, concept: str) -> list[str]:
        """From the top down to a concept."""
        path = [concept]
        while above := self.broader.get(path[0]):
            path.insert(0, above[0])
        return path


def _sha256(paths: list[Path]) -> str:
    together = hashlib.sha256()
    for path in paths:
        together.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return together.hexdigest()
