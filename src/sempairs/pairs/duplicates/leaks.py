"""Leaks: images that were shown in training and stand, as they are or nearly, among those that a score is taken on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from sempairs.neighbours import nearest
from sempairs.pairs.duplicates.criteria import LEVELS, Criteria
from sempairs.pairs.duplicates.hashes import perceptual_hashes, pixel_hashes
from sempairs.pairs.duplicates.search import Couples, close_codes, confirmed, firsts, joined
from sempairs.pairs.duplicates.within import check_features
from sempairs.pairs.mining.base import Features
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


@dataclass(frozen=True, eq=False)
class Leaks:
    """What was found.

    Parameters
    ----------
    ids, evaluation_ids: the images shown in training, and those of the evaluation.
    found: for each level, each leaked image of the evaluation (right) with the nearest one shown (left).
    flat: nearly uniform images of both, which have no pHash.
    settings: the criteria and the encoder.
    """

    ids: np.ndarray
    evaluation_ids: np.ndarray
    found: Mapping[str, Couples]
    flat: int
    settings: Mapping[str, Any]

    @property
    def leaked(self) -> Int64[np.ndarray, " k"]:
        """Positions of the evaluation's images that leaked on any level."""
        return np.unique(np.concatenate([couples.right for couples in self.found.values()]))

    def to_json(self) -> dict[str, Any]:
        """The counts, as plain values."""
        return {
            "images": len(self.ids),
            "evaluation": len(self.evaluation_ids),
            "leaked": len(self.leaked),
            "share": len(self.leaked) / len(self.evaluation_ids),
            "levels": {level: len(couples) for level, couples in self.found.items()},
            "flat": self.flat,
            "settings": dict(self.settings),
        }

    def lines(self, examples: int = 5) -> list[str]:
        """The verdict as text for a terminal, with a few examples of each level that found any."""
        total, leaked = len(self.evaluation_ids), len(self.leaked)
        head = f"leak: {leaked:,} of {total:,} evaluation images ({leaked / total:.2%}) also stand"
        if not leaked:
            head = f"no leak found: none of {total:,} evaluation images stands"
        lines = [f"{head} among the {len(self.ids):,} images shown"]
        for level, couples in self.found.items():
            lines.append(f"{len(couples):8,} images: {LEVELS[level]}")
            for left, right in zip(couples.left[:examples], couples.right[:examples], strict=True):
                lines.append(f"{'':9}{self.evaluation_ids[right]!r} is {self.ids[left]!r}")
        if self.flat:
            lines.append(f"{self.flat:,} nearly uniform images have no pHash")
        return lines


def images_of(pairs: PairSet, source: Source) -> Source:
    """The images that a pair set shows, each once."""
    return source.take(np.unique(pairs.positions(source)), name=f"images of pair set {pairs.hash}")


def find_leaks(
    shown: Source,
    evaluation: Source,
    features: tuple[Features, Features] | None = None,
    criteria: Criteria | None = None,
) -> Leaks:
    """Look for images of an evaluation among those shown in training.

    Frames may be of different sizes and channels: content hashes and pHash compare them anyway, the level `pixels`
    finds only frames of one shape equal.

    Parameters
    ----------
    shown, evaluation: the images; see `images_of` for those of a pair set.
    features: of both, by one encoder; they add the level `embedding`.
    criteria: what counts as the same; None for the defaults.

    Raises
    ------
    UserError: features of other images, no level to look at, limits that take millions of couples for the same.
    """
    criteria = criteria or Criteria()
    criteria.need_level(features is not None)
    if features is not None:
        check_features(features[0], shown)
        check_features(features[1], evaluation)
        assert features[0].encoder == features[1].encoder, "features by one encoder"
    found: dict[str, Couples] = {}
    flat = 0
    if "bytes" in criteria.levels:
        found["bytes"] = _equal(shown.hashes, evaluation.hashes)
    if "pixels" in criteria.levels or "phash" in criteria.levels:
        keys = pixel_hashes(shown), pixel_hashes(evaluation)
        same = _equal(*keys)
        if "pixels" in criteria.levels:
            found["pixels"] = same
        if "phash" in criteria.levels:
            ours, theirs = perceptual_hashes(shown), perceptual_hashes(evaluation)
            flat = int(ours.flat.sum() + theirs.flat.sum())
            left = np.flatnonzero((firsts(keys[0]) == np.arange(len(shown))) & ~ours.flat)
            right = np.setdiff1d(np.flatnonzero(~theirs.flat), same.right)
            proposed = close_codes(ours.codes[left], theirs.codes[right], criteria.distance, once=False)
            close = confirmed(proposed.named(left, right), shown, evaluation, criteria.correlation)
            found["phash"] = _by_image(joined([same, _nearest_of_each(close)]))
    if features is not None:
        at, similarity = (
            column[:, 0] for column in nearest(features[1].values, features[0].values, 1, exclude_self=False)
        )
        right = np.flatnonzero(similarity >= criteria.similarity)
        found["embedding"] = Couples(at[right], right, np.round(1 - similarity[right], 6))
    return Leaks(shown.ids, evaluation.ids, found, flat, criteria.settings(features[0].encoder if features else None))


def _equal(left: np.ndarray, right: np.ndarray) -> Couples:
    """Each key of the right with the first equal one of the left, if there is one."""
    first = {key: position for position, key in reversed(list(enumerate(left)))}
    at = np.array([first.get(key, -1) for key in right], dtype=np.int64)
    there = np.flatnonzero(at >= 0)
    return Couples(at[there], there, np.zeros(len(there)))


def _nearest_of_each(couples: Couples) -> Couples:
    """For each image on the right its nearest on the left; of equally near ones the first."""
    order = np.lexsort((couples.left, couples.distance, couples.right))
    _, best = np.unique(couples.right[order], return_index=True)
    return couples[order[best]]


def _by_image(couples: Couples) -> Couples:
    return couples[np.argsort(couples.right, kind="stable")]
