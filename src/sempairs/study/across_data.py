"""Gains paired by data set: does an arm help on data sets of this kind, of which these are some?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sempairs.study.compare import Line
from sempairs.study.estimates import Estimate, corrected, estimated
from sempairs.study.pooling import Pooled, surroundings

FEWEST = 3  # data sets: the interval of two is 12.7 standard errors to either side


@dataclass(frozen=True, kw_only=True)
class AcrossData(Estimate):
    """The mean gain over data sets; above zero is better. Its differences are those of data sets, not of seeds.

    Parameters
    ----------
    of: the method, or the pool of methods.
    data: the data sets, in the order of `differences`.
    seeds: none: each data set counts once, with the mean over its seeds.
    """

    arm: str
    against: str
    of: str
    encoder: str
    views: str
    budget: str
    metric: str
    unit: str
    data: tuple[str, ...]


def across_data(gains: Iterable[Line | Pooled]) -> tuple[AcrossData, ...]:
    """Every gain by a metric that three or more data sets have, over these data sets.

    The intervals take the data sets for independent draws from those one cares about; give gains of such data alone,
    and not those on the images of the training. Holm's correction is for all gains by one metric of one method or pool.
    """
    groups: dict[tuple[str, ...], list[Line | Pooled]] = {}
    for gain in gains:
        if gain.difference is not None and gain.direction != "neither":
            place = gain.arm, gain.against, *surroundings(gain), gain.metric
            groups.setdefault(place, []).append(gain.as_gain if isinstance(gain, Line) else gain)
    found: list[AcrossData] = []
    for (arm, against, of, encoder, views, budget, metric), own in groups.items():
        if len(own) >= FEWEST:
            means = np.array([[gain.difference] for gain in own], dtype=np.float64)
            found.append(
                AcrossData(
                    **estimated((), means),
                    arm=arm, against=against, of=of, encoder=encoder, views=views, budget=budget, metric=metric,
                    unit=own[0].unit, data=tuple(gain.data for gain in own),
                )
            )  # fmt: skip
    return corrected(found, lambda one: (one.metric, one.of))
