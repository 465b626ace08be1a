"""The solid's surface: paint, sun, sky, a highlight and a bright rim, its edge blended into what is behind.

Source: J. F. Blinn, "Models of light reflection for computer synthesized pictures", SIGGRAPH 1977 (the highlight).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sempairs.sources.shapes.colour import hue_to_rgb
from sempairs.sources.shapes.scene import SKY, SUN, Places, Scene, true_pixels
from sempairs.sources.shapes.solids import Distance
from sempairs.sources.shapes.tracing import Points, Values, dot, nearest_approach, normals

BAND_SPACING, BAND_WIDTH = 0.34, 0.15
"""In radii of the solid."""

CREAM = (0.92, 0.86, 0.74)
"""Linear RGB of the bands."""

SHINE_DOUBLINGS = 5
"""The highlight is a cosine to the power 2 to this."""


@dataclass(frozen=True)
class Seen:
    """The pixels in which the solid is seen.

    Parameters
    ----------
    places, n: where they are in the flattened images, and in which image.
    points: on the solid or, at its edge, beside it.
    cover: how much of the pixel the solid covers, above 0 and up to 1.
    """

    places: Places
    n: Places
    points: Points
    cover: Values


def see_solid(scene: Scene, distance: Distance) -> Seen:
    """Look for the solid, in all pixels where its unit sphere is."""
    dx, dy = scene.dx[:, None, :], scene.dy[:, :, None]
    places, n = true_pixels(dx * dx + dy * dy < 1)
    origin = dx * scene.right[:, :, None, None] + dy * scene.up[:, :, None, None]
    origin = origin.reshape(3, -1).take(places, axis=1)
    points, gap = nearest_approach(distance, origin, scene.forward.take(n, axis=1))
    cover = 1 - np.maximum(gap, 0) / scene.pixel[n]  # a miss by less than a pixel covers a part of it
    seen = np.flatnonzero(cover > 0)
    return Seen(places[seen], n[seen], points.take(seen, axis=1), cover[seen])


def lay_solid(
    image: Float32[np.ndarray, "3 n h w"],
    factors: Mapping[str, np.ndarray],
    scene: Scene,
    distance: Distance,
    seen: Seen,
) -> None:
    """Put the light from the solid over `image`, in place."""
    n = seen.n
    painted = _bands(seen.points[1], factors["bands"].astype(np.float32)[n], scene.pixel[n])
    matt_sun, matt_sky, gloss_sun, gloss_sky = _reflected(scene, distance, seen.points, n)
    for channel, hue in enumerate(hue_to_rgb(factors["hue"], 0.70, 0.17)):
        colour = hue[n] + (CREAM[channel] - hue[n]) * painted
        light = SUN[channel] * (colour * matt_sun + gloss_sun) + SKY[channel] * (colour * matt_sky + gloss_sky)
        flat = image[channel].reshape(-1)
        behind = flat[seen.places]
        flat[seen.places] = behind + (light - behind) * seen.cover


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
