"""timm models come in whole, or are refused in words."""

import pytest
import timm
import torch

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.encoders.files import load_encoder, save_encoder
from sempairs.encoders.timm_adapter import TimmEncoder


def test_features_are_those_of_the_timm_model_on_its_own_normalisation():
    torch.manual_seed(0)
    encoder = TimmEncoder(3, model="resnet18").eval()
    images = torch.rand(2, 3, 64, 64)
    # ImageNet's means and deviations, as timm documents them for resnet18.
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    network = timm.create_model("resnet18", pretrained=False)
    network.load_state_dict(encoder.network.state_dict(), strict=False)
    maps = network.eval().forward_features((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
    torch.testing.assert_close(encoder(images), maps.mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)


def test_grey_images_are_normalised_with_the_average():
    encoder = TimmEncoder(1, model="mobilenetv3_small_050")
    # (.485 + .456 + .406) / 3 and (.229 + .224 + .225) / 3
    assert encoder.mean.item() == pytest.approx(0.449)
    assert encoder.std.item() == pytest.approx(0.226)


@pytest.mark.parametrize(("small_stem", "side"), [(False, 1), (True, 4)])
def test_small_stem_keeps_a_quarter_of_the_strides(small_stem, side):
    # ResNet divides the size by 32; without the strides of stem and pooling by 8.
    encoder = TimmEncoder(3, model="resnet18", small_stem=small_stem).eval()
    assert encoder.network.forward_features(torch.rand(1, 3, 32, 32)).shape == (1, 512, side, side)


def test_an_unknown_model_is_answered_with_the_nearest_names():
    with pytest.raises(UserError, match="resnet18"):
        TimmEncoder(3, model="resnet81")


@pytest.mark.parametrize("model", ["resnet18d", "mobilenetv3_small_050"])
def test_a_model_without_a_plain_resnet_stem_has_no_small_one(model):
    with pytest.raises(UserError, match="no ResNet stem"):
        TimmEncoder(3, model=model, small_stem=True)


def test_a_small_stem_would_throw_pretrained_weights_away():
    with pytest.raises(UserError, match="pretrained stem"):
        TimmEncoder(3, model="resnet18", small_stem=True, pretrained=True)


def test_weights_out_of_reach_are_said_to_be(monkeypatch):
    def offline(*_, pretrained, **__):
        assert pretrained
        raise OSError("no route to the hub\nand much more")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(UserError, match="cannot be fetched") as caught:
        TimmEncoder(3, model="resnet18", pretrained=True)
    assert caught.value.got == "no route to the hub"


def test_a_model_of_one_size_says_which():
    encoder = TimmEncoder(3, model="vit_tiny_patch16_224")
    with pytest.raises(UserError, match=r"\(224, 224\) pixels only"):
        encoder(torch.rand(1, 3, 32, 32))


def test_a_vit_is_cut_to_small_images_and_comes_back_from_disk(tmp_path):
    options = {"model": "test_vit", "image_size": 28, "patch_size": 4}
    encoder = TimmEncoder(1, **options).eval()
    assert encoder.network.pos_embed.shape[1] == 7 * 7 + 1  # patches and the class token
    images = torch.rand(2, 1, 28, 28)
    save_encoder(encoder, Spec(name="timm", options=options), tmp_path)
    assert torch.equal(load_encoder(tmp_path)(images), encoder(images))
    with pytest.raises(UserError, match=r"\(28, 28\) pixels only"):
        encoder(torch.rand(1, 1, 32, 32))


@pytest.mark.parametrize("options", [{"model": "resnet18", "patch_size": 4}, {"model": "test_vit", "image_size": 0}])
def test_a_size_that_a_model_cannot_have_is_refused(options):
    with pytest.raises(UserError, match="timm cannot make"):
        TimmEncoder(3, **options)
