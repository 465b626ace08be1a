"""Galleries of an audit: the pairs that a person should see before training on a set."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from sempairs.core.seeds import rng
from sempairs.pairs.audit import Audit
from sempairs.pairs.pairset import PairSet
from sempairs.report.names import shown
from sempairs.report.pictures import Picture, png
from sempairs.sources.base import Source

COUNT = 12
LARGEST = 80  # pixels; four galleries of incompressible photographs then stay under 2.5 MB


@dataclass(frozen=True)
class Gallery:
    """Some pairs of a set, and in one sentence which ones."""

    title: str
    about: str
    pictures: list[Picture]


def galleries(pairs: PairSet, source: Source, audit: Audit, count: int = COUNT) -> list[Gallery]:
    """The most, the least and the borderline similar pairs, and false ones; random ones where there is no similarity.

    A couple is shown once, though it may stand in the set in both orders. All images are read at once.
    """
    chosen = [part for part in _chosen(pairs, source, audit, count) if len(part[2])]
    positions = pairs.positions(source)
    similarity = pairs.column("similarity").astype(np.float64)
    needed = np.unique(np.concatenate([positions[rows].ravel() for _, _, rows in chosen]))
    addresses = dict(zip(needed.tolist(), (png(image, LARGEST) for image in source.images(needed)), strict=True))

    def picture(row: int) -> Picture:
        a, b = positions[row].tolist()
        score = None if np.isnan(similarity[row]) else float(similarity[row])
        if source.labels is None:
            return Picture((addresses[a], addresses[b]), ("", ""), True, score)
        names = shown(source.label_names[source.labels[a]]), shown(source.label_names[source.labels[b]])
        return Picture((addresses[a], addresses[b]), names, bool(source.labels[a] == source.labels[b]), score)

    return [Gallery(title, about, [picture(row) for row in rows.tolist()]) for title, about, rows in chosen]


def _chosen(
    pairs: PairSet, source: Source, audit: Audit, count: int
) -> Iterator[tuple[str, str, Int64[np.ndarray, " k"]]]:
    """Title, sentence and rows of each gallery."""
    positions = pairs.positions(source)
    once = np.sort(np.unique(np.sort(positions, axis=1), axis=0, return_index=True)[1])
    similarity = pairs.column("similarity").astype(np.float64)[once]
    known, similarity = once[np.isfinite(similarity)], similarity[np.isfinite(similarity)]
    random = rng("audit galleries")
    if len(known):
        order = np.argsort(-similarity, kind="stable")
        yield "Most similar", "The pairs that the rule is surest of. Near-copies show here.", known[order[:count]]
        middle, about = float(np.median(similarity)), "The pairs around the median similarity, {}."
        if audit.crossing is not None:
            middle, about = audit.crossing, "The pairs around the similarity {}, where purity crosses its mean."
        nearest = np.argsort(np.abs(similarity - middle), kind="stable")[:count]
        yield "Borderline", about.format(f"{middle:.3f}"), known[nearest]
        yield "Least similar", "The pairs that the rule is least sure of.", known[order[::-1][:count]]
    else:
        drawn = random.permutation(once)[:count]
        yield "Drawn at random", "The rule gives no similarity, so no pair is better than another.", drawn
    if source.labels is not None:
        a, b = source.labels[positions[once]].T
        about = "Drawn at random from the pairs whose two images have different labels."
        yield "False neighbours", about, random.permutation(once[a != b])[:count]
