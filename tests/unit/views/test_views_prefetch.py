"""Batches made ahead: the loader's own, in its order, and a part of a batch is a part of its bits."""

import dataclasses
import threading
import time

import numpy as np
import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.pairs.rules import identity, same_class
from sempairs.sources.base import Source
from sempairs.views import VIEWS
from sempairs.views.loader import Batch, PairLoader
from sempairs.views.prefetch import Prefetched

STEPS = 9  # two epochs of 4 steps and one more


def made_loader(recipe: str = "simclr", source: Source | None = None, **options: object) -> PairLoader:
    source = source or made_source(40, channels=3)
    return PairLoader.of(source, same_class(source), VIEWS[recipe](**options), 10, 3, torch.device("cpu"))


def tensors(batch: Batch) -> list[torch.Tensor]:
    views, known = batch
    return [*views, known.group, known.label]


def assert_same(one: Batch, other: Batch) -> None:
    for mine, theirs in zip(tensors(one), tensors(other), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("depth", [1, 2, 5, 20])
@pytest.mark.parametrize("views_ahead", [True, False])
def test_the_batches_are_the_loaders(depth: int, views_ahead: bool) -> None:
    loader = made_loader()
    batches = Prefetched(loader, 2, STEPS, depth=depth)
    batches._views_ahead = views_ahead
    with batches:
        for step in range(2, STEPS):
            assert_same(batches.batch(step), loader.batch(step))


@pytest.mark.parametrize(("recipe", "options"), [("simclr", {}), ("multi-crop", {"crops": 2}), ("leoclr", {})])
def test_the_shares_of_the_processes_are_the_batch(recipe: str, options: dict[str, int]) -> None:
    loader = made_loader(recipe, **options)
    for step in (0, 5):
        parts = [tensors(loader.batch(step, slice(start, start + 5))) for start in (0, 5)]
        for number, whole in enumerate(tensors(loader.batch(step))):
            assert torch.equal(torch.cat([part[number] for part in parts]), whole)


def test_a_share_reads_only_its_own_images_and_each_once() -> None:
    source = made_source(40)
    read: list[list[int]] = []

    class Watched(Source):
        def images(self, indices: np.ndarray) -> np.ndarray:
            read.append(indices.tolist())
            return super().images(indices)

    watched = Watched(**{field.name: getattr(source, field.name) for field in dataclasses.fields(source)})
    for pairs in (identity(source), same_class(source)):
        loader = PairLoader.of(watched, pairs, VIEWS["crop-only"](), 10, 0, torch.device("cpu"))
        share = slice(5, 10)
        with Prefetched(loader, 0, 4, share) as batches:
            for step in range(4):
                assert_same(batches.batch(step), loader.batch(step, share))
        assert len(read) == 8
        for step in range(4):
            expected = np.unique(loader.positions[loader.order(0)[10 * step :][share]])
            assert read.count(expected.tolist()) == 2  # by the thread and by the loader
        read.clear()


class Slow:
    """A recipe that takes its time, and says which thread it is on."""

    views = 2

    def __init__(self, seconds: float = 0.0, bad: int = -1) -> None:
        self.seconds, self.bad, self.made = seconds, bad, 0
        self.threads: set[str] = set()

    def __call__(self, frames: torch.Tensor, seed: int, counters: np.ndarray, view: int = 0) -> torch.Tensor:
        self.threads.add(threading.current_thread().name)
        time.sleep(self.seconds)
        if self.made == self.bad:
            raise UserError("a picture broke")
        self.made += 1
        return frames.permute(0, 3, 1, 2) / 255


def slow_loader(recipe: Slow) -> PairLoader:
    return dataclasses.replace(made_loader(), recipe=recipe)


def alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("prefetch")]


def test_an_error_comes_out_with_its_type_at_its_step_and_the_thread_stops() -> None:
    recipe = Slow(bad=5)  # the second view of step 2
    steps: list[int] = []

    def run() -> None:
        with Prefetched(slow_loader(recipe), 0, STEPS) as batches:
            for step in range(STEPS):
                batches.batch(step)
                steps.append(step)

    with pytest.raises(UserError, match="a picture broke"):
        run()
    assert steps == [0, 1]
    assert alive() == []
    assert recipe.threads == {"prefetch_0"}


def test_an_error_of_the_caller_stops_the_thread() -> None:
    recipe = Slow()

    def run() -> None:
        with Prefetched(slow_loader(recipe), 0, STEPS) as batches:
            batches.batch(0)
            raise KeyError

    with pytest.raises(KeyError):
        run()
    assert alive() == []
    assert recipe.made <= 2 * 3  # one batch asked for, two ahead


def test_no_more_is_made_ahead_than_the_depth() -> None:
    recipe = Slow()
    with Prefetched(slow_loader(recipe), 0, STEPS, depth=3) as batches:
        batches.batch(0)
        deadline = time.monotonic() + 30
        while recipe.made < 2 * 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        assert recipe.made == 2 * 4  # two views of the batch asked for and of three more
        # 10 pairs, two views of 12 x 12 x 3 floats, two int64 that are known of each
        assert batches.held == batches.bound == 3 * 10 * (2 * 12 * 12 * 3 * 4 + 2 * 8)


def test_what_is_held_and_bound_before_views_are_frames() -> None:
    source = made_source(40)
    loader = PairLoader.of(source, identity(source), VIEWS["none"](), 10, 0, torch.device("cpu"))
    batches = Prefetched(loader, 0, 1)
    batches._views_ahead = False
    with batches:
        assert batches.bound == 2 * 10 * (12 * 12 + 2 * 8)  # every image once, two places for each pair
        assert batches.held == 10 * (12 * 12 + 2 * 8)  # there is only one batch
        batches.batch(0)
        assert batches.held == batches.bound == 0


def test_the_seconds_waited_are_those_that_the_step_does_not_hide() -> None:
    with Prefetched(slow_loader(Slow(0.05)), 0, 4, depth=1) as batches:  # 0.1 s a batch
        for step in range(4):
            batches.batch(step)
    assert 0.35 <= batches.waited < 4  # entering the block takes some of it
    with Prefetched(slow_loader(Slow(0.01)), 0, 4) as batches:
        for step in range(4):
            time.sleep(0.3)
            batches.batch(step)
    assert batches.waited < 0.1


def test_steps_are_asked_for_in_order() -> None:
    with (
        pytest.raises(AssertionError, match="step 1 is asked for, 0 comes next"),
        Prefetched(made_loader(), 0, STEPS) as batches,
    ):
        batches.batch(1)
