"""Fine-tuning: the whole network is trained on all labelled images, starting from the encoder.

**Source**: Kornblith, Shlens, Le, Do better ImageNet models transfer better?, CVPR 2019, arXiv 1805.08974, and Chen,
Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8.2: 20,000 steps of 256 images, crops and
mirror images, Nesterov's momentum; 7 learning rates from 1e-4 to 0.1 times 7 weight decays from 1e-6 to 1e-3 or none,
each divided by the learning rate, chosen on validation images and fitted again on all; batch norms follow their
statistics with momentum max(1 - 10 / s, 0.9), with s steps in an epoch.
**Departure**: the defaults are for two cores and minutes: 4 settings (2 rates, 2 decays) of 250 steps of 64 images, on
a sample of the images. `grid="paper"`, `steps=20000`, `batch_size=256` and a large `images` are the paper's.
Validation is always a fifth of the training images, by class. Biases and the scales of norms do not decay.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.subsets import held_out
from sempairs.evaluation.tuning import Tuning, tested, tune_best
from sempairs.sources.sampling import sample

RATES = {"small": (0.01, 0.1), "paper": tuple(np.logspace(-4, -1, 7).tolist())}
DECAYS = {"small": (0.0, 1e-4), "paper": (0.0, *np.logspace(-6, -3, 7).tolist())}


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Tune encoder and linear head on all training images, and test on all test images.

    Parameters
    ----------
    grid: of learning rates and weight decays: 4 of them, or the paper's 56.
    steps: of each training.
    batch_size: images in a step.
    crop_min: the least share of an image's area that a crop shows.
    images: at most so many training images, a sample.
    seed: names sample, validation images, order and crops.
    """

    grid: Literal["small", "paper"] = "small"
    steps: int = 250
    batch_size: int = 64
    crop_min: float = 0.08
    images: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size, self.images) < 1 or not 0 < self.crop_min <= 1:
            raise UserError(
                "fine-tuning needs steps, a batch size and images of 1 or more, and crop_min in (0, 1]",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "fine-tuned".

        Raises
        ------
        UserError: features alone, what `need_classes` refuses, or a network that diverges.
        """
        encoder, source, names = test.encoder, train.source, need_classes(train, test)
        source = sample(source, min(self.images, len(source)), self.seed)
        held = held_out(source.need_labels("fine-tuning"), self.seed)
        tunings = self.tunings(len(source))
        classifier, best = tune_best("fine-tuning", encoder, source, names, tunings, held)
        protocol = (
            f"encoder and linear head tuned on {len(source):,} of {len(train):,} training images for {best.how}; "
            f"learning rate {best.lr:.3g}, weight decay {best.lr * best.weight_decay:.3g} / {best.lr:.3g}, the best of "
            f"{len(tunings)} ({self.grid} grid) on {held.sum():,} of these images, then tuned on all; seed {self.seed}"
        )
        return [tested("fine-tuned", classifier, test, protocol)]

    def tunings(self, images: int) -> list[Tuning]:
        """The grid for so many training images; of equally good ones the first is taken."""
        epoch = images / self.batch_size
        return [
            Tuning(
                steps=self.steps, batch_size=self.batch_size, lr=rate, head_lr=rate, weight_decay=decay / rate,
                norm_momentum=min(10 / epoch, 0.1), crop_min=self.crop_min, seed=self.seed,
            )
            for rate in RATES[self.grid]
            for decay in DECAYS[self.grid]
        ]  # fmt: skip
