"""The textures of the floor: how much of the second colour each point has, softened over one pixel."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int32

Points = Float[np.ndarray, "#n #h #w"]
Texture = Callable[[Points, Points, Points], Points]


def _paint(inside: Points, blur: Points) -> Points:
    """1 where `inside` is positive and 0 where it is negative, over a ramp of width `blur`: no jagged edges."""
    painted: Points = np.clip(inside / blur + 0.5, 0, 1)
    return painted


def _wave(x: Points, blur: Points) -> Points:
    """Bands of one unit: half a unit on, half a unit off."""
    return _paint(np.abs(x - np.floor(x) - 0.5) - 0.25, blur)


def _plain(x: Points, z: Points, blur: Points) -> Points:
    return np.zeros_like(x + z)


def _stripes(x: Points, z: Points, blur: Points) -> Points:
    return _wave(0.8 * x + 0.6 * z, blur)


def _checks(x: Points, z: Points, blur: Points) -> Points:
    one, other = _wave(0.6 * (0.8 * x - 0.6 * z), 0.6 * blur), _wave(0.6 * (0.6 * x + 0.8 * z), 0.6 * blur)
    either: Points = one + other - 2 * one * other
    return either


def _dots(x: Points, z: Points, blur: Points) -> Points:
    x, z = 0.8 * x - 0.6 * z, 0.6 * x + 0.8 * z
    x, z = x - np.floor(x) - 0.5, z - np.floor(z) - 0.5
    return _paint(0.28 - np.sqrt(x * x + z * z), blur)


def _rings(x: Points, z: Points, blur: Points) -> Points:
    return _wave(np.sqrt((x - 1.3) ** 2 + (z + 0.9) ** 2), blur)


def _clouds(x: Points, z: Points, blur: Points) -> Points:
    """Value noise: random numbers on a lattice, smoothly interpolated; two octaves."""
    coarse, fine = _noise(x, z), _noise(2.1 * x + 7.3, 2.1 * z - 3.7)
    return np.clip(1.7 * (0.65 * coarse + 0.35 * fine) - 0.35, 0, 1)


def _noise(x: Points, z: Points) -> Points:
    column, row = np.floor(x), np.floor(z)
    x, z = x - column, z - row
    x, z = x * x * (3 - 2 * x), z * z * (3 - 2 * z)
    i, j = column.astype(np.int32), row.astype(np.int32)
    near = _lattice(i, j) * (1 - x) + _lattice(i + 1, j) * x
    far = _lattice(i, j + 1) * (1 - x) + _lattice(i + 1, j + 1) * x
    noise: Points = near * (1 - z) + far * z
    return noise


_TABLE = (np.arange(256, dtype=np.int64) * 167 + 13) ** 3 % 257 % 256
_VALUES = (_TABLE / 255).astype(np.float32)
"""A fixed scramble of 0 to 255, and the random numbers of the lattice."""


def _lattice(i: Int32[np.ndarray, "#n #h #w"], j: Int32[np.ndarray, "#n #h #w"]) -> Points:
    values: Points = _VALUES[(_TABLE[i & 255] + j) & 255]
    return values


TEXTURES: dict[str, Texture] = {
    "plain": _plain,
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "rings": _rings,
    "clouds": _clouds,
}
"""`f(x, z, blur)` of floor coordinates in units of the texture's scale; `blur` is the width of a pixel there."""
