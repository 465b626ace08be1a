"""A few test scenes with the boxes that are true and those that were found."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from torchvision.ops import box_iou

from sempairs.evaluation.detection.scenes import Objects, Scenes
from sempairs.evaluation.detection.training import Found
from sempairs.evaluation.pictures import Boxes

SHOWN = 6
SURE = 0.5
OVERLAP = 0.5


def overlay(title: str, found: Sequence[Found], scenes: Scenes, classes: Sequence[str]) -> Boxes:
    """The first `SHOWN` scenes. A found box is shown from a score of `SURE` on."""
    shown = range(min(SHOWN, len(scenes)))
    boxes, owners, captions, marks = [np.empty((0, 4), np.float32)], [], [], []
    for at in shown:
        objects, answers = scenes.objects[at], found[at]
        sure = answers["scores"] >= SURE
        names = [classes[label] for label in answers["labels"][sure]]
        boxes += [objects.boxes, answers["boxes"][sure]]
        owners += [at] * (len(objects.names) + len(names))
        captions += [*objects.names]
        captions += [f"{name} {score:.0%}" for name, score in zip(names, answers["scores"][sure], strict=True)]
        marks += [0] * len(objects.names) + right(objects, answers["boxes"][sure], names)
    return Boxes(
        title=title,
        about=f"Objects of {len(shown)} test images, and what was found with a score of {SURE:.0%} or more: it is "
        f"right if class and place (IoU of {OVERLAP:g} or more) are those of an object that nothing surer has found.",
        images=framed([scenes.image(at) for at in shown]),
        boxes=np.concatenate(boxes).astype(np.float64),
        owners=np.array(owners, np.int64),
        captions=tuple(captions),
        marks=np.array(marks, np.int64),
    )


def right(objects: Objects, boxes: np.ndarray, names: Sequence[str]) -> list[int]:
    """1 for each box, surest first, that has found an object of its class which was still free, -1 for the others."""
    overlaps = box_iou(torch.from_numpy(boxes), torch.from_numpy(objects.boxes)).numpy()
    marks, free = [], np.ones(len(objects.names), dtype=bool)
    for name, row in zip(names, overlaps, strict=True):
        row = np.where(free & (np.array(objects.names, dtype=object) == name), row, 0.0)
        hit = row.max(initial=0.0) >= OVERLAP
        if hit:
            free[row.argmax()] = False
        marks.append(1 if hit else -1)
    return marks


def framed(images: Sequence[UInt8[np.ndarray, "_h _w c"]]) -> UInt8[np.ndarray, "m h w c"]:
    """Images of several sizes in frames of one: white to the right and below."""
    height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    frames = np.full((len(images), height, width, images[0].shape[2]), 255, np.uint8)
    for frame, image in zip(frames, images, strict=True):
        frame[: image.shape[0], : image.shape[1]] = image
    return frames
