"""Corruptions that are linear in the pixels of a line and of a column: a matrix for each direction.

The matrices are what scipy's and Pillow's one-dimensional operations make of the unit vectors, so that batches get
exactly the definition's weights and borders.
"""

import functools
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from PIL import Image
from scipy import ndimage
from torch import Tensor

from sempairs.evaluation.corruptions.chance import on_device

Matrix = Float32[np.ndarray, "_ _"]
Border = Literal["nearest", "reflect"]


def separable(
    images: Float[Tensor, "n c h w"], rows: Float32[np.ndarray, "r h"], columns: Float32[np.ndarray, "s w"]
) -> Float[Tensor, "n c r s"]:
    """`rows` applied to every column of pixels, `columns` to every line."""
    return torch.matmul(torch.matmul(on_device(rows, images), images), on_device(columns, images).T)


def smooth(images: Float[Tensor, "n c h w"], sigma: float, mode: Border, truncate: float) -> Float[Tensor, "n c h w"]:
    """A Gaussian blur as scipy's `gaussian_filter`, whose words the options are; sigma 0 changes nothing."""
    rows, columns = (gaussian_matrix(size, sigma, mode, truncate) for size in images.shape[2:])
    return separable(images, rows, columns)


def zoomed(images: Float[Tensor, "n c h w"], factor: float) -> Float[Tensor, "n c h w"]:
    """The middle of each image enlarged by `factor`, at the image's own size."""
    rows, columns = (zoom_matrix(size, factor) for size in images.shape[2:])
    return separable(images, rows, columns)


@functools.lru_cache(maxsize=256)
def gaussian_matrix(size: int, sigma: float, mode: Border, truncate: float) -> Matrix:
    """scipy's `gaussian_filter1d` for lines of this size."""
    if sigma == 0:
        return np.eye(size, dtype=np.float32)
    blurred = ndimage.gaussian_filter1d(np.eye(size), sigma, axis=0, mode=mode, truncate=truncate)
    return np.asarray(blurred, dtype=np.float32)


@functools.lru_cache(maxsize=256)
def zoom_matrix(size: int, factor: float) -> Matrix:
    """The authors' clipped zoom: the middle ceil(size / factor) pixels, scipy's linear `zoom`, the middle `size`."""
    window = int(np.ceil(size / factor))
    first = (size - window) // 2
    # "nearest" decides what the last pixel is when its position is off the end by a rounding error.
    enlarged = ndimage.zoom(np.eye(size)[first : first + window], (factor, 1), order=1, mode="nearest")
    first = (len(enlarged) - size) // 2
    return np.asarray(enlarged[first : first + size], dtype=np.float32)


@functools.lru_cache(maxsize=256)
def box_matrix(size: int, new_size: int) -> Matrix:
    """Pillow's resize with the filter BOX."""
    unit_vectors = Image.fromarray(np.eye(size, dtype=np.float32))
    return np.asarray(unit_vectors.resize((size, new_size), Image.Resampling.BOX), dtype=np.float32)
