"""Faster R-CNN around an encoder: regions from its feature maps, then a class and a better box for each region.

**Source** Ren, He, Girshick, Sun, "Faster R-CNN", NeurIPS 2015, arXiv 1506.01497; "fpn": Lin et al., "Feature Pyramid
Networks for Object Detection", CVPR 2017, arXiv 1612.03144; "c4": the layout of He et al., "Deep Residual Learning",
arXiv 1512.03385, appendix A, with the RoIAlign of arXiv 1703.06870. The parts are torchvision's.
**Departure** The encoder's batch norms keep their statistics, whether its weights are tuned or not. What is put on top
of it normalises its maps itself (batch norm in the pyramid, before the region proposals, after the last stage; as He et
al., arXiv 1911.05722, section 4.2, do when they tune), so that the scale of an encoder's features decides nothing.
Anchors are as large, against the stride of a map, as in those papers; maps finer than stride 4 are not used.
"""

import copy
from collections import OrderedDict
from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.evaluation.detection.maps import Level, feature_maps, last_stage, levels

Variant = Literal["fpn", "c4"]
RATIOS = (0.5, 1.0, 2.0)
FINEST = 4
PROBE = 128
"""Side of the blank image that tells the strides; a multiple of all that there are."""


class Backbone(nn.Module):
    """The encoder's maps, of which those in `used` go on; in eval mode always, without gradient unless it is tuned.

    Parameters
    ----------
    used: which of the maps; the last of these has `channels`.
    """

    def __init__(self, encoder: Encoder, used: slice, channels: int, tune: bool) -> None:
        super().__init__()
        self.encoder = copy.deepcopy(encoder).requires_grad_(tune).eval()
        self.used, self.out_channels = used, channels

    def train(self, mode: bool = True) -> "Backbone":
        """Never: batch norms keep their statistics."""
        return super().train(False)

    def forward(self, images: Float[Tensor, "n c h w"]) -> "OrderedDict[str, Tensor]":
        """Maps of normalised images by the names "0", "1", ..., the finest first."""
        return OrderedDict((str(i), maps) for i, maps in enumerate(feature_maps(self.encoder, images)[self.used]))


class Pyramid(nn.Module):
    """Maps of all strides with the same number of channels, the coarse ones added to the fine ones."""

    def __init__(self, backbone: Backbone, inputs: list[Level], width: int) -> None:
        super().__init__()
        self.backbone, self.out_channels = backbone, width
        self.pyramid = FeaturePyramidNetwork(
            [level.channels for level in inputs], width, LastLevelMaxPool(), norm_layer=nn.BatchNorm2d
        )

    def forward(self, images: Float[Tensor, "n c h w"]) -> "OrderedDict[str, Tensor]":
        """Maps by the names "0", "1", ... and "pool", of half the size of the last."""
        maps: OrderedDict[str, Tensor] = self.pyramid(self.backbone(images))
        return maps


class NormalisedProposals(nn.Module):
    """The head that proposes regions, behind a batch norm."""

    def __init__(self, channels: int, anchors: int) -> None:
        super().__init__()
        self.norm, self.head = nn.BatchNorm2d(channels), RPNHead(channels, anchors)

    def forward(self, maps: list[Tensor]) -> Any:
        """Objectness and box changes at each place of each map."""
        return self.head([self.norm(m) for m in maps])


class LastStage(nn.Module):
    """The encoder's last stage on each region, a batch norm, and the mean over space."""

    def __init__(self, stage: nn.Module, channels: int) -> None:
        super().__init__()
        self.stage, self.norm = stage, nn.BatchNorm2d(channels)

    def train(self, mode: bool = True) -> "LastStage":
        """The new norm alone."""
        super().train(mode)
        self.stage.eval()
        return self

    def forward(self, regions: Float[Tensor, "r c s s"]) -> Float[Tensor, "r d"]:
        """Features of regions."""
        features: Float[Tensor, "r d"] = self.norm(self.stage(regions)).mean(dim=(2, 3))
        return features


