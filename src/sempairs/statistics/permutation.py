"""The sign-flip test: how often chance alone, giving each difference a sign, reaches a mean as large as the one seen.

If an arm changes nothing, the two runs of a seed could as well have changed names: each difference is as likely with
the other sign. That is all the test assumes; the differences need not be normal.

Source: Fisher, The Design of Experiments, 1935, section 21. By chance: Phipson, Smyth, Permutation p-values should
never be zero, Statistical Applications in Genetics and Molecular Biology 9, 2010, equation 2.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64

from sempairs.core.seeds import rng
from sempairs.statistics.intervals import checked

EXACT = 20  # differences; 2^20 sign vectors take 20 ms
DRAWS = 9999


def sign_flip_test(
    differences: Float[np.ndarray, " n"] | Float[np.ndarray, "n cells"] | Sequence[float], seed: int = 0
) -> float:
    """The two-sided p-value of "the differences are symmetric about zero"; the statistic is their mean.

    Exact, over all sign vectors, for up to 20 differences. For more, (b + 1) / (m + 1), where b of m = 9,999 sign
    vectors drawn by chance reach the mean seen.

    Parameters
    ----------
    differences: arm minus baseline for each of n seeds. With columns, all cells of a seed change their sign together:
        they share images and pairs, so they are no n x cells chances; the statistic is the mean over all of them.
    seed: names the draws.

    Raises
    ------
    UserError: fewer than two seeds, NaN or infinity.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = checked(values.mean(axis=1) if values.ndim == 2 else values)
    # Sums that are equal but for rounding are equal.
    reach = abs(values.sum()) - 1e-9 * np.abs(values).sum()
    if len(values) <= EXACT:
        return float(np.mean(np.abs(_all_sums(values)) >= reach))
    random, batch, reached = rng("sign flips", seed), max(1, 2**22 // len(values)), 0
    for start in range(0, DRAWS, batch):
        signs = random.integers(0, 2, size=(min(batch, DRAWS - start), len(values))) * 2.0 - 1
        reached += int((np.abs(signs @ values) >= reach).sum())
    return (reached + 1) / (DRAWS + 1)


def _all_sums(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " sums"]:
    """The sums under all 2^(n-1) signs of all but the first value: turning all signs only turns the sum's own."""
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def least_p(n: int) -> float:
    """The smallest p-value that `sign_flip_test` of n differences can give, whatever they are.

    2 / 2^n up to 20 differences: three seeds cannot go below .25, five not below .0625, and p <= .05 takes six. Beyond,
    1 / 10,000.
    """
    assert n >= 1, n
    return 2.0 ** (1 - n) if n <= EXACT else 1 / (DRAWS + 1)
