"""SimCLR's views, two of each image of a pair: the semantic pair and an augmented pair of each image in one row.

**Source** Chen, Kornblith, Norouzi, Hinton, arXiv 2002.05709, appendix A, for the views; that semantic pairs are added
to augmented ones is Alkhalefi, Leontidis, Zhong, arXiv 2306.16122 (SePP-ID).
**Departure** as `simclr`.
"""

from dataclasses import dataclass
from typing import ClassVar

from sempairs.views.simclr import SimCLRViews


@dataclass(frozen=True, kw_only=True)
class SimCLRTwice(SimCLRViews):
    """The views and the options of `simclr`; views 0 and 2 show the first image of a pair, 1 and 3 the second."""

    views: ClassVar[int] = 4
