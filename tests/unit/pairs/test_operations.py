import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs import operations
from sempairs.pairs.listed import export, listed
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, random_pairs, same_class


@pytest.fixture
def chain() -> PairSet:
    """Pairs (0, 1), (1, 2), ... of 9 images with similarity 0, .1, ..., .7."""
    source = made_source(9, size=4)
    similarity, group = np.arange(8) / 10, np.array(list("xxyyxxyy"))
    return PairSet.make(source, np.arange(8), np.arange(1, 9), Spec(name="test"), similarity=similarity, group=group)


def couples(pairs: PairSet) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in zip(pairs.column("a"), pairs.column("b"), strict=True)]


def test_a_filter_keeps_what_meets_every_condition(chain):
    kept = operations.filter_pairs(chain, similarity_from=0.2, similarity_to=0.5, group="x")
    assert couples(kept) == [(4, 5), (5, 6)]
    assert kept.origin.parents == (chain.hash,)
    assert kept.origin.rule.options == {"similarity_from": 0.2, "similarity_to": 0.5, "group": "x"}


def test_a_filter_that_leaves_nothing_or_names_nothing_is_refused(chain):
    with pytest.raises(UserError, match="leaves no pair"):
        operations.filter_pairs(chain, similarity_from=2.0)
    with pytest.raises(UserError, match=r"no pair has the group 'z'(?s:.*)x, y"):
        operations.filter_pairs(chain, group="z")


def test_pairs_without_similarity_meet_no_bound():
    with pytest.raises(UserError, match="leaves no pair"):
        operations.filter_pairs(identity(made_source(4)), similarity_from=-1.0)


def test_a_sample_is_drawn_without_repeats_and_seeded(chain):
    drawn = operations.sample_pairs(chain, 5, seed=1)
    assert len(set(couples(drawn))) == 5
    assert couples(drawn) == sorted(couples(drawn))
    assert drawn.hash == operations.sample_pairs(chain, 5, seed=1).hash != operations.sample_pairs(chain, 5).hash
    with pytest.raises(UserError, match="cannot draw 9"):
        operations.sample_pairs(chain, 9)


def test_a_balanced_sample_has_as_many_of_each_class():
    source = made_source(40).take(np.r_[np.arange(32), 32, 36])  # two more of class 0
    drawn = operations.sample_pairs(same_class(source), 10, balance=True)
    names, counts = np.unique(drawn.column("label").astype(str), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "class 0": 3, "class 1": 3, "class 2": 2, "class 3": 2,
    }  # fmt: skip
    with pytest.raises(UserError, match=r"'class 1' has too few(?s:.*)8 of 9(?s:.*)at most 32"):
        operations.sample_pairs(same_class(source), 34, balance=True)


def test_of_each_image_some_pairs_are_drawn():
    source = made_source(40)
    pairs = same_class(source, partners=5)
    for count in (1, 3, 5, 9):
        found = operations.some_each(pairs, count, seed=3)
        assert np.bincount(found.positions(source)[:, 0]).tolist() == [min(count, 5)] * 40
        assert set(found.column("pair_id")) <= set(pairs.column("pair_id"))
    one, some = operations.one_each(pairs, seed=3), operations.some_each(pairs, 1, seed=3)
    assert one.column("pair_id").tolist() == some.column("pair_id").tolist()
    drawn = [operations.some_each(pairs, 2, seed=seed).column("pair_id").tolist() for seed in range(60)]
    assert len({pair for each in drawn for pair in each}) == len(pairs)  # none is out of reach


def test_a_cap_takes_the_most_similar_first(chain):
    # From the top: (7, 8) stays, (6, 7) would be the second of image 7, (5, 6) stays, ...
    assert couples(operations.cap(chain, 1)) == [(1, 2), (3, 4), (5, 6), (7, 8)]
    assert couples(operations.cap(chain, 2)) == couples(chain)
    # A pair of an image with itself uses it once.
    assert len(operations.cap(identity(made_source(4)), 1)) == 4


