"""An archive is complete or damaged, nothing between: no member is lost without an error, no whole archive refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from mutated_archives import KINDS, MEMBERS, headers, mutated, tarred, write, zipped

from mudata.catalog.fetch.archives import extract
from mudata.errors import FetchError, UnsafeArchive

ROOMY = 1 << 30
NAMES = list(MEMBERS)
TAR = tarred()
STARTS = headers(TAR)
END = STARTS[-1] + 1024
"""Where the blocks of zeros begin that mark the end of TAR."""


def below(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def unpacked(tmp_path: Path, data: bytes, **options: object) -> dict[str, bytes]:
    extract(write(tmp_path / "archive", data), tmp_path / "out", max_bytes=ROOMY, **options)  # type: ignore[arg-type]
    return below(tmp_path / "out")


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def zeroed(data: bytes, at: int, size: int = 512) -> bytes:
    return data[:at] + bytes(size) + data[at + size :]


def with_size(tar: bytes, size: bytes) -> bytes:
    """The first header with another field `size`, and the checksum that goes with it."""
    header = tar[:124] + size + tar[136:148] + b" " * 8 + tar[156:512]
    return header[:148] + b"%06o\0 " % sum(header) + header[156:] + tar[512:]


LONG = "set/" + "x" * 150
PAX = tarred({"a": b"1", LONG: b"2"}, format_=tarfile.PAX_FORMAT)
PATH = PAX.index(b"path=")
RECORD_BEGINS = PAX.rindex(b"\0", 0, PATH) + 1

DAMAGED_TARS = {
    "a digit of a pax record's length": (flipped(PAX, RECORD_BEGINS + 1), "after member 1, .*extended header is dam"),
    "a shorter pax record": (flipped(PAX, RECORD_BEGINS, 1), "after member 1, 'a', .*extended header is damaged"),
    "the blank behind it": (flipped(PAX, PATH - 1), "extended header is damaged"),
    "a pax keyword": (flipped(PAX, PATH + 1), "an extended header has a record 'p`th'|extended header is damaged"),
    "another pax keyword": (flipped(PAX, PATH, 1), "an extended header has a record 'rath', which there is not"),
    "the sign behind a keyword": (flipped(PAX, PATH + 4), "extended header is damaged"),
    "the end of a pax record": (flipped(PAX, PAX.index(b"\n", PATH)), "extended header is damaged"),
    "records of zeros": (zeroed(PAX, RECORD_BEGINS, 170), "extended header is damaged"),
    "a bit of a header": (
        flipped(TAR, STARTS[1] + 3),
        "after member 1, 'set/rock/a.wav', which ends at byte 2048 .*none",
    ),
    "a bit of a size": (flipped(TAR, STARTS[1] + 130), "after member 1, .*what should be a header is none"),
    "a bit of a checksum": (flipped(TAR, STARTS[2] + 150), "after member 2, .*what should be a header is none"),
    "a bit of the first header": (flipped(TAR, 5), "at its beginning: what should be a header is none"),
    "a header of zeros": (zeroed(TAR, STARTS[1]), "after member 1, .*a block of zeros stands where a header should be"),
    "a header of zeros before silence": (
        zeroed(tarred({"a": b"1", "b": bytes(4096), "c": b"2"}), 1024),
        r"after member 1, 'a', .* 3584 bytes after what marks the end",
    ),
    "two headers of zeros": (zeroed(zeroed(TAR, STARTS[1]), STARTS[2]), "after member 1, .*a block of zeros"),
    "cut in a header": (TAR[: STARTS[2] + 100], "after member 2, .*it is cut off in a header"),
    "cut before a header": (TAR[: STARTS[2]], "after member 2, .*ends without the two blocks of zeros"),
    "cut in a member": (TAR[: STARTS[2] + 900], "after member 3, .*unexpected end of data"),
    "cut in the last member's filling": (TAR[: END - 100], "after member 4, .*unexpected end of data"),
    "cut before the end mark": (TAR[:END], "after member 4, .*ends without the two blocks of zeros"),
    "cut within the end mark": (TAR[: END + 512], "after member 4, .*cut off in the blocks of zeros that mark the end"),
    "cut within the second end block": (TAR[: END + 700], "cut off in the blocks of zeros that mark the end"),
    "an end mark that is none": (flipped(TAR, END + 10), "after member 4, .*what should be a header is none"),
    "a second end block that is none": (flipped(TAR, END + 600), "a block of zeros stands where a header should be"),
    "something after the end": (TAR + b"more", r"\d+ bytes after what marks the end"),
    "something in the padding": (flipped(TAR, END + 3000), "1976 bytes after what marks the end"),
    "two archives joined": (TAR + tarred({"d": b"4"}), "archives were joined"),
    "a block lost": (TAR[: STARTS[1] - 512] + TAR[STARTS[1] :], "after member 1, .*none|unexpected end"),
    "a byte lost": (TAR[:700] + TAR[701:], "what should be a header is none"),
    "a long name cut off": (tarred({"x" * 200: b"1"})[:1024], "at its beginning: .*"),
    "a long name's header of zeros": (zeroed(tarred({"a": b"1", "x" * 200: b"1"}), 1024), "a block of zeros stands"),
    "a pax header before zeros": (
        zeroed(tarred({"x" * 150: b"1"}, format_=tarfile.PAX_FORMAT), 1024),
        "at its beginning: ",
    ),
    "nothing but zeros": (bytes(10_240), "at its beginning: there are zeros in it and nothing else"),
    "a size that is no number": (with_size(TAR, b"\xff" * 12), "its size is -1 bytes"),
}


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("what", DAMAGED_TARS)
def test_a_damaged_tar_is_told_with_its_place_and_leaves_nothing(
    what: str, packed: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    data, match = DAMAGED_TARS[what]
    with pytest.raises(FetchError, match=rf"(?s)archive is damaged, or no zip or tar archive: .*{match}"):
        unpacked(tmp_path, packed(data))
    assert below(tmp_path / "out") == {}


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda packed, _: packed[:-1], "cut off at byte"),
        (lambda packed, _: packed[:-9], "cut off at byte"),
        (lambda packed, _: packed[: len(packed) // 2], "cut off at byte"),
        (lambda packed, _: flipped(packed, len(packed) - 6), "damaged before byte"),
        (lambda packed, _: packed + b"junk", r"at byte \d+, after the end of a \w+ stream, stands something else"),
        (lambda packed, _: packed + bytes(64) + b"j", "stands something else"),
        (lambda packed, pack: packed + flipped(pack(b"more"), 0), "stands something else"),
        (lambda packed, pack: packed + pack(bytes(512))[:-3], "cut off at byte"),
    ],
    ids=["a byte", "the trailer", "half", "the sum", "junk", "junk after zeros", "a second header", "a second stream"],
)
def test_a_compressed_stream_is_read_to_its_trailer(
    name: str, damage: Callable[[bytes, Callable[[bytes], bytes]], bytes], match: str, tmp_path: Path
) -> None:
    pack = PACKERS[name]
    with pytest.raises(FetchError, match=match):
        unpacked(tmp_path, damage(pack(TAR), pack))
    assert below(tmp_path / "out") == {}


@pytest.mark.parametrize("name", PACKERS)
def test_streams_joined_and_filled_up_with_zeros_are_whole(name: str, tmp_path: Path) -> None:
    pack = PACKERS[name]
    joined = pack(TAR[:700]) + pack(b"") + pack(TAR[700:]) + bytes(512)
    assert unpacked(tmp_path, joined) == MEMBERS


ZIP = zipped(method=zipfile.ZIP_STORED)
LOCAL = [i for i in range(len(ZIP)) if ZIP[i : i + 4] == b"PK\3\4"]
CENTRAL = [i for i in range(len(ZIP)) if ZIP[i : i + 4] == b"PK\1\2"]
RECORD = ZIP.rindex(b"PK\5\6")


def without_a_member() -> bytes:
    """The directory has one member less than the end record says, and is sound otherwise."""
    gone = CENTRAL[3] - CENTRAL[2]
    end = bytearray(ZIP[RECORD:])
    end[12:16] = struct.pack("<I", struct.unpack("<I", end[12:16])[0] - gone)
    return ZIP[: CENTRAL[2]] + ZIP[CENTRAL[3] : RECORD] + bytes(end)


def counted_without_a_member() -> bytes:
    """The same, and the end record agrees: only the member itself is left."""
    lost = bytearray(without_a_member())
    record = lost.rindex(b"PK\5\6")
    lost[record + 8 : record + 12] = struct.pack("<HH", 3, 3)
    return bytes(lost)


DAMAGED_ZIPS = {
    "a member that nobody lists": (
        counted_without_a_member(),
        f"at byte {LOCAL[2]} stands a member that its directory",
    ),
    "another archive in front": (ZIP + ZIP, "at byte 0 stands a member that its directory lacks"),
    "a name in the directory": (flipped(ZIP, CENTRAL[1] + 50), "member 2 of 4, .* does not begin at byte"),
    "a name before the member": (flipped(ZIP, LOCAL[1] + 34), "member 2 of 4, 'set/rock/b.wav', does not begin"),
    "the place of a member": (flipped(ZIP, CENTRAL[1] + 42), "member 2 of 4"),
    "a member's signature": (flipped(ZIP, LOCAL[2]), "member 3 of 4"),
    "a member's sum": (flipped(ZIP, CENTRAL[0] + 16), "Bad CRC-32 for file 'set/rock/a.wav'"),
    "a member's content": (flipped(ZIP, LOCAL[0] + 100), "Bad CRC-32 for file 'set/rock/a.wav'"),
    "the directory's signature": (flipped(ZIP, CENTRAL[1]), "[Bb]ad magic number"),
    "a directory entry lost": (without_a_member(), "it states 4 members, its directory has 3"),
    "the number of members": (flipped(ZIP, RECORD + 10), "it states 5 members, its directory has 4"),
    "the end record": (ZIP[:RECORD], "not a zip file"),
    "half of the end record": (ZIP[: RECORD + 10], "not a zip file"),
    "the second half": (ZIP[: len(ZIP) // 2], "not a zip file"),
    "something behind the end": (ZIP + b"more", "4 bytes stand behind its end"),
    "the beginning of another behind the end": (ZIP + ZIP[:40], "40 bytes stand behind its end"),
    "the version that is needed": (flipped(ZIP, CENTRAL[0] + 6, 7), "zip file version"),
    "junk in front of another archive": (b"junk" + ZIP, "damaged, or no zip or tar archive"),
}


@pytest.mark.parametrize("what", DAMAGED_ZIPS)
def test_a_damaged_zip_is_told_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    data, match = DAMAGED_ZIPS[what]
    with pytest.raises(FetchError, match=f"archive is damaged, or no zip or tar archive: .*{match}|{match}"):
        unpacked(tmp_path, data)
    assert below(tmp_path / "out") == {}


def test_a_wrong_size_of_a_member_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match=r"does not have the .* bytes that are declared"):
        unpacked(tmp_path, flipped(ZIP, CENTRAL[2] + 24))
    assert below(tmp_path / "out") == {}


def test_a_damaged_name_is_told_though_nobody_wants_it(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="member 1 of 4"):
        unpacked(tmp_path, flipped(ZIP, CENTRAL[0] + 59), keep=lambda path: path.endswith(".wav"))


def test_a_comment_and_zeros_behind_a_zip_do_no_harm(tmp_path: Path) -> None:
    out = io.BytesIO(zipped())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"PK\5 a comment"
    assert unpacked(tmp_path, out.getvalue() + bytes(100)) == MEMBERS


@pytest.mark.slow
def test_more_members_than_the_end_record_of_a_zip_can_state(tmp_path: Path) -> None:
    count = 66_000
    names = [b"%05d" % number for number in range(count)]
    local = b"".join(b"PK\3\4" + bytes(22) + struct.pack("<HH", 5, 0) + name for name in names)
    directory = b"".join(
        b"PK\1\2" + bytes(24) + struct.pack("<H", 5) + bytes(12) + struct.pack("<I", 35 * number) + name
        for number, name in enumerate(names)
    )
    whole = struct.pack("<QQQQ", count, count, len(directory), len(local))
    zip64 = b"PK\6\6" + struct.pack("<Q", 44) + bytes(12) + whole
    locator = b"PK\6\7" + struct.pack("<IQI", 0, len(local) + len(directory), 1)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    data = local + directory + zip64 + locator + end
    assert unpacked(tmp_path, data, keep=lambda path: path == "65999") == {"65999": b""}


@pytest.mark.parametrize("kind", KINDS)
def test_whole_archives_are_whole(kind: str, tmp_path: Path) -> None:
    assert unpacked(tmp_path, KINDS[kind]()) == MEMBERS


def a_tree(folder: Path) -> Path:
    for name, data in MEMBERS.items():
        write(folder / name, data)
    (folder / "set" / "empty").mkdir()
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "tar -cf {} set",
        "tar -b 1 -cf {} set",
        "tar -b 2048 -cf {} set",
        "tar -H v7 -cf {} set",
        "tar -H posix -czf {} set",
        "tar -H ustar -cjf {} set",
        "tar -cJf {} ./set",
        "bsdtar -cf {} set",
        "bsdtar --format pax -czf {} set",
        "bsdtar -a -cf {}.zip set",
        "git -C . archive -o {}.tar HEAD",
        "git -C . archive -o {}.tar.gz HEAD",
        "git -C . archive -o {}.zip HEAD",
    ],
)
def test_archives_of_ordinary_tools_are_whole(words: str, tmp_path: Path) -> None:
    tree, target = a_tree(tmp_path / "tree"), tmp_path / "made"
    tool, *rest = words.split()
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here")
    if tool == "git":
        who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        for step in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "all"]):
            subprocess.run(["git", *step], cwd=tree, check=True)
    subprocess.run([tool, *(word.format(target) for word in rest)], cwd=tree, check=True)
    made = next(tmp_path.glob("made*"))
    extract(made, tmp_path / "out", max_bytes=ROOMY)
    assert below(tmp_path / "out") == MEMBERS


def test_an_archive_that_was_added_to_is_whole(tmp_path: Path) -> None:
    for name, mode in (("a", "w"), ("b", "a")):
        with tarfile.open(tmp_path / "archive", mode) as archive:  # type: ignore[call-overload]
            archive.addfile(tarfile.TarInfo(name))
    extract(tmp_path / "archive", tmp_path / "out", max_bytes=ROOMY)
    assert below(tmp_path / "out") == {"a": b"", "b": b""}


def test_endless_padding_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "archive", gzip.compress(TAR + bytes(3_000_000)))
    with pytest.raises(UnsafeArchive, match="more than 1000000 bytes of padding follow its end"):
        extract(tmp_path / "archive", tmp_path / "out", max_bytes=1_000_000)


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"\x28\xb5\x2f\xfd rest", "Zstandard"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\x01", "RAR")],
)
def test_formats_that_are_not_taken_apart_are_named(data: bytes, name: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=f"is packed with {name}, which mudata cannot undo.\nUnpack it with another"):
        unpacked(tmp_path, data)


def test_a_file_of_the_right_size_and_other_bytes_is_written_anew(tmp_path: Path) -> None:
    """As an archive left it that turned out to be damaged when mudata had been killed."""
    stale = write(tmp_path / "out" / NAMES[0], MEMBERS[NAMES[0]][:-1] + b"?")
    kept = write(tmp_path / "out" / NAMES[1], MEMBERS[NAMES[1]])
    before = stale.stat().st_mtime_ns, kept.stat().st_mtime_ns
    assert unpacked(tmp_path, gzip.compress(TAR)) == MEMBERS
    assert stale.stat().st_mtime_ns != before[0]
    assert kept.stat().st_mtime_ns == before[1]


def test_what_was_there_before_a_damaged_archive_stays(tmp_path: Path) -> None:
    kept = write(tmp_path / "out" / NAMES[0], MEMBERS[NAMES[0]])
    with pytest.raises(FetchError, match="cut off"):
        unpacked(tmp_path, gzip.compress(TAR)[:-4])
    assert below(tmp_path / "out") == {NAMES[0]: kept.read_bytes()}


BAD_NAMES = ["x" * 256 + ".wav", "deep/" + "ü" * 128 + "/a.wav"]


@pytest.mark.parametrize("bad", BAD_NAMES)
@pytest.mark.parametrize("make", [tarred, zipped], ids=["tar", "zip"])
def test_a_name_that_no_file_can_have_is_left_out_and_the_rest_comes(
    make: Callable[[dict[str, bytes]], bytes], bad: str, tmp_path: Path
) -> None:
    told: list[str] = []
    assert unpacked(tmp_path, make({"a": b"1", bad: b"2", "b": b"3"}), left_out=told.append) == {"a": b"1", "b": b"3"}
    assert [line.partition(" is left out: ")[2] for line in told] == [
        f"it has {max(len(part.encode()) for part in bad.split('/'))} bytes, and a name has 255 at most."
    ]


def test_a_null_in_a_name_is_left_out_and_the_rest_comes(tmp_path: Path) -> None:
    told: list[str] = []
    data = tarred({"a": b"1", "b" * 200: b"2", "c": b"3"}).replace(b"b" * 200, b"b" * 199 + b"\0")
    zip_ = zipped({"a": b"1", "nul_": b"2", "c": b"3"}).replace(b"nul_", b"nu\0l")
    assert unpacked(tmp_path, zip_, left_out=told.append) == {"a": b"1", "c": b"3"}
    assert told == ["archive: the member 'nu\\x00l' is left out: it holds a null."]
    assert set(unpacked(tmp_path / "tar", data)) == {"a", "b" * 199, "c"}, "a tar's names end at their null"


@pytest.mark.parametrize("name", ["trailing.", "trailing ", "a\nb", "quote'\"", "[x]*?", "\u202egnorw", "COM1", "-rf"])
@pytest.mark.parametrize("make", [tarred, zipped], ids=["tar", "zip"])
def test_names_that_are_odd_and_possible_come(make: Callable[..., bytes], name: str, tmp_path: Path) -> None:
    assert unpacked(tmp_path, make({name: b"1"})) == {name: b"1"}


@pytest.mark.parametrize("make", [tarred, zipped], ids=["tar", "zip"])
@pytest.mark.parametrize("second", ["set/A.wav", "SET/a.wav", "set/a.WAV"])
def test_names_that_differ_in_case_are_told_where_the_disk_takes_them_for_one(
    make: Callable[..., bytes], second: str, tmp_path: Path
) -> None:
    content = {"set/a.wav": b"1", second: b"2", "b": b"3"}
    told: list[str] = []
    folded = unpacked(tmp_path, make(content), folds_names=True, left_out=told.append)
    assert folded == {"set/a.wav": b"1", "b": b"3"}
    assert told == [f"archive: the member {second!r} is left out: this disk takes it for 'set/a.wav'."]
    assert unpacked(tmp_path / "other", make(content), folds_names=False) == content


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_a_mutated_archive_gives_all_members_or_an_error(seed: int, tmp_path: Path) -> None:
    kind, data = mutated(seed)
    wanted = [lambda path: True, lambda path: path.endswith(".wav")][seed % 2]
    try:
        got = unpacked(tmp_path, data, keep=wanted)
    except FetchError:
        return
    assert got == {name: content for name, content in MEMBERS.items() if wanted(name)}, kind
