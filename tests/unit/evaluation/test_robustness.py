"""Robustness: known encoders give known errors, by the definitions of mCE."""

import dataclasses

import numpy as np
import pytest
import torch

from made_evaluations import Blind, Quarters, seen, train_and_test
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.encoders.base import Encoder
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.corruptions import CORRUPTIONS
from sempairs.evaluation.robustness import ALEXNET, ALEXNET_CLEAN, Robustness, corrupted
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.digits import digits


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


class Sides(Encoder):
    """Which half is brighter, and nothing else: no common corruption turns that round."""

    def __init__(self):
        super().__init__(1, (0.0,), (1.0,))

    def features(self, images):
        left, right = images[..., :8].mean(dim=(1, 2, 3)), images[..., 8:].mean(dim=(1, 2, 3))
        return (left - right).sign()[:, None]


def halves(n, name):
    """Images of which one half is bright: the left in class 0, the right in class 1."""
    frames = rng(name).integers(0, 60, (n, 16, 16, 1), dtype=np.uint8)
    labels = np.arange(n) % 2
    frames[labels == 0, :, :8] += 150
    frames[labels == 1, :, 8:] += 150
    ids = np.array([f"{name}/{i:03}" for i in range(n)], dtype=object)
    return Source(name, ids, content_hashes(frames), frames, labels=labels, label_names=("left", "right"))


def values(scores):
    return {score.metric: score.value for score in scores}


def test_a_blind_encoder_errs_as_often_as_chance_whatever_the_corruption():
    # Four classes, equally frequent, and one answer for all images: three quarters are wrong, corrupted or not.
    found = values(Robustness(images=24)(*seen(Blind(), *train_and_test())))
    assert found == pytest.approx({"robustness clean": 25, "corruption error": 75, "relative corruption error": 0})


def test_an_encoder_that_no_corruption_reaches_has_no_relative_error():
    scores = Robustness(images=20)(*seen(Sides(), halves(40, "train"), halves(20, "test")))
    assert values(scores) == {"robustness clean": 100, "corruption error": 0, "relative corruption error": 0}
    assert [score.direction for score in scores] == ["higher", "lower", "lower"]


def test_severity_increases_the_error_on_real_images():
    # Handwritten digits, each pixel four.
    source = digits()
    frames = np.asarray(source.frames)[:500].repeat(2, axis=1).repeat(2, axis=2)
    large = dataclasses.replace(source.take(np.arange(500)), frames=frames, rows=None)
    scores = Robustness(images=150)(*seen(Quarters(), large.take(np.arange(350)), large.take(np.arange(350, 500))))
    matrix = scores[0].pictures[1]
    errors = matrix.values.mean(axis=0)
    assert (np.diff(errors) > 0).all(), errors
    # The numbers are the picture's: the mean of all 75, and that minus the clean error.
    found = values(scores)
    assert found["corruption error"] == pytest.approx(matrix.values.mean())
    assert found["relative corruption error"] == pytest.approx(matrix.values.mean() - (100 - found["robustness clean"]))
    bars = scores[0].pictures[0]
    assert bars.values == pytest.approx(np.append(100 - found["robustness clean"], matrix.values.mean(axis=1)))
    assert bars.names == ("clean", *CORRUPTIONS)


def test_a_larger_sample_has_the_same_corruptions_of_the_same_images():
    _, test = train_and_test()
    some = test.take(np.array([3, 50, 7]))
    numbers = np.array([3, 50, 7])
    all_of_them = corrupted(test, "snow", 5, 0, np.arange(len(test)))
    assert np.array_equal(corrupted(some, "snow", 5, 0, numbers).frames, all_of_them.frames[numbers])


def test_blocks_do_not_change_the_images(monkeypatch):
    _, test = train_and_test()
    whole = corrupted(test, "fog", 3, 0, np.arange(len(test))).frames
    monkeypatch.setattr("sempairs.evaluation.robustness.BLOCK", 16 * 16 * 7)
    assert np.array_equal(corrupted(test, "fog", 3, 0, np.arange(len(test))).frames, whole)


def test_mce_is_divided_by_alexnets_errors():
    # Two images, the second always wrong and the first only under the first corruption: errors are 1 there and 1/2
    # elsewhere, 1/2 on clean images; by the definition in the module's docstring.
    wrong = np.zeros((15, 5, 2), dtype=bool)
    wrong[:, :, 1] = wrong[0] = True
    outcomes = Robustness(reference="alexnet")._outcomes(wrong, np.array([False, True]))
    errors = np.array([1.0] + 14 * [0.5])
    assert outcomes["mCE"].mean() == pytest.approx(100 * np.mean(5 * errors / (5 * ALEXNET)))
    relative = 100 * np.mean((errors - 0.5) / (ALEXNET - ALEXNET_CLEAN))
    assert outcomes["relative mCE"].mean() == pytest.approx(relative)


def test_alexnet_has_an_mce_of_100():
    # By definition. Of 1,000 images as many are wrong as AlexNet's errors say, to within half an image; a relative
    # error divides that by .13 at least (brightness): .0005 / .13 = .4%, for one of 15 corruptions.
    wrong = np.zeros((15, 5, 1000), dtype=bool)
    for row, share in enumerate(ALEXNET):
        wrong[row, :, : round(1000 * share)] = True
    outcomes = Robustness(reference="alexnet")._outcomes(wrong, np.arange(1000) < round(1000 * ALEXNET_CLEAN))
    assert outcomes["mCE"].mean() == pytest.approx(100, abs=0.1)
    assert outcomes["relative mCE"].mean() == pytest.approx(100, abs=0.4)


def test_alexnet_is_for_224_pixels():
    with pytest.raises(UserError, match="16 x 16"):
        Robustness(reference="alexnet")(*seen(Blind(), *train_and_test()))


def test_the_sample_and_its_labels_belong_together():
    # Of 96 images 24 are drawn; a perfect encoder is right on each.
    scores = Robustness(images=24)(*seen(Quarters(), *train_and_test()))
    assert (scores[0].value, scores[0].n) == (100, 24)


def test_the_classifier_never_sees_the_test():
    train, test = train_and_test()
    poisoned = dataclasses.replace(test, labels=(test.labels + 1) % 4)
    honest, dishonest = (Robustness(images=24)(*seen(Quarters(), train, other)) for other in (test, poisoned))
    assert honest[0].protocol == dishonest[0].protocol
    assert (honest[0].value, dishonest[0].value) == (100, 0)


def test_features_that_diverge_are_an_error():
    class Fragile(Quarters):
        def features(self, images):
            return torch.where(images.flatten(1).amax(dim=1, keepdim=True) > 0.99, torch.nan, super().features(images))

    with pytest.raises(UserError, match="noise images are not finite"):
        Robustness(images=24)(*seen(Fragile(), *train_and_test()))


def test_one_image_is_refused():
    with pytest.raises(UserError, match="2 images"):
        Robustness(images=1)


def test_features_alone_are_refused():
    plain = Labelled(np.eye(4, dtype=np.float32), np.arange(4))
    with pytest.raises(UserError, match="features alone"):
        Robustness()(plain, plain)
