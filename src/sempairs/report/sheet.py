"""A contact sheet: pairs of a set as one picture, to look at before anything is trained on them."""

from typing import Literal

import numpy as np
from jaxtyping import Int64
from PIL import Image, ImageDraw, ImageFont

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

Order = Literal["random", "best", "worst"]
SIDE, GAP, CAPTION = 112, 14, 34
PAPER, INK, QUIET, FALSE = "#ffffff", "#1a1a1a", "#d4d4d4", "#b3261e"


def choose(pairs: PairSet, count: int, order: Order, seed: int = 0) -> Int64[np.ndarray, " k"]:
    """Which pairs to show: at random, the most or the least similar ones.

    Raises
    ------
    UserError: an order by similarity of pairs that have none.
    """
    if order == "random":
        return rng("contact sheet", seed).permutation(len(pairs))[:count]
    similarity = pairs.column("similarity").astype(np.float64)
    known = np.flatnonzero(np.isfinite(similarity))
    if not len(known):
        raise UserError(f"pairs without a similarity have no {order} ones", todo="--order random")
    return known[np.argsort(-similarity[known] if order == "best" else similarity[known], kind="stable")[:count]]


def contact_sheet(pairs: PairSet, source: Source, chosen: Int64[np.ndarray, " k"], columns: int = 4) -> Image.Image:
    """The chosen pairs side by side, with class and similarity; a red frame and "!=" mark two classes."""
    rows = -(-len(chosen) // columns)
    wide, high = 2 * SIDE + GAP, SIDE + CAPTION + GAP
    sheet = Image.new("RGB", (columns * wide + GAP, rows * high + GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    positions, similarity = pairs.positions(source)[chosen], pairs.column("similarity").astype(np.float64)[chosen]
    for place, (both, score) in enumerate(zip(positions, similarity, strict=True)):
        left, top = GAP + place % columns * wide, GAP + place // columns * high
        for side, pixels in enumerate(source.images(both)):
            image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
            # Small images keep their pixels visible; large ones are reduced smoothly.
            how = Image.Resampling.NEAREST if max(image.size) <= SIDE else Image.Resampling.LANCZOS
            scale = SIDE / max(image.size)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            sheet.paste(image.resize(size, how), (left + side * SIDE, top))
        same, text = _caption(source, both)
        frame = (left - 2, top - 2, left + 2 * SIDE + 1, top + SIDE + 1)
        draw.rectangle(frame, outline=QUIET if same else FALSE, width=1 if same else 3)
        draw.text((left, top + SIDE + 4), text, INK if same else FALSE, font)
        if np.isfinite(score):
            draw.text((left, top + SIDE + 18), f"similarity {score:.3f}", "#6a6a6a", font)
    return sheet


def _caption(source: Source, both: Int64[np.ndarray, "2"]) -> tuple[bool, str]:
    """Whether the two images have one label, and what to write below them."""
    if source.labels is None:
        return True, ""
    a, b = (source.label_names[label].encode("ascii", "replace").decode() for label in source.labels[both])
    same = bool(source.labels[both[0]] == source.labels[both[1]])
    text = a if same else f"{a} != {b}"
    return same, text if len(text) <= 36 else text[:33] + "..."
