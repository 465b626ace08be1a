"""Weather: snow, frost, fog and brightness.

**Source**: Hendrycks, Dietterich, arXiv 1903.12261: `snow`, `frost`, `fog`, `brightness` of the authors' code.
**Departure**: `frost` lays a generated texture over the image where the authors lay one of five photographs. Their
colours, their spread and how their detail falls with its size are those of the photographs.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from sempairs.evaluation.corruptions.blur import streak
from sempairs.evaluation.corruptions.chance import Chance, on_device
from sempairs.evaluation.corruptions.plasma import plasma
from sempairs.evaluation.corruptions.separable import zoomed
from sempairs.views.colour import greyscale

TINTS = torch.tensor(
    [[0.30, 0.58, 0.65], [0.79, 0.81, 0.84], [0.79, 0.81, 0.84], [0.54, 0.60, 0.65], [0.44, 0.48, 0.53]]
)
SPREAD = 0.11
DETAIL = 1.0
"""Mean colours of the authors' five photographs (two are of one scene), the mean standard deviation of a channel, and
the decay of a plasma fractal with their spectrum: amplitudes fall by a half with each octave."""


def snow(
    images: Float[Tensor, "n c h w"], chance: Chance, mean: float, deviation: float, size: float, least: float,
    radius: float, sigma: float, keep: float,
) -> Float[Tensor, "n c h w"]:  # fmt: skip
    """Flakes fall before a scene that turns paler.

    Parameters
    ----------
    mean, deviation: of the normal noise that flakes are made of.
    size: the noise is enlarged by it.
    least: what is less is no flake.
    radius, sigma: of the streak, which falls at 45 to 135 degrees.
    keep: how much of the scene stays as it is; the rest becomes 1.5 grey + .5 where that is brighter.
    """
    noise = mean + deviation * chance.normal("flakes", 1, *images.shape[2:])
    flakes = zoomed(on_device(noise, images), size)
    flakes = torch.where(flakes < least, 0, flakes).clamp(0, 1)
    flakes = streak(flakes, 90 * chance.uniform("angle")[:, None] - 135, radius, sigma)
    pale = torch.maximum(images, greyscale(images) * 1.5 + 0.5)
    return keep * images + (1 - keep) * pale + flakes + flakes.flip(2, 3)


def frost(images: Float[Tensor, "n c h w"], chance: Chance, keep: float, share: float) -> Float[Tensor, "n c h w"]:
    """`keep` of the image and `share` of ice: ridges in a plasma fractal, in the colour of one of the photographs."""
    ridges = -(plasma(images, chance, "ice", DETAIL) - 0.5).abs()
    ridges = ridges - ridges.mean(dim=(2, 3), keepdim=True)
    ridges = ridges / ridges.std(dim=(2, 3), keepdim=True).clamp(min=1e-6)
    which = torch.from_numpy((chance.uniform("tint") * len(TINTS)).astype(int))
    tint = TINTS[which].to(images.device)[:, :, None, None]
    ice = (tint + SPREAD * ridges).clamp(0, 1)
    return keep * images + share * (greyscale(ice) if images.shape[1] == 1 else ice)


def fog(images: Float[Tensor, "n c h w"], chance: Chance, strength: float, decay: float) -> Float[Tensor, "n c h w"]:
    """`strength` of a plasma fractal is added, and all is scaled so that the brightest value could stay what it was."""
    brightest = images.amax(dim=(1, 2, 3), keepdim=True)
    clouds = plasma(images, chance, "fog", decay)
    return (images + strength * clouds) * brightest / (brightest + strength)


def brightness(images: Float[Tensor, "n c h w"], chance: Chance, more: float) -> Float[Tensor, "n c h w"]:
    """`more` is added to the value V of HSV, at most to 1; hue and saturation stay.

    In these coordinates all channels are in proportion to V, and black, which has no hue, becomes grey.
    """
    value = images.amax(dim=1, keepdim=True)
    brighter = (value + more).clamp(max=1)
    return torch.where(value > 0, images * (brighter / value.clamp(min=torch.finfo(images.dtype).tiny)), brighter)
