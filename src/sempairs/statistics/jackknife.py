"""The interval of a statistic that is no mean over items, by leaving blocks of them out."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Int64
from scipy import stats

from sempairs.core.seeds import rng
from sempairs.statistics.intervals import Interval, checked


def jackknife_interval(
    statistic: Callable[[Int64[np.ndarray, " m"]], float], n: int, blocks: int = 20, confidence: float = 0.95
) -> Interval:
    """The interval of a statistic that is no mean over items (an area under a curve, a rank) by leaving blocks out.

    The n items are put into `blocks` groups by chance, always the same ones; with θ_j the statistic without group j and
    θ that of all items, the interval is θ ± t(blocks - 1) sqrt((blocks - 1) / blocks Σ_j (θ_j - mean θ_j)²).

    Source: Tukey, Bias and confidence in not quite large samples, Annals of Mathematical Statistics 29, 1958; groups:
    Shao, Wu, A general theory for jackknife variance estimation, Annals of Statistics 17, 1989.

    Parameters
    ----------
    statistic: of the items at these positions (sorted).
    n: how many items there are; with fewer than `blocks`, each is a group.

    Raises
    ------
    UserError: fewer than two items, or a statistic that is not finite.
    """
    blocks = min(blocks, n)
    group = rng("jackknife", n).permutation(n) % max(blocks, 1)
    without = checked([statistic(np.flatnonzero(group != block)) for block in range(blocks)])
    estimate = float(statistic(np.arange(n)))
    error = math.sqrt((blocks - 1) / blocks * float(((without - without.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + confidence) / 2, blocks - 1)) * error
    return Interval(estimate, estimate - reach, estimate + reach, n)
