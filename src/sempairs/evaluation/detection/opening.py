"""Scenes from the word that names them."""

from pathlib import Path
from typing import Literal

from sempairs.core.errors import UserError
from sempairs.core.progress import say
from sempairs.evaluation.detection.annotated import open_annotated
from sempairs.evaluation.detection.coco import read_coco
from sempairs.evaluation.detection.garments import garments
from sempairs.evaluation.detection.scenes import Scenes
from sempairs.evaluation.detection.voc import read_voc

READERS = {".txt": read_voc, ".json": read_coco}


def open_scenes(name: str, split: Literal["train", "test"], count: int | None, seed: int) -> Scenes:
    """ "garments"; a list of VOC's (ImageSets/Main/NAME.txt); or a JSON file of COCO's.

    Parameters
    ----------
    split: of the garments; a file names its own images.
    count: how many images, drawn by chance; None for all that a file names.

    Raises
    ------
    UserError: it is none of them; what the readers refuse; `count` is None for garments, of which there is no end.
    """
    if name == "garments":
        if count is None:
            raise UserError("scenes of garments are made, as many as are asked for", todo="set the number of images")
        return garments(split, count, seed)
    path = Path(name).expanduser()
    if path.suffix not in READERS:
        raise UserError(
            f"there are no scenes called {name!r}",
            todo="give \"garments\", a list of VOC's (VOC2007/ImageSets/Main/test.txt) or a JSON file of COCO's",
        )
    annotated, damaged = READERS[path.suffix](path)
    scenes = open_annotated(path.name, annotated, damaged, count, seed)
    if scenes.left_out:
        first = scenes.left_out[0]
        say(f"warning: {len(scenes.left_out)} images of {scenes.name} left out; {first.id}: {first.reason}")
    return scenes


def join(several: list[Scenes]) -> Scenes:
    """Several sets of scenes as one."""
    places = [(scenes, at) for scenes in several for at in range(len(scenes))]
    return Scenes(
        " and ".join(scenes.name for scenes in several),
        tuple(objects for scenes in several for objects in scenes.objects),
        lambda at: places[at][0].image(places[at][1]),
        tuple(row for scenes in several for row in scenes.left_out),
    )
