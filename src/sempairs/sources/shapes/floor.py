"""The floor: textured, lit, under the soft shadow of the solid that stands on it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from sempairs.sources.shapes.colour import hue_to_rgb
from sempairs.sources.shapes.scene import SINE, SKY, SUN, Places, Scene, pixel_centres, true_pixels
from sempairs.sources.shapes.solids import Distance
from sempairs.sources.shapes.textures import TEXTURES
from sempairs.sources.shapes.tracing import REACH, dot, light_reaching

Image = Float32[np.ndarray, "n h w"]

NEAR = 0.5
"""Nearer to the solid than this, in its radii, the floor sees less of the sky."""


def floor_light(
    factors: Mapping[str, np.ndarray], scene: Scene, distance: Distance, hidden: Places
) -> Float32[np.ndarray, "3 n h w"]:
    """Linear light from the floor in all pixels; without shadow in the `hidden` places of the flattened images."""
    size = scene.dx.shape[1]
    hue = factors["background_hue"]
    one = hue_to_rgb(hue, 0.88, 0.055)[:, :, None, None]
    other = hue_to_rgb(hue + 0.06, 0.74, 0.09)[:, :, None, None]
    colour: Float32[np.ndarray, "3 n h w"] = one + (other - one) * _texture(factors, size)
    down = pixel_centres(size)[:, None]
    fading = 1 - 0.10 * (down * down + down.T * down.T) - 0.08 * (1 - down)  # a lit stage, darker behind
    sun, sky = _sun_and_sky(scene, distance, hidden)
    for channel in range(3):
        colour[channel] *= (SUN[channel] * sun + SKY[channel] * sky) * fading
    return colour


def _texture(factors: Mapping[str, np.ndarray], size: int) -> Image:
    """How much of the second colour is in each pixel."""
    right = pixel_centres(size)[None, None, :]
    mixed = np.empty((len(factors["background"]), size, size), dtype=np.float32)
    for number, texture in enumerate(TEXTURES.values()):
        members = np.flatnonzero(factors["background"] == number)
        scale = factors["background_scale"][members].astype(np.float32)[:, None, None]
        toward = right.swapaxes(1, 2) * (scale / SINE)
        mixed[members] = texture(right * scale, toward, scale * (2.8 / size))
    return mixed


def _sun_and_sky(scene: Scene, distance: Distance, hidden: Places) -> tuple[Image, Image]:
    """How much of the sun and of the sky each point of the floor has; no shadow falls on what is hidden."""
    row = scene.dy * scene.back[:, :, None] + scene.foot[:, :, None]
    floor = (scene.dx * scene.right[:, :, None])[:, :, None, :] + row[:, :, :, None]
    far = dot(floor, floor)
    far.reshape(-1)[hidden] = np.inf  # so that the solid does nothing to it
    towards = dot(floor, scene.light[:, :, None, None])
    floor = floor.reshape(3, -1)
    sun, sky = np.empty_like(far), np.ones_like(far)
    sun[:] = (scene.strength * dot(scene.light, scene.above))[:, None, None]
    places, n = true_pixels((far - towards * towards < REACH) & (towards < 1))
    points = floor.take(places, axis=1)
    sun.reshape(-1)[places] *= light_reaching(distance, points, scene.light.take(n, axis=1))
    places, _ = true_pixels(far < (1 + NEAR) ** 2)
    gap = distance(*floor.take(places, axis=1))
    closed = np.clip(1 - gap / NEAR, 0, 1)
    sky.reshape(-1)[places] -= 0.6 * closed * closed
    return sun, sky
