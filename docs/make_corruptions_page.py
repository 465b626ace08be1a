"""docs/corruptions.md and its picture, made from the code of the corruptions: `make corruptions-page`."""

import inspect
from pathlib import Path

import numpy as np
import torch
from make_views_page import Tile, photos
from PIL import Image, ImageDraw, ImageFont

from sempairs.evaluation.corruptions import CORRUPTIONS, corrupt
from sempairs.evaluation.corruptions.severities import LEVELS, SIDES, TABLE

FOLDER = Path(__file__).parent
PAGE, PICTURE = FOLDER / "corruptions.md", FOLDER / "corruptions.png"
TILE, GAP, LEFT, COLOURS = 84, 3, 118, 256
INK, PAPER = "#1a1a1a", "white"

HEAD = """# Corruptions

Made by `make corruptions-page` from the code; not written by hand.

The evaluation `robustness` tests a classifier that has learnt from clean images on images corrupted in 15 ways at 5
severities, after Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and
perturbations", ICLR 2019, [arXiv 1903.12261](https://arxiv.org/abs/1903.12261). Our corruptions work on batches, on
any device; what is drawn for an image is a function of the seed, its number and the corruption. They equal the
published definitions image by image (`tests/numerics/test_corruptions_published.py`), with these exceptions:

- **frost** is a generated texture: the authors' photographs of frost may not be shipped with this package. Its colours,
  its spread and how its detail falls with size are those of the photographs. Errors under frost do not compare with
  published ones, and neither, strictly, does a mean over all 15.
- Values are rounded to bytes once, at the end, where the authors cut them off in between; images are not stored as JPEG
  afterwards, as those of ImageNet-C are.
- OpenCV's affine map, in **elastic transform**, rounds positions to 1/32 of a pixel; ours does not.
- **glass blur** is written as a swap of pixels, but the authors' line copies, since NumPy hands out views; published
  images are made by copying, and so are ours.

Which severities are used is decided by the shorter side: up to 48 pixels those of CIFAR-10-C, up to 128 those of Tiny
ImageNet-C, above them those of ImageNet-C. The pictures below have 84 pixels.

![each corruption at severities 1 to 5](corruptions.png)

| corruption | what is done | parameters of severities 1 to 5, for images of 32, 64 and 224 pixels |
|---|---|---|
"""


def page() -> str:
    """The whole page, without its picture."""
    return HEAD + "\n".join(map(_row, CORRUPTIONS)) + "\n"


def _row(name: str) -> str:
    function = CORRUPTIONS[name]
    what = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
    options = ", ".join(f"`{option}`" for option in list(inspect.signature(function).parameters)[2:])
    tables = "; ".join(
        f"{side}: " + " · ".join(", ".join(f"{number:g}" for number in numbers) for numbers in table)
        for side, table in zip(SIDES, TABLE[name], strict=True)
    )
    return f"| {name} | {what} | {options}. {tables} |"


def rows() -> dict[str, list[Tile]]:
    """`corruption -> a photograph, then severities 1 to 5 of it`."""
    temple = photos()[1]
    small = Image.fromarray(temple).resize((TILE, TILE), Image.Resampling.LANCZOS)
    clean = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None].float() / 255
    numbers = np.zeros(1, dtype=np.int64)
    made = {name: [corrupt(clean, name, level, 0, numbers) for level in range(1, LEVELS + 1)] for name in CORRUPTIONS}
    return {name: [_bytes(image) for image in (clean, *images)] for name, images in made.items()}


def _bytes(image: torch.Tensor) -> Tile:
    pixels: Tile = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    return pixels


def draw(tiles: dict[str, list[Tile]], path: Path) -> None:
    """Named rows, two columns of them, in few colours."""
    step, half = TILE + GAP, (len(tiles) + 1) // 2
    width = LEFT + (LEVELS + 1) * step
    sheet = Image.new("RGB", (2 * width - GAP, half * step - GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, (name, row) in enumerate(tiles.items()):
        left, top = width * (number // half), step * (number % half)
        pen.text((left + LEFT - 8, top + TILE // 2), name, fill=INK, font=font, anchor="rm")
        for column, tile in enumerate(row):
            sheet.paste(Image.fromarray(tile), (left + LEFT + column * step, top))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    sheet.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    PAGE.write_text(page(), encoding="utf-8")
    draw(rows(), PICTURE)
