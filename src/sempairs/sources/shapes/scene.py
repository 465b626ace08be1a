"""Where things are in an image of `shapes`: the camera, the turned solid, the floor it stands on, the light.

World: x right, y up, z towards the viewer. The camera is orthographic and looks down at a fixed angle, so that a
position moves the picture of the solid and never changes its size. Lengths are radii of the solid, the origin is its
centre, and vectors are written in the object's axes, which the pose turns. A pixel is `dx` to the right of the centre
and `dy` above it, so what is linear in the image is a vector for `dx`, one for `dy` and a constant.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from sempairs.sources.shapes.solids import Solid

Vectors = Float32[np.ndarray, "3 n"]
Values = Float32[np.ndarray, " n"]
Places = Int64[np.ndarray, " k"]
Angles = Float64[np.ndarray, " n"]

SUN = (0.98, 0.94, 0.86)
SKY = (0.35, 0.36, 0.40)
"""Linear RGB of the light from one direction and of the light from everywhere."""

SINE, COSINE = math.sin(math.radians(33)), math.cos(math.radians(33))  # how far the camera looks down


@dataclass(frozen=True)
class Scene:
    """The geometry of n images of one solid.

    Parameters
    ----------
    dx, dy: of the columns and the rows.
    pixel: width of a pixel.
    right, up, forward: the camera's axes.
    back: how far the point of the floor that is seen moves when `dy` grows by one.
    foot: the point of the floor that is seen at `dx` = `dy` = 0, behind the solid.
    light, above: towards the light, and straight up.
    height: of the centre above the floor.
    strength: of the sun.
    """

    dx: Float32[np.ndarray, "n w"]
    dy: Float32[np.ndarray, "n h"]
    pixel: Values
    right: Vectors
    up: Vectors
    forward: Vectors
    back: Vectors
    foot: Vectors
    light: Vectors
    above: Vectors
    height: Values
    strength: Values


def pixel_centres(size: int) -> Float32[np.ndarray, " {size}"]:
    """Where the pixels are, from left to right or from top to bottom; the image goes from -1 to 1."""
    return (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1


def true_pixels(mask: Bool[np.ndarray, "n h w"]) -> tuple[Places, Places]:
    """Where a mask is true: the places in the flattened images, and the images. np.nonzero takes some times as long."""
    places = np.flatnonzero(mask)
    return places, places // mask[0].size


def scene_of(factors: Mapping[str, np.ndarray], solid: Solid, size: int) -> Scene:
    """The scene of images whose solid is `solid`; lengths are radii of the solid."""
    axes = _axes(*(np.radians(factors[name].astype(np.float64)) for name in ("yaw", "pitch", "roll")))

    def in_object(x: float | Angles, y: float | Angles, z: float | Angles) -> Vectors:
        return np.asarray(x * axes[0] + y * axes[1] + z * axes[2], dtype=np.float32)

    x, y, radius = (factors[name].astype(np.float32)[:, None] for name in ("x", "y", "size"))
    azimuth, elevation = np.radians(factors["light_azimuth"]), np.radians(factors["light_elevation"])
    above = in_object(0.0, 1.0, 0.0)
    height = solid.support(*-above)
    return Scene(
        dx=(pixel_centres(size) - x) / radius,
        dy=(-pixel_centres(size) - y) / radius,
        pixel=2 / (size * radius[:, 0]),
        right=in_object(1.0, 0.0, 0.0),
        up=in_object(0.0, COSINE, -SINE),
        forward=in_object(0.0, -SINE, -COSINE),
        back=in_object(0.0, 0.0, -1 / SINE),
        foot=height * in_object(0.0, -1.0, -COSINE / SINE),
        light=in_object(np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)),
        above=above,
        height=height,
        strength=factors["light_strength"].astype(np.float32),
    )


def _axes(yaw: Angles, pitch: Angles, roll: Angles) -> Float64[np.ndarray, "3 3 n"]:
    """The world's axes x, y and z in the object's, for angles in radians; the object turns by roll, pitch, then yaw."""
    (a, b, c), (p, q, r) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    # The rows of Ry(yaw) Rx(pitch) Rz(roll), whose columns are the object's axes in the world.
    return np.array(
        [
            [a * c + p * q * r, p * q * c - a * r, p * b],
            [b * r, b * c, -q],
            [a * q * r - p * c, p * r + a * q * c, a * b],
        ]
    )
