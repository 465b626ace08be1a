"""Many comparisons at once: p-values corrected for the size of their family."""

import numpy as np
from jaxtyping import Float64

from sempairs.statistics.intervals import Values


def holm(p_values: Values) -> Float64[np.ndarray, " n"]:
    """p-values adjusted for n comparisons: rejecting those <= α keeps the chance of any false one at α or below.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    assert ((p >= 0) & (p <= 1)).all(), f"not p-values: {p_values}"
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted
