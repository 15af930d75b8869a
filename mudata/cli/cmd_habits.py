"""`mudata version`, `mudata help`: commands elsewhere, options here."""

from __future__ import annotations

import click

from mudata.cli.output import echo


@click.command(hidden=True)
def version() -> None:
    """Show the version."""
    from mudata.version import __version__

    echo(f"mudata {__version__}")


@click.command("help", hidden=True, context_settings={"help_option_names": []})
@click.argument("words", nargs=-1)
@click.pass_context
def help_(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command."""
    root = ctx.find_root()
    root.command.main([*words, "--help"], prog_name=root.info_name, standalone_mode=False)
