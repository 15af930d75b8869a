"""The option --usage, alike wherever clips are chosen."""

from __future__ import annotations

import click

from mudata.catalog.cards.licence_terms import PURPOSES

usage_option = click.option(
    "--usage",
    type=click.Choice(list(PURPOSES)),
    help="Only clips that may be used for this, by their own licence where they have one [default: any licence].",
)
