"""Arguments of public functions: wrong ones are answered with the right ones, and former names still work."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

import mudata
from mudata.api.argument_types import fits, hints_of
from mudata.api.arguments import checked, many, one_of, paths, within
from mudata.errors import ArgumentError, MudataError, UnknownName


@checked()
def take(
    names: str | Iterable[str] = (),
    *,
    n: int | None = None,
    share: float = 0.5,
    shares: Mapping[str, float] | None = None,
    how: Literal["a", "b"] = "a",
    loud: bool = False,
) -> object:
    """Takes.

    Args:
        names: of the things,
            one or several.
        how: 'a' or 'b'.
    """
    return names


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
        (lambda: mudata.info(None), r"mudata\.info: dataset is None \(NoneType\)\.\nIt takes str \| Path"),
        (lambda: mudata.fetch(3), r"dataset is 3 \(int\)\.\nIt takes str \| Path \| Iterable"),
        (lambda: mudata.fetch(["demo", None]), r"dataset is \['demo', None\] \(list\)"),
        (lambda: mudata.fetch(b"demo"), r"dataset is b'demo' \(bytes\)"),
        (lambda: mudata.fetch("demo", limit="5"), r"limit is '5' \(str\)\.\nIt takes int \| None"),
        (lambda: mudata.fetch("demo", limit=True), r"limit is True \(bool\)"),
        (lambda: mudata.split("x", parts=[0.5]), r"parts is \[0\.5\] \(list\)\.\nIt takes Mapping\[str, float\]"),
        (lambda: mudata.split("x", parts={"train": "1"}), r"parts is {'train': '1'} \(dict\)"),
        (lambda: mudata.compare("a", 7), r"runs is 7 \(int\)"),
        (lambda: mudata.sql(Path("x.sql")), r"query is .* \(PosixPath\)\.\nIt takes str"),
        (lambda: mudata.evaluate("random", "s", batch=1.5), r"batch is 1\.5 \(float\)"),
    ],
)
def test_values_of_another_type_are_answered_with_the_right_one(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call()


def test_numbers_of_numpy_and_what_can_be_taken_once_only_pass() -> None:
    numpy = pytest.importorskip("numpy")

    @checked()
    def takes(n: int, share: float | Mapping[str, float], names: Iterable[str]) -> list[str]:
        return [json.dumps([n, share]), *names]

    assert takes(numpy.int64(3), numpy.float32(0.5), iter("ab")) == ["[3, 0.5]", "a", "b"]
    assert takes(3, {"x": numpy.float64(1)}, {"a": 1}) == ['[3, {"x": 1.0}]', "a"]


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"names": None, "n": None},
        {"names": "a", "n": 3, "share": 1, "loud": True},
        {"names": ["a", "b"], "share": 0.25, "shares": {"train": 1, "test": 0.5}, "how": "b"},
        {"names": {"a": 1}, "shares": {}},
    ],
)
def test_values_of_the_right_type_pass(kwargs: dict[str, Any]) -> None:
    assert take(**kwargs) == (kwargs.get("names") or ())


def test_what_can_be_gone_through_once_is_left_as_it_is() -> None:
    assert list(take(name for name in ("a", "b"))) == ["a", "b"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        (
            {"names": ["a", 3]},
            r"names is \['a', 3\] \(list\)\.\nIt takes str \| Iterable\[str\]: of the things, ",
        ),
        ({"names": 3}, r"mudata\.take: names is 3 \(int\)"),
        ({"n": "20"}, r"n is '20' \(str\)\.\nIt takes int \| None\."),
        ({"n": 2.5}, r"n is 2\.5 \(float\)"),
        ({"n": True}, r"n is True \(bool\)"),
        ({"share": "0.5"}, r"share is '0\.5' \(str\)\.\nIt takes float"),
        ({"share": None}, r"share is None"),
        ({"shares": [0.5, 0.5]}, r"shares is \[0\.5, 0\.5\] \(list\)"),
        ({"shares": {"train": "0.5"}}, r"shares is \{'train': '0\.5'\} \(dict\)"),
        ({"how": "c"}, r"how is 'c' \(str\)\.\nIt takes Literal\['a', 'b'\]: 'a' or 'b'\."),
        ({"loud": "no"}, r"loud is 'no' \(str\)\.\nIt takes bool"),
    ],
)
def test_values_of_another_type_are_refused(kwargs: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        take(**kwargs)


@pytest.mark.parametrize("name", sorted(set(mudata.__all__) - {"__version__", "show_progress"}))
def test_the_types_of_every_public_function_are_known_at_run_time(name: str) -> None:
    function = inspect.unwrap(getattr(mudata, name))
    hints = hints_of(function)
    assert set(hints) == set(inspect.signature(function).parameters)
    for hint in hints.values():  # whatever is given, it is looked at and nothing breaks
        assert {type(fits(given, hint)) for given in (["x"], ("x",), {"x": 1}, "x", 1, object())} == {bool}


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
    function = getattr(mudata, name)
    doc = inspect.getdoc(function) or ""
    assert doc
    for parameter in inspect.signature(function).parameters:
        if parameter not in ("progress", "runs", "run", "dataset", "shown", "seed", "split", "model"):
            assert f"{parameter}:" in doc or f"`{parameter}`" in doc, f"{name} does not tell of {parameter}"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mudata.fetch("demo", limit=0), r"limit is 0\.\nGive a number from 1 upwards"),
        (lambda: mudata.fetch("demo", rate=5), r"rate is 5\.\nGive a number from 1,000 to 655,350"),
        (lambda: mudata.evaluate("random", "x", limit=-2), r"limit is -2"),
        (lambda: mudata.evaluate("random", "x", batch=0), r"batch is 0"),
        (lambda: mudata.show(sample=-1), r"sample is -1"),
        (lambda: mudata.fetch_model("ltu", jobs=0), r"jobs is 0"),
    ],
)
def test_numbers_out_of_range_are_refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call()


def test_numbers_within_their_range_pass() -> None:
    within(1, 3, a=1, b=3, c=None)
    within(0, a=10**9)
    with pytest.raises(ArgumentError, match=r"b is 4\.\nGive a number from 1 to 3"):
        within(1, 3, a=1, b=4)
    with pytest.raises(ArgumentError, match=r"share is nan\.\nGive a number from 0 upwards"):
        within(0, share=float("nan"))
