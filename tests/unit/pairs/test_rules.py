import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.rules import identity, metadata, random_pairs, same_class
from sempairs.pairs.time_window import time_window


def test_identity_pairs_each_image_with_itself():
    source = made_source(10)
    np.testing.assert_array_equal(identity(source).positions(source), np.arange(10)[:, None].repeat(2, axis=1))


def test_every_rule_uses_each_image_once_on_each_side():
    source = made_source(41)
    for pairs in (identity(source), same_class(source), random_pairs(source)):
        left, right = pairs.positions(source).T
        np.testing.assert_array_equal(left, np.arange(41))
        np.testing.assert_array_equal(np.sort(right), np.arange(41))


def test_class_pairs_are_two_images_of_one_class():
    source = made_source(40)
    pairs = same_class(source)
    left, right = pairs.positions(source).T
    assert (left != right).all()
    assert (source.labels[left] == source.labels[right]).all()
    assert pairs.column("group").tolist() == [source.label_names[label] for label in source.labels]


def test_random_pairs_are_two_images_and_hit_a_class_by_chance():
    source = made_source(4000, classes=4, size=2)
    left, right = random_pairs(source).positions(source).T
    assert (left != right).all()
    same = (source.labels[left] == source.labels[right]).mean()
    # Chance is 999/3999; the standard deviation of the share is sqrt(.25 * .75 / 4000) = .0068.
    assert abs(same - 999 / 3999) < 4 * 0.0068


def test_a_seed_decides_the_partners():
    source = made_source(40)
    assert same_class(source, seed=1).hash == same_class(source, seed=1).hash
    assert same_class(source, seed=1).hash != same_class(source, seed=2).hash


def test_a_class_of_one_image_is_refused():
    source = made_source(9, classes=4).take(np.array([0, 1, 2, 4, 5]))
    with pytest.raises(UserError, match=r"more images than each has partners(?s:.*)1 of 'class 2'"):
        same_class(source)


def test_one_class_only_can_be_paired():
    pairs = same_class(made_source(8, classes=1))
    assert set(pairs.column("label")) == {"class 0"}


def test_no_labels_no_class_pairs():
    source = made_source(8)
    object.__setattr__(source, "labels", None)
    with pytest.raises(UserError, match="needs labels"):
        same_class(source)


def test_one_image_makes_no_random_pair():
    with pytest.raises(UserError, match="too few images"):
        random_pairs(made_source(4).take(np.array([0])))


def with_columns(n: int, **columns: list) -> object:
    arrays = {name: np.array(values, dtype=object) for name, values in columns.items()}
    return dataclasses.replace(made_source(n, size=2), columns=arrays)


@pytest.mark.parametrize("rule", [same_class, random_pairs])
def test_partners_are_distinct_others_and_every_image_is_used_equally_often(rule):
    source = made_source(40)
    pairs = rule(source, partners=3)
    left, right = pairs.positions(source).T
    assert (left != right).all()
    assert len({*zip(left, right, strict=True)}) == 120
    np.testing.assert_array_equal(np.bincount(left), 3)
    np.testing.assert_array_equal(np.bincount(right), 3)
    with pytest.raises(UserError, match="partners"):
        rule(source, partners=40)


