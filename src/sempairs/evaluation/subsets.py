"""Which training images keep their labels, and which of those choose between settings: parts of each class, seeded."""

import numpy as np
from jaxtyping import Bool, Int64

from sempairs.core.seeds import rng

VALIDATION = 0.2


def balanced(labels: Int64[np.ndarray, " n"], each: int, *names: str | int) -> Int64[np.ndarray, " k"]:
    """The rows of `each` images of every class, or of all that a class has; more of them contain fewer of them.

    Parameters
    ----------
    names: of the draw, as for `core.seeds.rng`.
    """
    generator = rng("labelled images", *names)
    drawn = [generator.permutation(np.flatnonzero(labels == name))[:each] for name in np.unique(labels)]
    return np.sort(np.concatenate(drawn))


def held_out(labels: Int64[np.ndarray, " n"], seed: int) -> Bool[np.ndarray, " n"]:
    """Which rows are left out of the learning to choose by: a fifth of each class, at least one, but never its last."""
    chosen = np.zeros(len(labels), dtype=bool)
    generator = rng("held out", seed)
    for name in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == name))
        chosen[members[: min(max(1, round(VALIDATION * len(members))), len(members) - 1)]] = True
    return chosen
