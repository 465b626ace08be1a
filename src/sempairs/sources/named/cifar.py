"""CIFAR-10 and CIFAR-100: photographs of 32 x 32 pixels in 10 or 100 classes, in the binary or the Python version.

The binary version is preferred: records of one or two class numbers and 3,072 pixels, nothing that could be run. Of the
Python version, which is the one torchvision keeps, only files with the authors' md5 are taken, and they are not
unpickled: their opcodes are read one after the other and none is carried out.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", technical report, 2009; the data set's
page for both formats.
"""

import os
import pickletools
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.decode import square
from sempairs.sources.frames import ImageKey, Quarantine, stored_frames
from sempairs.sources.gathering import check_options
from sempairs.sources.named.fetch import fetch
from sempairs.sources.named.layout import need, resolved

CIFAR10 = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
CIFAR100 = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
    "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
)  # fmt: skip
SUPERCLASSES = (
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables", "household_electrical_devices",
    "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes", "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates",
    "people", "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
)  # fmt: skip
TOTAL = {"train": 50_000, "test": 10_000}
BINARY = {
    "cifar10": (
        "cifar-10-batches-bin",
        {
            "train": [f"data_batch_{number}.bin" for number in range(1, 6)],
            "test": ["test_batch.bin"],
        },
    ),
    "cifar100": ("cifar-100-binary", {"train": ["train.bin"], "test": ["test.bin"]}),
}
PIXELS = 3 * 32 * 32

Split = Literal["train", "test"]
Values = UInt8[np.ndarray, "n k"]


def cifar10(*, root: str, split: Split = "train", size: int = 32, download: bool = False) -> Source:
    """CIFAR-10: 50,000 images to train with, 10,000 to test with, ten classes.

    Parameters
    ----------
    root: the folder that holds cifar-10-batches-bin or cifar-10-batches-py.
    split: of the data set; an id is the split and the position in it.
    size: height and width of the frames; other than 32, the images are resized (bicubic, antialiased).
    download: fetch missing files (the Python version) from the original server, by torchvision.

    Raises
    ------
    UserError: missing files, files that are not the authors', a failed download.
    """
    check_options(size, 0.0)
    numbers, frames = _read("cifar10", root, split, ["labels"], download)
    return _source("cifar10", split, frames, numbers[:, 0], CIFAR10, {}, size)


def cifar100(*, root: str, split: Split = "train", size: int = 32, download: bool = False) -> Source:
    """CIFAR-100: 50,000 images to train with, 10,000 to test with, 100 classes; the column "superclass" has one of 20.

    Parameters
    ----------
    root: the folder that holds cifar-100-binary or cifar-100-python.
    split: of the data set; an id is the split and the position in it.
    size: height and width of the frames; other than 32, the images are resized (bicubic, antialiased).
    download: fetch missing files (the Python version) from the original server, by torchvision.

    Raises
    ------
    UserError: missing files, files that are not the authors', a failed download.
    """
    check_options(size, 0.0)
    numbers, frames = _read("cifar100", root, split, ["coarse_labels", "fine_labels"], download)
    _check_numbers("cifar100", numbers[:, 0], SUPERCLASSES)
    columns = {"superclass": np.array(SUPERCLASSES, dtype=object)[numbers[:, 0]]}
    return _source("cifar100", split, frames, numbers[:, 1], CIFAR100, columns, size)


def _source(
    name: str,
    split: Split,
    frames: UInt8[np.ndarray, "n 32 32 3"],
    numbers: UInt8[np.ndarray, " n"],
    classes: tuple[str, ...],
    columns: dict[str, np.ndarray],
    size: int,
) -> Source:
    _check_numbers(name, numbers, classes)
    ids = [f"{split}/{position:05d}" for position in range(len(frames))]
    hashes = content_hashes(frames)
    if size != 32:
        keys = [ImageKey(id, content) for id, content in zip(ids, hashes, strict=True)]
        stored = stored_frames(
            "resizing", keys, lambda at: (square(frames[i], size) for i in at), (size, size, 3),
            Quarantine(name, len(ids), share=0.0),
        )  # fmt: skip
    return Source(
        name=f"{name} {split}",
        ids=np.array(ids, dtype=object),
        hashes=hashes,
        frames=frames if size == 32 else stored.images,
        labels=numbers.astype(np.int64),
        label_names=classes,
        columns=columns,
    )


