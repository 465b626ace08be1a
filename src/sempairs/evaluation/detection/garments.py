"""Scenes of real photographs: Fashion-MNIST's garments, laid on textured canvases with a box around each.

A scene is f(seed, position): one to four garments of different sizes, mirrored or not, which may cover each other a
little. Training scenes have garments of the training split, test scenes of the test split.
"""

from typing import Literal

import numpy as np
import scipy.ndimage
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float32, UInt8

from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.detection.scenes import Objects, Scenes
from sempairs.sources.base import Source
from sempairs.sources.fashion_mnist import fashion_mnist
from sempairs.sources.shapes.textures import TEXTURES

SIDE = 96
SIZES = (20, 40)
"""The side that a photograph of 28 pixels is resized to; a garment fills 60 to 100% of it."""
OUTLINE = 16
"""The brightness from which on a pixel belongs to a garment, of 255."""
MOST = 4
COVERED = 0.2
"""The share of the smaller of two boxes that may lie in the other."""
PLACES = 20
"""Places that are tried for a garment; one that fits nowhere is left out."""

Grey = Float32[np.ndarray, "h w"]


def garments(split: Literal["train", "test"], count: int, seed: int) -> Scenes:
    """`count` grey scenes of `SIDE` x `SIDE` pixels.

    Raises
    ------
    UserError: Fashion-MNIST cannot be had.
    """
    source = fashion_mnist(split=split)
    images = np.empty((count, SIDE, SIDE, 1), np.uint8)
    objects = []
    with progress(f"laying {split} garments", count, "scenes") as bar:
        for position in range(count):
            images[position, :, :, 0], found = scene(source, rng("garments", split, seed, position))
            objects.append(found)
            bar()
    return Scenes(f"garments {split}", tuple(objects), images.__getitem__)


def scene(source: Source, random: np.random.Generator) -> tuple[UInt8[np.ndarray, "h w"], Objects]:
    """One scene with at least one garment."""
    picture = canvas(random)
    drawn = random.integers(0, len(source), random.integers(1, MOST + 1))
    labels = source.need_labels("a scene of garments")[drawn]
    boxes, names = np.empty((0, 4), np.float32), []
    for photograph, label in zip(source.images(drawn)[..., 0], labels, strict=True):
        garment, mask = cut_out(photograph, int(random.integers(SIZES[0], SIZES[1] + 1)), bool(random.random() < 0.5))
        h, w = garment.shape
        corners = np.stack([random.integers(0, SIDE - w + 1, PLACES), random.integers(0, SIDE - h + 1, PLACES)], axis=1)
        places = np.concatenate([corners, corners + np.array([w, h])], axis=1).astype(np.float32)
        free = places[(covered(places, boxes) <= COVERED).all(axis=1)]
        if len(free):
            x, y = free[0, :2].astype(int)
            below = picture[y : y + h, x : x + w]
            picture[y : y + h, x : x + w] = np.where(mask, garment, below)
            boxes = np.concatenate([boxes, free[:1]])
            names.append(source.label_names[label])
    pixels = np.clip(picture.round(), 0, 255).astype(np.uint8)
    return pixels, Objects(boxes, tuple(names), np.zeros(len(boxes), dtype=bool))


def canvas(random: np.random.Generator) -> Grey:
    """A texture of two tones, darker than most garments, under grain."""
    texture = TEXTURES[list(TEXTURES)[random.integers(len(TEXTURES))]]
    scale, turn = random.uniform(6, 24), random.uniform(0, 2 * np.pi)
    y, x = (np.mgrid[:SIDE, :SIDE] + random.uniform(0, 1000, (2, 1, 1))) / scale
    u, v = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    # The textures of `shapes` are drawn for many images at once.
    share = texture(u[None], v[None], np.full((1, SIDE, SIDE), 1 / scale))[0]
    one, other = random.uniform(0, 160, 2)
    grain = random.normal(0, 6, (SIDE, SIDE))
    picture: Grey = (one + (other - one) * share + grain).astype(np.float32)
    return picture


def cut_out(
    photograph: UInt8[np.ndarray, "s s"], size: int, mirrored: bool
) -> tuple[Grey, Bool[np.ndarray, "h w"]]:  # fmt: skip
    """The garment resized with its photograph to `size`, and where it is, both cut to its outline's box.

    What is not black belongs to it, and so does what is black inside.
    """
    values = torch.from_numpy(photograph[:, ::-1].copy() if mirrored else photograph)[None, None].float()
    resized = F.interpolate(values, (size, size), mode="bilinear", antialias=True, align_corners=False)[0, 0].numpy()
    mask = scipy.ndimage.binary_fill_holes(resized >= OUTLINE)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return resized[box], mask[box]


def covered(some: Float32[np.ndarray, "n 4"], others: Float32[np.ndarray, "m 4"]) -> Float32[np.ndarray, "n m"]:
    """The share of the smaller of two boxes that lies in the other."""
    one, other = some[:, None], others[None]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (one, other)]
    shares: Float32[np.ndarray, "n m"] = np.prod(np.maximum(sides, 0), axis=-1) / np.minimum(*areas)
    return shares
