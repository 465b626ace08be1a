"""`nearest` is the full float64 computation, however it is cut into blocks."""

from unittest import mock

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.neighbours import cosine, nearest, scores, search


def slow(queries, bank, k, exclude_self):
    """All similarities in float64, then a plain sort by (similarity, index)."""
    q, b = (x.astype(np.float64) / np.sqrt((x.astype(np.float64) ** 2).sum(1, keepdims=True)) for x in (queries, bank))
    rows = []
    for i, query in enumerate(q):
        scores = np.round((query * b).sum(axis=1), 6)
        ranked = sorted((-score, j) for j, score in enumerate(scores) if not (exclude_self and i == j))
        rows.append(ranked[:k])
    table = np.array(rows)
    return table[..., 1].astype(np.int64), -table[..., 0]


def assert_same(got, wanted):
    np.testing.assert_array_equal(got[0], wanted[0])
    np.testing.assert_array_equal(got[1], wanted[1])


@st.composite
def problems(draw):
    # Few values in few dimensions: exact ties, duplicates and opposite rows are the rule, not the exception.
    seed, d = draw(st.integers(0, 2**32)), draw(st.integers(1, 6))
    n, m = draw(st.integers(1, 25)), draw(st.integers(2, 60))
    random, nudge = rng("problem", seed), draw(st.sampled_from([0.0, 1e-7, 1e-3]))
    bank = random.integers(1, draw(st.integers(2, 5)), (m, d)) * random.choice([-1, 1], (m, 1))
    bank = (bank + nudge * random.normal(size=(m, d))).astype(np.float32)
    exclude_self = draw(st.booleans())
    queries = bank if exclude_self else bank[random.integers(0, m, n)]
    return queries, bank, draw(st.integers(1, m - exclude_self)), exclude_self


@settings(max_examples=150, deadline=None)
@given(problems(), st.sampled_from([0, 1, 8]), st.sampled_from([1, 2000, 2**27]), st.sampled_from([1, 2]))
def test_equals_the_full_float64_computation_for_any_blocks_margin_and_threads(problem, margin, block_bytes, threads):
    queries, bank, k, exclude_self = problem
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        with (
            mock.patch.multiple(search, MARGIN=margin, BLOCK_BYTES=block_bytes),
            mock.patch.object(scores, "BLOCK_BYTES", block_bytes),
        ):
            got = nearest(queries, bank, k, exclude_self=exclude_self)
    finally:
        faiss.omp_set_num_threads(before)
    assert_same(got, slow(queries, bank, k, exclude_self))


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from([-0.5, 0.5, 0.9]), st.sampled_from([0, 8]))
def test_rows_above_an_upper_bound_are_passed_over(problem, at_most, margin):
    queries, bank, k, exclude_self = problem
    with mock.patch.object(search, "MARGIN", margin):
        indices, similarity = nearest(queries, bank, k, exclude_self=exclude_self, at_most=at_most)
    everything = zip(*slow(queries, bank, len(bank) - exclude_self, exclude_self), indices, similarity, strict=True)
    for wanted, exact, found, found_scores in everything:
        wanted, exact = wanted[exact <= at_most][:k], exact[exact <= at_most][:k]
        np.testing.assert_array_equal(found[: len(wanted)], wanted)
        np.testing.assert_array_equal(found_scores, np.pad(exact, (0, k - len(exact)), constant_values=-np.inf))


@settings(max_examples=80, deadline=None)
@given(problems(), st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([0, 1, 8]), st.sampled_from([1.0, 0.9]))
def test_rows_to_be_kept_apart_are_passed_over(problem, seed, values, margin, at_most):
    _, bank, k, _ = problem
    k = min(k, len(bank) - 1)
    apart = rng("apart", seed).integers(-1, values, (len(bank), 2))
    with mock.patch.object(search, "MARGIN", margin):
        indices, similarity = nearest(bank, bank, k, exclude_self=True, at_most=at_most, apart=apart)
    together = ((apart[:, None] == apart) & (apart[:, None] >= 0)).any(axis=2)
    for i, (ranked, exact) in enumerate(zip(*slow(bank, bank, len(bank) - 1, True), strict=True)):
        wanted = [(j, score) for j, score in zip(ranked, exact, strict=True) if score <= at_most and not together[i, j]]
        wanted += [(-1, -np.inf)] * (k - len(wanted))
        for (j, score), found, found_score in zip(wanted[:k], indices[i], similarity[i], strict=True):
            assert found_score == score
            assert found == j or score == -np.inf


