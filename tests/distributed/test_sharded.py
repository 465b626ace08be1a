"""Two processes that share out weights, gradients and moments are one: in a step, in a checkpoint, in a whole run."""

import itertools
import json
import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from made import made_source
from made_views import SIZE, known, views
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.runs import JsonLines, RunStore
from sempairs.encoders.files import load_encoder
from sempairs.nn.known import Known
from sempairs.pairs.rules import same_class
from sempairs.training import distributed
from sempairs.training.loop import train
from sempairs.training.settings import SHARDED, Budget, TrainSettings
from sempairs.training.state import TrainState

STEPS, OF_ALL = 3, 6  # the rate of the last ones of a training is all but nothing
RESNET = {"name": "small-resnet", "width": 4}
VIT = {"name": "timm", "model": "test_vit", "image_size": SIZE, "patch_size": 3}
METHODS = {
    "simclr": {"hidden": 16, "embedding": 8},
    "byol": {"hidden": 16, "embedding": 8},  # a teacher
    "moco-v2": {"hidden": 16, "embedding": 8, "queue": 12},  # a queue beside it
    "swav": {"hidden": 16, "embedding": 8, "prototypes": 7, "queue": 16},  # a parameter of the loss, of an odd size
    "dino": {"hidden": 16, "embedding": 8, "prototypes": 7},  # a part of the teacher in the loss
    "supcon": {"hidden": 16, "embedding": 8},
}
SGD = {"optimizer": "momentum", "lr": 0.05, "weight_decay": 1e-3}
CASES = {
    f"{method} {name}": (method, encoder, SGD)
    for method in METHODS
    for name, encoder in {"resnet": RESNET, "vit": VIT}.items()
}
# Before a batch norm a shift has no gradient, and Adam makes steps of the rounding that is left: a network without one.
CASES |= {f"dino vit {optimizer}": ("dino", VIT, {"optimizer": optimizer, "lr": 0.01}) for optimizer in SHARDED}
# Micro-batches change what batch norm sees, on one process as on two, but not equally: here, too.
CASES |= {"dino vit in micro-batches": ("dino", VIT, {**SGD, "micro_batch": 3})}
CASES |= {"mae vit": ("mae", VIT, SGD), "simsiam vit by layer": ("simsiam", VIT, {**SGD, "layer_decay": 0.7})}
CASES |= {"swav late": ("swav", RESNET, {**SGD, "late": 0.3})}


def fresh(case: str, shard: bool) -> TrainState:
    """The state before the first step, in float64."""
    method, encoder, training = CASES[case]
    settings = TrainSettings.resolve(
        {
            "method": {"name": method, **METHODS.get(method, {"width": 16} if method == "mae" else {})},
            "encoder": encoder,
            "training": {"batch_size": 8, "shard": shard, **training},
        }
    )
    torch.set_default_dtype(torch.float64)
    try:
        state = TrainState.fresh(settings, 1, OF_ALL, torch.device("cpu"))
    finally:
        torch.set_default_dtype(torch.float32)
    state.method.train()
    return state


