"""A map of the features: near images stay near, as far as two dimensions allow.

**Source**: van der Maaten, Hinton, Visualizing data using t-SNE, JMLR 9, 2008 (scikit-learn's Barnes-Hut version),
started from principal components after Kobak, Berens, The art of using t-SNE for single-cell transcriptomics, Nature
Communications 10, 2019. How far a map can be trusted: Venna, Kaski, Neighborhood preservation in nonlinear projection
methods, ICANN 2001.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation.base import Labelled, Score, need_classes
from sempairs.evaluation.pictures import Map
from sempairs.neighbours import norms
from sempairs.statistics import t_interval


@dataclass(frozen=True, kw_only=True)
class FeatureMap:
    """t-SNE of test images, coloured by class.

    Parameters
    ----------
    images: at most so many test images, a seeded sample.
    perplexity: about how many neighbours an image has on the map.
    neighbours: of how many it is asked whether they are neighbours in truth.
    seed: names the sample.
    """

    images: int = 2000
    perplexity: float = 30.0
    neighbours: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images < 3 or self.perplexity < 1 or self.neighbours < 1:
            raise UserError(
                "a map needs 3 images, a perplexity and neighbours of 1 or more", got=self, todo="change the option"
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "map trustworthiness", with the map; `train` is not used.

        Raises
        ------
        UserError: one class alone, features of length zero, or fewer images than perplexity and neighbours need.
        """
        classes = need_classes(test, test)
        rows = np.sort(rng("map", self.seed).permutation(len(test))[: self.images])
        need = max(self.perplexity, 2 * self.neighbours)
        if len(rows) <= need:
            raise UserError(f"this map needs more than {need:g} images", got=len(rows), todo="set perplexity lower")
        features = test.features[rows]
        unit = features / norms(features, "test images")[:, None]
        with progress("map", 1, "maps") as bar:
            points = embed(unit, self.perplexity, self.seed)
            bar()
        outcomes = 100 * trust(unit, points, self.neighbours)
        found = t_interval(outcomes)
        protocol = (
            f"share of true neighbours, by the excess ranks in the features of each image's {self.neighbours} nearest "
            f"on a t-SNE map of {len(rows):,} test images (features divided by their length, perplexity "
            f"{self.perplexity:g}, seed {self.seed})"
        )
        picture = Map(
            title="map", points=points, classes=np.searchsorted(classes, test.labels[rows]),
            names=tuple(test.label_names[name] for name in classes),
            about="Each point is an image, near those with like features; distances between far groups mean nothing.",
        )  # fmt: skip
        return [
            Score(
                "map trustworthiness", found.estimate, len(rows), "test images", (found.low, found.high), protocol,
                outcomes=outcomes, direction="neither", pictures=(picture,),
            )
        ]  # fmt: skip


def embed(unit: Float64[np.ndarray, "n d"], perplexity: float, seed: int) -> Float32[np.ndarray, "n 2"]:
    """t-SNE from the first two principal components, which fix its large shape.

    The components are ours: scikit-learn's would divide by zero for constant features, and take any sign.
    """
    from sklearn.manifold import TSNE

    centred = unit - unit.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred).eigenvectors[:, :-3:-1]
    start = centred @ axes
    start *= np.sign(np.take_along_axis(start, np.abs(start).argmax(axis=0)[None], axis=0))
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-12)
    made = TSNE(init=start.astype(np.float32), perplexity=perplexity, random_state=seed_of("t-sne", seed) % 2**32)
    points: Float32[np.ndarray, "n 2"] = made.fit_transform(unit.astype(np.float32))
    return points


def trust(unit: Float64[np.ndarray, "n d"], points: Float32[np.ndarray, "n 2"], k: int) -> Float64[np.ndarray, " n"]:
    """The trustworthiness of each image's surroundings on the map; their mean is scikit-learn's `trustworthiness`.

    1 - 2 / (k (2n - 3k - 1)) Σ_j max(0, r_j - k), r_j the rank in the features of its j-th neighbour on the map.
    """
    n = len(unit)
    ranks = np.empty((n, n), dtype=np.int32)
    order = _apart(unit).argsort(axis=1, kind="stable")
    np.put_along_axis(ranks, order, np.arange(1, n + 1, dtype=np.int32)[None], axis=1)
    neighbours = _apart(points.astype(np.float64)).argsort(axis=1, kind="stable")[:, :k]
    excess = np.maximum(np.take_along_axis(ranks, neighbours, axis=1) - k, 0).sum(axis=1)
    return np.asarray(1 - 2 / (k * (2 * n - 3 * k - 1)) * excess)


def _apart(rows: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n n"]:
    """Squared distances; infinite from a row to itself."""
    squares = np.square(rows).sum(axis=1)
    apart: Float64[np.ndarray, "n n"] = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(apart, np.inf)
    return apart
