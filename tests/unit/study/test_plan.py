"""The plan of a study: counts and sums written down by hand, sizes against the files that a run leaves."""

import dataclasses
import io
import shutil

import pytest
import torch
from safetensors import safe_open

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, build
from sempairs.encoders import ENCODERS
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Score
from sempairs.study import making, timing
from sempairs.study.finished import Finished
from sempairs.study.matrix import Study
from sempairs.study.plan import plan_study
from sempairs.study.timing import Span, size_of, time_evaluations
from sempairs.training.state import TrainState
from sempairs.training.trial import Trial

STEP = {"simclr": 0.5, "byol": 2.0}  # seconds
EVALUATION = 10.0


@pytest.fixture
def two_methods(tables):
    tables["methods"]["byol"] = {"name": "byol", "hidden": 8, "embedding": 4}
    return tables


@pytest.fixture
def clock(monkeypatch):
    """Steps and evaluations that take what is said above."""

    def trial(pairs, source, settings, patience):
        seconds, steps = STEP[settings.method.name], settings.training.passes * len(pairs) // 16
        return Trial(settings, {}, steps, len(pairs), seconds, 0.75 * seconds, 2 * seconds, 0.0, None, "cpu")

    monkeypatch.setattr(timing, "trial", trial)
    monkeypatch.setattr(timing, "time_evaluations", lambda *_: (EVALUATION, []))


def test_runs_steps_and_time_of_a_study(two_methods, clock):
    found = plan_study(Study.check(two_methods))
    assert (found.runs, found.done) == (4 * 2 * 2, 0)
    assert found.designs == {"all": 16}
    rows = {row.condition.method: row for row in found.rows}
    # 48 pairs in batches of 16, two passes: 6 steps. Two data sets.
    assert [row.steps for row in rows.values()] == [6, 6]
    assert rows["simclr"].training == Span(3.0, 2.25, 6.0)
    assert rows["byol"].training == Span(12.0, 9.0, 24.0)
    assert rows["byol"].evaluation == Span(20.0, 20.0, 20.0)
    training = [8 * (3.0 + 12.0), 8 * (2.25 + 9.0), 8 * (6.0 + 24.0)]
    assert found.seconds == Span(*(seconds + 16 * 20.0 for seconds in training))


def test_processes_are_as_slow_as_the_one_that_has_most_to_do(two_methods, clock):
    # Arms lie side by side: process 1 gets the first, the fourth, ... of 16 runs; eight of simclr's come in fours.
    found = plan_study(Study.check(two_methods), processes=3)
    order = ["simclr"] * 4 + ["byol"] * 4 + ["simclr"] * 4 + ["byol"] * 4
    sums = [sum(6 * STEP[method] + 20.0 for method in order[number::3]) for number in range(3)]
    assert found.seconds is not None
    assert found.seconds.likely == pytest.approx(max(sums))
    assert found.passing == pytest.approx(3 * plan_study(Study.check(two_methods)).passing)


def test_a_runs_own_evaluations_count(two_methods, clock):
    two_methods["designs"] = {"one": {"methods": ["simclr"]}, "two": {"methods": ["byol"], "arms": ["augmented"]}}
    two_methods["evaluate"]["other"]["designs"] = ["one"]
    found = plan_study(Study.check(two_methods))
    assert found.designs == {"one": 8, "two": 2}
    evaluation = {row.condition.method: row.evaluation for row in found.rows}
    assert evaluation == {"simclr": Span(20.0, 20.0, 20.0), "byol": Span(10.0, 10.0, 10.0)}


def test_a_quick_plan_opens_no_image(two_methods, monkeypatch):
    monkeypatch.setattr(making, "open_images", lambda *_: pytest.fail("it opened images"))
    found = plan_study(Study.check(two_methods), timed=False)
    assert found.seconds is None
    assert [(row.steps, row.training, row.evaluation) for row in found.rows] == [(6, None, None)] * 2
    assert not found.scores_known


