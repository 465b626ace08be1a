"""IDX files against torchvision's reader, and files that lie about themselves."""

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets.mnist import read_image_file, read_label_file

from made_files import idx_bytes, photo
from sempairs.core.errors import UserError
from sempairs.sources.base import content_hashes
from sempairs.sources.idx import idx, read_idx

IMAGES = photo(height=5 * 4, width=3)[..., 0].reshape(5, 4, 3)
LABELS = np.array([3, 0, 1, 3, 0], dtype=np.uint8)


def written(path: Path, data: bytes, packed: bool = False) -> str:
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return str(path)


@pytest.mark.parametrize("packed", [False, True])
def test_images_and_labels(tmp_path: Path, packed: bool) -> None:
    images = written(tmp_path / "images", idx_bytes(IMAGES), packed)
    labels = written(tmp_path / "labels", idx_bytes(LABELS), packed)
    source = idx(images=images, labels=labels)
    np.testing.assert_array_equal(source.frames[..., 0], IMAGES)
    assert source.labels is not None
    assert source.labels.tolist() == LABELS.tolist()
    assert source.label_names == ("0", "1", "2", "3")
    assert source.ids.tolist() == ["000000", "000001", "000002", "000003", "000004"]
    assert source.hashes.tolist() == content_hashes(IMAGES[..., None]).tolist()
    assert idx(images=images).labels is None
    if not packed:
        np.testing.assert_array_equal(read_image_file(images).numpy(), source.frames[..., 0])
        assert read_label_file(labels).tolist() == source.labels.tolist()


def lie(*shape: int) -> bytes:
    """A header that promises this shape, and ten values."""
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + b"0123456789"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (lie(60_000, 1000, 1000), "60000 x 1000 x 1000 values, which do not fit"),
        (lie(2**32 - 1, 2**32 - 1, 2**32 - 1), "do not fit"),
        (lie(2**31, 2, 2), "do not fit"),
        (idx_bytes(IMAGES) + b"x", "says 60 values and has more"),
        (idx_bytes(LABELS), "the first bytes are 00 00 08 01, not 00 00 08 03"),
        (b"\0\0\x0d\x03" + idx_bytes(IMAGES)[4:], "the first bytes are 00 00 0d 03"),  # floats
        (b"PK\x03\x04 a zip file", "the first bytes are 50 4b"),
        (b"\0\0\x08\x03\0\0", "the first bytes are"),
        (b"", "the first bytes are"),
        (idx_bytes(IMAGES[:0]), "no image in"),
        (idx_bytes(np.zeros((3, 0, 4))), "no image in"),
    ],
)
def test_a_file_that_lies_is_refused_without_memory(tmp_path: Path, data: bytes, problem: str, packed: bool) -> None:
    images = written(tmp_path / "images", data, packed)
    tracemalloc.start()
    with pytest.raises(UserError, match=problem):
        idx(images=images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_a_file_that_is_too_short(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="do not fit into it"):
        idx(images=written(tmp_path / "plain", idx_bytes(IMAGES)[:-1]))
    with pytest.raises(UserError, match="says 60 values and has fewer"):
        idx(images=written(tmp_path / "packed", idx_bytes(IMAGES)[:-1], packed=True))


def test_a_large_promise_that_fits_the_deflate_ratio_takes_no_memory(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(2**20)
    images = written(tmp_path / "packed", lie(1000, 1000, 1000)[:-10] + noise, packed=True)  # 1 GB promised, 1 MB there
    tracemalloc.start()
    with pytest.raises(UserError, match="has fewer"):
        idx(images=images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_damaged_gzip_stream(tmp_path: Path) -> None:
    whole = gzip.compress(idx_bytes(photo(height=600, width=50)[..., 0].reshape(30, 20, 50)), mtime=0)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for data in (whole[:-20], bytes(flipped), whole[:5], b"\x1f\x8b" + b"\xff" * 30):
        with pytest.raises(UserError, match="cannot be used"):
            idx(images=written(tmp_path / "packed", data))


def test_images_and_labels_must_agree(tmp_path: Path) -> None:
    images = written(tmp_path / "images", idx_bytes(IMAGES))
    with pytest.raises(UserError, match="not of one data set\n  got: 5 images and 4 labels"):
        idx(images=images, labels=written(tmp_path / "labels", idx_bytes(LABELS[:4])))


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "nothing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(UserError, match="cannot read the IDX file"):
            read_idx(path, 3)
