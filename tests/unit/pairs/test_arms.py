import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.arms import matched_arms, prove_match
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, random_pairs, same_class

N, COUNT = 400, 120


@pytest.fixture(scope="module")
def source():
    return made_source(N, classes=5, size=4)


@pytest.fixture(scope="module")
def arms(source):
    return matched_arms(source, COUNT, mixed=0.25, noisy=0.3, seed=1, miner=lambda base: random_pairs(base, seed=9))


def sides(arms, name, source):
    return arms[name].positions(source).T


def test_every_arm_has_the_pairs_and_classes_of_the_baseline(arms, source):
    assert list(arms) == [
        "augmented", "augmented-pool", "semantic", "semantic-repaired", "mined", "mixed", "noisy", "random",
    ]  # fmt: skip
    for pairs in arms.values():
        assert len(pairs) == COUNT
        left = pairs.positions(source)[:, 0]
        np.testing.assert_array_equal(np.bincount(source.labels[left]), [COUNT // 5] * 5)


def test_each_arm_is_what_it_says(arms, source):
    left, right = sides(arms, "augmented", source)
    np.testing.assert_array_equal(left, right)
    base = set(left.tolist())
    assert len(base) == COUNT

    left, right = sides(arms, "semantic", source)
    assert (source.labels[left] == source.labels[right]).all()
    assert not base & set(right.tolist())  # 280 images are outside, so each partner is a new image
    assert len(set(right.tolist())) == COUNT
    shown = base | set(right.tolist())

    left, right = sides(arms, "augmented-pool", source)
    np.testing.assert_array_equal(left, right)
    assert len(set(left.tolist())) == COUNT
    assert set(left.tolist()) <= shown
    assert set(left.tolist()) - base

    left, right = sides(arms, "semantic-repaired", source)
    assert (source.labels[left] == source.labels[right]).all()
    assert (left != right).all()
    assert set(right.tolist()) == base

    for name in ("mined", "random"):
        assert set(sides(arms, name, source).ravel().tolist()) <= base


def test_mixed_and_noisy_have_exactly_their_shares(arms, source):
    left, right = sides(arms, "mixed", source)
    assert (left != right).sum() == 30  # a quarter of 120
    assert (source.labels[left] == source.labels[right]).all()
    left, right = sides(arms, "noisy", source)
    assert (source.labels[left] != source.labels[right]).sum() == 36  # .3 x 120


def test_false_neighbours_are_of_every_other_class_equally_often():
    source = made_source(4000, classes=5, size=2)
    left, right = matched_arms(source, 4000, noisy=1.0)["noisy"].positions(source).T
    table = np.zeros((5, 5))
    np.add.at(table, (source.labels[left], source.labels[right]), 1)
    assert not np.diag(table).any()
    # 800 draws among 4 classes: 200 each, standard deviation sqrt(800 x .25 x .75) = 12.2.
    assert np.abs(table[~np.eye(5, dtype=bool)] - 200).max() < 5 * 12.2


def test_when_all_images_are_in_the_baseline_partners_come_from_it(source):
    left, right = matched_arms(source, N)["semantic"].positions(source).T
    assert (left != right).all()
    assert (source.labels[left] == source.labels[right]).all()
    np.testing.assert_array_equal(np.sort(right), np.arange(N))


def test_the_proof_shows_what_is_shared(arms, source):
    proofs = {proof.arm: proof for proof in prove_match(arms, source)}
    assert proofs["augmented"].shared_pairs == proofs["augmented"].shared_images == COUNT
    assert proofs["semantic"].images == 2 * COUNT
    assert proofs["semantic"].shared_pairs == 0
    assert proofs["semantic-repaired"].images == COUNT
    assert proofs["mixed"].shared_pairs == 90
    assert proofs["noisy"].purity == pytest.approx(0.7)
    assert proofs["augmented-pool"].purity == 1.0
    assert [name for name, proof in proofs.items() if not proof.same_images] == ["augmented-pool"]


def test_arms_are_seeded(source):
    hashes = [[pairs.hash for pairs in matched_arms(source, COUNT, seed=seed).values()] for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1]
    assert not set(hashes[0]) & set(hashes[2])


def test_arms_stay_what_they_were(arms):
    """The hashes that these arms had on 2026-11-22: whoever trained on them can name them still."""
    assert {name: pairs.hash for name, pairs in arms.items()} == {
        "augmented": "837869d5f660d8fd",
        "augmented-pool": "dc24a83b6e0a7218",
        "semantic": "70bc91350be6f363",
        "semantic-repaired": "3789735b97c2a59b",
        "mined": "433b97b9c3a71e55",
        "mixed": "79e3c83df35c1d7d",
        "noisy": "0ee4ef40738ddc82",
        "random": "e70aad2ee50fe55b",
    }


def test_arms_of_the_same_images_match():
    source = made_source(40)
    prove_match({"a": identity(source), "b": same_class(source), "c": random_pairs(source)}, source)


def test_arms_that_do_not_match_are_refused():
    source = made_source(40)
    with pytest.raises(UserError, match=r"not matched(?s:.*)40 and 36 pairs"):
        prove_match({"a": identity(source), "b": identity(source.take(np.arange(36)))}, source)
    other = PairSet.make(source, np.append(np.arange(39), 0), np.arange(40), Spec(name="test"))
    with pytest.raises(UserError, match=r"10 and 11 pairs of 'class 0'"):
        prove_match({"a": identity(source), "b": other}, source)
    bare = made_source(40)
    object.__setattr__(bare, "labels", None)
    with pytest.raises(UserError, match=r"2 images that one uses more often"):
        prove_match({"a": identity(bare), "b": other}, bare)


def test_a_miner_that_drops_images_is_refused(source):
    with pytest.raises(UserError, match="'augmented' and 'mined' are not matched"):
        matched_arms(source, COUNT, miner=lambda base: identity(base.take(np.arange(100))))


@pytest.mark.parametrize(
    ("classes", "count", "options", "message"),
    [
        (1, 20, {}, "two classes"),
        (5, 500, {}, "cannot draw 500"),
        (5, 20, {"mixed": 1.5}, "'mixed' must be between 0 and 1"),
        (40, 40, {}, "two images of a class"),
    ],
)
def test_what_cannot_be_matched_is_refused(classes, count, options, message):
    with pytest.raises(UserError, match=message):
        matched_arms(made_source(40, classes=classes, size=4), count, **options)
