"""Robustness: how much more often a classifier on these features errs when images are corrupted.

**Source**: Hendrycks, Dietterich, Benchmarking neural network robustness to common corruptions and perturbations, ICLR
2019, arXiv 1903.12261, section 4.1. With E_c,s the classifier's error at severity s of corruption c, E its error on
clean images, and A those of AlexNet,

    mCE          = mean over c of  Σ_s E_c,s / Σ_s A_c,s
    relative mCE = mean over c of  Σ_s (E_c,s - E) / Σ_s (A_c,s - A)

AlexNet's errors are known for ImageNet-C alone. Elsewhere nothing is divided by, as Hendrycks et al., AugMix, ICLR
2020, arXiv 1912.02781, section 4, do for CIFAR-10-C ("unnormalized corruption error"): "corruption error" is the mean
of E_c,s over all 75, "relative corruption error" that of E_c,s - E.
**Departure**: the classifier is a linear one on frozen features, and a sample of the test images is corrupted.
`corruptions` says how ours differ.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.encoders.extract import extract
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.evaluation.corruptions import CORRUPTIONS, corrupt
from sempairs.evaluation.corruptions.severities import LEVELS, table_side
from sempairs.evaluation.linear_models.classifier import learn
from sempairs.evaluation.pictures import Bars, Matrix
from sempairs.sources.base import Source
from sempairs.sources.sampling import sample
from sempairs.statistics import t_interval

BLOCK = 2**22  # values corrupted at a time: 16 MiB, and a few times that on the way
PUBLISHED = {32: "CIFAR-10-C", 64: "Tiny ImageNet-C", 224: "ImageNet-C"}
ALEXNET = np.array(
    [0.886428, 0.894468, 0.922640, 0.819880, 0.826268, 0.785948, 0.798360, 0.866816, 0.826572, 0.819324, 0.564592,
     0.853204, 0.646056, 0.717840, 0.606500]
)  # fmt: skip
"""Its mean errors over the severities, in the order of `CORRUPTIONS`, by the authors' table; and on clean images, by
torchvision's table of the same weights (accuracy 56.522%)."""
ALEXNET_CLEAN = 0.43478


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Learn a classifier on clean training images, test it on corrupted ones.

    Parameters
    ----------
    images: test images that are corrupted, each 75 times, a seeded sample that keeps the shares of the classes; all if
        there are fewer.
    reference: "none" gives "corruption error" and "relative corruption error"; "alexnet" gives "mCE" and "relative
        mCE", which mean something for ImageNet at 224 x 224 pixels only.
    seed: names the sample and what is drawn for the corruptions.
    """

    images: int = 1000
    reference: Literal["none", "alexnet"] = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images < 2:
            raise UserError("robustness needs 2 images or more", got=self.images, todo="set images higher")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Three scores: "robustness clean" (accuracy) and the two of the reference (the lower the better).

        Raises
        ------
        UserError: features without images, images too small, AlexNet asked for with images that are not 224 x 224, or
            what `need_classes` refuses.
        """
        encoder, source = test.encoder, test.source
        need_classes(train, test)
        if self.reference == "alexnet" and source.shape[:2] != (224, 224):
            size = "{} x {}".format(*source.shape[:2])
            raise UserError("AlexNet's errors are those of 224 x 224 pixels", got=size, todo="set reference to none")
        drawn = sample(source, min(self.images, len(source)), self.seed)
        side = table_side(source.shape[:2])
        numbers = source.positions(drawn.ids)
        classify = learn(train.features, train.labels, self.seed)
        clean = classify(test.features[numbers]) != test.labels[numbers]
        wrong = np.empty((len(CORRUPTIONS), LEVELS, len(numbers)), dtype=bool)
        with progress("corrupting", wrong.size, "images") as bar:
            for row, name in enumerate(CORRUPTIONS):
                for level in range(LEVELS):
                    images = corrupted(drawn, name, level + 1, self.seed, numbers)
                    with quiet():
                        features = Labelled(extract(encoder, images, cache=None), None, f"{name} images").features
                    wrong[row, level] = classify(features) != test.labels[numbers]
                    bar(len(numbers))
        how = (
            f"{classify.protocol}; {len(numbers):,} test images, {len(CORRUPTIONS)} corruptions at {LEVELS} severities "
            f"of {PUBLISHED[side]}, seed {self.seed}"
        )
        pictures = (_bars(wrong, clean), _matrix(wrong))
        scores = [accuracy("robustness clean", ~clean, f"before corruption: {how}", pictures)]
        for metric, outcomes in self._outcomes(wrong, clean).items():
            interval = t_interval(outcomes)
            ends = (interval.low, interval.high)
            scores.append(
                Score(
                    metric, interval.estimate, len(outcomes), "test images", ends, f"{self._told(metric)}: {how}",
                    outcomes=outcomes, direction="lower",
                )
            )  # fmt: skip
        return scores

    def _outcomes(self, wrong: Bool[np.ndarray, "c s n"], clean: Bool[np.ndarray, " n"]) -> dict[str, np.ndarray]:
        """Both scores as what each image adds to them: they are linear in its errors. In percent."""
        errors = wrong.mean(axis=1)
        if self.reference == "none":
            return {
                "corruption error": 100 * errors.mean(axis=0),
                "relative corruption error": 100 * (errors - clean).mean(axis=0),
            }
        own, more = ALEXNET[:, None], ALEXNET[:, None] - ALEXNET_CLEAN
        return {"mCE": 100 * (errors / own).mean(axis=0), "relative mCE": 100 * ((errors - clean) / more).mean(axis=0)}

    def _told(self, metric: str) -> str:
        what = "errors beyond the clean error" if metric.startswith("relative") else "errors"
        if self.reference == "none":
            return f"mean of the {what}, not divided by a reference's"
        return f"mean over corruptions of the {what} over severities, divided by AlexNet's on ImageNet-C"


