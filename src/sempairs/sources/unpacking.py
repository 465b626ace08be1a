"""Archives unpacked into a folder under rules that do not trust them: tar (plain, gzip, bzip2, xz) and zip.

Only regular files and folders come out, and only below the folder: a link, a device, an absolute name or `..` refuses
the whole archive, since an archive with one is not what it says. So does more than its size allows (a bomb).
"""

import bz2
import functools
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.sources.tar_members import MOST_READ, one_line, refusal

COMPRESSED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


@dataclass(frozen=True)
class Bounds:
    """How much may come out of an archive.

    Parameters
    ----------
    members: files and folders.
    bytes: of all files together.
    ratio: bytes for each byte of the archive, once there are more than `free`: images hardly shrink, lists do.
    free: bytes that may come out of an archive of any size.
    """

    members: int = 2_000_000
    bytes: int = 200 * 2**30
    ratio: int = 100
    free: int = 2**26

    def most(self, size: int) -> int:
        """The bytes that may come out of an archive of this size."""
        return min(self.bytes, max(self.free, self.ratio * size))


BOUNDS = Bounds()


class Refused(ValueError):
    """Why an archive is not unpacked."""


class Member(NamedTuple):
    """A file of an archive (a folder, if it cannot be read): its name, and its content piece by piece."""

    name: str
    read: Callable[[], Iterator[bytes]] | None


def unpack(archive: Path, into: Path, bounds: Bounds = BOUNDS) -> int:
    """Write the files of an archive below `into`, and say how many there are. Times and permissions are not kept.

    Raises
    ------
    UserError: it is no archive, damaged or not whole, or refused; what came out before stays in `into`.
    """
    size, files, written = archive.stat().st_size, 0, 0
    most = bounds.most(size)
    try:
        with archive.open("rb") as file, progress(f"unpacking {archive.name}", size >> 20, "MB") as bar:
            seen = 0
            is_zip = file.read(4) in (b"PK\3\4", b"PK\5\6")
            file.seek(0)
            for count, member in enumerate(_zip_members(file, most) if is_zip else _tar_members(file, most), 1):
                if count > bounds.members:
                    raise Refused(f"more than {bounds.members:,} members")
                place = into.joinpath(*_parts(member.name))
                if member.read is None:
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("wb") as out:
                    for piece in member.read():
                        written += len(piece)
                        if written > most:
                            raise Refused(_too_much(most))
                        out.write(piece)
                files += 1
                bar((file.tell() >> 20) - seen)
                seen = file.tell() >> 20
    except OSError as error:
        if error.errno is None:  # zlib's, for a damaged stream
            raise _refused(archive, f"damaged: {one_line(error)}") from None
        raise UserError(
            f"{archive.name} cannot be unpacked", got=f"{error.filename or into}: {error.strerror}",
            todo="make room, or allow writing there",
        ) from None  # fmt: skip
    except Refused as error:
        raise _refused(archive, str(error)) from None
    except Exception as error:  # the libraries raise whatever the bytes lead them to
        raise _refused(archive, f"damaged, or not an archive: {one_line(error)}") from None
    return files


def _parts(name: str) -> list[str]:
    """The folders and the file of a member's name. Raises Refused if it may lead out of the folder."""
    parts = [part for part in name.rstrip("/").split("/") if part != "."]
    if name.startswith("/") or ".." in parts:
        raise Refused(f"{name!r} leads out of the folder")
    if not all(parts) or "\0" in name or "\\" in name or (os.name == "nt" and ":" in name):
        raise Refused(f"{name!r} is no name of a file")
    return parts


def _tar_members(file: io.BufferedIOBase, most: int) -> Iterator[Member]:
    head = file.read(8)
    file.seek(0)
    opener = next((opener for magic, opener in COMPRESSED.items() if head.startswith(magic)), None)
    stream = _Stream(opener(file) if opener else file, most)
    with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8") as tar:  # type: ignore[call-overload]
        while (member := tar.next()) is not None:
            tar.members = []  # else it keeps them all
            if member.isdir():
                yield Member(member.name, None)
                continue
            if reason := refusal(member):
                raise Refused(f"{member.name!r} is {reason}")
            if member.size < 0:
                raise Refused(f"{member.name!r} has a wrong size")
            yield Member(member.name, functools.partial(stream.pieces, member.offset_data, member.size))
    stream.check_end()


class _Stream:
    """What `tarfile` reads: no header can ask for more than `MOST_READ` bytes, and it ends where too much came out."""

    def __init__(self, opened: io.BufferedIOBase, most: int) -> None:
        self._opened, self._most, self._last = opened, most, b""

    def tell(self) -> int:
        return self._opened.tell()

    def seek(self, position: int) -> int:
        # A folder, a header and what fills a block come on top of the files: twice the bytes are plenty.
        if position > 2 * self._most + MOST_READ:
            raise Refused(_too_much(self._most))
        return self._opened.seek(position)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_READ:
            raise Refused(f"a header of {size} bytes")
        self._last = self._opened.read(size)
        return self._last

    def pieces(self, at: int, size: int) -> Iterator[bytes]:
        """The bytes of a member."""
        self.seek(at)
        while size:
            piece = self._opened.read(min(size, MOST_READ))
            if not piece:
                raise Refused("it ends in the middle of a file")
            size -= len(piece)
            yield piece

    def check_end(self) -> None:
        """Raise Refused unless zeros stand where the members end: `tarfile` takes a damaged header for the end."""
        if len(self._last) < tarfile.BLOCKSIZE:
            raise Refused("it stops without the mark of its end")
        while self._last:
            if self._last.strip(b"\0"):
                raise Refused("a header in it is damaged")
            self.seek(self.tell())
            self.read(MOST_READ)


def _zip_members(file: io.BufferedIOBase, most: int) -> Iterator[Member]:
    with zipfile.ZipFile(file) as opened:
        infos = opened.infolist()
        if sum(info.file_size for info in infos) > most:
            raise Refused(_too_much(most))
        for info in infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.flag_bits & 1:
                raise Refused(f"{info.filename!r} is encrypted")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"{info.filename!r} is a link or a device")
            yield Member(info.filename, None if info.is_dir() else functools.partial(_zip_pieces, opened, info))


def _zip_pieces(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with opened.open(info) as content:
        while piece := content.read(MOST_READ):
            yield piece


def _too_much(most: int) -> str:
    return f"more than {most:,} bytes come out of it"


def _refused(archive: Path, got: str) -> UserError:
    todo = "get it again from its own page; if you know where it is from, unpack it yourself"
    return UserError(f"{archive.name} is not unpacked", got=got, todo=todo)
