"""What the model sees of a pair: how near its images are, who else is near to them, where they are, how they differ.

No column tells a label or a class; all are standardised, so that one strength of regularisation suits all.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.core.seeds import rng
from sempairs.neighbours import cosine
from sempairs.pairs.mining import Features
from sempairs.pairs.mining.lists import neighbour_lists

NEIGHBOURS = 20  # of each image: within them a pair has a rank, a margin and neighbours in common
DIMENSIONS = 16  # principal components of the features, for where a pair is and how its images differ
LEARNED_FROM = 20_000  # images for the components
BLOCK = 100_000  # pairs at a time


def pair_features(
    similarity: Float64[np.ndarray, " n"],
    positions: Int64[np.ndarray, "n 2"],
    features: Features | None,
) -> Float32[np.ndarray, "n d"]:
    """The columns of each pair, of mean 0 and deviation 1; the first is the similarity.

    Parameters
    ----------
    similarity: NaN where a pair has none; the mean takes its place, or the cosine of the features.
    positions: of both images in their source.
    features: of all images of the source; without them, what the list of pairs itself tells.

    Raises
    ------
    UserError: features that are zero or not finite.
    """
    left, right = positions.T
    if features is not None:
        similarity = np.where(np.isnan(similarity), cosine(features.values[left], features.values[right]), similarity)
    known = similarity[np.isfinite(similarity)]
    similarity = np.where(np.isfinite(similarity), similarity, known.mean() if len(known) else 0.0)
    columns = [similarity[:, None], _listed(left, right)]
    if features is not None:
        columns += [_neighbourhood(left, right, features), _places(left, right, features)]
    return _standardised(np.concatenate(columns, axis=1, dtype=np.float32))


def _listed(left: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 3"]:
    """Whether the pair stands in the list the other way round too, and in how many pairs its images are (log)."""
    size = int(max(left.max(), right.max())) + 1
    is_back = np.isin(left * size + right, right * size + left)
    often = np.log1p(np.bincount(np.concatenate([left, right]), minlength=size))
    both = np.sort(np.stack([often[left], often[right]], axis=1), axis=1)
    return np.column_stack([is_back, both])


def _neighbourhood(
    left: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"], features: Features
) -> Float64[np.ndarray, "n 5"]:
    """The better and the worse rank of one image among the neighbours of the other (log), the smaller and the larger
    margin over the last of these neighbours, and how many neighbours they share."""
    k = min(NEIGHBOURS, len(features.ids) - 1)
    lists, scores = neighbour_lists(features, k)
    rows = []
    for start in range(0, len(left), BLOCK):
        a, b = left[start : start + BLOCK], right[start : start + BLOCK]
        is_there = np.stack([lists[a] == b[:, None], lists[b] == a[:, None]])
        rank = np.sort(np.log1p(np.where(is_there.any(2), is_there.argmax(2), k)), axis=0)
        own = cosine(features.values[a], features.values[b])
        last = np.stack([scores[a, -1], scores[b, -1]])
        margin = np.sort(own - np.where(np.isfinite(last), last, 0.0), axis=0)
        common = np.sort(np.concatenate([lists[a], lists[b]], axis=1), axis=1)
        shared = (common[:, 1:] == common[:, :-1]).sum(axis=1)
        rows.append(np.column_stack([*rank, *margin, shared]))
    return np.concatenate(rows).astype(np.float64)


def _places(
    left: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"], features: Features
) -> Float32[np.ndarray, "n d"]:
    """The middle of the pair and the absolute difference of its images along the principal components."""
    values = features.values
    rows = np.sort(rng("components").permutation(len(values))[:LEARNED_FROM])
    learned = values[rows].astype(np.float64)
    mean = learned.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(learned, rowvar=False).reshape(values.shape[1], -1))
    seen = (values - mean.astype(np.float32)) @ _turned(axes[:, ::-1][:, :DIMENSIONS]).astype(np.float32)
    return np.column_stack([(seen[left] + seen[right]) / 2, np.abs(seen[left] - seen[right])])


def _turned(axes: Float64[np.ndarray, "f d"]) -> Float64[np.ndarray, "f d"]:
    """Each axis such that its largest entry is positive: which of both signs comes out is up to the library."""
    largest = np.abs(axes).argmax(axis=0)
    turned: Float64[np.ndarray, "f d"] = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
    return turned


def _standardised(columns: Float32[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
    mean, spread = columns.mean(axis=0, dtype=np.float64), columns.std(axis=0, dtype=np.float64)
    scaled: Float32[np.ndarray, "n d"] = ((columns - mean) / np.where(spread > 1e-9, spread, 1.0)).astype(np.float32)
    return scaled
