"""What is wrong with a model card or a part that its grammar cannot tell:
names of each other, prompts, the survey."""

from __future__ import annotations

import json
import shlex
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.addresses import faults_of_mirror
from mudata.catalog.fetch.sources import selecting
from mudata.evaluation.models import model_card
from mudata.evaluation.models.hf_architectures import ARCHITECTURES
from mudata.evaluation.models.listing import FAMILIES
from mudata.evaluation.models.served.server_addresses import addresses
from mudata.evaluation.models.weights.weight_store import gigabytes
from mudata.web_address import fault_of, shown

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard, ModelPart, ServingRecipe

ROWS = range(1, 9)
"""Of Table 2 of arXiv 2409.09601."""
_RESERVED = ("parts", "cache")
"""Folders of MUDATA_HOME/models that are no model's."""
_FIELDS = {"classify": {"noun", "options"}, "tag": {"noun", "options"}, "caption": set[str]()}
"""What a prompt of a kind may have in braces."""


def lint(path: Path) -> list[str]:
    """What is wrong with a file of `cards/models` or `cards/models/parts`.
    Raises CardError if it cannot be read."""
    if path.resolve().parent.name == "parts":
        return list(_part(model_card.parse_part(path), path.stem))
    return list(_model(model_card.load(path), path.stem))


def survey(models: Iterable[ModelCard]) -> list[str]:
    """Which rows of the survey's table are told by no card, or by several."""
    rows = Counter(card.survey.row for card in models if card.survey)
    missing = [f"no model card has row {row} of the survey's Table 2" for row in ROWS if not rows[row]]
    several = [
        f"{count} model cards have row {row} of the survey's Table 2" for row, count in rows.items() if count > 1
    ]
    return missing + several + [f"the survey's Table 2 has no row {row}" for row in sorted(rows.keys() - {*ROWS})]


def _model(card: ModelCard, stem: str) -> Iterator[str]:
    if card.name != stem:
        yield f"the card is named {card.name!r}, its file {stem!r}"
    if card.name in _RESERVED:
        yield f"the name {card.name!r} is taken by a folder of the home"
    if card.family not in FAMILIES:
        yield f"family: no code for {card.family!r}; there is: {', '.join(sorted(FAMILIES))}"
    given = addresses(card.options["base_url"]) if "base_url" in card.options else []
    yield from (f"options.base_url: {shown(one)}: {fault}" for one in given if (fault := fault_of(one)))
    if card.architecture and card.architecture not in ARCHITECTURES:
        yield f"architecture: {card.architecture!r} is none of those that mudata knows of transformers"
    if card.architecture and card.family != "transformers":
        yield "architecture: only a card of the family transformers has one"
    known = model_card.parts()
    for at, names in card.layout.items():
        for name in names:
            if name not in known:
                yield f"layout.{at}: no part named {name!r}"
        if at.startswith(("/", "~")) or ".." in at.split("/"):
            yield f"layout.{at}: not a folder inside the model's"
    for kind, text in card.prompts.items():
        yield from _prompt(kind, text)
    for recipe in card.serve:
        yield from _serving(card, recipe)


def _prompt(kind: str, text: str) -> Iterator[str]:
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        yield f"prompts.{kind}: {error}"
        return
    for name in sorted(fields - _FIELDS[kind]):
        yield f"prompts.{kind}: {{{name}}} is nothing that a prompt of this kind is given"
    if kind != "caption" and "noun" not in fields:
        yield f"prompts.{kind}: it does not say {{noun}}, so that genre and instrument are asked alike"


def _serving(card: ModelCard, recipe: ServingRecipe) -> Iterator[str]:
    try:
        words = shlex.split(recipe.command)
    except ValueError as error:
        yield f"serve: {recipe.command!r}: {error}"
        return
    model = card.options.get("model", card.checkpoint)
    if model not in words:
        yield f"serve: {recipe.command!r} does not name {model}"
    values = [word for word in words if word.startswith("{")]
    for value in values:
        try:
            json.loads(value)
        except ValueError as error:
            yield f"serve: {value!r} is no JSON: {error}"


def _part(part: ModelPart, stem: str) -> Iterator[str]:
    if part.name != stem:
        yield f"the part is named {part.name!r}, its file {stem!r}"
    if not gigabytes(part.size):
        yield "size: there is none in kB, MB or GB, so that room for it cannot be looked for"
    for mirror in part.mirrors:
        if mirror.kind not in ("http", "huggingface", "local"):
            yield f"mirrors: weights come by http, huggingface or local, not by {mirror.kind}"
        yield from (f"mirrors: {fault}" for fault in faults_of_mirror(mirror))
        if mirror.kind == "huggingface" and mirror.repo_type != "model":
            yield f"mirrors: {mirror.repo} wants repo_type: model"
        paths = [file.path for file in getattr(mirror, "files", ())]
        if mirror.kind == "http" and any(selecting.is_glob(path) for path in paths):
            yield "mirrors: an http host cannot list its files, so that names must be whole"
        yield from (f"mirrors: {path} is listed twice" for path, count in Counter(paths).items() if count > 1)
    if all(mirror.kind == "local" for mirror in part.mirrors) and not part.own:
        yield "own: without a host that lists files, they have to be named here"
