"""Factors as columns of numbers, and their R2."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.rendered.factors import Factors
from sempairs.sources.base import Source


def source(**columns):
    n = len(next(iter(columns.values())))
    ids = np.array([str(i) for i in range(n)], dtype=object)
    return Source(
        "made", ids, ids, np.zeros((n, 2, 2, 1), np.uint8), columns={k: np.asarray(v) for k, v in columns.items()}
    )


def factors(train, test, of_shapes=False):
    return Factors.of(list(train), source(**train), source(**test), of_shapes=of_shapes)


def test_numbers_are_standardised_by_the_images_to_learn_from():
    # Mean 2, spread 1: the test values 2 and 5 are 0 and 3.
    known = factors({"age": [1.0, 3.0]}, {"age": [2.0, 5.0]})
    assert known.train.ravel().tolist() == [-1, 1]
    assert known.test.ravel().tolist() == [0, 3]


def test_texts_are_categories_with_a_column_for_each():
    known = factors({"place": ["b", "a", "b", "a"]}, {"place": ["a", "b"]})
    assert known.train.tolist() == [[-1, 1], [1, -1], [-1, 1], [1, -1]]
    assert known.test.tolist() == [[1, -1], [-1, 1]]


def test_angles_of_shapes_are_on_a_circle():
    # 0 and 360 degrees are the same; 90 is as far from 0 as from 180.
    known = factors({"yaw": [0.0, 90.0, 180.0, 270.0]}, {"yaw": [360.0, 180.0]}, of_shapes=True)
    assert known.train.shape == (4, 2)
    assert known.test[0] == pytest.approx(known.train[0])
    first, second, third = known.train[:3]
    assert np.linalg.norm(first - second) == pytest.approx(np.linalg.norm(second - third))


def test_a_column_called_yaw_elsewhere_is_a_number():
    assert factors({"yaw": [0.0, 90.0]}, {"yaw": [10.0, 20.0]}).train.shape == (2, 1)


def test_numbers_of_shapes_that_are_names_are_categories():
    known = factors({"shape": [0, 1, 2], "bands": [0, 1, 3]}, {"shape": [2, 0], "bands": [1, 2]}, of_shapes=True)
    assert known.owners.tolist() == [0, 0, 0, 1]


def test_r2_of_one_column_is_scikit_learns():
    random = rng("r2")
    known = factors({"a": random.normal(size=20)}, {"a": random.normal(size=30)})
    answers, kept = known.test + 0.5 * random.normal(size=(30, 1)), np.arange(0, 30, 2)
    assert known.r2(answers, kept) == pytest.approx([r2_score(known.test[kept], answers[kept])])


def test_r2_of_a_factor_of_several_columns_weighs_them_by_their_variance():
    random = rng("several")
    places = random.choice(["a", "b", "c"], 60)
    known = factors(
        {"place": places[:30], "size": random.normal(size=30)}, {"place": places[30:], "size": random.normal(size=30)}
    )
    answers = known.test + random.normal(size=known.test.shape)
    everyone = np.arange(30)
    weighted = r2_score(known.test[:, :3], answers[:, :3], multioutput="variance_weighted")
    assert known.r2(answers, everyone) == pytest.approx([weighted, r2_score(known.test[:, 3], answers[:, 3])])


@pytest.mark.parametrize(
    ("train", "test", "match"),
    [
        ({"age": [1.0, np.nan]}, {"age": [1.0, 2.0]}, "not known of all"),
        ({"age": [1.0, 1.0]}, {"age": [1.0, 2.0]}, "the same for all"),
        ({"age": [1.0, 2.0]}, {"age": [2.0, 2.0]}, "the same for all"),
        ({"place": ["a", "b"]}, {"place": ["a", "c"]}, "no image to learn from has"),
        ({"age": [1.0, 2.0]}, {"size": [1.0, 2.0]}, "no column 'age'"),
    ],
)
def test_columns_that_say_nothing_are_refused(train, test, match):
    with pytest.raises(UserError, match=match):
        factors(train, test)
