"""Where Fashion-MNIST is looked for, in which order, and that nothing unverified is used."""

import gzip
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torchvision

from made_files import idx_bytes
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.sources import fashion_mnist as module
from sempairs.sources.base import Source
from sempairs.sources.fashion_mnist import fashion_mnist

REAL_CONTENTS = dict(module.CONTENTS)


def small_files() -> dict[str, bytes]:
    """Made-up contents for the four files."""
    random = rng("small fashion")
    files = {}
    for name in REAL_CONTENTS:
        count = 6 if name.startswith("train") else 4
        shape = (count, 28, 28) if "idx3" in name else (count,)
        files[name] = idx_bytes(random.integers(0, 10, shape, dtype=np.uint8))
    return files


def put(folder: Path, damaged: bool = False) -> Path:
    """Write the four made-up files, with another gzip head than anybody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in small_files().items():
        (folder / name).write_bytes(gzip.compress(data[:-1] + b"?" if damaged else data, mtime=12345))
    return folder


@pytest.fixture(autouse=True)
def nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up checksums, no Debian package, no apt-get, and a torchvision without a network."""
    for name, data in small_files().items():
        monkeypatch.setitem(module.CONTENTS, name, hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(module, "DEBIAN", tmp_path / "usr" / "share" / "fashion-mnist")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    program(tmp_path, "apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
    torchvision_brings(monkeypatch, lambda root: (_ for _ in ()).throw(OSError("no network")))


def program(tmp_path: Path, name: str, script: str) -> None:
    """A program of this name that comes first on the path."""
    (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "bin" / name).chmod(0o755)


def torchvision_brings(monkeypatch: pytest.MonkeyPatch, files: Callable[[Path], object]) -> None:
    class Fake:
        def __init__(self, root: Path, download: bool) -> None:
            assert download
            self.raw_folder = str(root / "raw")
            files(Path(self.raw_folder))

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", Fake)


def apt_brings(tmp_path: Path, damaged: bool = False) -> None:
    """apt-get that makes a package, and dpkg that unpacks it, from a folder of the test's."""
    shelf = put(tmp_path / "shelf", damaged)
    program(tmp_path, "apt-get", '[ "$1 $2" = "download dataset-fashion-mnist" ] && echo x > dataset_1_all.deb')
    inside = module.DEBIAN.relative_to("/")
    program(tmp_path, "dpkg", f'[ "$1" = -x ] && mkdir -p "$3/{inside}" && cp "{shelf}"/* "$3/{inside}"')


def left_in(cache: Path) -> list[str]:
    return sorted(file.name for file in cache.rglob("*") if file.is_file())


def test_the_debian_package_comes_first(cache: Path) -> None:
    put(module.DEBIAN)
    train, test = fashion_mnist(), fashion_mnist(split="test")
    assert (len(train), len(test)) == (6, 4)
    assert train.ids.tolist() == [f"train/{number:06d}" for number in range(6)]
    assert test.ids[0] == "test/000000"
    assert train.frames.tobytes() == small_files()["train-images-idx3-ubyte.gz"][16:]
    assert train.labels is not None
    assert bytes(train.labels.astype(np.uint8)) == small_files()["train-labels-idx1-ubyte.gz"][8:]
    assert left_in(cache) == []


def test_then_the_cache(cache: Path) -> None:
    put(cache / "fashion-mnist")
    assert len(fashion_mnist()) == 6


def test_then_apt_get_into_the_cache(cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    apt_brings(tmp_path)
    first = fashion_mnist()
    assert left_in(cache) == sorted(REAL_CONTENTS)
    assert "downloading 30 MB by apt-get" in caplog.text
    program(tmp_path, "apt-get", "exit 1")
    assert fashion_mnist().fingerprint == first.fingerprint
    assert "the cache" in caplog.messages[-1]


def test_then_torchvision_into_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torchvision_brings(monkeypatch, put)
    assert len(fashion_mnist()) == 6
    assert left_in(cache) == sorted(REAL_CONTENTS)


def test_damaged_files_are_passed_over(tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    put(module.DEBIAN, damaged=True)
    put(cache / "fashion-mnist", damaged=True)
    apt_brings(tmp_path)
    assert fashion_mnist().frames.tobytes() == small_files()["train-images-idx3-ubyte.gz"][16:]
    assert "is not the authors' file (its sha256 differs)" in caplog.messages[-1]
    os.truncate(cache / "fashion-mnist" / "train-images-idx3-ubyte.gz", 50)
    assert len(fashion_mnist()) == 6  # fetched again


def test_a_damaged_download_is_not_kept(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt_brings(tmp_path, damaged=True)
    torchvision_brings(monkeypatch, lambda folder: put(folder, damaged=True))
    with pytest.raises(UserError, match="cannot be had"):
        fashion_mnist()
    assert left_in(cache) == []


def test_if_all_fails_the_message_says_how_each_did_and_what_to_do(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UserError) as failed:
        fashion_mnist()
    lines = str(failed.value).split("\n")
    assert lines[0] == "Fashion-MNIST cannot be had"
    assert lines[2:] == [
        f"    the Debian package dataset-fashion-mnist: no folder {module.DEBIAN}",
        f"    the cache: no folder {cache / 'fashion-mnist'}",
        "    apt-get download: apt-get failed: E: Unable to locate package",
        "    torchvision: no network",
        "  to do: `apt-get update` and then `apt-get install dataset-fashion-mnist`, or put its four files into "
        f"{cache / 'fashion-mnist'}",
    ]
    assert left_in(cache) == []


def test_apt_get_that_brings_nothing_or_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "apt-get", "exit 0")
    with pytest.raises(UserError, match="apt-get download: no package came"):
        fashion_mnist()
    monkeypatch.setattr(module, "SECONDS", 0.2)
    program(tmp_path, "apt-get", "exec sleep 60")
    with pytest.raises(UserError, match=r"apt-get was not done after 0\.2 s"):
        fashion_mnist()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(UserError, match="no apt-get and dpkg"):
        fashion_mnist()


def test_a_cache_without_room_is_the_users_to_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / "a file"))
    with pytest.raises(UserError, match="cannot write to the cache"):
        fashion_mnist()


def test_the_real_images(garments: Source) -> None:
    assert (garments.shape, len(garments), garments.name) == ((28, 28, 1), 60_000, "fashion-mnist train")
    # The data set's own page: 6,000 images of each class; the first image is an ankle boot.
    assert garments.labels is not None
    assert np.bincount(garments.labels).tolist() == [6000] * 10
    assert garments.label_names[garments.labels[0]] == "Ankle boot"
    # 0.2860 and 0.3530 are the mean and deviation that PyTorch examples normalise Fashion-MNIST with.
    assert round(float(garments.frames.mean()) / 255, 4) == 0.2860
    assert round(float(garments.frames.std()) / 255, 4) == 0.3530
