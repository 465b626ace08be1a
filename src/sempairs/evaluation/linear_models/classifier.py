"""A linear classifier for evaluations that ask something else than how well one can be fitted.

Features are standardised by the training images; multinomial logistic regression minimises Σ_i cross-entropy + λ/2 |W|²
by L-BFGS (scikit-learn), with λ the best of a few on a fifth of the training images, then fitted again on all.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sempairs.evaluation.subsets import held_out

PENALTIES = (1000.0, 100.0, 10.0, 1.0, 0.1)  # from strong to weak; of equally good ones the first is taken
MOST_ITERATIONS = 1000


@dataclass(frozen=True)
class Classifier:
    """What `learn` found.

    Parameters
    ----------
    protocol: how, for the protocol of a score.
    """

    fitted: Pipeline
    protocol: str

    def __call__(self, features: Float32[np.ndarray, "n d"]) -> Int64[np.ndarray, " n"]:
        """The class of each row."""
        return np.asarray(self.fitted.predict(features))


def learn(features: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], seed: int) -> Classifier:
    """Fit the classifier.

    Parameters
    ----------
    seed: names the fifth that chooses λ.
    """
    chooses = held_out(labels, seed)
    with threadpool_limits(1, "blas"):  # the products are small: threads would wait for each other
        fits = [_fit(features[~chooses], labels[~chooses], penalty) for penalty in PENALTIES]
        right = [int((fit.predict(features[chooses]) == labels[chooses]).sum()) for fit in fits]
        best = PENALTIES[int(np.argmax(right))]
        fitted = _fit(features, labels, best)
    protocol = (
        f"logistic regression on standardised features of {len(labels):,} clean training images, λ = {best:g} of "
        f"{', '.join(f'{penalty:g}' for penalty in PENALTIES)} by a fifth of them"
    )
    if fitted[-1].n_iter_.max() >= MOST_ITERATIONS:
        protocol += f"; warning: the fit did not converge in {MOST_ITERATIONS} iterations"
    return Classifier(fitted, protocol)


def _fit(features: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], penalty: float) -> Pipeline:
    regression = LogisticRegression(C=1 / penalty, max_iter=MOST_ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # which the protocol says
        return make_pipeline(StandardScaler(), regression).fit(features.astype(np.float64), labels)
