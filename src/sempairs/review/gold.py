"""Gold questions from labels: pairs whose answer is known, half of them false."""

import numpy as np
import pyarrow as pa

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.review.base import Verdict
from sempairs.sources.base import Source


def gold_from_labels(source: Source, count: int, seed: int = 0) -> PairSet:
    """`count` pairs of different images, the first half of one class and the others of two, with their verdicts.

    Raises
    ------
    UserError: images without labels, fewer than two classes with two images, or too few questions.
    """
    labels = source.need_labels("gold questions")
    if count < 2:
        raise UserError("gold questions need a right and a wrong pair at least", got=count)
    random = rng("gold questions", seed)
    many = np.flatnonzero(np.bincount(labels)[labels] > 1)
    if not len(many) or len(np.unique(labels)) < 2:
        raise UserError("gold questions need two classes, and one with two images", got=source.name)
    left: list[int] = []
    right: list[int] = []
    seen: set[tuple[int, int]] = set()
    for _ in range(100 * count):
        is_right = len(left) < (count + 1) // 2
        first = int(random.choice(many))
        others = np.flatnonzero((labels == labels[first]) == is_right)
        second = int(random.choice(others[others != first]))
        if (first, second) not in seen:
            seen.add((first, second))
            left.append(first)
            right.append(second)
        if len(left) == count:
            break
    else:
        raise UserError(f"{source.name} does not have {count} different gold questions", todo="ask fewer")
    a, b = np.array(left), np.array(right)
    pairs = PairSet.make(source, a, b, Spec(name="gold", options={"count": count, "seed": seed}))
    verdict = np.where(labels[a] == labels[b], Verdict.accept.value, Verdict.reject.value)
    place = SCHEMA.get_field_index("verdict")
    table = pairs.table.set_column(place, SCHEMA.field("verdict"), pa.array(verdict.tolist(), pa.string()))
    return PairSet(table, pairs.origin)