def step(state: TrainState) -> dict[str, Tensor]:
    """One step on this process's share of a fixed batch: terms, gradients in full, and the length of all of them."""
    world, rank = distributed.processes(), distributed.rank()
    share, about, number = slice(rank * 8 // world, (rank + 1) * 8 // world), known(), state.step
    seen = []
    state.optimizer.register_step_pre_hook(
        lambda *_: seen.extend(
            (n, distributed.full(p.grad)) for n, p in state.method.named_parameters() if p.grad is not None
        )
    )
    mine = tuple(view[share].double() for view in views(number))
    terms = state.advance(mine, Known(about.group[share], about.label[share]), OF_ALL)
    found = {f"{number} gradient {name}": value for name, value in seen}
    found |= {f"{number} term {name}": value for name, value in terms.items()}
    return found | {f"{number} length": torch.tensor(state.watch.gradients[-1])}


def whole(state: TrainState) -> dict[str, Tensor]:
    """Weights, queues and statistics in full."""
    return {f"state {name}": distributed.full(value).clone() for name, value in state.method.state_dict().items()}


def trained(case: str, shard: bool) -> dict[str, Tensor]:
    state, found = fresh(case, shard), dict[str, Tensor]()
    while state.step < STEPS:
        found |= step(state)
    return found | whole(state)


def loaded(path: str) -> dict:
    return torch.load(path, weights_only=True)


TAKEN_UP = ["swav vit", "dino vit adamw", "byol resnet"]


def taken_up(case: str, saved: dict, shard: bool) -> dict[str, Tensor]:
    """The last steps of a training that goes on from a checkpoint."""
    state = fresh(case, shard)
    state.restore(saved)
    while state.step < STEPS:
        step(state)
    return whole(state)


def settings(shard: bool) -> TrainSettings:
    return TrainSettings.resolve(
        {
            "method": {"name": "byol", **METHODS["byol"]},
            "encoder": RESNET,
            "views": {"name": "simclr", "crop_min": 0.3, "jitter": 0.5, "blur_p": 0.0},
            "training": {"passes": 3, "batch_size": 16, "lr": 0.01, "shard": shard},
        }
    )


def one_of_two(rank: int, folder: str) -> None:
    """A process of two: every case, and what came out."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    for case in CASES:
        torch.save(trained(case, True), f"{folder}/{case}-{rank}.pt")
    for case in TAKEN_UP:
        state = fresh(case, True)
        local = sum(p.to_local().numel() for p in state.method.parameters())
        total = sum(p.numel() for p in state.method.parameters())
        for _ in range(2):
            step(state)
        saved = state.dump()
        if rank == 0:
            torch.save(saved | {"share": local / total}, f"{folder}/{case}-sharded.pt")
        dist.barrier()
        for name in ("sharded", "alone"):
            for shard in (True, False):
                saved = loaded(f"{folder}/{case}-{name}.pt")
                torch.save(taken_up(case, saved, shard), f"{folder}/{case}-from-{name}-{shard}-{rank}.pt")
    source = made_source(60)
    with quiet():
        train(same_class(source), source, settings(True), RunStore(Path(folder) / "runs"))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The folder of what two real processes found."""
    folder = str(tmp_path_factory.mktemp("sharded"))
    os.environ["OMP_NUM_THREADS"] = "1"
    for case in TAKEN_UP:
        state = fresh(case, False)
        for _ in range(2):
            step(state)
        torch.save(state.dump(), f"{folder}/{case}-alone.pt")
    torch.multiprocessing.spawn(one_of_two, (folder,), nprocs=2)
    return folder


def assert_close(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Float64 sums in another order, which a few steps let grow."""
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=1e-8, atol=1e-10, msg=lambda text, key=key: f"{key}: {text}")


@pytest.mark.parametrize("case", CASES)
def test_two_sharded_processes_are_one(case, together):
    alone = trained(case, False)
    for rank in (0, 1):
        assert_close(loaded(f"{together}/{case}-{rank}.pt"), alone)


@pytest.mark.parametrize("case", TAKEN_UP)
def test_a_checkpoint_is_the_same_whoever_wrote_it_and_goes_on_anywhere(case, together):
    expected = {key: value for key, value in trained(case, False).items() if key.startswith("state")}
    sharded, alone = (loaded(f"{together}/{case}-{name}.pt") for name in ("sharded", "alone"))
    assert 0.5 <= sharded.pop("share") < 0.55  # a row of an odd number is one too many for the first process
    assert sharded.keys() == alone.keys()
    assert_close(sharded["method"], alone["method"])
    assert sharded["optimizer"]["state"].keys() == alone["optimizer"]["state"].keys()
    for number, moments in alone["optimizer"]["state"].items():
        assert_close(sharded["optimizer"]["state"][number], moments)
    assert_close(taken_up(case, sharded, False), expected)
    for rank in (0, 1):
        went_on, again = (loaded(f"{together}/{case}-{end}.pt") for end in (rank, f"from-sharded-True-{rank}"))
        assert all(torch.equal(again[key], went_on[key]) for key in again)
        for name, shard in itertools.product(("sharded", "alone"), (True, False)):
            assert_close(loaded(f"{together}/{case}-from-{name}-{shard}-{rank}.pt"), expected)


def test_a_sharded_run_leaves_the_encoder_of_one_process(together, tmp_path):
    source = made_source(60)
    with quiet():  # one process alone has nobody to share with
        alone = train(same_class(source), source, settings(True), RunStore(tmp_path))
    runs = RunStore(Path(together) / "runs")
    other = runs.open(alone.settings)
    theirs, ours = (load_encoder(run.folder).state_dict() for run in (alone, other))
    for name, value in theirs.items():  # float32 sums in another order, through 9 steps
        torch.testing.assert_close(ours[name], value, rtol=2e-3, atol=2e-4)
    lines = [JsonLines(run.folder / "metrics.jsonl").read()[-1] for run in (alone, other)]
    assert lines[0].keys() == lines[1].keys()
    assert lines[1]["loss"] == pytest.approx(lines[0]["loss"], rel=1e-3)
    assert json.loads((other.folder / "result.json").read_text())["processes"] == 2


@pytest.mark.parametrize(
    ("training", "named"),
    [({"compile": True}, "training.compile"), ({"precision": "fp16"}, "fp16"), ({"optimizer": "lamb"}, "'lamb'")],
)
def test_what_has_not_been_tested_is_refused(training, named):
    with pytest.raises(UserError, match=rf"training.shard has not been tested with .*{named}"):
        Budget(shard=True, **training)
