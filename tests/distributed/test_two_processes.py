"""Two processes are one: loss, gradients, queues and teachers of every method, half of the batch on each."""

import copy
import os

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from made_views import crops, known, made, views
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known
from sempairs.training import distributed, gradients

STEPS = 2  # the second sees what the first left in queues and teachers
TWO_VIEWS = {name: (name, views) for name in METHODS}
WITH_CROPS = {f"{name} with crops": (name, crops) for name in METHODS if METHODS[name].takes_crops}
CASES = TWO_VIEWS | WITH_CROPS


def steps(case: str, rank: int, world: int) -> dict[str, Tensor]:
    """Losses, gradients and the state after some steps on this process's share of fixed batches, in float64."""
    name, look = CASES[case]
    method: Method = made(name).double()
    if world > 1:
        method = distributed.over_processes(method)
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.05)
    found = {}
    for step in range(STEPS):
        share = slice(rank * 8 // world, (rank + 1) * 8 // world)
        about = known()
        torch.manual_seed(step)
        mine = tuple(view[share].double() for view in look(step))
        optimizer.zero_grad()
        terms = gradients.backward(method, method, mine, Known(about.group[share], about.label[share]))
        distributed.average_gradients(method)
        for name, parameter in method.named_parameters():
            if parameter.grad is not None:
                found[f"{step} gradient {name}"] = parameter.grad.clone()
        found |= {f"{step} loss {name}": term.detach() for name, term in terms.items()}
        found |= {f"{step} noted {name}": value.detach() for name, value in method.noted.items()}
        optimizer.step()
        method.after_step((step + 1) / STEPS)
    return found | {f"state {name}": value.clone() for name, value in method.state_dict().items()}


def one_of_two(rank: int, folder: str) -> None:
    """A process of two: every method, and what came out."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    for case in CASES:
        torch.save(steps(case, rank, 2), f"{folder}/{case}-{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """What two real processes found, for every method."""
    folder = str(tmp_path_factory.mktemp("two"))
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.multiprocessing.spawn(one_of_two, (folder,), nprocs=2)
    return {case: [torch.load(f"{folder}/{case}-{rank}.pt", weights_only=True) for rank in (0, 1)] for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_two_processes_are_one(case, together):
    alone = steps(case, 0, 1)
    for rank in (0, 1):
        both = together[case][rank]
        assert both.keys() == alone.keys()
        for key, value in alone.items():
            torch.testing.assert_close(
                both[key], value, rtol=1e-9, atol=1e-11, msg=lambda text, key=key: f"{key}: {text}"
            )


def test_batch_norm_over_one_process_is_torchs():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        for norm, shape in ((torch.nn.BatchNorm1d(3), (8, 3)), (torch.nn.BatchNorm2d(3), (8, 3, 4, 5))):
            rows = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
            theirs, ours = norm.double(), torch.nn.Sequential(copy.deepcopy(norm).double())
            distributed.over_processes(ours)
            pairs = []
            for module in (theirs, ours):
                leaf = rows.clone().requires_grad_()
                for _ in range(2):
                    (module(leaf) ** 3).sum().backward()
                module.eval()
                pairs.append((leaf.grad, module(rows), *(p.grad for p in module.parameters())))
            for a, b in zip(*pairs, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-10)
    finally:
        dist.destroy_process_group()
