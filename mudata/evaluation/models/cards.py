"""Model cards: `cards/models/*.yaml`, one file per checkpoint of a family that has code here.

A user's own lie in a folder `models` inside the folders that MUDATA_CARDS names, and win over built-in ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from mudata.catalog import cards
from mudata.catalog.strict import Name, Strict, Texts, Usage


class ModelLicence(Strict):
    """Terms of the weights."""

    text: str
    usage: Usage = "unknown"
    url: str | None = None


class ModelCard(Strict):
    """One checkpoint, and what a person should know before asking it.

    `family` names the code that runs it; `options` are further arguments of that code. `sample_rate` (Hz) and
    `longest_s` (seconds that reach the model, the rest is cut) describe what it hears.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=64)]
    title: str
    family: Name
    checkpoint: str
    """Hugging Face id."""
    revision: str
    licence: ModelLicence
    homepage: str | None = None
    sample_rate: PositiveInt | None = None
    longest_s: PositiveFloat | None = None
    size: str | None = None
    """For people: '8.4 B parameters, 17 GB in bfloat16'."""
    gated: bool = False
    options: dict[Name, str | bool | int | float] = Field(default_factory=dict)
    trained_on: dict[Name, str] = Field(default_factory=dict)
    """Datasets here whose clips or labels the model saw in training, with the source of that claim."""
    notes: Texts = ()


def files() -> dict[str, Path]:
    """Model card file by model name (the file's stem), sorted by name."""
    found: dict[str, Path] = {}
    for folder in reversed([*(f / "models" for f in cards.folders()[:-1]), cards.BUILT_IN / "models"]):
        found |= {path.stem: path for path in folder.glob("*.yaml")}
    return dict(sorted(found.items()))


def load(path: Path) -> ModelCard:
    """Read one model card. Raises CardError with file and line."""
    return cards.parse(path, ModelCard)
