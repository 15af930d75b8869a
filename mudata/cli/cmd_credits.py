"""`mudata credits`: what licences ask to be said of the clips of a split."""

from __future__ import annotations

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, json_option


@click.command()
@click.argument("name", metavar="SPLIT|DATASET", shell_complete=name_completion.splits)
@click.option("--part", shell_complete=name_completion.parts, help="Only this part of the split.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "html", "csv", "json"]),
    default="text",
    show_default=True,
    help="How it is written.",
)
@json_option
def credits_(name: str, *, part: str | None, format_: str, as_json: bool) -> None:
    """Print the credits of a split's clips, or of a dataset's: title, author, source, licence with its address, and
    what was changed, as Creative Commons asks; the datasets' citations first. What is not known is said, and counted.

    \b
    mudata credits exam
    mudata credits exam --format markdown > CREDITS.md
    mudata credits fma --format csv > credits.csv
    """
    from mudata.api.crediting import credits as find

    found = find(name, part=part)
    text = getattr(found, "json" if as_json else format_)()
    echo(text.rstrip("\n"))
