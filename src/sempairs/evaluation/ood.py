"""How a linear probe does on each group of images, taken elsewhere or otherwise: the worst group counts.

**Source**: worst-group accuracy: Sagawa, Koh, Hashimoto, Liang, Distributionally robust neural networks for group
shifts, ICLR 2020, arXiv 1911.08731. A probe that never saw the tested group: leave-one-domain-out of Gulrajani,
Lopez-Paz, In search of lost domain generalization, ICLR 2021, arXiv 2007.01434.
**Departure**: frozen features, and one fixed penalty, since choosing it would need groups of its own.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.evaluation.base import Direction, Labelled, Score, need_classes
from sempairs.evaluation.groups import Groups
from sempairs.evaluation.linear_models.classifier import learn
from sempairs.evaluation.pictures import Bars
from sempairs.statistics import Interval, proportion_interval

IN_OTHERS = ("ood worst group", "ood mean", "ood gap")  # of probes that learnt from the other groups
IN_ALL = ("worst group", "group mean", "group gap")


@dataclass(frozen=True, kw_only=True)
class OutOfDistribution:
    """Accuracy of a linear probe for each group of test images that a metadata column makes.

    Parameters
    ----------
    by: the column; must be given.
    hold_out: whether each group is tested by a probe that learnt without the images of that group, and "ood gap" says
        what that costs. Otherwise one probe learns from all, and "group gap" says how far the worst group is behind.
    least: groups with fewer test images are left out.
    penalty: λ of the probe, on standardised features and the summed loss: scikit-learn's C is 1/λ.
    """

    by: str = ""
    hold_out: bool = True
    least: int = 20
    penalty: float = 10.0

    def __post_init__(self) -> None:
        if self.least < 2 or self.penalty <= 0:
            raise UserError("ood needs a least of 2 or more and a penalty above 0", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Three scores: "ood worst group", "ood mean" and "ood gap", or where `hold_out` is false "worst group",
        "group mean" and "group gap". A gap does not judge: features that know nothing lose nothing.

        Raises
        ------
        UserError: features alone, no column given or not there, fewer than two groups, a class that only the tested
            group has, or what `need_classes` refuses.
        """
        if not self.by:
            known = ", ".join([*test.source.columns, "label"])
            raise UserError("ood needs a metadata column that makes groups", todo=f"set `by` to one of {known}")
        groups = Groups.by(self.by, test.source, self.least)
        need_classes(train, test)
        of_all = learn(train.features, train.labels, 0, (self.penalty,))(test.features) == test.labels
        right, left_out = self._held_out(groups, train, test, of_all) if self.hold_out else (of_all, 0)

        count, sizes = len(groups.names), [len(rows) for rows in groups.rows]
        protocol = (
            f"linear probe (λ = {self.penalty:g}, standardised features); {count} groups by {self.by} of "
            f"{min(sizes):,} to {max(sizes):,} test images"
        )
        if self.hold_out:
            protocol += f", {left_out} of them each tested by a probe that learnt without that group"
        if groups.left_out:
            protocol += f"; left out: {groups.left_out:,} images without a group or in one of fewer than {self.least}"

        worst, picture = _worst(groups, right, self.by)
        each = np.full(count, 1 / count)
        mean = groups.combined(100.0 * right, each)
        lowest = (
            f"accuracy of the group {groups.names[worst]!r}, the lowest of {count} and so biased low; its interval is "
            f"wide enough for all groups at once (exact, Bonferroni)"
        )
        if self.hold_out:
            gap = groups.combined(100.0 * of_all - 100.0 * right, each)
            what = "accuracy lost by learning without the group, mean over groups"
        else:
            gap = groups.combined(100.0 * right, each - np.eye(count)[worst])
            what = "mean accuracy over groups less that of the worst"
        chosen = _share(right[groups.rows[worst]], 1 - 0.05 / count)
        alike = "mean accuracy over groups, each counted alike"
        names = IN_OTHERS if self.hold_out else IN_ALL
        return [
            _score(names[0], chosen, f"{lowest}; {protocol}", pictures=(picture,)),
            _score(names[1], mean, f"{alike}; {protocol}"),
            _score(names[2], gap, f"{what}; {protocol}", "points", "neither"),
        ]

    def _held_out(
        self, groups: Groups, train: Labelled, test: Labelled, of_all: Bool[np.ndarray, " m"]
    ) -> tuple[Bool[np.ndarray, " m"], int]:
        """Which test images are right when a probe learns without their group, and how many groups were left out.

        For groups that `train` does not have, the probe that learnt from all is one without them.
        """
        right, values = of_all.copy(), train.source.column(self.by)
        seen = [number for number, name in enumerate(groups.names) if (values == name).any()]
        with progress("probes without a group", len(seen), "probes") as bar:
            for number in seen:
                rows, others = groups.rows[number], values != groups.names[number]
                known = np.unique(train.labels[others])
                if len(known) < 2 or not np.isin(test.labels[rows], known).all():
                    raise UserError(
                        f"a probe that learns without the group {groups.names[number]!r} cannot know all its classes",
                        got="images to learn from of classes " + ", ".join(map(str, known)),
                        todo="set hold_out to false, or choose another column",
                    )
                answers = learn(train.features[others], train.labels[others], 0, (self.penalty,))(test.features[rows])
                right[rows] = answers == test.labels[rows]
                bar()
        return right, len(seen)


def _share(right: Bool[np.ndarray, " k"], confidence: float = 0.95) -> Interval:
    """The accuracy in percent."""
    found = proportion_interval(int(right.sum()), len(right), confidence)
    return Interval(100 * found.estimate, 100 * found.low, 100 * found.high, found.n)


def _worst(groups: Groups, right: Bool[np.ndarray, " n"], by: str) -> tuple[int, Bars]:
    """The number of the group with the lowest accuracy (of equal ones the first), and the picture of all."""
    found = [_share(right[rows]) for rows in groups.rows]
    values, lows, highs = (np.array([getattr(i, end) for i in found]) for end in ("estimate", "low", "high"))
    picture = Bars(
        title=f"accuracy by {by}", about=f"Accuracy of a linear probe for each {by}, with exact 95% intervals.",
        values=values, lows=lows, highs=highs, names=groups.names, axis="accuracy in %",
    )  # fmt: skip
    return int(values.argmin()), picture


def _score(
    metric: str, found: Interval, protocol: str, unit: str = "%", direction: Direction = "higher",
    pictures: tuple[Bars, ...] = (),
) -> Score:  # fmt: skip
    ends = (found.low, found.high)
    return Score(
        metric, found.estimate, found.n, "test images", ends, protocol, unit, direction=direction, pictures=pictures
    )
