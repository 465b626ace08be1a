"""Matched arms: pair sets that differ in who is paired with whom, and in nothing else. Checked, not assumed.

"The same classes and pair count" does not fix the number of distinct images: n augmented pairs show n images, n
semantic pairs up to 2n. So there are arms on both sides of that difference.

    augmented          (x, x) of n images: the baseline
    augmented-pool     (x, x) of n of the up to 2n images that the semantic arm shows
    semantic           (x, y), y any image of the class: the treatment
    semantic-repaired  (x, y), y of the class and among the same n images: diversity held fixed
    mined              (x, y), y proposed by a miner among the same n images, without labels
    mixed              a share of semantic pairs, the others augmented
    noisy              semantic pairs with a share of false neighbours
    random             (x, y), y any of the same n images: the negative control
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.arm_parts import (
    base_of,
    beyond_class,
    beyond_identity,
    chosen,
    drawn_pool,
    mix,
    strangers_of,
    with_false_neighbours,
)
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, random_pairs, same_class
from sempairs.sources.base import Source

__all__ = [
    "Proof",
    "base_of",
    "beyond_class",
    "beyond_identity",
    "matched_arms",
    "mix",
    "prove_match",
    "with_false_neighbours",
]


def matched_arms(
    source: Source,
    count: int,
    *,
    mixed: float = 0.5,
    noisy: float = 0.2,
    seed: int = 0,
    miner: Callable[[Source], PairSet] | None = None,
) -> dict[str, PairSet]:
    """The arms above, `count` pairs each, proved to be matched.

    Parameters
    ----------
    source: labelled images.
    count: n, the number of pairs and of the baseline's images, drawn with the source's class composition.
    mixed: the share of semantic pairs in the arm `mixed`.
    noisy: the share of false neighbours in the arm `noisy`.
    miner: makes the mined pairs of the n images; None for no such arm. It must give each image one partner.

    Raises
    ------
    UserError: no labels, a class that has one image among the n, one class only, or a miner that drops images.
    """
    for name, share in {"mixed": mixed, "noisy": noisy}.items():
        if not 0 <= share <= 1:
            raise UserError(f"the share of the arm {name!r} must be between 0 and 1", got=share)
    labels = source.need_labels("a semantic arm")
    base = base_of(source, count, seed)
    rows = source.positions(base.ids)
    if len(np.unique(labels[rows])) < 2:
        raise UserError(
            "arms need two classes, or there is no false neighbour", got=source.label_names[labels[rows[0]]]
        )
    semantic = beyond_class(source, base, seed)
    partners = semantic.positions(source)[:, 1]
    random = rng("arms", seed)

    def arm(name: str, left: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"], **options: float) -> PairSet:
        return PairSet.make(source, left, right, Spec(name=name, options={"count": count, "seed": seed, **options}))

    is_semantic, is_false = chosen(mixed, count, random), chosen(noisy, count, random)
    pool = drawn_pool(labels, rows, partners, random)
    noise = np.where(is_false, strangers_of(labels, rows, rows, random), partners)
    arms = {
        "augmented": identity(base),
        "augmented-pool": arm("augmented-pool", pool, pool),
        "semantic": semantic,
        "semantic-repaired": same_class(base, seed=seed),
        **({} if miner is None else {"mined": miner(base)}),
        "mixed": arm("mixed", rows, np.where(is_semantic, partners, rows), share=mixed),
        "noisy": arm("noisy", rows, noise, share=noisy),
        "random": random_pairs(base, seed=seed),
    }
    prove_match(arms, source)
    return arms


@dataclass(frozen=True)
class Proof:
    """One line of the proof that arms are matched.

    Parameters
    ----------
    images: distinct images in the pairs.
    same_images: whether the images that stand as `a` are those of the first arm, each as often.
    purity: share of pairs of one class; None without labels.
    shared_pairs, shared_images: how many pairs and images the arm has in common with the first one.
    """

    arm: str
    pairs: int
    images: int
    same_images: bool
    purity: float | None
    shared_pairs: int
    shared_images: int


def prove_match(arms: Mapping[str, PairSet], source: Source) -> list[Proof]:
    """Check that all arms have as many pairs and the same class composition of `a`, and show what they share.

    Without labels the images that stand as `a` must be the same, each as often: that alone can show that classes are.

    Raises
    ------
    UserError: an arm differs from the first one; says how.
    """
    proofs: list[Proof] = []
    first = next(iter(arms))
    reference = arms[first].positions(source)
    of_first = np.bincount(reference[:, 0], minlength=len(source))
    for name, pairs in arms.items():
        positions = pairs.positions(source)
        counts = np.bincount(positions[:, 0], minlength=len(source))
        same_images = np.array_equal(counts, of_first)
        problem = ""
        if len(pairs) != len(reference):
            problem = f"{len(reference)} and {len(pairs)} pairs"
        elif source.labels is None and not same_images:
            problem = f"{int((counts != of_first).sum())} images that one uses more often than the other as `a`"
        elif source.labels is not None and not same_images:
            classes = [
                np.bincount(source.labels[p[:, 0]], minlength=len(source.label_names)) for p in (reference, positions)
            ]
            if (classes[0] != classes[1]).any():
                worst = int(np.argmax(classes[0] != classes[1]))
                problem = f"{classes[0][worst]} and {classes[1][worst]} pairs of {source.label_names[worst]!r}"
        if problem:
            raise UserError(
                f"the arms {first!r} and {name!r} are not matched",
                got=problem,
                todo="build both from the same images, each as often (a miner with rest = 'nearest' drops none)",
            )
        same = None if source.labels is None else source.labels[positions[:, 0]] == source.labels[positions[:, 1]]
        proofs.append(
            Proof(
                arm=name,
                pairs=len(pairs),
                images=len(np.unique(positions)),
                same_images=same_images,
                purity=None if same is None else float(same.mean()),
                shared_pairs=len(
                    np.intersect1d(pairs.column("pair_id").astype(str), arms[first].column("pair_id").astype(str))
                ),
                shared_images=len(np.intersect1d(positions, reference)),
            )
        )
    return proofs
