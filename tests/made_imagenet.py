"""A folder laid out as ImageNet's, of a few drawn classes, with what else the studies of ImageNet want beside it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from made_official import write_official
from sempairs.core.seeds import rng
from sempairs.sources.preparing import prepare

CLASSES = ("n00000001", "n00000002", "n00000003", "n00000004")
TRAIN, VAL = 24, 8  # images of each class
SIDE = 40


def looks_alike(first: str, second: str) -> bool:
    """Whether two images, given by their ids, show the shape of their class in the same colour: what people judge."""
    return _number(first) % 2 == _number(second) % 2


def write_imagenet(root: Path) -> Path:
    """train/CLASS/CLASS_NUMBER.JPEG and val/CLASS/ILSVRC2012_val_NUMBER.JPEG; each class is a shape in two colours."""
    for split, count in (("train", TRAIN), ("val", VAL)):
        for kind, name in enumerate(CLASSES):
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                file = f"{name}_{number}.JPEG" if split == "train" else f"ILSVRC2012_val_{kind}_{number}.JPEG"
                _draw(kind, number, rng("made imagenet", split, kind, number)).save(folder / file, quality=90)
    return root


def write_beside(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """`transfer/` with one prepared data set of the twelve, and `voc/` with scenes of two kinds of object."""
    write_official("pets", folder / "transfer", patch)
    prepare("pets", str(folder / "transfer"), verified=False)
    for year, lists in (("VOC2007", ("trainval", "test")), ("VOC2012", ("trainval",))):
        for offset, split in enumerate(lists):
            _write_voc(folder / "voc" / year, split, range(100 * offset, 100 * offset + 8))


def _number(id: str) -> int:
    return int(Path(id).stem.rpartition("_")[2])


def _draw(kind: int, number: int, random: np.random.Generator) -> Image.Image:
    noise = random.integers(0, 90, (SIDE, SIDE, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    draw, at = ImageDraw.Draw(image), random.integers(2, 10, 2).tolist()
    box = (*at, at[0] + 24, at[1] + 24)
    colour = ((230, 60, 60), (60, 90, 240))[number % 2]
    if kind == 0:
        draw.ellipse(box, fill=colour)
    elif kind == 1:
        draw.rectangle(box, fill=colour)
    elif kind == 2:
        draw.polygon([(box[0], box[3]), (box[2], box[3]), ((box[0] + box[2]) // 2, box[1])], fill=colour)
    else:
        for line in range(box[1], box[3], 6):
            draw.line((box[0], line, box[2], line), fill=colour, width=3)
    return image


def _write_voc(root: Path, split: str, numbers: range) -> None:
    for folder in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        _draw(number % 2, number, rng("made voc", root.name, number)).save(root / "JPEGImages" / f"{number:06}.jpg")
        (root / "Annotations" / f"{number:06}.xml").write_text(
            f"<annotation><size><width>{SIDE}</width><height>{SIDE}</height><depth>3</depth></size><object>"
            f"<name>{('disc', 'square')[number % 2]}</name><difficult>0</difficult><bndbox><xmin>5</xmin>"
            f"<ymin>5</ymin><xmax>32</xmax><ymax>32</ymax></bndbox></object></annotation>"
        )
    (root / "ImageSets/Main" / f"{split}.txt").write_text("\n".join(f"{number:06}" for number in numbers))
