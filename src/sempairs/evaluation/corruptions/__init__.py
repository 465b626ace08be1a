"""The 15 common corruptions at 5 severities, in batches and on any device.

**Source**: Hendrycks, Dietterich, Benchmarking neural network robustness to common corruptions and perturbations, ICLR
2019, arXiv 1903.12261; definitions and severities of the authors' code, https://github.com/hendrycks/robustness
(`ImageNet-C/create_c`). What is drawn for an image depends on the seed, its number and the corruption alone: all
severities of an image share it, and no batch changes it.
**Departure**: `frost` is generated, since the authors' photographs may not be shipped; nothing is rounded to bytes on
the way (`jpeg` apart, and `shot noise`, which reads bytes); images need not be square. Each file says what else.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor

from sempairs.evaluation.corruptions.blur import defocus_blur, glass_blur, motion_blur, zoom_blur
from sempairs.evaluation.corruptions.chance import Chance
from sempairs.evaluation.corruptions.digital import contrast, elastic_transform, jpeg, pixelate
from sempairs.evaluation.corruptions.noise import gaussian_noise, impulse_noise, shot_noise
from sempairs.evaluation.corruptions.severities import LEVELS, severities
from sempairs.evaluation.corruptions.weather import brightness, fog, frost, snow

CORRUPTIONS: dict[str, Callable[..., Tensor]] = {
    "gaussian noise": gaussian_noise,
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "defocus blur": defocus_blur,
    "glass blur": glass_blur,
    "motion blur": motion_blur,
    "zoom blur": zoom_blur,
    "snow": snow,
    "frost": frost,
    "fog": fog,
    "brightness": brightness,
    "contrast": contrast,
    "elastic transform": elastic_transform,
    "pixelate": pixelate,
    "jpeg": jpeg,
}
"""In the paper's order; each takes images, their `Chance` and the numbers of a severity."""


def corrupt(
    images: Float[Tensor, "n c h w"], name: str, severity: int, seed: int, numbers: Int64[np.ndarray, " n"]
) -> Float[Tensor, "n c h w"]:
    """These images corrupted, with values in [0, 1].

    Parameters
    ----------
    images: values in [0, 1], of 1 or 3 channels.
    name: one of `CORRUPTIONS`.
    severity: 1 to 5; what it means depends on the size of the images (`severities`).
    seed, numbers: what is drawn for image i is a function of the seed and numbers[i].
    """
    assert 1 <= severity <= LEVELS, severity
    given = severities(name, images.shape[2:])[severity - 1]
    corrupted: Float[Tensor, "n c h w"] = CORRUPTIONS[name](images, Chance(name, seed, numbers), *given).clamp(0, 1)
    return corrupted
