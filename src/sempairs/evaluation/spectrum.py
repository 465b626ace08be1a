"""What the eigenvalues of features say: how many directions are in use, and how fast they fade.

**Source**: RankMe: Garrido, Balestriero, Najman, LeCun, ICML 2023, arXiv 2210.02885, equation 1. α: Agrawal, Mondal,
Ghosh, Richards, α-ReQ, NeurIPS 2022, with the fit of Stringer et al., High-dimensional geometry of population
responses in visual cortex, Nature 571, 2019: least squares on both logarithms, rank j weighted by 1/j.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

EPSILON = 1e-7  # of RankMe, for float32
NOISE = 1e-12  # eigenvalues below this share of the largest are the rounding of float32 features


class Moments:
    """Σ x x' of any part of a set of features, from that of the whole and of what is left out."""

    def __init__(self, features: Float64[np.ndarray, "n d"]) -> None:
        self._features, self._whole = features, features.T @ features

    def of(self, kept: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, "d d"]:
        """Σ x x' over the rows at these positions."""
        out = self._left_out(kept)
        moments: Float64[np.ndarray, "d d"] = self._whole - out.T @ out
        return moments

    def covariance(self, kept: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, "d d"]:
        """The covariance of the rows at these positions. Exact only where the features were centred before."""
        mean = self._features[kept].mean(axis=0)
        covariance: Float64[np.ndarray, "d d"] = self.of(kept) / len(kept) - np.outer(mean, mean)
        return covariance

    def _left_out(self, kept: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, "r d"]:
        return np.delete(self._features, kept, axis=0)


class PowerLaw(NamedTuple):
    """log λ_j ≈ offset - α log j."""

    alpha: float
    offset: float


def eigenvalues(moments: Float64[np.ndarray, "d d"]) -> Float64[np.ndarray, " e"]:
    """Those of a symmetric matrix without negative ones, the largest first; without those that are only rounding."""
    values = np.linalg.eigvalsh(moments)[::-1]
    kept: Float64[np.ndarray, " e"] = values[values > NOISE * max(values[0], NOISE)]
    return kept


def rankme(moments: Float64[np.ndarray, "d d"]) -> float:
    """exp(-Σ p_k log p_k), p_k = σ_k / Σσ + ε with σ the singular values of the features X, of which X'X is given.

    It is r for r equal singular values, and 1 for features that are all equal.
    """
    singular = np.sqrt(eigenvalues(moments))
    p = singular / singular.sum() + EPSILON
    return float(np.exp(-(p * np.log(p)).sum()))


def power_law(values: Float64[np.ndarray, " e"], first: int, last: int) -> PowerLaw | None:
    """The fit over the ranks j = first ... last of the eigenvalues there are; None with fewer than two of them."""
    fitted = values[first - 1 : last]
    if len(fitted) < 2:
        return None
    ranks = np.arange(first, first + len(fitted))
    slope, offset = np.polyfit(np.log(ranks), np.log(fitted), 1, w=1 / np.sqrt(ranks))  # polyfit squares its weights
    return PowerLaw(-float(slope), float(offset))
