"""docs/views.md and its pictures, made from the steps' and recipes' own files: `make views-page`."""

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from make_methods_page import part, told
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_image

from sempairs.core.seeds import seed_of
from sempairs.core.settings import build, options_of
from sempairs.sources.shapes import draw_factors, render
from sempairs.views import STEPS, VIEWS
from sempairs.views.none import WholeFrame
from sempairs.views.steps import Step, make_views

FOLDER = Path(__file__).parent
PAGE, STEPS_PICTURE, RECIPES_PICTURE = (FOLDER / name for name in ("views.md", "views_steps.png", "views_recipes.png"))
SIDE, TILE, GAP, LEFT, COLUMNS, COLOURS = 192, 56, 3, 86, 9, 256
Tile = UInt8[np.ndarray, "s s 3"]
INK, PAPER = "#1a1a1a", "white"
SEED = seed_of("views page")

HEAD = """# Views

Made by `make views-page` from the steps' and recipes' own files; not written by hand.

A view is made of a frame of bytes on the training device, in batches, and is never rounded to bytes again. What is
drawn for a view is a function of the seed, the epoch, the pair and the number of the view: the same whatever the batch,
the worker or the device count. A recipe is chosen with `--views byol` or in a study file, with its options:

```toml
views = { name = "byol", size = 96, crop_min = 0.2 }
```

A list of your own, and another for the second image of a pair if that should be seen otherwise:

```toml
[views]
name = "custom"
steps = [{ op = "crop", min = 0.2 }, { op = "rotate", degrees = 15 }, { op = "jitter" }, { op = "blur", p = 1.0 }]
second = [{ op = "crop", min = 0.2 }, { op = "flip" }, { op = "solarize", p = 0.2, threshold = 0.5 }]
```

## What is exact

torchvision's functions on float images, given the parameters that we drew, are the oracle (`tests/numerics`).

| what | equal to torchvision's | within |
|---|---|---|
| crop, resize and flip | `resized_crop(antialias=True)`, `horizontal_flip` | 2e-5 (a window of the view's size: 0) |
| rotation and shear of a whole frame | `affine`, bilinear, without `fill` | 1e-4 |
| brightness, contrast, saturation, greyscale | `adjust_*`, `rgb_to_grayscale` | 1e-6 |
| hue | `adjust_hue` | 3e-6: one closed formula in place of the way to HSV and back |
| blur | `gaussian_blur` | 3e-6 |
| solarize, posterize, erase | `solarize`, `posterize`, `erase` | to the bit |
| equalize | `equalize` | to the bit (a channel of too few pixels stays as it is, not rounded to 256 levels) |

Crop, flip, rotation and shear are one resample. torchvision's three, one after the other, blur twice and show black
beyond the crop; here the frame goes on there (`views/affine.py`). Brightness, contrast and saturation are one matrix of
colours only where no value leaves [0, 1] on the way, and hue is none at all, so they are done one by one, in the order
that was drawn, clamped in between as by torchvision (`tests/numerics/test_views_colour_matrix.py`). What is drawn has
torchvision's distribution (`tests/numerics/test_views_distributions.py`, `test_views_steps_drawn.py`).

## Steps

Each row begins with a frame and shows what one step makes of it. Crop, rotate, shear, jitter, blur and erase draw anew
for each picture (rotate and shear up to 30 degrees). Flip, grey and equalize stand beside what they were given.
Solarize has thresholds from .9 to .2; posterize 4, 3, 2 and 1 bits, then another frame and 3, 2 and 1.

![the steps](views_steps.png)
"""
RECIPES_HEAD = """## Recipes

A frame, then views 0, 1, 2, ... of it, and over again with other numbers where a recipe has few; small crops in their
size. The numbers drawn are the same for all recipes. `custom` has the two lists from the top of this page.

![the recipes](views_recipes.png)
"""
CUSTOM = tomllib.loads(re.findall(r"```toml\n(.*?)```", HEAD, re.DOTALL)[1])["views"]


def page() -> str:
    """The whole page, without its pictures."""
    steps = [_step(name) for name in STEPS]
    recipes = [_recipe(name) for name in VIEWS]
    return "\n".join([HEAD, "| step | | options and defaults |\n|---|---|---|", *steps, "", RECIPES_HEAD, *recipes])


def _step(name: str) -> str:
    """A row of the table of steps."""
    step = STEPS[name]
    doc = inspect.getdoc(step) or ""
    says = told(doc)
    options = [f"`{option} = {_default(p)}` {says[option]}" for option, p in options_of(step).items()]
    return f"| `{name}` | {doc.partition(chr(10))[0]} | {'<br>'.join(options)} |"


def _default(parameter: inspect.Parameter) -> str:
    return "..." if parameter.default is parameter.empty else repr(parameter.default)


def _recipe(name: str) -> str:
    """The section of one recipe."""
    module = inspect.getmodule(VIEWS[name])
    assert module is not None
    doc = inspect.getdoc(module) or ""
    lines = [f"### {name}", "", doc.partition("\n\n")[0].replace("\n", " "), ""]
    for heading in ("Source", "Departure"):
        lines += [f"**{heading}** {part(doc, heading)}", ""] if f"**{heading}**" in doc else []
    options = [f"`{option} = {_default(p)}`" for option, p in options_of(VIEWS[name]).items()]
    lines += [f"Options: {', '.join(options)}.", ""]
    if callable(getattr(VIEWS[name], "steps", None)):
        lines += _lists(VIEWS[name]())
    return "\n".join(lines)


