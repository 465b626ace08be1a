import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.sources.sampling import sample, split


def test_a_sample_keeps_the_class_composition_up_to_one_image():
    source = made_source(400)
    source = source.take(np.flatnonzero(np.arange(400) % 8 != 3))  # the last class is half as large as the others
    drawn = sample(source, 100, seed=1)
    assert len(drawn) == 100
    wanted = np.bincount(source.labels) * 100 / len(source)
    assert np.abs(np.bincount(drawn.labels) - wanted).max() <= 1


def test_a_sample_is_seeded_ordered_and_without_repeats():
    source = made_source(100)
    assert sample(source, 30, seed=1).ids.tolist() == sample(source, 30, seed=1).ids.tolist()
    assert sample(source, 30, seed=1).ids.tolist() != sample(source, 30, seed=2).ids.tolist()
    ids = sample(source, 30).ids.tolist()
    assert ids == sorted(set(ids))
    assert sample(source, 100).fingerprint == source.fingerprint


def test_without_labels_it_draws_from_all():
    source = made_source(100)
    object.__setattr__(source, "labels", None)
    assert len(set(sample(source, 30).ids)) == 30


@pytest.mark.parametrize("count", [0, 101])
def test_too_many_is_refused(count):
    with pytest.raises(UserError, match="cannot draw"):
        sample(made_source(100), count)


def test_a_split_is_a_sample_and_all_the_rest():
    source = made_source(40)
    drawn, rest = split(source, 12, seed=3)
    assert drawn.fingerprint == sample(source, 12, seed=3).fingerprint
    assert sorted([*drawn.ids, *rest.ids]) == source.ids.tolist()
