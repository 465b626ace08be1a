"""Images in files whose objects somebody annotated: looked at once before they are used, and read when they are needed.

What is damaged is left out with its reason: an image that cannot be decoded or is not the one that was annotated, a box
without an area or outside its image. Above `BAD_SHARE` the whole set is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.detection.scenes import Objects, Scenes
from sempairs.sources.base import Quarantined
from sempairs.sources.decode import LIMITS, BadImage, decode
from sempairs.sources.workers import read_image

BAD_SHARE = 0.1
ROUNDING = 1.0
"""Pixels that a box may reach over the border; it is cut off there."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """An image file with what its annotation says.

    Parameters
    ----------
    size: width and height of the image that was annotated; None where it is not said.
    """

    id: str
    path: Path
    size: tuple[int, int] | None
    objects: Objects


def open_annotated(
    name: str, annotated: Sequence[Annotated], damaged: Sequence[Quarantined], count: int | None, seed: int
) -> Scenes:
    """The images that can be used, `count` of them drawn by chance in their order; None for all.

    Parameters
    ----------
    damaged: what the reader of the annotations has left out already.

    Raises
    ------
    UserError: there are fewer images than `count`, or too many bad ones.
    """
    if count is not None and count > len(annotated):
        raise UserError(f"{name} has fewer images than asked for", got=len(annotated), todo="ask for fewer")
    drawn = np.arange(len(annotated))
    if count is not None:
        drawn = np.sort(rng("annotated", seed).permutation(len(annotated))[:count])
    good: list[tuple[Path, Objects]] = []
    bad = list(damaged)
    with progress(f"checking {name}", len(drawn), "images") as bar:
        for row in (annotated[int(at)] for at in drawn):
            try:
                good.append((row.path, _checked(row)))
            except BadImage as error:
                bad.append(Quarantined(row.id, str(error)))
            bar()
    if not good or len(bad) > BAD_SHARE * (len(good) + len(bad)):
        reasons = "".join(f"\n    {row.id!r}: {row.reason}" for row in bad[:3])
        raise UserError(
            f"too many images of {name} cannot be used",
            got=f"{len(bad)} of {len(good) + len(bad)}{reasons}",
            todo="mend the annotations, or leave these images out",
        )
    return Scenes(name, tuple(o for _, o in good), lambda at: _again(good[at][0]), tuple(bad))


def pixels(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The image in a file. Raises BadImage if it cannot be read."""
    try:
        return decode(read_image(path, LIMITS), LIMITS)
    except OSError as error:
        raise BadImage(f"cannot be read: {error.strerror}") from None


def _again(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The image in a file that was good. Raises UserError if it no longer is."""
    try:
        return pixels(path)
    except BadImage as error:
        raise UserError(f"{path} was readable and is no longer", got=error, todo="run again") from None


def _checked(row: Annotated) -> Objects:
    """The objects, their boxes within the image. Raises BadImage."""
    height, width, _ = pixels(row.path).shape
    if row.size not in (None, (width, height)):
        raise BadImage(f"an image of {row.size} was annotated, and the file has {(width, height)}")
    boxes, limits = row.objects.boxes, np.array([width, height, width, height], np.float32)
    for box in boxes:
        if not np.isfinite(box).all() or (box < -ROUNDING).any() or (box > limits + ROUNDING).any():
            raise BadImage(f"the box {box.tolist()} is not inside an image of {(width, height)}")
    boxes = np.clip(boxes, 0, limits)
    for box in boxes:
        if not (box[2:] > box[:2]).all():
            raise BadImage(f"the box {box.tolist()} has no area")
    return Objects(boxes, row.objects.names, row.objects.ignored)


def below(folder: Path, name: str) -> Path:
    """The file `name` in a folder. Raises BadImage if it would lie elsewhere."""
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError):
        raise BadImage("its file has an impossible name") from None
    if not path.is_relative_to(folder.resolve()):
        raise BadImage(f"its file {name[:80]!r} does not lie in the folder of images")
    return path


def objects_of(boxes: Sequence[Sequence[float]], names: Sequence[str], ignored: Sequence[bool]) -> Objects:
    """What was read, one after the other, as arrays."""
    # Numbers beyond float32 become infinite, which the check of the boxes refuses.
    with np.errstate(over="ignore"):
        corners = np.array(boxes, np.float64).reshape(-1, 4).astype(np.float32)
    return Objects(corners, tuple(names), np.array(ignored, dtype=bool))
