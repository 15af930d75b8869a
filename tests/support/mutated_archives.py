"""Small archives of every kind, and seeded damage: flipped bits, cuts, zeros, bytes lost, doubled and inserted."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

MEMBERS: dict[str, bytes] = {
    "set/rock/a.wav": b"RIFF" + bytes(range(256)) * 5,
    "set/rock/b.wav": b"RIFF" + b"\x00\x01" * 700,
    "set/jazz/c.wav": b"RIFF" + random.Random(5).randbytes(1500),
    "set/table.csv": b"id,genre\na,rock\nb,rock\nc,jazz\n",
}


def tarred(content: Mapping[str, bytes] = MEMBERS, mode: str = "w", format_: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=format_) as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(content: Mapping[str, bytes] = MEMBERS, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "gnu.tar": tarred,
    "ustar.tar": lambda: tarred(format_=tarfile.USTAR_FORMAT),
    "pax.tar": lambda: tarred(format_=tarfile.PAX_FORMAT),
    "tar.gz": lambda: tarred(mode="w:gz"),
    "tar.bz2": lambda: tarred(mode="w:bz2"),
    "tar.xz": lambda: tarred(mode="w:xz"),
    "stored.zip": lambda: zipped(method=zipfile.ZIP_STORED),
    "deflate.zip": zipped,
    "bzip2.zip": lambda: zipped(method=zipfile.ZIP_BZIP2),
    "lzma.zip": lambda: zipped(method=zipfile.ZIP_LZMA),
}


def headers(tar: bytes) -> list[int]:
    """Where the headers of a plain tar begin."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return [member.offset for member in archive.getmembers()]


def mutated(seed: int) -> tuple[str, bytes]:
    """The kind of an archive and its damaged bytes, always the same for a seed.

    A plain tar has no checksum over its content. There, bits are flipped and bytes replaced in headers only.
    """
    chance = random.Random(seed)
    kind = chance.choice(sorted(KINDS))
    whole = bytearray(KINDS[kind]())
    size = len(whole)
    if kind.endswith(".tar"):
        block = chance.choice([*headers(bytes(whole)), len(whole.rstrip(b"\0")) // 512 * 512 + 512])
        at = block + chance.randrange(155)  # after the checksum most of a header is zeros, which may be fewer or more
    else:
        block, at = (start := chance.randrange(size)), start
    length = chance.choice([1, 2, 7, 100, 511, 512, 513, 1024])
    match chance.choice(["flip", "flip", "cut", "cut", "zero", "lose", "double", "insert", "append", "prepend"]):
        case "flip":
            whole[min(at, size - 1)] ^= 1 << chance.randrange(8)
        case "cut":
            del whole[chance.randrange(size) :]
        case "zero":
            whole[block : block + 512] = bytes(len(whole[block : block + 512]))
        case "lose":
            del whole[at : at + length]
        case "double":
            whole[at:at] = whole[at : at + length]
        case "insert":
            whole[at:at] = chance.randbytes(length)
        case "append":
            whole += chance.randbytes(length)
        case _:
            whole[:0] = chance.randbytes(length)
    return kind, bytes(whole)


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
