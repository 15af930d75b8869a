"""`mudata completion`: names by Tab."""

from __future__ import annotations

import click

from mudata.cli.output import echo

LINES = {
    "bash": ('eval "$(_MUDATA_COMPLETE=bash_source mudata)"', "~/.bashrc"),
    "zsh": ('eval "$(_MUDATA_COMPLETE=zsh_source mudata)"', "~/.zshrc, below `compinit`"),
    "fish": ("_MUDATA_COMPLETE=fish_source mudata | source", "~/.config/fish/completions/mudata.fish"),
}
"""The line by shell, and where it belongs."""


@click.command()
@click.argument("shell", type=click.Choice(list(LINES)))
def completion(shell: str) -> None:
    """Print the line that lets your shell complete commands, options, and the names of datasets, models, splits, runs.

    \b
    mudata completion bash >> ~/.bashrc
    mudata completion zsh >> ~/.zshrc
    mudata completion fish > ~/.config/fish/completions/mudata.fish
    """
    line, place = LINES[shell]
    echo(line)
    echo(f"Add this line to {place}, and open a new terminal.", err=True)
