"""Pair verification: do two images show one class? The cosine of their features should say so, in any domain.

**Source**: Gupta, Kapila, Gupta, Raskar, Domain generalization in robust invariant representation, ICLR 2023 workshop
PML4DC, arXiv 2304.03431: cosine similarity of two images' codes as the verdict that they show the same thing, judged
by the ROC curve, on the domain trained on and on others.
**Departure**: there two images are the same if one is a rotation of the other, and a domain is a data set. Here they
are the same if they are of one class, and a domain is a value of a metadata column. All pairs of the images are judged
instead of a draw of as many of either kind: the area under the curve does not depend on how many there are of each.
"""

import dataclasses
import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.pictures import Curves
from sempairs.evaluation.transformed.whitened import unit
from sempairs.statistics import jackknife_interval

DECIMALS = 6
"""Cosines are rounded, so that ties are ties whatever the order of a sum."""
FALSE = np.linspace(0, 100, 101)
"""Where the curve is drawn: accepted pairs of two classes in percent."""

Chosen = Bool[np.ndarray, "n n"]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The area under the ROC curve of cosine similarity as the verdict "one class", over pairs of test images.

    Parameters
    ----------
    images: so many test images at most, drawn by `seed`; all their pairs are judged.
    domain: a metadata column, for example "background"; then pairs within one domain and across two are judged
        apart, and domains that training images have and lack. Images without a value are left out.
    seed: names the draw of images.
    """

    images: int = 2000
    domain: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images < 4:
            raise UserError("verification needs four images or more", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """The score "verification"; with a domain "verification within background" and "verification across
        background", and "verification seen background" and "verification unseen background" where there are both.

        "within" judges pairs of images of one domain, "across" pairs of two domains, "seen" and "unseen" all pairs of
        images whose domains some training image has and none has.

        Raises
        ------
        UserError: no test images, too few pairs of one class or of two, a column that does not exist.
        """
        if not len(test):
            raise UserError("there are no images to test on", got=test.name or None, todo="check the source")
        domains = test.source.column(self.domain) if self.domain else np.full(len(test), "all")
        rows = rng("verification", self.seed).permutation(np.flatnonzero(domains != ""))[: self.images]
        domains, classes = domains[rows], test.labels[rows]
        kinds = self._kinds(domains, train)
        directions = unit(test.features[rows].astype(np.float64))
        pairs = Pairs(directions @ directions.T, classes[:, None] == classes)
        protocol = (
            "area under the ROC curve of cosine similarity as the verdict that two images are of one class, {} of "
            f"{len(rows):,} test images of {len(np.unique(classes))} classes, seed {self.seed}; interval by a "
            "jackknife over images"
        )
        scores = []
        for metric, (what, judged) in kinds.items():
            interval = jackknife_interval(functools.partial(pairs.area, judged), len(rows))
            ends = (max(0.0, interval.low), min(100.0, interval.high))
            scores.append(Score(metric, interval.estimate, len(rows), "test images", ends, protocol.format(what)))
        curves = self._curves({metric: pairs.curve(judged) for metric, (_, judged) in kinds.items()})
        return [dataclasses.replace(scores[0], pictures=(curves,)), *scores[1:]]

    def _kinds(self, domains: np.ndarray, train: Labelled) -> dict[str, tuple[str, Chosen]]:
        """By metric: which pairs it is about, in words and as a table of images."""
        if not self.domain:
            return {"verification": ("all pairs", np.ones((len(domains), len(domains)), dtype=bool))}
        within = domains[:, None] == domains
        kinds = {"within": ("pairs of one {}", within), "across": ("pairs of two values of {}", ~within)}
        seen = np.isin(domains, train.source.column(self.domain))
        if 0 < seen.sum() < len(seen):
            kinds["seen"] = ("pairs of images whose {} some training image has", seen[:, None] & seen)
            kinds["unseen"] = ("pairs of images whose {} no training image has", ~seen[:, None] & ~seen)
        return {f"verification {k} {self.domain}": (what.format(self.domain), v) for k, (what, v) in kinds.items()}

    def _curves(self, found: dict[str, Float64[np.ndarray, " _"]]) -> Curves:
        values = np.stack(list(found.values()))
        return Curves(
            title=f"Verification by {self.domain}" if self.domain else "Verification",
            about="Pairs of images that are accepted as one class, of those that are (up) and that are not (right), as "
            "the cosine similarity asked for falls.",
            x=FALSE, values=values, lows=values, highs=values, lines=tuple(found),
            x_axis="accepted pairs of two classes, %", y_axis="accepted pairs of one class, %",
        )  # fmt: skip


class Pairs:
    """All pairs of n images, each seen from both sides, with the similarity that says whether they are of one class.

    Parameters
    ----------
    cosine: their similarities.
    same: which are of one class.
    """

    def __init__(self, cosine: Float64[np.ndarray, "n n"], same: Chosen) -> None:
        # Levels once: what would be a sort for each block of the jackknife becomes a count.
        levels, numbers = np.unique(cosine.round(DECIMALS), return_inverse=True)
        self.count, self.level = len(levels), numbers.astype(np.int32).reshape(cosine.shape)
        self.same, self.other = same & ~np.eye(len(same), dtype=bool), ~same

    def area(self, judged: Chosen, images: Int64[np.ndarray, " m"]) -> float:
        """In percent: how often a pair of one class is more similar than one of two; a tie counts half."""
        one, two = self._counts(judged, images)
        below = np.cumsum(two) - two
        return float(100 * (one * (below + two / 2)).sum() / (one.sum() * two.sum()))

    def curve(self, judged: Chosen) -> Float64[np.ndarray, " _"]:
        """The share of pairs of one class that are accepted, in percent, where that of pairs of two is `FALSE`."""
        one, two = (np.cumsum(counts[::-1]) for counts in self._counts(judged, np.arange(len(judged))))
        accepted: Float64[np.ndarray, " _"] = np.interp(FALSE, 100 * two / two[-1], 100 * one / one[-1])
        return accepted

    def _counts(
        self, judged: Chosen, images: Int64[np.ndarray, " m"]
    ) -> tuple[Float64[np.ndarray, " l"], Float64[np.ndarray, " l"]]:
        """How many pairs of these images have each level of similarity: those of one class, and of two."""
        part = np.ix_(images, images)
        level, judged = self.level[part], judged[part]
        one, two = (np.bincount(level[judged & kind[part]], minlength=self.count) for kind in (self.same, self.other))
        if not one.any() or not two.any():
            raise UserError(
                "verification needs pairs of one class and of two classes, also when a few images are left out",
                got=f"{one.sum() // 2} of one and {two.sum() // 2} of two among {len(images)} images",
                todo="test on more images, or choose another domain",
            )
        return one.astype(np.float64), two.astype(np.float64)
