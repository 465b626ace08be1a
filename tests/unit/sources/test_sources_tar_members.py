"""Archives that are hostile, damaged or cut off: what is in them is refused with a reason, never lost in silence."""

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import numpy as np
import pytest

from made_files import encoded, photo, write_tar
from sempairs.core.errors import UserError
from sempairs.sources import tar_members
from sempairs.sources.shards import shards

PNG = encoded(photo(0))
BLOCK = tarfile.BLOCKSIZE


def tar_of(path: Path, *members: tarfile.TarInfo, format: int = tarfile.GNU_FORMAT) -> Path:
    """An archive with the good sample `good`, then these members, which have no data."""
    with tarfile.open(path, "w", format=format) as tar:
        good = tarfile.TarInfo("good.png")
        good.size = len(PNG)
        tar.addfile(good, io.BytesIO(PNG))
        for member in members:
            tar.addfile(member)
    return path


def info(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def sealed(header: bytes) -> bytes:
    """The header with the checksum that it should have."""
    blank = header[:148] + b" " * 8 + header[156:]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(photo(9)))
    return path


def test_only_plain_files_with_harmless_names_are_taken(tmp_path: Path, secret: Path) -> None:
    hostile = {
        "symbolic.png": (info("symbolic.png", tarfile.SYMTYPE, linkname=str(secret)), "is a link"),
        "hard.png": (info("hard.png", tarfile.LNKTYPE, linkname="good.png"), "is a link"),
        "device.png": (info("device.png", tarfile.CHRTYPE, devmajor=1, devminor=5), "is not a regular file"),
        "block.png": (info("block.png", tarfile.BLKTYPE), "is not a regular file"),
        "pipe.png": (info("pipe.png", tarfile.FIFOTYPE), "is not a regular file"),
        "unknown.png": (info("unknown.png", b"Z"), "is not a regular file"),
        "/absolute.png": (info("/absolute.png"), "is an absolute name"),
        "../up.png": (info("../up.png"), "is a name that leaves the archive"),
        "a/../../up.png": (info("a/../../up.png"), "is a name that leaves the archive"),
        "sparse.png": (info("sparse.png", pax_headers={"GNU.sparse.map": "0,0"}), "is a sparse file"),
    }  # fmt: skip
    path = tar_of(tmp_path / "x.tar", *(member for member, _ in hostile.values()), info("folder/../", tarfile.DIRTYPE),
                  format=tarfile.PAX_FORMAT)  # fmt: skip
    source = shards(path=str(path), size=8, bad_share=0.99)
    assert source.ids.tolist() == ["x/good"]
    found = [row.reason for row in source.quarantined]
    assert len(found) == len(hostile)
    for said, (name, (_, reason)) in zip(found, hostile.items(), strict=True):
        assert said.startswith(f"{name!r} {reason}")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["secret.png", "the cache", "x.tar"]


def test_a_link_beside_an_image_leaves_its_sample_out(tmp_path: Path, secret: Path) -> None:
    path = tar_of(tmp_path / "x.tar", info("good.json", tarfile.SYMTYPE, linkname=str(secret)))
    with pytest.raises(UserError, match=r"'good\.json' is a link"):
        shards(path=str(path))


def test_wherever_a_shard_is_cut_off_it_is_refused(tmp_path: Path) -> None:
    """As a kill in the middle of writing leaves it; also where a member ends and the next one would begin."""
    samples = {f"{n}": {"png": PNG, "cls": b"1"} for n in range(3)}
    whole = write_tar(tmp_path / "whole.tar", samples).read_bytes()
    with tarfile.open(tmp_path / "whole.tar") as tar:
        members = tar.getmembers()
    end = members[-1].offset_data + BLOCK
    cuts = {0, 1, 100, BLOCK - 1, end - 1, end, end + 1, end + BLOCK - 1}
    starts = [at for member in members for at in (member.offset, member.offset_data)]
    cuts |= {at + more for at in starts[1:] for more in (-1, 0, 1)}
    cut = tmp_path / "cut.tar"
    for length in sorted(cuts):
        cut.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"the shard 'cut\.tar' cannot be used"):
            shards(path=str(cut))
    for length in (end + BLOCK, end + 2 * BLOCK, len(whole)):
        cut.write_bytes(whole[:length])
        assert len(shards(path=str(cut), size=8)) == 3


