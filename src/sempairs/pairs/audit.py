"""An audit: what a pair set holds, and how often its pairs are right where labels can tell."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.statistics import proportion_interval


@dataclass(frozen=True)
class Audit:
    """What was counted.

    Parameters
    ----------
    pairs: number of pairs.
    images: number of distinct images in them.
    coverage: share of the source's images that are in a pair.
    self_pairs: pairs of an image with itself.
    purity: share of pairs whose two images have the same label; None without labels.
    purity_interval: exact 95% interval of the purity (Clopper-Pearson).
    classes: pairs for each class of `a`, by name.
    partners: `[how many images have this many distinct partners]`, from 0 on, over the images of the source.
    similarity: histogram of the pairs' similarity: `edges` and `counts`; None where the rule has no similarity.
    confusions: the commonest false neighbours: class of `a`, class of `b`, number of pairs.
    rules: number of pairs for each rule in the `rule` column.
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
            lines.append(f"purity {self.purity:.1%} (95% interval {low:.1%} to {high:.1%})")
            lines += [f"{count:8,}  false: {a} with {b}" for a, b, count in self.confusions[:5]]
        if len(self.rules) > 1:
            lines.append("by rule: " + ", ".join(f"{count:,} {rule}" for rule, count in self.rules.items()))
        return lines


def audit(pairs: PairSet, source: Source) -> Audit:
    """Count a pair set against the images it was made from."""
    left, right = pairs.positions(source).T
    purity, interval, classes, confusions = None, None, {}, []
    if source.labels is not None:
        names = source.label_names
        a, b = source.labels[left], source.labels[right]
        right_pairs = int((a == b).sum())
        share = proportion_interval(right_pairs, len(pairs))
        purity, interval = share.estimate, (share.low, share.high)
        classes = {names[i]: int(count) for i, count in enumerate(np.bincount(a, minlength=len(names))) if count}
        kinds, counts = np.unique(np.stack([a, b])[:, a != b], axis=1, return_counts=True)
        common = np.argsort(-counts, kind="stable")[:10]
        confusions = [(names[kinds[0, i]], names[kinds[1, i]], int(counts[i])) for i in common]
    similarity = None
    values = pairs.column("similarity").astype(float)
    if np.isfinite(values).any():
        counts, edges = np.histogram(values[np.isfinite(values)], bins=20)
        similarity = {"edges": edges.tolist(), "counts": counts.tolist()}
    # Each unordered couple counts once, in whichever direction and however often it stands in the set.
    couples = np.unique(np.sort(np.stack([left, right], axis=1), axis=1), axis=0)
    partners = np.bincount(couples[couples[:, 0] != couples[:, 1]].ravel(), minlength=len(source))
    rules, rule_counts = np.unique(pairs.column("rule").astype(str), return_counts=True)
    images = len(np.unique(np.concatenate([left, right])))
    return Audit(
        pairs=len(pairs),
        images=images,
        coverage=images / len(source),
        self_pairs=int((left == right).sum()),
        purity=purity,
        purity_interval=interval,
        classes=classes,
        partners=np.bincount(partners).tolist(),
        similarity=similarity,
        confusions=confusions,
        rules={str(rule): int(count) for rule, count in zip(rules, rule_counts, strict=True)},
    )