def test_the_images_are_counted_where_the_study_does_not_say_how_many(two_methods):
    del two_methods["pool"]["images"]
    found = plan_study(Study.check(two_methods), timed=False)
    assert [row.steps for row in found.rows] == [2 * (60 // 16)] * 2  # the source has 60


def test_what_is_done_is_timed_by_the_runs(two_methods, clock, whole, tmp_path):
    """Every finished run took 100 seconds, but for one of 400, and 7 on each data set."""
    folder = shutil.copytree(whole, tmp_path / "begun")
    for number, path in enumerate(sorted((folder / "cells").glob("*.json"))):
        finished = Finished.read(path)
        result = {**finished.run.result, "seconds": 400.0 if number == 0 else 100.0}
        run = dataclasses.replace(finished.run, result=result, seconds={"same": 7.0, "other": 7.0})
        dataclasses.replace(finished, run=run).write(path)
    for path in list((folder / "cells").glob("*.json"))[:2]:
        path.unlink()
    found = plan_study(Study.check(two_methods), folder)
    rows = {row.condition.method: row for row in found.rows}
    assert (found.runs, found.done) == (16, 6)
    assert (rows["simclr"].measured, rows["byol"].measured) == (True, False)
    assert rows["simclr"].training in (Span(100.0, 100.0, 400.0), Span(100.0, 100.0, 100.0))
    assert rows["byol"].training == Span(12.0, 9.0, 24.0)
    # The encoder is the same: what its evaluations take is known.
    assert rows["byol"].evaluation == Span(14.0, 14.0, 14.0)
    assert found.seconds is not None
    assert found.seconds.likely == pytest.approx(2 * (100 + 14) + 8 * (12 + 14))
    assert found.scores_known


def test_nothing_is_left_of_a_finished_study(tables, whole):
    found = plan_study(Study.check(tables), whole)
    assert (found.runs, found.done, found.seconds) == (8, 8, Span())
    assert (found.kept, found.passing) == (0, 0)


def test_a_plan_times_real_steps_and_leaves_no_trace(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    found = plan_study(Study.check(tables), processes=2)
    assert found.seconds is not None
    assert 0 < found.seconds.low <= found.seconds.likely <= found.seconds.high
    assert found.scores_known
    assert not list(tmp_path.iterdir())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_a_run_refuses_is_refused_by_its_plan(tables):
    tables["training"]["batch_size"] = 64
    with pytest.raises(UserError, match=r"fewer pairs than a batch(?s:.*)48 pairs, batch size 64"):
        plan_study(Study.check(tables))


def test_sizes_are_those_of_the_files(tables, whole):
    tables["training"]["optimizer"] = "adamw"
    study = Study.check(tables)
    settings = study.settings(study.cells[0])
    size = size_of(settings, 1)
    file = next((whole / "runs").glob("*/encoder.safetensors"))
    with safe_open(file, "pt") as kept:
        assert size.encoder == sum(kept.get_tensor(name).nbytes for name in kept.keys())  # noqa: SIM118
    state = TrainState.fresh(settings, 1, 6, torch.device("cpu"))
    for parameter in state.method.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.optimizer.step()
    buffer = io.BytesIO()
    torch.save(state.dump(), buffer)
    # Two are kept; beside the tensors a file has names and numbers.
    assert 0.6 * len(buffer.getbuffer()) < size.checkpoints / 2 <= len(buffer.getbuffer())


class Slow:
    """An evaluation that takes a second, and a quarter more for each step."""

    now = 0.0

    def __init__(self, *, steps: int = 0) -> None:
        self.steps = steps

    def __call__(self, train, test):
        Slow.now += 1 + self.steps / 4
        return [Score(f"slow {self.steps}", 1.0, 1, "images", (0.0, 1.0), "slowly")]


@pytest.mark.parametrize("steps", [0, 5, 10, 11, 1000])
def test_an_evaluation_of_many_steps_is_timed_by_few(monkeypatch, steps):
    monkeypatch.setitem(EVALUATIONS._members, "slow", Slow)
    monkeypatch.setattr(timing.time, "monotonic", lambda: Slow.now)
    encoder, source = build(ENCODERS, Spec(name="pca", options={"dim": 4, "side": 12}), 1), made_source(8)
    before = Slow.now
    spec = Spec(name="slow", options={"steps": steps})
    seconds, scores = time_evaluations(encoder, source, source, [spec, spec.model_copy(update={"options": {}})])
    assert seconds == pytest.approx(1 + steps / 4 + 1)
    assert len(scores) == 2
    assert Slow.now - before <= 1 + 1 + 5 / 4 + 1 + 10 / 4


def test_seconds_add_up():
    assert Span.of([3.0, 1.0, 2.0]) == Span(2.0, 1.0, 3.0)
    assert Span.of([4.0, 1.0]) == Span(2.5, 1.0, 4.0)
    assert Span(2.0, 1.0, 3.0) * 2 + Span(1.0, 1.0, 1.0) == Span(5.0, 3.0, 7.0)
