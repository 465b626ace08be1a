import numpy as np
import pytest
from scipy.optimize import minimize

from sempairs.core.seeds import rng
from sempairs.review.model import FREE, SPREAD, Model, accept_probability, fit


def votes(n: int = 80, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = rng("review model")
    features = random.normal(size=(n, d)).astype(np.float32)
    return features, random.random(n) < accept_probability(1.5 * features[:, 1].astype(np.float64) + 1)


def test_the_weights_are_the_minimum_of_the_formula():
    features, accepted = votes()
    x = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    centre, spread = np.array([1.0, 0, 0, 0, 0]), np.array([SPREAD] * 4 + [FREE])

    def loss(w: np.ndarray) -> float:
        y = np.where(accepted, 1, -1)
        return float(np.log1p(np.exp(-y * (x @ w))).sum() + (((w - centre) / spread) ** 2).sum() / 2)

    expected = minimize(loss, centre, tol=1e-12).x
    assert fit(features, accepted).weights == pytest.approx(expected, abs=1e-5)


def test_before_anything_is_judged_the_order_is_that_of_similarity():
    features = votes()[0]
    model = fit(features[:0], np.zeros(0, dtype=bool))
    assert model.weights == (1, 0, 0, 0, 0)
    assert model.score(features) == pytest.approx(features[:, 0], abs=1e-4)  # rounded to four decimals


@pytest.mark.parametrize("verdict", [True, False])
def test_votes_that_are_all_the_same_and_separable_ones_give_finite_weights(verdict):
    features, _ = votes()
    for accepted in (np.full(80, verdict), features[:, 1] > 0):
        assert np.isfinite(fit(features, accepted).weights).all()


def test_a_model_is_named_by_its_weights_and_comes_back_as_it_was():
    features, accepted = votes()
    model = fit(features, accepted)
    back = Model.from_json(model.to_json())
    assert back == model
    assert back.hash == model.hash == fit(features, accepted).hash
    assert fit(features[:-1], accepted[:-1]).hash != model.hash
    assert (back.score(features) == model.score(features)).all()


def test_probabilities_do_not_overflow():
    assert accept_probability(np.array([-1e6, 0.0, 1e6])).tolist() == [0, 0.5, 1]