@settings(max_examples=60, deadline=None)
@given(
    data=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z", None])), min_size=8, max_size=30),
    partners=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_metadata_pairs_share_one_value_and_differ_in_the_other(data, partners, seed):
    # One group that always has a pair, so that the rule makes at least one.
    data = [("d", "x"), ("d", "y"), *data]
    patient, visit = zip(*data, strict=True)
    source = with_columns(len(data), patient=list(patient), visit=list(visit))
    pairs = metadata(source, same="patient", different="visit", partners=partners, seed=seed)
    left, right = pairs.positions(source).T
    assert all(patient[a] == patient[b] and visit[a] != visit[b] for a, b in zip(left, right, strict=True))
    assert None not in {visit[a] for a in left}
    times_a, times_b = np.bincount(left, minlength=len(data)), np.bincount(right, minlength=len(data))
    np.testing.assert_array_equal(times_a, times_b)
    # As many images take part as can be matched one to one: all of a group, or twice its minority.
    for name in "abcd":
        counts = np.array([visit[i] for i in range(len(data)) if patient[i] == name and visit[i] is not None])
        sizes = np.unique(counts, return_counts=True)[1] if len(counts) else np.array([0])
        most = min(sizes.sum(), 2 * (sizes.sum() - sizes.max()))
        assert sum(times_a[i] > 0 for i in range(len(data)) if patient[i] == name) == most


def test_several_columns_must_all_be_equal():
    random = rng("columns")
    patient, side = random.choice(list("abc"), 60).tolist(), random.choice(["left", "right", None], 60).tolist()
    source = with_columns(60, patient=patient, side=side)
    pairs = metadata(source, same=("patient", "side"))
    left, right = pairs.positions(source).T
    assert all(patient[a] == patient[b] and side[a] == side[b] is not None for a, b in zip(left, right, strict=True))
    assert sorted(left) == [i for i in range(60) if side[i] is not None]
    assert pairs.column("group").tolist() == [f"{patient[a]}, {side[a]}" for a in left]
    assert metadata(source, same=("patient",)).column("pair_id").tolist() == metadata(
        source, same="patient").column("pair_id").tolist()  # fmt: skip


def test_values_with_commas_are_not_mistaken_for_others():
    source = with_columns(4, one=["a, b", "a, b", "a", "a"], other=["c", "c", "b, c", "b, c"])
    left, right = metadata(source, same=("one", "other")).positions(source).T
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1), (1, 0), (2, 3), (3, 2)]
    with pytest.raises(UserError, match="at least one column"):
        metadata(source, same=())


def test_metadata_by_the_class_is_the_class_rule():
    source = made_source(40)
    left, right = metadata(source, same="label").positions(source).T
    assert (source.labels[left] == source.labels[right]).all()
    np.testing.assert_array_equal(left, np.arange(40))


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    source = with_columns(4, patient=["a", "a", "b", "b"])
    with pytest.raises(UserError, match=r"no column 'patiant'(?s:.*)did you mean 'patient'"):
        metadata(source, same="patiant")


def test_metadata_that_pairs_nobody_is_refused():
    with pytest.raises(UserError, match="makes no pair"):
        metadata(with_columns(3, patient=["a", "b", "c"]), same="patient")


@settings(max_examples=60, deadline=None)
@given(
    taken=st.lists(st.tuples(st.integers(0, 50), st.sampled_from("pq")), min_size=2, max_size=30),
    shortest=st.integers(0, 5),
    width=st.integers(0, 10),
    partners=st.integers(1, 3),
)
def test_a_time_window_gives_later_images_within_it(taken, shortest, width, partners):
    times, videos = zip(*taken, strict=True)
    source = with_columns(len(taken), time=list(times), video=list(videos))
    longest = shortest + width
    window = {
        i: [
            j
            for j in range(len(taken))
            if videos[i] == videos[j]
            and shortest <= times[j] - times[i] <= longest
            and (times[j], j) > (times[i], i)  # of images taken at one time the one that comes first is the earlier
        ]
        for i in range(len(taken))
    }
    options = {"column": "time", "longest": float(longest), "shortest": float(shortest), "same": "video"}
    if not any(window.values()):
        with pytest.raises(UserError, match="makes no pair"):
            time_window(source, **options, partners=partners)
        return
    found: dict[int, list[int]] = {i: [] for i in window}
    for a, b in time_window(source, **options, partners=partners).positions(source):
        found[int(a)].append(int(b))
    for i, later in window.items():
        assert set(found[i]) <= set(later)
        assert len(set(found[i])) == len(found[i]) == min(partners, len(later))


def test_dates_are_times():
    dates = ["2026-11-22T10:00:00", "2026-11-22T10:00:30", "2026-11-23", None]
    source = with_columns(4, taken=dates)
    assert time_window(source, column="taken", longest=60.0).positions(source).tolist() == [[0, 1]]
    with pytest.raises(UserError, match="holds what is no time"):
        time_window(with_columns(2, taken=["soon", "later"]), column="taken", longest=1.0)
