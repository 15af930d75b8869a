"""Errors say what happened and how to go on, and become exit codes in one place."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys

import pytest

from mudata import errors


def test_the_tree_drawn_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = {
        name: int(code) for name, code in re.findall(r"(?:[├└]── |^    )(\w+)\s+([012])", errors.__doc__ or "", re.M)
    }
    real = {
        name: cls.exit_code
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, errors.MudataError)
    }
    assert drawn == real


def test_an_unknown_name_suggests_the_nearest_ones() -> None:
    error = errors.UnknownName("dataset", "gtzn", ["fma", "gtzan"])
    assert str(error) == "No dataset named 'gtzn'. Did you mean 'gtzan'?\nKnown: fma, gtzan."


def test_a_missing_extra_is_one_sentence_and_the_command() -> None:
    error = errors.MissingExtra("The model 'features'", "librosa", "features")
    assert error.hint == "Run: pip install 'mudata-music[features]'"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "Permission denied"), (errno.EIO, None)]
)
def test_machine_errors_are_told_as_such(number: int, said: str | None) -> None:
    told = errors.from_os_error(OSError(number, os.strerror(number), "/somewhere"))
    assert (said in str(told)) if said else told is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["info", "gtzn"], 2, "Did you mean 'gtzan'?"),
        (["lst"], 2, "Did you mean 'list'?"),
        (["list", "--nonsense"], 2, "No such option"),
        (["--version"], 0, ""),
    ],
)
def test_exit_codes_and_messages_of_the_command_line(arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "mudata", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
