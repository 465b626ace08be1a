"""The gathered loss on 1, 2, 4 and 8 processes: it is the loss of one process, and this is how long it takes.

Each process holds its share of 512 pairs of embeddings; loss and gradients are SimCLR's, of the whole batch, over gloo.
In float64, so that what differs is the arithmetic alone. With more processes than cores they take turns, so that the
times say what the exchange costs here, not how it scales.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known
from sempairs.training import distributed

PAIRS, DIMENSIONS, RUNS, COUNTS = 512, 128, 9, (1, 2, 4, 8)


def measure() -> list[dict[str, Any]]:
    """For each number of processes: seconds of a loss with its gradients, and how far both are from one process's."""
    found = []
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_work, (count, folder), nprocs=count)
            parts = [torch.load(Path(folder, f"{rank}.pt"), weights_only=True) for rank in range(count)]
        loss, gradients = parts[0]["loss"], torch.cat([part["gradients"] for part in parts], dim=1)
        found.append((count, max(part["seconds"] for part in parts), loss, gradients))
    _, _, one_loss, one_gradients = found[0]
    return [
        {
            "processes": count,
            "seconds": seconds,
            "loss differs by": float((loss - one_loss).abs() / one_loss),
            "gradients differ by": float((gradients - one_gradients).abs().max() / one_gradients.abs().max()),
        }
        for count, seconds, loss, gradients in found
    ]


def _work(rank: int, count: int, folder: str) -> None:
    """One process: median seconds, loss, and the gradients of its rows."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // count))
    if count > 1:
        dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=count)
    method: Method = build(METHODS, "simclr", build(ENCODERS, "small-resnet", 1))
    share = slice(rank * PAIRS // count, (rank + 1) * PAIRS // count)
    embeddings = torch.randn(2, PAIRS, DIMENSIONS, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mine = embeddings[:, share].clone().requires_grad_()
    known = Known(torch.arange(PAIRS)[share], torch.arange(PAIRS)[share] % 10)
    times = []
    for _ in range(RUNS + 1):
        mine.grad = None
        distributed.wait()
        began = time.perf_counter()
        loss = _loss(method, mine, known)
        loss.backward()  # type: ignore[no-untyped-call]
        times.append(time.perf_counter() - began)
    assert mine.grad is not None
    # Every process has the loss of the whole batch, so what comes back is the gradient of `count` losses.
    found = {"seconds": statistics.median(times[1:]), "loss": loss.detach(), "gradients": mine.grad / count}
    torch.save(found, Path(folder, f"{rank}.pt"))
    if count > 1:
        dist.destroy_process_group()


def _loss(method: Method, mine: Tensor, known: Known) -> Tensor:
    z1, z2 = (distributed.gather(rows) for rows in mine)
    return torch.stack(list(method.loss(z1, z2, known=distributed.everyone(known)).values())).sum()
