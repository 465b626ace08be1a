"""MAE against loops in float64, against lightly's masked transformer, closed forms, and what the mask may depend on."""

import pytest
import references_mae as references
import torch
from lightly.models.modules import MaskedVisionTransformerDecoderTIMM, MaskedVisionTransformerTIMM
from lightly.models.utils import get_at_index, patchify
from torch import Tensor

from made_views import made, views
from sempairs.core.errors import UserError
from sempairs.encoders.patches import visible_tokens
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.encoders.timm_adapter import TimmEncoder
from sempairs.methods.mae import MAE, reconstruction
from sempairs.nn.known import Known
from sempairs.nn.patches import kept_and_hidden, normalised, patches_of


def made_vit(model: str = "test_vit", channels: int = 1) -> TimmEncoder:
    torch.manual_seed(0)
    return TimmEncoder(channels, model=model, image_size=12, patch_size=4).double()


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


HIDDEN = torch.tensor([[0, 2, 3], [1, 2, 4]])  # of five patches


@pytest.mark.parametrize("seed", range(3))
def test_value_and_gradient_equal_the_reference(seed):
    painted, target = drawn(2, 5, 6, seed=seed).requires_grad_(), drawn(2, 5, 6, seed=seed + 10)
    value, expected = (loss(painted, target, HIDDEN) for loss in (reconstruction, references.reconstruction))
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=0)
    mine, theirs = (torch.autograd.grad(v.sum(), painted)[0] for v in (value, expected))
    torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-15)


def test_gradcheck():
    painted, target = drawn(2, 5, 6).requires_grad_(), drawn(2, 5, 6, seed=1)
    assert torch.autograd.gradcheck(lambda x: reconstruction(normalised(x), target, HIDDEN), painted)


def test_patches_equal_the_loops_and_lightly():
    images = drawn(3, 2, 8, 8)
    found = patches_of(images, 4)
    assert torch.equal(found, torch.stack([references.patches_of(image, 4) for image in images]))
    assert torch.equal(found, patchify(images, 4))


def test_normalised_patches_equal_the_loop():
    patches = drawn(1, 4, 9)
    expected = torch.stack([references.normalised(patch) for patch in patches[0]])
    torch.testing.assert_close(normalised(patches)[0], expected, rtol=1e-9, atol=0)


