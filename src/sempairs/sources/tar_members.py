"""The members of a tar file that nobody vouches for: all of them, in order, or an error; nothing is extracted."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sempairs.core.errors import UserError

MOST_READ = 2**20
"""Bytes that a header, a label or a JSON object may have: what is read into memory as a whole, beside images."""
MOST_MEMBERS = 5_000_000
COMPRESSED = {b"\x1f\x8b": "gunzip", b"BZh": "bunzip2", b"\xfd7zXZ": "unxz", b"\x28\xb5\x2f\xfd": "unzstd"}


class Archive(io.BufferedReader):
    """An open tar file whose headers cannot ask for more than `MOST_READ` bytes, whatever they say."""

    def __init__(self, file: Path) -> None:
        super().__init__(io.FileIO(file), MOST_READ)

    def read(self, size: int | None = -1, /) -> bytes:
        """What `tarfile` reads headers with."""
        if size is None or not 0 <= size <= MOST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return super().read(size)

    def data(self, member: tarfile.TarInfo) -> bytes:
        """The bytes of a member; the caller has looked at its size."""
        self.seek(member.offset_data)
        return super().read(member.size)


def members(file: Path, archive: Archive) -> Iterator[tarfile.TarInfo]:
    """The members of a whole, uncompressed archive.

    More is checked than `tarfile` does, which takes a damaged header for the end of the archive, believes negative
    sizes and does not miss the end.

    Raises
    ------
    UserError: the archive is compressed, damaged, or not whole.
    """
    length = os.fstat(archive.fileno()).st_size
    _check_uncompressed(file, archive)
    end = -1
    try:
        with tarfile.open(fileobj=archive, mode="r:", encoding="utf-8") as tar:
            for count in range(MOST_MEMBERS + 1):
                member = tar.next()
                tar.members = []  # type: ignore[attr-defined]  # else it keeps them all
                if member is None:
                    break
                if count == MOST_MEMBERS:
                    raise unusable(file, f"more than {MOST_MEMBERS:,} members", "split it into shards")
                if member.size < 0 or member.offset_data <= end:
                    raise unusable(file, f"{member.name!r} has a wrong size")
                end = member.offset_data
                if end + member.size > length:
                    raise unusable(file, f"it ends in the middle of {member.name!r}, at byte {length}")
                yield member
            archive.seek(tar.offset)
    except (UserError, OSError):
        raise
    except Exception as error:  # tarfile raises whatever the bytes lead it to
        raise unusable(file, f"{'not a tar file' if end < 0 else 'damaged'}: {one_line(error)}") from None
    _check_end(file, archive.read(MOST_READ), length)


def refusal(member: tarfile.TarInfo) -> str:
    """Why a member is refused for its kind or its name, or ""."""
    if member.issparse():
        return "a sparse file"
    if member.islnk() or member.issym():
        return "a link (tar -h --hard-dereference writes the files themselves)"
    if not member.isreg():
        return "not a regular file"
    if member.name.startswith("/"):
        return "an absolute name"
    return "a name that leaves the archive" if ".." in member.name.split("/") else ""


def unusable(file: Path, got: str, todo: str = "write it again, or leave it out") -> UserError:
    """The error of a tar file that cannot be used."""
    return UserError(f"the shard {file.name!r} cannot be used", got=f"{os.fspath(file)}: {got}", todo=todo)


def one_line(error: Exception) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _check_uncompressed(file: Path, archive: Archive) -> None:
    head = archive.read(8)
    archive.seek(0)
    for magic, command in COMPRESSED.items():
        if head.startswith(magic):
            raise UserError(
                f"{file.name!r} is compressed, and an image in it cannot be read without unpacking all before it",
                got=os.fspath(file), todo=f"{command} it once; images hardly shrink by it anyway",
            )  # fmt: skip


def _check_end(file: Path, tail: bytes, length: int) -> None:
    """Raise UserError unless what stands after the last member is the mark of the end, zeros, and nothing more."""
    if len(tail) < tarfile.BLOCKSIZE:
        raise unusable(file, f"it stops at byte {length} without the mark of its end")
    if tail[: tarfile.BLOCKSIZE].strip(b"\0"):
        raise unusable(file, "a header in it is damaged")
    if tail.strip(b"\0"):
        todo = "were archives joined? give each as a shard of its own"
        raise unusable(file, "something follows the mark of its end", todo)
