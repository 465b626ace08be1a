"""PASCAL VOC 2007 as a task of many labels: which of 20 kinds of object an image shows."""

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Literal

from sempairs.core.progress import progress
from sempairs.sources.base import Source
from sempairs.sources.decode import BadImage, Limits
from sempairs.sources.gathering import check_options
from sempairs.sources.named.layout import find
from sempairs.sources.named.listed import Listed, open_listed
from sempairs.sources.workers import read_image

CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
LIMITS = Limits(bytes=2**20)
"""For an annotation: the authors' have some kilobytes."""


def voc2007(
    *,
    root: str,
    split: Literal["train", "val", "trainval", "test"] = "trainval",
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """PASCAL VOC 2007: 5,011 photographs to train with (2,501 train, 2,510 val), 4,952 to test with; no single class.

    The column "objects" has the classes that an image shows, sorted, joined by "|"; "difficult" has, likewise, those of
    which every example in it is marked difficult: neither right nor wrong in the classification task. An image whose
    annotation is missing or damaged is quarantined.

    Source: M. Everingham, L. Van Gool, C. Williams, J. Winn, A. Zisserman, "The PASCAL Visual Object Classes (VOC)
    Challenge", IJCV 2010; section 3.3 and the development kit, section "Classification Task".

    Parameters
    ----------
    root: the folder that holds VOCdevkit/VOC2007.
    split: of the data set.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of bad images beyond which the source is refused; below it they are quarantined.
    download: fetch missing files from the original server, by torchvision.

    Raises
    ------
    UserError: missing or damaged lists, a failed download, too many bad images.
    """
    check_options(size, bad_share)
    return open_listed(list_voc2007(root, split, download), size, bad_share)


def list_voc2007(root: str, split: str, download: bool = False) -> Listed:
    """The images of a split with their columns "objects" and "difficult"; without a readable annotation, unusable."""
    needs = ("JPEGImages", "Annotations", f"ImageSets/Main/{split}.txt")
    found = find("voc2007", root, needs, {"image_set": split}, download)
    columns: dict[str, list[str]] = {"objects": [], "difficult": []}
    unusable = {}
    with progress("reading annotations", len(found.paths), "files") as bar:
        for position, path in enumerate(found.paths):
            objects, difficult = set[str](), set[str]()
            try:
                objects, difficult = read_objects(found.base / "Annotations" / f"{path.stem}.xml")
            except BadImage as error:
                unusable[position] = BadImage(f"its annotation: {error}")
            columns["objects"].append("|".join(sorted(objects)))
            columns["difficult"].append("|".join(sorted(difficult)))
            bar()
    return dataclasses.replace(found, columns=columns, unusable=unusable)


def read_objects(path: Path) -> tuple[set[str], set[str]]:
    """The classes in an annotation: those with an example that is not difficult, and those with difficult ones only.

    Raises
    ------
    BadImage: no readable annotation of the challenge. One with a document type is refused: entities may blow up.
    """
    easy, difficult = set[str](), set[str]()
    try:
        # As text, so that what is searched for a document type is what is parsed, whatever encoding it claims.
        text = read_image(path, LIMITS).decode()
        if "<!DOCTYPE" in text:
            raise BadImage("it has a document type")
        for shown in ET.fromstring(text).findall("object"):
            name = (shown.findtext("name") or "").strip()
            if name not in CLASSES:
                raise BadImage(f"it names {name[:40]!r}, which is no class")
            (difficult if (shown.findtext("difficult") or "0").strip() == "1" else easy).add(name)
    except BadImage:
        raise
    except OSError as error:
        raise BadImage(f"cannot be read: {error.strerror}") from None
    except (ET.ParseError, ValueError) as error:
        raise BadImage(f"not XML: {error}") from None
    return easy, difficult - easy
