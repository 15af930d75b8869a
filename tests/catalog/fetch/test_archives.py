from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mudata.catalog.fetch.archives import extract
from mudata.catalog.fetch.extraction import member_path
from mudata.errors import FetchError, HomeError, UnsafeArchive

CONTENT = {"set/a.txt": b"alpha" * 1000, "set/deep/b.wav": bytes(range(256)) * 50, "set/empty": b""}
ROOMY = 1 << 30


def a_zip(path: Path, content: dict[str, bytes] = CONTENT, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def a_tar(path: Path, content: dict[str, bytes] = CONTENT, mode: str = "w", **options: str) -> Path:
    with tarfile.open(path, mode, **options) as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    "make",
    [
        *(
            lambda path, m=m: a_zip(path, method=m)
            for m in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        ),
        *(lambda path, m=m: a_tar(path, mode=m) for m in ("w", "w:gz", "w:bz2", "w:xz")),
    ],
    ids=["stored", "deflate", "bzip2", "lzma", "tar", "tar.gz", "tar.bz2", "tar.xz"],
)
def test_every_kind_gives_its_files_and_a_second_time_leaves_them_alone(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    archive = make(tmp_path / "archive")
    steps: list[float] = []
    found = extract(archive, tmp_path / "out", max_bytes=ROOMY, advance=steps.append)
    assert below(tmp_path / "out") == CONTENT
    assert sorted(found) == sorted(tmp_path / "out" / name for name in CONTENT)
    assert sum(steps) == pytest.approx(archive.stat().st_size)
    before = {p: p.stat().st_mtime_ns for p in found}
    steps.clear()
    assert extract(archive, tmp_path / "out", max_bytes=ROOMY, advance=steps.append) == found
    assert {p: p.stat().st_mtime_ns for p in found} == before
    assert sum(steps) == pytest.approx(archive.stat().st_size)


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_only_what_is_wanted_comes_out(make: Callable[..., Path], tmp_path: Path) -> None:
    archive = make(tmp_path / "archive", CONTENT | {"__MACOSX/set/._a.txt": b"junk"})
    extract(archive, tmp_path / "some", keep=lambda path: path.endswith(".wav"), max_bytes=ROOMY)
    assert list(below(tmp_path / "some")) == ["set/deep/b.wav"]
    extract(archive, tmp_path / "all", max_bytes=ROOMY)
    assert below(tmp_path / "all") == CONTENT
    extract(archive, tmp_path / "mac", keep=lambda path: path.startswith("__MACOSX"), max_bytes=ROOMY)
    assert list(below(tmp_path / "mac")) == ["__MACOSX/set/._a.txt"]


@pytest.mark.parametrize(("opener", "name"), [(gzip, "gz"), (bz2, "bz2"), (lzma, "xz")])
def test_archives_of_several_compressed_streams_are_read_to_the_end(opener: object, name: str, tmp_path: Path) -> None:
    plain = a_tar(tmp_path / "plain.tar").read_bytes()
    archive = tmp_path / f"a.tar.{name}"
    archive.write_bytes(b"".join(opener.compress(plain[i : i + 3000]) for i in range(0, len(plain), 3000)))  # type: ignore[attr-defined]
    extract(archive, tmp_path / "out", max_bytes=ROOMY)
    assert below(tmp_path / "out") == CONTENT


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/tmp/evil", "..\\evil", "C:\\evil", "C:evil", "\\\\host\\share", "a\0b"]
)
@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_members_that_would_leave_the_folder_are_refused(make: Callable[..., Path], name: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match="outside its folder"):
        member_path(name, "archive")
    if "\0" in name:
        return
    archive = make(tmp_path / "archive", {"good": b"1", name: b"evil"})
    with pytest.raises(UnsafeArchive, match=r"archive: the member .* outside its folder"):
        extract(archive, tmp_path / "deep" / "out", keep=lambda path: path == "good", max_bytes=ROOMY)
    assert set(below(tmp_path)) <= {"archive", "deep/out/good"}


@pytest.mark.parametrize(
    ("name", "path"),
    [("a//b", "a/b"), ("./a/./b", "a/b"), ("a\\b.wav", "a/b.wav"), ("./", ""), ("a..b/c..", "a..b/c..")],
)
def test_odd_but_harmless_names_are_tidied(name: str, path: str) -> None:
    assert member_path(name, "x") == path


