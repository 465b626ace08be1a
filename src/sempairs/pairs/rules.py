"""Pairing rules: each makes one pair with every image as `a`, in the order of the source.

Every rule here also uses every image exactly once as `b`. So sets made by different rules from the same images show
a method each image equally often: what differs is only who is paired with whom.
"""

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def identity(source: Source) -> PairSet:
    """Each image with itself: two views of one image, the classical augmented pair."""
    everyone = np.arange(len(source))
    return PairSet.make(source, everyone, everyone, Spec(name="identity"))


def same_class(source: Source, *, seed: int = 0) -> PairSet:
    """Each image with another image of its class, drawn at random.

    Within a class the images form one random cycle, and each is paired with the next. `group` is the class.

    Raises
    ------
    UserError: the source has no labels, or a class has only one image.
    """
    labels = source.need_labels("the rule 'class'")
    counts = np.bincount(labels, minlength=len(source.label_names))
    if (counts == 1).any():
        alone = source.label_names[int(np.argmax(counts == 1))]
        raise UserError(
            "a semantic pair needs two images of a class",
            got=f"one image of {alone!r}",
            todo="add images or drop the class",
        )
    right = np.empty(len(source), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        right[members] = _cycle(members, rng("rule class", seed, int(label)))
    names = np.array(source.label_names, dtype=object)[labels]
    return PairSet.make(source, np.arange(len(source)), right, Spec(name="class", options={"seed": seed}), group=names)


def random_pairs(source: Source, *, seed: int = 0) -> PairSet:
    """Each image with any other image, whatever its class: the negative control, which must not help.

    Raises
    ------
    UserError: the source has only one image.
    """
    if len(source) < 2:
        raise UserError("a pair needs two images", got="one image", todo="add images")
    right = _cycle(np.arange(len(source)), rng("rule random", seed))
    return PairSet.make(source, np.arange(len(source)), right, Spec(name="random", options={"seed": seed}))


def _cycle(members: Int64[np.ndarray, " n"], random: np.random.Generator) -> Int64[np.ndarray, " n"]:
    """The partner of each member when a random cycle runs through all of them: never the member itself."""
    order = random.permutation(len(members))
    partner = np.empty_like(members)
    partner[order] = members[np.roll(order, -1)]
    return partner
