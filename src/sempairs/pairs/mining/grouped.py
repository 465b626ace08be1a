"""A mining rule applied to the images of a source: to all, within the groups of a column, or only across them."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet, say
from sempairs.core.settings import Spec
from sempairs.neighbours import norms
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

Miner = Callable[[Features], Proposals]


def mine(
    source: Source,
    features: Features,
    miner: Miner,
    spec: Spec,
    *,
    within: str | None = None,
    across: str | None = None,
) -> PairSet:
    """The pairs that `miner` (described by `spec`) finds in the features of `source`.

    Images without a value in a column that is named take no part. What was left out is said on the error stream.

    Parameters
    ----------
    within: a column ("label" for the class); the rule is applied to the images of each of its values by themselves,
        and `group` is the value. Groups in which the rule finds nothing, such as those too small for it, get no pair.
    across: a column in which the two images of a pair must differ.

    Raises
    ------
    UserError: the features are of other images, zero or not finite; no such column; a column that leaves no two images
        to be paired; no pair.
    """
    if not np.array_equal(features.ids, source.ids):
        raise UserError(
            f"the features are not those of {source.name}",
            got=f"{len(features.ids)} features for {len(source)} images, or other ids",
            todo="extract the features again",
        )
    if within is not None and within == across:
        raise UserError("two images cannot both share a value and differ in it", got=f"within and across {within!r}")
    norms(features.values, "features")  # an error here counts all images, not those of one group
    takes_part = np.ones(len(source), dtype=bool)
    if across is not None:
        groups = _numbered(source, across)
        if len(np.unique(groups[groups >= 0])) < 2:
            raise UserError(
                f"no two images differ in {across!r}",
                got="one value or none",
                todo="choose a column with several values",
            )
        features, takes_part = features.keep_apart(groups), groups >= 0
    if within is None and takes_part.all():
        found = miner(features)  # without a copy of the features, which may fill the memory
    elif within is None:
        rows = np.flatnonzero(takes_part)
        found = _placed(miner(features.take(rows)), rows)
    else:
        groups = _numbered(source, within)
        takes_part &= groups >= 0
        found = _within(features, miner, np.where(takes_part, groups, -1), within)
    if not takes_part.all():
        columns = " or ".join(repr(name) for name in (within, across) if name is not None)
        say(f"left out {int((~takes_part).sum()):,} images without a value in {columns}")
    named = {name: column for name, column in (("within", within), ("across", across)) if column is not None}
    return PairSet.make(
        source,
        found.left,
        found.right,
        Spec(name=spec.name, options={**spec.options, **named}),
        row_rules=found.rules,
        similarity=found.similarity,
        group=None if within is None else source.column(within)[found.left].astype(object),
        encoder=features.encoder,
    )


def _numbered(source: Source, column: str) -> Int64[np.ndarray, " n"]:
    """The value that each image has in a column, as a number; -1 where it has none."""
    values = source.column(column)
    _, numbers = np.unique(values, return_inverse=True)
    return np.where(values == "", -1, numbers).astype(np.int64)


def _within(features: Features, miner: Miner, groups: Int64[np.ndarray, " n"], column: str) -> Proposals:
    """What the miner finds in each group alone, by the position of `left`. A negative number is no group."""
    order = np.argsort(groups, kind="stable")[int((groups < 0).sum()) :]
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []
    found, alone, reasons = [], [], []
    with progress(f"mining within {column}", len(members), "groups") as bar:
        for rows in members:
            try:
                with quiet():
                    found.append(_placed(miner(features.take(rows)), rows))
            except NoPairs as error:
                alone.append(len(rows))
                reasons.append(error)
            bar()
    if not found:
        if not reasons:
            raise NoPairs(f"no image has a value in {column!r}", todo="choose another column")
        reason = reasons[int(np.argmax(alone))]
        got = f"in the largest group: {reason.problem} ({reason.got})"
        raise NoPairs(f"no pair within any value of {column!r}", got=got, todo=reason.todo)
    if alone:
        why = f"{reasons[0].problem} ({reasons[0].got})"
        say(f"left out {sum(alone):,} images of {len(alone):,} groups in which the rule finds no pair: {why}")
    fields = ("left", "right", "similarity", "rules")
    left, right, similarity, rules = (np.concatenate([getattr(one, name) for one in found]) for name in fields)
    by_image = np.argsort(left, kind="stable")
    return Proposals(left[by_image], right[by_image], similarity[by_image], rules[by_image])


def _placed(found: Proposals, rows: Int64[np.ndarray, " m"]) -> Proposals:
    """Proposals among the images at `rows`, by their positions among all."""
    return Proposals(rows[found.left], rows[found.right], found.similarity, found.rules)
