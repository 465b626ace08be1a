"""What some hundred human judgements add to mined pairs: people judge proposals, a model learns from them, each image
gets one partner.

The people are simulated: they know the labels, err at known rates, and nobody else sees a label. Everything they see is
the review's own: its order, its store, its model (`sempairs.review`).
"""

import contextlib
import dataclasses
import tempfile
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped

from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.mining import Features
from sempairs.pairs.operations import some_each
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import VERDICTS, Verdict
from sempairs.review.model import accept_probability, fit
from sempairs.review.outcome import UNJUDGED
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.review.simulated import Annotator, simulate
from sempairs.sources.base import Source

ACCEPT = VERDICTS.index(Verdict.accept)


@dataclass(frozen=True, eq=False)
class Curated:
    """Curated pairs, and what the labels say of them.

    Parameters
    ----------
    pairs: one for each image; the column `rule` says whether a simulated person accepted it ("judged"), the model chose
        it ("modelled"), or the image keeps itself ("identity").
    judged, accepted: how many judgements were made, and how many of them were "accept".
    partners: how many images have another image as partner.
    purity_before: share of right pairs if each image gets its most similar proposal.
    purity_after: share of right ones among the pairs of two images; NaN if there is none.
    """

    pairs: PairSet
    judged: int
    accepted: int
    partners: int
    purity_before: float
    purity_after: float


def curated(
    pool: Source,
    proposals: PairSet,
    features: Features | None,
    *,
    judgements: int = 500,
    misses: float = 0.02,
    alarms: float = 0.02,
    least: float = 0.5,
    choose: Literal["best", "any"] = "best",
    of_each: int | None = None,
    seed: int = 0,
) -> Curated:
    """Each image of the pool with a partner that simulated people and the model learned from them think right.

    That is a proposal that was accepted, or one that nobody judged and the model finds right with a probability of
    `least` or more. What was rejected is never chosen. An image without such a proposal keeps itself, as (x, x).

    Parameters
    ----------
    proposals: pairs among the images of the pool, several for an image, which stands as `a`.
    features: of the images of the pool, for the order and the model; None for the proposals' similarity alone.
    judgements: how many are made.
    misses, alarms: share of the false pairs that are accepted, and of the right ones that are rejected.
    least: the smallest probability of a pair that nobody judged.
    choose: of several partners the "best": one that was accepted before one that was not, then the most probable, then
        the most similar; or "any", drawn by chance, so that pairs are less alike.
    of_each: so many proposals of each image, drawn by chance, come before people; None for all of them.

    Raises
    ------
    UserError: no labels, or images or features that do not belong together.
    """
    labels = pool.need_labels("a simulated curation")
    if of_each is not None:
        proposals = some_each(proposals, of_each, seed=seed)
    left, right = proposals.positions(pool).T
    similarity = proposals.column("similarity").astype(np.float64)
    truth = labels[left] == labels[right]

    # People see two images, not which was found from which: what is proposed both ways is judged once.
    couple = np.minimum(left, right) * len(pool) + np.maximum(left, right)
    _, once, back = np.unique(couple, return_index=True, return_inverse=True)
    blind = dataclasses.replace(pool, labels=None, label_names=())
    asked = PairSet.make(blind, left[once], right[once], proposals.origin.rule, similarity=similarity[once])
    verdict, probability = _judge(
        asked, blind, features, truth[once], judgements, Annotator(misses=misses, alarms=alarms), seed
    )
    accepted, unjudged, probability = (verdict == ACCEPT)[back], (verdict == UNJUDGED)[back], probability[back]

    rows = np.flatnonzero(accepted | (unjudged & (probability >= least)))
    if choose == "best":
        best = rows[_best_of_each(left[rows], accepted[rows], probability[rows], similarity[rows])]
    else:
        best = rows[_best_of_each(left[rows], rng("curated", seed).random(len(rows)))]
    partner, rule, score = np.arange(len(pool)), np.full(len(pool), "identity", object), np.full(len(pool), np.nan)
    partner[left[best]] = right[best]
    rule[left[best]] = np.where(accepted[best], "judged", "modelled")
    score[left[best]] = similarity[best]
    options: dict[str, Any] = {
        "judgements": judgements,
        "misses": misses,
        "alarms": alarms,
        "least": least,
        "seed": seed,
    }
    if choose != "best":  # sets that were made before there was a choice keep their hash
        options["choose"] = choose
    pairs = PairSet.make(
        pool, np.arange(len(pool)), partner, Spec(name="curated", options={"people": "simulated", **options}),
        row_rules=rule, similarity=score, encoder=proposals.origin.encoder, parents=(proposals.hash,),
    )  # fmt: skip
    return Curated(
        pairs=pairs,
        judged=int((verdict != UNJUDGED).sum()),
        accepted=int((verdict == ACCEPT).sum()),
        partners=len(best),
        purity_before=float(truth[_best_of_each(left, similarity)].mean()),
        purity_after=float(truth[best].mean()) if len(best) else float("nan"),
    )


def _judge(
    pairs: PairSet,
    blind: Source,
    features: Features | None,
    truth: Bool[np.ndarray, " n"],
    judgements: int,
    annotator: Annotator,
    seed: int,
) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """The verdict of each pair, and how probably it would be accepted, by a review that is thrown away afterwards.

    Parameters
    ----------
    blind: the images without labels, by which the review would order its queue.
    """
    # Every judgement is spent on a new pair: hidden questions and second looks would tell of the people, not the pairs.
    settings = ReviewSettings(gold=0.0, again=0.0, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/review.sqlite"
        made = Review.create(url, pairs, blind, name="curation", settings=settings, features=features)
        with contextlib.closing(made) as review:
            person = review.store.add_person("simulated", simulated=True)
            simulate(review, {person: annotator}, truth, judgements, seed=seed)
            seen, votes = review.candidates.features, review.store.judgements()
            model = fit(seen[votes.pair], votes.verdict == ACCEPT)
            return review.outcome().verdict, accept_probability(model.score(seen))


def _best_of_each(image: Int64[np.ndarray, " n"], *by: Shaped[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """For each image the row that is largest `by` the first of these, among equal ones by the next, then the first."""
    order = np.lexsort([*(-np.asarray(key, dtype=np.float64) for key in reversed(by)), image])
    _, first = np.unique(image[order], return_index=True)
    rows: Int64[np.ndarray, " m"] = order[first]
    return rows
