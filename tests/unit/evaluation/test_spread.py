"""Alignment, uniformity, class separation and hubness against their definitions and against closed forms."""

import itertools

import numpy as np
import pytest
from scipy.special import hyp0f1
from scipy.stats import skew

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.spread import alignment, class_separation, hubness, uniformity


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def on_sphere(n, d, seed=0):
    rows = rng("sphere", seed).normal(size=(n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


UNIT, CLASSES = on_sphere(30, 4), np.arange(30) % 3
PARTS = pytest.mark.parametrize("kept", [np.arange(30), np.arange(30)[np.arange(30) % 4 > 0]])  # all, and without some


@PARTS
def test_alignment_by_a_loop(kept):
    pairs = [(i, j) for i, j in itertools.combinations(kept, 2) if CLASSES[i] == CLASSES[j]]
    slow = np.mean([((UNIT[i] - UNIT[j]) ** 2).sum() for i, j in pairs])
    assert alignment(UNIT, CLASSES)(kept) == pytest.approx(slow, rel=1e-12)


@PARTS
def test_uniformity_by_a_loop(kept):
    slow = np.mean([np.exp(-2 * ((UNIT[i] - UNIT[j]) ** 2).sum()) for i, j in itertools.combinations(kept, 2)])
    assert uniformity(UNIT)(kept) == pytest.approx(np.log(slow), rel=1e-12)


@PARTS
def test_class_separation_by_a_loop(kept):
    # Kornblith et al.: 1 - (1/K Σ_k mean over k's pairs) / (1/K² Σ_jk mean over pairs of j and k), an image with itself
    # counted, of cosine distances.
    def mean(a, b):
        return np.mean([1 - UNIT[i] @ UNIT[j] for i in kept[CLASSES[kept] == a] for j in kept[CLASSES[kept] == b]])

    within = np.mean([mean(k, k) for k in range(3)])
    total = np.mean([mean(j, k) for j in range(3) for k in range(3)])
    assert class_separation(UNIT, CLASSES)(kept) == pytest.approx(1 - within / total, rel=1e-10)


@PARTS
def test_hubness_by_sorting_and_scipy(kept):
    similarity = UNIT[kept] @ UNIT[kept].T
    np.fill_diagonal(similarity, -np.inf)
    counts = np.bincount(np.argsort(-similarity, axis=1)[:, :4].ravel(), minlength=len(kept))
    assert hubness(UNIT.astype(np.float32), 4)(kept) == pytest.approx(skew(counts), rel=1e-9)


@pytest.mark.parametrize("d", [3, 10, 128])
def test_features_uniform_on_the_sphere_have_the_uniformity_of_theory(d):
    # Wang & Isola, appendix: E exp(-t |x - y|²) = exp(-2t) 0F1(d/2; t²), with t = 2. Of 3,000 rows the mean over pairs
    # is within 1% (10 runs: at most 0.4%).
    theory = -4 + np.log(hyp0f1(d / 2, 4.0))
    assert uniformity(on_sphere(3000, d))(np.arange(3000)) == pytest.approx(theory, abs=0.01)


def test_theory_tends_to_minus_four():
    # As dimensions grow, two random directions are orthogonal: |x - y|² = 2.
    assert -4 + np.log(hyp0f1(10**6 / 2, 4.0)) == pytest.approx(-4, abs=1e-4)


def test_equal_features_have_no_distance_and_no_separation():
    unit, everyone = np.tile(on_sphere(1, 4), (30, 1)), np.arange(30)
    assert alignment(unit, CLASSES)(everyone) == pytest.approx(0, abs=1e-12)
    assert uniformity(unit)(everyone) == pytest.approx(0, abs=1e-12)
    assert class_separation(unit, CLASSES)(everyone) == 0


def test_classes_that_are_points_are_aligned_and_separate():
    unit, everyone = np.eye(3)[CLASSES], np.arange(30)
    assert alignment(unit, CLASSES)(everyone) == pytest.approx(0, abs=1e-12)
    assert class_separation(unit, CLASSES)(everyone) == pytest.approx(1, abs=1e-12)
    # 435 pairs, 3 · 45 of one class at distance 0 and 300 at squared distance 2.
    assert uniformity(unit)(everyone) == pytest.approx(np.log((135 + 300 * np.exp(-4)) / 435), rel=1e-12)


def test_a_hub_is_seen():
    # On a circle every image is near as many as any other: no skew. One image in the middle of all others is near all.
    angles = 2 * np.pi * np.arange(40) / 40
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert hubness(circle, 2)(np.arange(40)) == 0
    star = np.concatenate([np.eye(40, dtype=np.float32), np.ones((1, 40), np.float32)])
    # Of 41 images one is nearest to 40. Its own nearest, and so the one other count, is the first.
    counts = np.array([1, *[0] * 39, 40])
    assert hubness(star, 1)(np.arange(41)) == pytest.approx(skew(counts), rel=1e-9)
