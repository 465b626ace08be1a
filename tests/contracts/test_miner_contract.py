"""What every mining rule in the registry promises."""

import dataclasses
import inspect
import re
from unittest import mock

import faiss
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from made import made_source
from made_features import cosines, couples, features, random_values
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec, build, options_of, resolve
from sempairs.pairs import PairSet
from sempairs.pairs.mining import MINERS, Features, lists, mine

# Options under which each rule finds something in the small features below; a new rule needs none if its defaults do.
OPTIONS = {
    "nearest": {"k": 3},
    "mutual": {"k": 5},
    "band": {"low": 0.3, "high": 0.98, "k": 2},
    "margin": {"margin": 0.001, "k": 3},
    "shared": {"k": 6, "shared": 1},
    "cluster": {"clusters": 4},
    "agreement": {"k": 4},
}
SPECS = [Spec(name=name, options=OPTIONS.get(name, {})) for name in MINERS]
SPECS += [
    Spec(name="mutual", options={"k": 1, "rest": "nearest"}),
    Spec(name="shared", options={"k": 4, "shared": 2, "mutual": False}),
    Spec(name="cluster", options={"clusters": 10, "partner": "nearest"}),
]
# A cycle through a cluster cannot keep images apart, and says so in its own test.
ACROSS = [spec for spec in SPECS if spec.name != "cluster" or spec.options.get("partner") == "nearest"]
EACH = pytest.mark.parametrize("spec", SPECS, ids=str)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def found_in(spec, values):
    return build(MINERS, spec, features(values))


@EACH
@settings(max_examples=15, deadline=None)
@given(n=st.integers(20, 40), d=st.integers(2, 5), seed=st.integers(0, 10_000), grid=st.booleans())
def test_proposals_are_pairs_of_two_images_each_once_with_their_cosine(spec, n, d, seed, grid):
    values = random_values(n, d, seed, grid)
    try:
        found = found_in(spec, values)
    except UserError as error:  # a grid of few values may leave nothing to a rule, which has to say so
        if not re.search(r"no two images|no nearest neighbour|no image is among", error.problem):
            raise
        return
    assert ((found.left >= 0) & (found.left < n) & (found.right >= 0) & (found.right < n)).all()
    assert (found.left != found.right).all()
    assert len(set(couples(found))) == len(found.left) > 0
    assert (np.diff(found.left) >= 0).all()
    np.testing.assert_allclose(found.similarity, cosines(values)[found.left, found.right], rtol=0, atol=1e-6)
    assert all(isinstance(rule, str) for rule in found.rules)


def photographed(n):
    """A source with a patient and a camera for each image, both missing for some, and features of it."""
    camera, patient = (rng("made", name).integers(0, count, n) for name, count in (("camera", 2), ("patient", 3)))
    columns = {
        "camera": np.array([f"c{c}" if i % 11 else None for i, c in enumerate(camera)], dtype=object),
        "patient": np.array([f"p{p}" if i % 7 else None for i, p in enumerate(patient)], dtype=object),
    }
    source = dataclasses.replace(made_source(n), columns=columns)
    return source, Features(source.ids, random_values(n, 4, 6, False).astype(np.float32), "encoder hash")


def mined(spec, source, seen, **columns):
    return mine(source, seen, lambda given: build(MINERS, spec, given), spec, **columns)


@EACH
def test_within_a_column_each_group_is_mined_by_itself(spec):
    source, seen = photographed(120)
    pairs = mined(spec, source, seen, within="patient")
    alone = set()
    for patient in ("p0", "p1", "p2"):
        rows = np.flatnonzero(source.columns["patient"] == patient)
        found = build(MINERS, spec, seen.take(rows))
        alone |= set(zip(rows[found.left].tolist(), rows[found.right].tolist(), found.similarity.tolist(), strict=True))
    found = pairs.positions(source).tolist()
    assert {(a, b, s) for (a, b), s in zip(found, pairs.column("similarity").tolist(), strict=True)} == alone
    assert [a for a, _ in found] == sorted(a for a, _ in found)
    assert pairs.column("group").tolist() == [source.columns["patient"][a] for a, _ in found]


@pytest.mark.parametrize("large", [0, 256])
@pytest.mark.parametrize("spec", ACROSS, ids=str)
def test_across_a_column_no_pair_is_of_one_value_or_of_none(spec, large):
    source, seen = photographed(120)
    with mock.patch.object(lists, "LARGE", large):
        pairs = mined(spec, source, seen, across="camera")
    a, b = source.columns["camera"][pairs.positions(source)].T
    assert len(pairs) >= 10  # each rule finds more with these options
    assert all(one and other and one != other for one, other in zip(a, b, strict=True))
    assert mined(spec, source, seen, across="camera").hash == pairs.hash


