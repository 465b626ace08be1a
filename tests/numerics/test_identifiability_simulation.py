"""The simulation of von Kügelgen et al.: its parts against closed forms, a short run of it, and what was committed."""

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from sempairs.core.progress import quiet

STUDY = Path(__file__).parents[2] / "studies" / "identifiability_simulation.py"
spec = importlib.util.spec_from_file_location("identifiability_simulation", STUDY)
study = importlib.util.module_from_spec(spec)
spec.loader.exec_module(study)
D = study.D


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def drawn(law, n=200_000):
    return [part.double().numpy() for part in study.Latents(law, 0).draw(n, torch.Generator().manual_seed(0))]


def test_independent_latents_are_standard_normal_and_every_style_changes():
    c, s, changed = drawn("independent")
    # 200,000 draws: a covariance is within .02 of its own, eight standard errors.
    assert np.cov(np.concatenate([c, s], axis=1).T) == pytest.approx(np.eye(2 * D), abs=0.02)
    assert np.cov((changed - s).T) == pytest.approx(np.eye(D), abs=0.02)


def test_statistical_dependence_is_within_content_and_within_style():
    c, s, _ = drawn("statistical")
    together = np.cov(np.concatenate([c, s], axis=1).T)
    latents = study.Latents("statistical", 0)
    assert together[:D, :D] == pytest.approx((latents.content.T @ latents.content).numpy(), abs=0.1)
    assert together[:D, D:] == pytest.approx(np.zeros((D, D)), abs=0.05)
    assert abs(together[:D, :D] - np.diag(np.diag(together[:D, :D]))).max() > 0.2


def test_content_causes_style():
    c, s, _ = drawn("causal")
    latents = study.Latents("causal", 0)
    regression = np.linalg.lstsq(np.c_[np.ones(len(c)), c], s, rcond=None)[0]
    assert regression == pytest.approx(np.vstack([latents.offset, latents.effect]), abs=0.02)


def test_mixing_can_be_inverted():
    mix = study.mixing(0, candidates=200)
    z = torch.randn(50, 2 * D, generator=torch.Generator().manual_seed(0))
    back = mix(z)
    for layer in reversed(mix):
        if isinstance(layer, torch.nn.Linear):
            back = torch.linalg.solve(layer.weight, back.T).T
            assert layer.weight.norm(dim=0) == pytest.approx(torch.ones(2 * D))
        else:
            back = torch.where(back >= 0, back, back / 0.2)
    assert back.numpy() == pytest.approx(z.numpy(), abs=1e-4)


def test_the_loss_by_a_loop():
    one, other = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    apart = [[float(((a - b) ** 2).sum()) for b in other] for a in one]
    rows = [apart[i][i] + math.log(sum(math.exp(-d) for d in apart[i])) for i in range(6)]
    columns = [apart[i][i] + math.log(sum(math.exp(-apart[k][i]) for k in range(6))) for i in range(6)]
    assert study.euclidean_info_nce(one, other).item() == pytest.approx((sum(rows) + sum(columns)) / 12)


def test_the_loss_of_equal_rows_is_the_logarithm_of_their_number():
    assert study.euclidean_info_nce(torch.ones(8, 3), torch.ones(8, 3)).item() == pytest.approx(math.log(8))


def test_a_short_run_already_prefers_content():
    # A tenth of the steps in batches of a quarter: measured content R2 .65, style R2 .28.
    found = study.simulate("independent", 0, steps=800, batch=128, candidates=500, rows=500)
    assert found["content R2"] > found["style R2"] + 0.3


def test_the_committed_results_are_the_papers():
    lines = [json.loads(line) for line in STUDY.with_suffix(".jsonl").read_text().splitlines()]
    assert {line["law"] for line in lines} == {"independent", "statistical", "causal"}
    for line in lines:
        found = line["scores"]
        assert found["content R2"] >= 0.98
        if line["law"] == "independent":
            assert found["style R2"] <= 0.05
        if line["law"] == "causal":  # as much as content itself tells of style
            assert found["style R2"] == pytest.approx(found["style R2 from content"], abs=0.05)
            assert found["style R2"] == pytest.approx(0.8, abs=0.1)
