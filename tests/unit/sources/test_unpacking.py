"""Archives that nobody vouches for: what is good comes out whole, and nothing else comes out at all."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from made_official import tar_bytes
from sempairs.core.errors import UserError
from sempairs.sources.unpacking import Bounds, unpack

FILES = {"a/b/one.txt": b"one", "a/two.txt": bytes(range(256)) * 2, "three.txt": b"", "a/c/512.txt": b"x" * 512}


def zip_bytes(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a/", b"")
        for name, data in files.items():
            opened.writestr(name, data)
    return buffer.getvalue()


PACKED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tar_bytes,
    "gz": lambda files: gzip.compress(tar_bytes(files)),
    "bz2": lambda files: bz2.compress(tar_bytes(files)),
    "xz": lambda files: lzma.compress(tar_bytes(files)),
    "zip": zip_bytes,
}


def unpacked(tmp_path: Path, data: bytes, bounds: Bounds | None = None) -> Path:
    (tmp_path / "archive").write_bytes(data)
    unpack(tmp_path / "archive", tmp_path / "out", *([bounds] if bounds else []))
    return tmp_path / "out"


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", PACKED)
def test_all_files_come_out(kind: str, tmp_path: Path) -> None:
    assert files_below(unpacked(tmp_path, PACKED[kind](FILES))) == FILES


def with_member(**values: object) -> bytes:
    """A tar file with a good file, then a member that has these values."""
    buffer = io.BytesIO(tar_bytes({"good.txt": b"good"}))
    with tarfile.open(fileobj=buffer, mode="a") as opened:
        member = tarfile.TarInfo("bad")
        for name, value in values.items():
            setattr(member, name, value)
        opened.addfile(member)
    return buffer.getvalue()


HOSTILE = {
    "a symbolic link": (with_member(type=tarfile.SYMTYPE, linkname="/etc"), "a link"),
    "a hard link": (with_member(type=tarfile.LNKTYPE, linkname="good.txt"), "a link"),
    "a device": (with_member(type=tarfile.CHRTYPE), "not a regular file"),
    "a pipe": (with_member(type=tarfile.FIFOTYPE), "not a regular file"),
    "upwards": (with_member(name="../../escaped"), "a name that leaves"),
    "upwards inside": (with_member(name="a/../../escaped"), "a name that leaves"),
    "an absolute name": (with_member(name="/tmp/escaped"), "an absolute name"),
    "a folder upwards": (with_member(name="../escaped", type=tarfile.DIRTYPE), "leads out"),
    "an absolute folder": (with_member(name="/escaped", type=tarfile.DIRTYPE), "leads out"),
    "a name of nothing": (with_member(name="a//b"), "no name of a file"),
    "backslashes": (with_member(name="..\\escaped"), "no name of a file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_tar_file_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    data, reason = HOSTILE[name]
    for packed in (data, gzip.compress(data)):
        with pytest.raises(UserError, match=reason) as refused:
            unpacked(tmp_path, packed)
        assert "is not unpacked" in refused.value.problem
    assert set(files_below(tmp_path)) == {"archive", "out/good.txt"}
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("../escaped", 0, "leads out"),
        ("/escaped", 0, "leads out"),
        ("a/../../escaped", 0, "leads out"),
        ("link", stat.S_IFLNK | 0o777, "a link or a device"),
        ("device", stat.S_IFCHR, "a link or a device"),
    ],
)
def test_a_zip_file_that_leads_elsewhere(name: str, mode: int, reason: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        opened.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match=reason):
        unpacked(tmp_path, buffer.getvalue())
    assert set(files_below(tmp_path)) == {"archive"}


@pytest.mark.parametrize("kind", PACKED)
def test_a_bomb_is_stopped_before_it_is_large(kind: str, tmp_path: Path) -> None:
    bomb = PACKED[kind]({"first.txt": b"good", "zeros": bytes(3_000_000)})
    bounds = Bounds(free=1_000_000, ratio=100 if kind != "tar" else 0)
    with pytest.raises(UserError, match=r"more than .* bytes come out of it"):
        unpacked(tmp_path, bomb, bounds)
    assert sum(len(data) for name, data in files_below(tmp_path).items() if name != "archive") <= 1_000_004


def test_too_many_members(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="more than 3 members"):
        unpacked(tmp_path, tar_bytes({f"{n}.txt": b"" for n in range(5)}), Bounds(members=3))


def test_a_header_that_asks_for_more_than_there_is_memory(tmp_path: Path) -> None:
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 2**40
    with pytest.raises(UserError, match="a header of"):
        unpacked(tmp_path, long.tobuf(tarfile.GNU_FORMAT) + bytes(2048))


@pytest.mark.parametrize("kind", PACKED)
def test_a_damaged_archive(kind: str, tmp_path: Path) -> None:
    good = PACKED[kind](FILES)
    for data in (b"", b"no archive at all" * 60, good[: len(good) // 2], good[:-600] if kind == "tar" else good[:-9]):
        if kind == "tar" and data == good[:-600]:
            continue  # still the mark of the end: a tar file is filled up to 10,240 bytes
        with pytest.raises(UserError, match="is not unpacked"):
            unpacked(tmp_path, data)


def test_a_damaged_header_is_not_the_end(tmp_path: Path) -> None:
    data = bytearray(tar_bytes({"one.txt": b"1", "two.txt": b"2"}))
    data[1024] ^= 255  # the second header, after 512 bytes of the first and 512 of its file
    with pytest.raises(UserError, match="a header in it is damaged"):
        unpacked(tmp_path, bytes(data))


def test_a_changed_byte_of_a_compressed_archive(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(tar_bytes(FILES), 0))  # stored, so that the stream itself stays good
    data[data.index(b"\0one\0") + 1] ^= 1  # in the file, not in its name
    with pytest.raises(UserError, match="CRC"):
        unpacked(tmp_path, bytes(data))


def test_an_encrypted_zip_file(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"secret.txt": b"secret"}))
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.rindex(mark)
        data[start + at] |= 1
    with pytest.raises(UserError, match="encrypted"):
        unpacked(tmp_path, bytes(data))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match=r"cannot be unpacked\n.*(Not a directory|File exists)"):
        unpacked(tmp_path, tar_bytes(FILES))
