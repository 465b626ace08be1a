"""The running mean of scores, which DINO subtracts so that no prototype always wins."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Centre(nn.Module):
    """The exponential moving average of the means of batches, 0 at the start, kept with the network's state.

    As in a queue, rows are offered by the loss and count when the step is done.

    Parameters
    ----------
    dim: length of a row.
    momentum: how much of the average stays at each step.
    """

    value: Tensor

    def __init__(self, dim: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("value", torch.zeros(dim))
        self._offered: Tensor | None = None

    def offer(self, rows: Float[Tensor, "n k"]) -> None:
        """Rows whose mean `commit` takes in, without their gradient."""
        self._offered = rows.detach().mean(dim=0)

    @torch.no_grad()
    def commit(self) -> None:
        """value <- momentum * value + (1 - momentum) * the mean last offered."""
        if self._offered is not None:
            self.value.lerp_(self._offered, 1.0 - self.momentum)
            self._offered = None
