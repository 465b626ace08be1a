"""Several processes as one: the only file that touches torch.distributed. With one process all of it does nothing.

Every process computes the loss of the whole batch from gathered rows, and batch norm uses the statistics of the whole
batch, so a step on W processes is the step of one process on the same batch, but for the order of float sums. Batch
norm is our own here, because torch's SyncBatchNorm does not run on CPU tensors.
"""

from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.methods.base import Method
from sempairs.nn.known import Known


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def loss_of(method: Method, views: tuple[Tensor, ...], known: Known) -> dict[str, Tensor]:
    """The terms of the loss of the whole batch, of which this process has these views."""
    out = method(*views)
    everyone = Known(gather(known.group), gather(known.label))
    return method.loss(*map(gather, out), known=everyone)


def gather(rows: Tensor) -> Tensor:
    """The rows of all processes, in their order; the gradient finds its way back to each."""
    return rows if processes() == 1 else _Gather.apply(rows)


def average_gradients(module: nn.Module) -> None:
    """Every parameter's gradient becomes the mean over processes.

    All processes compute the same loss, so the gradient that comes back through `gather` is that of W losses; the mean
    makes it that of one. Parameters of the loss itself (prototypes) have the same gradient everywhere.
    """
    if processes() > 1:
        for parameter in module.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= processes()


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

    def forward(self, rows: Float[Tensor, "n d *grid"]) -> Float[Tensor, "n d *grid"]:
        """Normalise each channel; in training by the statistics of the whole batch."""
        shape = (1, -1, *[1] * (rows.ndim - 2))
        if self.training:
            over = [axis for axis in range(rows.ndim) if axis != 1]
            sums = _Sum.apply(torch.stack([rows.sum(over), rows.new_full((rows.shape[1],), rows[:, 0].numel())]))
            mean, count = sums[0] / sums[1], sums[1, 0]
            spread = (rows - mean.view(shape)).square().sum(over)
            variance = _Sum.apply(spread) / count
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
