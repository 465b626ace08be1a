"""Semi-supervised: the whole network is tuned on the few training images that keep their labels.

**Source**: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, section 6 and appendix B.5: 1% or
10% of the labels, drawn by class; 60 or 30 epochs; crops and mirror images; Nesterov's momentum; learning rate
0.05 x batch size / 256, the same for encoder and head; no warm-up and no regularisation, weight decay included.
**Departure**: batches of 32 images, not 4,096: a small set has fewer labelled ones. Ten times the paper's rate is tried
beside it, and a held-out fifth of the labelled images says which is better. (SwAV and Barlow Twins give the head a
larger rate than the encoder: `head`.)
"""

from dataclasses import dataclass

import numpy as np

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.subsets import balanced, held_out
from sempairs.evaluation.tuning import Tuning, tested, tune_best
from sempairs.sources.sampling import sample

FEWEST = 5  # labelled images of a class from which one can be held out


@dataclass(frozen=True, kw_only=True)
class SemiSupervised:
    """Tune encoder and linear head on a share of the labels, and test on all test images.

    Parameters
    ----------
    shares: of the training images, which keep their labels: as many of each class, at least one. The images of a
        smaller share are among those of a larger one.
    epochs: passes over the labelled images, a number for each share.
    rates: learning rates for a batch of 256, to choose from; the first where labels are too few to choose by.
    head: how many times the encoder's rate the head's is.
    batch_size: images in a step; fewer where fewer are labelled.
    crop_min: the least share of an image's area that a crop shows.
    images: the training images are a sample of at most so many, and the shares are shares of it.
    seed: names sample, labelled images, order and crops.
    """

    shares: tuple[float, ...] = (0.01, 0.1)
    epochs: tuple[int, ...] = (60, 30)
    rates: tuple[float, ...] = (0.05, 0.5)
    head: float = 1.0
    batch_size: int = 32
    crop_min: float = 0.08
    images: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        parts = (*self.shares, self.crop_min)
        numbers = (*self.epochs, *self.rates, self.head, self.batch_size, self.images, *parts)
        paired = len(set(self.shares)) == len(self.shares) == len(self.epochs)
        if not (self.shares and self.rates and paired and min(numbers) > 0 and max(parts) <= 1):
            raise UserError(
                "semisup needs different shares, as many epochs and a rate, all above 0, shares and crop_min at most 1",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score for each share, for example "1% of labels".

        Raises
        ------
        UserError: features alone, what `need_classes` refuses, or a network that diverges.
        """
        need_classes(train, test)
        return [self.score(share, epochs, train, test) for share, epochs in zip(self.shares, self.epochs, strict=True)]

    def score(self, share: float, epochs: int, train: Labelled, test: Labelled) -> Score:
        """The accuracy after tuning on this share of the labels."""
        names, source = np.unique(train.labels), sample(train.source, min(self.images, len(train)), self.seed)
        metric, each = f"{100 * share:g}% of labels", max(1, round(share * len(source) / len(names)))
        part = source.take(balanced(source.need_labels("semisup"), each, self.seed))
        labels, rates = part.need_labels("semisup"), self.rates
        chosen = f"the best of {', '.join(map(str, rates))} on a fifth of them"
        fewest = int(np.bincount(np.searchsorted(names, labels), minlength=len(names)).min())
        if fewest < FEWEST:
            rates, chosen = rates[:1], f"not chosen, as {fewest} images of a class are too few to choose by"
        tunings = [self.tuning(len(part), epochs, rate) for rate in rates]
        held = held_out(labels, self.seed)
        classifier, best = tune_best(f"tuning on {metric}", test.encoder, part, names, tunings, held)
        of_each = f"{each}" if fewest == each else f"{fewest} to {each}"
        protocol = (
            f"encoder and linear head tuned on {len(part):,} images, {100 * share:g}% of {len(source):,} drawn from "
            f"{len(train):,} training images, {of_each} of each class (seed {self.seed}), for {epochs} epochs, "
            f"{best.how}, no weight decay, learning rate {rates[tunings.index(best)]:g} x "
            f"{best.batch_size} / 256 ({chosen}), {self.head:g} times that for the head"
        )
        return tested(metric, classifier, test, protocol)

    def tuning(self, labelled: int, epochs: int, rate: float) -> Tuning:
        """How the network is tuned on so many images."""
        batch_size = min(self.batch_size, labelled)
        steps, lr = max(1, round(epochs * labelled / batch_size)), rate * batch_size / 256
        return Tuning(
            steps=steps, batch_size=batch_size, lr=lr, head_lr=self.head * lr, crop_min=self.crop_min, seed=self.seed
        )
