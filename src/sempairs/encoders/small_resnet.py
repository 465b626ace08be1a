"""A residual net for images of 28 to 64 pixels that trains in minutes on a CPU.

**Source** He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv 1512.03385 (the basic
block with a projection shortcut). **Departure** a 5x5 stem of stride 2 without pooling, two blocks instead of eight.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.encoders.base import Encoder


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 shortcut; both paths halve the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o y x"]:
        """One block."""
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class SmallResNet(Encoder):
    """A stem and two residual blocks, averaged over space; works from 8 pixels upwards.

    Weights start as PyTorch starts them (Kaiming uniform convolutions, batch norms at scale 1, the last one of a block
    too) and lie in memory as channels_last, which is faster on CPUs.

    Parameters
    ----------
    channels: channels of the images.
    width: channels after the stem; the features are 4 times as many.
    """

    def __init__(self, channels: int, *, width: int = 32) -> None:
        super().__init__(dim=4 * width, mean=(0.5,) * channels, std=(0.5,) * channels)
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.blocks = nn.Sequential(BasicBlock(width, 2 * width), BasicBlock(2 * width, 4 * width))
        self.to(memory_format=torch.channels_last)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images."""
        maps: Tensor = self.blocks(self.stem(images.contiguous(memory_format=torch.channels_last)))
        return maps.mean(dim=(2, 3))

    def maps(self, images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _c _h _w"]]:
        """Of the stem and of each block: a 2nd, a 4th and an 8th of the size."""
        maps = [self.stem(images.contiguous(memory_format=torch.channels_last))]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return maps
