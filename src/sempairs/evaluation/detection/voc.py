"""Scenes annotated as those of PASCAL VOC: a list of images, and an XML file for each.

Source: M. Everingham, L. Van Gool, C. Williams, J. Winn, A. Zisserman, "The PASCAL Visual Object Classes (VOC)
Challenge", IJCV 2010, and its development kit.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.evaluation.detection.annotated import Annotated, below, objects_of
from sempairs.sources.base import Quarantined
from sempairs.sources.decode import BadImage, Limits
from sempairs.sources.workers import read_image

LIMITS = Limits(bytes=2**20)
"""For an annotation: the authors' have some kilobytes."""


def read_voc(path: Path) -> tuple[list[Annotated], list[Quarantined]]:
    """The images of a list such as VOC2007/ImageSets/Main/test.txt, and what is left out.

    Annotations and JPEGImages lie beside ImageSets. An object marked difficult is ignored.

    Raises
    ------
    UserError: the list cannot be read or names nothing.
    """
    root = path.resolve().parents[2] if len(path.resolve().parents) > 2 else path.parent
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        got = getattr(error, "strerror", None) or "not a text"
        raise UserError(f"cannot read the list {path}", got=got, todo="check the path") from None
    ids = [line.split()[0] for line in lines if line.strip()]
    if not ids or not (root / "Annotations").is_dir():
        raise UserError(
            f"{path} is no list of VOC's",
            got=f"{len(ids)} names, and {'a' if (root / 'Annotations').is_dir() else 'no'} folder {root}/Annotations",
            todo="name a list in ImageSets/Main, with Annotations and JPEGImages beside ImageSets",
        )
    good, bad = [], []
    with progress("reading annotations", len(ids), "files") as bar:
        for id in ids:
            try:
                good.append(_read(root, id))
            except BadImage as error:
                bad.append(Quarantined(id, f"its annotation: {error}"))
            bar()
    return good, bad


def _read(root: Path, id: str) -> Annotated:
    """One annotation. Raises BadImage; one with a document type is refused, since entities may blow up."""
    try:
        # As text, so that what is searched for a document type is what is parsed, whatever encoding it claims.
        text = read_image(below(root / "Annotations", f"{id}.xml"), LIMITS).decode()
        if "<!DOCTYPE" in text:
            raise BadImage("it has a document type")
        tree = ET.fromstring(text)
        boxes, names, ignored = [], [], []
        for shown in tree.findall("object"):
            # Pixels are counted from 1, and the last one belongs to the box.
            ends = [float(shown.findtext(f"bndbox/{end}") or "nan") for end in ("xmin", "ymin", "xmax", "ymax")]
            boxes.append([ends[0] - 1, ends[1] - 1, ends[2], ends[3]])
            names.append(_text(shown, "name"))
            ignored.append((shown.findtext("difficult") or "0").strip() == "1")
        size = tree.find("size")
        claimed = None if size is None else (int(_text(size, "width")), int(_text(size, "height")))
        image = below(root / "JPEGImages", (tree.findtext("filename") or f"{id}.jpg").strip())
        return Annotated(id, image, claimed, objects_of(boxes, names, ignored))
    except BadImage:
        raise
    except OSError as error:
        raise BadImage(f"cannot be read: {error.strerror}") from None
    except (ET.ParseError, ValueError) as error:
        raise BadImage(f"not XML of VOC's: {error}") from None


def _text(element: ET.Element, name: str) -> str:
    text = (element.findtext(name) or "").strip()
    if not text:
        raise BadImage(f"an {element.tag} without {name}")
    return text
