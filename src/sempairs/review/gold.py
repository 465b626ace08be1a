"""Gold questions from labels: pairs whose answer is known, half of them false, and these as hard as can be had."""

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.neighbours import cosine
from sempairs.pairs.mining import Features
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.review.base import Verdict
from sempairs.sources.base import Source

LOOKED_AT = 200  # images of other classes, of which the most similar one makes a false question


def gold_from_labels(
    source: Source,
    count: int,
    seed: int = 0,
    *,
    features: Features | None = None,
    apart: PairSet | None = None,
) -> PairSet:
    """`count` pairs of different images, the first half of one class and the others of two, with their verdicts.

    Parameters
    ----------
    features: of the images; the false questions are then of two similar images, as false pairs are. Without them they
        are easier than what people will meet, and say less of the faults that people miss.
    apart: pairs that no question may repeat, in either order.

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
    seen = set() if apart is None else {tuple(sorted(pair)) for pair in apart.positions(source).tolist()}
    made: list[tuple[int, int]] = []
    for _ in range(100 * count):
        is_right = len(made) < (count + 1) // 2
        first = int(random.choice(many))
        others = np.flatnonzero((labels == labels[first]) == is_right)
        others = others[others != first]
        second = int(random.choice(others) if is_right else _alike(first, others, features, random))
        if (couple := (min(first, second), max(first, second))) not in seen:
            seen.add(couple)
            made.append((first, second))
        if len(made) == count:
            break
    else:
        raise UserError(f"{source.name} does not have {count} different gold questions", todo="ask fewer")
    a, b = np.array(made).T
    pairs = PairSet.make(source, a, b, Spec(name="gold", options={"count": count, "seed": seed}))
    verdict = np.where(labels[a] == labels[b], Verdict.accept.value, Verdict.reject.value)
    place = SCHEMA.get_field_index("verdict")
    table = pairs.table.set_column(place, SCHEMA.field("verdict"), pa.array(verdict.tolist(), pa.string()))
    return PairSet(table, pairs.origin)


def _alike(first: int, others: Int64[np.ndarray, " k"], features: Features | None, random: np.random.Generator) -> int:
    """One of the other images by chance; with features, the most similar of some."""
    if features is None:
        return int(random.choice(others))
    some = random.choice(others, min(LOOKED_AT, len(others)), replace=False)
    similarity = cosine(np.repeat(features.values[[first]], len(some), axis=0), features.values[some])
    return int(some[similarity.argmax()])
