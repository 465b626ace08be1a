"""Features after whitening: what cosine similarity and Mahalanobis distance of two images are measured on.

Centred and whitened by clean images to learn from, features of any encoder have mean 0 and variance 1 in every
direction, so that unrelated images have a cosine about 0 and encoders of different scale and width are compared fairly.

**Source**: Ericsson, Gouk, Hospedales, arXiv 2111.11398 (invariance by whitened features); the covariance is Ledoit,
Wolf, A well-conditioned estimator for large-dimensional covariance matrices, Journal of Multivariate Analysis 88, 2004.
**Departure**: the paper inverts the plain covariance. Shrinking it a little towards equal variances (the amount follows
from the data and goes to zero as images are added) gives also directions without any variance a weight that is finite,
so that features of deficient rank and fewer images than features are no special cases. Directions that vary by less
than the amount count for less than the others.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from sempairs.core.errors import UserError

CONSTANT = 1e-6
"""Features that vary by less than this share of their length are constant, up to the rounding of float32."""

Rows = Float64[np.ndarray, "n d"]


@dataclass(frozen=True, eq=False)
class Whitening:
    """The linear map that centres and whitens features.

    Parameters
    ----------
    mean: of the features it was learnt from.
    matrix: W with W W' the inverse of their shrunk covariance; zero for constant features, which cannot be whitened:
        all cosines and distances are then 0.
    shrinkage: the share of the mean variance in it.
    n: how many images it was learnt from.
    """

    mean: Float64[np.ndarray, " d"]
    matrix: Float64[np.ndarray, "d d"]
    shrinkage: float
    n: int

    @classmethod
    def learn(cls, features: Float[np.ndarray, "n d"]) -> "Whitening":
        """From clean images. Raises UserError for fewer than two."""
        from sklearn.covariance import ledoit_wolf  # a second of imports

        n, d = features.shape
        if n < 2:
            raise UserError("whitening needs two images or more to learn from", got=n, todo="check the source")
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        centred = rows - mean
        if (centred**2).sum() <= CONSTANT**2 * (rows**2).sum():
            return cls(mean, np.zeros((d, d)), 0.0, n)
        covariance, shrinkage = ledoit_wolf(centred, assume_centered=True)
        variances, directions = np.linalg.eigh(covariance)
        # Rounding can leave a variance of zero a little below it where nothing was shrunk.
        variances = np.maximum(variances, CONSTANT**2 * variances[-1])
        return cls(mean, directions / np.sqrt(variances), float(shrinkage), n)

    def __call__(self, features: Float[np.ndarray, "n d"]) -> Rows:
        """Centred and whitened."""
        rows: Rows = (features - self.mean) @ self.matrix
        return rows

    def about(self, images: str) -> str:
        """One clause for a protocol; `images` says what it was learnt from."""
        return f"features whitened by {self.n:,} {images} (Ledoit-Wolf shrinkage {self.shrinkage:.2g})"


def cosines(left: Rows, right: Rows) -> Float64[np.ndarray, " n"]:
    """Cosine similarity of row i with row i; 0 where a row has no direction."""
    products: Float64[np.ndarray, " n"] = (unit(left) * unit(right)).sum(axis=1)
    return products


def distances(left: Rows, right: Rows) -> Float64[np.ndarray, " n"]:
    """Euclidean distance of row i from row i: of whitened rows, the Mahalanobis distance of the features."""
    lengths: Float64[np.ndarray, " n"] = np.linalg.norm(left - right, axis=1)
    return lengths


def unit(rows: Rows) -> Rows:
    """Each row divided by its length; a row of zeros has no direction and stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    directions: Rows = rows / np.where(lengths > 0, lengths, 1.0)
    return directions
