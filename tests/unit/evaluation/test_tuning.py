"""Tuning a network: against SGD written by hand, and what it leaves as it was."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from made_tuning import Layer, coloured
from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, quiet
from sempairs.core.seeds import seed_of
from sempairs.encoders.base import Encoder
from sempairs.encoders.pca import PCAEncoder
from sempairs.evaluation.tuning import Tuning, batches, tune, tune_best
from sempairs.views.crop_only import CropOnly

NAMES = np.arange(3)
PLAIN = Tuning(steps=6, batch_size=12, lr=0.3, head_lr=0.3)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def same_weights(first, second):
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def test_training_equals_sgd_written_by_hand():
    tuning = Tuning(steps=4, batch_size=10, lr=0.2, head_lr=0.7, weight_decay=0.05, crop_min=0.3, seed=3)
    source, start = coloured(), Layer()
    found = tune(start, source, NAMES, tuning, Bar())

    # w, b of the encoder and of the head, their rates, and whether they decay: matrices do, biases do not.
    weights = [start.layer.weight, start.layer.bias, torch.zeros(3, 5), torch.zeros(3)]
    weights = [weight.detach().clone().requires_grad_() for weight in weights]
    rates, decays = (0.2, 0.2, 0.7, 0.7), (0.05, 0.0, 0.05, 0.0)
    momentum = [torch.zeros_like(weight) for weight in weights]
    for step, rows in enumerate(batches(len(source), tuning)):
        frames = torch.from_numpy(source.images(rows))
        counters = np.arange(10 * step, 10 * step + 10)
        views = CropOnly(crop_min=0.3)(frames, seed_of("tuning views", 3), counters)
        hidden = ((views - 0.5) / 0.5).mean(dim=(2, 3)) @ weights[0].T + weights[1]
        scores = hidden @ weights[2].T + weights[3]
        right = scores[torch.arange(10), torch.from_numpy(source.labels[rows])]
        loss = (scores.exp().sum(dim=1).log() - right).mean()
        gradients = torch.autograd.grad(loss, weights)
        cosine = (1 + math.cos(math.pi * step / 4)) / 2
        with torch.no_grad():
            for i, gradient in enumerate(gradients):
                total = gradient + decays[i] * weights[i]
                momentum[i] = 0.9 * momentum[i] + total
                weights[i] -= rates[i] * cosine * (total + 0.9 * momentum[i])

    tuned = (found.encoder.layer.weight, found.encoder.layer.bias, found.head.weight, found.head.bias)
    for one, other in zip(tuned, weights, strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-6)  # float32
    # The rates of the four steps by hand: 1, (2 + √2) / 4, 1/2, (2 - √2) / 4 of the first.
    assert (1 + math.cos(math.pi / 4)) / 2 == pytest.approx((2 + math.sqrt(2)) / 4)


def test_a_class_that_no_crop_hides_is_learnt():
    found = tune(Layer(), coloured(), np.array([0, 1, 2]), Tuning(steps=40, batch_size=20, lr=0.1, head_lr=0.1), Bar())
    test = coloured(seed=1)
    assert (found.answers(test) == test.labels).all()


def test_every_pass_shows_every_image_once_in_an_order_of_its_own():
    order = batches(10, Tuning(steps=9, batch_size=5, lr=1.0, head_lr=1.0)).reshape(-1)
    passes = order[:40].reshape(4, 10)
    assert all(sorted(images) == list(range(10)) for images in passes.tolist())
    assert len({tuple(images) for images in passes.tolist()}) == 4
    assert not np.array_equal(
        order, batches(10, Tuning(steps=9, batch_size=5, lr=1.0, head_lr=1.0, seed=1)).reshape(-1)
    )


def test_more_images_in_a_batch_than_there_are():
    assert np.bincount(batches(4, Tuning(steps=2, batch_size=8, lr=1.0, head_lr=1.0)).reshape(-1)).tolist() == [4] * 4


def test_the_encoder_and_the_random_state_stay_and_the_same_call_gives_the_same_weights():
    # Dropout draws from the global random state, a frozen weight is tuned all the same.
    encoder = Layer(nn.BatchNorm1d(5), nn.Dropout(0.5)).eval()
    encoder.layer.weight.requires_grad_(False)
    before, state = copy.deepcopy(encoder.state_dict()), torch.random.get_rng_state()
    first = tune(encoder, coloured(), NAMES, PLAIN, Bar())
    assert torch.equal(state, torch.random.get_rng_state())
    torch.rand(7)
    second = tune(encoder, coloured(), NAMES, PLAIN, Bar())
    assert same_weights(first.encoder, second.encoder)
    assert same_weights(first.head, second.head)
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())
    assert [p.requires_grad for p in encoder.parameters()] == [False, True, True, True]
    assert not any(module.training for module in encoder.modules())
    assert not torch.equal(first.encoder.layer.weight, encoder.layer.weight)
    other = tune(encoder, coloured(), NAMES, Tuning(steps=6, batch_size=12, lr=0.3, head_lr=0.3, seed=1), Bar())
    assert not same_weights(first.encoder, other.encoder)


def test_batch_norms_follow_their_statistics_as_told():
    encoder, source = Layer(nn.BatchNorm1d(5)), coloured(each=4)
    tuning = Tuning(steps=1, batch_size=12, lr=0.0, head_lr=0.0, norm_momentum=0.25, crop_min=1.0)
    found = tune(encoder, source, NAMES, tuning, Bar())
    # One batch of all images, whole but for mirroring: the mean of their features, a quarter of the way from 0.
    images = torch.from_numpy(source.images(np.arange(12))).permute(0, 3, 1, 2) / 255
    mean = encoder.layer((images - 0.5).mean(dim=(2, 3)) / 0.5).mean(dim=0)
    assert torch.allclose(found.encoder.parts[0].running_mean, 0.25 * mean, atol=1e-5)
    assert found.encoder.parts[0].momentum == 0.25
    assert encoder.parts[0].momentum == 0.1  # torch's own


class Colours(Encoder):
    """Mean colours: nothing to tune."""

    def __init__(self) -> None:
        super().__init__(3, (0.5,) * 3, (0.5,) * 3)

    def features(self, images):
        return images.mean(dim=(2, 3))


def held_out(source):
    return np.arange(len(source)) % 5 == 0


NOTHING = Tuning(steps=20, batch_size=12, lr=0.0, head_lr=0.0)  # a head of zeros: it always answers class 0
SOME = Tuning(steps=20, batch_size=12, lr=0.1, head_lr=0.1)
TOO_MUCH = Tuning(steps=20, batch_size=12, lr=1e30, head_lr=1e30)


def test_the_images_held_out_choose_and_then_all_are_learnt_from():
    source = coloured()
    found, best = tune_best("tuning", Layer(), source, NAMES, [NOTHING, SOME, TOO_MUCH], held_out(source))
    assert best == SOME
    assert same_weights(found.encoder, tune(Layer(), source, NAMES, SOME, Bar()).encoder)
    # With their labels wrong the one that has learnt nothing is right.
    source.labels[held_out(source)] = 0
    assert tune_best("tuning", Layer(), source, NAMES, [SOME, NOTHING], held_out(source))[1] == NOTHING


def test_of_equally_good_ways_the_first_and_of_one_no_choice():
    source = coloured()
    slower = Tuning(steps=20, batch_size=12, lr=0.05, head_lr=0.1)  # as right as SOME
    for ways in ([SOME, slower], [slower, SOME], [NOTHING]):
        assert tune_best("tuning", Layer(), source, NAMES, ways, held_out(source))[1] == ways[0]


def test_a_network_that_diverged_says_so():
    found = tune(Layer(), coloured(), NAMES, TOO_MUCH, Bar())
    with pytest.raises(UserError, match="diverged"):
        found.answers(coloured(seed=1))


def test_an_encoder_without_weights_cannot_be_tuned():
    with pytest.raises(UserError, match="nothing to tune"):
        tune(PCAEncoder(3, dim=4), coloured(), NAMES, SOME, Bar())
