"""What each data set of image files lists for a split: files, classes and columns, read without opening an image.

The splits have the data set's own names; `SPLITS` says which of them are learnt from, choose what is to be chosen, and
are tested on, wherever transfer is measured.
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.sources.named.birdsnap import list_birdsnap
from sempairs.sources.named.layout import LAYOUTS, find, need
from sempairs.sources.named.listed import Listed
from sempairs.sources.named.voc2007 import list_voc2007

CALTECH_TRAIN = 30
"""Images of each class of Caltech-101 to learn from."""


def list_food101(root: str, split: str, download: bool = False) -> Listed:
    """Food-101: "train" or "test"."""
    return find("food101", root, ("images", f"meta/{split}.json"), {"split": split}, download)


def list_cars(root: str, split: str) -> Listed:
    """Stanford Cars: "train" or "test"."""
    lists = {"train": "devkit/cars_train_annos.mat", "test": "cars_test_annos_withlabels.mat"}
    return find("cars", root, ("devkit/cars_meta.mat", lists[split], f"cars_{split}"), {"split": split})


def list_aircraft(root: str, split: str, download: bool = False) -> Listed:
    """FGVC-Aircraft by variant: "train", "val", "trainval" or "test"; columns "family" and "manufacturer"."""
    levels = {"variant": "variants.txt", "family": "families.txt", "manufacturer": "manufacturers.txt"}
    lists = [*levels.values(), *(f"images_{level}_{split}.txt" for level in levels)]
    needs = ("data/images", *(f"data/{name}" for name in lists))
    found = find("aircraft", root, needs, {"split": split}, download)
    columns = {}
    for level in ("family", "manufacturer"):
        coarse = find("aircraft", root, needs, {"split": split, "annotation_level": level})
        assert coarse.labels is not None
        names = {path: coarse.classes[number] for path, number in zip(coarse.paths, coarse.labels, strict=True)}
        columns[level] = [names.get(path, "") for path in found.paths]
    return dataclasses.replace(found, columns=columns)


def list_dtd(root: str, split: str, partition: int = 1, download: bool = False) -> Listed:
    """Describable Textures: "train", "val" or "test" of one of ten partitions."""
    _check_partition(partition)
    needs = ("images", f"labels/{split}{partition}.txt")
    return find("dtd", root, needs, {"split": split, "partition": partition}, download)


def list_pets(root: str, split: str, download: bool = False) -> Listed:
    """Oxford-IIIT Pets: "trainval" or "test"; column "species"."""
    return find("pets", root, ("images", f"annotations/{split}.txt"), {"split": split}, download)


def list_flowers102(root: str, split: str, download: bool = False) -> Listed:
    """Oxford Flowers: "train", "val" or "test"."""
    return find("flowers102", root, ("jpg", "imagelabels.mat", "setid.mat"), {"split": split}, download)


def list_caltech101(root: str, download: bool = False) -> Listed:
    """Caltech-101, all of it but the background, in torchvision's order."""
    return find("caltech101", root, ("101_ObjectCategories/BACKGROUND_Google",), {}, download)


def list_caltech101_split(root: str, split: str) -> Listed:
    """Caltech-101 as it is used for transfer: "train" has 30 images of each of 102 classes, "test" all others.

    The background is the 102nd class (Chen et al., SimCLR, arXiv 2002.05709, table B.3: 3,060 images to train with).
    The 30 are drawn without replacement by the name of the class, so they are the same on every machine; a class of
    30 or fewer keeps one image for the test.
    """
    whole = list_caltech101(root)
    assert whole.labels is not None
    background = "BACKGROUND_Google"
    classes = [*whole.classes, background]
    by_class: dict[str, list[Path]] = {name: [] for name in classes}
    for path, label in zip(whole.paths, whole.labels, strict=True):
        by_class[whole.classes[label]].append(path)
    by_class[background] = sorted((whole.base / "101_ObjectCategories" / background).glob("image_*.jpg"))
    paths: list[Path] = []
    labels: list[int] = []
    for number, name in enumerate(classes):
        order = rng("caltech101", "split", name).permutation(len(by_class[name]))
        cut = min(CALTECH_TRAIN, len(order) - 1)
        chosen = [sorted(by_class[name])[at] for at in sorted(order[:cut] if split == "train" else order[cut:])]
        paths += chosen
        labels += [number] * len(chosen)
    return dataclasses.replace(whole, name=f"caltech101 {split}", paths=paths, labels=labels, classes=classes)


def list_sun397(root: str, split: str, partition: int = 1, download: bool = False) -> Listed:
    """SUN397: "all", or "train" or "test" of one of ten partitions."""
    _check_partition(partition)
    found = find("sun397", root, ("ClassName.txt",), {}, download)
    assert found.labels is not None
    number = dict(zip(found.paths, found.labels, strict=True))
    paths, name = sorted(number), found.name  # torchvision's order is the file system's
    if split != "all":
        name = f"{name} {split} {partition}"
        listing = {"train": f"Training_{partition:02d}.txt", "test": f"Testing_{partition:02d}.txt"}[split]
        root_folder = found.base.parent
        absent = [] if (found.base / listing).is_file() else [f"SUN397/{listing}"]
        need(name, root_folder, absent, LAYOUTS["sun397"].by_hand.format(root=root_folder))
        lines = (found.base / listing).read_text(encoding="utf-8", errors="surrogateescape").split()
        paths = [found.base / line.lstrip("/") for line in lines]
    # An image that a list names and that is not there has no class, and is quarantined.
    labels = [number.get(path, -1) for path in paths]
    return dataclasses.replace(found, name=name, paths=paths, labels=labels)


def _check_partition(partition: int) -> None:
    if not 1 <= partition <= 10:
        raise UserError("there are ten partitions", got=partition, todo="choose 1 to 10")


LISTS: Mapping[str, Callable[[str, str], Listed]] = {
    "aircraft": list_aircraft,
    "birdsnap": list_birdsnap,
    "caltech101": list_caltech101_split,
    "cars": list_cars,
    "dtd": list_dtd,
    "flowers102": list_flowers102,
    "food101": list_food101,
    "pets": list_pets,
    "sun397": list_sun397,
    "voc2007": list_voc2007,
}
SPLITS: Mapping[str, Mapping[str, str]] = {
    name: {"train": "train", "val": "val", "test": "test"}
    if name in ("aircraft", "dtd", "flowers102", "voc2007")
    else {"train": "trainval" if name == "pets" else "train", "test": "test"}
    for name in (*LISTS, "cifar10", "cifar100")
}
"""What is to be learnt from, to choose by and to test on, in the data set's own names of splits."""
