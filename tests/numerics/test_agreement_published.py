"""Coefficients of agreement against the worked examples of their authors, other programs and slow loops."""

import itertools

import numpy as np
import pytest
import references_agreement as slow
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from made_judgements import of_table
from sempairs.review import coefficients
from sempairs.review.agreement import agreement_matrix

N = None

# Fleiss 1971: 30 patients, each diagnosed by six psychiatrists; the table as `diagnoses` of the R package irr has it.
DIAGNOSES = """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"""
FLEISS = [[int(digit) - 1 for digit in row] for row in DIAGNOSES.split()]

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability": A (binary, two observers), B (nominal, two observers)
# and C (four observers, values missing).
KRIPPENDORFF_A = [*zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True)]
KRIPPENDORFF_B = [("abcde".index(a), "abcde".index(b)) for a, b in zip("aabbdcccedda", "babbbccceddd", strict=True)]
KRIPPENDORFF_C = [
    [0, 0, N, 0], [1, 1, 2, 1], [2, 2, 2, 2], [2, 2, 2, 2], [1, 1, 1, 1], [0, 1, 2, 3],
    [3, 3, 3, 3], [0, 0, 1, 0], [1, 1, 1, 1], [N, 4, 4, 4], [N, N, 0, 0], [N, N, 2, N],
]  # fmt: skip

# Two abstractors of 100 pregnancies (Gwet 2014; `cont3x3abstractors` of the R package irrCAC).
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])


def array(votes):
    return np.array([[-1 if verdict is None else verdict for verdict in row] for row in votes], dtype=np.int8)


def all_of(votes, q):
    """Raw agreement, Cohen (Conger), Fleiss, Krippendorff and Gwet of a table of votes."""
    table = array(votes)
    counts = (table[:, :, None] == np.arange(q)).sum(axis=1)
    once = np.ones((1, len(table)))
    by_counts = (coefficients.raw_agreement, coefficients.fleiss_kappa, coefficients.krippendorff_alpha)
    raw, fleiss, krippendorff = (float(one(counts, once)[0]) for one in by_counts)
    conger, gwet = coefficients.conger_kappa(counts, once, table), coefficients.gwet_ac1(counts, once)
    return {
        "raw": raw, "cohen": float(conger[0]), "fleiss": fleiss, "krippendorff": krippendorff, "gwet": float(gwet[0])
    }  # fmt: skip


def rows_of(table):
    """The judgements of two people, from how often they said k and l."""
    return [cell for cell in np.ndindex(table.shape) for _ in range(int(table[cell]))]


def test_the_diagnoses_of_fleiss():
    # Fleiss 1971: kappa = .430; the R package irr prints kappam.fleiss(diagnoses)$value = 0.4302445.
    assert all_of(FLEISS, 5)["fleiss"] == pytest.approx(0.4302445, abs=5e-8)


def test_the_diagnoses_by_couples_of_psychiatrists():
    # irr prints kappam.light(diagnoses) = 0.459, the mean of Cohen's kappa over all couples, and kappa2 of the
    # columns 1 and 2, 1 and 3, 2 and 3 = 0.651, 0.384, 0.631.
    tables = np.zeros((15, 5, 5))
    couples = list(itertools.combinations(range(6), 2))
    for table, (first, second) in zip(tables, couples, strict=True):
        np.add.at(table, (array(FLEISS)[:, first], array(FLEISS)[:, second]), 1)
    kappa = dict(zip(couples, coefficients.cohen_kappa(tables), strict=True))
    assert np.mean(list(kappa.values())) == pytest.approx(0.459, abs=5e-4)
    assert [kappa[0, 1], kappa[0, 2], kappa[1, 2]] == pytest.approx([0.651, 0.384, 0.631], abs=5e-4)


def test_more_than_two_people_are_set_against_their_mean_chance():
    # Conger 1980: where all judge all, the mean over couples of p_o and of p_e, each as Cohen has it.
    columns = array(FLEISS).T
    observed = [(a == b).mean() for a, b in itertools.combinations(columns, 2)]
    shares = [np.bincount(column, minlength=5) / len(column) for column in columns]
    by_chance = np.mean([a @ b for a, b in itertools.combinations(shares, 2)])
    expected = (np.mean(observed) - by_chance) / (1 - by_chance)
    assert all_of(FLEISS, 5)["cohen"] == pytest.approx(expected)


def test_six_psychiatrists_and_fifteen_patients_of_gwet():
    # irrCAC 1.0 prints for distrib.6raters, which are the first 15 patients of Fleiss (Gwet 2014): percent agreement
    # 0.5511111, AC1 0.4448007, Fleiss 0.4139265, alpha 0.4204384.
    found = all_of(FLEISS[:15], 5)
    assert found["raw"] == pytest.approx(0.5511111, abs=5e-8)
    assert found["gwet"] == pytest.approx(0.4448007, abs=5e-8)
    assert found["fleiss"] == pytest.approx(0.4139265, abs=5e-8)
    assert found["krippendorff"] == pytest.approx(0.4204384, abs=5e-8)


