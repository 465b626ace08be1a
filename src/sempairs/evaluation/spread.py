"""Statistics of any part of a set of features, made so that leaving a part out costs little: for jackknife intervals.

Each function takes all features and gives back a function of the positions that are kept.

**Source**: alignment and uniformity: Wang, Isola, Understanding contrastive representation learning through alignment
and uniformity on the hypersphere, ICML 2020, arXiv 2005.10242, with exponent 2 and t = 2. Class separation: Kornblith,
Chen, Lee, Norouzi, Why do better loss functions lead to less transferable features?, NeurIPS 2021, arXiv 2010.16402.
Hubness: Radovanović, Nanopoulos, Ivanović, Hubs in space, JMLR 11, 2010.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.neighbours import nearest

BLOCK = 2**22  # numbers held at once: 32 MiB

Statistic = Callable[[Int64[np.ndarray, " m"]], float]


def alignment(unit: Float64[np.ndarray, "n d"], classes: Int64[np.ndarray, " n"]) -> Statistic:
    """The mean of |x - y|² over all pairs of two images of one class; 0 if they are all equal.

    Parameters
    ----------
    unit: features of length 1.
    classes: 0, 1, ...; two images of one class must be kept.
    """

    def statistic(kept: Int64[np.ndarray, " m"]) -> float:
        sizes, sums = _class_sums(unit[kept], classes[kept])
        # Σ over ordered pairs of 2 - 2 x·y, where Σ x·y is |Σ x|²; an image with itself gives 0.
        return float(2 * (sizes**2 - np.square(sums).sum(axis=1)).sum() / (sizes * (sizes - 1)).sum())

    return statistic


def class_separation(unit: Float64[np.ndarray, "n d"], classes: Int64[np.ndarray, " n"]) -> Statistic:
    """1 - the mean cosine distance of two images of one class / that of any two, where each class counts the same.

    1 if each class is a point, 0 if classes do not differ, or if all images are equal.
    """

    def statistic(kept: Int64[np.ndarray, " m"]) -> float:
        sizes, sums = _class_sums(unit[kept], classes[kept])
        means = sums[sizes > 0] / sizes[sizes > 0, None]
        within = 1 - float(np.square(means).sum(axis=1).mean())
        total = 1 - float(np.square(means.mean(axis=0)).sum())
        return 1 - within / total if total > 1e-12 else 0.0

    return statistic


def _class_sums(
    unit: Float64[np.ndarray, "n d"], classes: Int64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " c"], Float64[np.ndarray, "c d"]]:
    """How many images each class has, and the sum of their features."""
    members = np.arange(classes.max() + 1)[:, None] == classes
    return members.sum(axis=1).astype(np.float64), members.astype(np.float64) @ unit


def uniformity(unit: Float64[np.ndarray, "n d"]) -> Statistic:
    """The logarithm of the mean of exp(-2 |x - y|²) over all pairs of two images; 0 if they are all equal.

    For features that are uniform on the sphere it is log e⁻⁴ ₀F₁(d/2; 4): -4 in many dimensions.
    """

    def total(a: Float64[np.ndarray, "p d"], b: Float64[np.ndarray, "q d"]) -> Float64[np.ndarray, " p"]:
        """For each row of a the sum over b."""
        blocks = np.array_split(a, max(1, len(a) * len(b) // BLOCK))
        return np.concatenate([np.exp(4 * (block @ b.T) - 4).sum(axis=1) for block in blocks])

    of_each = total(unit, unit)

    def statistic(kept: Int64[np.ndarray, " m"]) -> float:
        left_out = np.setdiff1d(np.arange(len(unit)), kept)
        both = of_each.sum() - 2 * of_each[left_out].sum() + total(unit[left_out], unit[left_out]).sum()
        m = len(kept)
        return float(np.log((both - m) / (m * (m - 1))))  # without each image and itself, which give 1

    return statistic


def hubness(features: Float32[np.ndarray, "n d"], k: int) -> Statistic:
    """The skewness of how often an image is among the k nearest of another by cosine similarity; 0 if all are alike.

    Twice k neighbours are looked up once, so that those who are left out can be passed over.
    """
    found, _ = nearest(features, features, min(2 * k, len(features) - 1), exclude_self=True)

    def statistic(kept: Int64[np.ndarray, " m"]) -> float:
        here = np.zeros(len(features), dtype=bool)
        here[kept] = True
        lists = found[kept]
        near = here[lists] & (here[lists].cumsum(axis=1) <= k)
        counts = np.bincount(lists[near], minlength=len(features))[kept]
        deviations = counts - counts.mean()
        spread = float(deviations.std())
        return float((deviations**3).mean()) / spread**3 if spread > 0 else 0.0

    return statistic
