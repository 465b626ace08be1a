"""Several processes as one: the only file that touches torch.distributed. With one process all of it does nothing.

Every process computes the loss of the whole batch from gathered rows, and batch norm uses the statistics of the whole
batch, so a step on W processes is the step of one process on the same batch, but for the order of float sums. Batch
norm is our own here, because torch's SyncBatchNorm does not run on CPU tensors.

Weights, gradients and the optimizer's state may be spread over the processes (torch's FSDP2): Zhao et al., "PyTorch
FSDP: Experiences on Scaling Fully Sharded Data Parallel", VLDB 2023, arXiv 2304.11277. Blocks of an encoder are whole
only while they compute; all else (stem, heads, prototypes), which a loss may use as well, from a step's first pass to
the end of its backward pass.
"""

import contextlib
import copy
import os
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method
from sempairs.nn.known import Known

TIMEOUT = timedelta(hours=2)  # the first process may have to decode a whole data set before the others go on


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """Join the processes that torchrun started, if it did, and leave them at the end.

    Whatever is said and drawn is left to the first process.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    gpu = best_device().type == "cuda"
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if gpu else "gloo", timeout=TIMEOUT)
    try:
        with contextlib.nullcontext() if is_first() else quiet():
            yield
    finally:
        dist.destroy_process_group()


def own_device() -> torch.device:
    """Where this process computes."""
    device = best_device()
    return torch.device("cuda", torch.cuda.current_device()) if device.type == "cuda" and processes() > 1 else device


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if processes() > 1 else 0


def is_first() -> bool:
    """Whether this is the one that writes files and speaks."""
    return rank() == 0


def wait() -> None:
    """Until all processes are here."""
    if processes() > 1:
        dist.barrier()


@contextlib.contextmanager
def first_alone() -> Iterator[None]:
    """The first process does this, then all others: what it leaves in a cache they find."""
    if not is_first():
        wait()
    yield
    if is_first():
        wait()


def agreed(answer: bool, device: torch.device) -> bool:
    """What the first process answers."""
    if processes() == 1:
        return answer
    said = torch.tensor(answer, device=device)
    dist.broadcast(said, src=0)
    return bool(said)


def share(batch_size: int) -> slice:
    """The rows of a batch that are this process's. Raises UserError if they cannot be shared out evenly."""
    if batch_size % processes():
        raise UserError(
            "the batch cannot be shared out evenly",
            got=f"a batch of {batch_size} for {processes()} processes",
            todo="set training.batch_size to a multiple of the number of processes",
        )
    size = batch_size // processes()
    return slice(rank() * size, (rank() + 1) * size)


