"""From factors to images: many images and all their pixels at once, never a loop over images.

Light is added up linearly and shown as its square root, close to sRGB's curve. On pixels only + - * / sqrt, min, max
and floor are used, element by element: an image has the same bytes alone as in any batch.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.sources.shapes.factors import CONTENT, STYLE
from sempairs.sources.shapes.floor import floor_light
from sempairs.sources.shapes.scene import scene_of
from sempairs.sources.shapes.solids import SOLIDS
from sempairs.sources.shapes.surface import lay_solid, see_solid

VERSION = 2
"""Part of the key of the cache: raise it when a factor or a pixel changes."""

OPAQUE = 0.999
"""How much of a pixel the solid must cover for the floor behind it not to count."""

COUNTS = CONTENT | {name: range.values for name, range in STYLE.items() if range.values}


def render(factors: Mapping[str, np.ndarray], size: int = 64) -> UInt8[np.ndarray, "n {size} {size} 3"]:
    """The images with these factors, for example `source.columns` with another background.

    Memory grows with their number, by up to 0.3 MB for each image of 64 x 64: give some hundreds at a time.

    Parameters
    ----------
    factors: one array of n values for each name in `CONTENT` and `STYLE`; others are not looked at.
    size: height and width in pixels.

    Raises
    ------
    UserError: a factor is missing, not finite, of another length, or not one of its whole numbers.
    """
    n = _check(factors)
    images = np.empty((n, size, size, 3), dtype=np.uint8)
    for number, solid in enumerate(SOLIDS.values()):
        members = np.flatnonzero(factors["shape"] == number)
        if len(members):
            part = {name: np.ascontiguousarray(factors[name][members]) for name in (*CONTENT, *STYLE)}
            scene = scene_of(part, solid, size)
            seen = see_solid(scene, solid.distance)
            light = floor_light(part, scene, solid.distance, hidden=seen.places[seen.cover > OPAQUE])
            lay_solid(light, part, scene, solid.distance, seen)
            shown = (np.sqrt(np.clip(light, 0, 1)) * 255 + 0.5).astype(np.uint8)
            images[members] = np.stack(list(shown), axis=-1)
    return images


def _check(factors: Mapping[str, np.ndarray]) -> int:
    """How many images there are."""
    known = ", ".join((*CONTENT, *STYLE))
    for name in (*CONTENT, *STYLE):
        if name not in factors:
            raise UserError(f"the factor {name!r} is missing", got=", ".join(factors), todo=f"give all of {known}")
        values, n = factors[name], len(factors["shape"])
        if values.shape != (n,) or not np.isfinite(values).all():
            got, todo = f"shape {values.shape} for {n} images", "give one finite number for each image"
            raise UserError(f"the factor {name!r} cannot be drawn", got=got, todo=todo)
        if name in COUNTS and not np.isin(values, np.arange(COUNTS[name])).all():
            todo = f"choose from 0 to {COUNTS[name] - 1}"
            raise UserError(f"the factor {name!r} has no such value", got=np.unique(values), todo=todo)
    return len(factors["shape"])
