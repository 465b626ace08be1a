"""What a few numbers support: intervals, paired differences, tests, power and the correction for many comparisons.

Two questions stay apart: over SEEDS (would another training run say the same?) with `t_interval` and
`paired_difference`, and over test ITEMS (would other test images say the same of these very encoders?) with
`paired_items_interval` and `proportion_interval`.
"""

from sempairs.statistics.bootstrap import bootstrap_interval
from sempairs.statistics.equivalence import equivalence_p, equivalent_within
from sempairs.statistics.families import holm
from sempairs.statistics.intervals import Interval, t_interval
from sempairs.statistics.jackknife import jackknife_interval
from sempairs.statistics.paired import (
    PairedDifference,
    difference_of_differences,
    paired_difference,
    paired_items_interval,
    pooled_difference,
)
from sempairs.statistics.permutation import least_p, sign_flip_test
from sempairs.statistics.power import detectable, power_of
from sempairs.statistics.proportion import proportion_interval
from sempairs.statistics.ranks import RankComparison, compare_ranks
from sempairs.statistics.ratio import ratio_interval

__all__ = [
    "Interval",
    "PairedDifference",
    "RankComparison",
    "bootstrap_interval",
    "compare_ranks",
    "detectable",
    "difference_of_differences",
    "equivalence_p",
    "equivalent_within",
    "holm",
    "jackknife_interval",
    "least_p",
    "paired_difference",
    "paired_items_interval",
    "pooled_difference",
    "power_of",
    "proportion_interval",
    "ratio_interval",
    "sign_flip_test",
    "t_interval",
]
