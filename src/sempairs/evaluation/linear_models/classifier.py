"""A linear classifier for evaluations that ask something else than how well one can be fitted.

Features are standardised by the training images; multinomial logistic regression minimises Σ_i cross-entropy + λ/2 |W|²
(`logistic`), with λ the best of a few on a fifth of the training images, then fitted again on all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from sempairs.core.devices import best_device
from sempairs.evaluation.linear_models import logistic
from sempairs.evaluation.subsets import held_out

PENALTIES = (1000.0, 100.0, 10.0, 1.0, 0.1)  # from strong to weak; of equally good ones the first is taken


@dataclass(frozen=True, eq=False)
class Classifier:
    """What `learn` found.

    Parameters
    ----------
    centre, scale: what features are standardised by.
    names: the class numbers, in the order of the fit's columns.
    protocol: how, for the protocol of a score.
    """

    fitted: logistic.Fit
    centre: Float64[np.ndarray, " d"]
    scale: Float64[np.ndarray, " d"]
    names: Int64[np.ndarray, " c"]
    protocol: str

    def __call__(self, features: Float32[np.ndarray, "n d"]) -> Int64[np.ndarray, " n"]:
        """The class of each row; of equal ones the smallest."""
        logits = self.fitted.logits(_standardised(features, self.centre, self.scale))[0]
        answers: Int64[np.ndarray, " n"] = self.names[logits.argmax(dim=1).cpu().numpy()]
        return answers


def learn(
    features: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, " n"],
    seed: int,
    penalties: Sequence[float] = PENALTIES,
) -> Classifier:
    """Fit the classifier.

    Parameters
    ----------
    seed: names the fifth that chooses λ.
    penalties: λ to choose from, the strongest first; nothing is held out to choose from one.
    """
    centre, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale = np.where(scale > 0, scale, 1.0)
    names, classes = np.unique(labels, return_inverse=True)
    x, y = _standardised(features, centre, scale), torch.from_numpy(classes)[None].to(best_device())
    best = penalties[0]
    if len(penalties) > 1:
        chooses = torch.from_numpy(held_out(labels, seed)).to(x.device)
        fits = logistic.path(x[~chooses], y[:, ~chooses], len(names), penalties)
        right = [int((fit.logits(x[chooses])[0].argmax(dim=1) == y[0, chooses]).sum()) for fit in fits]
        best = penalties[int(np.argmax(right))]
    fitted = logistic.fit(x, y, len(names), torch.tensor([best], dtype=torch.float64, device=x.device))
    among = f" of {', '.join(f'{penalty:g}' for penalty in penalties)} by a fifth of them" if len(penalties) > 1 else ""
    protocol = f"logistic regression on standardised features of {len(labels):,} training images, λ = {best:g}{among}"
    if not bool(fitted.converged.all()):
        protocol += f"; warning: the fit did not converge in {logistic.MAX_ITER} iterations"
    return Classifier(fitted, centre, scale, names, protocol)


def _standardised(
    features: Float32[np.ndarray, "n d"], centre: Float64[np.ndarray, " d"], scale: Float64[np.ndarray, " d"]
) -> Float64[Tensor, "n d"]:
    return torch.from_numpy((features - centre) / scale).to(best_device())
