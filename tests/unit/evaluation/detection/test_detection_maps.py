"""Feature maps are steps on the way to the features, made by the same weights."""

import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.encoders.efficientnet_lite0 import EfficientNetLite0
from sempairs.encoders.pca import PCAEncoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.encoders.timm_adapter import TimmEncoder
from sempairs.evaluation.detection.maps import feature_maps, last_stage, levels

ENCODERS = {
    "small-resnet": lambda: SmallResNet(1, width=16),
    "resnet18": lambda: TimmEncoder(3, model="resnet18"),
    "small stem": lambda: TimmEncoder(1, model="resnet18", small_stem=True),
}
STRIDES = {  # He et al. 2015, table 1; the small net halves at its stem and in each of two blocks
    "small-resnet": ([2, 4, 8], [16, 32, 64]),
    "resnet18": ([2, 4, 8, 16, 32], [64, 64, 128, 256, 512]),
    "small stem": ([1, 2, 4, 8], [64, 128, 256, 512]),  # neither the stem nor the first stage halves
}
NAMES = pytest.mark.parametrize("name", ENCODERS)


def made(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name]().eval()
    return encoder, torch.randn(2, encoder.mean.shape[1], 64, 64)


@NAMES
def test_the_mean_of_the_last_map_is_the_features(name):
    encoder, images = made(name)
    with torch.no_grad():
        assert torch.allclose(feature_maps(encoder, images)[-1].mean(dim=(2, 3)), encoder.features(images), atol=1e-5)


def test_efficientnets_last_map_goes_through_its_head_to_the_features():
    torch.manual_seed(0)
    encoder = EfficientNetLite0(1, size=64, pretrained=False).eval()
    images = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        head = encoder.network.bn2(encoder.network.conv_head(feature_maps(encoder, images)[-1]))
        assert torch.allclose(head.mean(dim=(2, 3)), encoder.features(images), atol=1e-5)
    # Tan, Le 2019, table 1: the widths of the last stage at each size.
    assert [(level.stride, level.channels) for level in levels(encoder, 128)] == [
        (2, 16), (4, 24), (8, 40), (16, 112), (32, 320),
    ]  # fmt: skip


@NAMES
def test_levels_say_strides_and_channels_and_change_nothing(name):
    encoder, _ = made(name)
    encoder.train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    assert ([level.stride for level in levels(encoder, 64)], [level.channels for level in levels(encoder, 64)]) == (
        STRIDES[name]
    )
    assert all(module.training for module in encoder.modules())
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())


@NAMES
def test_the_last_stage_makes_the_last_map_of_the_one_before(name):
    encoder, images = made(name)
    with torch.no_grad():
        *_, before, last = feature_maps(encoder, images)
        assert torch.equal(last_stage(encoder)(before), last)


def test_an_encoder_without_maps_says_which_have_them():
    with pytest.raises(UserError, match=r"no feature maps.*\n.*PCAEncoder\n.*small-resnet"):
        levels(PCAEncoder(1), 64)


def test_only_a_resnet_has_a_last_stage_for_regions():
    with pytest.raises(UserError, match=r"last stage of a ResNet\n.*EfficientNetLite0\n.*fpn"):
        last_stage(EfficientNetLite0(1, pretrained=False))


def test_a_vision_transformer_of_another_size_is_refused():
    with pytest.raises(UserError, match="pixels only"):
        levels(TimmEncoder(1, model="vit_tiny_patch16_224", image_size=28, patch_size=4), 64)
