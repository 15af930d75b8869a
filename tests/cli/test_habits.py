"""Words from other programs lead to the command that is meant, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from shell import typed

from mudata.catalog.splits import manifest
from mudata.cli import COMMANDS, cli
from mudata.cli.habits import ALIASES, HINTS, aliases, hints
from mudata.errors import SplitError

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.mark.parametrize(
    ("typed_so", "meant"),
    [
        ("ls", "list"),
        ("ls --tag mood", "list --tag mood"),
        ("datasets --json", "list --json"),
        ("describe gtzan", "info gtzan"),
        ("statistics", "stats"),
        ("size --json", "du --json"),
        ("which gtzan", "where gtzan"),
        ("models ls --json", "models --json"),
        ("models list --json", "models --json"),
        ("models show random --json", "models info random --json"),
        ("suites ls", "suites"),
        ("suites list --json", "suites --json"),
        ("suites info survey", "suites show survey"),
        ("cards list", "list"),
        ("cards show demo", "info demo"),
        ("split ls --json", "split list --json"),
        ("splits --json", "split list --json"),
        ("runs ls --json", "runs list --json"),
        ("version", "--version"),
        ("help split plan", "split plan --help"),
        ("help", "--help"),
    ],
)
def test_it_is_the_same_command(typed_so: str, meant: str) -> None:
    done = typed(*typed_so.split())
    assert done.code == 0
    assert done.out == typed(*meant.split()).out


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("dump", "mudata export NAME --to FORMAT -o FOLDER"),
        ("status", "mudata stats"),
        ("config", "There is no configuration file"),
        ("init", "mudata demo"),
        ("train", "mudata export NAME"),
        ("clean", "mudata rm NAME"),
        ("login", "HF_TOKEN"),
        ("fech", "Did you mean 'fetch'?"),
        ("remov", "Did you mean 'rm'?"),
        ("delte", "Did you mean 'rm'?"),
        ("downlod", "Did you mean 'fetch'?"),
        ("exprot", "Did you mean 'export'?"),
        ("reprot", "Did you mean 'report'?"),
        ("xyzzy", "--help"),
        ("split help", "mudata split --help"),
        ("split create", "mudata split NAME --dataset DATASET"),
        ("models lst", "Did you mean 'list'?"),
        ("suites add", "MUDATA_CARDS"),
        ("cards chek", "Did you mean 'check'?"),
    ],
)
def test_what_is_no_command_gets_a_word_that_is_right(word: str, hint: str) -> None:
    done = typed(*word.split())
    assert done.code == 2
    assert done.out == ""
    assert f"No command named {word.rsplit(maxsplit=1)[-1]!r}." in done.err
    assert hint in done.err
    assert "'demo'" not in done.err


@pytest.mark.parametrize("group", ALIASES)
def test_the_table_names_only_commands_that_are_there_and_no_word_twice(group: str) -> None:
    within = cli if group == "mudata" else cli.get_command(click.Context(cli), group)
    assert isinstance(within, click.Group)
    commands = set(within.list_commands(click.Context(within)))
    for command in aliases(group).values():
        first, *more = command.split()
        assert (more[0] in COMMANDS) if first == "mudata" else (first in commands)
    words = [*(" ".join([*ALIASES[group].values(), *HINTS[group]]).split()), *commands]
    assert len(words) == len(set(words))


def test_no_split_is_named_as_a_word_of_its_group(home: Home) -> None:
    group = cli.get_command(click.Context(cli), "split")
    assert isinstance(group, click.Group)
    assert {*group.commands, *aliases("split"), *hints("split")} <= manifest.RESERVED
    for name in manifest.RESERVED:
        with pytest.raises(SplitError, match="it is a word of `mudata split` itself"):
            manifest.check_name(name)


def test_help_shows_no_alias() -> None:
    lines = typed("--help").out.partition("Commands:")[2].splitlines()
    shown = {line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")}
    assert shown == set(COMMANDS)
