"""The candidates of a review: all its pairs with their strata, their random order and what the model sees of them."""

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.mining import Features
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import VERDICTS, Candidates, Stratum, Verdict
from sempairs.review.pair_features import pair_features
from sempairs.review.settings import ReviewSettings
from sempairs.review.strata import stratify
from sempairs.sources.base import Source

IMAGES = ("pair_id", "a", "b", "a_hash", "b_hash")


def make_candidates(
    pairs: PairSet,
    source: Source,
    settings: ReviewSettings,
    features: Features | None = None,
    gold: PairSet | None = None,
) -> tuple[Candidates, list[Stratum]]:
    """What a review starts from.

    Every pair has a place in the random order: the random share is a prefix of it, as long as people get. The order is
    drawn before anything is judged and no model ever sees it, so each prefix is a simple random sample of all pairs,
    and of every set of pairs that a model singles out.

    Parameters
    ----------
    features: of all images of the source, in its order.
    gold: pairs whose `verdict` column is the known answer, accept or reject.

    Raises
    ------
    UserError: the images are not those of the pairs, or the features not those of the images; a gold question without
        an answer.
    """
    if features is not None and not np.array_equal(features.ids, source.ids):
        raise UserError(
            f"the features are not those of {source.name}",
            got=f"{len(features.ids)} features for {len(source)} images, or other ids",
            todo="extract the features again",
        )
    n, questions = len(pairs), 0 if gold is None else len(gold)
    sets = [pairs] if gold is None else [pairs, gold]
    columns = {name: np.concatenate([one.column(name) for one in sets]) for name in IMAGES}
    positions = np.concatenate([one.positions(source) for one in sets])
    similarity = np.concatenate([one.column("similarity").astype(np.float64) for one in sets])
    name = np.concatenate([_names(one, source, at) for one, at in zip(sets, np.split(positions, [n]), strict=False)])
    number, strata = stratify(name[:n], similarity[:n], settings.bins)

    nobody = np.full(questions, -1, dtype=np.int64)
    chance = np.empty(n, dtype=np.int64)
    chance[rng("review order", settings.seed).permutation(n)] = np.arange(n)
    many = rng("review votes", settings.seed).random(n) < settings.votes_share
    wanted = np.where(many, settings.votes, 1).astype(np.int64)
    known = nobody if gold is None else _answers(gold)
    candidates = Candidates(
        **columns,
        similarity=similarity,
        name=name,
        stratum=np.concatenate([number, nobody]),
        chance=np.concatenate([chance, nobody]),
        wanted=np.concatenate([wanted, np.ones_like(nobody)]),
        gold=np.concatenate([np.full(n, -1, dtype=np.int64), known]),
        features=pair_features(similarity, positions, features),
    )
    return candidates, strata


def _names(pairs: PairSet, source: Source, positions: Int64[np.ndarray, "n 2"]) -> np.ndarray:
    """The class that each pair stands for: its group, else its label, else the class of its first image, else ""."""
    group, label = pairs.column("group"), pairs.column("label")
    own = np.full(len(pairs), "", dtype=object)
    if source.labels is not None:
        own = np.array(source.label_names, dtype=object)[source.labels[positions[:, 0]]]
    columns = zip(group, label, own, strict=True)
    return np.array([next(x for x in row if x is not None) for row in columns], dtype=object)


def _answers(gold: PairSet) -> Int64[np.ndarray, " m"]:
    verdicts = gold.column("verdict")
    bad = [verdict for verdict in verdicts if verdict not in (Verdict.accept, Verdict.reject)]
    if bad:
        raise UserError(
            "each gold question needs its answer, accept or reject, in the column `verdict`",
            got=f"{len(bad)} without one, such as {bad[0]!r}",
        )
    return np.array([VERDICTS.index(Verdict(verdict)) for verdict in verdicts], dtype=np.int64)
