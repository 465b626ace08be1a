"""What every encoder in the registry promises."""

import inspect

import numpy as np
import pytest
import torch

from sempairs.core.seeds import rng
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import encoder_id
from sempairs.encoders.files import load_encoder, save_encoder
from sempairs.encoders.projected import ProjectedEncoder

# One quick setting for each member, and two more of timm's families.
SPECS = {
    "small-resnet": Spec(name="small-resnet", options={"width": 8}),
    "timm": Spec(name="timm", options={"model": "resnet18", "small_stem": True}),
    "timm-mobilenet": Spec(name="timm", options={"model": "mobilenetv3_small_050"}),
    "efficientnet-lite0": Spec(name="efficientnet-lite0", options={"size": 64}),
    "pca": Spec(name="pca", options={"dim": 8, "side": 6}),
    "gradients": Spec(name="gradients", options={"dim": 8, "side": 12}),
}
SIZE = 32


def make(spec, channels) -> Encoder:
    torch.manual_seed(0)
    encoder = build(ENCODERS, spec, channels)
    encoder.fit(rng("fit").integers(0, 256, (40, SIZE, SIZE, channels), dtype=np.uint8))
    return encoder


def images(n, channels):
    return torch.from_numpy(rng("images", n).random((n, channels, SIZE, SIZE), dtype=np.float32))


@pytest.fixture(params=SPECS)
def spec(request):
    return SPECS[request.param]


@pytest.fixture(params=[1, 3])
def channels(request):
    return request.param


@pytest.fixture
def encoder(spec, channels):
    return make(spec, channels)


def test_every_member_is_here():
    assert {spec.name for spec in SPECS.values()} == set(ENCODERS)


def test_channels_is_the_one_positional_parameter(spec):
    kinds = {name: p.kind for name, p in inspect.signature(ENCODERS[spec.name]).parameters.items()}
    positional = [name for name, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == ["channels"]


def test_dim_is_the_width_of_the_features(encoder, channels):
    features = encoder.eval()(images(3, channels))
    assert features.shape == (3, encoder.dim)
    assert features.dtype == torch.float32
    assert features.isfinite().all()
    assert features.std(dim=0).max() > 0  # it looks at the image


def test_a_row_does_not_depend_on_its_batch(encoder, channels):
    batch = images(9, channels)
    with torch.inference_mode():
        together = encoder.eval()(batch)
        apart = torch.cat([encoder(batch[[4]]), encoder(batch[[0, 8]])])
    torch.testing.assert_close(together[[4, 0, 8]], apart, rtol=1e-5, atol=1e-5)


def test_construction_is_a_function_of_the_seed(spec, channels):
    one, two = make(spec, channels), make(spec, channels)
    assert encoder_id(one) == encoder_id(two)


def test_saving_and_loading_gives_identical_features(spec, encoder, channels, tmp_path):
    encoder.eval()
    save_encoder(encoder, resolve(ENCODERS, spec), tmp_path)
    loaded = load_encoder(tmp_path)
    assert not loaded.training
    assert encoder_id(loaded) == encoder_id(encoder)
    with torch.inference_mode():
        assert torch.equal(loaded(images(2, channels)), encoder(images(2, channels)))


def test_gradient_reaches_every_trainable_parameter(encoder, channels):
    parameters = dict(encoder.named_parameters())
    if not parameters:
        assert isinstance(encoder, ProjectedEncoder)
        return
    with torch.no_grad():
        for parameter in parameters.values():
            if not parameter.any():  # timm's ResNets start the last norm of a block at 0, which shuts the block
                parameter += 0.5
    encoder.train()(images(4, channels)).square().sum().backward()
    without = [name for name, p in parameters.items() if p.grad is None or not p.grad.any()]
    assert not without


def test_buffers_say_how_images_are_normalised(encoder, channels):
    assert encoder.mean.shape == encoder.std.shape == (1, channels, 1, 1)
    assert (encoder.std > 0).all()
