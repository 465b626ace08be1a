"""Digital: low contrast, elastic transform, pixels as large blocks, and JPEG.

**Source**: Hendrycks, Dietterich, arXiv 1903.12261: `contrast`, `elastic_transform`, `pixelate`, `jpeg_compression` of
the authors' code.
**Departure**: `elastic_transform` interpolates at real positions, where OpenCV's affine map rounds them to 1/32 pixel.
"""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float, Float64, UInt8
from PIL import Image
from torch import Tensor
from torch.nn.functional import grid_sample

from sempairs.evaluation.corruptions.chance import Chance, on_device
from sempairs.evaluation.corruptions.separable import box_matrix, separable, smooth


def contrast(images: Float[Tensor, "n c h w"], chance: Chance, factor: float) -> Float[Tensor, "n c h w"]:
    """The distance of each value from the mean of its channel in its image, times `factor`."""
    mean = images.mean(dim=(2, 3), keepdim=True)
    return (images - mean) * factor + mean


def elastic_transform(
    images: Float[Tensor, "n c h w"], chance: Chance, strength: float, smoothness: float, jitter: float
) -> Float[Tensor, "n c h w"]:
    """A random affine map, then each pixel moved by a smooth random field.

    Parameters
    ----------
    strength, smoothness: the field is uniform noise in ±1, blurred with this standard deviation, times the strength.
    jitter: three points, a third of the shorter side from the centre, are each moved by up to so many pixels.
    """
    h, w = images.shape[2:]
    y, x = torch.meshgrid(
        *(torch.arange(size, device=images.device, dtype=torch.float32) for size in (h, w)), indexing="ij"
    )
    back = on_device(_affine_back(chance.uniform("affine", 3, 2), h, w, jitter), images)
    places = torch.stack([x, y, torch.ones_like(x)], dim=2) @ back[:, None]
    images = _sampled(images, places, about_centres=True)
    field = smooth(on_device(2 * chance.uniform("field", 2, h, w) - 1, images), smoothness, "reflect", 3.0)
    moved = torch.stack([x, y], dim=2) + strength * field.permute(0, 2, 3, 1)
    return _sampled(images, moved, about_centres=False)


def _affine_back(uniform: Float64[np.ndarray, "n 3 2"], h: int, w: int, jitter: float) -> Float64[np.ndarray, "n 3 2"]:
    """From a place in the result (x, y, 1) to the place in the image that it shows, as a matrix on the right."""
    centre, reach = np.array([w // 2, h // 2], dtype=np.float64), min(h, w) // 3
    before = centre + reach * np.array([[1, 1], [1, -1], [-1, -1]])
    after = before + jitter * (2 * uniform - 1)
    return np.linalg.solve(np.concatenate([after, np.ones((len(after), 3, 1))], axis=2), before[None])


def _sampled(
    images: Float[Tensor, "n c h w"], places: Float[Tensor, "n h w 2"], about_centres: bool
) -> Float[Tensor, "n c h w"]:
    """Bilinear values at these (x, y). Images go on mirrored about the centres of their outer pixels, or the edges."""
    size = torch.tensor([images.shape[3], images.shape[2]], dtype=torch.float32, device=images.device)
    grid = 2 * places / (size - 1) - 1 if about_centres else (2 * places + 1) / size - 1
    return grid_sample(images, grid, padding_mode="reflection", align_corners=about_centres)


def pixelate(images: Float[Tensor, "n c h w"], chance: Chance, share: float) -> Float[Tensor, "n c h w"]:
    """Each side reduced to this share of its pixels and enlarged again, by Pillow's box filter."""
    rows, columns = (
        box_matrix(int(size * share), size) @ box_matrix(size, int(size * share)) for size in images.shape[2:]
    )
    return separable(images, rows, columns)


def jpeg(images: Float[Tensor, "n c h w"], chance: Chance, quality: int) -> Float[Tensor, "n c h w"]:
    """Written as JPEG by Pillow and read again: image by image in threads, as no library does it in batches."""
    frames = (images * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

    def there_and_back(frame: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
        file = io.BytesIO()
        Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file)).reshape(frame.shape)

    with ThreadPoolExecutor() as pool:
        read = np.stack(list(pool.map(there_and_back, frames)))
    return on_device(read / np.float32(255), images).permute(0, 3, 1, 2)
