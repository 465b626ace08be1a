import numpy as np
import pytest
from scipy.stats import binomtest

from made import made_source
from sempairs.core.settings import Spec
from sempairs.pairs.audit import audit
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity


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
