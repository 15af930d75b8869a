"""The option --on, alike wherever work may be done on a cluster."""

from __future__ import annotations

import click

on_option = click.option(
    "--on",
    metavar="WHERE",
    help="Where it is done: local, ray (the cluster in RAY_ADDRESS, or the one of this machine), or ray://HOST:PORT"
    " [default: local].",
)
