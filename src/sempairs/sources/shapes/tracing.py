"""Sphere tracing: a ray goes on by the distance to the surface, which can never carry it through.

Source: J. C. Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces", The
Visual Computer 12, 1996. Soft shadows after I. Quilez, "Soft shadows in raymarched SDFs", iquilezles.org.
"""

import numpy as np
from jaxtyping import Float32

from sempairs.sources.shapes.solids import Distance

Values = Float32[np.ndarray, " k"]
Points = Float32[np.ndarray, "3 k"]

STEPS, LEAST = 18, 0.05
"""Steps to the surface, and the least length of one, away from it."""

SLACK = 0.01
"""How near counts as away."""

SHADOW_STEPS, SHADOW_LEAST = 12, 0.1
PENUMBRA = 5.0
"""The inverse of the light's angular radius."""


REACH = 1.5
"""Square of the distance from the solid's centre beyond which it does not dim the light."""


def dot(one: Float32[np.ndarray, "3 *#k"], other: Float32[np.ndarray, "3 *#k"]) -> Float32[np.ndarray, "*#k"]:
    """Scalar products, always added in this order."""
    product: Float32[np.ndarray, "*#k"] = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product


def nearest_approach(distance: Distance, origin: Points, forward: Points) -> tuple[Points, Values]:
    """The first point of each ray on the surface, or where a ray that misses passes nearest, and its distance there.

    Parameters
    ----------
    distance: the solid, inside the unit sphere.
    origin: the points of the rays that are nearest to the centre, inside the unit sphere.
    forward: the rays' unit directions.
    """
    (x, y, z), (u, v, w) = origin, forward
    along = -np.sqrt(np.maximum(1 - dot(origin, origin), 0))
    best, where = np.full_like(along, np.inf), along
    for _ in range(STEPS):
        gap = distance(x + along * u, y + along * v, z + along * w)
        near = np.abs(gap)
        # Arithmetic in the place of np.where, which takes several times as long.
        where = where + (near < best) * (along - where)
        best = np.minimum(near, best)
        # A ray that grazes one part must still reach the next. A step too far is taken back: gaps inside are negative.
        along = along + gap + (gap > SLACK) * np.clip(LEAST - gap, 0, LEAST)
    return origin + where * forward, best


def normals(distance: Distance, points: Points) -> Points:
    """Unit normals of the level surfaces, from the four corners of a small tetrahedron."""
    x, y, z = points
    step = 0.004
    a = distance(x + step, y - step, z - step)
    b = distance(x - step, y - step, z + step)
    c = distance(x - step, y + step, z - step)
    d = distance(x + step, y + step, z + step)
    normal = np.stack([a - b - c + d, c + d - a - b, b + d - a - c])
    return np.asarray(normal / np.sqrt(np.maximum(dot(normal, normal), 1e-18)))


def light_reaching(distance: Distance, points: Points, light: Points) -> Values:
    """How much of a round light each point sees past the solid, 0 to 1."""
    (x, y, z), (u, v, w) = points, light
    nearest = -dot(points, light)  # to the solid's centre
    beside = dot(points, points) - nearest * nearest  # its square from the ray
    along = np.maximum(nearest - np.sqrt(np.maximum(REACH - beside, 0)), 0.02)
    seen = np.ones_like(along)
    for _ in range(SHADOW_STEPS):
        gap = distance(x + along * u, y + along * v, z + along * w)
        seen = np.minimum(seen, PENUMBRA * gap / along)
        along = along + np.maximum(gap, SHADOW_LEAST)
    seen = np.maximum(seen, 0)
    smooth: Values = seen * seen * (3 - 2 * seen)
    return smooth
