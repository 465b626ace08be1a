"""What a miner sees and gives: features with ids in, proposed pairs out. It never sees an encoder or a label."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


@dataclass(frozen=True, eq=False)
class Features:
    """One feature vector for each image.

    Parameters
    ----------
    ids: the images, as in their source.
    values: `[n, d]`.
    encoder: hash of the encoder that made them.
    """

    ids: np.ndarray
    values: Float32[np.ndarray, "n d"]
    encoder: str


@dataclass(frozen=True, eq=False)
class Proposals:
    """Pairs by position in the features, with the cosine similarity and the rule each was found by."""

    left: Int64[np.ndarray, " n"]
    right: Int64[np.ndarray, " n"]
    similarity: Float64[np.ndarray, " n"]
    rules: np.ndarray


def mine(source: Source, features: Features, miner: Callable[[Features], Proposals], spec: Spec) -> PairSet:
    """The pairs that `miner` (described by `spec`) finds in the features of `source`.

    Raises
    ------
    UserError: the features are of other images.
    """
    if not np.array_equal(features.ids, source.ids):
        raise UserError(
            f"the features are not those of {source.name}",
            got=f"{len(features.ids)} features for {len(source)} images, or other ids",
            todo="extract the features again",
        )
    found = miner(features)
    return PairSet.make(
        source,
        found.left,
        found.right,
        spec,
        row_rules=found.rules,
        similarity=found.similarity,
        encoder=features.encoder,
    )
