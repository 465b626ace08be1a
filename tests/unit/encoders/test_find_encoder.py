"""An encoder from the text that names it, and any torch module as one."""

import pytest
import torch
from torch import nn

from made import made_source
from sempairs.core.errors import UserError
from sempairs.encoders.extract import encoder_id
from sempairs.encoders.opening import find_encoder
from sempairs.encoders.wrapped import Wrapped

SOURCE = made_source(8, size=16)


def test_options_may_follow_a_name():
    encoder = find_encoder("pca:dim=3", {"dim": 5}, SOURCE)
    assert encoder.dim == 3
    assert find_encoder("pca", {"dim": 5}, SOURCE).dim == 5


def test_a_model_of_timm_by_its_own_name():
    named = find_encoder("timm:resnet10t,pretrained=false", None, SOURCE)
    assert named.dim == 512  # timm's page of the model
    assert encoder_id(named) == encoder_id(find_encoder("timm", {"model": "resnet10t"}, SOURCE))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("timm:resnet5o,pretrained=false", "no model called 'resnet5o'"),
        ("pca:dim", "NAME:OPTION=VALUE"),
        ("pca:din=3", "no option 'din'"),
        ("pcaa:dim=3", "no encoder called 'pcaa'"),
    ],
)
def test_what_does_not_exist_is_said(name, message):
    with pytest.raises(UserError, match=message):
        find_encoder(name, None, SOURCE)


def test_any_module_is_an_encoder():
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 4))
    encoder = Wrapped(network, 4, (0.5,), (0.25,))
    images = torch.rand(3, 1, 16, 16)
    assert torch.equal(encoder(images), network((images - 0.5) / 0.25))


@pytest.mark.parametrize("network", [nn.Flatten(), nn.Identity()])
def test_a_module_that_gives_no_vectors_is_an_error(network):
    with pytest.raises(UserError, match="should give 3 feature vectors of 4 numbers"):
        Wrapped(network, 4, (0.5,), (0.25,))(torch.rand(3, 1, 16, 16))