def _lists(recipe: Any) -> list[str]:
    """What a recipe does to its views, as lists for `custom`, with the numbers of the views that undergo each."""
    views: dict[str, list[int]] = {}
    for view in range(recipe.views):
        views.setdefault(_in_toml(recipe.steps(view)), []).append(view)
    lines: list[str] = []
    for steps, numbers in views.items():
        name = f"View {numbers[0]}" if len(numbers) == 1 else f"Views {', '.join(map(str, numbers))}"
        lines += [f"{name}, as a list:", "", "```toml", steps, "```", ""]
    return lines


def _in_toml(steps: tuple[Step, ...]) -> str:
    """The steps with those options that are not defaults; a step that is never applied is left out."""
    tables = []
    for step in steps:
        given = {name: getattr(step, name) for name in options_of(type(step))}
        if given.get("p") == 0:
            continue
        other = {name: v for name, v in given.items() if v != options_of(type(step))[name].default}
        options = [f'op = "{type(step).__name__.lower()}"', *(f"{name} = {value}" for name, value in other.items())]
        tables.append("{ " + ", ".join(options) + " }")
    return "steps = [\n" + "".join(f"  {table},\n" for table in tables) + "]"


def photos() -> list[Tile]:
    """A flower, a temple and two rendered solids, of one size."""
    flower, temple = (load_sample_image(name) for name in ("flower.jpg", "china.jpg"))
    flower, temple = flower[20:400, 150:530], temple[:400, 120:520]
    solids = render(draw_factors(2, 5, "independent", 0.5), SIDE)
    small = WholeFrame(size=SIDE)
    frames = [torch.from_numpy(image.copy())[None] for image in (flower, temple)]
    return [*(_bytes(small(frame, 0, np.zeros(1, dtype=np.int64))) for frame in frames), *solids]


def step_rows() -> dict[str, list[Tile]]:
    """`step -> the tiles of its row`."""
    flower, temple, *solids = photos()
    options: dict[str, dict[str, Any]] = {"rotate": {"degrees": 30.0}, "shear": {"degrees": 30.0}}
    rows: dict[str, list[tuple[Tile, dict[str, Any] | None]]] = {}  # a frame and the step's options; None: no step
    for name in STEPS:
        sure = {"p": 1.0} if "p" in options_of(STEPS[name]) else options.get(name, {})
        rows[name] = [(flower, None)] + [(flower, sure)] * (COLUMNS - 1)
    for name in ("flip", "grey", "equalize"):
        dim = (0.6, 40) if name == "equalize" else (1, 0)
        given = [(image * dim[0] + dim[1]).astype(np.uint8) for image in (temple, flower, *solids)]
        rows[name] = [(image, step) for image in given for step in (None, {"p": 1.0})]
    rows["solarize"][1:] = [(flower, {"p": 1.0, "threshold": tenths / 10}) for tenths in range(9, 1, -1)]
    levels = [{"p": 1.0, "bits": bits} for bits in (4, 3, 2, 1)]
    rows["posterize"] = [(flower, step) for step in (None, *levels)] + [(temple, step) for step in (None, *levels[1:])]
    return {
        name: [
            _tile(image, () if given is None else (STEPS[name](**given),), number)
            for number, (image, given) in enumerate(row)
        ]
        for name, row in rows.items()
    }


def recipe_rows() -> dict[str, list[Tile]]:
    """`recipe -> a frame and its first views`."""
    flower = photos()[0]
    rows = {}
    for name in VIEWS:
        recipe = build(VIEWS, CUSTOM | {"size": TILE}) if name == "custom" else VIEWS[name](size=TILE)
        rows[name] = [_tile(flower, (), 0)]
        for number in range(COLUMNS - 1):
            again, view = divmod(number, recipe.views)
            frames = torch.from_numpy(flower)[None]
            rows[name].append(_bytes(recipe(frames, seed_of(SEED, view), np.array([again]), view)))
    return rows


def _tile(image: Tile, steps: tuple[Step, ...], counter: int) -> Tile:
    return _bytes(make_views(steps, torch.from_numpy(image)[None], SEED, np.array([counter]), TILE))


def _bytes(view: torch.Tensor) -> Tile:
    pixels: Tile = (view[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    return pixels


def draw(rows: dict[str, list[Tile]], path: Path) -> None:
    """A sheet of named rows, in few colours: a third of the file."""
    step = TILE + GAP
    sheet = Image.new("RGB", (LEFT + COLUMNS * step - GAP, len(rows) * step - GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for row, (name, tiles) in enumerate(rows.items()):
        pen.text((LEFT - 8, row * step + TILE // 2), name, fill=INK, font=font, anchor="rm")
        for column, tile in enumerate(tiles):
            margin = (TILE - len(tile)) // 2
            sheet.paste(Image.fromarray(tile), (LEFT + column * step + margin, row * step + margin))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    sheet.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    PAGE.write_text(page(), encoding="utf-8")
    draw(step_rows(), STEPS_PICTURE)
    draw(recipe_rows(), RECIPES_PICTURE)