def wrapped(method: Method, device: torch.device, shard: bool = False) -> nn.Module:
    """The method as it is called in training: with several processes batch norm and gradients are those of all.

    Parameters
    ----------
    shard: spread its parameters over the processes, which makes them DTensors; before there is an optimizer. Tested
        with gloo on CPUs only.
    """
    if processes() == 1:
        return method
    over_processes(method)
    if shard:
        return _spread(method, device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `broadcast_buffers` has another name from torch 2.14 on
        # Every process makes the same initial weights and buffers, and keeps them so.
        return DistributedDataParallel(
            method, device_ids=[device] if device.type == "cuda" else None, broadcast_buffers=False
        )


def _spread(method: Method, device: torch.device) -> nn.Module:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    # What a method returns is gathered before anything else: nobody writes into it.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
    method.to(memory_format=torch.contiguous_format)  # FSDP2 takes no channels_last
    mesh = init_device_mesh(device.type, (processes(),))
    for encoder in [part for part in method.modules() if isinstance(part, Encoder)]:
        for block in _blocks(encoder):
            fully_shard(block, mesh=mesh, reshard_after_forward=True)
    fully_shard(method, mesh=mesh, reshard_after_forward=False)
    return method


def _blocks(encoder: Encoder) -> list[nn.Module]:
    """What an encoder calls one after the other and consists of parts itself, inner ones first."""
    rows = [part for part in encoder.modules() if isinstance(part, nn.Sequential | nn.ModuleList)]
    inner_first = [block for row in reversed(rows) for block in row.children()]
    return [block for block in inner_first if any(block.children()) and any(p.numel() for p in block.parameters())]


def full(tensor: Tensor) -> Tensor:
    """A tensor that may be spread over the processes, in full on each; all call it together."""
    whole: Tensor = getattr(tensor, "full_tensor", lambda: tensor)()
    return whole


def in_full(state: Any) -> Any:
    """A state dict with all its tensors in full, on the first process; None for spread ones on the others.

    All processes call it together. What was spread lies in the memory of the CPU, one tensor after the other.
    """
    if isinstance(state, dict):
        return {key: in_full(value) for key, value in state.items()}
    if isinstance(state, Tensor) and _is_spread(state):
        whole = full(state)
        return whole.cpu() if is_first() else None
    return state


def part_of(whole: Tensor, like: Tensor) -> Tensor:
    """This process's part of a tensor of which all have the whole, if `like` is spread and has its shape."""
    if not _is_spread(like) or whole.shape != like.shape:
        return whole
    from torch.distributed.tensor import DTensor, distribute_tensor

    assert isinstance(like, DTensor)
    return distribute_tensor(whole.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


class WholeEncoder:
    """An encoder that is trained, as one process alone sees it.

    Parameters
    ----------
    encoder: as it is before `wrapped` has it.
    shard: whether its weights are going to be spread over the processes.
    """

    def __init__(self, encoder: Encoder, shard: bool = False) -> None:
        self._trained = encoder
        self._empty: Encoder | None = None
        if shard and processes() > 1:
            without: dict[int, Any] = {id(p): nn.Parameter(p.detach().to("meta")) for p in encoder.parameters()}
            self._empty = copy.deepcopy(encoder, without)

    def now(self) -> Encoder | None:
        """The encoder itself, or where it is spread a copy with all its weights; None but on the first process.

        All processes call it together.
        """
        if self._empty is None:
            return self._trained if is_first() else None
        state = in_full(self._trained.state_dict())
        if not is_first():
            return None
        encoder = copy.deepcopy(self._empty)
        encoder.load_state_dict({name: value.clone() for name, value in state.items()}, assign=True)
        return encoder.to(self._trained.mean.device)


def _is_spread(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")  # a DTensor, whose import takes a second


def everyone(known: Known) -> Known:
    """What is known of the pairs of all processes."""
    return Known(gather(known.group), gather(known.label))


def gather(rows: Tensor) -> Tensor:
    """The rows of all processes, in their order; the gradient finds its way back to each."""
    return rows if processes() == 1 else _Gather.apply(rows)


def average_gradients(module: nn.Module) -> None:
    """Every parameter's gradient becomes the mean over processes; `wrapped` does it on its own where it is called.

    All processes compute the same loss, so the gradient that comes back through `gather` is that of W losses; the mean
    makes it that of one. Parameters of the loss itself (prototypes) have the same gradient everywhere.
    """
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    if processes() > 1 and not any(map(_is_spread, gradients)):  # FSDP2 has done it where they are
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= processes()
        for gradient, mean in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))


def over_processes(module: nn.Module) -> nn.Module:
    """The module with every batch norm replaced by one over all processes, with the same parameters and state."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, BatchNormOverProcesses(child))
        else:
            over_processes(child)
    return module


class BatchNormOverProcesses(nn.Module):
    """Batch norm with the mean and variance of all processes' rows, on any device; each process has as many rows."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        super().__init__()
        assert norm.momentum is not None
        assert norm.track_running_stats
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            self.register_buffer(name, buffer)
        self.eps, self.momentum = norm.eps, norm.momentum
        self.track_running_stats = True  # while it is off, statistics do not move

    def forward(self, rows: Float[Tensor, "n d *grid"]) -> Float[Tensor, "n d *grid"]:
        """Normalise each channel; in training by the statistics of the whole batch."""
        shape = (1, -1, *[1] * (rows.ndim - 2))
        if self.training:
            over = [axis for axis in range(rows.ndim) if axis != 1]
            sums = _Sum.apply(torch.stack([rows.sum(over), rows.new_full((rows.shape[1],), rows[:, 0].numel())]))
            mean, count = sums[0] / sums[1], sums[1, 0]
            spread = (rows - mean.view(shape)).square().sum(over)
            variance = _Sum.apply(spread) / count
            if self.track_running_stats:
                with torch.no_grad():
                    self.num_batches_tracked += 1
                    self.running_mean.lerp_(mean, self.momentum)
                    self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        else:
            mean, variance = self.running_mean, self.running_var
        normal: Tensor = (rows - mean.view(shape)) / (variance.view(shape) + self.eps).sqrt()
        return normal if self.weight is None else normal * self.weight.view(shape) + self.bias.view(shape)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.rows = len(rows)
        parts = [torch.empty_like(rows) for _ in range(processes())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        whole = gradients[0].contiguous()
        dist.all_reduce(whole)
        start = dist.get_rank() * ctx.rows
        return whole[start : start + ctx.rows]


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total