@settings(max_examples=30, deadline=None)
@given(problems(), st.sampled_from([1, 2000, 2**27]))
def test_the_cosine_of_two_rows_is_the_number_that_nearest_gives(problem, block_bytes):
    queries, bank, k, exclude_self = problem
    indices, similarity = nearest(queries, bank, k, exclude_self=exclude_self)
    with mock.patch.object(scores, "BLOCK_BYTES", block_bytes):
        again = cosine(np.repeat(queries, k, axis=0), bank[indices.ravel()])
    np.testing.assert_array_equal(again.reshape(similarity.shape), similarity)


def test_more_duplicates_than_the_margin_go_to_the_lowest_indices():
    bank = rng("bank").normal(size=(300, 8)).astype(np.float32)
    copies = rng("places").permutation(300)[:100]
    bank[copies] = bank[copies[0]]
    indices, similarity = nearest(bank[copies[:1]], bank, 5, exclude_self=False)
    np.testing.assert_array_equal(indices[0], np.sort(copies)[:5])
    np.testing.assert_array_equal(similarity[0], 1.0)  # a row with itself


def test_rows_that_float32_cannot_tell_apart_are_ordered_by_float64():
    # Angles of 2e-3 to 4e-3 in steps of 5e-6: cosines a few 1e-8 apart, below float32's 6e-8 at 1.
    angles = rng("angles").permutation(np.linspace(2e-3, 4e-3, 400))
    bank = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    query = np.array([[1.0, 0.0]], np.float32)
    assert_same(nearest(query, bank, 20, exclude_self=False), slow(query, bank, 20, False))


def test_a_query_alone_gets_the_bits_it_gets_among_others():
    bank = rng("bank").normal(size=(500, 64)).astype(np.float32)
    together = nearest(bank, bank, 7, exclude_self=False)
    for i in (0, 3, 499):
        assert_same(nearest(bank[i : i + 1], bank, 7, exclude_self=False), tuple(part[i : i + 1] for part in together))


def test_length_does_not_matter_and_neither_do_extreme_lengths():
    rows = rng("rows").normal(size=(40, 4)).astype(np.float32)
    lengths = np.float32(2.0) ** rng("lengths").integers(-60, 60, (40, 1)).astype(np.float32)  # exact in float32
    assert_same(nearest(rows * lengths, rows, 5, exclude_self=False), nearest(rows, rows, 5, exclude_self=False))


def test_no_queries_have_no_neighbours():
    indices, similarity = nearest(np.empty((0, 3), np.float32), np.ones((2, 3), np.float32), 1, exclude_self=False)
    assert indices.shape == similarity.shape == (0, 1)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_rows_without_direction_are_refused_with_their_number(bad):
    rows = np.ones((10, 3), np.float32)
    rows[[2, 5]] = bad
    with pytest.raises(UserError, match="2 of 10 rows of the queries"):
        nearest(rows, np.ones((4, 3), np.float32), 1, exclude_self=False)
    with pytest.raises(UserError, match="2 of 10 rows of the bank"):
        nearest(np.ones((4, 3), np.float32), rows, 1, exclude_self=False)


@pytest.mark.parametrize(("k", "exclude_self"), [(0, False), (5, False), (4, True)])
def test_an_impossible_k_is_refused(k, exclude_self):
    rows = np.ones((4, 2), np.float32)
    with pytest.raises(UserError, match="not that many neighbours"):
        nearest(rows, rows, k, exclude_self=exclude_self)


def test_excluding_self_needs_queries_that_are_the_bank():
    with pytest.raises(UserError, match="3 queries, 4 rows"):
        nearest(np.ones((3, 2), np.float32), np.ones((4, 2), np.float32), 1, exclude_self=True)
