"""What a mining rule sees and gives: features with ids in, proposed pairs out. It never sees an encoder or a label."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.work import Work
from sempairs.neighbours import norms


class NoPairs(UserError):
    """A rule finds nothing here: there are too few images for it, or none of them passes its test."""


@dataclass(frozen=True, eq=False)
class Features:
    """One feature vector for each image.

    Parameters
    ----------
    ids: the images, as in their source.
    values: `[n, d]`.
    encoder: hash of the encoder that made them.
    apart: images that no rule may pair: those with equal numbers in any column; negative numbers equal nothing.
    widths: where several encoders are joined, how many columns of `values` are of each.
    work: search for neighbours in work units; None in this process.
    """

    ids: np.ndarray
    values: Float32[np.ndarray, "n d"]
    encoder: str
    apart: Int64[np.ndarray, "n g"] | None = None
    widths: tuple[int, ...] = ()
    work: Work | None = None

    def take(self, rows: Int64[np.ndarray, " k"]) -> "Features":
        """The features at these positions, in their order, to be searched in this process."""
        apart = None if self.apart is None else self.apart[rows]
        return dataclasses.replace(self, ids=self.ids[rows], values=self.values[rows], apart=apart, work=None)

    def keep_apart(self, groups: Int64[np.ndarray, " n"]) -> "Features":
        """The same features where images of equal groups must not be pairs either."""
        columns = [groups[:, None]] if self.apart is None else [self.apart, groups[:, None]]
        return dataclasses.replace(self, apart=np.concatenate(columns, axis=1))

    def parts(self) -> "list[Features]":
        """The features of each of the encoders that are joined; of one encoder, these."""
        blocks = np.split(self.values, np.cumsum(self.widths[:-1], dtype=int), axis=1)
        return [dataclasses.replace(self, values=block, widths=()) for block in blocks]


def join(seen: Sequence[Features]) -> Features:
    """The features of the same images through several encoders as one: vectors of length one, side by side.

    Their cosine similarity is the mean of the encoders' cosine similarities, so every rule works on them.

    Raises
    ------
    UserError: features that are zero or not finite.
    """
    if len(seen) == 1:
        return seen[0]
    assert all(np.array_equal(one.ids, seen[0].ids) for one in seen), "features of one source"
    assert all(one.apart is None and not one.widths for one in seen), "plain features"
    unit = [(one.values / norms(one.values, "features")[:, None]).astype(np.float32) for one in seen]
    return Features(
        ids=seen[0].ids,
        values=np.concatenate(unit, axis=1),
        encoder="+".join(one.encoder for one in seen),
        widths=tuple(one.values.shape[1] for one in seen),
        work=seen[0].work,
    )


@dataclass(frozen=True, eq=False)
class Proposals:
    """Pairs by position in the features, with the cosine similarity and the rule each was found by."""

    left: Int64[np.ndarray, " n"]
    right: Int64[np.ndarray, " n"]
    similarity: Float64[np.ndarray, " n"]
    rules: np.ndarray
