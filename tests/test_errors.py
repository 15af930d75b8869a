"""Errors say what happened and how to go on, and become exit codes in one place."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest
from shell import typed

from mudata import errors
from mudata.home import writing_to

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home


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


def test_of_many_names_some_are_shown() -> None:
    assert errors.some(["a"], 2) == "a"
    assert errors.some("abc", 3) == "a, b, c"
    assert errors.some(iter("abcde"), 2) == "a, b and 3 more"
    assert errors.some("abc", 3, counted=False) == "a, b, c"
    assert errors.some("abcd", 3, counted=False) == "a, b, c, ..."


def test_a_missing_extra_is_one_sentence_and_the_command() -> None:
    error = errors.MissingExtra("The model 'features'", "librosa", "features")
    assert error.hint == "Run: pip install 'mudata-music[features]'"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full (/somewhere). What was finished is kept."),
        (errno.EROFS, "Permission denied (/somewhere)."),
        (errno.EISDIR, "or a folder where a file should be (/somewhere).\nMove it away, then run the same command"),
        (errno.ENOTDIR, "A file is where a folder should be"),
        (errno.EIO, None),
    ],
)
def test_machine_errors_are_told_as_such(number: int, said: str | None) -> None:
    told = errors.from_os_error(OSError(number, os.strerror(number), "/somewhere"))
    assert (said in str(told)) if said else told is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of {place} is full.*or give another folder"),
        (OSError(errno.EDQUOT, "Quota", "{place}/a/b"), "The disk of {place} is full"),
        (OSError(errno.EACCES, "Permission denied", "{place}"), "{place} may not be written: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device", "/elsewhere"), None),
        (OSError(errno.EIO, "Input/output error", "{place}"), None),
    ],
)
def test_a_full_disk_is_told_of_the_folder_that_was_named(error: OSError, said: str | None, tmp_path: Path) -> None:
    if error.filename:
        error.filename = error.filename.format(place=tmp_path)
    match = f"(?s){said.format(place=tmp_path)}" if said else None
    with pytest.raises(errors.HomeError if said else OSError, match=match), writing_to(tmp_path):
        raise error


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


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"), [("list", 0), ("info gtzan --json", 0), ("info gtzn", 2), ("nonsense", 2)]
)
def test_a_caller_that_closed_the_output_gets_the_exit_code(closed: str, arguments: str, code: int) -> None:
    command = f"exec '{sys.executable}' -m mudata {arguments} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert ("Did you mean" in done.stderr) == (arguments == "info gtzn" and "2>" not in closed)


def test_a_file_in_the_place_of_a_folder_is_told(home: Home) -> None:
    home.index.write_text("in the way")
    done = typed("sql", "SELECT 1")
    assert done.code == 2
    assert done.err.startswith("Error: A file is where a folder should be, or a folder where a file should be (")
    assert done.err.endswith("index/parts).\nMove it away, then run the same command again.\n")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (MemoryError("Unable to allocate 8 GiB"), r"not enough memory \(Unable to allocate 8 GiB\).*\nClose other"),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: 1 MB\nmore"),
            r"not enough memory \(Out of Memory Error: 1 MB\)",
        ),
        (RuntimeError("can't start new thread"), "not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (duckdb.IOException("IO Error: no such file"), "file of the index cannot be read or written: IO Error"),
        (duckdb.InternalException("INTERNAL Error: oops"), "DuckDB could not do it: INTERNAL Error: oops"),
        (OSError(errno.ELOOP, "Too many levels", "a/b"), "a/b cannot be used: Too many levels"),
        (RuntimeError("Symlink loop from 'a'"), "Symlink loop from 'a': a link leads to itself"),
    ],
)
def test_what_befalls_a_machine_is_told_in_one_place(error: Exception, what: str) -> None:
    with pytest.raises(errors.MudataError, match=rf"(?s){what}"), errors.telling_machine_errors():
        raise error


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), KeyError("x"), ConnectionError("x")])
def test_what_is_a_fault_of_the_program_stays_one(error: Exception) -> None:
    with pytest.raises(type(error), match="x"), errors.telling_machine_errors():
        raise error
