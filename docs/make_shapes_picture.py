"""Draw docs/shapes.png, the guide's picture of the source `shapes`: each factor alone, then a sample.

python docs/make_shapes_picture.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sempairs.sources.shapes import draw_factors, render

SIZE, GAP, LEFT, COLUMNS = 64, 3, 96, 8
INK, PAPER = "#1a1a1a", "white"
STILL = {
    "shape": 1, "bands": 1, "x": 0.0, "y": 0.02, "yaw": 32.0, "pitch": 0.0, "roll": 0.0, "size": 0.66, "hue": 0.62,
    "background": 0, "background_scale": 2.6, "background_hue": 0.22, "light_azimuth": -75.0, "light_elevation": 42.0,
    "light_strength": 1.0,
}  # fmt: skip
ROWS = {
    "shape": {"shape": range(8), "hue": [0.62] * 8},
    "bands": {"shape": [2] * 4 + [0] * 4, "bands": [0, 1, 2, 3] * 2},
    "position": {
        "shape": [5] * 8, "size": [0.45] * 8,
        "x": [-0.3, -0.15, 0.15, 0.3, 0.3, 0.1, -0.1, -0.3], "y": [0.3, 0.3, 0.3, 0.1, -0.1, -0.3, -0.3, -0.2],
    },
    "pose": {
        "shape": [7] * 8, "bands": [2] * 8, "yaw": np.arange(8) * 45.0,
        "pitch": np.linspace(-35, 35, 8), "roll": [0, 20, 35, 20, 0, -20, -35, -20],
    },
    "size": {"shape": [6] * 8, "size": np.linspace(0.45, 0.7, 8), "yaw": [20.0] * 8},
    "hue": {"shape": [4] * 8, "bands": [2] * 8, "yaw": [25.0] * 8, "hue": np.arange(8) / 8 + 0.05},
    "background": {
        "shape": [3] * 8, "background": [1, 2, 3, 4, 5, 3, 2, 1], "background_hue": np.arange(8) / 8,
        "background_scale": [2.0, 2.4, 2.8, 2.6, 2.6, 4.0, 4.5, 5.0],
    },
    "light": {
        "light_azimuth": [-110, -70, -30, 30, 70, 110, 60, 60], "light_elevation": [32, 40, 50, 62, 50, 40, 45, 45],
        "light_strength": [1.0] * 6 + [0.6, 1.2],
    },
}  # fmt: skip


def row_of(changed: dict[str, object]) -> np.ndarray:
    """The images of the still scene with these factors changed."""
    return render({name: np.array(changed.get(name, [value] * COLUMNS)) for name, value in STILL.items()}, SIZE)


sample = render(draw_factors(2 * COLUMNS, 11, "independent", 0.5), SIZE)
rows = {name: row_of(changed) for name, changed in ROWS.items()}
rows |= {"a sample": sample[:COLUMNS], "": sample[COLUMNS:]}
step = SIZE + GAP
sheet = Image.new("RGB", (LEFT + COLUMNS * step, len(rows) * step - GAP), PAPER)
pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
for row, (name, images) in enumerate(rows.items()):
    pen.text((LEFT - 12, row * step + SIZE // 2), name, fill=INK, font=font, anchor="rm")
    for column, image in enumerate(images):
        sheet.paste(Image.fromarray(image), (LEFT + column * step, row * step))
coarse = Image.fromarray(np.asarray(sheet) // 4 * 4 + np.uint8(2))  # six bits a colour: half the file
coarse.save(Path(__file__).parent / "shapes.png", optimize=True)
