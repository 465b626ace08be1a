"""A small model of what people accept: logistic regression that starts from "the more similar, the better".

w minimises Σ_i log(1 + exp(-y_i w·x_i)) + |w - w0|² / (2 s²), with y_i = ±1 and w0 = 1 for the similarity, 0 otherwise:
the most probable weights under a normal prior. Before anything is judged the order is that of similarity.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64

from sempairs.core.files import hash_of

SPREAD = 0.25  # s, of each weight; that of the intercept is 5
FREE = 5.0
STEPS = 50  # of Newton's method; it needs fewer than ten
DECIMALS, DIGITS = 9, 4  # of the weights, and of scores


@dataclass(frozen=True)
class Model:
    """Weights of the columns of the candidates' features, and the intercept last.

    Parameters
    ----------
    judged: how many votes it learned from.
    """

    weights: tuple[float, ...]
    judged: int

    def score(self, features: Float32[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
        """The log-odds of being accepted, rounded: the last bits are up to the library that multiplies."""
        weights = np.array(self.weights, dtype=np.float32)
        scores: Float64[np.ndarray, " n"] = np.round((features @ weights[:-1] + weights[-1]).astype(np.float64), DIGITS)
        return scores

    @property
    def hash(self) -> str:
        """Its name: 16 hexadecimal digits."""
        return hash_of(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"weights": list(self.weights), "judged": self.judged}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Model":
        """The inverse of `to_json`."""
        return cls(tuple(value["weights"]), value["judged"])


def fit(features: Float32[np.ndarray, "n d"], accepted: Bool[np.ndarray, " n"]) -> Model:
    """The model of these votes; they may be none, or all the same.

    Parameters
    ----------
    features: of the pair that each vote is on; the first column is the similarity.
    accepted: whether the vote was "accept".
    """
    n, d = features.shape
    x = np.column_stack([features.astype(np.float64), np.ones(n)])
    start = np.zeros(d + 1)
    start[0] = 1.0
    precision = np.full(d + 1, SPREAD**-2)
    precision[-1] = FREE**-2
    w = start.copy()
    for _ in range(STEPS):
        p = accept_probability(x @ w)
        gradient = x.T @ (p - accepted) + precision * (w - start)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        w = w - step / max(1.0, float(np.abs(step).max()))  # a longer one may lead too far
        if np.abs(step).max() < 1e-10:
            break
    return Model(tuple(np.round(w, DECIMALS).tolist()), n)


def accept_probability(score: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """From log-odds to probability, without overflow."""
    p: Float64[np.ndarray, " n"] = 0.5 * (1 + np.tanh(score / 2))
    return p
