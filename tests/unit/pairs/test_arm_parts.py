"""The parts of arms, one by one: what each holds, its seeds and shares, and what it says of itself."""

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.arms import (
    base_of,
    beyond_class,
    beyond_identity,
    matched_arms,
    mix,
    prove_match,
    with_false_neighbours,
)
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, random_pairs, same_class

N, COUNT = 400, 120


@pytest.fixture(scope="module")
def pool():
    return made_source(N, classes=5, size=4)


@pytest.fixture(scope="module")
def base(pool):
    return base_of(pool, COUNT, 1)


def sides(pairs, source):
    return pairs.positions(source).T


def test_the_base_is_a_sample_with_the_classes_of_the_pool_or_all_of_it(pool, base):
    assert np.bincount(base.labels).tolist() == [COUNT // 5] * 5
    assert base_of(pool, None, 1) is pool
    assert base_of(pool, N, 1).fingerprint == pool.fingerprint


def test_semantic_pairs_reach_beyond_the_base_as_in_the_matched_arms(pool, base):
    pairs = beyond_class(pool, base, 1)
    left, right = sides(pairs, pool)
    assert (pool.labels[left] == pool.labels[right]).all()
    assert np.array_equal(left, pool.positions(base.ids))
    assert not set(left.tolist()) & set(right.tolist())
    assert len(set(right.tolist())) == COUNT
    assert pairs.hash == matched_arms(pool, COUNT, seed=1)["semantic"].hash


def test_where_the_base_is_the_pool_partners_come_from_it(pool):
    left, right = sides(beyond_class(pool, pool, 0), pool)
    assert np.array_equal(np.sort(right), np.arange(N))
    assert (left != right).all()


def test_the_pool_is_drawn_from_what_the_semantic_arm_of_the_seed_shows(pool, base):
    for seed in (0, 1):
        shown = np.unique(beyond_class(pool, base, seed).positions(pool))
        left, right = sides(beyond_identity(pool, base, seed), pool)
        assert np.array_equal(left, right)
        assert set(left.tolist()) <= set(shown.tolist())
        assert np.bincount(pool.labels[left]).tolist() == [COUNT // 5] * 5
        assert len(set(left.tolist())) == COUNT
        # Half of the 240 images are of the baseline, so about 60 of 120 are not; hypergeometric deviation 3.9.
        assert abs(len(set(left.tolist()) - set(pool.positions(base.ids).tolist())) - 60) < 5 * 3.9


def test_a_mixture_keeps_exactly_its_share_of_pairs_and_all_they_say(pool, base):
    mined = PairSet.make(
        base, np.arange(COUNT), np.roll(np.arange(COUNT), 5), Spec(name="mutual"),
        row_rules=np.array(["mutual", "nearest"] * (COUNT // 2), dtype=object),
        similarity=np.linspace(0, 1, COUNT), encoder="an encoder",
    )  # fmt: skip
    mixed = mix(mined, pool, 0.25, 3)
    kept = mixed.column("rule") != "identity"
    assert kept.sum() == 30  # a quarter of 120
    assert mixed.table.filter(kept).equals(mined.table.filter(kept))
    left, right = sides(mixed, pool)
    np.testing.assert_array_equal(left == right, ~kept)
    np.testing.assert_array_equal(left, mined.positions(pool)[:, 0])
    origin = mixed.origin
    assert (origin.rule, origin.parents) == (Spec(name="mixed", options={"share": 0.25, "seed": 3}), (mined.hash,))
    assert (origin.encoder, origin.fingerprint, origin.source) == ("an encoder", pool.fingerprint, pool.spec)


def test_false_neighbours_are_exactly_their_share_of_the_rows(pool, base):
    pairs = same_class(base, seed=1)
    noisy = with_false_neighbours(pairs, pool, 0.3, 3)
    left, right = sides(noisy, pool)
    false = pool.labels[left] != pool.labels[right]
    assert false.sum() == 36  # .3 x 120
    assert set(noisy.column("rule")[false]) == {"false"}
    assert set(noisy.column("label")[false]) == {None}
    assert noisy.table.filter(~false).equals(pairs.table.filter(~false))
    np.testing.assert_array_equal(left, pairs.positions(pool)[:, 0])
    assert set(right.tolist()) <= set(pairs.positions(pool).ravel().tolist())
    assert noisy.origin.parents == (pairs.hash,)


def test_noise_takes_rows_that_are_false_already_too(pool):
    """Purity is 1/5 among random pairs of five classes; .5 of the rows replaced leave .1 of it."""
    pairs = random_pairs(pool, seed=4)
    before = np.array(pairs.column("label") != None)  # noqa: E711 - element by element
    noisy = with_false_neighbours(pairs, pool, 0.5, 3)
    after = np.array(noisy.column("label") != None)  # noqa: E711
    assert (noisy.column("rule") == "false").sum() == 200
    assert not (after & ~before).any()
    # Hypergeometric: 200 of 400 rows, `before` of them right, deviation at most sqrt(400 / 4 x .2 x .8) = 4.
    assert abs(after.sum() - before.sum() / 2) < 5 * 4


def test_false_neighbours_are_any_image_of_every_other_class_equally_often():
    source = made_source(4000, classes=5, size=2)
    left, right = sides(with_false_neighbours(same_class(source), source, 1.0, 0), source)
    table = np.zeros((5, 5))
    np.add.at(table, (source.labels[left], source.labels[right]), 1)
    assert not np.diag(table).any()
    # 800 draws among 4 classes: 200 each, standard deviation sqrt(800 x .25 x .75) = 12.2.
    assert np.abs(table[~np.eye(5, dtype=bool)] - 200).max() < 5 * 12.2


@pytest.mark.parametrize("part", [mix, with_false_neighbours])
def test_shares_of_a_seed_are_nested_and_those_of_another_are_not(pool, base, part):
    pairs = same_class(base, seed=1)
    original = pairs.column("pair_id")

    def changed(share, seed=0):
        made = part(pairs, pool, share, seed)
        return {(row, name) for row, name in enumerate(made.column("pair_id")) if name != original[row]}

    shares = [0.1, 0.2, 0.5] if part is with_false_neighbours else [0.9, 0.8, 0.5]
    small, medium, large = (changed(share) for share in shares)
    assert (len(small), len(medium), len(large)) == (12, 24, 60)
    assert small < medium < large
    assert not changed(shares[1], seed=1) <= large
    assert part(pairs, pool, shares[0], 0).hash == part(pairs, pool, shares[0], 0).hash


@pytest.mark.parametrize("part", [mix, with_false_neighbours])
def test_the_ends_of_the_range(pool, base, part):
    pairs = same_class(base, seed=1)
    none, all = part(pairs, pool, 0.0, 0), part(pairs, pool, 1.0, 0)
    if part is mix:
        none, all = all, none
        assert all.column("pair_id").tolist() == identity(base).column("pair_id").tolist()
    else:
        assert set(all.column("label")) == {None}
    assert none.table.equals(pairs.table)
    assert none.origin.parents == (pairs.hash,)


def test_every_part_is_matched_to_the_baseline_and_survives_a_file(pool, base, tmp_path):
    semantic = beyond_class(pool, base, 1)
    arms = {
        "augmented": identity(base),
        "semantic": semantic,
        "pool": beyond_identity(pool, base, 1),
        "mixed": mix(semantic, pool, 0.5, 1),
        "noisy": with_false_neighbours(semantic, pool, 0.2, 1),
        "both": with_false_neighbours(mix(semantic, pool, 0.5, 1), pool, 0.2, 1),
    }
    proofs = {proof.arm: proof for proof in prove_match(arms, pool)}
    assert [name for name, proof in proofs.items() if not proof.same_images] == ["pool"]
    assert proofs["noisy"].purity == pytest.approx(0.8)
    for name, pairs in arms.items():
        pairs.save(tmp_path / name)
        assert PairSet.load(tmp_path / name).hash == pairs.hash


def test_what_cannot_be_made_is_refused(pool, base):
    pairs = same_class(base, seed=1)
    for part in (mix, with_false_neighbours):
        with pytest.raises(UserError, match=r"between 0 and 1\n  got: 1\.5"):
            part(pairs, pool, 1.5, 0)
    one_class = pool.take(np.flatnonzero(pool.labels == 2))
    with pytest.raises(UserError, match=r"no false neighbour in one class\n  got: class 2"):
        with_false_neighbours(same_class(one_class), pool, 0.1, 0)
    twice = same_class(base, partners=2)
    with pytest.raises(UserError, match="makes the same pair twice"):
        mix(twice, pool, 0.0, 0)
    left = np.array([0, 0, 1])
    doubled = PairSet.make(pool.take(np.arange(2)), left, np.array([0, 1, 1]), Spec(name="any"))
    with pytest.raises(UserError, match="makes the same pair twice"):  # the first image has one false neighbour only
        with_false_neighbours(doubled, pool, 1.0, 0)
