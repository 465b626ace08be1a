"""Which of our encoders are networks of timm or torchvision, and how those libraries build them again.

Their weights are exported under timm's names. torchvision's ResNets have the same names, shapes and arithmetic.
"""

from dataclasses import dataclass
from typing import Any

from sempairs.core.settings import Spec

IN_TORCHVISION = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)


@dataclass(frozen=True)
class TimmNet:
    """A network that timm knows.

    Parameters
    ----------
    name: of the architecture.
    arguments: for `timm.create_model`, besides the name.
    small_stem: whether its 7x7 stem and max-pooling are replaced, which no argument of timm does.
    """

    name: str
    arguments: dict[str, Any]
    small_stem: bool = False

    @classmethod
    def of(cls, encoder: Spec, channels: int) -> "TimmNet | None":
        """The network of an encoder for images of so many channels; None if timm does not have it."""
        options = encoder.options
        arguments = {"num_classes": 0, "in_chans": channels}
        if encoder.name == "timm":
            sizes = {"img_size": options.get("image_size"), "patch_size": options.get("patch_size")}
            arguments |= {name: value for name, value in sizes.items() if value is not None}
            # "resnet18.a1_in1k" names an architecture and the weights to start from.
            return cls(str(options.get("model")).partition(".")[0], arguments, options.get("small_stem", False))
        if encoder.name == "efficientnet-lite0" and channels == 3:  # it repeats one channel, where timm sums weights
            return cls("tf_efficientnet_lite0", arguments)
        return None

    @property
    def in_torchvision(self) -> bool:
        """Whether torchvision has the same network."""
        return self.name in IN_TORCHVISION

    def config(self, mean: list[float], std: list[float], size: list[int] | None, dim: int) -> dict[str, Any]:
        """timm's `config.json`, with which it opens a folder or a repository of the Hugging Face Hub."""
        preprocessing: dict[str, Any] = {"mean": mean, "std": std, "num_classes": 0}
        if size is not None:
            preprocessing |= {"input_size": [self.arguments["in_chans"], *size], "crop_pct": 1.0}
        return {
            "architecture": self.name,
            "num_classes": 0,
            "num_features": dim,
            "model_args": self.arguments,
            "pretrained_cfg": preprocessing,
        }
