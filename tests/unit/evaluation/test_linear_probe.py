"""The linear probe: what chooses its penalty, what it refuses, and what it confesses."""

import dataclasses

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.linear import LinearProbe
from sempairs.evaluation.linear_models.probe import validation_rows


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def noisy(count, name):
    """Three classes of which few features tell, and many loud ones distract."""
    labels = np.arange(3 * count) % 3
    features = rng(name).normal(size=(3 * count, 20)) * np.where(np.arange(20) < 3, 1, 3)
    features[:, :3] += 1.5 * np.eye(3)[labels]
    return Labelled(features.astype(np.float32), labels)


def test_a_fifth_of_each_class_chooses_the_penalty():
    labels = np.repeat([0, 1, 2], [100, 10, 2])
    held_out = validation_rows(labels)
    # A fifth of 100 and 10; at least one of 2.
    assert [int(held_out[labels == name].sum()) for name in range(3)] == [20, 2, 1]
    assert np.array_equal(held_out, validation_rows(labels))


def test_a_class_with_one_image_is_refused():
    with pytest.raises(UserError, match="one of class 1"):
        validation_rows(np.array([0, 0, 1]))


def test_a_poisoned_test_set_does_not_change_what_is_chosen():
    train, test = noisy(60, "train"), noisy(60, "test")
    poisoned = Labelled(1000 - 3 * test.features, np.roll(test.labels, 1))
    probe = LinearProbe(grid_size=12)
    (honest,), (dishonest,) = probe(train, test), probe(train, poisoned)
    assert honest.protocol == dishonest.protocol
    assert honest.value > dishonest.value


def test_poisoned_validation_does_change_it():
    # The counterpart: with the labels of the held-out fifth wrong, another penalty is best.
    train, test = noisy(60, "train"), noisy(60, "test")
    labels = np.where(validation_rows(train.labels), (train.labels + 1) % 3, train.labels)
    probe = LinearProbe(grid_size=12)
    assert probe(train, test)[0].protocol != probe(Labelled(train.features, labels), test)[0].protocol


def test_a_fit_that_did_not_converge_is_confessed():
    train, test = noisy(60, "train"), noisy(60, "test")
    (score,) = LinearProbe(grid_size=3, grid_from=-4.0, grid_to=0.0, max_iter=1)(train, test)
    assert "warning: 3 fits of the grid did not converge in 1 iterations" in score.protocol
    assert "warning: the final fit did not converge" in score.protocol
    assert "converge" not in LinearProbe(grid_size=3, grid_from=-1.0)(train, test)[0].protocol


@pytest.mark.parametrize(("low", "high", "word"), [(-6.0, -5.0, "largest"), (3.0, 5.0, "smallest")])
def test_a_penalty_at_the_edge_of_the_grid_is_confessed(low, high, word):
    # A strong penalty gives the loud features the say, a weak one costs little: the best is near 1 (measured).
    train, test = noisy(60, "train"), noisy(60, "test")
    assert (
        f"λ is the {word} of the grid" in LinearProbe(grid_from=low, grid_to=high, grid_size=3)(train, test)[0].protocol
    )
    assert "warning" not in LinearProbe(grid_from=-1.0, grid_to=4.0, grid_size=6)(train, test)[0].protocol


def test_a_grid_of_one_is_a_fixed_penalty():
    (score,) = LinearProbe(grid_from=0.0, grid_to=0.0, grid_size=1)(noisy(60, "train"), noisy(60, "test"))
    assert "λ = 1 of 1" in score.protocol
    assert "warning" not in score.protocol


def test_a_grid_of_equal_penalties_is_a_fixed_penalty_too():
    train, test = noisy(60, "train"), noisy(60, "test")
    one, three = (LinearProbe(grid_from=0.0, grid_to=0.0, grid_size=size)(train, test)[0] for size in (1, 3))
    assert np.array_equal(one.outcomes, three.outcomes)


def test_unpenalised_bias_answers_the_frequent_class_when_features_are_useless():
    # With λ → ∞ only the bias is left, and it knows the frequencies: 60% of class 1.
    labels = np.repeat([0, 1, 2], [20, 60, 20])
    images = Labelled(rng("useless").normal(size=(100, 4)).astype(np.float32), labels)
    (score,) = LinearProbe(grid_from=9.0, grid_to=9.0, grid_size=1)(images, images)
    assert score.value == 60


@pytest.mark.parametrize("options", [{"grid_size": 0}, {"grid_from": 1.0, "grid_to": 0.0}, {"max_iter": 0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="linear probe needs"):
        LinearProbe(**options)


def with_splits(count, name):
    images = noisy(count, name)
    split = np.where(np.arange(3 * count) % 4 == 3, "val", "train")
    source = dataclasses.replace(made_source(3 * count, 3), columns={"split": split})
    return Labelled(images.features, images.labels, source=source)


def test_a_column_names_the_images_that_choose_the_penalty():
    train, test = with_splits(60, "train"), noisy(60, "test")
    (score,) = LinearProbe(grid_size=12, validation="split=val")(train, test)
    assert "the best by accuracy on 45 of 180 training images" in score.protocol
    # With their labels wrong, another penalty is best.
    val = train.source.columns["split"] == "val"
    wrong = np.where(val, (train.labels + 1) % 3, train.labels)
    poisoned = Labelled(train.features, wrong, source=train.source)
    assert LinearProbe(grid_size=12, validation="split=val")(poisoned, test)[0].protocol != score.protocol


@pytest.mark.parametrize("validation", ["split=nothing", "split", "label=class 0=", "split=train=val"])
def test_a_column_that_names_no_images_is_refused(validation):
    with pytest.raises(UserError, match="names 0 of 180 training images"):
        LinearProbe(validation=validation)(with_splits(60, "train"), noisy(60, "test"))


def test_an_unknown_column_is_refused():
    with pytest.raises(UserError, match="no column 'part'"):
        LinearProbe(validation="part=val")(with_splits(60, "train"), noisy(60, "test"))


def test_accuracy_over_classes_is_a_score_of_its_own():
    train, test = noisy(60, "train"), noisy(60, "test")
    (plain,), (score,) = (
        LinearProbe(grid_size=3, metric=metric)(train, test) for metric in ("accuracy", "mean-per-class")
    )
    assert (plain.metric, score.metric) == ("linear", "linear mean-per-class")
    # Classes of equal size: both are the same number.
    assert score.value == pytest.approx(plain.value)
    assert plain.pictures[0].rows == ("0", "1", "2")
    assert plain.pictures[0].values.diagonal().mean() == pytest.approx(plain.value)


def test_images_of_many_classes_need_columns_that_say_so():
    with pytest.raises(UserError, match="no column 'objects'"):
        LinearProbe(metric="voc-map")(with_splits(60, "train"), with_splits(60, "test"))
    sides = with_splits(60, "train"), with_splits(60, "test")
    empty = {"objects": np.full(180, ""), "difficult": np.full(180, "")}
    sides = [Labelled(s.features, None, source=dataclasses.replace(s.source, columns=empty)) for s in sides]
    with pytest.raises(UserError, match="no training image shows a class"):
        LinearProbe(metric="voc-map")(*sides)
