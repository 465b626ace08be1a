"""Which share of the gain of label-made pairs a user without labels gets, and what 500 judgements add to it."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from sempairs.statistics import ratio_interval
from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.scores import ON_TRAINED, ON_TRANSFER, PROTOCOLS, TRANSFER, Place
from sempairs.study.claims.verdicts import Effect
from sempairs.study.compare import Line
from sempairs.study.estimates import Ends, estimated

AIM = 0.7
ORACLE, BEST = "oracle", "gradients"
CURATED = {"curated": BEST, "wide-curated": "wide"}
"""Which arms are curated, and from which they were."""
PLACES = (*ON_TRANSFER, *ON_TRAINED)
"""Where it is asked. The aim is judged on the first two."""

Aim = Literal["met", "not met", "undecided"]


@dataclass(frozen=True)
class Share:
    """The gain of an arm as a share of the gain that the labels bring.

    Parameters
    ----------
    place: data set and metric.
    gain, oracle: both gains over augmented pairs.
    share: their ratio; None where the labels bring no gain.
    interval: of the ratio over seeds, by Fieller; None where the interval of the labels' gain holds zero, since the
        ratio could then be anything.
    aim: whether the share is the aim: "met" if the interval lies at or above it, "not met" if it lies below.
    """

    arm: str
    place: Place
    gain: float
    oracle: float
    seeds: int
    share: float | None
    interval: Ends | None

    @property
    def aim(self) -> Aim:
        """By the interval."""
        if self.interval is None:
            return "undecided"
        return "met" if self.interval[0] >= AIM else "not met" if self.interval[1] < AIM else "undecided"


def shares(study: Evidence) -> tuple[Share, ...]:
    """Of every arm but the oracle, at every place."""
    arms = [arm for arm in study.study.arms if arm not in (study.study.baseline, ORACLE)]
    found = (_share(study, arm, place) for arm in arms for place in PLACES)
    return tuple(share for share in found if share)


def aim(study: Evidence) -> Aim:
    """Of the best rule of docs/log.md, named before the study: met by both protocols, not met by either, or neither."""
    own = [share.aim for share in shares(study) if share.arm == BEST and share.place in PLACES[:2]]
    unfinished = study.problems((BEST, ORACLE, study.study.baseline), [TRANSFER], study.by_method(BEST, *PLACES[0]))
    if unfinished or len(own) < len(PROTOCOLS):
        return "undecided"
    return "not met" if "not met" in own else "met" if set(own) == {"met"} else "undecided"


def added_by_judgements(study: Evidence) -> tuple[Effect, ...]:
    """Curated pairs minus those that they were curated from, at every place."""
    found = []
    for (curated, mined), place in product(CURATED.items(), PLACES):
        ours, theirs = (_line(study, arm, place) for arm in (curated, mined))
        if ours and theirs and ours.seeds == theirs.seeds:
            by_seed = np.subtract(ours.differences, theirs.differences)[:, None]
            one = estimated(ours.seeds, by_seed)
            found.append(
                Effect(
                    of=f"{curated} minus {mined}", data=place[0], metric=place[1], unit=ours.unit, n=len(ours.seeds),
                    difference=one["difference"], interval=one.get("difference_interval"),
                    value=ours.mean, reference=theirs.mean,
                )
            )  # fmt: skip
    return tuple(found)


def _share(study: Evidence, arm: str, place: Place) -> Share | None:
    ours, oracle = _line(study, arm, place), _line(study, ORACLE, place)
    if not ours or not oracle or ours.seeds != oracle.seeds:
        return None
    gains, whole = np.array(ours.differences), np.array(oracle.differences)
    found = ratio_interval(gains, whole) if len(gains) > 1 else None
    mean = float(whole.mean())
    share = float(gains.mean()) / mean if mean > 0 else None
    ends = (found.low, found.high) if found and share is not None else None
    return Share(arm, place, float(gains.mean()), mean, len(gains), share, ends)


def _line(study: Evidence, arm: str, place: Place) -> Line | None:
    """The comparison with augmented pairs of the study's one method."""
    return next((line for line in study.lines(arm, *place) if not line.refused), None)