@pytest.mark.parametrize("spec", ACROSS, ids=str)
def test_keeping_nobody_apart_changes_nothing(spec):
    seen = features(random_values(60, 4, 7, False))
    alone = seen.keep_apart(np.arange(60)).keep_apart(np.full(60, -1))  # groups of one; no group at all
    assert couples(build(MINERS, spec, alone)) == couples(build(MINERS, spec, seen))


@EACH
def test_grouped_pair_sets_are_the_same_bytes_for_any_number_of_threads(spec, tmp_path):
    source, seen = photographed(300)
    before, files = faiss.omp_get_max_threads(), []
    columns = {"within": "patient"} | ({"across": "camera"} if spec in ACROSS else {})
    try:
        for threads in (1, 2):
            faiss.omp_set_num_threads(threads)
            mined(spec, source, seen, **columns).save(tmp_path / "pairs.parquet")
            files.append((tmp_path / "pairs.parquet").read_bytes())
    finally:
        faiss.omp_set_num_threads(before)
    assert files[0] == files[1]


@EACH
def test_the_same_pairs_for_any_number_of_threads(spec):
    values = random_values(300, 16, 0, False)
    before = faiss.omp_get_max_threads(), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            faiss.omp_set_num_threads(threads)
            torch.set_num_threads(threads)
            found = found_in(spec, values)
            results.append((couples(found), found.similarity.tolist()))
    finally:
        faiss.omp_set_num_threads(before[0])
        torch.set_num_threads(before[1])
    assert results[0] == results[1] == results[2]


# Not clusters: they grow from images drawn by position.
@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.name != "cluster"], ids=str)
def test_permuting_the_images_permutes_the_pairs(spec):
    values = random_values(80, 6, 1, False)
    similarity = cosines(values)
    assert all(len(set(row)) == 80 for row in similarity + 2 * np.eye(80))  # no ties, which go by position
    order = np.random.default_rng(0).permutation(80)
    plain = set(couples(found_in(spec, values)))
    permuted = {(int(order[i]), int(order[j])) for i, j in couples(found_in(spec, values[order]))}
    assert permuted == plain


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.name != "cluster"], ids=str)
def test_permuting_the_images_permutes_the_pairs_within_and_across(spec):
    source, seen = photographed(120)
    order = np.random.default_rng(0).permutation(120)
    plain = mined(spec, source, seen, within="patient", across="camera")
    permuted = mined(spec, source.take(order), seen.take(order), within="patient", across="camera")
    assert set(permuted.column("pair_id")) == set(plain.column("pair_id"))


@EACH
def test_the_length_of_features_does_not_matter(spec):
    values = random_values(60, 4, 2, False)
    lengths = 2.0 ** np.random.default_rng(0).integers(-20, 20, (60, 1))  # exact in float32
    assert couples(found_in(spec, values)) == couples(found_in(spec, values * lengths))


@EACH
def test_copies_are_pairs_like_any_other(spec):
    # Every image twice, the copies 30 places apart.
    values = np.tile(random_values(30, 4, 3, False), (2, 1))
    found = found_in(spec, values)
    assert (found.left != found.right).all()
    is_copy = np.abs(found.right - found.left) == 30
    if spec.name == "band":  # its upper bound is there to keep them out
        assert not is_copy.any()
    assert (found.similarity[is_copy] == 1).all()


@EACH
@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_features_without_direction_are_an_error(spec, bad):
    values = random_values(40, 4, 4, False)
    values[[3, 17]] = bad
    with pytest.raises(UserError, match="2 of 40 rows"):
        found_in(spec, values)


@EACH
def test_two_images_are_enough_or_the_error_says_why(spec):
    try:
        found = found_in(spec, np.array([[1.0, 0.0], [1.0, 0.1]]))
    except UserError:
        return
    assert set(couples(found)) <= {(0, 1), (1, 0)}


@EACH
def test_mined_pairs_are_a_pair_set_with_a_hash_that_stays(spec, tmp_path):
    source = made_source(60)
    values = random_values(60, 4, 5, False).astype(np.float32)
    resolved = resolve(MINERS, spec)

    def made():
        seen = Features(source.ids, values.copy(), "encoder hash")
        return mine(source, seen, lambda given: build(MINERS, resolved, given), resolved)

    pairs = made()
    assert made().hash == pairs.hash
    pairs.save(tmp_path / "pairs.parquet")
    loaded = PairSet.load(tmp_path / "pairs.parquet")
    assert loaded.hash == pairs.hash
    assert (loaded.origin.rule, loaded.origin.encoder) == (resolved, "encoder hash")
    assert np.isfinite(loaded.column("similarity").astype(float)).all()
    assert loaded.positions(source).tolist() == [list(pair) for pair in couples(found_in(spec, values))]


@pytest.mark.parametrize("name", list(MINERS))
def test_a_rule_explains_itself(name):
    member = MINERS[name]
    text = inspect.getdoc(member)
    assert text.splitlines()[0].endswith(".")
    assert "Raises" in text
    for option in options_of(member):
        assert re.search(rf"^{option}: ", text, re.MULTILINE), f"{name} does not say what {option} is"
