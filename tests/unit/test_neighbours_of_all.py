"""Everyone's neighbours: exact or by cells, here or in work units, always the same bytes."""

import sys
from unittest import mock

import faiss
import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.core.work import Work
from sempairs.neighbours import cells, everyone, nearest, neighbours_of_all, search
from sempairs.neighbours.cells import Cells


def classes(n: int, d: int = 16) -> np.ndarray:
    """Rows around n / 20 centres, with duplicates among them: ties are there to be broken."""
    random = rng("classes", n)
    centres = random.normal(size=(n // 20, d))
    rows = (centres[random.integers(0, len(centres), n)] + 0.3 * random.normal(size=(n, d))).astype(np.float32)
    rows[: n // 50] = rows[n // 2 : n // 2 + n // 50]
    return rows


def assert_same(got, wanted):
    np.testing.assert_array_equal(got[0], wanted[0])
    np.testing.assert_array_equal(got[1], wanted[1])


@pytest.fixture
def by_cells():
    with mock.patch.object(everyone, "EXACT_UP_TO", 100):
        yield


def test_with_every_cell_looked_at_the_answer_is_the_exact_one(by_cells):
    rows = classes(1500)
    apart = rng("apart").integers(-1, 40, (1500, 1))
    for options in ({}, {"at_most": 0.95}, {"apart": apart}):
        with mock.patch.object(cells, "PROBES", 10**6):
            got = neighbours_of_all(rows, 5, **options)
        assert_same(got, nearest(rows, rows, 5, exclude_self=True, **options))


def test_with_some_cells_each_answer_is_the_best_of_the_cells_of_its_query(by_cells):
    rows = classes(1000)
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    made = Cells.of(rows)
    home = np.empty(len(rows), int)
    home[made.order] = np.repeat(np.arange(len(made.centres)), np.diff(made.starts))
    with mock.patch.object(cells, "PROBES", 3):
        found, similarity = neighbours_of_all(rows, 4)
    # A slow reference: the three nearest centres, then every row whose home is one of them.
    centres = made.centres.astype(np.float64)
    to_centres = np.round(unit @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T, 6)
    for i in range(len(rows)):
        near = np.lexsort((np.arange(len(centres)), -to_centres[i]))[:3]
        others = [j for j in np.flatnonzero(np.isin(home, near)) if j != i]
        ranked = sorted((-np.round((unit[i] * unit[j]).sum(), 6), j) for j in others)[:4]
        assert found[i, : len(ranked)].tolist() == [j for _, j in ranked]
        np.testing.assert_allclose(similarity[i, : len(ranked)], [-score for score, _ in ranked], atol=1e-12)


def test_cells_are_the_same_for_any_threads_and_blocks(by_cells):
    rows = classes(2000)
    wanted = neighbours_of_all(rows, 5)
    before = faiss.omp_get_max_threads()
    for threads, block in ((1, 300), (2, 2**16)):
        faiss.omp_set_num_threads(threads)
        with mock.patch.object(cells, "BLOCK", block), mock.patch.object(search, "BLOCK_BYTES", 40 * 9 * block):
            assert_same(neighbours_of_all(rows, 5), wanted)
    faiss.omp_set_num_threads(before)


def test_what_the_cells_miss_is_said(by_cells, capsys):
    rows = classes(2000)
    found, _ = neighbours_of_all(rows, 1)
    exact, _ = nearest(rows, rows, 1, exclude_self=True)
    with mock.patch.object(everyone, "BLOCK", 300):  # the exact answer is put together from blocks
        sample = np.sort(rng("recall").permutation(2000)[:1000])
        assert everyone.recall(rows, found) == np.mean(found[sample, 0] == exact[sample, 0])
        assert everyone.recall(rows, exact) == 1
    assert "of 1,000 rows searched exactly" in capsys.readouterr().err


@pytest.mark.parametrize("exact_up_to", [100, 10_000])
def test_work_units_give_the_bytes_of_one_process(tmp_path, exact_up_to):
    rows, apart = classes(1200), rng("apart").integers(-1, 40, (1200, 1))
    with mock.patch.multiple(everyone, EXACT_UP_TO=exact_up_to, UNIT=500):
        for options in ({}, {"apart": apart, "at_most": 0.95}):
            wanted = neighbours_of_all(rows, 5, **options)
            assert_same(neighbours_of_all(rows, 5, work=Work(tmp_path, workers=2), **options), wanted)
            again = neighbours_of_all(rows, 5, work=Work(tmp_path, workers=1), **options)  # nothing is left to do
            assert_same(again, wanted)


def test_a_ray_cluster_gives_the_bytes_of_one_process(tmp_path):
    ray = pytest.importorskip("ray")
    rows = classes(1200)
    environment = {"env_vars": {"PYTHONPATH": ":".join(sys.path)}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment)
    try:
        with mock.patch.multiple(everyone, EXACT_UP_TO=100, UNIT=500):
            assert_same(neighbours_of_all(rows, 5, work=Work(tmp_path, "ray")), neighbours_of_all(rows, 5))
    finally:
        ray.shutdown()


def test_cells_come_back_from_their_files(tmp_path):
    rows = classes(1200)
    made = Cells.of(rows)
    assert not Cells.are_in(tmp_path)
    made.save(rows, tmp_path)
    assert Cells.are_in(tmp_path)
    again = Cells.load_bank(tmp_path)
    np.testing.assert_array_equal(again.rows, rows[made.order])
    np.testing.assert_array_equal(again.order, made.order)
    assert sorted(made.order) == list(range(1200))
