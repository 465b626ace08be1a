"""The laws of the factors, against closed forms. Bounds are five standard errors for n = 20,000."""

import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest, norm, spearmanr

from sempairs.sources.shapes.factors import CONTENT, STYLE, draw_factors

N = 20_000
REAL = [name for name, range in STYLE.items() if range.values is None]
FIVE_ERRORS = 5 / math.sqrt(N)  # the standard error of a correlation near 0 is 1 / sqrt(n), and smaller elsewhere
LAWS = ("independent", "correlated", "causal")


def place(factors: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Where a real factor is in its range, 0 to 1."""
    return (factors[name] - STYLE[name].low) / (STYLE[name].high - STYLE[name].low)


def cells(factors: dict[str, np.ndarray]) -> np.ndarray:
    return np.ravel_multi_index(tuple(factors[name] for name in CONTENT), tuple(CONTENT.values()))


@pytest.mark.parametrize("law", LAWS)
def test_every_factor_is_uniform_under_every_law(law):
    factors = draw_factors(N, 3, law, 0.7)
    for name in REAL:
        assert kstest(place(factors, name), "uniform").pvalue > 1e-4, name
    for name, count in (CONTENT | {"background": STYLE["background"].values}).items():
        shares = np.bincount(factors[name], minlength=count) / N
        assert np.abs(shares - 1 / count).max() < 5 * math.sqrt(1 / count / N), name


def test_the_law_leaves_the_content_alone():
    independent = draw_factors(100, 3, "independent", 0.7)
    for law in LAWS[1:]:
        other = draw_factors(100, 3, law, 0.7)
        assert all(np.array_equal(other[name], independent[name]) for name in CONTENT)


@pytest.mark.parametrize("law", LAWS)
def test_rank_correlation_of_style_factors(law):
    """Of a Gaussian copula with correlation r it is 6/π asin(r/2): Kruskal, JASA 53, 1958."""
    factors = draw_factors(N, 1, law, 0.6)
    found = spearmanr(np.stack([factors[name] for name in REAL], axis=1)).statistic[np.triu_indices(len(REAL), 1)]
    if law == "causal":  # all factors hang on the content, in ways that permutations make unlike
        assert found.std() > 2 * FIVE_ERRORS / 5
    else:
        expected = 6 / math.pi * math.asin(0.6 / 2) if law == "correlated" else 0
        assert np.abs(found - expected).max() < FIVE_ERRORS


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.8])
def test_causal_style_has_the_share_of_variance_that_the_formula_gives(strength):
    """E[z | cell] = s × the cell's normal mean, C (φ(a) - φ(b)) between quantiles a and b; plus noise of 1/n_cell."""
    factors = draw_factors(N, 2, "causal", strength)
    cell, count = cells(factors), math.prod(CONTENT.values())
    edges = norm.pdf(ndtri(np.arange(count + 1) / count))
    expected = strength**2 * np.mean((count * np.diff(edges)) ** 2)
    sizes = np.bincount(cell)
    for name in REAL:
        z = ndtri(place(factors, name))
        means = np.bincount(cell, z) / sizes
        explained = np.average(means**2, weights=sizes) - (1 - expected) * count / N
        assert abs(explained - expected) < 0.03, name  # 5 errors of about 2 s sqrt((1 - s²) / n) and sqrt(2 C) / n


@pytest.mark.parametrize("law", LAWS[:2])
def test_style_without_cause_does_not_hang_on_the_content(law):
    factors = draw_factors(N, 2, law, 0.6)
    cell = cells(factors)
    for name in REAL:
        means = np.bincount(cell, place(factors, name)) / np.bincount(cell)
        assert np.abs(means - 0.5).max() < 5 * math.sqrt(1 / 12 / (0.9 * N / 32))  # uniform: variance 1/12


def test_at_full_strength_the_content_decides_the_style_up_to_its_cell():
    factors = draw_factors(2000, 5, "causal", 1.0)
    cell, count = cells(factors), math.prod(CONTENT.values())
    orders = []
    for name in REAL:
        # Rounding at the edge of a cell may reach into the next: u goes to a normal number and back.
        inside = np.floor(place(factors, name) * count - 1e-9).astype(int)
        links = {(c, k) for c, k in zip(cell.tolist(), inside.tolist(), strict=True)}
        assert len(links) == count
        orders.append(tuple(k for _, k in sorted(links)))
    assert len(set(orders)) == len(REAL)


@pytest.mark.parametrize("law", LAWS)
def test_a_longer_set_begins_with_the_shorter(law):
    long, short = draw_factors(500, 9, law, 0.4), draw_factors(77, 9, law, 0.4)
    for name in long:
        np.testing.assert_array_equal(long[name][:77], short[name])
    assert not np.array_equal(draw_factors(77, 8, law, 0.4)["hue"], short["hue"])


def test_strength_zero_is_independent():
    for law in LAWS[1:]:
        factors, plain = draw_factors(50, 4, law, 0.0), draw_factors(50, 4, "independent", 0.0)
        for name in factors:
            np.testing.assert_allclose(factors[name], plain[name], atol=1e-9, err_msg=name)
