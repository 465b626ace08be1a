"""Few labels: the linear head is the minimum it claims to be, draws are nested, and what is refused."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from made_evaluations import Blind, seen
from made_tuning import Layer, coloured
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.few_label import FewLabel
from sempairs.evaluation.subsets import balanced
from sempairs.statistics import t_interval


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def noisy(count, name):
    """Four overlapping classes, their numbers with gaps."""
    labels = np.arange(4 * count) % 4
    features = rng(name).normal(size=(4 * count, 12)) + 5
    features[:, :4] += 2 * np.eye(4)[labels]
    return Labelled(features.astype(np.float32), np.array([2, 5, 6, 9])[labels])


def minimum(x, classes, penalty):
    """The weights (with the bias as last row) that minimise Σ cross-entropy + penalty/2 |W|², by SciPy."""

    def loss(flat):
        weights = flat.reshape(-1, classes.max() + 1)
        scores, decay = x @ weights[:-1] + weights[-1], penalty * weights[:-1]
        value = (logsumexp(scores, axis=1) - scores[np.arange(len(x)), classes]).sum() + (
            decay * weights[:-1]
        ).sum() / 2
        wrong = softmax(scores, axis=1) - np.eye(classes.max() + 1)[classes]
        return value, np.vstack([x.T @ wrong + decay, wrong.sum(axis=0)]).ravel()

    start = np.zeros((x.shape[1] + 1) * (classes.max() + 1))
    return minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-6}).x.reshape(-1, classes.max() + 1)


def test_the_head_is_the_minimum_that_another_solver_finds():
    train, test = noisy(30, "train"), noisy(100, "test")
    scores = FewLabel(labels=(3, 8), draws=3, penalty=0.02, seed=4)(train, test)
    centre = train.features.astype(np.float64).mean(axis=0)
    x, y = train.features - centre, test.features - centre
    x, y = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (x, y))
    for each, score in zip((3, 8), scores, strict=True):
        for draw in range(3):
            rows = balanced(train.labels, each, 4, draw)
            names, classes = np.unique(train.labels[rows], return_inverse=True)
            weights = minimum(x[rows], classes, 0.02)
            right = names[(y @ weights[:-1] + weights[-1]).argmax(axis=1)] == test.labels
            assert score.outcomes[draw] == pytest.approx(100 * right.mean(), abs=0.25)  # one of 400 images on a border


def test_a_score_is_the_mean_over_draws_with_their_interval():
    (one, five) = FewLabel(labels=(5, 1), draws=4)(noisy(30, "train"), noisy(50, "test"))
    assert [one.metric, five.metric] == ["1 label a class", "5 labels a class"]
    for score in (one, five):
        expected = t_interval(score.outcomes)
        assert (score.n, score.over) == (4, "draws")
        assert (score.value, *score.interval) == (expected.estimate, expected.low, expected.high)
    assert one.value < five.value < 100
    (curve,) = one.pictures
    assert curve.x.tolist() == [1, 5]
    assert curve.values.tolist() == [[one.value, five.value]]
    assert (curve.lows[0, 1], curve.highs[0, 1]) == five.interval


def test_features_that_say_little_score_less():
    train, test = noisy(30, "train"), noisy(100, "test")
    blurred = [Labelled(s.features + 3 * rng(n).normal(size=s.features.shape).astype(np.float32), s.labels)
               for s, n in ((train, 1), (test, 2))]  # fmt: skip
    clear, dim = FewLabel()(train, test), FewLabel()(*blurred)
    assert all(one.interval[0] > other.interval[1] for one, other in zip(clear[1:], dim[1:], strict=True))


def test_tuned_networks_learn_what_no_crop_hides_and_a_blind_one_nothing():
    member = FewLabel(labels=(2, 4), draws=2, tune=True, steps=30, rate=2.0)
    train, test = coloured(each=10, seed=1), coloured(each=30, seed=2)
    scores = member(*seen(Layer(), train, test))
    assert [score.metric for score in scores] == ["2 labels a class, tuned", "4 labels a class, tuned"]
    assert [score.value for score in scores] == [100.0, 100.0]
    assert "tuned for 30 steps of 6 crops" in scores[0].protocol
    assert [score.value for score in member(*seen(Blind(3), train, test))] == pytest.approx([100 / 3] * 2)


def test_tuning_needs_images():
    with pytest.raises(UserError, match="features alone"):
        FewLabel(tune=True)(noisy(20, "train"), noisy(20, "test"))


def test_a_class_with_fewer_images_is_refused():
    with pytest.raises(UserError, match="7 training images of class 2"):
        FewLabel()(noisy(7, "train"), noisy(20, "test"))


@pytest.mark.parametrize("options", [{"labels": ()}, {"labels": (0, 1)}, {"draws": 1}, {"penalty": 0.0}, {"rate": 0.0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UserError, match="few-label needs"):
        FewLabel(**options)
