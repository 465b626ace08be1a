"""Pairs without the images of an evaluation: all of them go, also those that one look does not name."""

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.duplicates import Criteria, find_leaks, images_of
from sempairs.pairs.operations import without_leaks
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source, content_hashes

BYTES = Criteria(levels=("bytes",))


def test_pairs_of_leaked_images_go_and_the_others_stay():
    source = made_source(10)
    left = np.arange(10)
    pairs = PairSet.make(source, left, (left + 1) % 10, Spec(name="made"))
    kept = without_leaks(pairs, source, source.take(np.array([0, 5])), BYTES)
    # Image i is in the pairs i - 1 and i: without 0 and 5, the pairs 9, 0, 4 and 5 are gone.
    assert kept.column("a").tolist() == ["0001", "0002", "0003", "0006", "0007", "0008"]
    assert kept.origin.parents == (pairs.hash,)
    assert kept.origin.rule.name == "without-leaks"


def test_every_copy_of_an_evaluated_image_goes():
    """A look names the first of equal images only; three copies of one image leak here."""
    base = made_source(6)
    frames = np.concatenate([base.images(np.arange(6)), *[base.images(np.array([0]))] * 2])
    ids = np.array([f"{i}" for i in range(8)], dtype=object)
    source = Source(name="copies", ids=ids, hashes=content_hashes(frames), frames=frames)
    pairs = PairSet.make(source, np.array([0, 6, 7, 3]), np.array([1, 2, 3, 4]), Spec(name="made"))
    evaluation = base.take(np.array([0]))
    assert len(find_leaks(source, evaluation, criteria=BYTES).found["bytes"]) == 1
    kept = without_leaks(pairs, source, evaluation, BYTES)
    assert list(zip(kept.column("a"), kept.column("b"), strict=True)) == [("3", "4")]
    assert not len(find_leaks(images_of(kept, source), evaluation, criteria=BYTES).leaked)


def test_nothing_is_left_of_the_evaluation_itself():
    source = made_source(4)
    pairs = PairSet.make(source, np.arange(4), np.arange(4), Spec(name="identity"))
    with pytest.raises(UserError, match="leaves no pair"):
        without_leaks(pairs, source, source, BYTES)
