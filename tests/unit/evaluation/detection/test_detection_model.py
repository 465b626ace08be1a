"""The detector sees images as its encoder does, and teaches the encoder only where it is asked to."""

import pytest
import torch

from made_scenes import squares
from sempairs.core.errors import UserError
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.encoders.timm_adapter import TimmEncoder
from sempairs.evaluation.detection.model import faster_rcnn
from sempairs.evaluation.detection.training import teach

VARIANTS = pytest.mark.parametrize("variant", ["fpn", "c4"])


def made(encoder, variant="fpn", tune=False, sizes=()):
    torch.manual_seed(0)
    return faster_rcnn(
        encoder, 2, variant=variant, tune=tune, width=8, proposals=20, regions=8, sizes=sizes
    )  # fmt: skip


def encoder_of(detector, variant):
    return detector.backbone.encoder if variant == "c4" else detector.backbone.backbone.encoder


@pytest.mark.parametrize("training", [True, False])
def test_images_are_normalised_once_as_the_encoder_does_and_keep_their_size(training):
    encoder = TimmEncoder(3, model="resnet18")
    image = torch.rand(3, 40, 50)
    shown, _ = made(encoder).train(training).transform([image])
    # By hand; what is filled up to a multiple of 32 is zero after normalising.
    assert shown.tensors.shape == (1, 3, 64, 64)
    assert torch.allclose(shown.tensors[:, :, :40, :50], (image - encoder.mean) / encoder.std, atol=1e-6)
    assert shown.tensors[:, :, 40:].abs().max() == 0
    assert shown.image_sizes == [(40, 50)]


def test_sizes_are_shorter_sides_and_the_test_has_the_last():
    detector = made(SmallResNet(1, width=16), sizes=(32, 64)).eval()
    assert detector.transform([torch.rand(1, 40, 50)])[0].image_sizes == [(64, 80)]
    shown = {detector.train().transform([torch.rand(1, 40, 50)])[0].image_sizes[0] for _ in range(20)}
    assert shown == {(32, 40), (64, 80)}


@VARIANTS
@pytest.mark.parametrize("tune", [True, False])
def test_the_encoder_learns_only_if_it_is_tuned_and_its_batch_norms_keep_their_statistics(variant, tune):
    encoder = SmallResNet(1, width=16).train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    detector = made(encoder, variant, tune)
    start = {key: value.clone() for key, value in detector.state_dict().items()}
    teach(detector, squares(), ("big", "small"), steps=3, batch=4, rate=0.1, seed=0)
    after = encoder_of(detector, variant).state_dict()
    weights = {key for key in before if key.endswith("weight") and not torch.equal(before[key], after[key])}
    statistics = [key for key in before if "running" in key or "tracked" in key]
    assert bool(weights) == tune
    assert ("stem.0.weight" in weights) == tune
    assert all(torch.equal(before[key], after[key]) for key in statistics)
    # The encoder that was handed in is another one, and is as it was.
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())
    assert all(parameter.requires_grad for parameter in encoder.parameters())
    assert encoder.training
    # All that is new has learnt.
    new = [key for key in start if "encoder" not in key and "stage" not in key and key.endswith("weight")]
    assert len(new) >= 7
    assert not any(torch.equal(start[key], value) for key, value in detector.state_dict().items() if key in new)


def test_c4_needs_a_resnet_and_a_pyramid_maps_that_are_coarse_enough():
    with pytest.raises(UserError, match="last stage of a ResNet"):
        made(TimmEncoder(1, model="mobilenetv3_small_050"), "c4")
