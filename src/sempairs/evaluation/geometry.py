"""How features lie in space: numbers that describe and do not judge.

**Source**: alignment and uniformity: Wang, Isola, ICML 2020, arXiv 2005.10242; class separation: Kornblith et al.,
NeurIPS 2021, arXiv 2010.16402; hubness: Radovanović et al., JMLR 11, 2010; RankMe: Garrido et al., ICML 2023, arXiv
2210.02885; the exponent of the spectrum: Agrawal et al., α-ReQ, NeurIPS 2022. In full in `spread` and `spectrum`.
**Departure**: a positive pair is two images of one class, not two views of one image, so that encoders trained on
different pairs are asked the same question.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.pictures import Curves
from sempairs.evaluation.spectrum import Moments, eigenvalues, power_law, rankme
from sempairs.evaluation.spread import Statistic, alignment, class_separation, hubness, uniformity
from sempairs.neighbours import norms
from sempairs.statistics import jackknife_interval


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Alignment, uniformity, class separation, hubness, RankMe and the spectrum's α of the test images.

    Parameters
    ----------
    images: at most so many test images, a seeded sample; the work grows with their square.
    k: neighbours that count for hubness.
    first, last: the ranks of eigenvalues that α is fitted to.
    seed: names the sample.
    """

    images: int = 10_000
    k: int = 10
    first: int = 3
    last: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.images, self.k, self.first) < 1 or self.last <= self.first:
            raise UserError(
                "geometry needs images, k and first of 1 or more, and a last above first", got=self,
                todo="change the option",
            )  # fmt: skip

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Six scores; `train` is not used.

        Raises
        ------
        UserError: one class alone, no three images of a class, k images or fewer, or features of length zero.
        """
        need_classes(test, test)
        rows = np.sort(rng("geometry", self.seed).permutation(len(test))[: self.images])
        classes = np.unique(test.labels[rows], return_inverse=True)[1]
        if len(rows) <= self.k or np.bincount(classes).max() < 3:
            raise UserError(
                f"geometry needs more than k = {self.k} images, and three of a class",
                got=f"{len(rows)} images, at most {np.bincount(classes).max()} of a class", todo="give more images",
            )  # fmt: skip
        features = test.features[rows]
        unit = features / norms(features, "test images")[:, None]
        as_they_are = features.astype(np.float64)
        moments, centred = Moments(as_they_are), Moments(as_they_are - as_they_are.mean(axis=0))
        law, picture = self.spectrum(eigenvalues(centred.covariance(np.arange(len(rows)))))
        pairs = f"over all pairs of {len(rows):,} test images"

        made: dict[str, tuple[str, Statistic, str]] = {
            "alignment": (
                "squared distance", alignment(unit, classes),
                f"mean of |x - y|² {pairs} that are of one class, features divided by their length",
            ),
            "uniformity": (
                "nats", uniformity(unit), f"log mean of exp(-2 |x - y|²) {pairs}, features divided by their length",
            ),
            "class separation": (
                "R2", class_separation(unit, classes),
                f"1 - mean cosine distance within classes / that {pairs}, each class counted alike",
            ),
            "hubness": (
                "skewness", hubness(features, self.k),
                f"skewness of how often an image is among the {self.k} nearest (cosine) of {len(rows):,} test images",
            ),
            "rankme": (
                "dimensions", lambda kept: rankme(moments.of(kept)),
                f"exp of the entropy of the singular values of the {len(rows):,} x {features.shape[1]} features",
            ),
            "spectrum alpha": ("exponent", lambda kept: self.alpha(eigenvalues(centred.covariance(kept))), law),
        }  # fmt: skip
        scores = []
        with progress("geometry", len(made), "numbers") as bar:
            for metric, (its_unit, statistic, protocol) in made.items():
                found = jackknife_interval(statistic, len(rows))
                scores.append(
                    Score(
                        metric, found.estimate, len(rows), "test images", (found.low, found.high), protocol, its_unit,
                        direction="neither", pictures=(picture,) if metric == "spectrum alpha" else (),
                    )
                )  # fmt: skip
                bar()
        return scores

    def alpha(self, values: Float64[np.ndarray, " e"]) -> float:
        """α; 0 for features with too few directions to have one, of which the protocol says so."""
        law = power_law(values, self.first, self.last)
        return 0.0 if law is None else law.alpha

    def spectrum(self, values: Float64[np.ndarray, " e"]) -> tuple[str, Curves]:
        """What was fitted, and the eigenvalues with their power law on two logarithmic axes."""
        law = power_law(values, self.first, self.last)
        ranks = np.arange(1.0, len(values) + 1)
        lines = {"eigenvalues": np.log10(values / values.sum())}
        last = min(self.last, len(values))
        protocol = (
            f"α of eigenvalue ∝ rank^-α of the covariance, least squares on logarithms, ranks {self.first} to {last}"
        )
        if law is None:
            protocol += f"; warning: the features have {len(values)} directions only, too few for a fit; α is set to 0"
        else:
            power = (law.offset - law.alpha * np.log(ranks) - np.log(values.sum())) / np.log(10)
            lines[f"power law, α = {law.alpha:.2f}"] = power
        heights = np.stack(list(lines.values()))
        picture = Curves(
            title="spectrum", about="The share of the features' variance along each principal axis, in falling order.",
            x=ranks, values=heights, lows=heights, highs=heights, lines=tuple(lines), x_axis="rank",
            y_axis="log10 of the share of the variance", logarithmic=True,
        )  # fmt: skip
        return protocol, picture