def test_what_a_damaged_shard_says(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "x.tar", {f"{n}": {"png": PNG} for n in range(3)}).read_bytes()
    second = BLOCK + -(-len(PNG) // BLOCK) * BLOCK
    damaged = bytearray(whole)
    damaged[second + 5] ^= 1
    for data, problem in (
        (b"", "not a tar file: empty file"),
        (b"text\n" * 200, "not a tar file"),
        (PNG, "not a tar file"),
        (whole[:second], f"it stops at byte {second} without the mark of its end"),
        (whole[: second + 600], f"it ends in the middle of '1.png', at byte {second + 600}"),
        (bytes(damaged), "a header in it is damaged"),
        (whole + whole, r"something follows the mark of its end\n.*were archives joined"),
    ):
        (tmp_path / "x.tar").write_bytes(data)
        with pytest.raises(UserError, match=problem):
            shards(path=str(tmp_path / "x.tar"))


@pytest.mark.parametrize("seed", range(30))
def test_damage_anywhere_is_an_error_or_a_reason(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(write_tar(tmp_path / "x.tar", {f"{n}": {"png": PNG, "cls": b"1"} for n in range(8)}).read_bytes())
    heads = np.arange(0, len(data) - BLOCK, BLOCK)
    for at in random.choice(heads, 3) + random.integers(0, BLOCK, 3):
        data[at] = random.integers(256)
    if seed % 2:  # headers that are damaged but sealed
        data = bytearray(b"".join(
            sealed(bytes(block)) if block[257:262] == b"ustar" else block
            for block in (data[at : at + BLOCK] for at in range(0, len(data), BLOCK))
        ))  # fmt: skip
    (tmp_path / "x.tar").write_bytes(data)
    try:
        source = shards(path=str(tmp_path / "x.tar"), size=8, bad_share=1.0)
    except UserError as error:
        said = str(error)
        assert "cannot be used" in said or "no good image" in said
    else:
        assert 8 <= len(source) + len(source.quarantined) <= 16


@pytest.mark.parametrize("size", [-BLOCK, -3 * BLOCK, 2**60, 2**70])
def test_sizes_that_lie_neither_loop_nor_allocate(tmp_path: Path, size: int) -> None:
    """A negative size, in binary, leads back to a header that was read (CVE-2025-8194)."""
    for kind in (tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        header = bytearray(info("bad.png", kind).tobuf(tarfile.GNU_FORMAT))
        header[124:136] = (b"\xff" if size < 0 else b"\x80") + size.to_bytes(11, "big", signed=True)
        data = tar_of(tmp_path / "x.tar").read_bytes()
        end = BLOCK + -(-len(PNG) // BLOCK) * BLOCK
        (tmp_path / "x.tar").write_bytes(data[:end] + sealed(bytes(header)) + data[end:])
        with pytest.raises(UserError, match="cannot be used"):
            shards(path=str(tmp_path / "x.tar"))
    path = tar_of(tmp_path / "x.tar", info("bad.png", pax_headers={"size": str(size)}), format=tarfile.PAX_FORMAT)
    with pytest.raises(UserError, match="cannot be used"):
        shards(path=str(path))


def test_a_hole_of_a_terabyte_is_not_read(tmp_path: Path) -> None:
    """The image has the size that it says, all of it zeros that take no room."""
    header = info("bad.png", size=2**40).tobuf(tarfile.GNU_FORMAT)
    data = tar_of(tmp_path / "x.tar").read_bytes()
    end = BLOCK + -(-len(PNG) // BLOCK) * BLOCK
    with (tmp_path / "x.tar").open("wb") as file:
        file.write(data[:end] + header)
        file.truncate(end + BLOCK + 2**40 + 2 * BLOCK)
    source = shards(path=str(tmp_path / "x.tar"), size=8, bad_share=0.5)
    assert [row.reason for row in source.quarantined] == [
        "its .png has 1099511627776 bytes, more than the 67108864 allowed"
    ]


def test_headers_within_headers_end(tmp_path: Path) -> None:
    one = info("h", tarfile.XHDTYPE).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "x.tar").write_bytes(one * 5000 + bytes(10 * BLOCK))
    with pytest.raises(UserError, match="cannot be used"):
        shards(path=str(tmp_path / "x.tar"))


def test_members_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tar(tmp_path / "x.tar", {f"{n}": {"png": PNG} for n in range(4)})
    monkeypatch.setattr(tar_members, "MOST_MEMBERS", 4)
    assert len(shards(path=str(path), size=8)) == 4
    monkeypatch.setattr(tar_members, "MOST_MEMBERS", 3)
    with pytest.raises(UserError, match=r"more than 3 members\n.*split it into shards"):
        shards(path=str(path))


def test_compressed_shards_are_refused_by_their_content(tmp_path: Path) -> None:
    data = tar_of(tmp_path / "x.tar").read_bytes()
    zstd = b"\x28\xb5\x2f\xfd" + data
    for packed, command in ((gzip.compress(data), "gunzip"), (bz2.compress(data), "bunzip2"),
                            (lzma.compress(data), "unxz"), (zstd, "unzstd")):  # fmt: skip
        (tmp_path / "x.tar").write_bytes(packed)
        with pytest.raises(
            UserError, match=rf"cannot be read without unpacking all before it\n.*\n.*{command} it once"
        ):
            shards(path=str(tmp_path / "x.tar"))


def test_a_shard_without_samples(tmp_path: Path) -> None:
    tarfile.open(tmp_path / "x.tar", "w").close()
    with pytest.raises(UserError, match=r"'x\.tar' has no samples\n.*no members"):
        shards(path=str(tmp_path / "x.tar"))
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.addfile(info("a.npy"))
        tar.addfile(info("README"))
    with pytest.raises(UserError, match=r"'x\.tar' has no samples\n.*other members: 1 \.npy, 1 without extension"):
        shards(path=str(tmp_path / "x.tar"))
