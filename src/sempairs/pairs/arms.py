"""Matched arms: pair sets that differ in who is paired with whom, and in nothing else. Checked, not assumed."""

from collections.abc import Mapping

import numpy as np

from sempairs.core.errors import UserError
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def prove_match(arms: Mapping[str, PairSet], source: Source) -> None:
    """Check that all arms have the same number of pairs and the same images as `a`, each equally often.

    The same images as `a` bring the same class composition. `b` is what the arms are there to vary.

    Raises
    ------
    UserError: an arm differs from the first one; says how.
    """
    (first, reference), *others = arms.items()
    expected = np.bincount(reference.positions(source)[:, 0], minlength=len(source))
    for name, pairs in others:
        if len(pairs) != len(reference):
            raise UserError(
                f"the arms {first!r} and {name!r} are not matched",
                got=f"{len(reference)} and {len(pairs)} pairs",
                todo="give both arms the same number of pairs (a miner with rest = 'nearest' drops no image)",
            )
        counts = np.bincount(pairs.positions(source)[:, 0], minlength=len(source))
        if not np.array_equal(counts, expected):
            raise UserError(
                f"the arms {first!r} and {name!r} are not matched",
                got=f"{int((counts != expected).sum())} images that one uses more often than the other as `a`",
                todo="build both arms from the same images",
            )
