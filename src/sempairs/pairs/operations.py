"""Operations on pair sets: each gives a new set that names its parents, and changes none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int64

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import hash_of
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.duplicates import Criteria, Duplicates, find_leaks
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.sources.base import Source


def filter_pairs(
    pairs: PairSet,
    *,
    similarity_from: float | None = None,
    similarity_to: float | None = None,
    label: str | None = None,
    group: str | None = None,
    rule: str | None = None,
    verdict: str | None = None,
) -> PairSet:
    """The pairs that meet every condition given. A pair without a similarity meets no bound on it.

    Raises
    ------
    UserError: a value that no pair has (with the nearest one that some pair has), or no pair left.
    """
    keep = np.ones(len(pairs), dtype=bool)
    similarity = pairs.column("similarity").astype(np.float64)
    if similarity_from is not None:
        keep &= similarity >= similarity_from
    if similarity_to is not None:
        keep &= similarity <= similarity_to
    for name, wanted in {"label": label, "group": group, "rule": rule, "verdict": verdict}.items():
        if wanted is not None:
            values = pairs.column(name)
            if wanted not in values:
                known = {str(value) for value in values if value is not None}
                raise UserError(f"no pair has the {name} {wanted!r}", todo=suggest(wanted, known))
            keep &= values == wanted
    given = {"similarity_from": similarity_from, "similarity_to": similarity_to, "label": label, "group": group}
    given |= {"rule": rule, "verdict": verdict}
    return _rows(pairs, keep, Spec(name="filter", options={k: v for k, v in given.items() if v is not None}))


def sample_pairs(pairs: PairSet, count: int, *, seed: int = 0, balance: bool = False) -> PairSet:
    """`count` pairs drawn without replacement, in their order.

    Parameters
    ----------
    balance: as many of each label as of every other, up to one; pairs without a label are then left out.

    Raises
    ------
    UserError: there are fewer pairs, or fewer of a label.
    """
    if not 1 <= count <= len(pairs):
        raise UserError(f"cannot draw {count} pairs", got=f"{len(pairs)} pairs", todo="ask for fewer")
    random = rng("sample pairs", seed)
    keep = np.zeros(len(pairs), dtype=bool)
    if not balance:
        keep[random.choice(len(pairs), count, replace=False)] = True
    else:
        labels = pairs.column("label")
        names = sorted({str(label) for label in labels if label is not None})
        if not names:
            raise UserError("pairs without labels cannot be balanced by class", todo="leave balance out")
        for place, name in enumerate(names):
            own = np.flatnonzero(labels == name)
            quota = count // len(names) + (place < count % len(names))
            if quota > len(own):
                raise UserError(
                    f"the class {name!r} has too few pairs", got=f"{len(own)} of {quota}",
                    todo=f"ask for at most {len(own) * len(names)} pairs",
                )  # fmt: skip
            keep[random.choice(own, quota, replace=False)] = True
    return _rows(pairs, keep, Spec(name="sample", options={"count": count, "seed": seed, "balance": balance}))


def one_each(pairs: PairSet, *, seed: int = 0) -> PairSet:
    """Of the pairs with the same image as `a` one, drawn at random: as many pairs as images stand as `a`, in order."""
    return _rows(pairs, _drawn_of_each(pairs, 1, seed), Spec(name="one-each", options={"seed": seed}))


def some_each(pairs: PairSet, count: int, *, seed: int = 0) -> PairSet:
    """Of the pairs with the same image as `a` so many, drawn at random, or all where there are no more; in order."""
    options = {"count": count, "seed": seed}
    return _rows(pairs, _drawn_of_each(pairs, count, seed), Spec(name="some-each", options=options))


def _drawn_of_each(pairs: PairSet, count: int, seed: int) -> Bool[np.ndarray, " n"]:
    drawn = rng("one each", seed).permutation(len(pairs))
    _, image = np.unique(pairs.column("a").astype(str)[drawn], return_inverse=True)
    together = np.argsort(image, kind="stable")
    _, start, size = np.unique(image[together], return_index=True, return_counts=True)
    place = np.arange(len(pairs)) - np.repeat(start, size)  # of a pair among those of its image, as they were drawn
    keep = np.zeros(len(pairs), dtype=bool)
    keep[drawn[together[place < count]]] = True
    return keep


def cap(pairs: PairSet, per_image: int) -> PairSet:
    """The pairs that remain when no image may be in more than `per_image` of them.

    Pairs are taken from the most similar down (without similarities, in their order); one that would exceed the limit
    of either image is left out. So hubs, which are near to everything, lose their weakest pairs.
    """
    if per_image < 1:
        raise UserError("an image must be allowed in at least one pair", got=per_image)
    _, images = np.unique(np.stack([pairs.column("a"), pairs.column("b")]).astype(str), return_inverse=True)
    a, b = images.reshape(2, -1).tolist()
    similarity = np.nan_to_num(pairs.column("similarity").astype(np.float64), nan=-np.inf)
    used = [0] * (max(*a, *b) + 1)
    keep = np.zeros(len(pairs), dtype=bool)
    for row in np.argsort(-similarity, kind="stable").tolist():  # each choice depends on those before it
        if used[a[row]] < per_image and used[b[row]] < per_image:
            keep[row] = True
            used[a[row]] += 1
            used[b[row]] += a[row] != b[row]
    return _rows(pairs, keep, Spec(name="cap", options={"per_image": per_image}))


def without_duplicates(pairs: PairSet, source: Source, duplicates: Duplicates) -> PairSet:
    """The pairs without those of two images that show the same; those of an image with itself stay, they are meant.

    Parameters
    ----------
    source: the images of the pairs.
    duplicates: what was found in the same source.

    Raises
    ------
    UserError: duplicates of other images, or no pair left.
    """
    if not np.array_equal(duplicates.ids, source.ids):
        raise UserError(f"the duplicates are not those of {source.name}", todo="look for them in the pairs' own source")
    left, right = pairs.positions(source).T
    keep = (left == right) | (duplicates.groups[left] != duplicates.groups[right])
    return _rows(pairs, keep, Spec(name="without-duplicates", options=dict(duplicates.settings)))


def without_leaks(pairs: PairSet, source: Source, evaluation: Source, criteria: Criteria | None = None) -> PairSet:
    """The pairs without those of an image that also stands, as it is or nearly, among those of an evaluation.

    It looks until nothing is found: a look tells only the nearest of several images that are all one of the evaluation.

    Parameters
    ----------
    source: the images of the pairs.
    evaluation: the images that must not be trained on.
    criteria: what counts as the same; None for the defaults.

    Raises
    ------
    UserError: no pair is left.
    """
    criteria = criteria or Criteria()
    positions = pairs.positions(source)
    keep = np.ones(len(pairs), dtype=bool)
    while keep.any():
        shown = np.unique(positions[keep])
        found = find_leaks(source.take(shown), evaluation, criteria=criteria).found.values()
        leaked = shown[np.unique(np.concatenate([couples.left for couples in found]))]
        if not len(leaked):
            break
        keep &= ~np.isin(positions, leaked).any(axis=1)
    options = {**criteria.settings(None), "evaluation": evaluation.fingerprint}
    return _rows(pairs, keep, Spec(name="without-leaks", options=options))


def merge(sets: Sequence[PairSet]) -> PairSet:
    """All pairs of several sets; a pair that is in more than one is taken from the first.

    Raises
    ------
    UserError: fewer than two sets, or an image that has other content in one set than in another.
    """
    if len(sets) < 2:
        raise UserError("merging needs two pair sets or more", got=len(sets))
    table = pa.concat_tables([pairs.table for pairs in sets]).combine_chunks()
    sides = [(table.column(side).to_numpy(), table.column(f"{side}_hash").to_numpy()) for side in ("a", "b")]
    ids, hashes = (np.concatenate(column).astype(str) for column in zip(*sides, strict=True))
    contents = np.unique(np.stack([ids, hashes]), axis=1)
    twice = contents[0, 1:][contents[0, 1:] == contents[0, :-1]]
    if len(twice):
        raise UserError(
            "the pair sets are of different images", got=f"two contents of {str(twice[0])!r}",
            todo="make them from the same source",
        )  # fmt: skip
    _, first = np.unique(table.column("pair_id").to_numpy().astype(str), return_index=True)
    origins = [pairs.origin for pairs in sets]
    fingerprints = sorted({origin.fingerprint for origin in origins})
    same_source = all(origin.source == origins[0].source for origin in origins)
    origin = replace(
        origins[0],
        rule=Spec(name="merge"),
        source=origins[0].source if same_source else None,
        fingerprint=fingerprints[0] if len(fingerprints) == 1 else hash_of(fingerprints),
        encoder=None,
        parents=tuple(pairs.hash for pairs in sets),
    )
    return PairSet(table.take(np.sort(first)), origin)


def split(pairs: PairSet, shares: dict[str, float], *, seed: int = 0) -> dict[str, PairSet]:
    """Pair sets without a common image: each image goes to one part, and a pair stays if both of its images do.

    Pairs across parts are lost: of two equal parts, half of the pairs of different images. The `split` column names
    the part.

    Parameters
    ----------
    shares: the share of the images that each part gets; they add up to 1.

    Raises
    ------
    UserError: shares that do not add up to 1, or a part without pairs.
    """
    if len(shares) < 2 or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise UserError("the shares of a split are positive and add up to 1", got=shares, todo="train=0.8 test=0.2")
    ids, images = np.unique(np.stack([pairs.column("a"), pairs.column("b")]).astype(str), return_inverse=True)
    bounds = np.rint(np.cumsum(list(shares.values())) * len(ids)).astype(np.int64)
    part_of = np.empty(len(ids), dtype=np.int64)
    part_of[rng("split pairs", seed).permutation(len(ids))] = np.searchsorted(bounds, np.arange(len(ids)), side="right")
    a, b = part_of[images.reshape(2, -1)]
    parts = {}
    for number, name in enumerate(shares):
        options = {"shares": shares, "seed": seed, "part": name}
        part = _rows(pairs, (a == number) & (b == number), Spec(name="split", options=options))
        place = SCHEMA.get_field_index("split")
        column = pa.array([name] * len(part), pa.string())
        parts[name] = PairSet(part.table.set_column(place, SCHEMA.field("split"), column), part.origin)
    return parts


@dataclass(frozen=True)
class Difference:
    """Which pairs two sets share, by position in each.

    Parameters
    ----------
    only_first, only_second: positions of the pairs that the other set does not have.
    both: positions, in the first set, of those it has too.
    """

    only_first: Int64[np.ndarray, " k"]
    only_second: Int64[np.ndarray, " l"]
    both: Int64[np.ndarray, " m"]


def difference(first: PairSet, second: PairSet) -> Difference:
    """Compare two pair sets, pair by pair."""
    mine, theirs = (pairs.column("pair_id").astype(str) for pairs in (first, second))
    shared = np.isin(mine, theirs)
    return Difference(np.flatnonzero(~shared), np.flatnonzero(~np.isin(theirs, mine)), np.flatnonzero(shared))


def _rows(pairs: PairSet, keep: Bool[np.ndarray, " n"], operation: Spec) -> PairSet:
    """Some pairs of a set, as its child. Raises UserError if none is left."""
    if not keep.any():
        raise UserError(f"{operation} leaves no pair", got=f"{len(pairs)} pairs before", todo="choose a wider range")
    origin = replace(pairs.origin, rule=operation, parents=(pairs.hash,))
    return PairSet(pairs.table.filter(pa.array(keep)), origin)
