"""Power against what R prints, the noncentral F distribution and simulation."""

import math

import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import detectable, paired_difference, power_of


@pytest.mark.parametrize(
    ("difference", "sd", "n", "power", "digits"),
    [
        (1.0, 3.0, 25, 0.360, 5e-4),  # G*Power 3 (Wuensch, G*Power: t tests): d = 1/3, n = 25, two tails
        # Printed by R, power.t.test(sd=3, n=25, delta=3, type="one.sample"); the tail it leaves out is below 1e-9.
        (3.0, 3.0, 25, 0.9976846, 5e-8),
        # Printed by R, pwr.t.test(d=.02, n=33, type="paired") and (n=30, d=1, type="one.sample"), both tails.
        (0.02, 1.0, 33, 0.05142498, 5e-9),
        (1.0, 1.0, 30, 0.9995636009612725, 1e-9),
    ],
)
def test_the_power_that_r_prints(difference, sd, n, power, digits):
    assert power_of(difference, sd, n) == pytest.approx(power, abs=digits)
    assert power_of(-difference, sd, n) == power_of(difference, sd, n)


def test_the_detectable_difference_that_r_prints():
    # Printed by R, pwr.t.test(n=32, power=.8, type="paired"): d = 0.5112738.
    assert detectable(1.0, 32) == pytest.approx(0.5112738, abs=5e-8)
    # Cohen (1988) and G*Power: 34 pairs are needed for d = .5 at power .8, so 33 are too few.
    assert detectable(1.0, 34) < 0.5 < detectable(1.0, 33)


@pytest.mark.parametrize("n", [2, 3, 5, 30, 200])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 28])
def test_the_detectable_difference_has_the_power_asked_for(n, alpha):
    found = detectable(2.5, n, power=0.9, alpha=alpha)
    assert power_of(found, 2.5, n, alpha) == pytest.approx(0.9, abs=1e-9)
    # t² has the noncentral F distribution; SciPy computes it in another way.
    critical = stats.f.ppf(1 - alpha, 1, n - 1)
    assert stats.ncf.sf(critical, 1, n - 1, n * (found / 2.5) ** 2) == pytest.approx(0.9, abs=1e-6)


def test_without_a_difference_the_power_is_the_level():
    assert power_of(0.0, 1.0, 3) == pytest.approx(0.05, abs=1e-12)
    assert power_of(0.0, 1.0, 3, alpha=0.01) == pytest.approx(0.01, abs=1e-12)


@pytest.mark.parametrize("n", [3, 5])
def test_that_share_of_simulated_studies_finds_it(n):
    times, difference = 1000, detectable(1.0, n, power=0.7)
    samples = rng("power", n).normal(loc=difference, size=(times, n))
    found = sum(paired_difference(sample, [0.0] * n).p <= 0.05 for sample in samples) / times
    assert found == pytest.approx(0.7, abs=4 * math.sqrt(0.7 * 0.3 / times))  # binomial


def test_the_figures_of_the_docstring():
    assert [round(detectable(1.0, n), 2) for n in (3, 5, 10)] == [3.26, 1.68, 1.0]
    # s² (n - 1) / σ² has the chi-squared distribution: its quantiles bound σ / s.
    low, high = (math.sqrt(2 / stats.chi2.ppf(q, 2)) for q in (0.975, 0.025))
    assert (round(low, 2), round(high, 1)) == (0.52, 6.3)


def test_without_spread_every_difference_is_seen():
    assert detectable(0.0, 3) == 0
    assert (power_of(1e-9, 0.0, 3), power_of(0.0, 0.0, 3)) == (1, 0)


def test_one_seed_has_no_power():
    with pytest.raises(UserError, match="at least two differences"):
        detectable(1.0, 1)
    with pytest.raises(UserError, match="at least two differences"):
        power_of(1.0, 0.0, 1)