def faster_rcnn(
    encoder: Encoder,
    classes: int,
    *,
    variant: Variant,
    tune: bool,
    width: int,
    proposals: int,
    regions: int,
    sizes: tuple[int, ...],
) -> FasterRCNN:
    """A detector with new heads around a copy of the encoder; what must not learn has no gradient.

    It takes images in [0, 1], which are normalised once, with the encoder's own mean and deviation. Normalising repeats
    a grey image for an encoder of three channels.

    Parameters
    ----------
    classes: how many, without the background.
    variant: a pyramid over all maps from stride `FINEST`; or "c4", the last map but one, and the encoder's last stage
        as the head of each region.
    width: channels of the pyramid; its head has four times as many.
    proposals: regions of an image that are taken to the second step, before and after overlapping ones are dropped.
    regions: of these, how many the head learns from at a time.
    sizes: shorter sides that images are resized to: in training one of them, by chance, in the test the last. Empty:
        images stay as they are.

    Raises
    ------
    UserError: an encoder without maps, or with too few for the variant; "c4" for what is no ResNet.
    """
    found = levels(encoder, PROBE)
    head_options = _pyramid(encoder, found, tune, width) if variant == "fpn" else _c4(encoder, found, tune)
    inputs = head_options.pop("inputs")
    detector = FasterRCNN(
        **head_options,
        box_predictor=FastRCNNPredictor(inputs, classes + 1),
        **{f"rpn_{when}_nms_top_n_{phase}": proposals for when in ("pre", "post") for phase in ("train", "test")},
        box_batch_size_per_image=regions,
        image_mean=encoder.mean.flatten().tolist(),
        image_std=encoder.std.flatten().tolist(),
        min_size=sizes or (0,),
    )
    if not sizes:
        # torchvision can be told to leave images as they are in training, but resizes all in the test.
        detector.transform.resize = lambda image, target=None: (image, target)
    return detector


def _pyramid(encoder: Encoder, found: list[Level], tune: bool, width: int) -> dict[str, Any]:
    """Parts of the FPN variant: anchors of 8 strides, regions of 7 x 7 cells."""
    coarse = [level for level in found if level.stride >= FINEST]
    if not coarse:
        raise UserError(
            "the encoder's feature maps are too fine for a detector",
            got=f"strides {[level.stride for level in found]}",
            todo=f"take an encoder with maps of stride {FINEST} or more",
        )
    backbone = Backbone(encoder, slice(-len(coarse), None), coarse[-1].channels, tune)
    strides = [level.stride for level in coarse] + [2 * coarse[-1].stride]
    return {
        "backbone": Pyramid(backbone, coarse, width),
        "rpn_anchor_generator": AnchorGenerator(tuple((8 * s,) for s in strides), (RATIOS,) * len(strides)),
        "box_roi_pool": MultiScaleRoIAlign([str(i) for i in range(len(coarse))], output_size=7, sampling_ratio=2),
        "box_head": TwoMLPHead(7 * 7 * width, 4 * width),
        "inputs": 4 * width,
    }


def _c4(encoder: Encoder, found: list[Level], tune: bool) -> dict[str, Any]:
    """Parts of the C4 variant: anchors of five sizes on one map, regions of 14 x 14 cells for the last stage."""
    last_stage(encoder)  # an error before anything else
    backbone = Backbone(encoder, slice(-2, -1), found[-2].channels, tune)
    sizes = tuple(found[-2].stride * times for times in (2, 4, 8, 16, 32))
    return {
        "backbone": backbone,
        "rpn_anchor_generator": AnchorGenerator((sizes,), (RATIOS,)),
        "rpn_head": NormalisedProposals(found[-2].channels, len(sizes) * len(RATIOS)),
        "box_roi_pool": MultiScaleRoIAlign(["0"], output_size=14, sampling_ratio=2),
        "box_head": LastStage(last_stage(backbone.encoder), found[-1].channels),
        "inputs": found[-1].channels,
    }
