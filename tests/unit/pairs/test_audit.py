import json

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy.stats import binomtest

from made import made_source
from sempairs.core.settings import Spec
from sempairs.pairs.audit import Audit, audit
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


def made_audit(**changes):
    """Twelve images of three classes; class 0 has two right pairs and a false one, class 1 a false one, 2 none."""
    source = made_source(12, classes=3)
    left, right = np.array([0, 3, 0, 1]), np.array([3, 6, 1, 5])
    return audit(PairSet.make(source, left, right, Spec(name="test"), **changes), source)


def test_classes_are_counted_by_hand():
    first, second, third = made_audit().by_class
    assert (first.name, first.images, first.in_pairs) == ("class 0", 4, 3)  # 0 3 6
    assert first.purity is not None
    assert (first.purity.pairs, first.purity.right) == (3, 2)
    assert first.purity.exact == pytest.approx(tuple(binomtest(2, 3).proportion_ci(0.95, "exact")))
    assert second.purity is not None
    assert (second.in_pairs, second.purity.pairs, second.purity.right) == (1, 1, 0)
    assert (third.in_pairs, third.purity) == (1, None)
    # Pairs by class of a: 3/4 and 1/4. Their entropy is (3 log(4/3) + log 4) / 4.
    assert made_audit().effective_classes == pytest.approx(np.exp((3 * np.log(4 / 3) + np.log(4)) / 4))
    assert made_audit().confusion_matrix == [[2, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_the_crossing_separates_right_from_false_pairs_best():
    # Right with .9 and .8, false with .3 and .1: below .3 and at it all are false, above it all are right.
    assert made_audit(similarity=np.array([0.9, 0.8, 0.3, 0.1])).crossing == 0.3
    assert made_audit().crossing is None
    histogram = made_audit(similarity=np.array([0.9, 0.8, 0.3, 0.1])).similarity
    assert histogram is not None
    assert (histogram["right"][-1], sum(histogram["right"]), sum(histogram["counts"])) == (1, 2, 4)


def test_the_crossing_is_youdens_threshold():
    source = made_source(400)
    random = np.random.default_rng(0)
    left = np.arange(399)
    right = np.where(random.random(399) < 0.6, (left + 4) % 400, (left + 1) % 400)  # of the same class, of another
    similarity = np.round(random.random(399) + 0.4 * (right == (left + 4) % 400), 2)
    found = audit(PairSet.make(source, left, right, Spec(name="test"), similarity=similarity), source)
    same = source.labels[left] == source.labels[right]
    youden = {t: (similarity[same] > t).mean() - (similarity[~same] > t).mean() for t in np.unique(similarity)}
    assert found.crossing is not None
    assert youden[found.crossing] == pytest.approx(max(youden.values()))


def test_purity_by_similarity_has_bins_of_as_many_pairs():
    source = made_source(200)
    left = np.arange(199)
    right = np.where(left < 100, left + 1, (left + 4) % 200)  # the first hundred are false
    pairs = PairSet.make(source, left, right, Spec(name="test"), similarity=left.astype(float))
    bins = audit(pairs, source).by_similarity
    # 199 pairs make 3 bins of 50 or more: 66, 67, 66 (or one more), the first all false, the last all right.
    assert len(bins) == 3
    assert sum(one.purity.pairs for one in bins) == 199
    assert all(66 <= one.purity.pairs <= 67 for one in bins)
    assert (bins[0].purity.share, bins[-1].purity.share) == (0.0, 1.0)
    assert (bins[0].low, bins[-1].high) == (0.0, 198.0)
    same = audit(PairSet.make(source, left, right, Spec(name="test"), similarity=np.ones(199)), source)
    assert [one.purity.pairs for one in same.by_similarity] == [199], "equal similarities stay together"


def test_copies_are_images_with_the_same_content():
    source = made_source(6)
    source.hashes[4] = source.hashes[0]
    pairs = PairSet.make(source, np.array([0, 0, 1]), np.array([4, 0, 2]), Spec(name="test"))
    assert audit(pairs, source).copies == 1


def test_shared_images_widen_the_interval_in_the_text():
    source = made_source(40)
    pairs = PairSet.make(
        source, np.r_[np.arange(39), np.arange(1, 40)], np.r_[np.arange(1, 40), np.arange(39)], Spec(name="t")
    )
    found = audit(pairs, source)
    assert found.purity_robust is not None
    assert found.purity_interval is not None
    assert found.purity_robust[1] > found.purity_interval[1]
    assert f"to {found.purity_robust[1]:.1%} as pairs share images)" in "\n".join(found.lines())


def test_an_audit_survives_json_and_an_older_one_is_read():
    found = made_audit(similarity=np.array([0.9, 0.8, 0.3, 0.1]))
    written = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert TypeAdapter(Audit).validate_python(written) == found
    for name in ("copies", "purity_robust", "by_class", "by_similarity", "crossing", "confusion_matrix", "graph"):
        del written[name]
    assert TypeAdapter(Audit).validate_python(written).graph is None
