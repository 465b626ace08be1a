"""The geometry of features: what is reported, and what is refused."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.geometry import Geometry
from sempairs.evaluation.spread import alignment


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def gaussian(n=300, d=6, seed=0):
    x = rng("geometry test", seed).normal(size=(n, d)).astype(np.float32)
    return Labelled(x, np.arange(n, dtype=np.int64) % 3)


def by_name(given, **options):
    return {score.metric: score for score in Geometry(**options)(given, given)}


def test_gaussian_features_have_the_numbers_of_theory():
    found = by_name(gaussian(3000))
    # Directions are uniform: alignment is E |x - y|² = 2. RankMe is 6 dimensions, and classes do not differ.
    assert found["alignment"].value == pytest.approx(2, abs=0.02)
    assert found["rankme"].value == pytest.approx(6, abs=0.01)
    assert found["class separation"].value == pytest.approx(0, abs=0.01)
    # Each interval holds the number of theory, of which the values are within sampling error.
    assert found["alignment"].interval[0] < 2 < found["alignment"].interval[1]


def test_a_sample_of_the_images_is_enough_and_is_named_by_the_seed():
    images = gaussian()
    one, same, other = (by_name(images, images=100, seed=seed)["alignment"] for seed in (1, 1, 2))
    assert one.n == 100
    assert one == same
    assert one.value != other.value
    assert "100 test images" in one.protocol


def test_numbers_describe_and_do_not_judge():
    assert {score.direction for score in by_name(gaussian()).values()} == {"neither"}


def test_alignment_is_that_of_directions():
    images = gaussian()
    unit = images.features.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    assert by_name(images)["alignment"].value == pytest.approx(alignment(unit, images.labels)(np.arange(300)), rel=1e-9)


def test_the_picture_shows_the_spectrum_and_its_power_law():
    (picture,) = by_name(gaussian())["spectrum alpha"].pictures
    assert picture.logarithmic
    assert picture.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert (10 ** picture.values[0]).sum() == pytest.approx(1)  # shares of the variance
    assert "power law" in picture.lines[1]


def test_too_few_directions_are_said():
    flat = gaussian()
    rows = flat.features.copy()
    rows[:, 2:] = 0
    score = by_name(Labelled(rows, flat.labels))["spectrum alpha"]
    assert score.value == 0
    assert "warning" in score.protocol
    assert len(score.pictures[0].lines) == 1


def test_few_images_are_refused():
    images = gaussian(10)
    with pytest.raises(UserError, match="more than k = 10 images"):
        Geometry()(images, images)


def test_features_of_length_zero_are_refused():
    images = gaussian()
    rows = images.features.copy()
    rows[7] = 0
    with pytest.raises(UserError, match="direction"):
        Geometry()(images, Labelled(rows, images.labels))


@pytest.mark.parametrize("options", [{"k": 0}, {"images": 0}, {"first": 5, "last": 5}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="geometry needs"):
        Geometry(**options)
