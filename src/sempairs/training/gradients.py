"""The gradient of a batch's loss: in one pass, or in micro-batches, whose loss is still that of the whole batch.

**Source** Gao, Zhang, Han, Callan, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
RepL4NLP 2021, arXiv 2101.06983, section 3.2 (the gradient cache).
**Departure** It holds for every method, because a loss sees nothing but what `forward` gave. A micro-batch passes the
network twice, so memory is that of a micro-batch and the time 4/3. Batch norm sees one micro-batch at a time: without
it gradients are those of the whole batch, with it those of smaller statistics.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.methods.base import Method
from sempairs.nn.known import Known
from sempairs.training import distributed

Precision = Literal["fp32", "bf16", "fp16"]
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def backward(
    method: Method,
    network: nn.Module,
    views: tuple[Tensor, ...],
    known: Known,
    precision: Precision = "fp32",
    micro_batch: int = 0,
    scale: Callable[[Tensor], Tensor] = lambda loss: loss,
    reseed: Callable[[int], object] = lambda part: None,
) -> dict[str, Tensor]:
    """Add the gradients of the whole batch's loss to the parameters' and return the terms of the loss.

    Parameters
    ----------
    network: the method, or the method wrapped by `distributed.wrapped`, which averages gradients over processes.
    views: of this process's part of the batch.
    precision: of the network's forward and backward pass; the loss is computed in float32 or better.
    micro_batch: pairs in a pass; 0 for all at once.
    scale: of the loss before its gradient is taken, for float16.
    reseed: called with the number of the micro-batch before each pass of it, so that both draw the same dropout.
    """
    n = len(views[0])
    if not 0 < micro_batch < n:
        with _cast(views[0], precision):
            out = network(*views)
        terms = _loss(method, out, known)
        scale(_sum(terms)).backward()  # type: ignore[no-untyped-call]
        return terms

    parts = [slice(at, min(at + micro_batch, n)) for at in range(0, n, micro_batch)]

    def passed(number: int) -> tuple[Tensor, ...]:
        reseed(number)
        with _cast(views[0], precision):
            out: tuple[Tensor, ...] = method(*(view[parts[number]] for view in views))
        return out

    with torch.no_grad(), _statistics_at_rest(method):
        seen = [passed(number) for number in range(len(parts))]
    cached = [torch.cat(rows) for rows in zip(*seen, strict=True)]
    cached = [rows.requires_grad_(rows.is_floating_point()) for rows in cached]
    terms = _loss(method, tuple(cached), known)
    scale(_sum(terms)).backward()  # type: ignore[no-untyped-call]
    whole = [rows.grad for rows in cached]
    for number, part in enumerate(parts):
        made = zip(passed(number), whole, strict=True)
        pairs = [(rows, grad[part]) for rows, grad in made if rows.requires_grad and grad is not None]
        torch.autograd.backward([rows for rows, _ in pairs], [grad for _, grad in pairs])
    distributed.average_gradients(method)
    return terms


def check_precision(precision: Precision, device: torch.device) -> None:
    """Raise UserError if the device cannot compute in this precision, or only much slower than in float32."""
    if precision == "fp32":
        return
    if device.type == "cpu" and not (precision == "bf16" and _cpu_has_bf16()):
        raise UserError(
            f"this CPU has no arithmetic of its own for {precision}: it would be many times slower than fp32",
            got=f"training.precision = {precision!r} without a GPU",
            todo="leave training.precision at fp32 on this machine",
        )
    if device.type == "cuda" and precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise UserError("this GPU has no arithmetic for bf16", todo="set training.precision to fp16 or fp32")


def _cpu_has_bf16() -> bool:
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "arm_bf16"))


@contextlib.contextmanager
def _cast(like: Tensor, precision: Precision) -> Iterator[None]:
    if precision == "fp32":
        yield
    else:
        with torch.autocast(like.device.type, TYPES[precision]):
            yield


def _loss(method: Method, out: tuple[Tensor, ...], known: Known) -> dict[str, Tensor]:
    exact = (rows.float() if rows.dtype in TYPES.values() else rows for rows in out)
    return method.loss(*map(distributed.gather, exact), known=distributed.everyone(known))


def _sum(terms: dict[str, Tensor]) -> Tensor:
    return torch.stack(list(terms.values())).sum()


@contextlib.contextmanager
def _statistics_at_rest(module: nn.Module) -> Iterator[None]:
    """The running statistics of batch norm do not move inside this block: the second pass moves them."""
    moving = [part for part in module.modules() if getattr(part, "track_running_stats", False)]
    for part in moving:
        setattr(part, "track_running_stats", False)  # noqa: B010 - modules have no such attribute by type
    try:
        yield
    finally:
        for part in moving:
            setattr(part, "track_running_stats", True)  # noqa: B010
