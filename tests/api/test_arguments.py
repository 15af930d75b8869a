"""Arguments of public functions: wrong ones are answered with the right ones, and former names still work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

import mudata
from mudata.api.arguments import checked, many, one_of, paths
from mudata.errors import ArgumentError, MudataError, UnknownName


@checked(narrator="progress")
def draw(name: str, *, dataset: str = "", progress: bool | None = None) -> tuple[str, str, bool | None]:
    return name, dataset, progress


def test_right_arguments_pass_and_former_names_mean_what_they_meant() -> None:
    assert draw("x", dataset="d", progress=True) == ("x", "d", True)
    assert draw("x", narrator=False) == ("x", "", False)  # type: ignore[call-arg]
    assert draw.__name__ == "draw"


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, r"mudata\.draw: missing a required argument: 'name'\.\nIts arguments: name, dataset, progress"),
        (("x",), {"datset": "d"}, r"no argument 'datset'\. Did you mean 'dataset'\?\nIts arguments: name, dataset"),
        (("x",), {"zzz": 1}, r"no argument 'zzz'\.\nIts arguments"),
        (("x", "y"), {}, r"takes its first 1 arguments \(name\) without a name; got 2"),
        (("x",), {"name": "y"}, r"multiple values for argument 'name'"),
        (("x",), {"progress": True, "narrator": False}, r"no argument 'narrator'"),
    ],
)
def test_wrong_arguments_are_answered_with_the_right_ones(
    args: tuple[str, ...], kwargs: dict[str, object], said: str
) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        draw(*args, **kwargs)  # type: ignore[arg-type]
    assert isinstance(caught.value, MudataError)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mudata.info(None), r"mudata\.info: dataset is None and not text or a Path\.\nSee help"),
        (lambda: mudata.fetch(3), r"dataset is 3 and not text, a Path or a list of text or a Path"),
        (lambda: mudata.fetch(["demo", None]), r"dataset is \['demo', None\] and not"),
        (lambda: mudata.fetch(b"demo"), r"dataset is b'demo' and not"),
        (lambda: mudata.fetch("demo", limit="5"), r"limit is '5' and not a whole number or None"),
        (lambda: mudata.fetch("demo", limit=True), r"limit is True and not a whole number or None"),
        (lambda: mudata.split("x", parts=[0.5]), r"parts is \[0\.5\] and not a dict with a number by text or None"),
        (lambda: mudata.split("x", parts={"train": "1"}), r"parts is {'train': '1'} and not a dict with"),
        (lambda: mudata.compare("a", 7), r"runs is 7 and not text, a Path, a Run or a list of"),
        (lambda: mudata.sql(Path("x.sql")), r"query is .* and not text\."),
        (lambda: mudata.evaluate("random", "s", batch=1.5), r"batch is 1\.5 and not a whole number, 'auto' or None"),
    ],
)
def test_values_of_another_type_are_answered_with_the_right_one(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call()


def test_numbers_of_numpy_and_what_can_be_taken_once_only_pass() -> None:
    numpy = pytest.importorskip("numpy")

    @checked()
    def takes(n: int, share: float | Mapping[str, float], names: Iterable[str], *, odd: NotHere = None) -> list[str]:  # type: ignore[name-defined]  # noqa: F821
        return [json.dumps([n, share]), *names]

    assert takes(numpy.int64(3), numpy.float32(0.5), iter("ab"), odd=object()) == ["[3, 0.5]", "a", "b"]
    assert takes(3, {"x": numpy.float64(1)}, {"a": 1}) == ['[3, {"x": 1.0}]', "a"]


def test_an_error_inside_a_function_stays_what_it_is() -> None:
    @checked()
    def fails(x: int) -> None:
        raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        fails(1)


def test_one_or_many() -> None:
    assert many(None) == many(()) == ()
    assert many("a") == many(["a"]) == ("a",)
    assert many({"a": 1, "b": 2}) == ("a", "b")
    assert paths("~/x") == (Path.home() / "x",)
    assert paths([Path("a"), "b"]) == (Path("a"), Path("b"))
    assert paths(None) == ()


def test_one_of_names_the_nearest() -> None:
    one_of("choice", "drop", ("drop", "keep"))
    with pytest.raises(UnknownName, match=r"No choice named 'kep'\. Did you mean 'keep'"):
        one_of("choice", "kep", ("drop", "keep"))


@pytest.mark.parametrize("name", sorted(set(mudata.__all__) - {"__version__", "show_progress"}))
def test_every_public_function_answers_wrong_arguments(name: str) -> None:
    with pytest.raises(ArgumentError, match=rf"mudata\.{name} has no argument 'no_such_argument'"):
        getattr(mudata, name)(no_such_argument=1)


@pytest.mark.parametrize("name", sorted(set(mudata.__all__) - {"__version__"}))
def test_every_public_function_says_what_its_arguments_are(name: str) -> None:
    import inspect

    function = getattr(mudata, name)
    doc = inspect.getdoc(function) or ""
    assert doc
    for parameter in inspect.signature(function).parameters:
        if parameter not in ("progress", "runs", "run", "dataset", "shown", "seed", "split", "model"):
            assert f"{parameter}:" in doc or f"`{parameter}`" in doc, f"{name} does not tell of {parameter}"