def _check_numbers(name: str, numbers: UInt8[np.ndarray, " n"], classes: tuple[str, ...]) -> None:
    if numbers.max() >= len(classes):
        raise _damaged(name, f"class {numbers.max()}, where there are {len(classes)}")


def _read(
    name: str, root: str, split: Split, keys: list[str], download: bool
) -> tuple[Values, UInt8[np.ndarray, "n 32 32 3"]]:
    """The numbers `[n, len(keys)]` and the pixels of a split, from the binary version if it is there."""
    from torchvision.datasets import CIFAR10, CIFAR100  # a second of imports
    from torchvision.datasets.utils import check_integrity, download_and_extract_archive

    member = {"cifar10": CIFAR10, "cifar100": CIFAR100}[name]
    place = resolved(root)
    folder, names = BINARY[name]
    binary = [place / folder / file for file in names[split]]
    md5 = {place / member.base_folder / file: md5 for file, md5 in getattr(member, f"{split}_list")}
    by_hand = f"unpack {member.filename.replace('python', 'binary')} or {member.filename} into {place}"

    def download_to(temporary: Path) -> None:
        download_and_extract_archive(member.url, str(temporary), filename=member.filename, md5=member.tgz_md5)

    def missing(files: Iterable[Path]) -> list[str]:
        return [os.fspath(file.relative_to(place)) for file in files if not file.is_file()]

    if download and missing(binary) and missing(md5):
        fetch(name, place, member.base_folder, download_to, by_hand)
    if not missing(binary):
        values = _read_binary(name, binary, TOTAL[split], len(keys))
    else:
        need(f"{name} {split}", place, missing(md5), by_hand)
        for file, expected in md5.items():
            if not check_integrity(file, expected):
                raise _damaged(name, f"{os.fspath(file)!r} has another md5 than the authors'")
        values = np.concatenate([_read_python(name, file, keys) for file in md5])
    if len(values) != TOTAL[split]:
        raise _damaged(name, f"{len(values)} images, where there are {TOTAL[split]}")
    planes = values[:, len(keys) :].reshape(-1, 3, 32, 32)
    return values[:, : len(keys)], np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _read_binary(name: str, files: list[Path], total: int, numbers: int) -> Values:
    """The records of these files: class numbers, then the red, green and blue values, row by row."""
    found, expected = sum(file.stat().st_size for file in files), total * (numbers + PIXELS)
    if found != expected:
        raise _damaged(name, f"{found} bytes in {files[0].parent.name}, where there are {expected}")
    return np.concatenate([np.fromfile(file, dtype=np.uint8) for file in files]).reshape(total, numbers + PIXELS)


def _read_python(name: str, file: Path, keys: list[str]) -> Values:
    """The same records from a pickle, of which every opcode is looked at and none carried out.

    It holds a dictionary of texts, lists of numbers and the bytes of one array: a list follows upon its key, and the
    only long string is the array.
    """
    lists: dict[str, list[int]] = {key: [] for key in keys}
    pixels, key = b"", ""
    try:
        with file.open("rb") as opened:
            for opcode, argument, _ in pickletools.genops(opened):
                if opcode.name == "BINSTRING":
                    pixels = str(argument).encode("latin-1")
                elif opcode.name == "SHORT_BINSTRING":
                    key = str(argument)
                elif opcode.name == "BININT1" and key in lists:
                    lists[key].append(int(str(argument)))
        columns = [np.array(lists[key], dtype=np.uint8)[:, None] for key in keys]
        return np.hstack([*columns, np.frombuffer(pixels, dtype=np.uint8).reshape(-1, PIXELS)])
    except ValueError as error:
        raise _damaged(name, f"{os.fspath(file)!r}: {error}") from None


def _damaged(name: str, got: str) -> UserError:
    return UserError(f"the files of {name} are not the authors'", got=got, todo="unpack the authors' archive again")
