"""The protocol of linear transfer: a linear classifier on frozen features, its penalty chosen on validation images.

**Source**: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8.1; grid of Ericsson,
Gouk, Hospedales, How well do self-supervised models transfer?, CVPR 2021, arXiv 2011.13377: multinomial logistic
regression with an l2 penalty on the summed loss, the best of 45 by the data set's own metric on validation images, then
fitted again on training and validation images together, and tested once. Where an image may show many classes (VOC),
there is one binary classifier for each, all with one penalty, and what is difficult is ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64
from torch import Tensor

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.linear_models import logistic
from sempairs.evaluation.linear_models.classification import Labels, Metric, value

NAMES: dict[Metric, str] = {
    "accuracy": "accuracy",
    "mean-per-class": "the accuracy averaged over classes",
    "voc-map": "the mean of 11-point average precision over classes",
}
GRID = tuple(np.logspace(5, -6, 45).tolist())
VALIDATION = 0.2
# The share of its loss that the last fit may be above its minimum: ten times less than is enough to choose by.
FINAL = logistic.TOLERANCE / 10


@dataclass(frozen=True)
class Part:
    """Features of images, and their labels as in `classification.Labels`."""

    features: Float32[np.ndarray, "n d"]
    labels: Labels

    def take(self, rows: Bool[np.ndarray, " n"]) -> "Part":
        """Some of the images."""
        return Part(self.features[rows], self.labels[rows])


@dataclass(frozen=True)
class Probed:
    """What the probe says of test images.

    Parameters
    ----------
    scores: the larger, the more likely the class.
    penalty: λ that was chosen.
    chosen_by: the metric on the validation images for each λ of the grid.
    protocol: how, for the protocol of a score.
    """

    scores: Float64[np.ndarray, "m c"]
    penalty: float
    chosen_by: Float64[np.ndarray, " g"]
    protocol: str


def probe(
    train: Part,
    validation: Part,
    test: Float32[np.ndarray, "m d"],
    classes: int,
    *,
    metric: Metric = "accuracy",
    penalties: Sequence[float] = GRID,
    max_iter: int = logistic.MAX_ITER,
) -> Probed:
    """Choose λ, fit, and score the test images. Their labels are not asked for.

    Parameters
    ----------
    test: features.
    classes: how many there are.
    metric: by which λ is chosen; "voc-map" takes labels for each class.
    penalties: values of λ on the summed loss, which do not rise; of equally good ones the strongest is taken.
    max_iter: steps of L-BFGS for each fit. A fit that needs more is used as it is, and the protocol says so.

    Raises
    ------
    UserError: no validation image shows any class.
    """
    many = metric == "voc-map"
    if not (validation.labels > 0).any() if many else not len(validation.labels):
        raise UserError("no image that chooses λ shows a class", todo="give other validation images")
    chosen_by: list[float] = []
    stopped = 0
    with progress("linear probe", len(penalties) + 1, "fits") as bar:
        problems, seen = _problems(train, classes, many), _features(validation.features)
        for fit in logistic.path(**problems, penalties=[_scaled(one, many) for one in penalties], max_iter=max_iter):
            chosen_by.append(value(metric, _scores(fit, seen, many), validation.labels))
            stopped += not fit.converged.all()
            if chosen_by[-1] > max(chosen_by[:-1], default=-1.0):
                best, start = len(chosen_by) - 1, fit
            bar()
        problems = _problems(_joined(train, validation), classes, many)
        each = torch.full((len(problems["classes"]),), _scaled(penalties[best], many), dtype=torch.float64)
        final = logistic.fit(
            **problems, penalties=each.to(best_device()), start=start, tolerance=FINAL, max_iter=max_iter
        )
        bar()
    protocol = (
        f"{'one logistic regression for each class' if many else 'multinomial logistic regression'} (L-BFGS) on frozen "
        f"features; λ = {penalties[best]:.3g} of {len(penalties)} in {penalties[-1]:.3g} ... {penalties[0]:.3g} on the "
        f"summed loss, the best by {NAMES[metric]} on {len(validation.labels):,} of "
        f"{len(train.labels) + len(validation.labels):,} training images, then fitted on all"
    )
    if len(penalties) > 1 and best in (0, len(penalties) - 1):
        protocol += f"; warning: λ is the {'smallest' if best else 'largest'} of the grid"
    if stopped:
        protocol += f"; warning: {stopped} fits of the grid did not converge in {max_iter} iterations"
    if not final.converged.all():
        protocol += f"; warning: the final fit did not converge in {max_iter} iterations"
    return Probed(_scores(final, _features(test), many), penalties[best], np.array(chosen_by), protocol)


def validation_rows(labels: Labels) -> Bool[np.ndarray, " n"]:
    """Which rows choose λ where no images are set apart for it: a fifth of each class, at least one, always the same.

    Of images that may show many classes a fifth of all.

    Raises
    ------
    UserError: a class with a single image, which would be missing from one of the two parts.
    """
    held_out = np.zeros(len(labels), dtype=bool)
    generator = rng("linear probe", "validation", 0)
    for name in np.unique(labels) if labels.ndim == 1 else (None,):
        members = generator.permutation(np.flatnonzero(labels == name) if labels.ndim == 1 else len(labels))
        if len(members) < 2:
            raise UserError(
                "a linear probe needs two training images of each class, one to choose λ by",
                got=f"one of class {name}",
                todo="add images, or leave the class out",
            )
        held_out[members[: max(1, round(VALIDATION * len(members)))]] = True
    return held_out


def _joined(one: Part, other: Part) -> Part:
    return Part(np.concatenate([one.features, other.features]), np.concatenate([one.labels, other.labels]))


def _features(features: Float32[np.ndarray, "n d"]) -> Float32[Tensor, "n d"]:
    return torch.from_numpy(features).to(best_device())


def _problems(part: Part, classes: int, many: bool) -> dict[str, Any]:
    """What `logistic.fit` takes: one problem of all classes, or a binary one for each."""
    labels = torch.from_numpy(part.labels).to(best_device())
    if not many:
        return {"features": _features(part.features), "classes": labels[None], "count": classes}
    present = (labels.mT >= 0).double()
    return {
        "features": _features(part.features), "classes": (labels.mT > 0).long(), "count": 2, "sample_weights": present,
    }  # fmt: skip


def _scaled(penalty: float, many: bool) -> float:
    """λ as `logistic.fit` takes it, where a binary problem has a penalty of half of it."""
    return 2 * penalty if many else penalty


def _scores(fit: logistic.Fit, features: Float32[Tensor, "m d"], many: bool) -> Float64[np.ndarray, "m c"]:
    logits = fit.logits(features)
    scores: np.ndarray = ((logits[:, :, 1] - logits[:, :, 0]).mT if many else logits[0]).cpu().numpy()
    return scores
