"""Example pairs as small pictures inside the page."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sempairs.study.examples import Examples

LARGEST = 128  # pixels; larger images are made smaller, so that a page of photographs stays a few megabytes
PIXELATED = 64  # pixels; images up to this size are enlarged with their pixels left sharp


@dataclass(frozen=True)
class Picture:
    """One pair.

    Parameters
    ----------
    sides: both images as PNG data addresses.
    labels: their class names; empty text where there are no labels.
    same_class: whether the two classes are one.
    similarity: the score that the pair was chosen by, where it is shown.
    """

    sides: tuple[str, str]
    labels: tuple[str, str]
    same_class: bool
    similarity: float | None = None


def pictures(examples: Examples) -> list[Picture]:
    """Every example pair of an arm, in order."""
    return [
        Picture((png(images[0]), png(images[1])), (str(labels[0]), str(labels[1])), bool(same))
        for images, labels, same in zip(examples.images, examples.labels, examples.same_class, strict=True)
    ]


def png(image: UInt8[np.ndarray, "h w c"], largest: int = LARGEST) -> str:
    """An image of one or three channels as a PNG data address; no side is longer than `largest` pixels."""
    picture = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    picture.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
