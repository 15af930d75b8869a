"""The one check of addresses, and that whoever asks at one goes by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tiny_set
from click.testing import CliRunner
from misbehaving import Answer, Server
from tiny_set import CLIPS, TABLE, archive, as_dict, built, http, plain

from mudata.catalog.fetch.download import download, download_many
from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.fetch.transfer import Download
from mudata.cli import cli
from mudata.errors import FetchError, ModelError
from mudata.evaluation.chat.client import checked_url
from mudata.evaluation.models import card_lint
from mudata.narration import Progress
from mudata.web_address import fault_of, host_of, shown

if TYPE_CHECKING:
    from mudata.home import Home

BAD = {
    "http://a..b/x.zip": "its host 'a..b' is no name of one",
    "http://.a/x.zip": "its host '.a' is no name of one",
    "http://[::1": "it is malformed",
    "http://[v1.x]/": "is no IPv6 address",
    "http://[fe80::1%25eth0]/": "is no IPv6 address",
    "http://": "it names no host",
    "http:///x.zip": "it names no host",
    "http://:80/": "it names no host",
    "https://h:99999/x": "its port is no number from 1 to 65535",
    "http://h:http/x": "its port is no number",
    "http://h:-1/x": "its port is no number",
    "http://h:0/x": "its port is 0",
    "http://h:80:90/x": "its port is no number",
    "http://a b/x": "its host 'a b' is no name of one",
    " http://h/x": "a space stands before or after it",
    "http://h/x ": "a space stands before or after it",
    "http://h/\tx": r"it holds '\t' at sign 10",
    "http://h/x\n": r"it holds '\n' at sign 11",
    "http://h\0/x": r"it holds '\x00' at sign 9",
    "http://h/\x1b[31m": r"it holds '\x1b' at sign 10",
    "http://h/\x9b": r"it holds '\x9b' at sign 10",
    "http://h/\ud800": r"it holds '\ud800' at sign 10",
    "http://" + "a" * 64 + ".com/": "is no name of one",
    "http://" + "a." * 130 + "com/": "is no name of one",
    "http://%41/x": "its host '%41' is no name of one",
    "http://h,i/x": "is no name of one",
    "http://☃..é/x": "is no name of one",
    "http://ex℀mple/x": "it is malformed",
    "http://a\\b/x": "is no name of one",
    "http://a\\@b/x": "it is malformed",
    "http://[::1]x/": "it is malformed",
    "http://1.2.3.999/": "its host 1.2.3.999 is no IPv4 address",
    "http://256.256.256.256/x": "is no IPv4 address",
    "http://h/" + "x" * 65_536: "it has 65,545 signs",
    "ftp://h/x": "it does not begin with http:// or https://",
    "file:///etc/passwd": "it does not begin with",
    "javascript:alert(1)": "it does not begin with",
    "//h/x": "it does not begin with",
    "http:/h/x": "it does not begin with",
    "h/x": "it does not begin with",
    "": "it does not begin with",
}  # fmt: skip
GOOD = (
    "http://h",
    "HTTPS://H.example:8443/a%20b?c=d#e",
    "http://127.0.0.1:1/x",
    "http://[::1]:8000/v1",
    "http://a_b.example./x",
    "http://münchen.example/ä ö.zip",
    "http://xn--mnchen-3ya.example/",
    "http://user:s3cret@h/x",
)


@pytest.mark.parametrize("address", BAD)
def test_what_is_wrong_with_an_address_is_said(address: str) -> None:
    assert BAD[address] in (fault_of(address) or "")
    assert "\n" not in shown(address)
    assert "\x1b" not in shown(address)


@pytest.mark.parametrize("address", GOOD)
def test_what_can_be_asked_is_let_through(address: str) -> None:
    assert fault_of(address) is None


@pytest.mark.parametrize("address", [None, 5, b"http://h", ["http://h"]])
def test_what_is_no_text_is_no_address(address: object) -> None:
    assert fault_of(address) == "it is no text"


@pytest.mark.parametrize(
    "address",
    [
        "http://me:s3cret@h/x?key=s3cret#s3cret",
        "http://me:s3cret@h:99999/x",
        "http://me:s3cret@[::1/x?s3cret",
        "http://me:#s3cret@h/x",
        "http://me:a/s3cret@h/x",
        "http://s3cret@a..b/x",
        "http://me:s3cret@ex℀mple/x",
        "ftp://me:s3cret@h/x",
        "me:s3cret@h:8000/v1",
        "https:/me:s3cret@h/x",
    ],
)
def test_no_password_is_shown(address: str) -> None:
    assert "s3cret" not in shown(address) + str(fault_of(address)) + host_of(address)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.mark.parametrize("address", BAD)
def test_a_download_says_so_without_asking(address: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"(?s)^Nothing can be asked at .*: .*Correct the card"):
        download(Download(address, tmp_path / "x"))


SENT = [at for at in BAD if "://" in at and at.isprintable() and at.isascii() and at == at.strip()]
"""What a server can say in a header."""


@pytest.mark.parametrize("location", SENT)
def test_a_redirect_to_where_nothing_can_be_asked_is_told(location: str, server: Server, tmp_path: Path) -> None:
    url = server.serve("/x.zip", Answer(status=302, headers={"Location": location}))
    with pytest.raises(FetchError, match=r"/x\.zip redirects to .*, where nothing can be asked: it"):
        download(Download(url, tmp_path / "x.zip"))
    assert len(server.seen) == 1


def test_one_clip_with_a_bad_address_does_not_stop_the_others(server: Server, tmp_path: Path) -> None:
    good = server.serve("/a", Answer(b"1"))
    bad = (
        "http://a..b/x",
        "http://[::1",
        "http://",
        server.serve("/b", Answer(status=301, headers={"Location": "http://a..b/"})),
    )
    got = download_many(Download(url, tmp_path / f"{number}") for number, url in enumerate((*bad, good)))
    assert got.pop(good) == tmp_path / "4"
    assert all(isinstance(error, FetchError) for error in got.values())


class Heard(Progress):
    def __init__(self) -> None:
        self.text = ""

    def say(self, text: str) -> None:
        self.text += text + "\n"


@pytest.mark.parametrize(
    "address", ["http://a..b/x.zip", "http://[::1", "http://", "http://h:x/", "ftp://h/x.zip", "http://me:s3cret@a..b/"]
)
def test_a_mirror_that_cannot_be_asked_is_skipped_with_its_reason(address: str, server: Server, home: Home) -> None:
    made = as_dict(server)
    bad = {"path": "tiny.zip", "url": address, "unpack": "archive"}
    moved = archive(server, "moved.zip", b"", Answer(status=302, headers={"Location": address}))
    made["sources"]["audio"]["mirrors"][:0] = [http(bad), http(moved | {"size": None, "sha256": None})]
    heard = Heard()
    assert fetch(built(made), home, FetchRequest(), heard).files == 7
    assert f"nothing can be asked: {fault_of(address)}" in heard.text
    assert f"Nothing can be asked at {shown(address)}: {fault_of(address)}" in heard.text
    assert "s3cret" not in heard.text + (home.raw("tiny") / "fetched.json").read_text()


def problems(folder: Path, made: dict[str, Any]) -> list[str]:
    path = tiny_set.write(built(made), folder)
    done = CliRunner().invoke(cli, ["cards", "check", str(path), "--json"], catch_exceptions=False)
    (row,) = json.loads(done.stdout)
    assert done.exit_code == (0 if row["ok"] else 1)
    lines = (row["problem"] or "").splitlines()
    assert all(re.match(r".+\.yaml:\d+: ", line) for line in lines), "each with its line"
    return [re.split(r"\.yaml:\d+: ", line, maxsplit=1)[1] for line in lines]


@pytest.mark.parametrize("address", [address for address in BAD if address.isprintable()])
def test_cards_check_goes_by_the_same(address: str, server: Server, tmp_path: Path) -> None:
    made = as_dict(server)
    assert problems(tmp_path, made) == []
    where = "sources.audio.mirrors.1: "
    says = f"nothing can be asked at {shown(address)}: {fault_of(address)}"
    if not address:
        return  # http files must have one
    made["sources"]["audio"]["mirrors"].append(http({"path": "x.zip", "url": address}))
    assert problems(tmp_path, made) == [where + says]
    if fault_of(address + "1.wav"):
        made["sources"]["audio"]["mirrors"][1] = {"kind": "http-clips", "url": address + "{id}.wav", "path": "{id}.wav"}
        assert problems(tmp_path, made)[0].startswith(f"{where}nothing can be asked at ")
    made["sources"]["audio"]["mirrors"].pop()
    assert problems(tmp_path, made | {"homepage": address}) == [f"homepage: {says}"]


def test_cards_check_tells_of_a_login_and_does_not_repeat_it(server: Server, tmp_path: Path) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"].append(http({"path": "x.zip", "url": "https://me:s3cret@h/x.zip"}))
    assert problems(tmp_path, made) == [
        "sources.audio.mirrors.1: the address https://h/x.zip holds a login, which all who get the card can read"
    ]


def test_a_part_of_a_model_goes_by_the_same(tmp_path: Path) -> None:
    path = tmp_path / "parts" / "ear.yaml"
    path.parent.mkdir()
    path.write_text(
        "name: ear\nwhat: an ear\nsize: 1 MB\nlicence: {text: CC0, usage: unrestricted}\n"
        "mirrors: [{kind: http, files: [{path: ear.bin, url: 'http://a..b/ear.bin'}]}]\n"
    )
    assert card_lint.lint(path) == [
        "mirrors: nothing can be asked at http://a..b/ear.bin: its host 'a..b' is no name of one"
    ]


@pytest.mark.parametrize("address", BAD)
def test_a_model_server_goes_by_the_same(address: str) -> None:
    with pytest.raises(ModelError, match=r"(?s)is no address of a server: .*Give one such as"):
        checked_url(address)


def test_a_host_in_the_environment_goes_by_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://a..b")
    made = as_dict(server)
    hub = {"kind": "huggingface", "repo": "o/r", "revision": "main", "files": [{"path": "x.zip"}]}
    made["sources"]["audio"]["mirrors"].insert(0, hub)
    heard = Heard()
    assert fetch(built(made), home, FetchRequest(), heard).files == 7
    assert "Nothing can be asked at HF_ENDPOINT, http://a..b: its host 'a..b' is no name of one" in heard.text


@pytest.mark.parametrize("proxy", ["http://[::1", "ftp://h:1", "http://h:x"])
def test_a_proxy_that_cannot_be_used_is_told(proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(FetchError, match="A proxy that the environment names cannot be used"):
        download(Download("http://127.0.0.1:1/x", tmp_path / "x"))


LONG = "n" * 300


def test_a_card_names_no_file_that_no_disk_takes(server: Server) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [http(plain(server, f"{LONG}.zip", b"1"))]
    with pytest.raises(ValueError, match="no file can have a name of more than 255 bytes"):
        built(made)


def test_one_clip_whose_name_no_file_can_have_is_a_failure_of_that_clip(server: Server, home: Home) -> None:
    made = as_dict(server)
    table = TABLE + f"{LONG},rock,artist 1\n".encode()
    made["sources"]["metadata"]["mirrors"] = [http(plain(server, "tiny.csv", table))]
    made["sources"]["audio"]["mirrors"] = [tiny_set.clipwise(server)]
    got = fetch(built(made), home, FetchRequest())
    assert got.files == len(CLIPS) + 1
    assert "it has 304 bytes, and a name has 255 at most" in got.failures[LONG]
    assert len(got.failures) == 1
