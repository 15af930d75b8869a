"""What people type by habit, coming from other programs: other words for commands, and hints where there is none.

Help and completion show none of these words, and no split can be named by those of its group.
"""

from __future__ import annotations

from functools import cache

import click

ALIASES: dict[str, dict[str, str]] = {
    "mudata": {
        "list": "ls datasets",
        "info": "describe",
        "cite": "citation bibtex",
        "cards": "card",
        "fetch": "get pull download install",
        "sql": "query shell console",
        "stats": "count statistics",
        "faults": "errata issues",
        "why": "provenance trace origin",
        "lock": "freeze pin",
        "duplicates": "dups dedup deduplicate copies",
        "split list": "splits",
        "models": "model",
        "suites": "suite",
        "eval": "evaluate run ask",
        "score": "rescore",
        "import-answers": "import",
        "compare": "diff",
        "report": "html",
        "rm": "remove delete del uninstall",
        "mv": "move rename",
        "where": "path paths which locate",
        "du": "df size usage",
        "completion": "completions",
    },
    "split": {
        "list": "ls",
        "show": "info",
        "check": "verify",
        "mudata rm --kind split": "rm remove delete del",
        "mudata mv": "mv move rename",
        "mudata export": "export",
        "mudata where --kind split": "where path",
    },
    "models": {
        "list": "ls",
        "info": "show",
        "fetch": "get pull download",
        "mudata rm --kind model": "rm remove delete del",
        "mudata where --kind model": "where path",
    },
    "runs": {
        "list": "ls",
        "merge": "join",
        "mudata score": "show",
        "mudata rm --kind run": "rm remove delete del",
        "mudata where --kind run": "where path",
    },
    "suites": {"list": "ls", "show": "info", "table": "tables", "mudata eval --suite": "run eval"},
    "cards": {"mudata list": "list ls", "mudata info": "info show", "check": "lint verify validate"},
}
"""Other words for commands, by group; what begins with `mudata` is a command outside the group."""

_NEW_SPLIT = "To draw a split: mudata split NAME --dataset DATASET (`mudata split --help` tells more)."
_OWN = "Your own is a YAML file in {}a folder that MUDATA_CARDS names."

HINTS: dict[str, dict[str, str]] = {
    "mudata": {
        "status state": "What is indexed: mudata stats. How large it is: mudata du. Whether it is whole: mudata verify"
        " NAME.",
        "check": "Files: mudata verify NAME. Splits: mudata split check NAME. Cards: mudata cards check.",
        "config configure settings set env": "There is no configuration file: MUDATA_HOME and MUDATA_CARDS are"
        " variables of the environment, and `mudata where` shows where they lead.",
        "dump save": "A split with its audio: mudata export NAME --to FORMAT -o FOLDER. Tables: mudata sql, with"
        " --csv or --parquet. Runs: mudata export-run RUN --to F, mudata report --data FOLDER.",
        "init setup start new create add": "Nothing has to be set up. To try everything: mudata demo. To get a dataset:"
        " mudata fetch NAME.",
        "login auth token": "Hosts' own programs keep keys (HF_TOKEN, kaggle.json); mudata reads them there.",
        "search find grep": "Datasets: mudata list --tag TAG. Clips: mudata sql.",
        "train fit finetune": "mudata trains nothing; it hands you the clips: mudata.load(NAME) in Python, or"
        " mudata export NAME --to FORMAT -o FOLDER.",
        "clean prune gc cache clear": "How large everything is: mudata du. To remove something: mudata rm NAME.",
        "results scores leaderboard": "All runs and their scores: mudata score. As rows: mudata sql 'FROM runs'.",
        "update upgrade": "mudata itself: pip install -U mudata-music. A dataset: mudata fetch NAME, again.",
        "dataset": "All of them: mudata list. One of them: mudata info NAME.",
        "play open": "Where a clip lies: mudata show CLIP.",
    },
    "split": {"create new make draw add": _NEW_SPLIT, "help": "Type: mudata split --help"},
    "models": {"add new": _OWN.format("a folder `models` inside ")},
    "suites": {"add new": _OWN.format("a folder `suites` inside ")},
    "runs": {"compare diff": "mudata compare RUN RUN"},
    "cards": {"add new": _OWN.format("")},
}
"""Where to find what is no command, by group."""


@cache
def aliases(group: str) -> dict[str, str]:
    """The command by each other word for it."""
    return {word: command for command, words in ALIASES.get(group, {}).items() for word in words.split()}


@cache
def hints(group: str) -> dict[str, str]:
    """What to say by each word that is no command."""
    return {word: hint for words, hint in HINTS.get(group, {}).items() for word in words.split()}


class HabitGroup(click.Group):
    """A group of commands that takes the words above, and says what may have been meant by others."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        group, word = str(self.name), args[0]
        if word.startswith("-") or self.get_command(ctx, word):
            return super().resolve_command(ctx, args)
        if (command := aliases(group).get(word)) is None:
            return self.resolve_other(ctx, args)
        words = [*command.split(), *args[1:]]
        if words[0] != "mudata":
            return self.resolve_command(ctx, words)
        root = ctx.find_root()
        assert isinstance(root.command, HabitGroup)  # noqa: S101 - for the type checker
        return root.command.resolve_command(root, words[1:])

    def resolve_other(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """What becomes of a word that is neither a command nor an alias: an error that says what may be meant."""
        if ctx.resilient_parsing:  # of completion
            return None, None, []
        ctx.fail(f"No command named {args[0]!r}. {self._meant(ctx, args[0])}")
        return None

    def _meant(self, ctx: click.Context, word: str) -> str:
        group = str(self.name)
        known = {name: f"Did you mean {name!r}?" for name in self.list_commands(ctx)}
        known |= {alias: f"Did you mean {name!r}?" for alias, name in aliases(group).items()} | hints(group)
        if word in known:
            return known[word]
        import difflib  # every start of mudata reads this module

        near = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
        return known[near[0]] if near else f"All of them: {ctx.command_path} --help"
