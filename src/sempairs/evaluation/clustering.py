"""Do classes appear as clusters to someone who knows no labels? k-means, scored by the labels afterwards.

**Source**: the measures are scikit-learn's normalised mutual information (arithmetic mean) and adjusted Rand index
(Hubert, Arabie, Comparing partitions, Journal of Classification 2, 1985), and the accuracy after the best one-to-one
matching of clusters and classes (Kuhn, The Hungarian method for the assignment problem, 1955), which is scipy's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.optimize import linear_sum_assignment

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.evaluation.pictures import confusion
from sempairs.neighbours import norms
from sempairs.statistics import jackknife_interval


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """k-means on the test images, with as many clusters as there are classes.

    Parameters
    ----------
    images: at most so many test images, a seeded sample.
    restarts: k-means runs, of which the one with the smallest inertia counts.
    seed: names the sample and the first centres.
    """

    images: int = 10_000
    restarts: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.images, self.restarts) < 1:
            raise UserError("clustering needs images and restarts of 1 or more", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Three scores, "clustering accuracy", "nmi" and "ari"; `train` is not used.

        Features that say nothing have nmi and ari about 0. Accuracy is then a little above one in the number of
        classes, since the matching makes the best of chance; constant features fall into one cluster, and accuracy is
        the share of the largest class.

        Raises
        ------
        UserError: one class alone, or features of length zero.
        """
        from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

        need_classes(test, test)
        rows = np.sort(rng("clustering", self.seed).permutation(len(test))[: self.images])
        names, classes = np.unique(test.labels[rows], return_inverse=True)
        features = test.features[rows]
        unit = features / norms(features, "test images")[:, None]
        with progress("clustering", 1, "clusterings") as bar:
            clusters = kmeans(unit, len(names), self.restarts, self.seed)
            bar()
        protocol = (
            f"k-means into {len(names)} clusters of {len(rows):,} test images, features divided by their length, best "
            f"of {self.restarts} starts, seed {self.seed}; labels are used for scoring only"
        )
        if (made := len(np.unique(clusters))) < len(names):
            protocol += f"; warning: {made} clusters only, since no more features differ"

        answers = match(classes, clusters, len(names))[clusters]
        shown = tuple(test.label_names[name] for name in names)
        picture = confusion("clusters", classes, answers, shown, "the cluster matched to a class")
        first = accuracy("clustering accuracy", answers == classes, f"{protocol}; best matching to classes", (picture,))

        def score(metric: str, measure: Callable[..., float], what: str) -> Score:
            found = jackknife_interval(lambda kept: 100 * measure(classes[kept], clusters[kept]), len(rows))
            ends = (found.low, found.high)
            return Score(metric, found.estimate, len(rows), "test images", ends, f"{protocol}; {what}, times 100")

        return [
            first,
            score("nmi", normalized_mutual_info_score, "normalised mutual information"),
            score("ari", adjusted_rand_score, "adjusted Rand index"),
        ]


def kmeans(unit: Float64[np.ndarray, "n d"], clusters: int, restarts: int, seed: int) -> Int64[np.ndarray, " n"]:
    """The cluster of each row by scikit-learn's k-means, whatever the order of the rows.

    k-means draws its first centres by position. So the rows are put in order first: by how near they are to the mean,
    which neither a permutation nor a rotation changes.
    """
    from sklearn.cluster import KMeans

    order = np.argsort((unit @ unit.mean(axis=0)).round(6), kind="stable")
    distinct = len(np.unique(unit.astype(np.float32), axis=0))  # k-means cannot make more clusters than this
    means = KMeans(min(clusters, distinct), n_init=restarts, random_state=seed_of("k-means", seed) % 2**32)
    found = np.empty(len(unit), dtype=np.int64)
    found[order] = means.fit_predict(unit[order])
    return found


def match(classes: Int64[np.ndarray, " n"], clusters: Int64[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " c"]:
    """The class of each cluster, one to one, with which most images are right.

    Parameters
    ----------
    classes, clusters: below `count`.
    """
    together = np.zeros((count, count), dtype=np.int64)
    np.add.at(together, (clusters, classes), 1)
    matched: Int64[np.ndarray, " c"] = linear_sum_assignment(together, maximize=True)[1].astype(np.int64)
    return matched
