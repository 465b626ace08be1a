"""The small net has the layers that its description counts."""

import pytest
import torch

from sempairs.encoders.small_resnet import SmallResNet


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("width", [8, 32])
def test_number_of_parameters_is_the_closed_form(channels, width):
    def block(i, o):  # two 3x3 convolutions, a 1x1 shortcut, three batch norms of 2 numbers a channel
        return 9 * i * o + 9 * o * o + i * o + 3 * 2 * o

    wanted = 25 * channels * width + 2 * width + block(width, 2 * width) + block(2 * width, 4 * width)
    net = SmallResNet(channels, width=width)
    assert sum(parameter.numel() for parameter in net.parameters()) == wanted
    assert net.dim == 4 * width


@pytest.mark.parametrize("size", [8, 9, 28, 33, 64])
def test_each_stage_halves_the_size(size):
    net, sizes = SmallResNet(1).eval(), []
    for module in (net.stem, *net.blocks):
        module.register_forward_hook(lambda _, __, maps: sizes.append(tuple(maps.shape[2:])))
    net(torch.rand(2, 1, size, size))
    halves = [-(-size // 2), -(-size // 4), -(-size // 8)]  # odd sizes round up
    assert sizes == [(half, half) for half in halves]


def test_mid_grey_is_zero_after_normalisation_and_weights_are_channels_last():
    net = SmallResNet(3)
    assert torch.equal((torch.full((1, 3, 8, 8), 0.5) - net.mean) / net.std, torch.zeros(1, 3, 8, 8))
    assert net.blocks[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
