"""Seeded samples of a source that keep its class composition."""

import numpy as np

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.sources.base import Source


def sample(source: Source, count: int, seed: int = 0) -> Source:
    """`count` images drawn without replacement, in the order of the source.

    With labels the sample has each class's share of the source, up to one image (largest remainders first).

    Raises
    ------
    UserError: the source has fewer images.
    """
    if not 1 <= count <= len(source):
        raise UserError(
            f"cannot draw {count} images from {source.name}", got=f"it has {len(source)}", todo="ask for fewer"
        )
    random = rng("sample", seed)
    if source.labels is None:
        chosen = random.choice(len(source), count, replace=False)
    else:
        sizes = np.bincount(source.labels)
        wanted = sizes * count / len(source)
        quota = np.floor(wanted).astype(np.int64)
        most_missing = np.argsort(quota - wanted, kind="stable")
        quota[most_missing[: count - quota.sum()]] += 1
        members = [np.flatnonzero(source.labels == label) for label in range(len(sizes))]
        chosen = np.concatenate([random.choice(m, q, replace=False) for m, q in zip(members, quota, strict=True)])
    return source.take(np.sort(chosen))


def split(source: Source, count: int, seed: int = 0) -> tuple[Source, Source]:
    """A `sample` of `count` images, and all the others."""
    drawn = sample(source, count, seed)
    rest = np.flatnonzero(~np.isin(source.ids.astype(str), drawn.ids.astype(str)))
    return drawn, source.take(rest)
