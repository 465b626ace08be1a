"""The solid's surface: paint, sun, sky, a highlight and a bright rim, its edge blended into what is behind.

Source: J. F. Blinn, "Models of light reflection for computer synthesized pictures", SIGGRAPH 1977 (the highlight).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, Int64

from sempairs.sources.shapes.colour import hue_to_rgb
from sempairs.sources.shapes.scene import SKY, SUN, Scene
from sempairs.sources.shapes.solids import Distance
from sempairs.sources.shapes.tracing import Points, Values, dot, nearest_approach, normals

BAND_SPACING, BAND_WIDTH = 0.34, 0.15
"""In radii of the solid."""

CREAM = (0.92, 0.86, 0.74)
"""Linear RGB of the bands."""

SHINE_DOUBLINGS = 5
"""The highlight is a cosine to the power 2 to this."""

Places = Int64[np.ndarray, " k"]


def lay_solid(
    image: Float32[np.ndarray, "3 n h w"], factors: Mapping[str, np.ndarray], scene: Scene, distance: Distance
) -> None:
    """Put the light from the solid over `image`, in place."""
    pixels, points, gap = _seen(scene, distance)
    n = pixels[0]
    painted = _bands(points[1], factors["bands"].astype(np.float32)[n], scene.pixel[n])
    matt_sun, matt_sky, gloss_sun, gloss_sky = _reflected(scene, distance, points, n)
    cover = 1 - np.maximum(gap, 0) / scene.pixel[n]
    for channel, hue in enumerate(hue_to_rgb(factors["hue"], 0.70, 0.17)):
        colour = hue[n] + (CREAM[channel] - hue[n]) * painted
        light = SUN[channel] * (colour * matt_sun + gloss_sun) + SKY[channel] * (colour * matt_sky + gloss_sky)
        behind = image[channel][pixels]
        image[channel][pixels] = behind + (light - behind) * cover


def _seen(scene: Scene, distance: Distance) -> tuple[tuple[Places, Places, Places], Points, Values]:
    """Where the solid is seen: image, row and column, the points `[3, k]` on it or beside it, and the gap to it."""
    n, row, column = np.nonzero((scene.dy * scene.dy)[:, :, None] + (scene.dx * scene.dx)[:, None, :] < 1)
    origin = scene.dx[n, column] * scene.right.take(n, axis=1) + scene.dy[n, row] * scene.up.take(n, axis=1)
    points, gap = nearest_approach(distance, origin, scene.forward.take(n, axis=1))
    seen = gap < scene.pixel[n]  # a miss by less than a pixel covers a part of it
    return (n[seen], row[seen], column[seen]), points.compress(seen, axis=1), gap[seen]


def _reflected(scene: Scene, distance: Distance, points: Points, n: Places) -> tuple[Values, Values, Values, Values]:
    """How much sun and sky the surface scatters in its colour, and how much of them it mirrors."""
    normal = normals(distance, points)
    half = scene.light - scene.forward  # a mirror facing this way shows the sun
    half = half / np.sqrt(dot(half, half))
    above, strength = scene.above.take(n, axis=1), scene.strength[n]
    upward, height = dot(normal, above), scene.height[n] + dot(points, above)
    sky = (0.95 + 0.35 * upward) * np.minimum(0.6 + 0.7 * height, 1)  # less of it down by the floor
    shine = np.maximum(dot(normal, half.take(n, axis=1)), 0)
    for _ in range(SHINE_DOUBLINGS):
        shine = shine * shine
    rim = np.maximum(1 + dot(normal, scene.forward.take(n, axis=1)), 0)
    return (
        np.maximum(dot(normal, scene.light.take(n, axis=1)), 0) * strength,
        sky,
        0.4 * shine * strength,
        0.22 * rim * rim * rim * (1 + upward),
    )


def _bands(height: Values, count: Values, width: Values) -> Values:
    """How much of each point is painted: `count` bands, evenly spaced about the middle."""
    place = height / BAND_SPACING + (count - 1) / 2
    nearest = np.maximum(np.minimum(np.floor(place + 0.5), count - 1), 0)
    inside = BAND_WIDTH / 2 - np.abs(place - nearest) * BAND_SPACING
    painted: Values = np.clip(inside / width + 0.5, 0, 1) * (count > 0)
    return painted
