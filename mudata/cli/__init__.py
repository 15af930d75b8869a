"""The front door: `mudata VERB ...`.

Commands are found by name and imported only when they are asked for. Errors become text and
exit codes here and nowhere else: 0 fine, 1 the work found faults, 2 wrong use or bad input.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from mudata.cli.habits import HabitGroup
from mudata.deprecations import hide_deprecations
from mudata.errors import MudataError, from_machine_error
from mudata.memory import spare
from mudata.safe_text import safe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("mudata.cli.cmd_catalog:list_", "List the datasets that have a card."),
    "info": ("mudata.cli.cmd_catalog:info", "Show a dataset's card."),
    "cite": ("mudata.cli.cmd_catalog:cite", "Print how to cite a dataset."),
    "credits": ("mudata.cli.cmd_credits:credits_", "Print who made the clips, and under which licences."),
    "cards": ("mudata.cli.cmd_catalog:cards", "Check cards; print their grammar."),
    "fetch": ("mudata.cli.cmd_fetch:fetch", "Get a dataset, normalise its clips, index them."),
    "lock": ("mudata.cli.cmd_lock:lock", "Pin datasets, splits and exams in one file."),
    "compose": ("mudata.cli.cmd_compose:compose", "Compose an exam with exact truth, ready to be asked."),
    "verify": ("mudata.cli.cmd_query:verify", "Compare what is on disk with the card and the index."),
    "faults": ("mudata.cli.cmd_faults:faults", "Show what is known to be wrong with a dataset's clips."),
    "why": ("mudata.cli.cmd_why:why", "Tell where a clip came from, and what rests on it."),
    "sql": ("mudata.cli.cmd_query:sql", "Ask the index anything, read-only."),
    "stats": ("mudata.cli.cmd_query:stats", "Counts, durations and labels of a dataset."),
    "duplicates": ("mudata.cli.cmd_duplicates:duplicates", "List clips that are copies of each other."),
    "split": ("mudata.cli.cmd_split:split", "Draw, show and check evaluation splits."),
    "export": ("mudata.cli.cmd_export:export", "Write a split for other programs."),
    "align": ("mudata.cli.cmd_align:align", "Explain how an answer is read."),
    "exams": ("mudata.cli.cmd_exams:exams", "Look at exams before anybody sits them."),
    "labels": ("mudata.cli.cmd_labels:labels", "Check label sets, and see how answers use them."),
    "models": ("mudata.cli.cmd_models:models", "List the models that can be asked."),
    "show": ("mudata.cli.cmd_show:show", "Show clips with everything that models said of them."),
    "suites": ("mudata.cli.cmd_suite:suites", "Published exams, their tables, and ours in them."),
    "eval": ("mudata.cli.cmd_evaluate:eval_", "Ask a model about a split's clips and score its answers."),
    "runs": ("mudata.cli.cmd_runs:runs", "List runs, and join those that were asked in shards."),
    "demo": ("mudata.cli.cmd_demo:demo", "Take a composed dataset the whole way."),
    "score": ("mudata.cli.cmd_score:score", "Score a run's answers again, offline."),
    "override": ("mudata.cli.cmd_score:override", "Say how a person reads an answer."),
    "import-answers": ("mudata.cli.cmd_score:import_answers", "Score answers that were made elsewhere."),
    "export-run": ("mudata.cli.cmd_export_run:export_run", "Write a run for other programs."),
    "report": ("mudata.cli.cmd_report:report", "Make a page of runs: scores, figures, every answer beside its clip."),
    "browse": ("mudata.cli.cmd_browse:browse", "Look at the collection in a browser."),
    "listen": ("mudata.cli.cmd_listen:listen", "Listening tests: people rate what models said."),
    "compare": ("mudata.cli.cmd_compare:compare", "Tell which runs differ, and which are tied."),
    "where": ("mudata.cli.cmd_storage:where", "Where everything lies: home, cards, clips, splits, runs, weights."),
    "du": ("mudata.cli.cmd_storage:du", "How much of the disk everything takes."),
    "sweep": ("mudata.cli.cmd_storage:sweep", "Remove from MUDATA_STORE what no dataset's record names."),
    "rm": ("mudata.cli.cmd_storage:rm", "Remove datasets, splits, runs, weights or listening tests."),
    "mv": ("mudata.cli.cmd_storage:mv", "Rename a split; move the home."),
    "completion": ("mudata.cli.cmd_completion:completion", "Complete commands and names by Tab in your shell."),
}
HIDDEN = {"help": "mudata.cli.cmd_habits:help_", "version": "mudata.cli.cmd_habits:version"}
"""Commands of other programs that are options here."""


class Verbs(HabitGroup):
    """A group whose commands are imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        module, _, attribute = (HIDDEN.get(cmd_name) or COMMANDS[cmd_name][0]).partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]  # click's own imports every command


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from mudata.version import __version__

        click.echo(f"mudata {__version__}")
        ctx.exit()


@click.group("mudata", cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
def cli() -> None:
    """What do foundation models understand of music?

    Fetch music datasets, index their clips and labels, query them with SQL,
    draw leak-free splits, ask models, and score their answers.

    \b
    Environment variables:
      MUDATA_HOME       where everything lies (`mudata where` shows it)
      MUDATA_CARDS      folders with cards of your own
      MUDATA_STORE      s3://bucket/prefix or another URL: originals, clips and
                        index that several machines share
      MUDATA_CACHE_GB   gigabytes of that which may lie in the home
      MUDATA_OFFLINE=1  ask no host
      MUDATA_SOUNDFONT  the file that plays notes
    """


def main() -> None:
    """Run the command line; the one place where errors become exit codes."""
    hide_deprecations()
    for stream in ("stdout", "stderr"):  # closed by the caller, as in `mudata list >&-`
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for good
    if isinstance(sys.stdout, io.TextIOWrapper):  # names that the terminal's encoding lacks are escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    spare()
    try:
        code = cli.main(standalone_mode=False, complete_var="_MUDATA_COMPLETE")
        sys.exit(code if isinstance(code, int) else 0)
    except MudataError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(safe(told.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was finished is kept; the same command goes on from here.", err=True)
        sys.exit(130)
    except Exception as error:
        known = from_machine_error(error)
        if known is None:
            raise
        click.echo(f"Error: {known}", err=True)
        sys.exit(known.exit_code)
