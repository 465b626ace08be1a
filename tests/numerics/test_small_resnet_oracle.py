"""The residual block against torchvision's."""

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock as Oracle

from sempairs.encoders.small_resnet import BasicBlock


@pytest.mark.parametrize("training", [True, False])
def test_the_block_is_torchvisions(training):
    torch.manual_seed(0)
    block = BasicBlock(4, 8).train(training)
    shortcut = nn.Sequential(nn.Conv2d(4, 8, 1, stride=2, bias=False), nn.BatchNorm2d(8))
    oracle = Oracle(4, 8, stride=2, downsample=shortcut).train(training)
    oracle.load_state_dict(dict(zip(oracle.state_dict(), block.state_dict().values(), strict=True)))
    images = torch.randn(3, 4, 7, 9)
    torch.testing.assert_close(block(images), oracle(images))
