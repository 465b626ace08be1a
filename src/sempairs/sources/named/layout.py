"""How torchvision lays out the data sets whose images are files, and which of its attributes hold paths and classes."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.sources.named.fetch import fetch
from sempairs.sources.named.listed import Listed


@dataclass(frozen=True)
class Layout:
    """A data set as torchvision has it.

    Parameters
    ----------
    member: its class in `torchvision.datasets`.
    base: its folder below the root.
    by_hand: what to do with the official files; the root is filled in.
    content: image files, classes of the images, names of the classes and columns, from an instance of the class.
    options: of the class, besides those that a user sets.
    """

    member: str
    base: str
    by_hand: str
    content: Callable[[Any], tuple[Any, Any, Any, Mapping[str, list[str]]]]
    options: Mapping[str, str] = field(default_factory=dict)


LAYOUTS = {
    "food101": Layout(
        "Food101", "food-101", "unpack food-101.tar.gz into {root}",
        lambda data: (data._image_files, data._labels, data.classes, {}),
    ),
    "cars": Layout(
        "StanfordCars", "stanford_cars",
        "no server has it any more; unpack cars_train.tgz, cars_test.tgz and car_devkit.tgz of a copy into "
        "{root}/stanford_cars, and put cars_test_annos_withlabels.mat beside them",
        lambda data: ([path for path, _ in data._samples], [number for _, number in data._samples], data.classes, {}),
    ),
    "aircraft": Layout(
        "FGVCAircraft", "fgvc-aircraft-2013b", "unpack fgvc-aircraft-2013b.tar.gz into {root}",
        lambda data: (data._image_files, data._labels, data.classes, {}),
    ),
    "dtd": Layout(
        "DTD", "dtd/dtd", "unpack dtd-r1.0.1.tar.gz into {root}/dtd",
        lambda data: (data._image_files, data._labels, data.classes, {}),
    ),
    "pets": Layout(
        "OxfordIIITPet", "oxford-iiit-pet", "unpack images.tar.gz and annotations.tar.gz into {root}/oxford-iiit-pet",
        lambda data: (
            data._images, data._labels, data.classes,
            {"species": [data.bin_classes[number].lower() for number in data._bin_labels]},
        ),
    ),
    "flowers102": Layout(
        "Flowers102", "flowers-102",
        "unpack 102flowers.tgz into {root}/flowers-102, and put imagelabels.mat and setid.mat beside its folder jpg",
        lambda data: (data._image_files, data._labels, data.classes, {}),
    ),
    "caltech101": Layout(
        "Caltech101", "caltech101", "unpack 101_ObjectCategories.tar.gz of caltech-101.zip into {root}/caltech101",
        lambda data: (
            [
                os.path.join(data.root, "101_ObjectCategories", data.categories[number], f"image_{index:04d}.jpg")
                for number, index in zip(data.y, data.index, strict=True)
            ],
            data.y, data.categories, {},
        ),
    ),
    "sun397": Layout(
        "SUN397", "SUN397", "unpack SUN397.tar.gz into {root}, and Partitions.zip into {root}/SUN397",
        lambda data: (data._image_files, data._labels, data.classes, {}),
    ),
    "voc2007": Layout(
        "VOCDetection", "VOCdevkit/VOC2007",
        "unpack VOCtrainval_06-Nov-2007.tar and VOCtest_06-Nov-2007.tar into {root}",
        lambda data: (data.images, None, (), {}), {"year": "2007"},
    ),
}  # fmt: skip


def find(
    name: str, root: str, needs: Sequence[str], options: Mapping[str, str | int], download: bool = False
) -> Listed:
    """What the data set lists, as torchvision reads it.

    Parameters
    ----------
    name: in `LAYOUTS`.
    root: the folder that holds the data set's folder.
    needs: files and folders below the data set's folder without which there is nothing to read.
    options: of torchvision's class, which name the split.
    download: whether to fetch what is missing from the original server.

    Raises
    ------
    UserError: files are missing or damaged, or the download fails; with what to put where.
    """
    import torchvision.datasets  # a second of imports

    layout = LAYOUTS[name]
    place = resolved(root)
    by_hand = layout.by_hand.format(root=place)
    member = functools.partial(getattr(torchvision.datasets, layout.member), **layout.options, **options)
    titled = " ".join([name, *map(str, options.values())])

    def missing() -> list[str]:
        return [f"{layout.base}/{need}" for need in needs if not os.path.exists(place / layout.base / need)]

    if download and missing():
        fetch(titled, place, layout.base, lambda folder: member(str(folder), download=True), by_hand)
    need(titled, place, missing(), by_hand)
    try:
        paths, labels, classes, columns = layout.content(member(str(place)))
        return Listed(
            name=titled,
            base=place / layout.base,
            paths=[Path(path) for path in paths],
            labels=None if labels is None else [int(number) for number in labels],
            classes=[str(one) for one in classes],
            columns=columns,
        )
    except Exception as error:  # whatever a damaged list leads the library to
        got = f"{type(error).__name__}: {error}"
        raise UserError(
            f"torchvision cannot read {titled}", got=got, todo=f"use the authors' files: {by_hand}"
        ) from None


def resolved(root: str) -> Path:
    """The folder, all links in its path resolved, there or not. Raises UserError if it is no path."""
    try:
        return Path(os.path.expanduser(root)).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(
            "cannot open the folder of the data set", got=f"{root!r}: {error}", todo="check `root`"
        ) from None


def need(name: str, root: Path, missing: Sequence[str], by_hand: str) -> None:
    """Raise UserError if files of the data set are missing below the root."""
    if missing:
        got = f"no {' and no '.join(missing[:3])} in it"
        hint = "" if by_hand.startswith("no server") else "; `download` fetches it from its original server"
        raise UserError(f"{name} is not in {os.fspath(root)!r}", got=got, todo=by_hand + hint)