def test_perfect_painting_costs_nothing_and_an_error_of_one_costs_one():
    target = drawn(2, 5, 6)
    assert torch.equal(reconstruction(target, target, HIDDEN), torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(reconstruction(target + 1, target, HIDDEN), torch.ones(2, dtype=torch.float64))


def test_a_patch_of_one_colour_becomes_zero():
    assert torch.equal(normalised(torch.full((1, 1, 16), 0.7)), torch.zeros(1, 1, 16))


CHANGES = {  # theory: a mean over hidden patches of squared differences
    "visible patches": (lambda a, b: (a + (torch.arange(5) == 1)[:, None], b), slice(0, 1), True),
    "hidden patches": (lambda a, b: (a + (torch.arange(5) == 1)[:, None], b), slice(1, 2), False),
    "swap of painting and target": (lambda a, b: (b, a), slice(None), True),
    "shift of both": (lambda a, b: (a + 1, b + 1), slice(None), True),
    "rotation of both": (lambda a, b: (a @ ROTATION, b @ ROTATION), slice(None), True),
    "scale of both": (lambda a, b: (2 * a, 2 * b), slice(None), False),
    "order of the patches": (lambda a, b: (a.flip(1), b.flip(1)), slice(None), False),
}
ROTATION = torch.linalg.qr(drawn(6, 6, seed=5)).Q


@pytest.mark.parametrize("change", CHANGES)
def test_invariances_are_those_of_the_theory(change):
    transform, images, invariant = CHANGES[change]
    a, b = drawn(2, 5, 6), drawn(2, 5, 6, seed=1)
    before, after = reconstruction(a, b, HIDDEN)[images], reconstruction(*transform(a, b), HIDDEN)[images]
    assert torch.allclose(before, after, rtol=1e-12, atol=0) == invariant


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_whole_method_equals_one_built_from_lightlys_parts(normalise, channels):
    method = MAE(made_vit(channels=channels), width=16, depth=2, heads=2, normalise=normalise).double()
    images = torch.rand(4, channels, 12, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    kept, hidden = kept_and_hidden(images, 9, 2)
    both = torch.cat([torch.zeros(4, 1, dtype=torch.int64), kept + 1], dim=1)  # lightly counts the class token

    masked = MaskedVisionTransformerTIMM(made_vit(channels=channels).network.to(memory_format=torch.contiguous_format))
    masked.vit.load_state_dict(method.encoder.network.state_dict())
    tokens = masked.double().encode((images - 0.5) / 0.5, idx_keep=both)

    decoder = MaskedVisionTransformerDecoderTIMM(num_patches=9, embed_dim=16, depth=2, num_heads=2)
    ours = method.painter
    decoder.blocks, decoder.norm = ours.blocks, ours.norm
    decoder.mask_token.data = ours.unseen.data[None, None]
    decoder.pos_embed.data = torch.cat([torch.zeros(1, 16), ours.positions])[None]
    full = torch.zeros(4, 10, 16, dtype=torch.float64)
    full = full.scatter(1, both[:, :, None].expand(-1, -1, 16), ours.inlet(tokens))
    painted = get_at_index(ours.outlet(decoder(full, idx_mask=hidden + 1)), hidden + 1)
    target = get_at_index(patchify((images - 0.5) / 0.5, 4), hidden)
    if normalise:
        target = (target - target.mean(2, keepdim=True)) / (target.var(2, keepdim=True) + 1e-6).sqrt()
    expected = torch.nn.functional.mse_loss(painted, target)
    value = method.loss(*method(images, images), known=Known.nothing(4))
    torch.testing.assert_close(value["first"], expected, rtol=1e-9, atol=0)
    torch.testing.assert_close(value["second"], expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("model", ["test_vit", "test_vit2"])  # timm keeps the last norm before and after the pooling
def test_with_all_patches_visible_the_tokens_are_those_of_the_features(model):
    encoder = made_vit(model)
    images = drawn(2, 1, 12, 12).sigmoid()
    tokens = visible_tokens(encoder, images, torch.arange(9).expand(2, -1))
    whole = encoder.network.forward_features((images - encoder.mean) / encoder.std)
    torch.testing.assert_close(tokens, encoder.network.fc_norm(whole), rtol=1e-12, atol=1e-12)


def test_the_encoder_never_sees_a_hidden_pixel():
    encoder = made_vit()
    images = drawn(1, 1, 12, 12).sigmoid().requires_grad_()
    visible_tokens(encoder, images, torch.tensor([[0, 5]])).square().sum().backward()
    seen = patches_of(images.grad, 4).abs().sum(2)[0] > 0
    assert seen.nonzero().flatten().tolist() == [0, 5]


def test_the_partner_in_a_pair_plays_no_role():
    method = made("mae")
    (a, b), (_, other) = views(0), views(1)
    assert torch.equal(method(a, b)[0], method(a, other)[0])


def test_the_mask_depends_on_the_image_alone_and_differs_between_images():
    images = torch.rand(64, 1, 12, 12, generator=torch.Generator().manual_seed(2))
    kept, hidden = kept_and_hidden(images, 16, 4)
    assert torch.equal(torch.cat([kept, hidden], 1).sort(1).values, torch.arange(16).expand(64, -1))
    order = torch.randperm(64, generator=torch.Generator().manual_seed(3))
    assert torch.equal(kept_and_hidden(images[order][:9].double(), 16, 4)[0], kept[order][:9])
    # 64 draws of 1,820 subsets: 1.1 couples coincide on average; ten would have a chance below one in a million.
    assert len(kept.unique(dim=0)) > 54


def test_every_patch_and_every_couple_is_kept_as_often_as_chance_has_it():
    n = 4000
    images = torch.rand(n, 1, 12, 12, generator=torch.Generator().manual_seed(4))
    kept = torch.zeros(n, 16).scatter(1, kept_and_hidden(images, 16, 4)[0], 1.0)
    together = kept.T @ kept / n
    one, two = 4 / 16, 4 / 16 * 3 / 15
    # Five standard deviations of a share of n draws, for 136 shares.
    assert (together.diagonal() - one).abs().max() < 5 * (one * (1 - one) / n) ** 0.5
    assert (together - two).fill_diagonal_(0).abs().max() < 5 * (two * (1 - two) / n) ** 0.5


def test_an_image_that_differs_in_one_bit_gets_another_mask():
    image = torch.full((1, 1, 12, 12), 0.5)
    other = image.clone()
    other[0, 0, 3, 3] = torch.nextafter(other[0, 0, 3, 3], torch.tensor(1.0))
    # Chance of equal masks among 12,870 subsets of 8 of 16: below one in ten thousand.
    assert not torch.equal(kept_and_hidden(image, 16, 8)[0], kept_and_hidden(other, 16, 8)[0])


@pytest.mark.parametrize("encoder", [
    lambda: SmallResNet(1, width=4),
    lambda: TimmEncoder(1, model="mobilenetv3_small_050"),
    lambda: made_vit("test_vit3"),  # its attention pooling would not be trained
])  # fmt: skip
def test_an_encoder_without_plain_patches_is_refused_with_what_to_set(encoder):
    with pytest.raises(UserError, match=r"plain vision transformer(.|\n)*patch_size = 4"):
        MAE(encoder())


@pytest.mark.parametrize(("options", "message"), [
    ({"masked": 0.95}, "leaves 0 of 9"),
    ({"masked": 0.0}, "leaves 9 of 9"),
    ({"width": 18, "heads": 2}, "multiple of 4"),
    ({"width": 20, "heads": 3}, "multiple of 4 and of its heads"),
    ({"heads": 0}, "multiple of 4 and of its heads"),
])  # fmt: skip
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        MAE(made_vit(), **options)


def test_patches_that_leave_a_margin_are_refused():
    with pytest.raises(UserError, match="cover the image"):
        MAE(TimmEncoder(1, model="test_vit", image_size=12, patch_size=5))


def test_views_of_another_size_are_refused():
    images = torch.rand(2, 1, 16, 16, dtype=torch.float64)
    with pytest.raises(UserError, match=r"\(12, 12\) pixels only"):
        MAE(made_vit()).double()(images, images)
