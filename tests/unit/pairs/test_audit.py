import numpy as np
import pytest
from scipy.stats import binomtest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.arms import prove_match
from sempairs.pairs.audit import audit
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, random_pairs, same_class


def test_what_is_counted_by_hand():
    source = made_source(8)  # classes 0 1 2 3 0 1 2 3
    left, right = np.array([0, 4, 1, 2, 3, 3]), np.array([4, 0, 2, 1, 3, 0])
    found = audit(PairSet.make(source, left, right, Spec(name="test"), similarity=np.linspace(0, 1, 6)), source)
    assert (found.pairs, found.images, found.coverage, found.self_pairs) == (6, 5, 5 / 8, 1)
    assert found.purity == pytest.approx(3 / 6)  # (0,4), (4,0) and (3,3)
    exact = binomtest(3, 6).proportion_ci(0.95, "exact")
    assert found.purity_interval == pytest.approx((exact.low, exact.high))
    assert found.classes == {"class 0": 2, "class 1": 1, "class 2": 1, "class 3": 2}
    # Couples {0,4}, {1,2}, {0,3}: image 0 has two partners, 1 2 3 4 have one, 5 6 7 none.
    assert found.partners == [3, 4, 1]
    assert sorted(found.confusions) == [
        ("class 1", "class 2", 1),
        ("class 2", "class 1", 1),
        ("class 3", "class 0", 1),
    ]
    assert found.similarity is not None
    assert sum(found.similarity["counts"]) == 6
    assert "purity 50.0%" in "\n".join(found.lines())


def test_without_labels_purity_is_not_known():
    source = made_source(8)
    object.__setattr__(source, "labels", None)
    found = audit(identity(source), source)
    assert found.purity is None
    assert "purity: not known" in "\n".join(found.lines())


def test_arms_of_the_same_images_match():
    source = made_source(40)
    prove_match({"a": identity(source), "b": same_class(source), "c": random_pairs(source)}, source)


def test_arms_that_do_not_match_are_refused():
    source = made_source(40)
    with pytest.raises(UserError, match=r"not matched(?s:.*)40 and 36 pairs"):
        prove_match({"a": identity(source), "b": identity(source.take(np.arange(36)))}, source)
    other = PairSet.make(source, np.append(np.arange(39), 0), np.arange(40), Spec(name="test"))
    with pytest.raises(UserError, match="2 images that one uses more often"):
        prove_match({"a": identity(source), "b": other}, source)
