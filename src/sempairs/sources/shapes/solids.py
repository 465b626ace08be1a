"""The solids that `shapes` shows, each as its signed distance and its support function, inside the unit sphere.

Source: I. Quilez, "Distance functions", iquilezles.org, for the cylinder, the cone and the octahedron; the others
are a line of geometry. Only + - * / sqrt, min and max are used on points, which IEEE 754 defines to the last bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, " k"]
Distance = Callable[[Values, Values, Values], Values]


@dataclass(frozen=True)
class Solid:
    """A solid about the origin, y upwards.

    Parameters
    ----------
    distance: of points `(x, y, z)` from the surface, negative inside.
    support: how far the solid reaches in the unit directions `(x, y, z)`: what it stands on.
    """

    distance: Distance
    support: Distance


def _length(x: Values, y: Values, z: Values | float = 0.0) -> Values:
    length: Values = np.sqrt(x * x + y * y + z * z)
    return length


def _largest(x: Values, y: Values, z: Values) -> Values:
    largest: Values = np.maximum(np.maximum(np.abs(x), np.abs(y)), np.abs(z))
    return largest


def _sphere(radius: float) -> Solid:
    def distance(x: Values, y: Values, z: Values) -> Values:
        return _length(x, y, z) - radius

    return Solid(distance, lambda x, y, z: np.full_like(x, radius))


def _cube(half: float, rounding: float) -> Solid:
    def distance(x: Values, y: Values, z: Values) -> Values:
        x, y, z = np.abs(x) - half, np.abs(y) - half, np.abs(z) - half
        inside: Values = np.minimum(np.maximum(np.maximum(x, y), z), 0)
        outside = _length(np.maximum(x, 0), np.maximum(y, 0), np.maximum(z, 0))
        return outside + (inside - rounding)

    return Solid(distance, lambda x, y, z: half * (np.abs(x) + np.abs(y) + np.abs(z)) + rounding)


def _cylinder(radius: float, half: float, rounding: float) -> Solid:
    def distance(x: Values, y: Values, z: Values) -> Values:
        out, up = _length(x, z) - radius, np.abs(y) - half
        inside: Values = np.minimum(np.maximum(out, up), 0)
        return _length(np.maximum(out, 0), np.maximum(up, 0)) + (inside - rounding)

    return Solid(distance, lambda x, y, z: half * np.abs(y) + radius * _length(x, z) + rounding)


def _cone(radius: float, half: float, rounding: float) -> Solid:
    """Base of `radius` at -half, apex at +half."""
    slope = radius * radius + 4 * half * half

    def distance(x: Values, y: Values, z: Values) -> Values:
        out = _length(x, z)
        base_out = np.maximum(out - np.where(y < 0, np.float32(radius), np.float32(0)), 0)
        base_up = np.abs(y) - half
        along = np.clip((radius * out + 2 * half * (half - y)) / slope, 0, 1)  # from the apex down the side
        side_out, side_up = out - radius * along, y - half + 2 * half * along
        nearest = np.minimum(base_out * base_out + base_up * base_up, side_out * side_out + side_up * side_up)
        inside = (side_out < 0) & (base_up < 0)
        outside: Values = np.sqrt(nearest)
        return np.where(inside, -outside, outside) - rounding

    return Solid(distance, lambda x, y, z: np.maximum(half * y, radius * _length(x, z) - half * y) + rounding)


def _torus(radius: float, tube: float) -> Solid:
    """A standing ring, its axis along z."""

    def distance(x: Values, y: Values, z: Values) -> Values:
        return _length(_length(x, y) - radius, z) - tube

    return Solid(distance, lambda x, y, z: radius * _length(x, y) + tube)


def _capsule(half: float, radius: float) -> Solid:
    def distance(x: Values, y: Values, z: Values) -> Values:
        y = np.maximum(np.abs(y) - half, 0)
        return _length(x, y, z) - radius

    return Solid(distance, lambda x, y, z: half * np.abs(y) + radius)


def _octahedron(reach: float, rounding: float) -> Solid:
    def distance(x: Values, y: Values, z: Values) -> Values:
        x, y, z = np.abs(x), np.abs(y), np.abs(z)
        total, low, high = x + y + z, np.minimum(np.minimum(x, y), z), _largest(x, y, z)
        middle, beyond = total - low - high, total - reach
        along = np.clip((high - middle + reach) / 2, 0, reach)  # where on the edge between the two largest
        edge = _length(low, middle - reach + along, high - along)
        return np.where(3 * low < beyond, edge, beyond * 3**-0.5) - rounding

    return Solid(distance, lambda x, y, z: reach * _largest(x, y, z) + rounding)


def _jack(half: float, radius: float) -> Solid:
    """Three capsules along the axes. A point is nearest to the one along its largest coordinate."""

    def distance(x: Values, y: Values, z: Values) -> Values:
        along = _largest(x, y, z)
        beyond = np.maximum(along - half, 0)
        across = np.maximum(x * x + y * y + z * z - along * along, 0)  # rounding may take it below
        away: Values = np.sqrt(across + beyond * beyond)
        return away - radius

    return Solid(distance, lambda x, y, z: half * _largest(x, y, z) + radius)


SOLIDS = {
    "sphere": _sphere(0.82),
    "cube": _cube(0.50, 0.07),
    "cylinder": _cylinder(0.50, 0.56, 0.07),
    "cone": _cone(0.64, 0.66, 0.06),
    "torus": _torus(0.64, 0.27),
    "capsule": _capsule(0.50, 0.42),
    "octahedron": _octahedron(0.90, 0.06),
    "jack": _jack(0.66, 0.25),
}
