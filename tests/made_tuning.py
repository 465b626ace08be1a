"""Images whose class no crop and no mirror hides, and encoders to tune on them."""

import dataclasses

import torch
from jaxtyping import Float
from torch import Tensor, nn

from made import made_source
from sempairs.encoders.base import Encoder
from sempairs.sources.base import Source


def coloured(each=20, seed=0, size=8) -> Source:
    """Noise in three colours, `each` images for each of three classes; the class is the colour that is bright."""
    source = made_source(3 * each, 3, size, 3, seed)
    frames = source.frames // 2
    for channel in range(3):
        frames[source.labels == channel, ..., channel] += 120
    return dataclasses.replace(source, frames=frames, name="coloured images")


class Layer(Encoder):
    """Mean colours, then a linear layer; its weights are random but always the same."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__(5, (0.5,) * 3, (0.5,) * 3)
        generator = torch.Generator().manual_seed(0)
        self.layer = nn.utils.skip_init(nn.Linear, 3, 5)
        with torch.no_grad():
            self.layer.weight.normal_(0, 1, generator=generator)
            self.layer.bias.normal_(0, 1, generator=generator)
        self.parts = nn.Sequential(*parts)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images."""
        features: Float[Tensor, "n d"] = self.parts(self.layer(images.mean(dim=(2, 3))))
        return features
