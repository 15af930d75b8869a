"""A model on one page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mudata.catalog.cards.vocabulary import fold

_SURVEY = {"language_model": "language model", "parameters": "parameters", "input": "input", "output": "output"}


def page(facts: Mapping[str, Any]) -> Iterator[str]:
    """Lines about a model, of the facts that `mudata models info --json` prints."""
    plain = ("title", "family", "language_model", "parameters", "inputs", "outputs", "sample_rate", "longest_s")
    units = {"parameters": lambda x: f"{x / 1e9:.3g} billion", "sample_rate": lambda x: f"{x} Hz"}
    units |= {"longest_s": lambda x: f"the first {x:g} s", "memory_gb": lambda x: f"{x:g} GB"}
    yield _line("name", facts["name"])
    for key in (*plain, "memory_gb", "homepage", "paper", "checkpoint", "revision"):
        if value := facts.get(key):
            yield _line({"longest_s": "hears", "memory_gb": "memory"}.get(key, key), units.get(key, _text)(value))
    yield _line("code", f"{facts['code']} ({facts['comes_from']})")
    if facts["missing"]:
        yield _line("to install", f"pip install 'mudata-music[{facts['extra']}]'")
    if facts.get("survey"):
        yield from _survey(facts)
    yield from _terms(facts)
    yield from _weights(facts)
    for title, key in (("prompt", "prompts"), ("sampling", "sampling"), ("trained on", "trained_on")):
        for name, text in (facts.get(key) or {}).items():
            yield _line(
                f"{title} {name}" if key != "trained_on" else title, text if key != "trained_on" else f"{name}: {text}"
            )
    for recipe in facts.get("serve", ()):
        variables = "".join(f"{name}={value} " for name, value in recipe["environment"].items())
        yield _line("serve it with", f"pip install {' '.join(recipe['packages'])}")
        yield _line("", variables + recipe["command"])
    if facts.get("options"):
        yield _line("options", ", ".join(f"{name}={value}" for name, value in facts["options"].items()))
    for note in facts.get("notes", ()):
        yield _line("note", note)


def _survey(facts: Mapping[str, Any]) -> Iterator[str]:
    """Row of Table 2, and where the model differs from what is printed there."""
    row = facts["survey"]
    printed = "; ".join(f"{title} {row[key]}" for key, title in _SURVEY.items())
    yield _line("survey", f"row {row['row']} of Table 2 (arXiv 2409.09601): {printed}")
    differs = []
    if not fold(facts.get("language_model", "")).startswith(fold(row["language_model"])):
        differs.append(f"the language model is {facts['language_model']}")
    billions, printed_size = facts.get("parameters", 0) / 1e9, float(row["parameters"].rstrip(" B"))
    if billions and abs(billions - printed_size) >= 0.05 * printed_size:
        differs.append(f"it has {billions:.3g} billion parameters in all")
    if "audio" not in facts["inputs"]:
        differs.append(f"it takes {', '.join(facts['inputs'])} and hears nothing")
    if "I" in row["input"] and "image" not in facts["inputs"]:
        differs.append("here it is given no images")
    if facts.get("outputs") == ["text"] and row["output"] != "T":
        differs.append("here it writes text only")
    if differs:
        yield _line("differs", "; ".join(differs))


def _terms(facts: Mapping[str, Any]) -> Iterator[str]:
    for title, key in (("weights", "licence"), ("built on", "base_licence"), ("authors' code", "code_licence")):
        if terms := facts.get(key):
            more = f" {terms['url']}" if terms.get("url") else ""
            yield _line(
                f"terms of {title}" if title != "built on" else "built on", f"{terms['text']} ({terms['usage']}){more}"
            )


def _weights(facts: Mapping[str, Any]) -> Iterator[str]:
    for part in facts.get("parts", ()):
        at = "" if part["at"] == "." else f" in {part['at']}/"
        yield _line("part", f"{part['part']}{at}: {part['what']}; {part['size'] or 'size unknown'}; {part['licence']}")
        yield _line("", "from " + ", else ".join(part["mirrors"]) + (f": {part['how']}" if part["how"] else ""))
        came = f", {part['bytes'] / 1e9:.3g} GB of {', '.join(part['from'])}" if part["bytes"] else ""
        where = f" in {part['folder']}" if part["weights"] != "no" else ""
        yield _line("", f"downloaded: {part['weights']}{where}{came}")
    if facts.get("parts"):
        yield _line("downloaded", facts["downloaded"] + (f", {facts['folder']}" if "folder" in facts else ""))
        yield _line("fits", facts["fits"] or "not known")


def _line(title: str, value: object) -> str:
    return f"{title.replace('_', ' ') + ':' if title else '':24}{_text(value)}"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
