"""The linear probe: multinomial logistic regression on frozen features, by the protocol of linear transfer.

**Source**: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8.1.
**Departure**: a fifth of each class, not of all images, chooses λ where there are no validation images.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.linear_models.classification import Labels, Metric, multi_labels, score_of
from sempairs.evaluation.linear_models.probe import Part, probe, validation_rows


@dataclass(frozen=True, kw_only=True)
class LinearProbe:
    """Train a linear classifier on frozen features as they are (not standardised).

    Parameters
    ----------
    metric: by which λ is chosen and the test images are scored: "accuracy", "mean-per-class" (accuracy averaged over
        classes) or "voc-map" (mean of the 11-point average precision of each class, for images that may show many:
        their source needs the columns "objects" and "difficult", as that of PASCAL VOC 2007 has).
    validation: which training images choose λ, as "COLUMN=VALUE" of their source, for example "split=val"; a fifth of
        each class without it.
    grid_from, grid_to: the grid of λ goes from 10^grid_from to 10^grid_to.
    grid_size: its number of values, evenly spaced in the logarithm.
    max_iter: L-BFGS iterations for each fit. A fit that needs more is used as it is, and the protocol says so.
    """

    metric: Metric = "accuracy"
    validation: str = ""
    grid_from: float = -6.0
    grid_to: float = 5.0
    grid_size: int = 45
    max_iter: int = 1000

    def __post_init__(self) -> None:
        if self.grid_from > self.grid_to or min(self.grid_size, self.max_iter) < 1:
            raise UserError(
                "a linear probe needs grid_from <= grid_to, and a grid_size and max_iter of 1 or more",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "linear" or "linear METRIC".

        Raises
        ------
        UserError: a class has one training image, no images or all of them choose λ, or what `need_classes` refuses.
        """
        (seen, asked), classes = self._labels(train, test)
        chooses = self._chooses(train, seen)
        whole = Part(train.features, seen)
        grid = np.logspace(self.grid_to, self.grid_from, self.grid_size).tolist()
        found = probe(
            whole.take(~chooses), whole.take(chooses), test.features, len(classes), metric=self.metric,
            penalties=grid, max_iter=self.max_iter,
        )  # fmt: skip
        name = "linear" if self.metric == "accuracy" else f"linear {self.metric}"
        return [score_of(name, self.metric, found.scores, asked, classes, found.protocol)]

    def _labels(self, train: Labelled, test: Labelled) -> tuple[list[Labels], tuple[str, ...]]:
        """The labels of both as a classifier counts them, and the names of its classes."""
        if self.metric != "voc-map":
            numbers = need_classes(train, test)
            names = tuple(train.label_names[number] for number in numbers)
            return [np.searchsorted(numbers, side.labels) for side in (train, test)], names
        told = [(side.source.column("objects"), side.source.column("difficult")) for side in (train, test)]
        classes = tuple(sorted(set("|".join(np.concatenate(told[0])).split("|")) - {""}))
        if not classes:
            raise UserError("no training image shows a class", got=train.name or None, todo="check the source")
        return [multi_labels(shown, difficult, classes) for shown, difficult in told], classes

    def _chooses(self, train: Labelled, labels: Labels) -> Bool[np.ndarray, " n"]:
        """Which training images choose λ."""
        if not self.validation:
            return validation_rows(labels)
        column, _, asked = self.validation.partition("=")
        chooses: Bool[np.ndarray, " n"] = train.source.column(column) == asked
        if not 0 < chooses.sum() < len(chooses):
            raise UserError(
                f"validation={self.validation!r} names {chooses.sum():,} of {len(chooses):,} training images",
                todo="name a column and one of its values, such as split=val",
            )
        return chooses
