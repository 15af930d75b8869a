"""What gets installed, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    *("torch", "transformers", "librosa", "sklearn", "datasets", "kaggle", "pandas", "rouge_score"),
    *("fsspec", "s3fs", "ray", "starlette", "uvicorn", "jinja2", "choix", "pyloudnorm"),
)


def _modules_after(arguments: list[str]) -> set[str]:
    """Top-level modules that a command line has imported when it ends."""
    program = (
        "import sys\n"
        f"sys.argv = ['mudata', *{arguments!r}]\n"
        "from mudata.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["info", "gtzan"],
        ["sql", "select 1"],
        ["fetch", "--help"],
        ["split", "--help"],
        ["eval", "--help"],
        ["models"],
        ["score"],
        ["compose"],
        ["listen", "--help"],
    ],
    ids=" ".join,
)
def test_commands_that_should_start_fast_import_nothing_heavy(arguments: list[str]) -> None:
    assert _modules_after(arguments).isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["list"]], ids=" ".join)
def test_help_and_list_do_not_even_import_duckdb_or_numpy(arguments: list[str]) -> None:
    assert _modules_after(arguments).isdisjoint({"duckdb", "numpy", "pyarrow", "soundfile", "rich"})


_FACE = {
    "mudata",
    *("mudata.catalog", "mudata.catalog.index", "mudata.catalog.index.registered_views", "mudata.catalog.tables"),
    *("mudata.deprecations", "mudata.lazy", "mudata.version", "threading"),
}


def test_importing_mudata_imports_little_but_itself() -> None:
    program = "import sys; before = set(sys.modules); import mudata; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    cheap = ("_", "typing", "importlib", "collections", "contextlib")  # what typing and importlib need, by Python
    ours = {name for name in done.stdout.split() if not name.startswith(cheap)}
    assert "mudata" in ours
    assert ours <= _FACE


def test_the_public_names_are_those_that_are_announced() -> None:
    import mudata

    for name in mudata.__all__:
        assert getattr(mudata, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mudata.nonsense


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    out = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("tree") / "mudata"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in files.stdout.splitlines():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to((ROOT / name).readlink())
        elif (ROOT / name).is_file():
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--wheel-dir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return set(zipfile.ZipFile(next(out.glob("*.whl"))).namelist())


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package_and_nothing_else_at_top_level(wheel: set[str]) -> None:
    assert {name.partition("/")[0] for name in wheel if ".dist-info/" not in name} == {"mudata"}
    tree = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "mudata").rglob("*")
        if p.suffix in {".py", ".yaml", ".json", ".typed", ".html", ".css", ".js"}
    }
    assert tree | {"mudata/py.typed"} == {name for name in wheel if ".dist-info/" not in name}


def test_the_links_at_the_root_lead_into_the_package() -> None:
    for name in ("catalog", "evaluation", "cards"):
        assert (ROOT / name).is_symlink()
        assert (ROOT / name).readlink() == Path("mudata") / name