def corrupted(source: Source, name: str, severity: int, seed: int, numbers: Int64[np.ndarray, " n"]) -> Source:
    """The images of a source corrupted, rounded to bytes as the published ones are.

    Parameters
    ----------
    numbers: of the images; what is drawn for each depends on its own.
    """
    shape = len(source), *source.shape
    frames = np.empty(shape, dtype=np.uint8)
    block = max(1, BLOCK // int(np.prod(source.shape)))
    for start in range(0, len(source), block):
        rows = np.arange(start, min(start + block, len(source)))
        images = torch.from_numpy(source.images(rows)).to(best_device()).permute(0, 3, 1, 2).float().div_(255)
        made = corrupt(images, name, severity, seed, numbers[rows])
        frames[rows] = made.mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return dataclasses.replace(source, name=f"{name} images", frames=frames, rows=None)


def _bars(wrong: Bool[np.ndarray, "c s n"], clean: Bool[np.ndarray, " n"]) -> Bars:
    errors: Float[np.ndarray, "k n"] = 100.0 * np.concatenate([clean[None], wrong.mean(axis=1)])
    intervals = [t_interval(row) for row in errors]
    about = "Error on clean images and under each corruption, the mean over five severities, with 95% intervals."
    values, lows, highs = (np.array([getattr(i, end) for i in intervals]) for end in ("estimate", "low", "high"))
    return Bars(
        title="Error by corruption", about=about, values=values, lows=lows, highs=highs,
        names=("clean", *CORRUPTIONS), axis="error, %",
    )  # fmt: skip


def _matrix(wrong: Bool[np.ndarray, "c s n"]) -> Matrix:
    return Matrix(
        title="Error by corruption and severity", about="Error in percent under each corruption at each severity.",
        values=100 * wrong.mean(axis=2), rows=tuple(CORRUPTIONS), columns=tuple(map(str, range(1, LEVELS + 1))),
        row_axis="corruption", column_axis="severity",
    )  # fmt: skip
