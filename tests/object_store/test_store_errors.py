"""What is wrong with a store is said with what to do, and never with a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from fsspec.config import conf
from s3_server import KEYS, Lab, refusing
from shell import typed

from mudata.errors import HomeError, MissingExtra
from mudata.object_store import location, shared_files
from mudata.object_store.connection import connect
from mudata.object_store.location import StoreError

QUERY = ("sql", "SELECT 1")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://AKIDABC:hunter2@bucket/lab", "has more in it than a place"),
        ("s3://AKIDABC:a/hunter2+b@bucket/lab", "has more in it than a place"),
        ("AKIDABC:hunter2@bucket/lab", "has more in it than a place"),
        ("s3://bucket/lab?secret=hunter2", "has more in it than a place"),
        ("file://mnt/shared", "has no path from the root"),
        ("/mnt/shared", "is '/mnt/shared', which is no URL of a folder"),
        ("s3x://bucket/lab", "fsspec knows no file system for s3x://"),
        ("gs://bucket/lab", "fsspec needs another package for gs://"),
    ],
)
def test_urls_that_are_none(url: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_STORE", url)
    done = typed(*QUERY)
    assert (done.code, told in done.err, "hunter2" in done.err) == (2, True, False), done.err


def test_a_missing_package_has_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(MissingExtra, match="needs the package 's3fs'"):
        connect("s3a://elsewhere/lab")


def test_a_size_of_the_cache_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("many", "-1", "inf", "nan"):
        monkeypatch.setenv("MUDATA_CACHE_GB", given)
        with pytest.raises(StoreError, match="is no number of gigabytes"):
            location.cache_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
def test_a_full_disk_of_this_machine_is_no_full_store(lab: Lab) -> None:
    lab.at("first")
    shared = shared_files.store()
    assert shared is not None
    shared.write("objects/x", b"sound" * 100_000)
    with pytest.raises(HomeError, match="The disk is full"):
        shared.fetch("objects/x", Path("/dev/full"))


@pytest.mark.slow
def test_what_servers_refuse(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.at("first")
    monkeypatch.setitem(conf, "s3", {"config_kwargs": {"retries": {"max_attempts": 0}}})
    cases = (
        (403, "RequestTimeTooSkewed", "its time is not the server's"),
        (403, "InvalidAccessKeyId", "does not take the credentials"),
        (403, "SignatureDoesNotMatch", "does not take the credentials"),
        (400, "ExpiredToken", "does not take the credentials"),
        (403, "AccessDenied", "You may not list"),
        (404, "NoSuchBucket", f"There is no {lab.url}"),
        (500, "InternalError", "cannot list: "),
    )
    for status, code, told in cases:
        with refusing(status, code) as address:
            monkeypatch.setenv("AWS_ENDPOINT_URL", address)
            done = typed(*QUERY)
        assert (done.code, told in done.err) == (2, True), (code, done.err)
        assert not [value for value in KEYS.values() if value.startswith(("AKID", "secret")) and value in done.err]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = typed(*QUERY)
    assert (done.code, "does not answer" in done.err, "MUDATA_OFFLINE=1" in done.err) == (2, True, True), done.err
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    done = typed(*QUERY)
    assert (done.code, "does not take the credentials" in done.err) == (2, True), done.err
