"""Third-party deprecations: never on a user's screen, always errors in tests."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from mudata.deprecations import hide_deprecations
from mudata.errors import UnreadableFileWarning

OLD_LIBRARY = """
import threading
import warnings

def user_data_dir(*_, **__):
    for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
        warnings.warn(f"{kind.__name__} of the library", kind, stacklevel=2)
    warnings.warn("this function is deprecated", UserWarning)
    elsewhere = threading.Thread(target=warnings.warn, args=("in a thread", FutureWarning))
    elsewhere.start()
    elsewhere.join()
    warnings.warn("the disk is nearly full", UserWarning)
    return "nowhere"
"""
"""In the place of platformdirs, which mudata asks for its home where there is no MUDATA_HOME."""
OLD_LOGGER = """
import logging

logging.getLogger("transformers").addHandler(logging.StreamHandler())

class utils:
    class logging:
        disable_progress_bar = staticmethod(lambda: None)

def load():
    logging.getLogger("transformers.models").warning("`old` is deprecated")
    logging.getLogger("transformers.models").warning("will be removed in v6")
    logging.getLogger("transformers.models").warning("weights are missing")
"""
"""In the place of transformers, which logs some of its deprecations."""
AS_MUDATA = "exec(compile(code, 'within.py', 'exec'), {'__name__': 'mudata.within'})\n"
"""Runs `code` as if it were a module of mudata."""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that are found first, where nobody said how to take warnings."""
    for variable in ("MUDATA_HOME", "PYTHONWARNINGS"):
        monkeypatch.delenv(variable, raising=False)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    (tmp_path / "platformdirs.py").write_text(OLD_LIBRARY)
    (tmp_path / "transformers.py").write_text(OLD_LOGGER)
    return tmp_path


def stderr(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_the_command_line_shows_other_warnings_and_no_deprecations(library: Path) -> None:
    said = stderr("-m", "mudata", "sql", "select 1")
    assert "the disk is nearly full" in said
    for hidden in ("of the library", "is deprecated", "in a thread"):
        assert hidden not in said


@pytest.mark.slow
def test_whoever_asks_python_for_warnings_gets_them(library: Path) -> None:
    said = stderr("-W", "default", "-m", "mudata", "sql", "select 1")
    for shown in ("Deprecation", "Future"):
        assert f"{shown}Warning of the library" in said
    assert "in a thread" in said
    said = stderr("-W", "error::FutureWarning", "-m", "mudata", "sql", "select 1")
    assert "Traceback" in said
    assert "FutureWarning: FutureWarning of the library" in said


def test_in_python_mudata_hides_what_it_calls_and_not_what_the_user_calls(library: Path) -> None:
    within = "import mudata; mudata.sql('select 1')"
    assert "of the library" not in stderr("-c", within)
    assert "FutureWarning of the library" in stderr(
        "-c", f"{within}; import platformdirs; platformdirs.user_data_dir()"
    )


def test_warnings_of_mudata_itself_are_shown(library: Path) -> None:
    code = "import warnings; warnings.warn('an old name', FutureWarning)"
    said = stderr("-c", f"import mudata.api; code = {code!r}\n{AS_MUDATA}")
    assert "FutureWarning: an old name" in said


def test_what_transformers_logs_of_deprecations_is_hidden_where_models_load(library: Path) -> None:
    quiet = "from mudata.evaluation.models.device import quieten; quieten(); "
    within = f"code = 'import transformers; transformers.load()'\n{AS_MUDATA}"
    assert stderr("-c", quiet + within) == "weights are missing\n"
    assert "is deprecated" in stderr("-W", "default", "-c", quiet + within)
    assert "is deprecated" in stderr("-c", f"{quiet}import transformers; transformers.load()")


def test_a_file_that_cannot_be_read_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        hide_deprecations()
        for text in ("one.yaml:1: a", "one.yaml:1: a", "two.yaml:1: a"):
            warnings.warn(text, UnreadableFileWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: one.yaml:1: a\nWarning: two.yaml:1: a\n"


def test_in_tests_deprecations_are_errors() -> None:
    code = "import warnings; warnings.warn('third party', FutureWarning, stacklevel=2)"
    with pytest.raises(FutureWarning, match="third party"):
        exec(code, {"__name__": "library"})
    with warnings.catch_warnings(record=True) as kept:
        warnings.simplefilter("always")
        exec(code, {"__name__": "library"})
    assert [one.category for one in kept] == [FutureWarning]
    with pytest.raises(FutureWarning, match="`old` is deprecated"):
        logging.getLogger("transformers.models").warning("`old` is deprecated")
    logging.getLogger("transformers.models").warning("weights are missing")
