"""Masked autoencoding as slow loops, written from section 3 of the paper (arXiv 2111.06377) and from nothing else."""

import torch
from torch import Tensor


def patches_of(image: Tensor, size: int) -> Tensor:
    """Regular, non-overlapping patches of a [c, h, w] image, left to right and top to bottom, as vectors."""
    c, h, w = image.shape
    found = []
    for top in range(0, h, size):
        for left in range(0, w, size):
            pixels = []
            for y in range(size):
                for x in range(size):
                    pixels.extend(image[channel, top + y, left + x] for channel in range(c))
            found.append(torch.stack(pixels))
    return torch.stack(found)


def normalised(patch: Tensor) -> Tensor:
    """A patch minus its mean, by its standard deviation (section 3, "Reconstruction target")."""
    mean = sum(patch) / len(patch)
    variance = sum((pixel - mean) ** 2 for pixel in patch) / (len(patch) - 1)
    return (patch - mean) / (variance + 1e-6) ** 0.5  # the epsilon of the authors' code


def reconstruction(painted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """The mean squared error of each image in pixel space, on masked patches only."""
    values = []
    for image in range(len(painted)):
        total, count = torch.zeros((), dtype=painted.dtype), 0
        for patch in hidden[image]:
            for pixel in range(painted.shape[2]):
                total = total + (painted[image, patch, pixel] - target[image, patch, pixel]) ** 2
                count += 1
        values.append(total / count)
    return torch.stack(values)
