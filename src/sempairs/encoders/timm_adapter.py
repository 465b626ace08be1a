"""Any timm model as an encoder: pooled features, no classifier, normalised as the model's authors did."""

import difflib
from typing import Any

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder


class TimmEncoder(Encoder):
    """A timm model without its classifier.

    Parameters
    ----------
    channels: channels of the images. For other than the model's own, timm adapts pretrained stem weights, and each
        channel is normalised with the average of the model's means and deviations.
    model: its name in timm, for example "resnet18".
    pretrained: start from timm's weights, fetched once from its hub.
    small_stem: for ResNets on small images: a 3x3 stem of stride 1 and no max-pooling (Chen et al., SimCLR, arXiv
        2002.05709, appendix B.9).
    image_size: for models that take images of one size only, such as ViTs: the side of the square images to take.
    patch_size: for models that cut images into patches: the side of a patch, 4 for images of 28 pixels.

    Raises
    ------
    UserError: timm has no such model; its weights cannot be fetched; it has no stem that `small_stem` could replace.
    """

    def __init__(
        self,
        channels: int,
        *,
        model: str,
        pretrained: bool = False,
        small_stem: bool = False,
        image_size: int | None = None,
        patch_size: int | None = None,
    ) -> None:
        if small_stem and pretrained:
            raise UserError("small_stem replaces the pretrained stem by a random one", todo="choose one of the two")
        sizes = {"img_size": image_size, "patch_size": patch_size}
        network = _create(model, channels, pretrained, {name: size for name, size in sizes.items() if size is not None})
        config: dict[str, Any] = network.pretrained_cfg
        super().__init__(
            dim=getattr(network, "head_hidden_size", network.num_features),
            mean=_for_channels(config["mean"], channels),
            std=_for_channels(config["std"], channels),
        )
        self.model = model
        own_size = config["input_size"][1:] if image_size is None else (image_size, image_size)
        self.only_size = tuple(own_size) if config.get("fixed_input_size") else None
        self.network = network
        if small_stem:
            _replace_stem(network, model, channels)
        self.to(memory_format=torch.channels_last)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images. Raises UserError if the model takes one size only and this is another."""
        self.need_size(images)
        features: Float[Tensor, "n d"] = self.network(images.contiguous(memory_format=torch.channels_last))
        return features

    def maps(self, images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _c _h _w"]]:
        """Of each stage as timm counts them. Raises UserError if timm cannot say what they are in this model."""
        self.need_size(images)
        if not hasattr(self.network, "forward_intermediates"):
            return super().maps(images)
        images = images.contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = self.network.forward_intermediates(images, intermediates_only=True)
        return maps

    def need_size(self, images: Float[Tensor, "n c h w"]) -> None:
        """Raise UserError if the model takes images of one size only and these have another."""
        size = tuple(images.shape[2:])
        if self.only_size not in (None, size):
            raise UserError(
                f"timm's {self.model} takes images of {self.only_size} pixels only",
                got=size,
                todo="set the encoder's image_size (and patch_size), or choose a convolutional model",
            )


def _create(model: str, channels: int, pretrained: bool, sizes: dict[str, Any]) -> Any:
    if not timm.is_model(model):
        near = difflib.get_close_matches(model, timm.list_models(), n=5)
        raise UserError(
            f"timm has no model called {model!r}",
            todo=f"did you mean {', '.join(near)}?" if near else "timm.list_models() names them all",
        )
    try:
        return timm.create_model(model, pretrained=pretrained, num_classes=0, in_chans=channels, **sizes)
    except Exception as error:
        # Hub clients raise whatever their HTTP library does, so no narrower type covers "no network".
        if not pretrained:
            raise UserError(f"timm cannot make {model!r}", got=error, todo="see timm's page of the model") from error
        raise UserError(
            f"the pretrained weights of {model!r} cannot be fetched",
            got=str(error).partition("\n")[0] or type(error).__name__,
            todo="connect to the network once, choose a model that has weights, or set pretrained = false",
        ) from error


def _for_channels(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    return tuple(values) if len(values) == channels else (sum(values) / len(values),) * channels


def _replace_stem(network: nn.Module, model: str, channels: int) -> None:
    stem = getattr(network, "conv1", None)
    if not isinstance(stem, nn.Conv2d) or not hasattr(network, "maxpool"):
        raise UserError(
            f"timm's {model!r} has no ResNet stem to make small", todo="set small_stem = false, or take resnet18"
        )
    small = nn.Conv2d(channels, stem.out_channels, 3, stride=1, padding=1, bias=False)
    nn.init.kaiming_normal_(small.weight, mode="fan_out", nonlinearity="relu")  # as timm starts its ResNets
    network.conv1, network.maxpool = small, nn.Identity()
