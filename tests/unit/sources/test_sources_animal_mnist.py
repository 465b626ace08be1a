"""Where Animal-MNIST is looked for, in which order; that nothing unverified is used and no pickle is run."""

import gzip
import hashlib
import importlib.metadata
import logging
import os
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from made_files import array_pickle
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.sources import animal_mnist as module
from sempairs.sources.animal_mnist import IMAGES, LABELS, animal_mnist

REAL_CONTENTS = dict(module.CONTENTS)
MADE_IMAGES = rng("small animals").integers(0, 256, (7, 28, 28), dtype=np.uint8)
MADE_IMAGES[5] = MADE_IMAGES[2]
MADE_LABELS = np.array([0, 0, 1, 2, 8, 1, 9])


def files() -> dict[str, bytes]:
    return {IMAGES: gzip.compress(array_pickle(MADE_IMAGES)), LABELS: gzip.compress(array_pickle(MADE_LABELS))}


def put(folder: Path, damaged: bool = False) -> Path:
    """Write the two made-up files where a package has them."""
    for name, packed in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(packed[: len(packed) // 2] if damaged else packed)
    return folder


def no_package(name: str) -> None:
    raise importlib.metadata.PackageNotFoundError(name)


def installed_at(folder: Path, patch: pytest.MonkeyPatch) -> None:
    class Fake:
        def locate_file(self, path: str) -> Path:
            return folder / path

    patch.setattr(importlib.metadata, "distribution", lambda name: Fake())


def pip_runs(tmp_path: Path, patch: pytest.MonkeyPatch, script: str) -> None:
    """A program in the place of Python whose `-m pip download ... --dest FOLDER` runs this script in the folder."""
    program = tmp_path / "python"
    asked = "-m pip download --no-deps --only-binary :all:"
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3 $4 $5 $6" = "{asked}" ] || exit 9\n'
        f'while [ "$1" != --dest ]; do shift; done\ncd "$2"\n{script}\n'
    )
    program.chmod(0o755)
    patch.setattr(sys, "executable", str(program))


def pip_brings(tmp_path: Path, patch: pytest.MonkeyPatch, packed: dict[str, bytes]) -> None:
    wheel = tmp_path / "shelf" / "animal_mnist-0.4-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in packed.items():
            archive.writestr(name, data)
    pip_runs(tmp_path, patch, f"cp '{wheel}' .")


def left_in(cache: Path) -> list[str]:
    return sorted(file.relative_to(cache).as_posix() for file in cache.rglob("*") if file.is_file())


@pytest.fixture(autouse=True)
def nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up checksums, no package, and a pip without a network."""
    for name, packed in files().items():
        monkeypatch.setitem(module.CONTENTS, name, hashlib.sha256(gzip.decompress(packed)).hexdigest())
    monkeypatch.setattr(importlib.metadata, "distribution", no_package)
    pip_runs(tmp_path, monkeypatch, "echo 'warning: no network' >&2; echo 'ERROR: nothing found' >&2; exit 1")


def test_the_installed_package_comes_first(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_at(put(tmp_path / "site-packages"), monkeypatch)
    source = animal_mnist()
    np.testing.assert_array_equal(source.images(np.arange(7))[..., 0], MADE_IMAGES)
    assert source.labels is not None
    assert source.labels.tolist() == MADE_LABELS.tolist()
    assert source.ids[[0, 6]].tolist() == ["animal/00000", "animal/00006"]
    assert source.columns["copy"].tolist() == [False] * 5 + [True, False]  # the sixth image is the third again
    assert not cache.exists()


def test_then_the_cache(cache: Path) -> None:
    put(cache / "animal-mnist")
    assert len(animal_mnist()) == 7


def test_then_pip_into_the_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pip_brings(tmp_path, monkeypatch, {**files(), "animal_mnist/__init__.py": b"raise SystemExit"})
    first = animal_mnist()
    assert left_in(cache) == [f"animal-mnist/{IMAGES}", f"animal-mnist/{LABELS}"]
    assert "downloading 2.6 MB by pip" in caplog.text
    pip_runs(tmp_path, monkeypatch, "exit 1")
    assert animal_mnist().fingerprint == first.fingerprint
    assert "the cache" in caplog.messages[-1]


def test_damaged_files_are_passed_over(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    installed_at(put(tmp_path / "site-packages", damaged=True), monkeypatch)
    (put(cache / "animal-mnist") / LABELS).write_bytes(gzip.compress(array_pickle(MADE_LABELS + 1)))
    pip_brings(tmp_path, monkeypatch, files())
    assert len(animal_mnist()) == 7
    assert "animal_data_version_3.gz: Compressed file ended" in caplog.messages[-1]
    assert "animal_label_version_3.gz is not the author's file (its sha256 differs)" in caplog.messages[-1]
    assert (cache / "animal-mnist" / LABELS).read_bytes() == files()[LABELS]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        ({IMAGES: b"no gzip", LABELS: files()[LABELS]}, "Not a gzipped file"),
        ({LABELS: files()[LABELS]}, "There is no item named"),
        ({IMAGES: gzip.compress(b"\0" * 2**25, 1), LABELS: b""}, "is not the author's file"),  # 16 MiB of it are read
    ],
)
def test_a_damaged_download_is_not_kept(
    packed: dict[str, bytes], said: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_brings(tmp_path, monkeypatch, packed)
    with pytest.raises(UserError, match=said):
        animal_mnist()
    assert left_in(cache) == []


def test_if_all_fails_the_message_says_how_each_did_and_what_to_do(cache: Path) -> None:
    with pytest.raises(UserError) as failed:
        animal_mnist()
    lines = str(failed.value).split("\n")
    assert lines[0] == "Animal-MNIST cannot be had"
    assert lines[2:] == [
        "    the installed package: no package animal-mnist",
        f"    the cache: no file {cache / 'animal-mnist' / IMAGES}",
        "    pip download: pip failed: ERROR: nothing found",
        "  to do: `pip install --no-deps animal-mnist==0.4` (without --no-deps it brings TensorFlow along)",
    ]
    assert left_in(cache) == []


def test_pip_that_brings_nothing_does_not_end_or_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_runs(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(UserError, match="pip download: pip failed: 0"):
        animal_mnist()
    monkeypatch.setattr(module, "SECONDS", 0.2)
    pip_runs(tmp_path, monkeypatch, "exec sleep 60")
    with pytest.raises(UserError, match=r"pip was not done after 0\.2 s"):
        animal_mnist()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(UserError, match="pip does not run: No such file"):
        animal_mnist()


def test_a_pickle_runs_nothing_even_with_the_right_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return os.mkdir, (str(tmp_path / "it ran"),)

    folder = put(tmp_path / "site-packages")
    installed_at(folder, monkeypatch)
    hostile = pickle.dumps((Attack(), MADE_IMAGES), protocol=4)
    (folder / IMAGES).write_bytes(gzip.compress(hostile))
    monkeypatch.setitem(module.CONTENTS, IMAGES, hashlib.sha256(hostile).hexdigest())
    assert len(animal_mnist()) == 7
    assert not (tmp_path / "it ran").exists()


def test_the_real_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    try:
        importlib.metadata.distribution("animal-mnist")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("animal-mnist is not installed")
    source = animal_mnist()
    assert (source.shape, len(source)) == ((28, 28, 1), 10_000)
    # The package's page: 10 classes of 1,000 pictures each, "including Bear, Bird, Cat, ..., Zebra".
    assert source.labels is not None
    assert np.bincount(source.labels).tolist() == [1000] * 10
    # Counted with np.unique over the pixels.
    assert int(source.columns["copy"].sum()) == 10_000 - 9_716
    # White animals on black: hardly a corner is lit, and in any class between a seventh and a third of the pixels are.
    lit = (source.frames[..., 0] > 127).reshape(10_000, -1)
    assert lit[:, [0, 27, 756, 783]].mean() < 0.01
    share = np.array([lit[source.labels == label].mean() for label in range(10)])
    assert 0.14 < share.min() < share.max() < 0.36
    # Looked at: giraffes are the thinnest, elephants the fullest, and only zebras are mostly grey inside.
    assert (source.label_names[share.argmin()], source.label_names[share.argmax()]) == ("Giraffe", "Elephant")
    grey = ((source.frames > 40) & (source.frames < 215)).mean(axis=(1, 2, 3))
    by_class = np.array([grey[source.labels == label].mean() for label in range(10)])
    assert source.label_names[by_class.argmax()] == "Zebra"
    assert by_class.max() > 2 * np.sort(by_class)[-2]
