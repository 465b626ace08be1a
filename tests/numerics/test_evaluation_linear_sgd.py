"""The linear probe by SGD against torch's own optimiser and schedule, and what chooses its learning rate."""

import numpy as np
import pytest
import torch
from torch import nn

from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.linear_sgd import LinearSGD, scaled
from sempairs.evaluation.subsets import held_out


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def images(n, name, classes=3, d=8):
    labels = np.arange(n) % classes
    features = 4 * rng("centres").normal(size=(classes, d))[labels] + 6 * rng(name).normal(size=(n, d))
    return Labelled(features.astype(np.float32), labels)


TRAIN, TEST = images(70, "train"), images(60, "test")


def test_torch_optimises_to_the_same_weights():
    # 70 images in batches of 32: the last batch of an epoch has 6.
    member, lrs = LinearSGD(epochs=5, batch_size=32), (0.1, 3.0)
    x, _ = scaled(TRAIN.features, TEST.features)
    y = torch.from_numpy(TRAIN.labels)
    found = member.descend(x, y, 3, lrs, Bar())
    for lr, weights in zip(lrs, found, strict=True):
        head = nn.Linear(x.shape[1], 3, bias=False)
        nn.init.zeros_(head.weight)
        optimizer = torch.optim.SGD(head.parameters(), lr=lr, momentum=0.9)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5 * 3)
        for epoch in range(5):
            for rows in torch.from_numpy(rng("linear sgd", 0, epoch).permutation(70)).split(32):
                optimizer.zero_grad()
                nn.functional.cross_entropy(head(x[rows]), y[rows]).backward()
                optimizer.step()
                schedule.step()
        assert weights.T.numpy() == pytest.approx(head.weight.detach().numpy(), abs=1e-4)  # float32


def test_features_are_scaled_by_the_training_images_alone():
    x, x_test = scaled(TRAIN.features, 7 * TEST.features)
    assert float((x[:, :-1] ** 2).sum(1).mean()) == pytest.approx(1, abs=1e-6)
    assert (x[:, -1] == 1).all()
    length = float(np.sqrt((TRAIN.features**2).sum(1).mean()))
    assert x_test[:, :-1].numpy() == pytest.approx(7 * TEST.features / length, rel=1e-5)


def test_the_size_of_features_does_not_matter():
    larger = [Labelled(1024 * side.features, side.labels) for side in (TRAIN, TEST)]  # a power of two: no rounding
    (plain,), (same,) = LinearSGD(epochs=5)(TRAIN, TEST), LinearSGD(epochs=5)(*larger)
    assert np.array_equal(plain.outcomes, same.outcomes)


def test_a_poisoned_test_set_does_not_change_what_is_chosen():
    member = LinearSGD(epochs=5, batch_size=32, lrs=(0.01, 0.1, 1.0, 10.0, 100.0))
    poisoned = Labelled(100 * TEST.features, np.roll(TEST.labels, 1))
    (honest,), (dishonest,) = member(TRAIN, TEST), member(TRAIN, poisoned)
    assert honest.protocol == dishonest.protocol
    assert honest.value > dishonest.value
    # The counterpart: with wrong labels in the held-out fifth, another rate is best (10 instead of 1, measured).
    wrong = np.where(held_out(TRAIN.labels, 0), (TRAIN.labels + 1) % 3, TRAIN.labels)
    assert member(Labelled(TRAIN.features, wrong), TEST)[0].protocol != honest.protocol


def test_the_seed_names_the_order_and_the_same_one_repeats_it():
    x, _ = scaled(TRAIN.features, TEST.features)
    y = torch.from_numpy(TRAIN.labels)
    first, again, other = (LinearSGD(epochs=2, seed=s).descend(x, y, 3, (1.0,), Bar()) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"batch_size": 0}, {"lrs": ()}, {"lrs": (0.0,)}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="linear-sgd needs"):
        LinearSGD(**options)
