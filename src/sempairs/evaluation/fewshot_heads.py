"""What answers the queries of few-shot episodes, many episodes at once, from the features of their support images.

**Source**: `centroid`: Snell, Swersky, Zemel, NeurIPS 2017, arXiv 1703.05175: the nearest class mean. `logistic`: Tian,
Wang, Krishnan, Tenenbaum, Isola, Rethinking few-shot image classification: a good embedding is all you need?, ECCV
2020, arXiv 2003.11539: multinomial logistic regression on features of length 1, λ = 1 on the summed loss. `weighted`:
after the abstract of Han et al., Not all instances contribute equally, 2024, arXiv 2209.03034: a class is the weighted
mean of its support images, with weights that are learnt.
**Departure**: their weights come from a network trained on base classes, of which there are none here. These are learnt
in each episode, from its support alone: see `learnt_weights`.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64, Int64

from sempairs.core.devices import best_device
from sempairs.evaluation.linear_models.logistic import fit

PENALTY = 1.0
TOLERANCE = 1e-12  # of the loss: logits then end within about 1e-6 of the minimum's, so that no query is decided by it
# Of the probabilities in `learnt_weights`; features of length 1 are at squared distances of 0 to 4. It and the root
# there were tried on two Fashion-MNIST encoders: sharper weights help more where labels are wrong, harm more elsewhere.
SHARPNESS = 5.0
ROUNDS = 10

Support = Float64[np.ndarray, "e w s d"]
Queries = Float64[np.ndarray, "e w q d"]
Answers = Int64[np.ndarray, "e w q"]


def centroid(support: Support, queries: Queries) -> Answers:
    """The class whose support images have the nearest mean."""
    return nearest(support.mean(axis=2), queries)


def logistic(support: Support, queries: Queries) -> Answers:
    """The most likely class by a logistic regression fitted to the support of each episode."""
    e, w, s, d = support.shape
    x, asked = (torch.from_numpy(rows.reshape(e, -1, d)).to(best_device()) for rows in (support, queries))
    classes = torch.arange(w, device=x.device).repeat_interleave(s).expand(e, -1)
    penalties = torch.full((e,), PENALTY, dtype=x.dtype, device=x.device)
    logits = fit(x, classes, w, penalties, tolerance=TOLERANCE).logits(asked)
    answers: Answers = logits.cpu().numpy().round(9).argmax(axis=2).reshape(e, w, -1)
    return answers


def weighted(support: Support, queries: Queries) -> Answers:
    """The class whose support images have the nearest weighted mean."""
    return nearest(np.einsum("ews,ewsd->ewd", learnt_weights(support), support), queries)


HEADS: dict[str, Callable[[Support, Queries], Answers]] = {
    "centroid": centroid,
    "logistic": logistic,
    "weighted": weighted,
}


def nearest(prototypes: Float64[np.ndarray, "e w d"], queries: Queries) -> Answers:
    """The class of the nearest prototype; of equal distances the first class."""
    e, w, _, d = queries.shape
    rows = queries.reshape(e, -1, d)
    # |q - c|² without |q|², which is the same for every prototype; rounded, because equal distances would otherwise
    # be told apart by the last digit of a matrix product.
    distances = (prototypes**2).sum(axis=2)[:, None] - 2 * rows @ prototypes.transpose(0, 2, 1)
    answers: Answers = distances.round(9).argmin(axis=2).reshape(e, w, -1)
    return answers


def learnt_weights(support: Support) -> Float64[np.ndarray, "e w s"]:
    """How much each support image counts for its class: the more, the better the others of its class explain it.

    With c the weighted mean of each class, that of x_i's own class taken without x_i,

        weight of x_i  ∝  √p_i,    p_i = its class's share of the softmax over classes of -SHARPNESS |x_i - c|²

    starting from equal weights, `ROUNDS` times. A mislabelled image lies nearer to another class than to the rest of
    its own, and counts less each time; the root keeps what is merely unusual. The weights of a class sum to 1. That of
    a single shot is 1; two are told apart by the other classes alone.
    """
    e, w, s, _ = support.shape
    weights = np.full((e, w, s), 1 / s)
    if s == 1:
        return weights
    own = np.arange(w)
    others = ~np.eye(s, dtype=bool)
    for _ in range(ROUNDS):
        means = np.einsum("ews,ewsd->ewd", weights, support)
        # |x - c|² without |x|², as in `nearest`.
        distances = (means**2).sum(axis=2)[:, None, None] - 2 * np.einsum("ewsd,evd->ewsv", support, means)
        of_others = weights[:, :, None] * others
        without = of_others / of_others.sum(axis=3, keepdims=True) @ support
        distances[:, own, :, own] = (without**2 - 2 * support * without).sum(axis=3).swapaxes(0, 1)
        odds = np.exp(-SHARPNESS * (distances - distances.min(axis=3, keepdims=True)))
        likely = (odds / odds.sum(axis=3, keepdims=True))[:, own, :, own].swapaxes(0, 1)
        weights = np.sqrt(likely)
        weights /= weights.sum(axis=2, keepdims=True)
    return weights
