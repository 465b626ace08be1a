"""What arms are made of: the baseline's images, pairs that reach beyond them, shares of augmented and of false pairs.

Each part is a function of the images and a seed. Two shares of one seed are nested: the rows that 10% of noise changes
are among those that 20% changes, to the same partners, so that arms of several shares differ in nothing else.
"""

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import Origin, PairSet
from sempairs.sources.base import Source
from sempairs.sources.sampling import sample


def base_of(pool: Source, count: int | None, seed: int) -> Source:
    """The images that the baseline pairs up: `count` of the pool with its class composition, or all for None.

    Raises
    ------
    UserError: the pool has fewer.
    """
    return pool if count is None else sample(pool, count, seed)


def beyond_class(pool: Source, base: Source, seed: int) -> PairSet:
    """Each image of `base` with another of its class, from outside `base` as long as there is one (arm `semantic`).

    Raises
    ------
    UserError: no labels, or an image that is the only one of its class.
    """
    rows, partners = _with_partners(pool, base, seed)
    return PairSet.make(pool, rows, partners, Spec(name="semantic", options={"count": len(base), "seed": seed}))


def beyond_identity(pool: Source, base: Source, seed: int) -> PairSet:
    """(x, x) of as many images as `base` has, among all that `beyond_class` shows (arm `augmented-pool`).

    Raises
    ------
    UserError: as `beyond_class`.
    """
    rows, partners = _with_partners(pool, base, seed)
    drawn = drawn_pool(pool.need_labels("a pool"), rows, partners, rng("arm augmented-pool", seed))
    return PairSet.make(pool, drawn, drawn, Spec(name="augmented-pool", options={"count": len(base), "seed": seed}))


def mix(pairs: PairSet, source: Source, share: float, seed: int) -> PairSet:
    """This share of the pairs, rounded; the other rows become (a, a).

    Parameters
    ----------
    source: images that hold those of the pairs.

    Raises
    ------
    UserError: a share out of range, or an image that would be paired with itself twice.
    """
    augmented = ~chosen(share, len(pairs), rng("arm mixed", seed))
    left = pairs.positions(source)[:, 0]
    return _replaced(pairs, source, augmented, left, "identity", _rule("mixed", share, seed))


def with_false_neighbours(pairs: PairSet, source: Source, share: float, seed: int) -> PairSet:
    """The pairs, but this share of the rows, rounded, gets a partner of another class than `a`.

    The rows are drawn among all, those that are false already too: the share is that of the rows replaced, and purity
    becomes (1 - share) times what it was, on average. Partners are drawn among the images that the pairs show, each as
    likely as every other.

    Raises
    ------
    UserError: no labels, a share out of range, images of one class only, or a pair that would stand there twice.
    """
    labels = source.need_labels("a false neighbour")
    positions = pairs.positions(source)
    shown = np.unique(positions)
    if len(np.unique(labels[shown])) < 2:
        raise UserError("there is no false neighbour in one class", got=source.label_names[labels[shown[0]]])
    false = chosen(share, len(pairs), rng("arm noisy", seed))
    strangers = strangers_of(labels, positions[:, 0], shown, rng("arm noisy strangers", seed))
    return _replaced(pairs, source, false, strangers, "false", _rule("noisy", share, seed))


def partners_of(labels: Int64[np.ndarray, " m"], rows: Int64[np.ndarray, " n"], seed: int) -> Int64[np.ndarray, " n"]:
    """For each of the n images another of its class: one that is not among the n as long as there is one, each once."""
    partners = np.empty_like(rows)
    for label in np.unique(labels[rows]):
        random = rng("arm semantic", seed, int(label))
        own = np.flatnonzero(labels[rows] == label)
        others = random.permutation(np.setdiff1d(np.flatnonzero(labels == label), rows))[: len(own)]
        if len(own) < 2 and not len(others):
            raise UserError(
                "a semantic pair needs two images of a class", got="one image of a class", todo="add images"
            )
        # The ring comes first, so that whoever gets no image from outside has a partner among the n.
        order = random.permutation(own)
        partners[order] = rows[np.roll(order, -1)]
        partners[order[: len(others)]] = others
    return partners


def drawn_pool(
    labels: Int64[np.ndarray, " m"],
    rows: Int64[np.ndarray, " n"],
    partners: Int64[np.ndarray, " n"],
    random: np.random.Generator,
) -> Int64[np.ndarray, " n"]:
    """n of the images that the semantic arm shows, as many of each class as the n baseline images have."""
    shown = np.union1d(rows, partners)
    wanted = np.bincount(labels[rows])
    drawn = [
        random.choice(shown[labels[shown] == label], wanted[label], replace=False) for label in np.flatnonzero(wanted)
    ]
    return np.sort(np.concatenate(drawn))


def strangers_of(
    labels: Int64[np.ndarray, " m"],
    rows: Int64[np.ndarray, " n"],
    among: Int64[np.ndarray, " k"],
    random: np.random.Generator,
) -> Int64[np.ndarray, " n"]:
    """For each of the n images a random one of another class, `among` these."""
    by_class = among[np.argsort(labels[among], kind="stable")]
    start = np.searchsorted(labels[by_class], labels[rows], side="left")
    own = np.searchsorted(labels[by_class], labels[rows], side="right") - start
    # Whoever is drawn from the others' places skips the run of the own class.
    place = np.floor(random.random(len(rows)) * (len(among) - own)).astype(np.int64)
    strangers: Int64[np.ndarray, " n"] = by_class[np.where(place >= start, place + own, place)]
    return strangers


def chosen(share: float, count: int, random: np.random.Generator) -> Bool[np.ndarray, " {count}"]:
    """Exactly this share of the places, rounded, at random; those of a smaller share are among those of a larger."""
    if not 0 <= share <= 1:
        raise UserError("a share must be between 0 and 1", got=share)
    places = np.zeros(count, dtype=bool)
    places[random.permutation(count)[: round(share * count)]] = True
    return places


def _with_partners(pool: Source, base: Source, seed: int) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Where the images of `base` and their partners stand in the pool."""
    labels = pool.need_labels("a semantic arm")
    rows = pool.positions(base.ids)
    assert (rows >= 0).all(), "the baseline's images are not of this pool"
    return rows, partners_of(labels, rows, seed)


def _rule(name: str, share: float, seed: int) -> Spec:
    return Spec(name=name, options={"share": share, "seed": seed})


def _replaced(
    pairs: PairSet,
    source: Source,
    which: Bool[np.ndarray, " n"],
    partners: Int64[np.ndarray, " n"],
    row_rule: str,
    rule: Spec,
) -> PairSet:
    """The pairs with another partner in some rows, whose column `rule` says so; the other rows stay as they are."""
    table = pairs.table
    if which.any():
        left = pairs.positions(source)[which, 0]
        named = np.full(len(left), row_rule, dtype=object)
        new = PairSet.make(source, left, partners[which], rule, row_rules=named)
        order = np.arange(len(pairs))
        order[which] = len(pairs) + np.arange(len(left))
        table = pa.concat_tables([table, new.table]).take(pa.array(order)).combine_chunks()
    if len(set(table.column("pair_id").to_pylist())) < len(table):
        raise UserError(f"the rule {rule} makes the same pair twice", todo="pair each image once, as `a`")
    origin = Origin(rule, source.spec, source.fingerprint, pairs.origin.encoder, (pairs.hash,))
    return PairSet(table, origin)
