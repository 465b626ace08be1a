"""Scenes annotated as those of COCO: one JSON file with images, categories and boxes.

Source: T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, arXiv 1405.0312, and its data format.
"""

from collections import defaultdict
from pathlib import Path

from pydantic import BaseModel, FiniteFloat, ValidationError

from sempairs.core.errors import UserError
from sempairs.evaluation.detection.annotated import Annotated, below, objects_of
from sempairs.sources.base import Quarantined
from sempairs.sources.decode import BadImage, Limits
from sempairs.sources.workers import read_image

LIMITS = Limits(bytes=2**30)
"""For the JSON file: that of COCO's training images has 450 MB."""


class _Image(BaseModel):
    id: int
    file_name: str
    width: int
    height: int


class _Category(BaseModel):
    id: int
    name: str


class _Box(BaseModel):
    image_id: int
    category_id: int
    bbox: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    iscrowd: int = 0


class _File(BaseModel):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Box]


def read_coco(path: Path) -> tuple[list[Annotated], list[Quarantined]]:
    """The images of a file such as annotations/instances_val2017.json, and what is left out.

    If its folder is called "annotations", the images lie beside it in the folder that the file's name ends in
    (val2017); else they lie in the folder of the file. A crowd is ignored.

    Raises
    ------
    UserError: the file cannot be read, is not of that format, or speaks of images or categories that it does not list.
    """
    listed = _read(path)
    names = {category.id: category.name for category in listed.categories}
    boxes: dict[int, list[_Box]] = defaultdict(list)
    for box in listed.annotations:
        boxes[box.image_id].append(box)
    known = {image.id for image in listed.images}
    unknown = sorted({box.category_id for box in listed.annotations} - set(names)), sorted(set(boxes) - known)
    if any(unknown) or len(known) < len(listed.images) or not listed.images:
        got = f"{len(listed.images)} images of {len(known)} ids; boxes of unlisted categories {unknown[0][:5]}"
        got += f" and unlisted images {unknown[1][:5]}"
        raise UserError(f"{path} does not agree with itself", got=got, todo="mend the file: ids must be listed once")
    folder = path.parent
    if folder.name == "annotations":
        folder = folder.parent / path.stem.rpartition("_")[2]
    good, bad = [], []
    for image in listed.images:
        try:
            file = below(folder, image.file_name)
        except BadImage as error:
            bad.append(Quarantined(str(image.id), str(error)))
            continue
        own = boxes[image.id]
        corners = [(x, y, x + w, y + h) for x, y, w, h in (box.bbox for box in own)]
        crowds = [bool(box.iscrowd) for box in own]
        objects = objects_of(corners, [names[box.category_id] for box in own], crowds)
        good.append(Annotated(image.file_name, file, (image.width, image.height), objects))
    return good, bad


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(read_image(path, LIMITS))
    except (OSError, BadImage) as error:
        got = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read {path}", got=got, todo="check the path") from None
    except ValidationError as error:
        first = error.errors()[0]
        got = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UserError(f"{path} is not JSON as COCO's", got=got, todo="give an object detection file") from None
