"""What the linear probe's fits with 45 penalties cost over scikit-learn's, and the losses that both reach."""

import time
import warnings

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from benchmarks.paired import Peer, Row, rows
from sempairs.core.devices import best_device
from sempairs.core.progress import quiet
from sempairs.encoders.extract import extract
from sempairs.encoders.opening import find_encoder
from sempairs.evaluation.linear_models.logistic import path
from sempairs.evaluation.linear_models.probe import GRID
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample

N, CLASSES, MAX_ITER = 6_000, 10, 1000
RUNS = 1  # theirs takes minutes, and the ratio is far from its aim
WIDTHS = (32, 128)  # of small-resnet with random weights: 128 and 512 features
AIM = 3.0

Losses = Float64[np.ndarray, " g"]


def measure() -> list[Row]:
    """Fits a second along the grid, on features of 6,000 Fashion-MNIST images."""
    source = sample(open_source({"name": "fashion-mnist", "split": "train"}), N)
    labels = source.need_labels("the benchmark")
    made = []
    for width in WIDTHS:
        with quiet():
            features = extract(find_encoder("small-resnet", {"width": width}, source), source, cache=None)
        made.append(compared(features, labels))
    return made


def compared(features: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> Row:
    """Both in turn, and how much the losses of theirs are above ours."""
    losses: dict[str, Losses] = {}

    def ours() -> float:
        began = time.perf_counter()
        losses["ours"] = fitted(features, labels)
        return time.perf_counter() - began

    def theirs() -> float:
        began = time.perf_counter()
        losses["theirs"] = scikit_learns(features, labels)
        return time.perf_counter() - began

    peer = Peer("scikit-learn", theirs, AIM)
    (row,) = rows(f"{len(GRID)} penalties, {N:,} x {features.shape[1]}", "fits", len(GRID), ours, [peer], RUNS)
    excess = losses["theirs"] / losses["ours"] - 1
    told = f"scikit-learn's L-BFGS, whose losses are {excess.min():+.0e} to {excess.max():+.0e} of ours above"
    return Row(**{**row.to_json(), "peer_name": told})


def fitted(features: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> Losses:
    """Our losses."""
    x, y = (torch.from_numpy(rows).to(best_device()) for rows in (features, labels))
    return np.array([float(fit.loss) for fit in path(x, y[None], CLASSES, GRID)])


def scikit_learns(features: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> Losses:
    """Theirs, by one fit after the other, each from the one before."""
    x = features.astype(np.float64)
    model = LogisticRegression(max_iter=MAX_ITER, warm_start=True)
    losses = []
    for penalty in GRID:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=1 / penalty).fit(x, labels)
        surprise = -model.predict_log_proba(x)[np.arange(len(x)), labels].sum()
        losses.append(surprise + penalty / 2 * (model.coef_**2).sum())
    return np.array(losses)
