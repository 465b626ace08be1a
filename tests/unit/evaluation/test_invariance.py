"""Invariance of encoders that are invariant to something by construction, and closed forms."""

import dataclasses

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from made import made_source
from made_evaluations import Blind, Quarters, seen, train_and_test
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.encoders.base import Encoder
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.invariance import Invariance, pair_values
from sempairs.evaluation.transformed.transformations import TRANSFORMATIONS
from sempairs.statistics import jackknife_interval, t_interval


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


class Known(Encoder):
    """Features by a function of images in [0, 1]."""

    def __init__(self, dim, function, channels=1):
        super().__init__(dim, (0.0,) * channels, (1.0,) * channels)
        self.function = function

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        return self.function(images)


def columns(images):
    return images.mean(dim=(1, 2))


def found(encoder, train, test, **options):
    return {score.metric: score for score in Invariance(**options)(*seen(encoder, train, test))}


def test_what_an_encoder_cannot_see_changes_nothing():
    # The mean of each column does not know which row is where: upside down is the same, mirrored is not.
    scores = found(Known(16, columns), *train_and_test())
    assert scores["invariance vertical flip"].value == pytest.approx(1.0, abs=1e-6)
    assert scores["invariance vertical flip distance"].value == pytest.approx(0.0, abs=1e-4)
    assert scores["invariance horizontal flip"].value < 0.5
    assert scores["invariance horizontal flip distance"].value > 1


def test_one_feature_in_closed_form():
    # Of one feature m, whitening is (m - mean) / sd, with the sd of n: nothing can be shrunk. Inverting gives 1 - m.
    train, test = train_and_test()
    scores = found(Known(1, lambda images: images.mean(dim=(1, 2, 3))[:, None]), train, test)
    of_train, m = (source.images(np.arange(96)).mean(axis=(1, 2, 3)) / 255 for source in (train, test))
    mean, sd = of_train.mean(), of_train.std()
    assert scores["invariance invert"].value == pytest.approx(np.sign((m - mean) * (1 - m - mean)).mean(), abs=1e-6)
    assert scores["invariance invert distance"].value == pytest.approx(np.abs(1 - 2 * m).mean() / sd, rel=1e-4)


def test_the_overall_score_is_the_mean_of_all_image_by_image():
    scores = found(Quarters(), *train_and_test())
    for kind in ("", " distance"):
        each = [scores[f"invariance {name}{kind}"].outcomes for name in TRANSFORMATIONS if not
                TRANSFORMATIONS[name].of_colour]  # fmt: skip
        assert scores[f"invariance{kind}"].outcomes == pytest.approx(np.mean(each, axis=0))


def test_grey_images_leave_out_what_is_of_colour():
    grey, colour = (found(Quarters(c), *train_and_test(channels=c)) for c in (1, 3))
    of_colour = {f"invariance {name}" for name in ("grey", "saturation", "hue")}
    assert not of_colour & set(grey)
    assert "grey, saturation, hue left out" in grey["invariance"].protocol
    assert of_colour <= set(colour)
    assert len(colour["invariance"].pictures[0].names) == len(TRANSFORMATIONS) == 17  # as many as the paper's but one


def test_the_pictures_show_the_scores():
    scores = found(Quarters(), *train_and_test())
    for picture, kind in zip(scores["invariance"].pictures, ("", " distance"), strict=True):
        for name, value, low, high in zip(picture.names, picture.values, picture.lows, picture.highs, strict=True):
            score = scores[f"invariance {name}{kind}"]
            assert (value, (low, high)) == (score.value, score.interval)


def test_the_test_images_do_not_shape_the_whitening():
    # Half of the test images are replaced: what is found for the others stays.
    train, test = train_and_test()
    poisoned = test.images(np.arange(len(test)))
    poisoned[::2] = 255 - poisoned[::2]
    plain = found(Quarters(), train, test)
    other = found(Quarters(), train, dataclasses.replace(test, frames=poisoned))
    for metric, score in plain.items():
        if "class" not in metric:  # these compare test images with one another
            assert score.outcomes[1::2] == pytest.approx(other[metric].outcomes[1::2], abs=1e-5), metric


def test_a_sample_is_drawn_by_the_seed():
    one, same, other = (found(Quarters(), *train_and_test(), images=20, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one["invariance"].value != other["invariance"].value
    assert one["invariance"].n == 20


def test_constant_features_are_0_everywhere():
    # They have no direction once they are centred: the chance value of the contract.
    assert {score.value for score in found(Blind(), *train_and_test()).values()} == {0.0}


def test_images_of_a_class_are_1_and_of_others_below_0():
    # Features that name the class: c - 1 directions with c equal corners, two of which have cosine -1 / (c - 1).
    def name(images):
        four = torch.nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)
        return torch.nn.functional.one_hot(four.argmax(dim=1), 4).float()

    scores = found(Known(4, name), *train_and_test(each=100))
    assert scores["invariance same class"].value == pytest.approx(1.0, abs=1e-6)
    assert scores["invariance same class"].direction == "higher"
    assert scores["invariance other class"].value == pytest.approx(-1 / 3, abs=1e-3)


def test_classes_that_training_lacks_have_a_score_of_their_own():
    train, test = train_and_test()
    seen_only = train.take(np.flatnonzero(train.labels < 2))
    scores = found(Quarters(), seen_only, test)
    assert scores["invariance same class"].n == 96
    assert scores["invariance same held-out class"].n == 48
    assert "2 classes that no image to learn from has" in scores["invariance same held-out class"].protocol
    assert "invariance same held-out class" not in found(Quarters(), train, test)


def test_images_without_classes_have_the_transformations_alone():
    train, test = (dataclasses.replace(source, labels=None, label_names=()) for source in train_and_test())
    scores = found(Quarters(), train, test)
    assert "invariance rotation" in scores
    assert not [metric for metric in scores if "class" in metric]


def test_the_values_of_pairs_by_a_slow_loop():
    labels = rng("labels").integers(0, 4, 25)
    labels[0] = 9  # alone in its class
    cosine = rng("cosine").normal(size=(25, 25))
    for same in (True, False):
        means = []
        for i in range(25):
            partners = [cosine[i, j] for j in range(25) if j != i and (labels[i] == labels[j]) == same]
            means += [np.mean(partners)] if partners else []
        assert pair_values(cosine, labels, same).mean() == pytest.approx(np.mean(means))
        assert pair_values(cosine, labels, same) == pytest.approx(2 * np.array(means) - np.mean(means))
    assert len(pair_values(cosine, labels, True)) == 24


def test_the_interval_of_images_that_meet_each_other_is_the_jackknifes():
    # The factor 2 is right up to 1 / n; a jackknife that leaves out each of 400 images is the exact computation.
    labels = np.arange(400) % 4
    values = np.eye(4)[labels] + rng("u").normal(size=(400, 4))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    cosine = values @ values.T
    exact = jackknife_interval(
        lambda kept: float(pair_values(cosine[np.ix_(kept, kept)], labels[kept], True).mean()), 400, blocks=400
    )
    ours = t_interval(pair_values(cosine, labels, True))
    assert ours.high - ours.low == pytest.approx(exact.high - exact.low, rel=0.05)


def test_too_few_images():
    train, test = seen(Quarters(), made_source(8), made_source(8).take(np.arange(1)))
    with pytest.raises(UserError, match="only one"):
        Invariance()(train, test)
    with pytest.raises(UserError, match="two images"):
        Invariance()(Labelled.seen(Quarters(), made_source(8).take(np.arange(1))), train)
    with pytest.raises(UserError, match="two images"):
        Invariance(images=1)
