"""`mudata models`: who can be asked, and their weights."""

from __future__ import annotations

import click

from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup
from mudata.cli.output import common, echo, emit, emit_json, json_option, progress


@click.group(cls=HabitGroup, invoke_without_command=True)
@json_option
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models that can be asked, those of the survey first.

    params: all of them, encoders included. GB: memory that the weights take as they are loaded by
    default. use: what the terms of the weights and of what they are built on allow. weights: yes
    (fetched); part; cached (Hugging Face's own client has them); no. fits: GPU; RAM (in 32 bit);
    RAM, bf16 (half of that); no. needs: what is missing before it can be asked (a package, weights, a
    server that runs, a checkpoint that you name).
    """
    if not ctx.invoked_subcommand:
        _list(as_json)


@models.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the models, as without a command."""
    _list(as_json)


def _list(as_json: bool) -> None:
    from mudata.evaluation.models import hardware, model_facts
    from mudata.home import Home

    home, here = Home.default(), hardware.look()
    if as_json:
        emit_json(model_facts.all_facts(home, here))
        return
    emit(model_facts.rows(home), as_json=False, columns=model_facts.COLUMNS)
    echo(f"This machine: {here}. More: mudata models info NAME", err=True)


@models.command()
@click.argument("name", shell_complete=name_completion.models)
@json_option
def info(name: str, as_json: bool) -> None:
    """Show one model: what it is, its terms,
    its weights and where they are, what it needs, and its options."""
    from mudata.evaluation.models import model_facts
    from mudata.evaluation.models.model_page import page
    from mudata.home import Home

    facts = model_facts.named_facts(Home.default(), name)
    if as_json:
        emit_json(facts)
        return
    for line in page(facts):
        echo(line)


@models.command()
@click.argument("name", shell_complete=name_completion.models)
@click.option(
    "--from",
    "origin",
    multiple=True,
    metavar="[PART=]PATH",
    help="Link files you have: the model's folder, a part's folder or file, a cache of Hugging Face; may be repeated.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=4, metavar="N", help="Downloads at a time (default: 4).")
@click.option("--offline", is_flag=True, help="Never touch the network (also MUDATA_OFFLINE=1).")
@click.option("--accept-licence", is_flag=True, help="Accept the model's terms; needed once where use is restricted.")
@common
def fetch(
    name: str,
    *,
    origin: tuple[str, ...],
    jobs: int,
    offline: bool,
    accept_licence: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Get a model's weights. Parts that models share (language models, encoders) are fetched once.

    Downloads are resumed, verified, and not repeated; stopped or killed, the same command goes on.

    \b
    mudata models fetch ltu --accept-licence
    mudata models fetch modaverse --from vicuna-7b-v0=~/vicuna-7b-v0
    mudata models fetch salmonn-7b --from ~/SALMONN --offline
    """
    from mudata.errors import ModelError
    from mudata.evaluation.models import model_facts
    from mudata.evaluation.models.registry import card_of, find
    from mudata.evaluation.models.weights import fetch_weights
    from mudata.home import Home

    card = card_of(find(name))
    if card is None:
        raise ModelError(f"{name} has no weights to fetch.", "Models with weights are shown by `mudata models`.")
    say = progress(quiet)
    request = fetch_weights.WeightsRequest(origin=origin, accept_licence=accept_licence, offline=offline, jobs=jobs)
    fetched = fetch_weights.fetch(card, Home.default(), request, say)
    for note in fetched.notes:
        say.say(note)
    rows = [model_facts.part_facts(part) for part in fetched.parts]
    if as_json:
        emit_json({"name": name, "folder": fetched.folder, "downloaded_bytes": fetched.bytes, "parts": rows})
        return
    shown = [{**row, "GB": f"{(row['bytes'] or 0) / 1e9:.3f}"} for row in rows]
    emit(shown, as_json=False, columns=("part", "at", "weights", "GB", "revision"))
    say.say(f"{name}: {fetched.folder}")


@models.command()
@click.argument("name", shell_complete=name_completion.models)
@click.option(
    "--print",
    "server",
    required=True,
    type=click.Choice(["vllm", "sglang", "llama.cpp", "transformers"]),
    help="Of which server the command is printed; nothing is started.",
)
@click.option(
    "--dtype",
    type=click.Choice(["auto", "bfloat16", "float16", "float32"]),
    default="bfloat16",
    show_default=True,
    help="Of the weights.",
)
@click.option("--context", type=click.IntRange(min=1), help="Tokens at most [default: as the checkpoint says].")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where it listens.")
@json_option
def serve(name: str, *, server: str, dtype: str, context: int | None, port: int, as_json: bool) -> None:
    """Print the command by which a server serves a model, and on stderr what asks it then.

    Options and architectures were looked up in each server's own source, in the version told. A model that the server
    does not have is refused with the reason.

    \b
    mudata models serve qwen2-audio --print vllm
    mudata models serve voxtral-mini --print llama.cpp --context 8192
    """
    from dataclasses import asdict

    from mudata.evaluation.models.serving_commands import serving_command

    command = serving_command(name, server, dtype=dtype, context=context, port=port)
    if as_json:
        emit_json(asdict(command))
        return
    variables = "".join(f"{key}={value} " for key, value in command.environment.items())
    for line in command.commands[:-1]:
        echo(line)
    echo(variables + command.commands[-1])
    echo(f"Options as {command.checked} has them; not run here. Then: {command.ask}", err=True)
    for note in command.notes:
        echo(note, err=True)
