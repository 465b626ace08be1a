"""Distances and supports of the solids, against what any distance and any support must be."""

import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.sources.shapes.solids import SOLIDS
from sempairs.sources.shapes.tracing import nearest_approach, normals


@pytest.fixture(params=list(SOLIDS))
def solid(request):
    return SOLIDS[request.param]


def points(count: int, name: str) -> np.ndarray:
    return rng("shapes test", name).uniform(-1.2, 1.2, (3, count)).astype(np.float32)


def directions(count: int) -> np.ndarray:
    made = rng("shapes test", "directions").normal(size=(3, count))
    return (made / np.linalg.norm(made, axis=0)).astype(np.float32)


def surface(solid, count: int) -> np.ndarray:
    """Points on the surface: where rays towards the centre meet it, and where others do."""
    towards, aside = directions(count), points(count, "aside") * 0.5
    origin = aside - (aside * towards).sum(axis=0) * towards
    found, gap = nearest_approach(solid.distance, origin, towards)
    return found[:, gap < 1e-4]


def test_a_distance_is_one_to_the_nearest_point_of_the_surface(solid):
    """Slow reference: the nearest of many points on the surface; their own spacing is the error."""
    skin = surface(solid, 40_000)
    outside = points(300, "outside")
    distance = solid.distance(*outside)
    outside, distance = outside[:, distance > 0], distance[distance > 0]
    nearest = np.sqrt(((outside[:, :, None] - skin[:, None, :]) ** 2).sum(axis=0)).min(axis=1)
    assert (nearest > distance - 1e-3).all()
    assert np.quantile(nearest - distance, 0.95) < 0.03


def test_a_distance_changes_by_as_much_as_the_point_moves_at_most(solid):
    one, other = points(5000, "one"), points(5000, "other")
    other = one + 0.1 * other
    change = np.abs(solid.distance(*one) - solid.distance(*other))
    assert (change <= np.linalg.norm(one - other, axis=0) + 1e-5).all()


def test_the_support_is_the_reach_of_the_surface(solid):
    skin, towards = surface(solid, 40_000), directions(50)
    reach = (skin[:, :, None] * towards[:, None, :]).sum(axis=0).max(axis=0)
    support = solid.support(*towards)
    assert (reach < support + 1e-3).all()
    assert (support - reach).max() < 0.03  # the spacing of the points
    assert (support < 1).all()


def test_the_normals_of_a_sphere_point_outwards():
    skin = surface(SOLIDS["sphere"], 500)
    np.testing.assert_allclose(normals(SOLIDS["sphere"].distance, skin), skin / 0.82, atol=0.004 / 0.82)  # step, radius
