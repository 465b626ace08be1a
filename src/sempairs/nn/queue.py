"""A first-in first-out memory of embeddings: the negatives of MoCo, the neighbours of NNCLR and Mean-Shift."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.nn.known import Known


class Queue(nn.Module):
    """The last `size` embeddings and what is known of their pairs, kept with the network's state.

    It starts empty and grows, so nothing random is ever compared with. New rows are offered by the loss, and enter
    when the step is done: a loss that is computed twice is the same both times.

    Parameters
    ----------
    size: how many rows are kept; the oldest leave first.
    dim: length of a row.

    Raises
    ------
    UserError: the queue has no place for a row.
    """

    rows: Tensor
    group: Tensor
    label: Tensor
    seen: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1:
            raise UserError("a queue must have place for at least one row", got=size)
        self.size = size
        self.register_buffer("rows", torch.zeros(size, dim))
        self.register_buffer("group", torch.full((size,), -1))
        self.register_buffer("label", torch.full((size,), -1))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self._offered: tuple[Tensor, Known] | None = None

    def now(self) -> tuple[Float[Tensor, "m e"], Known]:
        """The rows there are, in no particular order, and what is known of them."""
        filled = min(int(self.seen), self.size)
        return self.rows[:filled], Known(self.group[:filled], self.label[:filled])

    def offer(self, rows: Float[Tensor, "n e"], known: Known) -> None:
        """Rows for `commit`, without their gradient."""
        self._offered = (rows.detach(), known)

    @torch.no_grad()
    def commit(self) -> None:
        """Take in the rows last offered."""
        if self._offered is None:
            return
        rows, known = self._offered
        keep = slice(max(0, len(rows) - self.size), len(rows))
        places = (int(self.seen) + torch.arange(len(rows), device=rows.device))[keep] % self.size
        self.rows[places] = rows[keep].to(self.rows.dtype)
        self.group[places], self.label[places] = known.group[keep], known.label[keep]
        self.seen += len(rows)
        self._offered = None
