"""What a review leaves: the pairs worth keeping, as a pair set that names its parent and carries its verdicts."""

import dataclasses

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.review.base import VERDICTS, Verdict
from sempairs.review.outcome import Outcome


def reviewed(pairs: PairSet, outcome: Outcome, published: Bool[np.ndarray, " m"], seq: int) -> PairSet:
    """The pairs of `pairs` that are worth keeping, with what people said of them.

    Parameters
    ----------
    outcome: of all candidates, of which the first n are `pairs`, in their order.
    published: which of the candidates to keep: accepted ones, and certified ones that nobody judged.
    seq: the last event of the chain that was counted; it becomes part of the origin.

    Raises
    ------
    UserError: no pair is left.
    """
    n = len(pairs)
    keep = published[:n]
    if not keep.any():
        raise UserError("the review has accepted no pair yet", todo="judge pairs with `sempairs review serve`")
    names = np.array([*VERDICTS, None], dtype=object)  # what nobody judged has a number below zero
    verdict = names[np.where(outcome.verdict[:n] < 0, len(VERDICTS), outcome.verdict[:n])]
    assert not (verdict[keep] == Verdict.reject).any(), "a rejected pair is never kept"
    table = pairs.table
    for name, column in {
        "verdict": [None if v is None else str(v) for v in verdict],
        "votes": outcome.votes[:n],
    }.items():
        field = SCHEMA.field(name)
        table = table.set_column(SCHEMA.get_field_index(name), field, pa.array(column, field.type))
    origin = dataclasses.replace(pairs.origin, rule=Spec(name="review", options={"events": seq}), parents=(pairs.hash,))
    return PairSet(table.filter(pa.array(keep)), origin)
