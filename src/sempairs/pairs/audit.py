"""An audit: what a pair set holds, and how often its pairs are right where labels can tell."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.pairs.graph import Graph, graph_of
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.purity import Purity, purity_of
from sempairs.sources.base import Source

HISTOGRAM_BINS, PURITY_BINS, FEWEST_IN_BIN, MATRIX_CLASSES = 20, 12, 50, 30


@dataclass(frozen=True)
class ClassAudit:
    """One class of the source.

    Parameters
    ----------
    images: how many the source has.
    in_pairs: how many of them are in a pair, on either side.
    purity: of the pairs whose `a` is of this class; None if there is no such pair.
    """

    name: str
    images: int
    in_pairs: int
    purity: Purity | None


@dataclass(frozen=True)
class SimilarityBin:
    """The purity of the pairs whose similarity lies between `low` and `high`, both included."""

    low: float
    high: float
    purity: Purity


@dataclass(frozen=True)
class Audit:
    """What was counted. Fields with a default are absent from audits that earlier versions wrote.

    Parameters
    ----------
    pairs: number of pairs.
    images: number of distinct images in them.
    coverage: share of the source's images that are in a pair.
    self_pairs: pairs of an image with itself.
    purity: share of pairs whose two images have the same label; None without labels.
    purity_interval: exact 95% interval of the purity (Clopper-Pearson), for independent pairs.
    classes: pairs for each class of `a`, by name.
    partners: `[how many images have this many distinct partners]`, from 0 on, over the images of the source.
    similarity: histogram of the pairs' similarity: `edges`, `counts` and, with labels, how many of them are `right`;
        None where the rule has no similarity.
    confusions: the commonest false neighbours: class of `a`, class of `b`, number of pairs.
    rules: number of pairs for each rule in the `rule` column.
    copies: pairs of two images with the same content, those of an image with itself apart.
    purity_robust: 95% interval of the purity that allows for pairs that share images (`pairs/purity.py`).
    by_class: every class of the source; empty without labels.
    effective_classes: as how many equally common classes the classes of `a` are spread: exp of their entropy.
    by_similarity: purity in up to 12 bins of about as many pairs each, 50 or more, the least similar first.
    crossing: the similarity below which pairs are right less often than the whole set is, and above which more often.
    confusion_matrix: number of pairs by class of `a` (rows) and of `b`, in the order of `by_class`; None without
        labels, or with more than 30 classes.
    graph: couples and connected components.
    """

    pairs: int
    images: int
    coverage: float
    self_pairs: int
    purity: float | None
    purity_interval: tuple[float, float] | None
    classes: dict[str, int]
    partners: list[int]
    similarity: dict[str, list[float]] | None
    confusions: list[tuple[str, str, int]]
    rules: dict[str, int]
    copies: int = 0
    purity_robust: tuple[float, float] | None = None
    by_class: tuple[ClassAudit, ...] = ()
    effective_classes: float | None = None
    by_similarity: tuple[SimilarityBin, ...] = ()
    crossing: float | None = None
    confusion_matrix: list[list[int]] | None = None
    graph: Graph | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """As text for a terminal."""
        lines = [f"{self.pairs:,} pairs of {self.images:,} images ({self.coverage:.1%} of the source)"]
        if self.self_pairs:
            lines.append(f"{self.self_pairs:,} pairs of an image with itself")
        if self.purity is None or self.purity_interval is None:
            lines.append("purity: not known, the images have no labels")
        else:
            low, high = self.purity_interval
            text = f"purity {self.purity:.1%} (95% interval {low:.1%} to {high:.1%}"
            if self.purity_robust not in (None, self.purity_interval):
                text += " for independent pairs; {:.1%} to {:.1%} as pairs share images".format(*self.purity_robust)
            lines.append(text + ")")
            lines += [f"{count:8,}  false: {a} with {b}" for a, b, count in self.confusions[:5]]
        if len(self.rules) > 1:
            lines.append("by rule: " + ", ".join(f"{count:,} {rule}" for rule, count in self.rules.items()))
        return lines


def audit(pairs: PairSet, source: Source) -> Audit:
    """Count a pair set against the images it was made from."""
    positions = pairs.positions(source)
    left, right = positions.T
    graph = graph_of(positions, len(source))
    similarity = pairs.column("similarity").astype(np.float64)
    is_right = None if source.labels is None else source.labels[left] == source.labels[right]
    rules, rule_counts = np.unique(pairs.column("rule").astype(str), return_counts=True)
    images = sum(size * count for size, count in graph.sizes)
    return Audit(
        pairs=len(pairs),
        images=images,
        coverage=images / len(source),
        self_pairs=int((left == right).sum()),
        partners=graph.partners,
        rules={str(rule): int(count) for rule, count in zip(rules, rule_counts, strict=True)},
        copies=int(((source.hashes[left] == source.hashes[right]) & (left != right)).sum()),
        similarity=_histogram(similarity, is_right),
        graph=graph,
        **_by_labels(source, positions, similarity),
    )


def _by_labels(
    source: Source, positions: Int64[np.ndarray, "n 2"], similarity: Float64[np.ndarray, " n"]
) -> dict[str, Any]:
    """The fields that need labels."""
    if source.labels is None:
        return {"purity": None, "purity_interval": None, "classes": {}, "confusions": []}
    names, labels = source.label_names, source.labels
    a, b = labels[positions].T
    is_right = a == b
    whole = purity_of(is_right, positions)
    counts = np.bincount(a, minlength=len(names))
    shares = counts[counts > 0] / len(a)
    false, false_counts = np.unique((a * len(names) + b)[~is_right], return_counts=True)
    common = np.argsort(-false_counts, kind="stable")[:10]
    present = np.flatnonzero(np.bincount(labels, minlength=len(names)))
    matrix = None
    if len(present) <= MATRIX_CLASSES:
        place = np.searchsorted(present, np.stack([a, b]))
        cells = np.bincount(place[0] * len(present) + place[1], minlength=len(present) ** 2)
        matrix = cells.reshape(len(present), -1).tolist()
    known = np.isfinite(similarity)
    return {
        "purity": whole.share,
        "purity_interval": whole.exact,
        "purity_robust": whole.robust,
        "classes": {names[i]: int(count) for i, count in enumerate(counts) if count},
        "confusions": [
            (names[false[i] // len(names)], names[false[i] % len(names)], int(false_counts[i])) for i in common
        ],
        "by_class": _by_class(source, positions),
        "effective_classes": float(np.exp(-(shares * np.log(shares)).sum())),
        "by_similarity": _by_similarity(similarity[known], is_right[known], positions[known]),
        "crossing": _crossing(similarity[known], is_right[known]),
        "confusion_matrix": matrix,
    }


def _by_class(source: Source, positions: Int64[np.ndarray, "n 2"]) -> tuple[ClassAudit, ...]:
    """Every class that has an image."""
    labels, classes = source.need_labels("purity by class"), len(source.label_names)
    a, b = labels[positions].T
    is_right = a == b
    images = np.bincount(labels, minlength=classes)
    is_in_pair = np.zeros(len(labels), dtype=bool)
    is_in_pair[positions] = True
    in_pairs = np.bincount(labels[is_in_pair], minlength=classes)
    order = np.argsort(a, kind="stable")
    rows_of = np.split(order, np.cumsum(np.bincount(a, minlength=classes))[:-1])
    return tuple(
        ClassAudit(
            source.label_names[number],
            int(images[number]),
            int(in_pairs[number]),
            purity_of(is_right[rows], positions[rows]) if len(rows) else None,
        )
        for number, rows in enumerate(rows_of)
        if images[number]
    )


def _histogram(
    similarity: Float64[np.ndarray, " n"], is_right: Bool[np.ndarray, " n"] | None
) -> dict[str, list[float]] | None:
    known = np.isfinite(similarity)
    if not known.any():
        return None
    counts, edges = np.histogram(similarity[known], bins=HISTOGRAM_BINS)
    histogram = {"edges": edges.tolist(), "counts": counts.tolist()}
    if is_right is not None:
        histogram["right"] = np.histogram(similarity[known & is_right], bins=edges)[0].tolist()
    return histogram


def _by_similarity(
    similarity: Float64[np.ndarray, " n"], is_right: Bool[np.ndarray, " n"], positions: Int64[np.ndarray, "n 2"]
) -> tuple[SimilarityBin, ...]:
    """Bins of about as many pairs each: equal widths would leave some with too few pairs to say anything."""
    if not len(similarity):
        return ()
    # Equal similarities stay in one bin, so there are fewer bins where many are equal.
    count = int(np.clip(len(similarity) // FEWEST_IN_BIN, 1, PURITY_BINS))
    edges = np.unique(np.quantile(similarity, np.linspace(0, 1, count + 1)[1:-1], method="lower"))
    number = np.searchsorted(edges, similarity)
    bins = []
    for own in (number == place for place in np.unique(number)):
        low, high = float(similarity[own].min()), float(similarity[own].max())
        bins.append(SimilarityBin(low, high, purity_of(is_right[own], positions[own])))
    return tuple(bins)


def _crossing(similarity: Float64[np.ndarray, " n"], is_right: Bool[np.ndarray, " n"]) -> float | None:
    """Where purity crosses its mean; None where all pairs are right, or none is.

    Right pairs in excess of the mean, summed from the least similar pair on, fall while pairs are right less often than
    on average: the sum is lowest at the crossing. It is the threshold that maximises Youden's J as well.
    """
    if not len(similarity) or is_right.all() or not is_right.any():
        return None
    values, place = np.unique(similarity, return_inverse=True)
    excess = np.cumsum(np.bincount(place, is_right - is_right.mean()))
    return float(values[excess.argmin()])