def test_the_examples_of_krippendorff():
    # Krippendorff 2011: alpha = .095 (A), .692 (B), .743 (C).
    assert all_of(KRIPPENDORFF_A, 2)["krippendorff"] == pytest.approx(0.095, abs=5e-4)
    assert all_of(KRIPPENDORFF_B, 5)["krippendorff"] == pytest.approx(0.692, abs=5e-4)
    assert all_of(KRIPPENDORFF_C, 5)["krippendorff"] == pytest.approx(0.743, abs=5e-4)


def test_four_people_with_missing_votes():
    # irrCAC 1.0 prints for cac.raw4raters, the data C of Krippendorff: 0.8181818, AC1 0.77544, Fleiss 0.76117, alpha
    # 0.74342.
    found = all_of(KRIPPENDORFF_C, 5)
    assert found["raw"] == pytest.approx(0.8181818, abs=5e-8)
    assert found["gwet"] == pytest.approx(0.77544, abs=5e-6)
    assert found["fleiss"] == pytest.approx(0.76117, abs=5e-6)
    assert found["krippendorff"] == pytest.approx(0.74342, abs=5e-6)


def test_two_abstractors_of_a_hundred_pregnancies():
    # irrCAC 1.0 prints: Cohen 0.7964094, Scott's pi (Fleiss for two) 0.7962397, AC1 0.8493305, alpha 0.7972585, 0.89.
    found = all_of(rows_of(ABSTRACTORS), 3)
    expected = {"raw": 0.89, "cohen": 0.7964094, "fleiss": 0.7962397, "krippendorff": 0.7972585, "gwet": 0.8493305}
    assert found == pytest.approx(expected, abs=5e-8)
    assert coefficients.cohen_kappa(ABSTRACTORS[None].astype(float))[0] == pytest.approx(0.7964094, abs=5e-8)


def test_the_example_of_sas():
    # SAS, PROC FREQ, the example that statsmodels tests against: simple kappa 0.4842.
    table = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    assert all_of(rows_of(table), 3)["cohen"] == pytest.approx(0.4842, abs=5e-5)


def test_kappa_misleads_where_verdicts_are_skewed():
    # 95% accepts and 95% agreement: p_e is .95² + .05² = .905 for kappa, so .045 / .095 = .474, and 2 x .95 x .05 =
    # .095 for AC1, so .855 / .905 = .945.
    found = all_of(rows_of(np.array([[5, 5], [5, 185]])), 2)
    assert found["raw"] == 0.95
    assert found["cohen"] == pytest.approx(0.045 / 0.095)
    assert found["fleiss"] == pytest.approx(0.045 / 0.095)
    assert found["gwet"] == pytest.approx(0.855 / 0.905)
    assert (round(found["cohen"], 3), round(found["gwet"], 3)) == (0.474, 0.945)


@settings(max_examples=150, deadline=None)
@given(
    q=st.integers(2, 4),
    people=st.integers(2, 5),
    pairs=st.integers(1, 12),
    seed=st.integers(0, 10_000),
    gaps=st.sampled_from([0.0, 0.3, 0.7]),
)
def test_all_coefficients_are_those_of_slow_loops(q, people, pairs, seed, gaps):
    random = np.random.default_rng(seed)
    table = random.integers(0, q, (pairs, people)).astype(object)
    table[random.random((pairs, people)) < gaps] = None
    votes = table.tolist()
    if not any(slow.said(row) for row in votes):
        return
    expected = {
        "raw": slow.raw(votes), "cohen": slow.conger(votes), "fleiss": slow.fleiss(votes, q),
        "krippendorff": slow.krippendorff(votes, q), "gwet": slow.gwet(votes, q),
    }  # fmt: skip
    assert all_of(votes, q) == pytest.approx(expected, nan_ok=True, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(pairs=st.integers(2, 30), seed=st.integers(0, 10_000))
def test_with_two_people_everything_is_the_kappa_of_scikit_learn(pairs, seed):
    random = np.random.default_rng(seed)
    first = random.integers(0, 3, pairs)
    second = np.where(random.random(pairs) < 0.5, first, random.integers(0, 3, pairs))
    votes = [*zip(first.tolist(), second.tolist(), strict=True)]
    theirs = np.nan if len({*first, *second}) == 1 else cohen_kappa_score(first, second)
    assert all_of(votes, 3)["cohen"] == pytest.approx(theirs, nan_ok=True)
    assert agreement_matrix(of_table(votes)).kappa[0, 1] == pytest.approx(theirs, nan_ok=True)
    assert slow.cohen(first.tolist(), second.tolist()) == pytest.approx(theirs, nan_ok=True)
