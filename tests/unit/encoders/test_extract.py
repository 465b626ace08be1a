"""Features are computed once, kept whole, and known by what made them."""

import numpy as np
import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.encoders.efficientnet_lite0 import EfficientNetLite0
from sempairs.encoders.extract import encoder_id, extract
from sempairs.encoders.pca import PCAEncoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.sources.base import Source, content_hashes


@pytest.fixture
def source():
    frames = rng("frames").integers(0, 256, (20, 12, 10, 1), dtype=np.uint8)
    ids = np.array([f"image {i}" for i in range(20)], dtype=object)
    return Source(name="noise", ids=ids, hashes=content_hashes(frames), frames=frames)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return SmallResNet(1, width=4)


@pytest.fixture
def calls(encoder):
    """How many images went through the encoder, one number for each batch."""
    sizes = []
    encoder.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    return sizes


def test_rows_are_the_features_of_the_images_in_order(encoder, source):
    part = source.take(np.array([7, 3, 11, 0, 19]))
    features = extract(encoder, part, batch_size=2, cache=None)
    encoder.eval()
    for row, position in zip(features, [7, 3, 11, 0, 19], strict=True):
        image = torch.from_numpy(source.frames[position]).permute(2, 0, 1)[None] / 255
        np.testing.assert_allclose(row, encoder(image).detach().numpy()[0], rtol=0, atol=1e-5)


def test_every_part_comes_back_in_its_mode(encoder, source):
    encoder.train()
    encoder.blocks[0].eval()  # as when a part is frozen
    modes = [module.training for module in encoder.modules()]
    statistics = encoder.stem[1].running_mean.clone()
    extract(encoder, source, cache=None)
    assert [module.training for module in encoder.modules()] == modes
    assert torch.equal(encoder.stem[1].running_mean, statistics)


def test_the_second_time_they_come_from_the_cache(encoder, source, calls, tmp_path):
    first = extract(encoder, source, batch_size=8, cache=tmp_path)
    assert calls == [8, 8, 4]  # 20 images
    np.testing.assert_array_equal(extract(encoder, source, batch_size=8, cache=tmp_path), first)
    assert calls == [8, 8, 4]
    (kept,) = tmp_path.rglob("*.npy")
    np.testing.assert_array_equal(np.load(kept, allow_pickle=False), first)  # any reader of .npy can read it


def test_the_default_cache_is_the_one_of_the_package(encoder, source, tmp_path, monkeypatch):
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path))
    extract(encoder, source)
    assert len(list(tmp_path.rglob("*.npy"))) == 1


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b"", lambda b: b[:200] + bytes([b[200] ^ 1]) + b[201:]])
def test_a_damaged_cache_is_computed_again(encoder, source, calls, tmp_path, damage):
    first = extract(encoder, source, cache=tmp_path)
    (kept,) = tmp_path.rglob("*.npy")
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    np.testing.assert_array_equal(extract(encoder, source, cache=tmp_path), first)
    assert calls == [20, 20]
    assert kept.read_bytes() == whole


def test_another_encoder_or_source_is_another_entry(encoder, source, calls, tmp_path):
    extract(encoder, source, cache=tmp_path)
    extract(encoder, source.take(np.arange(19)), cache=tmp_path)
    with torch.no_grad():
        encoder.stem[0].weight[0, 0, 0, 0] += 1e-3
    extract(encoder, source, cache=tmp_path)
    assert calls == [20, 19, 20]


def test_an_encoder_is_known_by_its_weights_statistics_and_options(encoder):
    name = encoder_id(encoder)
    assert encoder_id(encoder.eval()) == encoder_id(encoder.train()) == name  # a mode is no property
    encoder.stem[1].running_var += 1
    assert encoder_id(encoder) != name
    # The same random weights at another size give other features.
    one, two = EfficientNetLite0(1, size=64, pretrained=False), EfficientNetLite0(1, size=96, pretrained=False)
    two.load_state_dict(one.state_dict())
    assert encoder_id(one) != encoder_id(two)
    # Two unfitted encoders are the same one; fitting tells them apart.
    fitted = PCAEncoder(1, dim=2, side=4)
    assert encoder_id(fitted) == encoder_id(PCAEncoder(1, dim=2, side=4))
    fitted.fit(rng("f").integers(0, 256, (9, 4, 4, 1), dtype=np.uint8))
    assert encoder_id(fitted) != encoder_id(PCAEncoder(1, dim=2, side=4))


def test_images_of_other_channels_are_refused(source):
    with pytest.raises(UserError, match="3 channels, noise has 1"):
        extract(SmallResNet(3), source, cache=None)