def test_merging_takes_each_pair_once_and_names_its_parents(chain):
    source = made_source(9, size=4)
    more = PairSet.make(source, np.array([0, 0]), np.array([1, 5]), Spec(name="more"))
    merged = operations.merge([chain, more])
    assert couples(merged) == [*couples(chain), (0, 5)]
    assert merged.column("similarity")[0] == 0.0  # of the first set, not the second's null
    assert merged.origin.parents == (chain.hash, more.hash)
    assert len(operations.merge([chain, chain])) == len(chain)


def test_merging_sets_of_other_images_is_refused(chain):
    other = identity(made_source(9, size=4, seed=1))
    with pytest.raises(UserError, match=r"different images(?s:.*)two contents of '0000'"):
        operations.merge([chain, other])
    with pytest.raises(UserError, match="two pair sets or more"):
        operations.merge([chain])


def test_a_split_shares_no_image_and_keeps_half_of_the_random_pairs():
    source = made_source(2000, size=2)
    pairs = random_pairs(source)
    parts = operations.split(pairs, {"train": 0.5, "test": 0.5}, seed=1)
    images = [set(part.column("a")) | set(part.column("b")) for part in parts.values()]
    assert not images[0] & images[1]
    assert all(set(part.column("split")) == {name} for name, part in parts.items())
    # A pair stays with probability 1/2; the standard deviation of the share is about sqrt(.25 / 2000) = .011.
    assert abs(sum(map(len, parts.values())) / 2000 - 0.5) < 4 * 0.011
    assert sum(map(len, operations.split(identity(source), {"a": 0.9, "b": 0.1}).values())) == 2000


@pytest.mark.parametrize("shares", [{"a": 1.0}, {"a": 0.5, "b": 0.6}, {"a": 1.0, "b": 0.0}])
def test_shares_that_are_none_are_refused(chain, shares):
    with pytest.raises(UserError, match="add up to 1"):
        operations.split(chain, shares)


def test_a_difference_counts_pairs(chain):
    found = operations.difference(chain, operations.filter_pairs(chain, similarity_to=0.25))
    assert found.both.tolist() == [0, 1, 2]
    assert found.only_first.tolist() == [3, 4, 5, 6, 7]
    assert not len(found.only_second)


@pytest.mark.parametrize("name", ["pairs.csv", "pairs.jsonl", "pairs.parquet"])
def test_a_list_comes_back_as_it_was_written(name, chain, tmp_path):
    export(chain, tmp_path / name)
    back = listed(tmp_path / name, made_source(9, size=4))
    for column in ("pair_id", "a", "b", "similarity", "group"):
        assert back.table.column(column).equals(chain.table.column(column))
    export(identity(made_source(9, size=4)), tmp_path / name)
    assert listed(tmp_path / name, made_source(9, size=4)).table.column("similarity").null_count == 9


def test_a_list_of_another_kind_is_refused(chain, tmp_path):
    with pytest.raises(UserError, match="CSV, JSON lines or Parquet"):
        export(chain, tmp_path / "pairs.xlsx")
    (tmp_path / "bad.jsonl").write_text("{")
    (tmp_path / "bad.parquet").write_text("a,b")
    for name in ("bad.jsonl", "bad.parquet"):
        with pytest.raises(UserError, match="is not a list of pairs"):
            listed(tmp_path / name, made_source(9, size=4))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a list of pairs"),
        ("a,c\n0001,0002\n", "has no column 'b'"),
        ("a,b,simlarity\n0001,0002,1\n", r"'simlarity'(?s:.*)did you mean 'similarity'"),
        ("a,b\n0001,0002\n0001,cat\n", r"1 images of the list are not in made images(?s:.*)'cat', pair 2"),
        ("a,b\n0001,0002\n0001,0002\n", "same pair twice"),
        ("a,b,similarity\n0001,0002,near\n", "is not a list of pairs"),
        ("a,b\n0001\n", "is not a list of pairs"),
    ],
)
def test_bad_lists_are_refused(text, message, tmp_path):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        listed(tmp_path / "pairs.csv", made_source(9, size=4))


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot read the list of pairs"):
        listed(tmp_path / "none.csv", made_source(9))
