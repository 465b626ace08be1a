"""The feature maps of an encoder by stride, and its last stage, made of the very weights that make its features."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from timm.models.resnet import ResNet
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.encoders.timm_adapter import TimmEncoder


@dataclass(frozen=True)
class Level:
    """A map: its channels, and how many pixels of the image one step on it is."""

    channels: int
    stride: int


def feature_maps(encoder: Encoder, images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _c _h _w"]]:
    """The last map of each size, the finest first.

    Parameters
    ----------
    images: normalised as the encoder is used to.

    Raises
    ------
    UserError: the encoder has no maps.
    """
    by_size = {maps.shape[2:]: maps for maps in encoder.maps(images)}
    return list(by_size.values())


def levels(encoder: Encoder, side: int) -> list[Level]:
    """What `feature_maps` gives for images of `side` x `side` pixels, a multiple of every stride.

    Raises
    ------
    UserError: the encoder has no maps, or does not take such images.
    """
    blank = torch.zeros(1, encoder.mean.shape[1], side, side, device=encoder.mean.device)
    modes = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    try:
        with torch.no_grad():
            return [Level(maps.shape[1], side // maps.shape[3]) for maps in feature_maps(encoder, blank)]
    finally:
        for module, training in modes:
            module.training = training


def last_stage(encoder: Encoder) -> nn.Module:
    """The stage that makes the last map out of the last but one. Raises UserError if the encoder is no ResNet."""
    if isinstance(encoder, SmallResNet):
        return encoder.blocks.get_submodule("1")
    if isinstance(encoder, TimmEncoder) and isinstance(encoder.network, ResNet):
        return encoder.network.get_submodule("layer4")
    raise UserError(
        "a C4 detector looks at each region with the last stage of a ResNet",
        got=encoder.model if isinstance(encoder, TimmEncoder) else type(encoder).__name__,
        todo='set detection.variant = "fpn", or take small-resnet or a ResNet of timm',
    )
