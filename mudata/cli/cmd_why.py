"""`mudata why`: where a clip came from, and what rests on it."""

from __future__ import annotations

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, emit_json, json_option


@click.command()
@click.argument("clips", nargs=-1, required=True, metavar="CLIP...", shell_complete=name_completion.clips)
@json_option
def why(clips: tuple[str, ...], as_json: bool) -> None:
    """Tell the whole way of a clip: source, file, card, decoding; its labels, splits, faults, runs.

    From which mirror at which address it came, out of which archive with which sum, by which card, with which tools it
    was decoded, in which form it is kept; from which tables its labels are, in which splits it is, what is known to be
    wrong with it, and which runs asked about it. What an older version did not keep is said to be not known.

    \b
    mudata why gtzan/rock.00016
    """
    from mudata.home import Home
    from mudata.storage.clip_chain import chain_of

    chains = [chain_of(Home.default(), clip_id) for clip_id in dict.fromkeys(clips)]
    if as_json:
        emit_json([chain.record() for chain in chains])
        return
    for n, chain in enumerate(chains):
        if n:
            echo()
        echo(repr(chain))
