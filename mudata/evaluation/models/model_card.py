"""Model cards: `cards/models/*.yaml`, one file per checkpoint of a family that has code here.

A user's own lie in a folder `models` inside the folders that MUDATA_CARDS names,
and win over built-in ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.mirrors import AnyMirror, Component
from mudata.catalog.cards.strict_model import Name, PartName, PathPatterns, Strict, Texts, Usage
from mudata.errors import UnknownName
from mudata.evaluation.protocol import Kind


class ModelLicence(Strict):
    """Terms of weights or code."""

    text: str
    usage: Usage = "unknown"
    url: str | None = None


class SurveyModel(Strict):
    """The model's row in Table 2 of arXiv 2409.09601, as printed: modalities are I(mage), M(usic), A(udio), T(ext)."""

    row: PositiveInt
    language_model: str
    parameters: str
    input: str
    output: str


_Pinned = Annotated[str, Field(pattern=r"^[a-z0-9-]+==[0-9][0-9a-z.]*$")]


class ServingRecipe(Strict):
    """How a server for a model is started: the packages that have it, in the versions whose definitions
    of options the command was held against, and the variables that the server reads."""

    packages: Annotated[tuple[_Pinned, ...], Field(min_length=1)]
    command: str
    environment: dict[str, str] = Field(default_factory=dict)


class ModelPart(Strict):
    """Files that models are put together from: weights that were trained, a base model, an encoder.

    `cards/models/parts/<name>.yaml`; a part that several models need is fetched once. Mirrors are as in dataset cards.
    """

    name: PartName
    what: str
    licence: ModelLicence
    homepage: str | None = None
    size: str | None = None
    """For people: '13.5 GB'."""
    mirrors: Annotated[tuple[AnyMirror, ...], Field(min_length=1)]
    own: PathPatterns = ()
    """Files that a user's own folder holds besides those that mirrors list: globs may match nothing, names must."""

    @property
    def sources(self) -> dict[str, Component]:
        """The part as the one component of something that is fetched."""
        return {self.name: Component(what=self.what, mirrors=self.mirrors)}


class ModelCard(Strict):
    """One model, and what a person should know before asking it.

    `family` names the code that runs it; `options` are further arguments of that code. A model is either a
    `checkpoint` of the Hugging Face Hub at a `revision`, or a folder in its authors' layout, put together from parts:
    `layout` has the parts whose files lie at each path ('.' is the folder itself). One of the family `served` has
    neither, but options: `model` and mostly `base_url`. `sample_rate` (Hz) and `longest_s` (seconds that reach the
    model, the rest is cut) describe what it hears.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=64)]
    title: str
    family: Name
    survey: SurveyModel | None = None
    checkpoint: str | None = None
    revision: str | None = None
    architecture: Name | None = None
    """Of a checkpoint that transformers runs: its model type there, as `hf_architectures` has it."""
    layout: dict[str, Texts] = Field(default_factory=dict)
    language_model: str | None = None
    parameters: PositiveFloat | None = None
    """All of them, encoders included."""
    memory_gb: PositiveFloat | None = None
    """Of the weights as they are loaded by default: language model in 16 bit, encoders in 32."""
    inputs: Texts = ()
    outputs: Texts = ("text",)
    licence: ModelLicence
    """Of the weights."""
    code_licence: ModelLicence | None = None
    """Of the authors' code, of which nothing is used here."""
    base_licence: ModelLicence | None = None
    homepage: str | None = None
    paper: str | None = None
    sample_rate: PositiveInt | None = None
    longest_s: PositiveFloat | None = None
    size: str | None = None
    """For people: '8.4 B parameters, 17 GB in bfloat16'."""
    gated: bool = False
    prompts: dict[Kind, str] = Field(default_factory=dict)
    """The authors' own words for a task, asked by `--prompt own`; {noun} and {options} as in any prompt."""
    sampling: dict[Literal["paper", "ours"], str] = Field(default_factory=dict)
    """How answers are drawn, in words."""
    options: dict[Name, str | bool | int | float] = Field(default_factory=dict)
    serve: tuple[ServingRecipe, ...] = ()
    """Servers that are known to have the model, for those who run one themselves."""
    trained_on: dict[Name, str] = Field(default_factory=dict)
    """Datasets whose clips or labels the model saw in training, with the source of that claim; those
    that have no card here by their usual name."""
    notes: Texts = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.family == "served":
            if self.checkpoint or self.layout or "model" not in self.options:
                raise ValueError("a served model is named by its options: model, base_url; its weights are elsewhere")
        elif bool(self.checkpoint) == bool(self.layout):
            raise ValueError("a model wants exactly one of: checkpoint, layout")
        if bool(self.checkpoint) != bool(self.revision):
            raise ValueError("checkpoint and revision go together")
        return self


def parts() -> dict[str, Path]:
    """Part file by name (the file's stem)."""
    return card_files.files("models/parts")


def load_part(name: str) -> ModelPart:
    """Read one part. Raises UnknownName, CardError with file and line."""
    if name not in (known := parts()):
        raise UnknownName("model part", name, known, "Parts are files in cards/models/parts.")
    return parse_part(known[name])


def parse_part(path: Path) -> ModelPart:
    """Read the file of a part. Raises CardError with file and line."""
    return loader.parse(path, ModelPart)


def files() -> dict[str, Path]:
    """Model card file by model name (the file's stem), sorted by name."""
    return card_files.files("models")


def load(path: Path) -> ModelCard:
    """Read one model card. Raises CardError with file and line."""
    return loader.parse(path, ModelCard)
