"""What has to be said of one clip, and of one dataset. What is not known is None."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import LicenceTerms


@dataclass(frozen=True)
class DatasetCredit:
    """A dataset to be cited."""

    dataset: str
    title: str
    citation: str
    bibtex: str
    homepage: str
    licence: str
    """Of the dataset as a whole, as its card says."""
    licence_url: str | None
    note: str | None
    clips: int


@dataclass(frozen=True)
class ClipCredit:
    """What has to be said of one clip; None where it is not known."""

    clip_id: str
    dataset: str
    part: str | None
    title: str | None
    author: str | None
    album: str | None
    source: str | None
    """Address of the work; where none is known that of the dataset."""
    is_own_page: bool
    """Whether `source` is the work's own page, not the dataset's."""
    file: str | None
    """The raw file, within the dataset."""
    published_licence: str
    """As the dataset writes it."""
    licence: LicenceTerms
    changes: tuple[str, ...]
    """What was done to the sound that is kept or heard: excerpt, mono, resampled, converted."""

    def row(self) -> dict[str, Any]:
        """Everything in one row, for tables."""
        terms = asdict(self.licence)
        return {
            "clip_id": self.clip_id,
            "part": self.part,
            "title": self.title,
            "author": self.author,
            "album": self.album,
            "source": self.source,
            "file": self.file,
            "licence": terms.pop("title"),
            "published_licence": self.published_licence,
            "licence_url": terms.pop("url"),
            **terms,
            "changes": list(self.changes),
        }

    @property
    def lacks_version(self) -> bool:
        """Whether the licence is one of Creative Commons, and nobody says which version."""
        return self.licence.url is None and self.licence.title.startswith("CC ")


def attribution(credit: ClipCredit, *, name: str, changes: Sequence[str]) -> str:
    """The line by which a clip is credited, as Creative Commons asks: title (`name` where it has none), author, source,
    licence, changes."""
    title = f'"{credit.title}"' if credit.title else name
    said = [f"{title}{f' by {credit.author}' if credit.author else ''}"]
    said += [credit.source] if credit.source else []
    said.append(" ".join(filter(None, [credit.licence.title, credit.licence.url])))
    said += [f"changed: {', '.join(changes)}"] if changes else []
    return "; ".join(said)
