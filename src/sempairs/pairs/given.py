"""Pairs that were made elsewhere, by a review or by other people, as an arm: as many of each class as a baseline has.

Either the given pairs are cut to the class composition of the baseline (`matched_to`), or the baseline is made of the
very images that stand as `a` in them (`firsts_of`), and no pair is lost.
"""

import dataclasses

import numpy as np
import pyarrow as pa

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.operations import one_each
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def firsts_of(pairs: PairSet, pool: Source) -> Source:
    """The images that stand as `a`, each once, in the order of the pool.

    Raises
    ------
    UserError: the pool lacks an image of the pairs, or has another one under its id.
    """
    return pool.take(np.unique(pairs.positions(pool)[:, 0]))


def matched_to(base: Source, pairs: PairSet, pool: Source, seed: int) -> PairSet:
    """As many of the pairs of each class of `a` as `base` has images of it, each image as `a` once.

    Pairs of the baseline's own images come first, others are drawn at random. Without labels each image counts as a
    class of its own, since only the same images can then be known to be of the same classes.

    Parameters
    ----------
    pool: images that hold those of `base` and of the pairs.

    Raises
    ------
    UserError: fewer pairs of a class than `base` has images; the pool lacks an image of the pairs.
    """
    single = one_each(pairs, seed=seed)
    first, own = single.positions(pool)[:, 0], pool.positions(base.ids)
    kind = np.arange(len(pool)) if pool.labels is None else pool.labels
    there, wanted = (np.bincount(kind[at], minlength=kind.max() + 1) for at in (first, own))
    if (there < wanted).any():
        scarce = int(np.argmin(there / np.maximum(wanted, 1) + (wanted == 0)))
        name = pool.ids[scarce] if pool.labels is None else pool.label_names[scarce]
        raise UserError(
            f"there are too few given pairs of {str(name)!r} for as many as the baseline has",
            got=f"{there[scarce]} pairs for {wanted[scarce]} images",
            todo="set pool.like to these pairs, so that the baseline is made of their images, or a smaller pool.pairs",
        )
    order = rng("given pairs", seed).permutation(len(first))
    order = order[np.argsort(~np.isin(first[order], own), kind="stable")]
    order = order[np.argsort(kind[first[order]], kind="stable")]
    kinds = kind[first[order]]
    rank = np.arange(len(kinds)) - np.searchsorted(kinds, kinds)  # among those of its class
    keep = np.zeros(len(first), dtype=bool)
    keep[order[rank < wanted[kinds]]] = True
    rule = Spec(name="given", options={"count": len(base), "seed": seed})
    origin = dataclasses.replace(pairs.origin, rule=rule, parents=(pairs.hash,))
    return PairSet(single.table.filter(pa.array(keep)), origin)
