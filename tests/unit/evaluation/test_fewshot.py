"""Few-shot: how episodes are drawn, and what is refused."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation import fewshot
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.fewshot import FewShot, draw

TRAIN = Labelled(np.zeros((0, 4), dtype=np.float32), np.zeros(0, dtype=np.int64))  # not used


def images(sizes, name="images"):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return Labelled(rng(name).normal(size=(len(labels), 4)).astype(np.float32), labels)


def test_an_episode_has_different_classes_and_different_images_of_them():
    test = images([20, 9, 30, 12, 8, 15])
    rows = FewShot(ways=4, shots=3, queries=5).rows_by_class(test)
    drawn = draw(rows, seed=0, episodes=np.arange(200), ways=4, images=8)
    classes = test.labels[drawn]
    assert (classes == classes[:, :, :1]).all()
    assert all(len(set(episode[:, 0])) == 4 for episode in classes)
    assert all(len(set(episode.ravel())) == 32 for episode in drawn)


def test_an_episode_depends_on_its_number_alone():
    rows = FewShot(queries=3).rows_by_class(images([10] * 8))
    together = draw(rows, 0, np.arange(10), 5, 8)
    assert np.array_equal(together[3:5], draw(rows, 0, np.array([3, 4]), 5, 8))
    assert not np.array_equal(together, draw(rows, 1, np.arange(10), 5, 8))


def test_classes_and_images_are_drawn_equally_often():
    rows = FewShot(ways=2, shots=1, queries=1).rows_by_class(images([4, 10, 10]))
    drawn = draw(rows, 0, np.arange(6000), 2, 2)
    first, others = drawn[drawn < 4], drawn[drawn >= 4]
    # 12,000 classes drawn among 3, two images each: the first class has 8,000 images, its four images 2,000 each.
    # Tolerance: 4 standard deviations of a binomial count.
    assert abs(len(first) - 8000) < 4 * 2 * np.sqrt(6000 * (2 / 3) * (1 / 3))
    assert np.abs(np.bincount(first) - 2000).max() < 4 * np.sqrt(12000 * (1 / 6) * (5 / 6))
    assert len(others) == 24000 - len(first)
    # Support and query are exchangeable: an image is as often the one as the other.
    support = np.bincount(drawn[:, :, 0][drawn[:, :, 0] < 4])
    assert np.abs(support - 1000).max() < 4 * np.sqrt(12000 * (1 / 12) * (11 / 12))


def test_classes_of_an_episode_draw_their_images_independently():
    rows = FewShot(ways=2, shots=1, queries=1).rows_by_class(images([10, 10]))
    first, second = (draw(rows, 0, np.arange(2000), 2, 1)[:, :, 0] % 10).T  # places within their classes
    # They agree in 1 of 10 episodes, give or take 4 standard deviations of a binomial count.
    assert abs((first == second).sum() - 200) < 4 * np.sqrt(2000 * 0.1 * 0.9)


def test_every_encoder_meets_the_same_episodes():
    # Encoder b is encoder a with another scale: outcomes agree one by one, as the episodes are the same.
    a = images([30] * 6)
    (first,), (second,) = (FewShot(episodes=20)(TRAIN, Labelled(s * a.features, a.labels)) for s in (1, 3))
    assert np.array_equal(first.outcomes, second.outcomes)
    assert not np.array_equal(first.outcomes, FewShot(episodes=20, seed=1)(TRAIN, a)[0].outcomes)


def test_blocks_change_nothing(monkeypatch):
    test = images([30] * 6)
    (whole,) = FewShot(episodes=20)(TRAIN, test)
    monkeypatch.setattr(fewshot, "BLOCK", 1)
    assert np.array_equal(whole.outcomes, FewShot(episodes=20)(TRAIN, test)[0].outcomes)


def test_the_metric_names_the_problem():
    (score,) = FewShot(ways=3, shots=1, episodes=10)(TRAIN, images([20] * 4))
    assert (score.metric, score.over, score.n) == ("3-way 1-shot", "episodes", 10)
    assert "15 queries" in score.protocol
    assert "seed 0" in score.protocol


def test_too_few_classes_are_refused():
    with pytest.raises(UserError, match=r"5-way episodes need 5 test classes\n.*got: 4\n.*set ways"):
        FewShot()(TRAIN, images([30] * 4))


def test_classes_with_too_few_images_are_named():
    with pytest.raises(UserError, match=r"need 20 test images of each class\n.*class 1 \(19 images\), 4 \(3 images\)"):
        FewShot()(TRAIN, images([30, 19, 30, 30, 3, 30]))


@pytest.mark.parametrize("options", [{"ways": 1}, {"shots": 0}, {"queries": 0}, {"episodes": 1}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="few-shot needs"):
        FewShot(**options)
