"""Few-shot: how episodes are drawn, and what is refused."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation import fewshot
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.fewshot import FewShot, draw, mislabelled
from sempairs.evaluation.pictures import Curves
from sempairs.statistics import proportion_interval

TRAIN = Labelled(np.zeros((0, 4), dtype=np.float32), np.zeros(0, dtype=np.int64))  # not used


HEADS = pytest.mark.parametrize("head", ["centroid", "logistic", "weighted"])


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


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


@pytest.mark.parametrize(
    "options",
    [
        {"ways": 1}, {"shots": 0}, {"shots": ()}, {"shots": (1, 1)}, {"queries": 0}, {"episodes": 1}, {"corrupt": 1.0},
        {"corrupt": -0.1},
    ],
)  # fmt: skip
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="few-shot needs"):
        FewShot(**options)


def clusters(name, classes=6, count=30, d=8, spread=0.8):
    labels = np.repeat(np.arange(classes), count)
    features = rng("centres").normal(size=(classes, d))[labels] + spread * rng(name).normal(size=(len(labels), d))
    return Labelled(features.astype(np.float32), labels)


def test_several_shots_are_the_scores_of_each_and_a_curve_of_them():
    test = clusters("test")
    together = FewShot(shots=(5, 1), episodes=30)(TRAIN, test)
    apart = [FewShot(shots=shots, episodes=30)(TRAIN, test)[0] for shots in (5, 1)]
    assert together == apart
    assert all(np.array_equal(one.outcomes, other.outcomes) for one, other in zip(together, apart, strict=True))
    (curve,) = together[0].pictures
    assert isinstance(curve, Curves)
    assert curve.x.tolist() == [1, 5]
    assert curve.values.tolist() == [[apart[1].value, apart[0].value]]
    assert [*curve.lows[0], *curve.highs[0]] == [
        *(s.interval[0] for s in apart[::-1]),
        *(s.interval[1] for s in apart[::-1]),
    ]
    assert not apart[0].pictures


def test_metric_and_protocol_name_head_and_corruption():
    metrics = {}
    for head in ("centroid", "logistic", "weighted"):
        for corrupt in (0.0, 0.4):
            (score,) = FewShot(head=head, corrupt=corrupt, episodes=5)(TRAIN, clusters("test"))
            metrics[score.metric] = score.protocol
    assert list(metrics) == [
        "5-way 5-shot", "5-way 5-shot 40% corrupt", "5-way 5-shot logistic", "5-way 5-shot logistic 40% corrupt",
        "5-way 5-shot weighted", "5-way 5-shot weighted 40% corrupt",
    ]  # fmt: skip
    assert "2 of the 5 labelled images of each class are of other classes" in metrics["5-way 5-shot 40% corrupt"]
    assert "logistic regression" in metrics["5-way 5-shot logistic"]


@HEADS
def test_perfect_features_are_always_right_and_constant_ones_at_chance(head):
    labels = np.repeat(np.arange(6), 25)
    perfect, constant = (Labelled(f.astype(np.float32), labels) for f in (np.eye(6)[labels], np.full((150, 8), 0.3)))
    evaluation = FewShot(head=head, episodes=10)
    assert evaluation(TRAIN, perfect)[0].value == 100
    # Nothing tells the classes apart: the first of five is answered.
    assert evaluation(TRAIN, constant)[0].outcomes == pytest.approx(np.full(10, 20.0))


@HEADS
def test_labels_at_random_give_chance(head):
    # 6 classes of one distribution. 99.9% exact interval of as many fair guesses as there are images.
    (score,) = FewShot(head=head, episodes=300)(TRAIN, images([40] * 6))
    interval = proportion_interval(240 // 5, 240, confidence=0.999)
    assert 100 * interval.low < score.value < 100 * interval.high


@HEADS
def test_the_same_call_gives_the_same_numbers_in_any_blocks(head, monkeypatch):
    test = clusters("test")
    evaluation = FewShot(head=head, episodes=20, corrupt=0.4)
    (whole,) = evaluation(TRAIN, test)
    assert evaluation(TRAIN, test)[0] == whole
    monkeypatch.setattr(fewshot, "BLOCK", 1)
    assert np.array_equal(whole.outcomes, evaluation(TRAIN, test)[0].outcomes)


def test_one_shot_has_nothing_to_be_weighted():
    test = clusters("test")
    plain, weighted = (FewShot(shots=1, head=head, episodes=30)(TRAIN, test)[0] for head in ("centroid", "weighted"))
    assert np.array_equal(plain.outcomes, weighted.outcomes)


def test_mislabelled_images_change_places():
    rows = FewShot().rows_by_class(images([30] * 7))
    episodes = np.arange(400)
    drawn = draw(rows, 0, episodes, 5, 6)
    mixed = mislabelled(drawn, 2, 0, episodes)
    assert np.array_equal(mixed[:, :, :4], drawn[:, :, :4])
    # Each place has the same images, none of them under its own class.
    assert np.array_equal(np.sort(mixed[:, :, 4:], axis=1), np.sort(drawn[:, :, 4:], axis=1))
    assert not (mixed[:, :, 4:] == drawn[:, :, 4:]).any()
    # Every other class is as likely: of 800 places a class is filled from each of four others about 200 times, within
    # 4 standard deviations of a binomial count.
    where = (mixed[:, 0, None, 4:] == drawn[:, :, 4:]).argmax(axis=1)
    counts = np.bincount(where.ravel(), minlength=5)
    assert counts[0] == 0
    assert np.abs(counts[1:] - 200).max() < 4 * np.sqrt(800 * 0.25 * 0.75)
    assert np.array_equal(mixed[7:9], mislabelled(drawn[7:9], 2, 0, episodes[7:9]))
    assert np.array_equal(mislabelled(drawn, 0, 0, episodes), drawn)


def test_queries_are_those_of_the_clean_episodes():
    # A centroid of which 2 of 20 are wrong still answers well separated classes: were queries mislabelled too, a tenth
    # of them would be wrong.
    (score,) = FewShot(shots=20, corrupt=0.1, episodes=20)(TRAIN, clusters("test", count=60, spread=0.05))
    assert score.value == 100


@pytest.mark.parametrize(("shots", "corrupt"), [(1, 0.4), (5, 0.05), ((1, 5), 0.4), (5, 0.95)])
def test_a_share_that_is_no_image_or_all_of_them_is_refused(shots, corrupt):
    with pytest.raises(UserError, match="none or all of them"):
        FewShot(shots=shots, corrupt=corrupt)
