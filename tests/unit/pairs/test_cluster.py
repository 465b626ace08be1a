import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import cosines, couples, features, random_values
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.neighbours import spherical_kmeans
from sempairs.pairs.mining.cluster import ROUNDS, cluster


def slow_kmeans(values, clusters, seed):
    """Lloyd's algorithm on the sphere, image by image, in float64; centres rounded to float32 as the package does."""
    unit = values.astype(np.float32).astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    centres = [unit[i] for i in rng("cluster centres", seed).permutation(len(values))[:clusters]]
    member = None
    for _ in range(ROUNDS):
        before, member = member, []
        for row in unit:
            seen = [c.astype(np.float32).astype(np.float64) for c in centres]
            scores = [round(float(row @ c) / float(np.linalg.norm(c)), 6) for c in seen]
            member.append(scores.index(max(scores)))
        if member == before:
            break
        for number in range(clusters):
            total = sum((unit[i] for i in range(len(unit)) if member[i] == number), start=np.zeros(unit.shape[1]))
            if np.linalg.norm(total) > 1e-9:
                centres[number] = total / np.linalg.norm(total)
    return member


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 30),
    d=st.integers(2, 5),
    clusters=st.integers(1, 6),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
)
def test_clusters_are_those_of_lloyds_algorithm(n, d, clusters, seed, grid):
    clusters = min(clusters, n // 2)
    values = random_values(n, d, seed, grid).astype(np.float32)
    assert spherical_kmeans(values, clusters, seed, ROUNDS)[0].tolist() == slow_kmeans(values, clusters, seed)


def blobs(seed=0):
    """Two tight groups on opposite sides of the sphere, taking turns."""
    side = np.where(np.arange(40) % 2, -1.0, 1.0)[:, None]
    return side * np.array([[1.0, 0.0, 0.0]]) + 0.1 * rng("blobs", seed).normal(size=(40, 3))


@pytest.mark.parametrize("seed", range(5))
def test_two_groups_are_two_clusters(seed):
    found = cluster(features(blobs()), clusters=2, seed=seed)
    assert found.left.tolist() == list(range(40))
    assert ((found.right - found.left) % 2 == 0).all()


def test_a_cycle_uses_each_image_once_on_each_side_and_visits_the_whole_cluster():
    found = cluster(features(blobs()), clusters=1, seed=3)
    partner = dict(couples(found))
    assert sorted(partner.values()) == list(range(40))
    seen, image = [], 0
    while image not in seen:
        seen.append(image)
        image = partner[image]
    assert len(seen) == 40


def test_the_nearest_of_the_cluster_is_the_nearest_of_the_cluster():
    values = blobs()
    found = cluster(features(values), clusters=2, partner="nearest")
    similarity = cosines(values)
    similarity[np.arange(40)[:, None] % 2 != np.arange(40) % 2] = -np.inf
    np.fill_diagonal(similarity, -np.inf)
    assert found.right.tolist() == similarity.argmax(axis=1).tolist()


def test_copies_and_clusters_that_lose_their_images():
    # All images are one: the first centre takes them all, the second stays empty.
    same = features(np.ones((6, 3)))
    assert spherical_kmeans(same.values, 2, 0, ROUNDS)[0].tolist() == [0] * 6
    assert couples(cluster(same, clusters=2, partner="nearest")) == [(0, 1), *((i, 0) for i in range(1, 6))]


def test_images_that_cancel_out_keep_their_centre():
    opposite = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    assert couples(cluster(features(opposite), clusters=1)) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("clusters", [0, 4, 10])
def test_too_many_clusters_are_refused(clusters):
    with pytest.raises(UserError, match="half the number of images"):
        cluster(features(random_values(7, 2, 0, False)), clusters=clusters)


def test_the_seed_decides():
    values = features(random_values(60, 4, 1, False))
    one, same, other = (couples(cluster(values, clusters=8, seed=seed)) for seed in (1, 1, 2))
    assert one == same != other
