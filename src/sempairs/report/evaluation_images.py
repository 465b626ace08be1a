"""Images of an evaluation in the page: what was found for queries, and boxes on scenes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from sempairs.evaluation.pictures import Boxes, Gallery
from sempairs.report.names import shown
from sempairs.report.pictures import PIXELATED, png
from sempairs.report.rendering import render_page

LARGEST = 96
SAYS = {1: "right", -1: "wrong", 0: ""}


@dataclass(frozen=True)
class Shot:
    """One small image with its caption; `kind` is "right", "wrong" or "" (a query)."""

    address: str
    caption: str
    kind: str


@dataclass(frozen=True)
class Box:
    """One box in pixels, by its corner and its size."""

    x: float
    y: float
    width: float
    height: float
    caption: str
    kind: str


@dataclass(frozen=True)
class Scene:
    """One image with its boxes; those of the truth have the kind ""."""

    address: str
    width: int
    height: int
    boxes: tuple[Box, ...]


def gallery(picture: Gallery) -> Markup:
    """Rows of images; a hit has a full frame and a tick, a miss a dashed one and a cross."""
    rows = [
        [
            Shot(png(image, LARGEST), shown(caption, 24), SAYS[int(mark)])
            for image, caption, mark in zip(images, captions, marks, strict=True)
        ]
        for images, captions, marks in zip(picture.images, picture.captions, picture.marks, strict=True)
    ]
    small = max(picture.images.shape[2:4]) <= PIXELATED
    return Markup(render_page("evaluation_gallery.html", rows=rows, small=small))


def boxes(picture: Boxes) -> Markup:
    """Scenes with the boxes of the truth and of what was detected."""
    small = max(picture.images.shape[1:3]) <= 2 * PIXELATED
    return Markup(render_page("evaluation_boxes.html", scenes=list(_scenes(picture)), small=small))


def _scenes(picture: Boxes) -> Iterator[Scene]:
    for place, image in enumerate(picture.images):
        own = np.flatnonzero(picture.owners == place)
        height, width = image.shape[:2]
        yield Scene(png(image, max(height, width)), width, height, tuple(_box(picture, row) for row in own.tolist()))


def _box(picture: Boxes, row: int) -> Box:
    x0, y0, x1, y1 = (round(number, 1) for number in picture.boxes[row].tolist())
    return Box(
        x0, y0, round(x1 - x0, 1), round(y1 - y0, 1), shown(picture.captions[row], 24), SAYS[int(picture.marks[row])]
    )
