"""Prototypes, the centre, and views of several sizes through one encoder."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sempairs.core.errors import UserError
from sempairs.nn.centre import Centre
from sempairs.nn.crops import by_size
from sempairs.nn.heads import gelu_mlp
from sempairs.nn.prototypes import Prototypes, cross_view_entropy


def test_scores_are_cosines_whatever_the_lengths():
    prototypes, z = Prototypes(5, 3), torch.randn(4, 3)
    expected = F.cosine_similarity(z[:, None], prototypes.weight[None], dim=2)
    torch.testing.assert_close(prototypes(z), expected)
    with torch.no_grad():
        prototypes.weight *= torch.arange(1.0, 6.0)[:, None]
    torch.testing.assert_close(prototypes(7 * z), expected)


def test_no_prototypes_are_refused():
    with pytest.raises(UserError, match="at least one prototype"):
        Prototypes(0, 3)


def test_a_step_is_at_right_angles_to_the_prototypes_and_their_length_is_restored():
    prototypes = Prototypes(5, 3).double()
    torch.testing.assert_close(prototypes.weight.norm(dim=1), torch.ones(5).double(), rtol=1e-6, atol=0)
    prototypes(torch.randn(4, 3).double()).square().sum().backward()
    radial = (prototypes.weight.grad * prototypes.weight).sum(dim=1)
    torch.testing.assert_close(radial, torch.zeros(5).double(), rtol=0, atol=1e-12)
    with torch.no_grad():
        prototypes.weight += prototypes.weight.grad
    directions = F.normalize(prototypes.weight.detach(), dim=1)
    assert (prototypes.weight.norm(dim=1) > 1).all()
    prototypes.restore_length()
    torch.testing.assert_close(prototypes.weight.detach(), directions)


def test_a_target_is_predicted_from_every_view_but_its_own():
    a, b = torch.eye(2)[:1], torch.eye(2)[1:]  # certain of the first, of the second
    right, wrong = 0.0, 100.0  # -log softmax of (100, 0) at its first and second place, up to e^-100
    assert cross_view_entropy([a, b], [100 * a, 100 * b]).item() == pytest.approx(wrong)
    assert cross_view_entropy([a, b], [100 * b, 100 * a]).item() == pytest.approx(right, abs=1e-6)
    # A third view like the first: of the four couples a-b, a-c, b-a, b-c only a-c agrees.
    assert cross_view_entropy([a, b], [100 * a, 100 * b, 100 * a]).item() == pytest.approx(75.0)


def test_the_centre_moves_once_by_the_mean_last_offered():
    centre = Centre(2, momentum=0.9)
    centre.commit()
    assert centre.value.tolist() == [0, 0]
    centre.offer(torch.full((3, 2), 50.0))
    centre.offer(torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))
    assert centre.value.tolist() == [0, 0]  # not before the step is done
    for _ in range(2):
        centre.commit()
        assert centre.value.tolist() == pytest.approx([0.2, 0.3])  # a tenth of the mean


def test_neighbours_of_one_size_pass_together():
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[tuple[int, ...]] = []

        def forward(self, images):
            self.seen.append(tuple(images.shape))
            return images.mean(dim=(2, 3))

    encoder = Counts()
    views = [torch.full((2, 1, side, side), float(number)) for number, side in enumerate((8, 8, 4, 4, 4))]
    features = by_size(encoder, views)
    assert encoder.seen == [(4, 1, 8, 8), (6, 1, 4, 4)]
    assert [feature.flatten().tolist() for feature in features] == [[float(i)] * 2 for i in range(5)]


def test_the_head_of_dino_keeps_the_size_of_what_passes():
    torch.manual_seed(0)
    head = gelu_mlp(256, 512, 512, 128)
    assert [type(layer).__name__ for layer in head] == ["Linear", "GELU", "Linear", "GELU", "Linear"]
    for layer in head[::2]:
        assert layer.bias.abs().sum() == 0
        # The deviation of so many numbers is within 2%: 1 / sqrt(2 x 65,536) = .3%, several times over.
        assert layer.weight.std().item() == pytest.approx(layer.in_features**-0.5, rel=0.02)
