"""The linear probe by stochastic gradient descent, for collections that are too large for L-BFGS.

**Source**: He, Fan, Wu, Xie, Girshick, Momentum contrast for unsupervised visual representation learning, CVPR 2020,
arXiv 1911.05722, section 4.1 (a linear classifier on frozen features, 100 epochs in batches of 256, no weight decay, a
learning rate that is searched for); Chen, He, SimSiam, CVPR 2021, arXiv 2011.10566, appendix A (cosine schedule).
**Departure**: features are extracted once, of whole images, where they train on new crops and mirror images in each
epoch; they are divided by the root mean square of their lengths, so that a learning rate means the same for every
encoder; and the learning rate is chosen on a fifth of the training images, not on those of the test.
"""

from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, progress
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.linear_models.classification import score_of, value
from sempairs.evaluation.subsets import held_out

MOMENTUM = 0.9


@dataclass(frozen=True, kw_only=True)
class LinearSGD:
    """Train a linear classifier on frozen features by SGD with momentum 0.9.

    Parameters
    ----------
    epochs: passes over the images.
    batch_size: images in a step.
    lrs: learning rates to choose from; each falls to zero along half a cosine.
    seed: names the order of the images and those that choose.
    """

    epochs: int = 100
    batch_size: int = 256
    lrs: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size) < 1 or min(self.lrs, default=0) <= 0:
            raise UserError(
                "linear-sgd needs epochs and a batch_size of 1 or more, and learning rates above 0",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "linear-sgd". Raises UserError for what `need_classes` refuses."""
        numbers = need_classes(train, test)
        seen, asked = (np.searchsorted(numbers, side.labels) for side in (train, test))
        x, x_test = scaled(train.features, test.features)
        y = torch.from_numpy(seen).to(x.device)
        chooses = held_out(seen, self.seed)
        rest, choosing = (torch.from_numpy(np.flatnonzero(rows)).to(x.device) for rows in (~chooses, chooses))

        with progress("linear SGD", 2 * self.epochs, "epochs") as bar:
            tried = self.descend(x[rest], y[rest], len(numbers), self.lrs, bar)
            each = [value("accuracy", scores, seen[chooses]) for scores in logits(x[choosing], tried)]
            best = int(np.argmax(each))  # of equal ones the first
            (scores,) = logits(x_test, self.descend(x, y, len(numbers), self.lrs[best : best + 1], bar))

        protocol = (
            f"linear classifier on frozen features by SGD: {self.epochs} epochs in batches of {self.batch_size}, "
            f"momentum {MOMENTUM:g}, no weight decay, cosine schedule, learning rate {self.lrs[best]:g} of "
            f"{', '.join(f'{lr:g}' for lr in self.lrs)} on features of mean square length 1, the best on "
            f"{int(chooses.sum()):,} of {len(seen):,} training images, then trained on all; seed {self.seed}"
        )
        if len(self.lrs) > 1 and self.lrs[best] in (min(self.lrs), max(self.lrs)):
            protocol += "; warning: the learning rate is at the edge of the grid"
        names = [train.label_names[number] for number in numbers]
        return [score_of("linear-sgd", "accuracy", scores, asked, names, protocol)]

    def descend(
        self, x: Float32[Tensor, "n v"], y: Int64[Tensor, " n"], classes: int, lrs: tuple[float, ...], bar: Bar
    ) -> Float32[Tensor, "g v c"]:
        """The weights after training from zero, one classifier for each learning rate, all on the same batches."""
        weights = x.new_zeros(len(lrs), x.shape[1], classes)
        velocity, rates = torch.zeros_like(weights), torch.tensor(lrs, device=x.device)[:, None, None]
        one_hot = torch.eye(classes, device=x.device)
        starts = range(0, len(x), self.batch_size)
        for epoch in range(self.epochs):
            order = torch.from_numpy(rng("linear sgd", self.seed, epoch).permutation(len(x))).to(x.device)
            for step, start in enumerate(starts):
                rows = order[start : start + self.batch_size]
                residuals = (x[rows] @ weights).softmax(dim=2) - one_hot[y[rows]]
                velocity = MOMENTUM * velocity + x[rows].T @ residuals / len(rows)
                done = (epoch * len(starts) + step) / (self.epochs * len(starts))
                weights = weights - rates * (1 + cos(pi * done)) / 2 * velocity
            bar()
        return weights


def scaled(
    train: Float32[np.ndarray, "n d"], test: Float32[np.ndarray, "m d"]
) -> tuple[Float32[Tensor, "n v"], Float32[Tensor, "m v"]]:
    """Both divided by the root mean square length in `train`, with a last column of ones for the bias."""
    length = float(np.sqrt((train.astype(np.float64) ** 2).sum(axis=1).mean())) or 1.0
    made = [np.pad(side / np.float32(length), ((0, 0), (0, 1)), constant_values=1.0) for side in (train, test)]
    x, x_test = (torch.from_numpy(side).to(best_device()) for side in made)
    return x, x_test


def logits(x: Float32[Tensor, "n v"], weights: Float32[Tensor, "g v c"]) -> np.ndarray:
    """What each classifier says of each image, `[g, n, c]`."""
    found: np.ndarray = (x @ weights).double().cpu().numpy()
    return found
