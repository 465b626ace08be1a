"""What every registered source keeps to. A new source needs a line in `SMALL`, and nothing else here."""

import dataclasses
import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sklearn.datasets

import made_named
from made_files import array_pickle, encoded, idx_bytes, photo, photo_folder, write_tar
from sempairs.sources import SOURCES, animal_mnist, fashion_mnist, frames, shapes
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.sources.preparing import prepare
from sempairs.sources.shapes import source as shapes_source

COUNT = 12


@dataclasses.dataclass
class Small:
    """A small input made for a source: the options that open it, and what changes one pixel of its third image."""

    options: dict[str, Any]
    change: Callable[[], object]


def made_images() -> tuple[np.ndarray, np.ndarray]:
    return photo(height=COUNT * 28, width=28)[..., 0].reshape(COUNT, 28, 28).copy(), np.arange(COUNT) % 3


def small_folder(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    root = photo_folder(tmp_path / "photos", COUNT)

    def change() -> None:
        pixels = photo(6)  # bag has 0, 3, 6, 9: the third image
        pixels[12, 10] ^= 255
        (root / "bag" / "006.png").write_bytes(encoded(pixels))

    return Small({"root": str(root), "size": 16}, change)


def small_idx(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    images, labels = made_images()
    (tmp_path / "labels").write_bytes(gzip.compress(idx_bytes(labels)))
    (tmp_path / "images").write_bytes(idx_bytes(images))

    def change() -> None:
        images[2, 5, 5] ^= 1
        (tmp_path / "images").write_bytes(idx_bytes(images))

    return Small({"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}, change)


def small_fashion_mnist(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    images, labels = made_images()
    patch.setattr(fashion_mnist, "DEBIAN", tmp_path)

    def write() -> None:
        for name, values in (("train-images-idx3-ubyte.gz", images), ("train-labels-idx1-ubyte.gz", labels)):
            (tmp_path / name).write_bytes(gzip.compress(idx_bytes(values)))
            patch.setitem(fashion_mnist.CONTENTS, name, hashlib.sha256(idx_bytes(values)).hexdigest())

    def change() -> None:
        images[2, 5, 5] ^= 1
        write()

    write()
    return Small({"split": "train"}, change)


def small_animal_mnist(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    images, labels = made_images()
    patch.setattr(animal_mnist, "_installed", lambda: tmp_path)

    def write() -> None:
        for name, values in ((animal_mnist.IMAGES, images), (animal_mnist.LABELS, labels)):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(gzip.compress(array_pickle(values)))
            patch.setitem(animal_mnist.CONTENTS, name, hashlib.sha256(array_pickle(values)).hexdigest())

    def change() -> None:
        images[2, 5, 5] ^= 1
        write()

    write()
    return Small({}, change)


def small_digits(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    data = sklearn.datasets.load_digits()
    data.images, data.target = data.images[:COUNT].copy(), np.arange(COUNT) % 3
    data.target_names = np.arange(3)
    patch.setattr(sklearn.datasets, "load_digits", lambda: data)

    def change() -> None:
        data.images[2, 4, 4] = 16 - data.images[2, 4, 4]

    assert data.images[2, 4, 4] != 8
    return Small({"size": 16}, change)


def small_shapes(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    factors = shapes.draw_factors(COUNT, 0, "independent", 0.5) | {"shape": np.arange(COUNT) % 3}
    patch.setattr(shapes_source, "draw_factors", lambda *asked: factors)

    def change() -> None:
        factors["hue"][2] += 0.5
        patch.setattr(shapes_source, "VERSION", shapes_source.VERSION + 1)  # as whoever changes a pixel must

    return Small({"n": COUNT, "size": 16}, change)


def small_table(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    path = tmp_path / "list.parquet"
    made = [photo(number) for number in range(COUNT)]

    def write() -> None:
        images = [{"bytes": encoded(pixels), "path": None} for pixels in made]
        pq.write_table(pa.table({"image": images, "label": ["bag", "coat", "shoe"] * 4, "age": range(COUNT)}), path)

    def change() -> None:
        made[2][12, 10] ^= 255
        write()

    write()
    return Small({"path": str(path), "label": "label", "size": 16}, change)


def small_shards(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    """Two shards of six images; the third is in the first."""
    made = [photo(number) for number in range(COUNT)]

    def write() -> None:
        for first in (0, 6):
            samples = {f"{n:02}": {"png": encoded(made[n]), "cls": b"%d" % (n % 3)} for n in range(first, first + 6)}
            write_tar(tmp_path / "shards" / f"train-{first}.tar", samples)

    def change() -> None:
        made[2][12, 10] ^= 255
        write()

    write()
    return Small({"path": str(tmp_path / "shards"), "label": "cls", "size": 16}, change)


def small_union(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    """The first six images of an IDX file, then of another; the third is in the first."""
    images, labels = made_images()
    one, other = tmp_path / "one", tmp_path / "other"

    def write() -> None:
        one.write_bytes(idx_bytes(images[:6]))
        other.write_bytes(idx_bytes(images[6:]))

    def change() -> None:
        images[2, 5, 5] ^= 1
        write()

    write()
    (tmp_path / "labels").write_bytes(idx_bytes(labels[:6]))
    specs = [{"name": "idx", "images": str(file), "labels": str(tmp_path / "labels")} for file in (one, other)]
    return Small({"sources": specs}, change)


def small_subset(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    whole = small_folder(tmp_path, patch)
    (tmp_path / "photos" / "zebra").mkdir()
    (tmp_path / "photos" / "zebra" / "x.png").write_bytes(encoded(photo(50)))
    return Small({"source": {"name": "folder", **whole.options}, "classes": ["bag", "coat", "shoe"]}, whole.change)


def small_named(name: str) -> Callable[[Path, pytest.MonkeyPatch], Small]:
    """One of the data sets that torchvision knows, in its official layout."""

    def small(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
        made = made_named.MAKERS[name](tmp_path / "root", patch)
        return Small({"root": str(tmp_path / "root"), "size": 16}, made.change)

    return small


def small_prepared(tmp_path: Path, patch: pytest.MonkeyPatch) -> Small:
    """Food-101's first split, prepared without archives, for its files are unpacked already."""
    root = tmp_path / "root"
    made = made_named.food101(root, patch)
    prepare("food101", str(root))

    def change() -> None:
        made.change()
        (root / "food101.json").unlink()
        prepare("food101", str(root))

    return Small({"root": str(root), "dataset": "food101", "split": "train", "size": 16}, change)


SMALL = {
    "folder": small_folder,
    "idx": small_idx,
    "fashion-mnist": small_fashion_mnist,
    "animal-mnist": small_animal_mnist,
    "digits": small_digits,
    "shapes": small_shapes,
    "shards": small_shards,
    "table": small_table,
    "union": small_union,
    "subset": small_subset,
    "prepared": small_prepared,
    **{name: small_named(name) for name in made_named.MAKERS},
}
UNLABELLED = {"voc2007"}
"""An image of these may be of several classes."""


@pytest.fixture(params=list(SOURCES))
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / "the cache"))
    made = SMALL[request.param](tmp_path, monkeypatch)
    made.options = {"name": request.param, **made.options}
    return made


def shown(source: Source) -> np.ndarray:
    """All images of the source, in order."""
    return np.asarray(source.frames if source.rows is None else source.frames[source.rows])


def labels_of(source: Source) -> list[int] | None:
    return None if source.labels is None else source.labels.tolist()


def same(one: Source, other: Source) -> bool:
    return (
        one.ids.tolist() == other.ids.tolist()
        and one.hashes.tolist() == other.hashes.tolist()
        and np.array_equal(shown(one), shown(other))
        and labels_of(one) == labels_of(other)
        and (one.label_names, one.quarantined, one.spec) == (other.label_names, other.quarantined, other.spec)
        and one.fingerprint == other.fingerprint
    )


def test_a_source_is_whole(small: Small) -> None:
    source = open_source(small.options)
    assert len(source) == COUNT
    assert source.frames.dtype == np.uint8
    assert source.shape == source.frames.shape[1:]
    assert source.shape[2] in (1, 3)
    assert len(set(source.ids)) == COUNT
    for id, content in zip(source.ids, source.hashes, strict=True):
        assert type(id) is str
        id.encode()
        assert len(content) == 64
        int(content, 16)
    if small.options["name"] in UNLABELLED:
        assert (source.labels, source.label_names) == (None, ())
    else:
        labels = source.need_labels("a test")
        assert labels.dtype == np.int64
        assert set(labels.tolist()) == {0, 1, 2}
        assert len(source.label_names) >= 3
    assert source.spec is not None
    resolved = {"name": source.spec.name, **source.spec.options}
    assert {name: resolved[name] for name in small.options} == small.options


def test_opening_again_gives_the_same(small: Small) -> None:
    source = open_source(small.options)
    assert same(source, open_source(small.options))
    assert source.spec is not None
    assert same(source, open_source(source.spec))


def test_one_pixel_changes_the_fingerprint_and_one_hash(small: Small) -> None:
    before = open_source(small.options)
    small.change()
    after = open_source(small.options)
    assert after.fingerprint != before.fingerprint
    assert after.ids.tolist() == before.ids.tolist()
    assert np.flatnonzero(after.hashes != before.hashes).tolist() == [2]
    assert np.flatnonzero((shown(after) != shown(before)).any(axis=(1, 2, 3))).tolist() == [2]


def test_images_are_the_frames_at_the_positions(small: Small) -> None:
    source = open_source(small.options)
    chosen = np.array([7, 0, 7, 11])
    np.testing.assert_array_equal(source.images(chosen), shown(source)[chosen])
    assert source.images(np.empty(0, dtype=np.int64)).shape == (0, *source.shape)


def test_a_part_of_a_part_is_the_part_of_the_whole(small: Small) -> None:
    source = open_source(small.options)
    outer, inner = np.array([9, 2, 5, 11, 0]), np.array([3, 0, 1])
    part, direct = source.take(outer).take(inner, name="a part"), source.take(outer[inner])
    np.testing.assert_array_equal(part.images(np.arange(3)), direct.images(np.arange(3)))
    np.testing.assert_array_equal(part.images(np.arange(3)), source.images(outer[inner]))
    assert part.fingerprint == direct.fingerprint != source.fingerprint
    assert labels_of(part) == labels_of(direct)
    if source.labels is not None:
        assert labels_of(part) == source.labels[outer[inner]].tolist()
    assert {key: column.tolist() for key, column in part.columns.items()} == {
        key: column[outer[inner]].tolist() for key, column in source.columns.items()
    }
    assert part.frames is source.frames
    assert (part.name, part.spec) == ("a part", source.spec)


def test_positions_find_ids(small: Small) -> None:
    source = open_source(small.options)
    mixed = np.random.default_rng(0).permutation(COUNT)
    np.testing.assert_array_equal(source.positions(source.ids[mixed]), mixed)
    part = source.take(np.array([4, 1]))
    asked = np.array([source.ids[1], "nobody", source.ids[4], source.ids[0]], dtype=object)
    assert part.positions(asked).tolist() == [1, -1, 0, -1]


def test_the_order_decides_the_fingerprint(small: Small) -> None:
    source = open_source(small.options)
    everything = np.arange(COUNT)
    assert source.take(everything).fingerprint == source.fingerprint
    assert source.take(everything[::-1]).fingerprint != source.fingerprint


def test_the_number_of_processes_changes_nothing(small: Small, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for count in (0, 1, 3):
        monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / f"cache of {count}"))
        monkeypatch.setattr(frames, "_workers", lambda images, count=count: count)
        found.append(open_source(small.options))
    assert same(found[0], found[1])
    assert same(found[0], found[2])
