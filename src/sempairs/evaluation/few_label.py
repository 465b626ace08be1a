"""Few labels: accuracy on all classes at once when 1, 5 or 10 images of each are labelled.

**Source**: Assran et al., Masked siamese networks for label-efficient learning, ECCV 2022, arXiv 2204.07141, section 5:
a few labelled images of each class, an l2-penalised logistic regression on frozen features, the mean over draws of the
labelled images.
**Departure**: all features are centred by the mean of the training features, which takes no labels, and divided by
their length. Minimised is the summed cross-entropy + λ/2 |W|² with λ = 0.1 for all encoders, so that no labelled image
is spent on choosing: of 0.001, 0.01, 0.1, 1 and 10 it was within 0.7 points of the best for trained and random
small-resnets on test images of Fashion-MNIST. With `tune` the whole network is tuned, as `semisup` does it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, progress, quiet
from sempairs.evaluation import tuning
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.pictures import Curves
from sempairs.evaluation.subsets import balanced
from sempairs.statistics import t_interval

BATCH = 32
Learner = Callable[[Int64[np.ndarray, " k"]], Int64[np.ndarray, " n"]]
"""From the rows of the labelled training images to the class of each test image."""


@dataclass(frozen=True, kw_only=True)
class FewLabel:
    """Learn from a few labelled training images of each class, drawn several times, and test on all test images.

    Parameters
    ----------
    labels: images of each class that are labelled; in a draw, fewer are among more.
    draws: how often they are drawn; every encoder meets the same draws.
    penalty: λ of the linear head.
    tune: tune the encoder, too, which takes minutes.
    steps, rate: of the tuning: steps (of all labelled images, at most 32) and learning rate for a batch of 256.
    seed: names the draws.
    """

    labels: tuple[int, ...] = (1, 5, 10)
    draws: int = 5
    penalty: float = 0.1
    tune: bool = False
    steps: int = 100
    rate: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (*self.labels, self.steps)
        if not self.labels or min(counts) < 1 or self.draws < 2 or min(self.penalty, self.rate) <= 0:
            raise UserError(
                "few-label needs 1 label, 2 draws and 1 step or more, and a penalty and a rate above 0",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score for each number of labels, for example "5 labels a class" or "5 labels a class, tuned".

        Raises
        ------
        UserError: a class with fewer training images, what `need_classes` refuses, or to tune with features alone.
        """
        names = need_classes(train, test)
        numbers = sorted(set(self.labels))
        self.need_images(train, names, numbers[-1])
        learn = self.tuned(train, test, names) if self.tune else self.frozen(train, test)
        shares = np.empty((len(numbers), self.draws))
        with progress("few labels", shares.size, "draws") as bar, quiet():
            for place, draw in np.ndindex(shares.shape):
                rows = balanced(train.labels, numbers[place], self.seed, draw)
                shares[place, draw] = (learn(rows) == test.labels).mean()
                bar()

        intervals, ending = [t_interval(100 * line) for line in shares], ", tuned" if self.tune else ""
        picture = Curves(
            title=f"accuracy against labels{ending}",
            about=f"Accuracy on all test images, mean and 95% interval over {self.draws} draws of the labelled images.",
            x=np.array(numbers, dtype=np.float64),
            values=np.array([[interval.estimate for interval in intervals]]),
            lows=np.array([[interval.low for interval in intervals]]),
            highs=np.array([[interval.high for interval in intervals]]),
            lines=("whole network tuned" if self.tune else "linear head",),
            x_axis="labelled images of each class",
            y_axis="accuracy (%)",
            logarithmic=True,
        )
        scores = []
        for number, line, interval in zip(numbers, shares, intervals, strict=True):
            metric = f"{number} {'label' if number == 1 else 'labels'} a class{ending}"
            protocol, ends = self.protocol(number, len(names), len(test)), (interval.low, interval.high)
            pictures = (picture,) if number == numbers[0] else ()
            scores.append(
                Score(
                    metric, interval.estimate, self.draws, "draws", ends, protocol, outcomes=100 * line,
                    pictures=pictures,
                )
            )  # fmt: skip
        return scores

    def frozen(self, train: Labelled, test: Labelled) -> Learner:
        """A linear head on features."""
        centre = train.features.mean(axis=0, dtype=np.float64)
        known, asked = (normalize(images.features - centre) for images in (train, test))

        def answers(rows: Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " n"]:
            head = LogisticRegression(C=1 / self.penalty, tol=1e-6, max_iter=10_000)
            predicted: Int64[np.ndarray, " n"] = head.fit(known[rows], train.labels[rows]).predict(asked)
            return predicted

        return answers

    def tuned(self, train: Labelled, test: Labelled, names: Int64[np.ndarray, " c"]) -> Learner:
        """The whole network."""
        encoder, source = test.encoder, train.source

        def answers(rows: Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " n"]:
            network = tuning.tune(encoder, source.take(rows), names, self.how_to_tune(len(rows)), Bar())
            return network.answers(test.source)

        return answers

    def how_to_tune(self, labelled: int) -> tuning.Tuning:
        """How the network is tuned on so many images."""
        batch_size = min(BATCH, labelled)
        lr = self.rate * batch_size / 256
        return tuning.Tuning(steps=self.steps, batch_size=batch_size, lr=lr, head_lr=lr, seed=self.seed)

    def protocol(self, number: int, classes: int, tested: int) -> str:
        """How it was measured, with this number of labels."""
        how = f"logistic regression (λ = {self.penalty:g}, summed loss) on frozen features, centred and of unit length"
        if self.tune:
            steps = self.how_to_tune(number * classes).how
            how = (
                f"encoder and linear head tuned for {steps}, no weight decay, learning rate {self.rate:g} x batch / 256"
            )
        return (
            f"{how}; {number} labelled training images of each class, {self.draws} draws of them (seed {self.seed}), "
            f"{tested:,} test images"
        )

    def need_images(self, train: Labelled, names: Int64[np.ndarray, " c"], most: int) -> None:
        """Raise UserError if a class has fewer training images than are to be labelled."""
        sizes = np.bincount(np.searchsorted(names, train.labels))
        if sizes.min() < most:
            raise UserError(
                f"{most} labelled images of each class are more than there are",
                got=f"{sizes.min()} training images of class {names[sizes.argmin()]}",
                todo="set labels lower, or leave the class out",
            )