def with_links(path: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("sym", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("fifo", tarfile.FIFOTYPE),
            ("null", tarfile.CHRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return path


@pytest.mark.parametrize("name", ["sym", "hard", "fifo", "null"])
def test_links_and_devices_in_a_tar_are_never_made(name: str, tmp_path: Path) -> None:
    archive = with_links(tmp_path / "a.tar")
    with pytest.raises(UnsafeArchive, match=f"'{name}' is a link or a device"):
        extract(archive, tmp_path / "out", keep=lambda path: path == name, max_bytes=ROOMY)
    assert extract(archive, tmp_path / "out", keep=lambda path: False, max_bytes=ROOMY) == []
    assert not (tmp_path / "out").exists()


def test_links_in_a_zip_are_never_made(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeArchive, match="'link' is a link"):
        extract(tmp_path / "a.zip", tmp_path / "out", max_bytes=ROOMY)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a", "./a", "b\\..\\a", "x/../a"])
def test_a_name_that_comes_twice_is_refused(second: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"first")
        archive.writestr(second, b"second")
    with pytest.raises(UnsafeArchive, match=r"comes twice|outside its folder"):
        extract(tmp_path / "a.zip", tmp_path / "out", max_bytes=ROOMY)


@pytest.mark.parametrize("content", [{"a": b"1", "a/b": b"2"}, {"a/b": b"1", "a": b"2"}])
def test_a_name_that_is_file_and_folder_is_refused(content: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match="both a file and a folder"):
        extract(a_tar(tmp_path / "a.tar", content), tmp_path / "out", max_bytes=ROOMY)


@pytest.mark.parametrize("make", [a_zip, lambda path, content: a_tar(path, content, "w:gz")])
def test_a_bomb_is_stopped(make: Callable[..., Path], tmp_path: Path) -> None:
    archive = make(tmp_path / "bomb", {f"{i}.txt": bytes(3_000_000) for i in range(4)})
    assert archive.stat().st_size < 200_000
    with pytest.raises(UnsafeArchive, match=r"12000000 bytes|9000000 bytes.*more than the 8000000"):
        extract(archive, tmp_path / "out", max_bytes=8_000_000)
    assert sum(map(len, below(tmp_path / "out").values())) <= 8_000_000
    assert len(extract(archive, tmp_path / "out", max_bytes=12_000_000)) == 4


@pytest.mark.parametrize("declared", [10, 4_000_000])
def test_a_member_that_lies_about_its_size_gives_no_file(declared: int, tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "a.zip", {"a": bytes(3_000_000)})
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace(struct.pack("<I", 3_000_000), struct.pack("<I", declared)))
    with pytest.raises(FetchError, match=r"damaged|does not have the 4000000 bytes that are declared"):
        extract(archive, tmp_path / "out", max_bytes=10_000_000)
    assert not (tmp_path / "out" / "a").exists()


def test_a_damaged_member_gives_no_file(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "a.zip", {"a": b"good bytes"}, zipfile.ZIP_STORED)
    archive.write_bytes(archive.read_bytes().replace(b"good bytes", b"evil bytes"))
    with pytest.raises(FetchError, match="Bad CRC-32 for file 'a'"):
        extract(archive, tmp_path / "out", max_bytes=ROOMY)
    assert not (tmp_path / "out" / "a").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_half_an_archive_is_told(name: str, tmp_path: Path) -> None:
    random.seed(1)
    content = {f"{i}": random.randbytes(100_000) for i in range(3)}
    archive = tmp_path / name
    if name == "a.zip":
        a_zip(archive, content)
    else:
        a_tar(archive, content, "w:" + name[6:])
    archive.write_bytes(archive.read_bytes()[:-150_000])
    with pytest.raises(FetchError, match=f"{name} is damaged"):
        extract(archive, tmp_path / "out", max_bytes=ROOMY)
    assert all(content[n] == data for n, data in below(tmp_path / "out").items() if not n.startswith("."))


@pytest.mark.parametrize(
    "data", [b"", b"<html>quota exceeded</html>", b"PK\x03\x04 nothing more", b"\x1f\x8b nothing", b"BZh9 nothing"]
)
def test_what_is_no_archive_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FetchError, match=r"a\.zip is damaged, or no zip or tar archive"):
        extract(tmp_path / "a.zip", tmp_path / "out", max_bytes=ROOMY)


@pytest.mark.parametrize(("offset", "value", "match"), [(8, 9, "Deflate64"), (8, 98, "PPMd"), (6, 1, "encrypted")])
def test_what_python_cannot_undo_is_told_with_the_way_out(offset: int, value: int, match: str, tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "a.zip", {"a": b"1" * 100})
    raw = bytearray(archive.read_bytes())
    for start in (raw.index(b"PK\x03\x04"), raw.index(b"PK\x01\x02") + 2):
        raw[start + offset : start + offset + 2] = struct.pack("<H", value)
    archive.write_bytes(raw)
    with pytest.raises(FetchError, match=match) as caught:
        extract(archive, tmp_path / "out", max_bytes=ROOMY)
    assert "--from FOLDER" in str(caught.value)


def test_tar_names_that_are_no_utf8_become_text(tmp_path: Path) -> None:
    archive = a_tar(tmp_path / "a.tar", {os.fsdecode(b"caf\xe9.mp3"): b"1", "Benoît 👨‍👩‍👧‍👦.mp3": b"2"})
    extract(archive, tmp_path / "out", max_bytes=ROOMY)
    assert below(tmp_path / "out") == {"café.mp3": b"1", "Benoît 👨‍👩‍👧‍👦.mp3": b"2"}


@pytest.mark.parametrize("name", ["utfissue.zip", "utfissuewin.zip"])
def test_names_written_by_macos_and_windows(name: str, shared: Path, tmp_path: Path) -> None:
    found = extract(
        shared / "data" / "malformed" / "archives" / name,
        tmp_path,
        keep=lambda path: "/._" not in path and not path.startswith("__MACOSX"),
        max_bytes=ROOMY,
    )
    names = {unicodedata.normalize("NFC", p.name) for p in found}
    assert {"Benoît.txt", "pic👨‍👩‍👧‍👦🎂.jpg"} <= names
    assert len(names) == 3
    assert all(p.is_file() for p in found)


@pytest.mark.parametrize(("name", "members"), [("file", 1), ("remote", 1)])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_small_real_archives(name: str, members: int, kind: str, shared: Path, tmp_path: Path) -> None:
    archive = shared / "data" / "malformed" / "archives" / f"{name}.{kind}"
    assert len(extract(archive, tmp_path, max_bytes=ROOMY)) == members


SCRIPT = """
import sys
from pathlib import Path
from mudata.catalog.fetch.archives import extract
extract(Path(sys.argv[1]), Path(sys.argv[2]), max_bytes=1 << 40)
"""


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
@pytest.mark.slow
def test_a_killed_extraction_goes_on_where_it_ended(name: str, tmp_path: Path) -> None:
    content = {f"{i:05}.bin": os.urandom(1000) for i in range(4000)}
    archive = a_zip(tmp_path / name, content) if name == "a.zip" else a_tar(tmp_path / name, content, "w:gz")
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(archive), str(out)]) as process:
        until = time.monotonic() + 30
        while not (out.exists() and sum(1 for _ in out.iterdir()) > 200) and time.monotonic() < until:
            pass
        process.send_signal(signal.SIGKILL)
    there = {p.name: p.stat().st_mtime_ns for p in out.iterdir() if not p.name.startswith(".")}
    assert 0 < len(there) < len(content)
    assert all((out / n).read_bytes() == content[n] for n in there)
    extract(archive, out, max_bytes=ROOMY)
    assert below(out) == content, "nothing half written is left, hidden or not"
    assert all((out / n).stat().st_mtime_ns == mtime for n, mtime in there.items())


@pytest.mark.slow
def test_memory_stays_small_whatever_the_size(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("big")
        member.size = 300 << 20
        with Path("/dev/zero").open("rb") as zeros:
            archive.addfile(member, zeros)
    # VmHWM, not ru_maxrss: the latter is inherited from the process that started this one
    script = SCRIPT + "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.tar.gz"), str(tmp_path / "out")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(ran.stdout) < 100_000, "kB"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_a_full_disk_is_told_and_can_be_gone_on_from(
    make: Callable[..., Path], small_disk: Path, tmp_path: Path
) -> None:
    content = {str(i): os.urandom(200_000) for i in range(8)}
    archive = make(tmp_path / "archive", content)
    with pytest.raises(HomeError, match="disk is full"):
        extract(archive, small_disk, max_bytes=ROOMY)
    assert len(below(small_disk)) >= 3
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    extract(archive, small_disk, max_bytes=ROOMY)
    assert below(small_disk) == content
