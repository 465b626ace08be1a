"""An estimate from a few seeds: a difference with all that is said of how sure it is."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float64

from sempairs.statistics import (
    bootstrap_interval,
    detectable,
    equivalent_within,
    holm,
    pooled_difference,
    sign_flip_test,
)

Verdict = Literal["baseline", "higher", "lower", "undecided"]
Ends = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean difference over seeds. What needs two seeds is None with one, and all is None where nothing is compared.

    Parameters
    ----------
    seeds: those that are compared.
    differences: one for each of `seeds`, in the unit of the metric, as all that follows but the p-values.
    difference: their mean.
    difference_interval: its 95% t interval over seeds.
    bootstrap_interval: its 95% percentile interval over seeds drawn again; too short with few seeds.
    p: of "there is no difference" by the paired t test.
    p_permutation: the same by sign flips, without the assumption that differences are normal (`statistics.least_p`
        says what it cannot fall below).
    p_holm: `p`, corrected for the comparisons that are made together.
    detectable: the smallest true difference that so many seeds with this spread show in 80 of 100 studies.
    equivalent_within: the smallest d of which "no difference larger than d" holds at 95%.
    verdict: "higher" or "lower" where `difference_interval` excludes zero.
    """

    seeds: tuple[int, ...] = ()
    differences: tuple[float, ...] = ()
    difference: float | None = None
    difference_interval: Ends | None = None
    bootstrap_interval: Ends | None = None
    p: float | None = None
    p_permutation: float | None = None
    p_holm: float | None = None
    detectable: float | None = None
    equivalent_within: float | None = None
    verdict: Verdict = "undecided"


Estimated = TypeVar("Estimated", bound=Estimate)


def turned(estimate: Estimated) -> Estimated:
    """The difference the other way round."""
    other: dict[Verdict, Verdict] = {"higher": "lower", "lower": "higher"}
    return replace(
        estimate,
        differences=tuple(-one for one in estimate.differences),
        difference=None if estimate.difference is None else -estimate.difference,
        difference_interval=turned_ends(estimate.difference_interval),
        bootstrap_interval=turned_ends(estimate.bootstrap_interval),
        verdict=other.get(estimate.verdict, estimate.verdict),
    )


def turned_ends(ends: Ends | None) -> Ends | None:
    """An interval of what has the other sign."""
    return None if ends is None else (-ends[1], -ends[0])


def estimated(seeds: Sequence[int], by_seed: Float64[np.ndarray, "seeds cells"], tested: bool = True) -> dict[str, Any]:
    """The fields of an `Estimate` of the mean over cells, such as methods; seeds are what is drawn by chance.

    Parameters
    ----------
    tested: whether a difference is a gain or a loss. One that only describes has no p, so that corrections for many
        comparisons count those that judge.
    """
    means = by_seed.mean(axis=1)
    fields: dict[str, Any] = {
        "seeds": tuple(seeds),
        "differences": tuple(means.tolist()),
        "difference": float(means.mean()),
    }
    if len(means) < 2:
        return fields
    found, again = pooled_difference(by_seed), bootstrap_interval(means)
    tests = {"p": found.p, "p_permutation": sign_flip_test(by_seed)} if tested else {}
    return fields | tests | {
        "difference_interval": (found.low, found.high),
        "bootstrap_interval": (again.low, again.high),
        "detectable": float(means.std(ddof=1)) * _detectable_sds(len(means)),
        "equivalent_within": equivalent_within(means),
        "verdict": "higher" if found.low > 0 else "lower" if found.high < 0 else "undecided",
    }  # fmt: skip


@functools.cache
def _detectable_sds(n: int) -> float:
    """How many standard deviations n seeds can detect: a study asks it thousands of times of the same n."""
    return detectable(1.0, n)


def corrected(estimates: Iterable[Estimated], family: Callable[[Estimated], object]) -> tuple[Estimated, ...]:
    """The same with Holm's correction for all that `family` gives the same name and that is tested."""
    estimates = list(estimates)
    families: dict[object, list[int]] = {}
    for place, estimate in enumerate(estimates):
        if estimate.p is not None:
            families.setdefault(family(estimate), []).append(place)
    for places in families.values():
        adjusted = holm([estimates[place].p or 0.0 for place in places])
        for place, p_holm in zip(places, adjusted, strict=True):
            estimates[place] = replace(estimates[place], p_holm=float(p_holm))
    return tuple(estimates)
