"""Pairing rules: who is paired with whom, by what is known of the images.

Every rule here uses each image equally often on both sides: with one partner, once as `a` and once as `b`. So sets made
by different rules from the same images show a method each image equally often, and differ only in who meets whom.
"""

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def identity(source: Source) -> PairSet:
    """Each image with itself: two views of one image, the classical augmented pair."""
    everyone = np.arange(len(source))
    return PairSet.make(source, everyone, everyone, Spec(name="identity"))


def same_class(source: Source, *, partners: int = 1, seed: int = 0) -> PairSet:
    """Each image with other images of its class, drawn at random. `group` is the class.

    Parameters
    ----------
    partners: how many others each image is paired with, as `a`; as many again meet it as `b`.

    Raises
    ------
    UserError: the source has no labels, or a class has too few images for that many partners.
    """
    labels = source.need_labels("the rule 'class'")
    _check_partners(partners)
    counts = np.bincount(labels, minlength=len(source.label_names))
    short = (counts > 0) & (counts <= partners)
    if short.any():
        name, count = source.label_names[int(np.argmax(short))], int(counts[np.argmax(short)])
        raise UserError(
            "a class needs more images than each has partners",
            got=f"{count} of {name!r}, with {partners} partner(s) each",
            todo="add images, drop the class, or ask for fewer partners",
        )
    rings = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rings.append(_ring(rng("rule class", seed, int(label)).permutation(members), 1, partners))
    left, right = _in_order(rings)
    names = np.array(source.label_names, dtype=object)[labels[left]]
    return PairSet.make(source, left, right, _spec("class", partners, seed), group=names)


def random_pairs(source: Source, *, partners: int = 1, seed: int = 0) -> PairSet:
    """Each image with any other images, whatever their class: the negative control, which must not help.

    Raises
    ------
    UserError: the source has no more images than partners are wanted.
    """
    _check_partners(partners)
    if len(source) <= partners:
        raise UserError("there are too few images for that many partners", got=f"{len(source)}", todo="add images")
    left, right = _in_order([_ring(rng("rule random", seed).permutation(len(source)), 1, partners)])
    return PairSet.make(source, left, right, _spec("random", partners, seed))


def metadata(
    source: Source, *, same: str | tuple[str, ...], different: str | None = None, partners: int = 1, seed: int = 0
) -> PairSet:
    """Each image with others that share one thing and differ in another: same patient, other visit. `group` is `same`.

    Images without a value, and those that the rule leaves without a partner, are in no pair. Where one value of
    `different` has more than half of a group, the others cannot serve all its images once each: of that value only as
    many as there are others take part, drawn at random.

    Parameters
    ----------
    same: the metadata column whose value must be equal ("label" for the class), or several, all of which must be.
    different: the column whose value must not be; None for any other image of the group.
    partners: how many others each image is paired with at the most.

    Raises
    ------
    UserError: no such column, or no pair.
    """
    _check_partners(partners)
    columns = (same,) if isinstance(same, str) else same
    group, known = _groups(source, columns)
    blocks = None if different is None else source.column(different)
    if blocks is not None:
        known &= blocks != ""
    rings = []
    members_by_group = np.flatnonzero(known)
    members_by_group = members_by_group[np.argsort(group[members_by_group], kind="stable")]
    starts = np.flatnonzero(np.r_[True, group[members_by_group][1:] != group[members_by_group][:-1]])
    random = rng("rule metadata", seed)
    for members in np.split(members_by_group, starts[1:]):
        order = random.permutation(members)
        widest = 1
        if blocks is not None:
            order, widest = _by_block(order, blocks[order])
        rings.append(_ring(order, widest, partners))
    left, right = _in_order(rings)
    alike = columns[0] if len(columns) == 1 else columns  # one column is the same rule, however it is given
    options = {"same": alike, "different": different, "partners": partners, "seed": seed}
    return PairSet.make(source, left, right, Spec(name="metadata", options=options), group=group[left].astype(object))


def _spec(name: str, partners: int, seed: int) -> Spec:
    return Spec(name=name, options={"partners": partners, "seed": seed})


def _check_partners(partners: int) -> None:
    if partners < 1:
        raise UserError("each image needs at least one partner", got=partners, todo="ask for 1 or more")


def _groups(source: Source, columns: tuple[str, ...]) -> tuple[Shaped[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """The values of each image in these columns as one text, and whether it has a value in all of them."""
    if not columns:
        raise UserError("pairs by metadata share at least one column", got="none", todo="name one as `same`")
    values = [source.column(column).astype(str) for column in columns]
    known = np.logical_and.reduce([value != "" for value in values])
    if len(values) == 1:
        return values[0], known
    # Commas within a value are marked, so that different values never make the same text.
    group, *others = (np.char.replace(np.char.replace(value, "\\", "\\\\"), ",", "\\,") for value in values)
    for other in others:
        group = np.char.add(np.char.add(group, ", "), other)
    return group, known


def _by_block(order: Int64[np.ndarray, " n"], blocks: np.ndarray) -> tuple[Int64[np.ndarray, " m"], int]:
    """The images with equal blocks side by side, the widest block cut to half, and its width.

    In a ring of such blocks an image that is at least one widest block away, in both directions, is of another block.
    """
    _, number, counts = np.unique(blocks, return_inverse=True, return_counts=True)
    widest, others = int(counts.max()), len(order) - int(counts.max())
    if widest > others:
        excess = np.flatnonzero(number == counts.argmax())[others:]
        order, number, widest = np.delete(order, excess), np.delete(number, excess), others
    return order[np.argsort(number, kind="stable")], widest


def _ring(order: Int64[np.ndarray, " n"], nearest: int, partners: int) -> Int64[np.ndarray, "2 m"]:
    """Pairs of each image of a ring with the `partners` images that come `nearest`, `nearest` + 1, ... places after it.

    Nobody is paired with anyone closer than `nearest` places, counted either way; where the ring is too short for all
    partners there are fewer.
    """
    steps = range(nearest, min(nearest + partners, len(order) - nearest + 1))
    if nearest == 0 or not len(steps):
        return np.empty((2, 0), dtype=np.int64)
    return np.concatenate([np.stack([order, np.roll(order, -step)]) for step in steps], axis=1)


def _in_order(rings: list[Int64[np.ndarray, "2 _"]]) -> Int64[np.ndarray, "2 n"]:
    """All pairs, by the position of `a`; those of one image in the order of their making."""
    pairs = np.concatenate(rings, axis=1) if rings else np.empty((2, 0), dtype=np.int64)
    return pairs[:, np.argsort(pairs[0], kind="stable")]
